"""The banner below mails: drawn here, always of one size, kept in memory by what is on it."""

import hashlib
import io
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw, ImageFont, ImageOps

from portal.paths import data
from portal.people import brand

SHOWN = (480, 96)
"""The size in CSS pixels that mails give the banner."""
DENSITY = 2
SIZE = (SHOWN[0] * DENSITY, SHOWN[1] * DENSITY)
"""Pixels of every banner there ever is: mail programs keep the place of the first they saw."""

MOST_KEPT = 64
_LEFT = 44
_TEXT_ENDS = 580
_SCENE_STARTS = 560
_FADE = 210
_CORNER = 22
_LINE_SIZES = (48, 45, 42, 39, 36, 33, 30)
_LARGEST_OF_TWO = 42
_BUTTON_SIZES = (27, 25, 23, 21)
_FINER = 2
"""Shapes are drawn this much larger and then reduced, which smooths their edges."""
_SUN = "#f2a72e"

Font = ImageFont.FreeTypeFont


@dataclass(frozen=True)
class Content:
    """Everything that is on a banner; two with the same content are the same bytes."""

    accent: str
    line: str
    button: str = ""
    picture: str = ""
    """The digest of the picture that fades in at the right; "" draws hills instead."""


@dataclass(frozen=True)
class Drawn:
    body: bytes
    etag: str


def banner(content: Content, load_picture: Callable[[], bytes | None] = lambda: None) -> Drawn:
    """The banner as PNG; `load_picture` is only called when this content has not been drawn lately."""
    with _lock:
        known = _kept.get(content)
        if known is not None:
            _kept.move_to_end(content)
            return known
    drawn = _encoded(_draw(content, load_picture() if content.picture else None))
    with _lock:
        _kept[content] = drawn
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return drawn


_kept: OrderedDict[Content, Drawn] = OrderedDict()
_lock = threading.Lock()


def _encoded(image: Image.Image) -> Drawn:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    body = out.getvalue()
    return Drawn(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def _draw(content: Content, picture: bytes | None) -> Image.Image:
    ground = brand.light(content.accent).brand
    canvas = Image.new("RGB", SIZE, ground)
    scene, fade = (_photo(picture), _FADE) if picture else (_hills(ground), _FADE // 2)
    canvas.paste(scene, (_SCENE_STARTS, 0), _fading(scene.size, fade))
    _write(canvas, content, ground)
    canvas.putalpha(_rounded())
    return canvas


def _write(canvas: Image.Image, content: Content, ground: str) -> None:
    """The line and, below it, the button; both together in the middle of the height."""
    pen = ImageDraw.Draw(canvas)
    room = _TEXT_ENDS - _LEFT
    lines, font = _fitted(_drawable(content.line), room)
    step = round(font.size * 1.13)
    label = _drawable(content.button)
    height = step * len(lines) + (16 + 48 if label else 0)
    top = (SIZE[1] - height) // 2
    for place, line in enumerate(lines):
        pen.text((_LEFT, top + place * step + step / 2), line, fill=brand.WHITE, font=font, anchor="lm")
    if label:
        _button(canvas, label, top=top + height - 48, ground=ground, room=room)


def _button(canvas: Image.Image, label: str, *, top: int, ground: str, room: int) -> None:
    arrow, gap, inside, height = 26, 14, 24, 48
    words = room - arrow - gap - 2 * inside
    fonts = [_font(size) for size in _BUTTON_SIZES]
    font = next((font for font in fonts if font.getlength(label) <= words), fonts[-1])
    label = _shortened(label, font, words)
    width = math.ceil(font.getlength(label)) + arrow + gap + 2 * inside
    large = Image.new("L", (width * _FINER, height * _FINER), 0)
    ImageDraw.Draw(large).rounded_rectangle((0, 0, large.width - 1, large.height - 1), height, fill=255)
    canvas.paste(brand.WHITE, (_LEFT, top), large.resize((width, height), Image.Resampling.LANCZOS))
    pen = ImageDraw.Draw(canvas)
    pen.text((_LEFT + inside, top + height / 2), label, fill=ground, font=font, anchor="lm")
    mark = _arrow(arrow)
    canvas.paste(ground, (_LEFT + width - inside - arrow, top + (height - arrow) // 2), mark)


def _arrow(size: int) -> Image.Image:
    """A mask of an arrow to the right with round ends."""
    finer = 4
    large = Image.new("L", (size * finer, size * finer), 0)
    pen = ImageDraw.Draw(large)
    unit, middle = size * finer, size * finer / 2
    stroke = round(unit * 0.135)
    tip = (unit * 0.92, middle)
    for start in ((unit * 0.08, middle), (unit * 0.57, unit * 0.17), (unit * 0.57, unit * 0.83)):
        pen.line((*start, *tip), fill=255, width=stroke)
        for x, y in (start, tip):
            pen.circle((x, y), stroke / 2, fill=255)
    return large.resize((size, size), Image.Resampling.LANCZOS)


def _photo(picture: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    # A little closer than the whole picture: at this size its middle is what can be recognised.
    image = ImageOps.crop(image, round(image.height * 0.09))
    return ImageOps.fit(image, (SIZE[0] - _SCENE_STARTS, SIZE[1]), Image.Resampling.LANCZOS, centering=(0.5, 0.5))


def _hills(ground: str) -> Image.Image:
    """Hills of cut paper under a sun, in tints of the accent, for when there is no picture."""
    width, height = (SIZE[0] - _SCENE_STARTS) * _FINER, SIZE[1] * _FINER
    large = Image.new("RGB", (width, height), brand.mixed(brand.WHITE, ground, 0.07))
    pen = ImageDraw.Draw(large)
    pen.circle((width * 0.72, height * 0.36), height * 0.19, fill=_SUN)
    for tint, level, swell, shift in ((0.3, 0.5, 0.1, 0.2), (0.2, 0.66, 0.09, 2.4), (0.1, 0.84, 0.06, 4.1)):
        ridge = [(x, height * (level + swell * _wave(shift, x / width))) for x in range(0, width + 8, 8)]
        pen.polygon([(0, height), *ridge, (width, height)], fill=brand.mixed(brand.WHITE, ground, tint))
    return large.resize((width // _FINER, height // _FINER), Image.Resampling.LANCZOS)


def _wave(shift: float, share: float) -> float:
    return math.sin(shift + 5.2 * share) + math.sin(11 * share) / 3


def _fading(size: tuple[int, int], fade: int) -> Image.Image:
    """A mask that lets a scene rise softly out of the ground at its left."""
    row = Image.new("L", (size[0], 1))
    for x in range(size[0]):
        share = min(1.0, x / fade)
        row.putpixel((x, 0), round(255 * share * share * (3 - 2 * share)))
    return row.resize(size)


@cache
def _rounded() -> Image.Image:
    large = Image.new("L", (SIZE[0] * _FINER, SIZE[1] * _FINER), 0)
    pen = ImageDraw.Draw(large)
    pen.rounded_rectangle((0, 0, large.width - 1, large.height - 1), _CORNER * _FINER, fill=255)
    return large.resize(SIZE, Image.Resampling.LANCZOS)


@cache
def _font(size: int) -> Font:
    return ImageFont.truetype(data("static", "vendor", "atkinson-hyperlegible-bold.ttf"), size)


def _fitted(text: str, room: int) -> tuple[list[str], Font]:
    """The words on one line or two, as large as `room` pixels allow; what never fits ends in an ellipsis."""
    if not text:
        return [], _font(_LINE_SIZES[-1])
    for font in map(_font, _LINE_SIZES):
        if font.getlength(text) <= room:
            return [text], font
        halves = _halved(text, font)
        if halves and font.size <= _LARGEST_OF_TWO and max(map(font.getlength, halves)) <= room:
            return halves, font
    font = _font(_LINE_SIZES[-1])
    first, rest = _filled(text, font, room)
    return [_shortened(line, font, room) for line in (first, rest) if line], font


def _halved(text: str, font: Font) -> list[str]:
    """Two lines of as equal a length as the words allow."""
    words = text.split()
    ways = [[" ".join(words[:at]), " ".join(words[at:])] for at in range(1, len(words))]
    return min(ways, key=lambda way: max(map(font.getlength, way)), default=[])


def _filled(text: str, font: Font, room: int) -> tuple[str, str]:
    """As many words as one line holds, and the rest."""
    words = text.split()
    taken = 1
    while taken < len(words) and font.getlength(" ".join(words[: taken + 1])) <= room:
        taken += 1
    return " ".join(words[:taken]), " ".join(words[taken:])


def _shortened(text: str, font: Font, room: float) -> str:
    if font.getlength(text) <= room:
        return text
    kept = len(text)
    while kept and font.getlength(text[:kept].rstrip() + "…") > room:
        kept -= 1
    return text[:kept].rstrip() + "…"


def _drawable(text: str) -> str:
    """`text` in one line, without signs the typeface has no letter for: they would come out as boxes."""
    return " ".join("".join(letter for letter in text[:200] if _has_letter(letter)).split())


@cache
def _has_letter(letter: str) -> bool:
    if letter.isspace():
        return True
    probe = _font(24)
    return letter.isprintable() and bytes(probe.getmask(letter)) != bytes(probe.getmask("\U0010fffe"))
