"""Cut paper: shapes laid over each other with soft shadows, and the trees, houses and people made of them.

Coordinates are pixels of the finished picture (1600 wide, 840 high), colours are hex strings. Everything drawn
with `Paper.cut` lies on top of what was cut before and throws its shadow on it.
"""

import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1600, 840
FINE = 4  # masks are drawn four times as large and then reduced: smooth edges without a drawing library

Point: TypeAlias = tuple[float, float]
Shape: TypeAlias = list[Point]
Outline: TypeAlias = Sequence[Point]  # what is taken; a Shape is what is made
Box: TypeAlias = tuple[int, int, int, int]


class Paper:
    """A sheet to lay cuttings on."""

    def __init__(self, ground: str, shade: str, size: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
        self.size = size
        self.image = Image.new("RGB", size, ground)
        self.shade = ImageColor.getrgb(shade)

    def cut(
        self,
        colour: str,
        *shapes: Outline,
        depth: float = 8,
        edge: float = 0.12,
        dark: float = 0.42,
        within: Outline | None = None,
    ) -> None:
        """Lay one cutting, made of all shapes together; `depth` (pixels) is its height above the sheet."""
        box = self._box(shapes, margin=int(depth * 3) + 6)
        mask = _mask(shapes, box)
        if within is not None:
            mask = ImageChops.multiply(mask, _mask([within], box))
        if depth:
            shadow = _shift(mask, round(depth * 0.3), round(depth * 0.55))
            shadow = shadow.filter(ImageFilter.GaussianBlur(depth * 0.7))
            if within is not None:
                shadow = ImageChops.multiply(shadow, _mask([within], box))
            self._lay(self.shade, box, shadow.point([int(level * dark) for level in range(256)]))
        self._lay(tint(colour, edge) if edge else colour, box, mask)
        if edge:  # the lit rim: the thickness of the paper, seen from above
            self._lay(colour, box, ImageChops.multiply(mask, _shift(mask, 1, 2)))

    def hole(self, colour: str, *shapes: Outline, depth: float = 8, dark: float = 0.5) -> None:
        """Cut an opening in what lies on top, with `colour` showing behind it."""
        box = self._box(shapes, margin=int(depth * 3) + 6)
        mask = _mask(shapes, box)
        self._lay(colour, box, mask)
        rim = ImageChops.invert(_shift(mask, round(depth * 0.3), round(depth * 0.55)))
        rim = ImageChops.multiply(rim.filter(ImageFilter.GaussianBlur(depth * 0.7)), mask)
        self._lay(self.shade, box, rim.point([int(level * dark) for level in range(256)]))

    def save(self, path: Path) -> None:
        """Write a small PNG: 256 colours chosen for this picture are enough for paper."""
        small = self.image.quantize(256, Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE)
        small.save(path, optimize=True)

    def _lay(self, colour: str | tuple[int, ...], box: Box, mask: Image.Image) -> None:
        sheet = Image.new("RGB", mask.size, colour)
        self.image.paste(sheet, box[:2], mask)

    def _box(self, shapes: Sequence[Outline], *, margin: int) -> Box:
        xs = [x for shape in shapes for x, _ in shape]
        ys = [y for shape in shapes for _, y in shape]
        width, height = self.size
        far = 120  # what lies further outside the sheet throws no shadow on it
        left, top = max(-far, int(min(xs)) - margin), max(-far, int(min(ys)) - margin)
        right, bottom = min(width + far, int(max(xs)) + margin), min(height + far, int(max(ys)) + margin)
        return left, top, max(right, left + 1), max(bottom, top + 1)


def _mask(shapes: Sequence[Outline], box: Box) -> Image.Image:
    left, top, right, bottom = box
    large = Image.new("L", ((right - left) * FINE, (bottom - top) * FINE), 0)
    pen = ImageDraw.Draw(large)
    for shape in shapes:
        pen.polygon([((x - left) * FINE, (y - top) * FINE) for x, y in shape], fill=255)
    return large.reduce(FINE)


def _shift(mask: Image.Image, right: int, down: int) -> Image.Image:
    moved = Image.new("L", mask.size, 0)
    moved.paste(mask, (right, down))
    return moved


def mask_of(shapes: Sequence[Outline], size: tuple[int, int]) -> Image.Image:
    """White where the shapes are, black elsewhere, with smooth edges."""
    return _mask(shapes, (0, 0, *size))


# Colours


def blend(one: str, other: str, share: float) -> str:
    """The colour `share` (0 to 1) of the way from one to the other."""
    a, b = ImageColor.getrgb(one), ImageColor.getrgb(other)
    return "#" + "".join(f"{round(p + (q - p) * share):02x}" for p, q in zip(a[:3], b[:3], strict=True))


def tint(colour: str, share: float) -> str:
    """Lighter."""
    return blend(colour, "#fffaf0", share)


def deep(colour: str, share: float) -> str:
    """Darker."""
    return blend(colour, "#10201f", share)


# Shapes


def rect(x: float, y: float, w: float, h: float) -> Shape:
    """A rectangle from its upper left corner."""
    return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]


def soft(x: float, y: float, w: float, h: float, r: float) -> Shape:
    """A rectangle with round corners."""
    corners = [
        (x + w - r, y + r, -90),
        (x + w - r, y + h - r, 0),
        (x + r, y + h - r, 90),
        (x + r, y + r, 180),
    ]
    return [
        (cx + r * math.cos(math.radians(start + turn)), cy + r * math.sin(math.radians(start + turn)))
        for cx, cy, start in corners
        for turn in range(0, 91, 10)
    ]


def oval(x: float, y: float, rx: float, ry: float | None = None, start: float = 0, end: float = 360) -> Shape:
    """An oval or circle round its centre, or a part between two angles in degrees (0 right, 90 down)."""
    steps = 120
    ry = rx if ry is None else ry
    angles = [math.radians(start + (end - start) * n / steps) for n in range(steps + 1)]
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


def curve(points: Sequence[Point], *, closed: bool = False) -> Shape:
    """A smooth line through the points."""
    p = list(points)
    p = [p[-1], *p, p[0], p[1]] if closed else [p[0], *p, p[-1]]
    line: Shape = []
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False):
        for n in range(16):
            t = n / 16
            line.append(
                (
                    _spline(a[0], b[0], c[0], d[0], t),
                    _spline(a[1], b[1], c[1], d[1], t),
                )
            )
    return line if closed else [*line, p[-1]]


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)


def stroke(points: Sequence[Point], width: float, end_width: float | None = None) -> Shape:
    """A line of paper with round ends, tapering to `end_width` when given."""
    final = width if end_width is None else end_width
    left: Shape = []
    right: Shape = []
    last = len(points) - 1
    for n, (x, y) in enumerate(points):
        before, after = points[max(0, n - 1)], points[min(last, n + 1)]
        angle = math.atan2(after[1] - before[1], after[0] - before[0])
        half = (width + (final - width) * n / last) / 2
        left.append((x + half * math.sin(angle), y - half * math.cos(angle)))
        right.append((x - half * math.sin(angle), y + half * math.cos(angle)))
        if n == last:
            for turn in range(-80, 81, 20):
                a = angle + math.radians(turn)
                left.append((x + half * math.cos(a), y + half * math.sin(a)))
        if n == 0:
            for turn in range(-80, 81, 20):
                a = angle + math.pi + math.radians(turn)
                right.insert(0, (x + half * math.cos(a), y + half * math.sin(a)))
    return left + right[::-1]


def move(shape: Outline, x: float, y: float, scale: float = 1, turn: float = 0) -> Shape:
    """The shape scaled and turned (degrees) round the origin, then moved."""
    c, s = math.cos(math.radians(turn)) * scale, math.sin(math.radians(turn)) * scale
    return [(x + px * c - py * s, y + px * s + py * c) for px, py in shape]


def mirror(shape: Outline, axis: float) -> Shape:
    """The shape mirrored in the upright line x = axis."""
    return [(2 * axis - x, y) for x, y in shape]


def drop(x: float, y: float, r: float) -> Shape:
    """A water drop whose round part has its centre at (x, y)."""
    return [(x, y - 2.1 * r), *oval(x, y, r, r, -28.4, 208.4)]


def star(x: float, y: float, r: float, points: int = 5, inner: float = 0.45) -> Shape:
    """A star; with many points and a high inner share a rosette."""
    steps = points * 2
    return [
        (
            x + r * (1 if n % 2 == 0 else inner) * math.sin(math.tau * n / steps),
            y - r * (1 if n % 2 == 0 else inner) * math.cos(math.tau * n / steps),
        )
        for n in range(steps)
    ]


# Landscape


def ridge(y: float, swing: float, seed: int) -> Shape:
    """The line of a hill across the picture, around height y."""
    r = random.Random(seed)
    a, b, p, q = r.uniform(300, 460), r.uniform(110, 170), r.random() * 6.3, r.random() * 6.3
    return [
        (x, y + swing * math.sin(x / a + p) + swing * 0.35 * math.sin(x / b + q)) for x in range(-40, WIDTH + 41, 10)
    ]


def height_at(line: Shape, x: float) -> float:
    """How high the ridge is at x."""
    return min(line, key=lambda point: abs(point[0] - x))[1]


def hill(paper: Paper, colour: str, line: Shape, depth: float = 16) -> None:
    """Everything below the ridge."""
    paper.cut(colour, [*line, (WIDTH + 40, HEIGHT + 60), (-40, HEIGHT + 60)], depth=depth)


def glow(paper: Paper, x: float, y: float, radii: Sequence[float], colours: Sequence[str], depth: float = 12) -> None:
    """Rings of paper round a sun or moon, the widest first."""
    for radius, colour in zip(radii, colours, strict=True):
        paper.cut(colour, oval(x, y, radius), depth=depth, edge=0.05, dark=0.16)


def cloud(paper: Paper, x: float, y: float, size: float, colour: str, depth: float = 8) -> None:
    """A cloud on a flat base, `size` pixels from the middle to an end."""
    puffs = [(-0.6, -0.1, 0.3), (-0.2, -0.28, 0.4), (0.3, -0.2, 0.36), (0.66, -0.06, 0.24)]
    shapes = [oval(x + a * size, y + b * size, c * size) for a, b, c in puffs]
    paper.cut(
        colour,
        soft(x - size, y - 0.12 * size, 2 * size, 0.32 * size, 0.16 * size),
        *shapes,
        depth=depth,
        dark=0.25,
    )


def pine(
    paper: Paper,
    x: float,
    y: float,
    h: float,
    colour: str,
    *,
    tiers: int = 4,
    depth: float = 4,
    snow: str = "",
) -> None:
    """A fir standing at (x, y), each tier its own cutting."""
    paper.cut(deep("#6b4128", 0.25), rect(x - h * 0.025, y - h * 0.16, h * 0.05, h * 0.18), depth=2)
    for n in range(tiers):
        low = y - h * (0.1 + 0.72 * n / tiers)
        wide = h * (0.27 - 0.17 * n / tiers)
        top = low - h * (0.42 - 0.1 * n / tiers)
        skirt = curve(
            [
                (x + wide, low),
                (x + wide * 0.45, low - h * 0.022),
                (x, low + h * 0.012),
                (x - wide * 0.45, low - h * 0.022),
                (x - wide, low),
            ]
        )
        left = curve([(x - wide, low), (x - wide * 0.42, low - (low - top) * 0.42), (x, top)])
        shape = [*left, *mirror(left, x)[::-1], *skirt]
        paper.cut(tint(colour, 0.05 * n), shape, depth=depth, edge=0.1)
        if snow:
            cap = 0.55
            drift = [(x + (px - x) * cap, top + (py - top) * cap) for px, py in [*left, *mirror(left, x)[::-1]]]
            paper.cut(
                snow,
                [
                    *drift,
                    (x + wide * 0.2, drift[-1][1] - h * 0.02),
                    (x, drift[-1][1] + h * 0.015),
                    (x - wide * 0.2, drift[0][1] - h * 0.02),
                ],
                depth=2,
            )


def pines(paper: Paper, line: Shape, spots: Sequence[tuple[float, float]], colour: str, *, snow: str = "") -> None:
    """Firs of the given (x, height) rooted in a ridge."""
    for x, h in spots:
        pine(
            paper,
            x,
            height_at(line, x) + 6,
            h,
            colour,
            tiers=4 if h > 90 else 3,
            depth=4 if h > 90 else 2,
            snow=snow,
        )


def leafy(paper: Paper, x: float, y: float, h: float, colour: str, trunk: str, *, depth: float = 7) -> None:
    """A broad-leaved tree with its branches cut into the crown."""
    crown = curve(
        [
            (x, y - h),
            (x + h * 0.27, y - h * 0.78),
            (x + h * 0.31, y - h * 0.5),
            (x, y - h * 0.26),
            (x - h * 0.31, y - h * 0.5),
            (x - h * 0.27, y - h * 0.78),
        ],
        closed=True,
    )
    paper.cut(colour, crown, depth=depth)
    inner = [(x + (px - x) * 0.72, y - h * 0.58 + (py - y + h * 0.58) * 0.72) for px, py in crown]
    paper.cut(tint(colour, 0.12), inner, depth=depth * 0.6)
    limbs = [stroke([(x, y + 4), (x, y - h * 0.78)], h * 0.05, h * 0.012)]
    for up, side in ((0.4, 0.15), (0.4, -0.13), (0.52, 0.12), (0.54, -0.13), (0.64, 0.07)):
        limbs.append(stroke([(x, y - h * up), (x + side * h, y - h * (up + abs(side)))], h * 0.02, h * 0.008))
    paper.cut(trunk, *limbs, depth=3)


# Houses


def window(paper: Paper, x: float, y: float, w: float, h: float, light: str, frame: str) -> None:
    """A lit window with its frame and one bar each way."""
    bar = max(3.0, w * 0.07)
    paper.cut(frame, rect(x - bar, y - bar, w + 2 * bar, h + 2 * bar), depth=4)
    paper.hole(light, rect(x, y, w, h), depth=5, dark=0.4)
    paper.cut(
        frame,
        rect(x + w / 2 - bar / 3, y, bar * 0.66, h),
        rect(x, y + h / 2 - bar / 3, w, bar * 0.66),
        depth=1.5,
        edge=0,
    )


def house(
    paper: Paper,
    x: float,
    y: float,
    w: float,
    *,
    wall: str = "#f3dfbe",
    roof: str = "#a34f2b",
    light: str = "#ffd98a",
    door: str = "#8a4327",
    snow: str = "",
    chimney: bool = True,
    windows: bool = True,
) -> None:
    """A wooden house with its gable to the front; (x, y) is the middle of its base, w its width."""
    tall, rise, over = w * 0.42, w * 0.4, w * 0.09
    left, right, eaves, top = x - w / 2, x + w / 2, y - tall, y - tall - rise
    if chimney:
        paper.cut(deep(roof, 0.3), rect(x + w * 0.2, top + rise * 0.02, w * 0.1, rise * 0.6), depth=4)
        paper.cut(deep(roof, 0.45), rect(x + w * 0.185, top - rise * 0.02, w * 0.13, w * 0.03), depth=3)
        if snow:
            paper.cut(snow, soft(x + w * 0.18, top - rise * 0.08, w * 0.14, w * 0.034, w * 0.016), depth=2)
    gable = [(left, y), (left, eaves), (x, top), (right, eaves), (right, y)]
    paper.cut(wall, gable, depth=12)
    boards = [rect(left + w * n / 14, top, max(1.6, w * 0.005), tall + rise) for n in range(1, 14)]
    paper.cut(deep(wall, 0.13), *boards, depth=0, edge=0, within=gable)
    thick = w * 0.075
    slope = [
        (x, top - thick),
        (right + over, eaves + over * 0.8 - thick * 0.75),
        (right + over, eaves + over * 0.8 + thick * 0.25),
        (x, top + thick * 0.35),
    ]
    for side in (mirror(slope, x), slope):
        paper.cut(roof, side, depth=8)
    if snow:
        drift = curve(
            [
                (x, top - thick * 1.9),
                (x + w * 0.2, top + rise * 0.4 - thick * 1.65),
                (right + over * 0.6, eaves - thick * 0.9),
                (right + over * 1.1, eaves + over * 0.8 - thick * 0.5),
            ]
        )
        under = [
            (right + over * 0.95, eaves + over * 0.8 - thick * 0.35),
            (x + w * 0.3, top + rise * 0.62 - thick * 0.35),
            (x + w * 0.14, top + rise * 0.27 - thick * 0.5),
            (x, top - thick * 0.5),
        ]
        half = [*drift, *curve(under)]
        paper.cut(snow, half, mirror(half, x), depth=5, edge=0)
    if windows:
        size = w * 0.15
        window(paper, left + w * 0.13, y - tall * 0.78, size, size * 1.15, light, deep(door, 0.1))
        window(paper, right - w * 0.13 - size, y - tall * 0.78, size, size * 1.15, light, deep(door, 0.1))
        window(paper, x - size * 0.4, top + rise * 0.42, size * 0.8, size * 0.8, light, deep(door, 0.1))
        paper.cut(door, soft(x - w * 0.075, y - tall * 0.74, w * 0.15, tall * 0.76, w * 0.012), depth=5)
        paper.cut(tint(light, 0.2), oval(x + w * 0.045, y - tall * 0.36, w * 0.011), depth=1, edge=0)
        paper.hole(light, rect(x - w * 0.035, y - tall * 0.62, w * 0.07, w * 0.07), depth=3)


def timber(
    paper: Paper, colour: str, *beams: tuple[float, float, float, float], width: float = 16, depth: float = 7
) -> None:
    """Beams from (x1, y1) to (x2, y2) with square ends, each its own cutting."""
    for x1, y1, x2, y2 in beams:
        long = math.hypot(x2 - x1, y2 - y1)
        turn = math.degrees(math.atan2(y2 - y1, x2 - x1))
        paper.cut(colour, move(rect(0, -width / 2, long, width), x1, y1, 1, turn), depth=depth)
        grain = [
            move(rect(long * 0.05, -width * 0.18, long * 0.5, 1.6), x1, y1, 1, turn),
            move(rect(long * 0.35, width * 0.16, long * 0.58, 1.6), x1, y1, 1, turn),
        ]
        paper.cut(deep(colour, 0.14), *grain, depth=0, edge=0)


def smoke(paper: Paper, x: float, y: float, size: float, colour: str) -> None:
    """A curl of smoke or steam rising from (x, y)."""
    path = curve(
        [
            (x, y),
            (x + 0.16 * size, y - 0.22 * size),
            (x - 0.12 * size, y - 0.5 * size),
            (x + 0.14 * size, y - 0.8 * size),
            (x + 0.02 * size, y - size),
        ]
    )
    paper.cut(colour, stroke(path, size * 0.13, size * 0.03), depth=4, dark=0.25)


# People

SKIN = ("#f0c5a0", "#8d5a3b", "#d9a173", "#5f3b28", "#e6b48c")


def person(
    paper: Paper,
    x: float,
    y: float,
    h: float,
    *,
    coat: str,
    skin: str = SKIN[0],
    hair: str = "#4a2f22",
    trousers: str = "#2f3f4f",
    helmet: str = "",
    left: Sequence[Point] = ((-1.5, -6.2), (-1.5, -4.7)),
    right: Sequence[Point] = ((1.5, -6.2), (1.5, -4.7)),
    long_hair: bool = False,
    legs: bool = True,
    vest: str = "",
) -> None:
    """Somebody standing at (x, y), h high; arms are elbow and hand, in tenths of h from the feet."""
    u = h / 10

    def spot(p: Point) -> Point:
        return (x + p[0] * u, y + p[1] * u)

    if legs:
        for side in (-1, 1):
            paper.cut(
                trousers,
                stroke([spot((side * 0.52, -4.6)), spot((side * 0.62, -0.5))], u * 1.05, u * 0.85),
                depth=3,
            )
            paper.cut(deep(trousers, 0.5), oval(x + side * 0.8 * u, y - 0.22 * u, u * 0.62, u * 0.3), depth=2)
    if long_hair:
        paper.cut(hair, soft(x - 1.15 * u, y - 9.9 * u, 2.3 * u, 2.9 * u, u), depth=3)
    paper.cut(skin, rect(x - 0.35 * u, y - 8.4 * u, 0.7 * u, 0.9 * u), depth=0, edge=0)
    torso = curve(
        [
            spot((-1.0, -7.9)),
            spot((-1.35, -7.2)),
            spot((-1.15, -5.2)),
            spot((-1.2, -4.0)),
            spot((1.2, -4.0)),
            spot((1.15, -5.2)),
            spot((1.35, -7.2)),
            spot((1.0, -7.9)),
        ],
        closed=True,
    )
    paper.cut(coat, torso, depth=5)
    if vest:
        paper.cut(
            vest,
            rect(x - 2 * u, y - 6.0 * u, 4 * u, 0.42 * u),
            rect(x - 2 * u, y - 5.1 * u, 4 * u, 0.42 * u),
            depth=0,
            edge=0,
            within=torso,
        )
    for elbow, hand, side in ((left[0], left[1], -1), (right[0], right[1], 1)):
        arm = curve([spot((side * 1.05, -7.45)), spot(elbow), spot(hand)])
        way = math.atan2(arm[-1][1] - arm[-6][1], arm[-1][0] - arm[-6][0])
        palm = (arm[-1][0] + 0.36 * u * math.cos(way), arm[-1][1] + 0.36 * u * math.sin(way))
        paper.cut(skin, oval(*palm, u * 0.42), depth=2)
        paper.cut(tint(coat, 0.06), stroke(arm, u * 0.82, u * 0.66), depth=3, edge=0.04)
    paper.cut(skin, oval(x, y - 9.05 * u, u * 0.92, u * 1.02), depth=3)
    if helmet:
        paper.cut(
            helmet,
            oval(x, y - 9.35 * u, u * 1.08, u * 1.0, 180, 360),
            soft(x - 1.25 * u, y - 9.45 * u, 2.5 * u, 0.3 * u, 0.14 * u),
            depth=3,
        )
    else:
        paper.cut(
            hair,
            curve(
                [
                    spot((-0.98, -8.9)),
                    spot((-0.9, -9.75)),
                    spot((0.0, -10.2)),
                    spot((0.92, -9.75)),
                    spot((0.98, -8.95)),
                    spot((0.6, -9.35)),
                    spot((-0.2, -9.6)),
                ],
                closed=True,
            ),
            depth=2,
        )
