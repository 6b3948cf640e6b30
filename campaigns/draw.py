"""Draws every picture of the shipped campaign kits, and the organisation's logo, as paper cuttings.

Run `python campaigns/draw.py` to draw all of them again, or name some:
`python campaigns/draw.py timmerman vocht`.
"""

import random
import sys
from collections.abc import Callable
from pathlib import Path

from paper import (
    HEIGHT,
    SKIN,
    WIDTH,
    Outline,
    Paper,
    Point,
    Shape,
    blend,
    cloud,
    curve,
    deep,
    drop,
    glow,
    height_at,
    hill,
    house,
    leafy,
    mask_of,
    mirror,
    move,
    oval,
    person,
    pine,
    pines,
    rect,
    ridge,
    smoke,
    soft,
    star,
    stroke,
    timber,
    tint,
    window,
)
from PIL import Image

HERE = Path(__file__).parent


def timmerman() -> Paper:
    """A carpenter at the bench in the hall; through the open door today's house leaves for the hills."""
    p = Paper("#fbe3b4", "#4a2410")
    glow(p, 800, 330, [430, 330, 235, 150], ["#fbd894", "#fac977", "#f8b656", "#f39a37"])
    back = ridge(420, 30, 4)
    hill(p, "#b9cf9f", back)
    pines(p, back, [(500, 90), (545, 125), (1060, 120), (1105, 85), (760, 70)], "#6d9c6f")
    mid = ridge(500, 16, 8)
    hill(p, "#79a877", mid)
    house(p, 645, 535, 220, wall="#fdeccb", roof="#b4532b")
    hill(p, "#3f7a5a", ridge(545, 8, 3))
    # The hall: a wall with the door cut out, the floor, then posts and trusses as nearer and nearer frames.
    opening = [(470, 640), (470, 260), (800, 150), (1130, 260), (1130, 640)]
    _frame(p, "#e0ac66", opening)
    for x in (150, 1310):
        window(p, x, 330, 140, 170, "#fff0c4", "#a8652f")
    floor = [(-10, 850), (-10, 640), (1610, 640), (1610, 850)]
    p.cut("#c98b4a", floor, depth=14)
    p.cut("#b97a3d", *[rect(0, 664 + n * 34, WIDTH, 3) for n in range(5)], depth=0, edge=0)
    for x, side in ((300, 1), (1300, -1)):
        _wall_panel(p, x, 660, side)
    timber(p, "#a8622d", (-20, 250, 800, -10), (1620, 250, 800, -10), width=40, depth=14)
    timber(p, "#a8622d", (-20, 268, 1620, 268), width=36, depth=12)
    timber(p, "#96531f", (400, 250, 600, 70), (1200, 250, 1000, 70), (800, 250, 800, 0), width=24, depth=8)
    timber(p, "#86481c", (60, 0, 60, 850), (1540, 0, 1540, 850), width=64, depth=18)
    timber(p, "#86481c", (60, 440, 250, 262), (1540, 440, 1350, 262), width=32, depth=12)
    # The bench with a beam on it, and the carpenter behind.
    person(
        p,
        880,
        800,
        420,
        coat="#1f5b49",
        helmet="#f6c445",
        vest="#f6c445",
        skin=SKIN[2],
        left=((-2.1, -6.0), (-1.5, -4.6)),
        right=((2.35, -6.9), (1.75, -8.7)),
    )
    hammer = [move(soft(-9, -110, 18, 150, 8), 954, 428, 1, 24)]
    p.cut("#e7b878", *hammer, depth=5)
    p.cut("#3c4a52", move(soft(-50, -136, 92, 38, 8), 954, 428, 1, 24), depth=6)
    p.cut("#f3d19b", rect(520, 604, 560, 34), depth=10)
    p.cut("#dcae6c", rect(520, 626, 560, 5), depth=0, edge=0)
    p.cut("#b06c33", rect(440, 638, 720, 44), depth=14)
    p.cut("#8c4f22", rect(500, 682, 52, 170), rect(1048, 682, 52, 170), rect(500, 742, 600, 26), depth=12)
    p.cut("#cf4f2c", soft(566, 586, 96, 20, 8), depth=5)
    p.cut("#3c4a52", soft(586, 572, 34, 18, 6), depth=3)
    _shavings(p, 700, 604, "#fbe3b4")
    return p


def _frame(p: Paper, colour: str, opening: Outline, depth: float = 20) -> None:
    """A whole sheet with one opening cut out: two halves that meet in the middle of it."""
    middle = WIDTH / 2
    low, high = max(y for _, y in opening), min(y for _, y in opening)
    left = [q for q in opening if q[0] <= middle]
    right = [q for q in opening if q[0] >= middle]
    top = [q for q in opening if q[1] == high]
    p.cut(
        colour,
        [(-20, -20), (-20, HEIGHT + 20), (left[0][0], HEIGHT + 20), *left, *top, (middle, -20)],
        [
            (WIDTH + 20, -20),
            (middle, -20),
            *top,
            *right,
            (right[-1][0], HEIGHT + 20),
            (WIDTH + 20, HEIGHT + 20),
        ],
        [(left[0][0], low), (right[-1][0], low), (right[-1][0], HEIGHT + 20), (left[0][0], HEIGHT + 20)],
        depth=depth,
    )


def _wall_panel(p: Paper, x: float, y: float, side: int) -> None:
    """A timber-frame wall leaning in the hall."""
    lean = 22 * side
    beams = [(x - 120 + n * 60 + lean, y - 300, x - 120 + n * 60, y) for n in range(5)]
    timber(p, "#f0cd92", *beams, width=18, depth=8)
    timber(
        p,
        "#f0cd92",
        (x - 132 + lean, y - 300, x + 132 + lean, y - 300),
        (x - 132, y, x + 132, y),
        (x - 126 + lean * 0.5, y - 150, x + 126 + lean * 0.5, y - 150),
        width=18,
    )


def _shavings(p: Paper, x: float, y: float, colour: str) -> None:
    """Curls from a plane."""
    for n, (dx, r) in enumerate(((0, 16), (34, 12), (62, 15), (92, 10))):
        ring = oval(x + dx, y - r, r, r, 20 + n * 40, 330 + n * 40)
        p.cut(colour, stroke(ring, 8, 4), depth=4)


def werkvoorbereider() -> Paper:
    """A drawing on the table from which a house rises, layer by layer."""
    p = Paper("#2b5a6b", "#0c2733")
    glow(p, 800, 400, [720, 560, 400], ["#316678", "#3a7487", "#468496"], depth=16)

    def iso(x: float, y: float, z: float) -> Point:
        return (800 + (x - y) * 0.866, 556 + (x + y) * 0.44 - z)

    def plane(x: float, y: float, w: float, d: float, z: float) -> Shape:
        return [iso(x, y, z), iso(x + w, y, z), iso(x + w, y + d, z), iso(x, y + d, z)]

    p.cut("#e9eef0", plane(-292, -262, 560, 540, -14), depth=14)
    p.cut("#5fa3bd", plane(-280, -280, 560, 540, 0), depth=12)
    lines = [stroke([iso(-280 + 40 * n, -280, 0), iso(-280 + 40 * n, 260, 0)], 1.6) for n in range(1, 14)]
    lines += [stroke([iso(-280, -280 + 40 * n, 0), iso(280, -280 + 40 * n, 0)], 1.6) for n in range(1, 14)]
    p.cut("#74b2c9", *lines, depth=0, edge=0)
    plan = [
        (-170, -150, 190, -150),
        (190, -150, 190, 150),
        (190, 150, -170, 150),
        (-170, 150, -170, -150),
        (0, -150, 0, 150),
        (0, 20, 190, 20),
    ]
    p.cut("#f4fafb", *[stroke([iso(a, b, 0), iso(c, d, 0)], 6) for a, b, c, d in plan], depth=0, edge=0)

    # The floor floats above its own outline, the walls above the floor, the roof above the walls.
    for x, y in ((-170, 150), (190, 150), (190, -150)):
        for z in range(0, 500, 26):
            p.cut("#dff0f4", stroke([iso(x, y, z), iso(x, y, z + 12)], 3), depth=0, edge=0)
    p.cut("#b77b43", [iso(-170, 150, 60), iso(190, 150, 60), iso(190, 150, 84), iso(-170, 150, 84)], depth=18)
    p.cut("#955d2e", [iso(190, 150, 60), iso(190, -150, 60), iso(190, -150, 84), iso(190, 150, 84)], depth=6)
    p.cut("#e8bd7e", plane(-170, -150, 360, 300, 84), depth=4)
    for n in range(1, 9):
        p.cut("#d4a566", stroke([iso(-170, -150 + n * 33, 84), iso(190, -150 + n * 33, 84)], 2), depth=0, edge=0)
    z, tall = 150, 110
    front = [iso(-170, 150, z), iso(190, 150, z), iso(190, 150, z + tall), iso(-170, 150, z + tall)]
    gable = [
        iso(190, 150, z),
        iso(190, -150, z),
        iso(190, -150, z + tall),
        iso(190, 0, z + tall + 110),
        iso(190, 150, z + tall),
    ]
    p.cut(
        "#c9a676",
        [iso(-170, -150, z), iso(190, -150, z), iso(190, -150, z + tall), iso(-170, -150, z + tall)],
        depth=10,
    )
    p.cut(
        "#d8b886",
        [
            iso(-170, 150, z),
            iso(-170, -150, z),
            iso(-170, -150, z + tall),
            iso(-170, 0, z + tall + 60),
            iso(-170, 150, z + tall),
        ],
        depth=6,
    )
    p.cut("#f7e4c2", front, depth=16)
    p.cut("#e7cba0", gable, depth=8)
    for n in range(1, 12):
        p.cut(
            "#e9d0a6",
            stroke([iso(-170 + n * 30, 150, z), iso(-170 + n * 30, 150, z + tall)], 2),
            depth=0,
            edge=0,
        )
    for x in (-130, 80):
        p.hole(
            "#ffd98a",
            [iso(x, 150, z + 35), iso(x + 70, 150, z + 35), iso(x + 70, 150, z + 85), iso(x, 150, z + 85)],
            depth=5,
        )
    p.cut("#a34f2b", [iso(-20, 150, z), iso(40, 150, z), iso(40, 150, z + 84), iso(-20, 150, z + 84)], depth=4)
    for y in (-90, 30):
        p.hole(
            "#ffd98a",
            [iso(190, y, z + 35), iso(190, y + 60, z + 35), iso(190, y + 60, z + 85), iso(190, y, z + 85)],
            depth=5,
        )
    z = 330
    p.cut(
        "#8a4023",
        [iso(205, -185, z - 24), iso(205, 0, z + 112), iso(205, 0, z + 132), iso(205, -185, z - 4)],
        depth=12,
    )
    p.cut(
        "#c05a32",
        [iso(-190, 185, z - 24), iso(205, 185, z - 24), iso(205, 0, z + 112), iso(-190, 0, z + 112)],
        depth=22,
    )
    p.cut(
        "#a34826",
        [iso(205, 185, z - 24), iso(205, 0, z + 112), iso(205, 0, z + 132), iso(205, 185, z - 4)],
        depth=4,
    )
    for n in range(1, 6):
        y, up = 185 - n * 31, z - 24 + n * 22.7
        p.cut("#a94c29", stroke([iso(-190, y, up), iso(205, y, up)], 3), depth=0, edge=0)

    _pencil(p, 296, 560, 58)
    _set_square(p, 1330, 540)
    _mug(p, 250, 210, "#e9b44c", "#4a2a1a")
    p.cut("#f2d4a0", move(rect(-130, -20, 260, 40), 1330, 190, 1, -18), depth=8)
    p.cut(
        "#b98a4c",
        *[move(rect(-120 + n * 20, -20, 3, 22 if n % 5 == 0 else 13), 1330, 190, 1, -18) for n in range(13)],
        depth=0,
        edge=0,
    )
    return p


def _pencil(p: Paper, x: float, y: float, turn: float) -> None:
    for colour, shape in (
        ("#f0b63a", rect(-150, -17, 250, 34)),
        ("#e58f6f", soft(-190, -17, 44, 34, 10)),
        ("#c9d3d6", rect(-158, -17, 22, 34)),
        ("#f1d3a2", [(100, -17), (160, -4), (160, 4), (100, 17)]),
        ("#2d3a40", [(148, -6.5), (172, 0), (148, 6.5)]),
    ):
        p.cut(colour, move(shape, x, y, 1, turn), depth=8 if colour == "#f0b63a" else 4)
    p.cut("#d99a22", move(rect(-136, 4, 236, 13), x, y, 1, turn), depth=0, edge=0)


def _set_square(p: Paper, x: float, y: float) -> None:
    outer, inner = (
        [(0.0, -170.0), (0.0, 130.0), (-240.0, 130.0)],
        [(-34.0, -40.0), (-34.0, 96.0), (-142.0, 96.0)],
    )
    ring = [*outer, outer[0], inner[0], *inner[::-1]]
    p.cut("#f3a55b", move(ring, x + 90, y + 70, 1, 8), depth=9)


def _mug(p: Paper, x: float, y: float, colour: str, drink: str) -> None:
    """A mug of coffee from above."""
    p.cut(tint(colour, 0.75), oval(x, y, 104), depth=8)
    p.cut(colour, soft(x + 40, y - 16, 76, 32, 14), oval(x, y, 70), depth=10)
    p.hole(drink, oval(x, y, 56), depth=8)


def servicemonteur() -> Paper:
    """The three towers of Ghent in autumn light, and the service van on the quay."""
    p = Paper("#fbe0bd", "#4b1f1f")
    glow(p, 830, 330, [640, 500, 370, 245, 130], ["#fbd3a2", "#fac486", "#f8b268", "#f59b4c", "#ffe3a6"])
    cloud(p, 250, 150, 130, "#fdebd2")
    cloud(p, 1370, 200, 150, "#fdebd2")
    hill(p, "#e9a98b", ridge(480, 10, 21), depth=10)
    _tower(p, 470, 560, 92, 290, "#c98374", spire=120)
    _tower(p, 800, 560, 84, 360, "#bb6f66", spire=160, lantern=True)
    _tower(p, 1130, 560, 112, 320, "#c98374", spire=0)
    fronts = [
        "#a8534c",
        "#8c3f45",
        "#b8624a",
        "#7c3a4a",
        "#a34f45",
        "#8f4548",
        "#b8624a",
        "#84404a",
        "#a8534c",
        "#8c3f45",
    ]
    for n, colour in enumerate(fronts):
        _stepped_gable(p, 40 + n * 170, 640, 164, 180 + (n * 67) % 90, colour)
    p.cut("#c9b08a", rect(-20, 632, 1640, 30), depth=10)
    p.cut("#5f8f95", rect(-20, 652, 1640, 200), depth=4)
    r = random.Random(5)
    for _ in range(34):
        x, y, long = r.randint(0, 1560), r.randint(668, 740), r.randint(30, 120)
        p.cut(r.choice(["#79a7aa", "#e2b48c", "#4f7f88"]), soft(x, y, long, 5, 2.5), depth=0, edge=0)
    p.cut("#7d5a4a", rect(-20, 744, 1640, 120), depth=16)
    p.cut(
        "#6b4a3d",
        *[rect(-20 + n * 80, 778, 74, 4) for n in range(21)],
        *[rect(20 + n * 80, 806, 74, 4) for n in range(21)],
        depth=0,
        edge=0,
    )
    for x, h, colour in (
        (150, 330, "#d9782f"),
        (1450, 360, "#c9572b"),
        (320, 210, "#e5a23a"),
        (1300, 230, "#e5a23a"),
    ):
        leafy(p, x, 768, h, colour, "#5b2f22")
    _van(p, 800, 786)
    person(
        p,
        1090,
        800,
        250,
        coat="#1f5b49",
        hair="#2a1a14",
        skin=SKIN[1],
        trousers="#37474f",
        left=((-1.9, -6.3), (-2.1, -4.7)),
        right=((1.9, -6.6), (2.4, -8.2)),
    )
    p.cut("#cf4f2c", soft(1002, 688, 74, 44, 7), depth=5)
    p.cut("#8f2f1c", soft(1024, 676, 30, 16, 6), rect(1002, 704, 74, 4), depth=3)
    for _ in range(22):
        x, y = r.choice([r.randint(30, 520), r.randint(1190, 1570)]), r.randint(660, 830)
        leaf = move(
            curve([(0, -13), (8, 0), (0, 13), (-8, 0)], closed=True),
            x,
            y,
            r.uniform(0.7, 1.1),
            r.randint(0, 180),
        )
        p.cut(r.choice(["#e5a23a", "#d9782f", "#c9572b"]), leaf, depth=4)
    return p


def _tower(
    p: Paper, x: float, y: float, w: float, h: float, colour: str, *, spire: float, lantern: bool = False
) -> None:
    p.cut(colour, rect(x - w / 2, y - h, w, h + 80), depth=9)
    p.cut(
        deep(colour, 0.16),
        *[
            soft(x - w * 0.3 + n * w * 0.36, y - h + 34 + m * 110, w * 0.2, 70, w * 0.1)
            for n in range(2)
            for m in range(2)
        ],
        depth=0,
        edge=0,
    )
    top = y - h
    p.cut(deep(colour, 0.08), rect(x - w * 0.58, top - 8, w * 1.16, 16), depth=4)
    for side in (-1, 1):
        cx = x + side * w * 0.46
        p.cut(
            colour,
            [
                (cx - w * 0.09, top),
                (cx - w * 0.09, top - 34),
                (cx, top - 74),
                (cx + w * 0.09, top - 34),
                (cx + w * 0.09, top),
            ],
            depth=4,
        )
    if spire:
        p.cut(
            deep(colour, 0.2),
            [
                (x - w * 0.36, top),
                (x - w * 0.1, top - spire * 0.55),
                (x, top - spire),
                (x + w * 0.1, top - spire * 0.55),
                (x + w * 0.36, top),
            ],
            depth=5,
        )
    if lantern:
        p.cut("#ffe3a6", oval(x, top + 60, w * 0.26), depth=4)
        p.cut(
            deep(colour, 0.35),
            stroke([(x, top + 60), (x, top + 46)], 4),
            stroke([(x, top + 60), (x + 11, top + 64)], 4),
            depth=0,
            edge=0,
        )
        p.cut("#f2a72e", star(x, top - spire, 13, 4, 0.4), depth=3)


def _stepped_gable(p: Paper, x: float, y: float, w: float, h: float, colour: str) -> None:
    left, step = x - w / 2, h * 0.075
    top = y - h
    half: Shape = [(left, y), (left, top + 4 * step)]
    for n in range(4):
        half += [
            (left + (n + 1) * w * 0.1, top + (4 - n) * step),
            (left + (n + 1) * w * 0.1, top + (3 - n) * step),
        ]
    p.cut(colour, [*half, *mirror(half, x)[::-1]], depth=9)
    panes = [
        soft(x - w * 0.31 + n * w * 0.24, top + h * 0.42 + m * h * 0.27, w * 0.14, h * 0.17, 5)
        for n in range(3)
        for m in range(2)
    ]
    p.hole("#ffdf9e", *panes, soft(x - w * 0.07, top + h * 0.16, w * 0.14, h * 0.15, 7), depth=4)


def _van(p: Paper, x: float, y: float) -> None:
    """The company van, nose to the left; (x, y) is the middle of its wheels' base."""
    body = curve(
        [
            (x - 235, y - 40),
            (x - 238, y - 96),
            (x - 190, y - 116),
            (x - 132, y - 206),
            (x - 96, y - 222),
            (x + 40, y - 226),
        ]
    )
    p.cut(
        "#7a4a2a",
        *[rect(x - 70 + n * 90, y - 252, 8, 34) for n in range(4)],
        rect(x - 96, y - 258, 330, 9),
        rect(x - 96, y - 244, 330, 7),
        depth=5,
    )
    p.cut(
        "#fbf3e2",
        [*body, (x + 226, y - 226), (x + 240, y - 210), (x + 240, y - 36), (x - 232, y - 36)],
        depth=12,
    )
    p.cut("#1f5b49", [(x - 236, y - 76), (x + 240, y - 76), (x + 240, y - 36), (x - 232, y - 36)], depth=3)
    p.hole("#8fc0c4", [(x - 166, y - 124), (x - 118, y - 196), (x - 60, y - 200), (x - 60, y - 124)], depth=5)
    p.cut("#d8cdb6", rect(x - 40, y - 216, 3, 140), rect(x + 232, y - 206, 3, 130), depth=0, edge=0)
    p.cut("#c9bfa9", soft(x - 28, y - 104, 28, 7, 3), depth=2)
    _mark(p, x + 108, y - 146, 96, depth=3)
    p.cut("#ffd35c", oval(x - 226, y - 94, 10, 15), depth=2)
    for wheel in (-146, 152):
        p.cut("#2c2f33", oval(x + wheel, y - 34, 44), depth=6)
        p.cut("#b9c0c2", oval(x + wheel, y - 34, 21), depth=3)


def _mark(p: Paper, x: float, y: float, size: float, depth: float = 0) -> None:
    """The organisation's mark: a house between two firs."""

    def at(shape: Shape) -> Shape:
        return move(shape, x, y, size / 100)

    p.cut(
        "#2f7a5c",
        at([(-50, 42), (-27, -44), (-4, 42)]),
        at([(50, 42), (27, -30), (4, 42)]),
        depth=depth,
        edge=0,
    )
    p.cut("#f2a72e", at([(-34, 42), (-34, 2), (0, -30), (34, 2), (34, 42)]), depth=depth, edge=0)
    p.cut("#a3482a", at([(0, -44), (45, 0), (36, 9), (0, -26), (-36, 9), (-45, 0)]), depth=depth, edge=0)
    p.cut("#14493a", at(rect(-9, 12, 18, 30)), depth=0, edge=0)


def it_beheerder() -> Paper:
    """A laptop in the night whose cables run like roots to the lit hall and the houses."""
    p = Paper("#141d38", "#050a1a")
    glow(p, 1120, 190, [560, 420, 300, 190], ["#182446", "#1e2d55", "#273a66", "#33497a"])
    r = random.Random(12)
    for _ in range(56):
        p.cut(
            "#f6ecc9",
            star(r.randint(10, 1590), r.randint(10, 340), r.choice([3, 4, 6]), 4, 0.4),
            depth=0,
            edge=0,
        )
    p.cut("#f6e3a1", oval(1120, 190, 92), depth=12)
    p.cut("#ead38a", oval(1094, 166, 17), oval(1150, 212, 24), oval(1140, 150, 10), depth=0, edge=0)
    far = ridge(400, 34, 15)
    hill(p, "#2c4468", far)
    pines(p, far, [(60, 90), (110, 120), (170, 84), (1500, 130), (1560, 96), (820, 80), (870, 100)], "#28486a")
    near = ridge(476, 26, 31)
    hill(p, "#21455c", near)
    _hall(p, 270, height_at(near, 270) + 14, 390, "#3c5d74", "#ffd36b")
    house(p, 1240, height_at(near, 1240) + 14, 170, wall="#caa87c", roof="#7c3f33", light="#ffd36b")
    house(p, 1430, height_at(near, 1430) + 16, 140, wall="#b8966d", roof="#6a3a38", light="#ffd36b")
    pines(p, near, [(40, 150), (600, 120), (1060, 130), (1105, 100), (1330, 110), (1560, 160)], "#1c4f50")
    hill(p, "#16354a", ridge(560, 12, 40))
    cords = [
        ("#5fa3d6", [(540, 752), (420, 770), (250, 724), (120, 640), (60, 520)]),
        ("#f2a72e", [(540, 744), (420, 740), (300, 690), (330, 590), (270, 500)]),
        ("#e4653e", [(540, 736), (462, 700), (440, 620), (470, 560), (420, 500)]),
        ("#5fc1a0", [(1060, 736), (1150, 708), (1200, 640), (1170, 580), (1240, 510)]),
        ("#f2a72e", [(1060, 748), (1220, 760), (1340, 700), (1350, 600), (1430, 512)]),
        ("#5fa3d6", [(1060, 756), (1260, 800), (1450, 760), (1530, 660), (1546, 500)]),
    ]
    for colour, points in cords:
        cord = curve(points)
        p.cut(colour, stroke(cord, 10, 8), depth=7)
        p.cut("#fff3cf", oval(*points[-1], 15), depth=4)
        p.cut(colour, oval(*points[-1], 7), depth=0, edge=0)
    # The laptop.
    p.cut("#0d1a26", soft(500, 300, 600, 400, 26), depth=22)
    p.hole("#1d6b5a", soft(522, 322, 556, 350, 12), depth=10)
    inside = soft(522, 322, 556, 350, 12)
    p.cut("#2b8a70", oval(800, 700, 420, 170), depth=6, within=inside)
    for x, y in [(586, 404), (690, 366), (910, 366), (1014, 404), (590, 506), (1010, 506)]:
        p.cut("#9fd9c2", stroke([(x, y), (800, 520)], 5), depth=3, edge=0)
        p.cut("#ffcf5c", oval(x, y, 15), depth=5)
    house(p, 800, 636, 230, wall="#fdeccb", roof="#d1633a", light="#ffcf5c")
    p.cut("#37a183", oval(800, 790, 500, 160), depth=6, within=inside)
    p.cut("#93a3ad", [(430, 760), (500, 694), (1100, 694), (1170, 760)], depth=16)
    p.cut("#6f8190", soft(430, 758, 740, 20, 9), depth=4)
    p.cut("#5d6e7c", [(520, 738), (546, 708), (1054, 708), (1080, 738)], depth=0, edge=0)
    p.cut("#7f909b", [(720, 756), (730, 742), (870, 742), (880, 756)], depth=0, edge=0)
    hill(p, "#0d2230", ridge(806, 8, 9), depth=14)
    return p


def _hall(p: Paper, x: float, y: float, w: float, colour: str, light: str) -> None:
    """The factory: a long hall with a saw-tooth roof."""
    h, n = w * 0.26, 4
    left, tooth = x - w / 2, w / n
    roof: Shape = [(left, y)]
    for k in range(n):
        roof += [(left + k * tooth, y - h * 1.7), (left + (k + 1) * tooth, y - h)]
    p.cut(deep(colour, 0.15), rect(x + w * 0.32, y - h * 2.5, w * 0.05, h * 1.5), depth=5)
    p.cut(colour, [*roof, (left + w, y)], depth=10)
    p.hole(
        light,
        *[
            [
                (left + k * tooth + 8, y - h * 1.5),
                (left + k * tooth + tooth * 0.42, y - h * 1.22),
                (left + k * tooth + tooth * 0.42, y - h * 1.02),
                (left + k * tooth + 8, y - h * 1.02),
            ]
            for k in range(n)
        ],
        depth=4,
    )
    p.hole(light, rect(x - w * 0.1, y - h * 0.72, w * 0.2, h * 0.72), depth=6)
    p.hole(
        light,
        *[rect(left + w * s, y - h * 0.66, w * 0.1, h * 0.26) for s in (0.06, 0.22, 0.67, 0.83)],
        depth=4,
    )


def bakker() -> Paper:
    """Bread, coffee and a plane on the same bench, at the hour when both trades begin."""
    p = Paper("#f9cdb4", "#4d1d2b")
    glow(p, 800, 470, [560, 430, 310, 190], ["#fbc3a0", "#fcb68b", "#fda875", "#ffe0a0"])
    far = ridge(430, 22, 14)
    hill(p, "#d99a94", far)
    mid = ridge(486, 16, 41)
    hill(p, "#a8707f", mid)
    pines(p, mid, [(470, 90), (520, 120), (1060, 130), (1110, 90)], "#86566f")
    house(p, 800, height_at(mid, 800) + 30, 150, wall="#fbdcbc", roof="#8c3d49")
    hill(p, "#7b4c66", ridge(550, 10, 33))
    _frame(p, "#f4e3cd", [(330, 600), (330, 110), (1270, 110), (1270, 600)])
    timber(p, "#c07a45", (310, 92, 1290, 92), (310, 604, 1290, 604), width=38, depth=10)
    timber(
        p,
        "#c07a45",
        (330, 76, 330, 610),
        (1270, 76, 1270, 610),
        (643, 96, 643, 604),
        (957, 96, 957, 604),
        width=30,
        depth=10,
    )
    timber(p, "#c07a45", (330, 330, 1270, 330), width=16, depth=6)
    _apron(p, 165)
    _tools(p, 1436)
    p.cut("#a55f33", rect(-20, 640, 1640, 60), depth=18)
    p.cut("#8a4b27", rect(-20, 690, 1640, 160), depth=10)
    p.cut("#7b4222", rect(-20, 760, 1640, 4), rect(530, 700, 4, 150), rect(1066, 700, 4, 150), depth=0, edge=0)
    # The loaf on its board.
    p.cut("#e3b878", soft(420, 622, 350, 26, 12), depth=8)
    loaf = curve([(455, 624), (462, 540), (530, 486), (610, 476), (690, 492), (738, 545), (740, 624)])
    p.cut("#b9692d", loaf, depth=12)
    p.cut(
        "#d08a45",
        curve([(478, 612), (486, 548), (545, 504), (612, 496), (680, 512), (716, 556), (720, 612)]),
        depth=3,
    )
    for x in (530, 595, 660):
        p.cut(
            "#f7dba5",
            curve([(x - 14, 575), (x + 8, 540), (x + 40, 520), (x + 26, 552)], closed=True),
            depth=3,
        )
    # The plane with its shavings.
    p.cut("#e8c48a", rect(860, 616, 330, 28), depth=8)
    p.cut("#8f4d27", [(900, 616), (900, 578), (1010, 566), (1120, 566), (1140, 590), (1140, 616)], depth=10)
    p.cut("#3c4a52", [(996, 574), (968, 510), (990, 504), (1030, 572)], depth=6)
    p.cut(
        "#6f3a1d",
        curve([(1060, 570), (1064, 530), (1092, 512), (1108, 528), (1090, 548), (1096, 570)], closed=True),
        oval(928, 566, 20),
        depth=6,
    )
    _shavings(p, 1096, 616, "#f9dfb2")
    _shavings(p, 786, 640, "#f3cf97")
    # Coffee.
    p.cut("#1f5b49", soft(292, 548, 96, 94, 14), depth=9)
    p.cut("#1f5b49", stroke(oval(292, 594, 26, 28, 90, 270), 14), depth=6)
    p.cut("#2b6f5a", rect(292, 566, 96, 10), depth=0, edge=0)
    smoke(p, 336, 530, 150, "#fff4e6")
    return p


def _apron(p: Paper, x: float) -> None:
    """A baker's apron on a hook."""
    p.cut("#8f4d27", soft(x - 70, 150, 140, 22, 8), depth=6)
    p.cut("#e8ddd0", stroke(curve([(x - 46, 270), (x - 20, 190), (x + 20, 190), (x + 46, 270)]), 9), depth=4)
    p.cut(
        "#fffaf2",
        curve(
            [
                (x - 50, 262),
                (x + 50, 262),
                (x + 60, 350),
                (x + 96, 380),
                (x + 92, 560),
                (x - 92, 560),
                (x - 96, 380),
                (x - 60, 350),
            ],
            closed=True,
        ),
        depth=9,
    )
    p.cut("#e4d5c3", soft(x - 46, 420, 92, 74, 8), depth=3)
    p.cut("#3c4a52", oval(x, 182, 8), depth=2)


def _tools(p: Paper, x: float) -> None:
    """A saw and a square on their nails."""
    p.cut("#8f4d27", soft(x - 90, 150, 180, 22, 8), depth=6)
    p.cut("#c3ced1", [(x - 62, 290), (x - 6, 290), (x - 26, 560), (x - 50, 560)], depth=7)
    p.cut("#b5622c", soft(x - 78, 196, 84, 100, 22), depth=7)
    p.hole("#f4e3cd", soft(x - 58, 216, 44, 50, 16), depth=5)
    p.cut("#c3ced1", rect(x + 40, 210, 24, 240), depth=6)
    p.cut("#b5622c", rect(x + 22, 190, 112, 30), depth=7)


def energiecheck() -> Paper:
    """A snowed-in house, cut open: thick walls, a stove, a cat, and the cold outside."""
    p = Paper("#35477a", "#101a3c")
    glow(p, 800, 430, [760, 610, 470, 340], ["#40568b", "#5069a0", "#6781b5", "#8aa2cc"], depth=16)
    r = random.Random(3)
    far = ridge(480, 26, 6)
    hill(p, "#a9bfdf", far)
    pines(
        p,
        far,
        [(70, 130), (140, 170), (230, 120), (330, 150), (1250, 150), (1340, 120), (1440, 180), (1530, 130)],
        "#4a6f92",
        snow="#e9f1fb",
    )
    near = ridge(590, 18, 18)
    hill(p, "#cfdef2", near)
    pines(p, near, [(60, 250), (215, 200), (1400, 220), (1540, 270)], "#2f5f74", snow="#f6faff")
    x, y, w = 800, 720, 620
    left, right, eaves, top = x - w / 2, x + w / 2, y - 250, y - 480
    p.cut("#6b3a35", rect(930, 250, 60, 160), depth=8)
    p.cut("#f6faff", soft(920, 236, 80, 24, 12), depth=4)
    smoke(p, 962, 230, 190, "#dbe5f5")
    p.cut(
        "#9c5a34",
        [(left - 12, y), (left - 12, eaves), (x, top), (right + 12, eaves), (right + 12, y)],
        depth=18,
    )
    p.cut(
        "#ecc891",
        [(left + 8, y - 6), (left + 8, eaves + 8), (x, top + 24), (right - 8, eaves + 8), (right - 8, y - 6)],
        depth=6,
    )
    fibre = [stroke([(left + 20, y - 20 - n * 26), (left + 44, y - 32 - n * 26)], 4) for n in range(10)]
    p.cut("#d3a663", *fibre, *[mirror(f, x) for f in fibre], depth=0, edge=0)
    room = [
        (left + 56, y - 30),
        (left + 56, eaves + 32),
        (x, top + 84),
        (right - 56, eaves + 32),
        (right - 56, y - 30),
    ]
    p.hole("#ffcf7d", room, depth=16)
    p.cut("#ffdc9c", oval(965, 590, 210), depth=4, edge=0.05, dark=0.1, within=room)
    p.cut("#ffe8b8", oval(965, 590, 130), depth=4, edge=0.05, dark=0.1, within=room)
    p.cut("#b36b38", rect(left + 56, y - 44, w - 112, 18), depth=4)
    p.cut("#b36b38", rect(left + 56, eaves + 28, w - 112, 14), depth=7)
    _stove(p, 962, y - 44)
    window(p, 756, 530, 92, 84, "#8fb0de", "#8a4b2a")
    _cosy_corner(p, 652, y - 44)
    p.cut("#8a4b2a", oval(800, eaves - 66, 42), depth=4)
    p.hole("#8fb0de", oval(800, eaves - 66, 34), depth=5)
    p.cut("#8a4b2a", rect(797, eaves - 100, 6, 68), rect(766, eaves - 69, 68, 6), depth=1, edge=0)
    p.cut("#b9783f", rect(836, eaves - 14, 56, 42), depth=4)
    p.cut("#e3b06c", rect(836, eaves + 2, 56, 6), depth=0, edge=0)
    p.cut("#c7513a", soft(664, eaves + 2, 70, 26, 8), depth=4)
    slope = [(x, top - 34), (right + 80, eaves + 44), (right + 80, eaves + 82), (x, top + 26)]
    for side in (mirror(slope, x), slope):
        p.cut("#7e4434", side, depth=12)
    drift = curve(
        [
            (x, top - 76),
            (x + 130, top + 10),
            (x + 270, top + 136),
            (right + 50, eaves + 2),
            (right + 98, eaves + 44),
        ]
    )
    under = curve(
        [
            (right + 70, eaves + 52),
            (x + 300, top + 214),
            (x + 220, top + 140),
            (x + 120, top + 78),
            (x, top - 16),
        ]
    )
    p.cut("#f8fbff", [*drift, *under], mirror([*drift, *under], x), depth=8, edge=0)
    hill(p, "#eef4fc", ridge(742, 10, 27), depth=18)
    for _ in range(150):
        fx, fy = r.randint(0, WIDTH), r.randint(0, 760)
        if fy < 200 or abs(fx - 800) > 400:
            p.cut("#ffffff", oval(fx, fy, r.choice([3, 4, 5, 7])), depth=2, edge=0, dark=0.3)
    return p


def _stove(p: Paper, x: float, y: float) -> None:
    p.cut("#37414a", rect(x - 13, y - 318, 26, 198), depth=5)
    p.cut(
        "#2b343c",
        soft(x - 66, y - 150, 132, 140, 12),
        rect(x - 56, y - 14, 16, 14),
        rect(x + 40, y - 14, 16, 14),
        depth=9,
    )
    p.hole("#5a1f14", soft(x - 46, y - 126, 92, 84, 8), depth=6)
    for colour, s in (("#e4532a", 1.0), ("#f79433", 0.7), ("#ffdf7a", 0.42)):
        p.cut(colour, _flame(x, y - 44, 66 * s, 78 * s), depth=2)


def _flame(x: float, y: float, w: float, h: float) -> Shape:
    """A flame standing on (x, y)."""
    return curve(
        [
            (x, y),
            (x - 0.5 * w, y - 0.2 * h),
            (x - 0.36 * w, y - 0.52 * h),
            (x - 0.1 * w, y - 0.7 * h),
            (x + 0.04 * w, y - h),
            (x + 0.22 * w, y - 0.66 * h),
            (x + 0.46 * w, y - 0.46 * h),
            (x + 0.48 * w, y - 0.18 * h),
        ],
        closed=True,
    )


def _cosy_corner(p: Paper, x: float, y: float) -> None:
    """An armchair, somebody reading in it, and a cat."""
    p.cut("#a83f34", soft(x - 88, y - 150, 122, 150, 34), depth=8)
    person(
        p,
        x + 6,
        y + 34,
        198,
        coat="#2f7a5c",
        hair="#d9d4cc",
        skin=SKIN[4],
        legs=False,
        left=((-1.5, -6.0), (0.3, -5.5)),
        right=((1.7, -6.0), (1.5, -5.6)),
    )
    p.cut("#c1513f", soft(x - 98, y - 74, 172, 74, 26), depth=8)
    p.cut(
        "#fff6e3",
        [
            (x - 6, y - 80),
            (x + 14, y - 102),
            (x + 36, y - 84),
            (x + 58, y - 102),
            (x + 74, y - 78),
            (x + 36, y - 64),
        ],
        depth=4,
    )
    p.cut(
        "#37414a",
        curve([(x + 120, y), (x + 118, y - 26), (x + 160, y - 40), (x + 206, y - 28), (x + 214, y)]),
        oval(x + 200, y - 34, 19),
        depth=4,
    )
    p.cut(
        "#37414a",
        [(x + 186, y - 44), (x + 188, y - 64), (x + 200, y - 52)],
        [(x + 202, y - 52), (x + 214, y - 64), (x + 216, y - 42)],
        depth=0,
        edge=0,
    )


def huis_in_een_dag() -> Paper:
    """The roof comes down on the house, under bunting, with the neighbours watching."""
    p = Paper("#cfe8ec", "#16384a")
    glow(p, 380, 240, [420, 300, 190, 104], ["#d8eeef", "#e5f3ee", "#f5f3dd", "#ffe7a3"])
    cloud(p, 1330, 150, 150, "#f7fcfb")
    cloud(p, 760, 90, 100, "#f7fcfb")
    far = ridge(430, 30, 9)
    hill(p, "#a9d2c0", far)
    pines(p, far, [(90, 90), (150, 120), (480, 90), (1210, 100), (1500, 130), (1555, 96)], "#69ab95")
    mid = ridge(520, 22, 19)
    hill(p, "#6db18f", mid)
    _hall(p, 1290, height_at(mid, 1290) + 14, 360, "#e2c08a", "#fff0bd")
    pines(p, mid, [(50, 170), (120, 130), (270, 120), (1530, 150)], "#3f8a70")
    hill(p, "#3f8c69", ridge(620, 10, 29))
    _crane(p, 1130, 720)
    # The walls stand, the roof still hangs.
    x, y, w = 760.0, 700.0, 380.0
    p.cut("#c9a06a", rect(x - w / 2 - 24, y - 8, w + 48, 24), depth=8)
    gable = [(x - w / 2, y), (x - w / 2, y - 170), (x, y - 292), (x + w / 2, y - 170), (x + w / 2, y)]
    p.cut("#f7e2bb", gable, depth=14)
    p.cut(
        "#e6cb9c",
        *[rect(x - w / 2 + n * 27, y - 300, 2, 300) for n in range(1, 14)],
        depth=0,
        edge=0,
        within=gable,
    )
    for dx in (-140, 74):
        window(p, x + dx, y - 132, 64, 72, "#fff0bd", "#8a4327")
    window(p, x - 26, y - 232, 52, 48, "#fff0bd", "#8a4327")
    p.cut("#1f5b49", soft(x - 32, y - 118, 64, 120, 6), depth=5)
    lift = 130.0
    for a, b in ((x - 150, 1), (x + 150, 1)):
        p.cut("#4a5a60", stroke([(x, 132), (a, y - 170 - lift - 30 * b)], 4), depth=2, edge=0)
    slope = [(x, y - 322 - lift), (x + 244, y - 164 - lift), (x + 244, y - 132 - lift), (x, y - 284 - lift)]
    for side in (mirror(slope, x), slope):
        p.cut("#c4572f", side, depth=16)
    p.cut(
        "#a8451f",
        *[move(rect(30 + n * 46, -17, 3, 32), x, y - 304 - lift, 1, 32.9) for n in range(5)],
        depth=0,
        edge=0,
    )
    p.cut(
        "#a8451f",
        *[mirror(move(rect(30 + n * 46, -17, 3, 32), x, y - 304 - lift, 1, 32.9), x) for n in range(5)],
        depth=0,
        edge=0,
    )
    timber(p, "#e0ac66", (x - 130, y - 196 - lift, x + 130, y - 196 - lift), width=12, depth=5)
    p.cut("#b8743a", stroke([(470, 420), (470, 800)], 11), stroke([(1030, 420), (1030, 800)], 11), depth=6)
    p.cut("#f2c14e", oval(470, 416, 11), oval(1030, 416, 11), depth=4)
    _bunting(p, [(-20, 330), (150, 440), (330, 462), (470, 424)], 8)
    _bunting(p, [(1030, 424), (1230, 478), (1430, 450), (1620, 350)], 10)
    hill(p, "#2a6f55", ridge(724, 8, 39))
    crowd = [
        (240, 822, 176, "#e4653e", SKIN[1], "#241712"),
        (322, 832, 196, "#f2c14e", SKIN[0], "#8a4b2a"),
        (404, 822, 120, "#5fa3d6", SKIN[0], "#c98a3a"),
        (1010, 826, 186, "#7b5ea7", SKIN[2], "#2a1a14"),
        (1094, 832, 126, "#e4653e", SKIN[3], "#1a1210"),
        (1178, 828, 200, "#f5ead6", SKIN[4], "#6b4128"),
    ]
    for n, (px, py, h, coat, skin, hair) in enumerate(crowd):
        wave = ((1.7, -7.2), (1.9, -9.4)) if n in (1, 3, 4) else ((1.5, -6.2), (1.5, -4.7))
        person(p, px, py, h, coat=coat, skin=skin, hair=hair, right=wave, long_hair=n in (0, 5))
    person(
        p,
        560,
        772,
        190,
        coat="#f2a72e",
        helmet="#ffffff",
        skin=SKIN[2],
        vest="#fff6d8",
        left=((-1.8, -7.6), (-1.9, -9.6)),
        right=((1.8, -7.6), (1.9, -9.6)),
    )
    return p


def _crane(p: Paper, x: float, y: float) -> None:
    mast = [stroke([(x - 17, y), (x - 17, 70)], 9), stroke([(x + 17, y), (x + 17, 70)], 9)]
    braces = [stroke([(x - 17, 90 + n * 42), (x + 17, 132 + n * 42)], 5) for n in range(14)]
    p.cut("#f2a72e", *mast, *braces, depth=8)
    jib = [
        stroke([(640, 92), (1400, 92)], 9),
        stroke([(660, 62), (1130, 62)], 6),
        stroke([(640, 92), (660, 62)], 6),
    ]
    jib += [stroke([(670 + n * 46, 92 if n % 2 else 62), (716 + n * 46, 62 if n % 2 else 92)], 4) for n in range(10)]
    ties = [
        stroke([(x, 20), (700, 62)], 4),
        stroke([(x, 20), (1390, 90)], 4),
        stroke([(x, 20), (x - 17, 72)], 8),
        stroke([(x, 20), (x + 17, 72)], 8),
    ]
    p.cut("#f2a72e", *jib, *ties, depth=9)
    p.cut("#5a6a70", rect(1330, 84, 70, 54), depth=6)
    p.cut("#e48a1c", soft(x - 58, 96, 48, 56, 6), depth=6)
    p.hole("#cfe8ec", rect(x - 52, 104, 28, 26), depth=4)
    p.cut("#4a5a60", stroke([(760, 96), (760, 132)], 5), soft(744, 84, 32, 14, 4), depth=3)
    p.cut("#4a5a60", oval(760, 136, 9), depth=3)


def _bunting(p: Paper, points: Outline, flags: int) -> None:
    line = curve(points)
    p.cut("#fffaf0", stroke(line, 3), depth=2, edge=0)
    colours = ["#e4653e", "#f2c14e", "#fffaf0", "#2f7a8c"]
    for n in range(flags):
        x, y = line[int((n + 0.5) * (len(line) - 1) / flags)]
        p.cut(colours[n % 4], [(x - 19, y), (x + 19, y + 1), (x, y + 44)], depth=5)


def vogelhuis() -> Paper:
    """A birdhouse in the snow, a robin on its perch and a rosette beside the door."""
    p = Paper("#dfe9ee", "#23405a")
    glow(p, 800, 390, [690, 540, 400, 270], ["#e9eef0", "#f3efe8", "#fbecd8", "#ffe0b8"], depth=14)
    far = ridge(560, 26, 12)
    hill(p, "#bed3dd", far)
    pines(
        p,
        far,
        [(90, 120), (160, 160), (250, 110), (400, 130), (1190, 120), (1270, 160), (1450, 140), (1530, 180)],
        "#7fa5b0",
        snow="#f5fafc",
    )
    near = ridge(660, 20, 22)
    hill(p, "#d6e4ec", near)
    pines(p, near, [(70, 270), (1500, 300), (280, 190), (1330, 190)], "#4f8389", snow="#fbfdff")
    trunk = [stroke([(800, 860), (796, 640)], 44, 36)]
    p.cut("#7a4a2e", *trunk, depth=10)
    _branch(p)
    x, y, w = 800.0, 650.0, 300.0
    gable = [(x - w / 2, y), (x - w / 2, y - 230), (x, y - 400), (x + w / 2, y - 230), (x + w / 2, y)]
    p.cut("#e9b979", gable, depth=22)
    boards = [rect(x - w / 2 + n * 60, y - 420, 3, 430) for n in range(1, 5)]
    p.cut("#cf9a59", *boards, depth=0, edge=0, within=gable)
    grain = [
        curve([(x - 130 + n * 60, y - 60), (x - 122 + n * 60, y - 130), (x - 132 + n * 60, y - 210)]) for n in range(5)
    ]
    p.cut("#d9a866", *[stroke(g, 3) for g in grain], depth=0, edge=0, within=gable)
    p.hole("#4a2a1a", oval(x, y - 220, 54), depth=12)
    p.cut("#8a4b27", soft(x - 9, y - 140, 18, 40, 8), depth=5)
    p.cut("#9c5a30", stroke([(x, y - 106), (x + 156, y - 84)], 14), depth=8)
    slope = [(x, y - 446), (x + 218, y - 208), (x + 194, y - 180), (x, y - 386)]
    for side in (mirror(slope, x), slope):
        p.cut("#b4532b", side, depth=12)
    drift = curve([(x, y - 488), (x + 90, y - 398), (x + 170, y - 300), (x + 232, y - 212)])
    under = curve([(x + 206, y - 214), (x + 160, y - 258), (x + 110, y - 318), (x + 60, y - 356), (x, y - 430)])
    p.cut("#ffffff", [*drift, *under], mirror([*drift, *under], x), depth=8, edge=0)
    p.cut("#b4532b", rect(x - 176, y - 12, 352, 28), depth=9)
    p.cut(
        "#ffffff",
        curve([(x - 180, y - 10), (x - 140, y - 36), (x - 70, y - 22), (x - 20, y - 34), (x + 10, y - 10)]),
        curve([(x + 90, y - 10), (x + 130, y - 30), (x + 178, y - 10)]),
        depth=4,
        edge=0,
    )
    _robin(p, x + 112, y - 150, 1.0)
    p.cut(
        "#e4653e",
        [(x - 118, y - 90), (x - 88, y - 90), (x - 96, y - 8), (x - 112, y - 26), (x - 130, y - 12)],
        [(x - 92, y - 90), (x - 62, y - 90), (x - 52, y - 12), (x - 70, y - 26), (x - 86, y - 8)],
        depth=5,
    )
    p.cut("#f2b23e", star(x - 90, y - 106, 54, 14, 0.84), depth=7)
    p.cut("#fff3cf", oval(x - 90, y - 106, 34), depth=4)
    p.cut("#e4653e", star(x - 90, y - 105, 23), depth=3)
    hill(p, "#f3f8fb", ridge(790, 10, 44), depth=16)
    r = random.Random(8)
    for _ in range(120):
        fx, fy = r.randint(0, WIDTH), r.randint(0, 800)
        if abs(fx - 800) > 250:
            p.cut("#ffffff", oval(fx, fy, r.choice([3, 4, 6, 8])), depth=3, edge=0, dark=0.3)
    return p


def _branch(p: Paper) -> None:
    bough = curve([(1640, 130), (1440, 190), (1260, 180), (1110, 230)])
    p.cut(
        "#7a4a2e",
        stroke(bough, 34, 10),
        stroke(curve([(1400, 192), (1330, 270), (1240, 300)]), 14, 5),
        depth=10,
    )
    p.cut("#ffffff", stroke([(x, y - 14) for x, y in bough[4:40]], 14, 4), depth=3, edge=0)
    for x, y in ((1112, 236), (1236, 304), (1300, 276), (1190, 214), (1340, 200)):
        p.cut("#c8372d", oval(x, y + 12, 13), depth=4)
    bough = mirror(curve([(1640, 230), (1460, 300), (1300, 290), (1180, 350)]), 800)
    p.cut("#7a4a2e", stroke(bough, 30, 8), depth=10)
    p.cut("#ffffff", stroke([(x, y - 12) for x, y in bough[4:40]], 12, 4), depth=3, edge=0)
    for x, y in ((424, 356), (360, 316), (300, 296)):
        p.cut("#c8372d", oval(x, y + 12, 13), depth=4)


def _robin(p: Paper, x: float, y: float, s: float) -> None:
    """A robin looking to the left, perched at its feet."""

    def at(points: Outline, closed: bool = True) -> Shape:
        return move(curve(points, closed=closed), x, y, s)

    p.cut("#6b5240", at([(50, 6), (118, 44), (126, 58), (96, 54), (40, 34)]), depth=5)
    p.cut(
        "#4a3a30",
        move(stroke([(-4, 44), (-6, 62)], 4), x, y, s),
        move(stroke([(14, 44), (12, 62)], 4), x, y, s),
        depth=2,
    )
    p.cut(
        "#8a6b52",
        at([(-66, -40), (-40, -78), (2, -72), (34, -34), (66, 8), (40, 44), (-4, 52), (-44, 30), (-60, -4)]),
        depth=8,
    )
    p.cut(
        "#e8602c",
        at([(-70, -38), (-50, -66), (-26, -50), (-14, -12), (-10, 28), (-34, 28), (-56, 0)]),
        depth=4,
    )
    p.cut("#f4ead9", at([(-34, 30), (-12, 26), (14, 40), (-4, 52)]), depth=2)
    p.cut("#6b5240", at([(4, -22), (44, -4), (74, 26), (34, 26), (8, 8)]), depth=4)
    p.cut("#3a2c22", move([(-64, -48), (-92, -40), (-66, -34)], x, y, s), depth=2)
    p.cut("#1d1712", move(oval(-44, -54, 6.5), x, y, s), depth=0, edge=0)
    p.cut("#ffffff", move(oval(-46, -56, 2), x, y, s), depth=0, edge=0)


def dak() -> Paper:
    """From sunrise to evening: the trusses on the left are bare, on the right the roof is closed."""
    p = Paper("#fde9c8", "#45230f")
    glow(p, 800, 760, [860, 740, 620, 500], ["#fcdcae", "#f9cf9d", "#cfe0d2", "#b5d6d3"], depth=14)
    for n, colour in enumerate(["#f6a16c", "#f8bb5c", "#ffd35c", "#fbb24a", "#e8683f"]):
        angle = (180 + 22 + n * 34) % 360
        sx, sy = oval(800, 700, 690, 590, angle, angle + 1)[0]
        p.cut(blend(colour, "#ffffff", 0.35), oval(sx, sy, 66), depth=8, edge=0.05, dark=0.2)
        p.cut(colour, oval(sx, sy, 46), depth=8)
    far = ridge(610, 22, 7)
    hill(p, "#a9c79a", far)
    pines(p, far, [(60, 130), (130, 170), (220, 110), (1390, 120), (1470, 180), (1550, 130)], "#5d9470")
    hill(p, "#6c9f72", ridge(690, 12, 25))
    x, y = 800.0, 740.0
    p.cut("#f6deb4", rect(x - 380, y - 200, 760, 200), depth=16)
    p.cut("#e2c391", *[rect(x - 380 + n * 38, y - 200, 2.5, 200) for n in range(1, 20)], depth=0, edge=0)
    for n in (-300, -130, 210):
        window(p, x + n, y - 152, 92, 84, "#fff0bd", "#8a4327")
    p.cut("#1f5b49", soft(x + 60, y - 152, 84, 154, 6), depth=6)
    # A long roof seen from the side: rafters first, then the closed half slid over them.
    ridge_y, eave_y = y - 440, y - 190
    timber(p, "#b8743a", (x - 410, ridge_y + 8, x + 410, ridge_y + 8), width=20, depth=6)
    for n in range(14):
        dx = -400 + n * 61
        timber(p, "#d99a55", (x + dx, eave_y + 10, x + dx, ridge_y - 4), width=17, depth=9)
    timber(
        p,
        "#c4844a",
        (x - 420, ridge_y + 90, x + 420, ridge_y + 90),
        (x - 420, ridge_y + 176, x + 420, ridge_y + 176),
        (x - 430, eave_y, x + 430, eave_y),
        width=13,
        depth=6,
    )
    for left, right, colour in ((x + 30, x + 250, "#c05a32"), (x + 244, x + 440, "#b04c28")):
        p.cut(colour, rect(left, ridge_y - 14, right - left, eave_y - ridge_y + 34), depth=15)
        rows = [rect(left, ridge_y + 14 + k * 32, right - left, 3) for k in range(8)]
        p.cut(deep(colour, 0.2), *rows, depth=0, edge=0)
    p.cut("#8f3b1f", rect(x + 24, ridge_y - 24, 424, 20), depth=6)
    # The next panel hangs, guided by two people.
    p.cut(
        "#3f4a4e",
        stroke([(x - 112, -10), (x - 112, 120)], 5),
        stroke([(x - 112, 120), (x - 208, 214)], 4),
        stroke([(x - 112, 120), (x - 16, 214)], 4),
        depth=3,
        edge=0,
    )
    p.cut("#c96a3c", rect(x - 226, 210, 228, 236), depth=26)
    p.cut("#a8522b", *[rect(x - 226, 238 + k * 32, 228, 3) for k in range(7)], depth=0, edge=0)
    p.cut("#3f4a4e", oval(x - 112, 118, 10), oval(x - 208, 216, 6), oval(x - 16, 216, 6), depth=3)
    person(
        p,
        x - 300,
        ridge_y + 192,
        220,
        coat="#f2a72e",
        helmet="#f7f3ea",
        skin=SKIN[0],
        vest="#fff6d8",
        left=((-1.6, -6.4), (-1.5, -4.8)),
        right=((1.9, -7.2), (2.9, -7.6)),
    )
    person(
        p,
        x + 104,
        ridge_y - 18,
        200,
        coat="#e4653e",
        helmet="#f7f3ea",
        skin=SKIN[3],
        vest="#fff6d8",
        left=((-1.9, -6.6), (-3.6, -6.4)),
        right=((1.6, -6.4), (1.5, -4.8)),
    )
    hill(p, "#3c7a58", ridge(772, 8, 35))
    return p


def vuur() -> Paper:
    """A beam in the fire: charred outside, sound wood with its year rings inside."""
    p = Paper("#3a1420", "#150308")
    glow(p, 800, 440, [800, 650, 510, 380], ["#471826", "#5a1d29", "#74242a", "#94302b"], depth=18)
    r = random.Random(21)
    for colour, count, tall, wide in (
        ("#b83a2a", 9, 640, 330),
        ("#dd5a2a", 10, 520, 260),
        ("#f08a30", 11, 400, 210),
    ):
        for n in range(count):
            x = -40 + n * (1680 / (count - 1)) + r.uniform(-30, 30)
            h = tall * (0.62 + 0.38 * abs(x - 800) / 800) * r.uniform(0.85, 1.1)
            p.cut(colour, _flame(x, 900, wide * r.uniform(0.9, 1.15), h), depth=10)
    # The end of the beam.
    face = [(530.0, 170.0), (1070.0, 170.0), (1070.0, 700.0), (530.0, 700.0)]
    rough = curve([(x + r.uniform(-9, 9), y + r.uniform(-9, 9)) for x, y in _along(face, 11)], closed=True)
    p.cut("#c2421f", rough, depth=30)
    for column in range(10):
        for row in range(10):
            if 0 < column < 9 and 0 < row < 9:
                continue
            left, top = 530 + column * 54, 170 + row * 53
            right, foot = left + 54, top + 53
            corners = [(left + 2, top + 2), (right - 3, top + 3), (right - 2, foot - 3), (left + 3, foot - 2)]
            block = [(cx + r.uniform(-4, 4), cy + r.uniform(-4, 4)) for cx, cy in corners]
            p.cut(r.choice(["#1b1517", "#251b1c", "#151012", "#2b2021"]), block, depth=4, edge=0.08)
    p.cut(
        "#5a3020",
        curve(
            [
                (x + r.uniform(-5, 5), y + r.uniform(-5, 5))
                for x, y in _along([(592, 232), (1008, 232), (1008, 638), (592, 638)], 9)
            ],
            closed=True,
        ),
        depth=6,
    )
    core = [(616, 256), (984, 256), (984, 614), (616, 614)]
    p.cut("#efc588", core, depth=10)
    for n in range(15):
        radius = 40 + n * 30
        wobble = [
            (890 + (radius + 4 * ((k * 7 + n) % 3)) * x, 640 + (radius * 0.94 + 3 * ((k * 5 + n) % 3)) * y)
            for k, (x, y) in enumerate(oval(0, 0, 1)[::8])
        ]
        ring = curve(wobble, closed=True)
        p.cut(
            "#f5d49e" if n % 2 else "#e3b06c",
            stroke([*ring, ring[0]], 9 if n % 3 else 6),
            depth=2,
            edge=0.05,
            within=core,
        )
    p.cut(
        "#b9783f",
        stroke([(890, 612), (800, 420)], 7, 2),
        stroke([(880, 606), (980, 500)], 5, 1),
        depth=0,
        edge=0,
        within=core,
    )
    for colour, count, tall, wide in (
        ("#f7a73c", 12, 230, 180),
        ("#ffd567", 13, 150, 130),
        ("#fff0b5", 9, 70, 80),
    ):
        for n in range(count):
            x = -20 + n * (1640 / (count - 1)) + r.uniform(-26, 26)
            p.cut(colour, _flame(x, 905, wide * r.uniform(0.9, 1.2), tall * r.uniform(0.85, 1.2)), depth=8)
    for _ in range(60):
        sx, sy = r.randint(40, 1560), r.randint(30, 520)
        if abs(sx - 800) > 300 or sy < 130:
            p.cut(r.choice(["#ffd567", "#f79433"]), oval(sx, sy, r.choice([3, 4, 6])), depth=3, edge=0)
    return p


def _along(corners: Outline, steps: int) -> Shape:
    """Points spread along the sides of a shape."""
    line: Shape = []
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        line += [(ax + (bx - ax) * n / steps, ay + (by - ay) * n / steps) for n in range(steps)]
    return line


def vocht() -> Paper:
    """One big drop that holds a dry house, in the rain."""
    p = Paper("#2f7078", "#07303a")
    glow(p, 800, 460, [800, 640, 490], ["#36797f", "#42868a", "#539697"], depth=16)
    r = random.Random(17)
    for _ in range(60):
        x, y, size = r.randint(20, 1580), r.randint(150, 740), r.choice([8, 10, 13, 17])
        if abs(x - 800) > 290:
            p.cut(r.choice(["#8fc4c4", "#b9dcd9", "#6fb0b3"]), drop(x, y, size), depth=5)
    for x, y, rx in ((240, 790, 190), (1370, 784, 210), (800, 806, 330)):
        for n, colour in enumerate(["#2b676f", "#3a7c83", "#2b676f"]):
            p.cut(colour, oval(x, y, rx * (1 - 0.28 * n), rx * 0.2 * (1 - 0.28 * n)), depth=5)
    x, y = 800, 520
    for radius, colour in ((250, "#7fbfc0"), (226, "#a5d5d2"), (202, "#cfe9e3")):
        p.cut(colour, drop(x, y, radius), depth=16)
    inside = drop(x, y, 182)
    p.hole("#fdeccb", inside, depth=16)
    p.cut("#fbd79c", oval(x, y - 10, 150), depth=8, edge=0.05, dark=0.16, within=inside)
    p.cut("#f9c06d", oval(x, y - 20, 92), depth=8, edge=0.05, dark=0.16, within=inside)
    p.cut(
        "#9cc79a",
        [*[(x - 220 + n * 10, y + 54 + 14 * _wave(n)) for n in range(45)], (x + 220, 760), (x - 220, 760)],
        depth=8,
        within=inside,
    )
    house(p, x, y + 108, 190, wall="#f6deb4", roof="#b4532b", light="#ffe08a")
    p.cut(
        "#4f9a78",
        [
            *[(x - 220 + n * 10, y + 108 + 8 * _wave(n + 14)) for n in range(45)],
            (x + 220, 760),
            (x - 220, 760),
        ],
        depth=8,
        within=inside,
    )
    for dx, h in ((-122, 84), (124, 70)):
        pine(p, x + dx, y + 122, h, "#2f7a5c", tiers=3, depth=3)
    p.cut("#ffffff", stroke(curve([(650, 560), (626, 500), (646, 430), (680, 372)]), 4, 15), depth=0, edge=0)
    for cx, cy, size, colour in (
        (300, 92, 230, "#d3e6e6"),
        (1310, 84, 250, "#d3e6e6"),
        (80, 90, 200, "#eef6f4"),
        (1550, 80, 190, "#eef6f4"),
        (560, 40, 190, "#eef6f4"),
        (1050, 36, 200, "#e2efee"),
    ):
        cloud(p, cx, cy, size, colour, depth=14)
    return p


def _wave(n: int) -> float:
    return oval(0, 0, 1, 1, n * 14, n * 14 + 1)[0][1]


def vraag() -> Paper:
    """Two colleagues on a stack of timber at the edge of the wood, talking."""
    p = Paper("#fbe6b9", "#3d2312")
    glow(p, 800, 300, [620, 470, 330, 200], ["#fbdfa2", "#fad58b", "#f9c871", "#ffe9b4"], depth=14)
    r = random.Random(4)
    hill(p, "#d7b46a", ridge(520, 16, 51))
    for x in range(60, 1600, 120):
        if not 560 < x < 1040:
            leafy(
                p,
                x + r.randint(-24, 24),
                600,
                r.randint(280, 380),
                r.choice(["#e0983a", "#d07a33", "#c9a23f", "#b9b04c"]),
                "#7a4a2e",
                depth=6,
            )
    hill(p, "#b98f45", ridge(600, 12, 61))
    for x, w in ((60, 54), (236, 40), (1380, 44), (1540, 58)):
        p.cut(
            "#f3ece0",
            [(x - w / 2, -10), (x + w / 2, -10), (x + w * 0.58, 760), (x - w * 0.58, 760)],
            depth=14,
        )
        bark = [
            soft(
                x - w * 0.5 + (w * 0.46 if n % 2 else 0),
                40 + n * 62 + r.randint(-14, 14),
                w * r.uniform(0.3, 0.5),
                9,
                4,
            )
            for n in range(11)
        ]
        p.cut("#6d5a4c", *bark, depth=0, edge=0)
    for x, y in ((60, 10), (1540, 0), (250, -30), (1370, -20)):
        for _ in range(16):
            leaf = move(
                curve([(0, -30), (17, 0), (0, 30), (-17, 0)], closed=True),
                x + r.randint(-130, 130),
                y + r.randint(-30, 110),
                r.uniform(0.7, 1.1),
                r.randint(-70, 70),
            )
            p.cut(r.choice(["#e5a23a", "#d9782f", "#c9b04a"]), leaf, depth=6)
    hill(p, "#8a7638", ridge(700, 10, 71))
    for row, (count, y) in enumerate(((7, 770), (6, 694), (5, 618))):
        for n in range(count):
            cx = 800 + (n - (count - 1) / 2) * 104
            p.cut(["#e3b878", "#dcab66", "#ecc68c"][(n + row) % 3], soft(cx - 50, y - 36, 100, 74, 6), depth=8)
            for size in (30, 20, 10):
                p.cut(
                    "#c48f4c" if size != 20 else "#f1d3a0",
                    oval(cx, y + 2, size * 1.2, size * 0.86),
                    depth=1,
                    edge=0,
                )
    # They sit on the top row, legs in front of it.
    for x, trousers in ((690, "#37474f"), (912, "#5a3c58")):
        for side in (-20, 20):
            leg = curve([(x + side, 566), (x + side * 1.5, 590), (x + side * 1.5, 672)])
            p.cut(trousers, stroke(leg, 34, 26), depth=5)
            p.cut("#2a2420", oval(x + side * 1.5 + (8 if x < 800 else -8), 680, 24, 13), depth=4)
    person(
        p,
        690,
        700,
        320,
        coat="#1f5b49",
        hair="#b9b4ab",
        skin=SKIN[0],
        legs=False,
        left=((-1.7, -6.0), (-0.8, -4.4)),
        right=((2.0, -6.4), (2.7, -7.4)),
    )
    person(
        p,
        912,
        700,
        300,
        coat="#d1563a",
        hair="#1f1512",
        skin=SKIN[3],
        legs=False,
        long_hair=True,
        left=((-1.7, -5.9), (-1.0, -4.6)),
        right=((1.6, -6.0), (0.7, -4.6)),
    )
    p.cut("#fffaf0", oval(560, 216, 150, 112), [(620, 300), (668, 350), (668, 284)], depth=14)
    house(p, 560, 266, 120, wall="#f6deb4", roof="#b4532b", light="#ffd98a")
    p.cut("#1f5b49", oval(1040, 216, 150, 112), [(980, 300), (934, 352), (930, 280)], depth=14)
    p.cut("#fffaf0", [(1006, 156), (1006, 276), (1106, 216)], depth=6)
    hill(p, "#6b6030", ridge(806, 8, 81))
    for _ in range(26):
        leaf = move(
            curve([(0, -13), (8, 0), (0, 13), (-8, 0)], closed=True),
            r.randint(20, 1580),
            r.randint(640, 830),
            1,
            r.randint(0, 180),
        )
        p.cut(r.choice(["#e5a23a", "#d9782f", "#c9572b"]), leaf, depth=4)
    return p


def logo() -> Image.Image:
    """The organisation's mark on nothing, 512 pixels square, simple enough for 32."""
    colours: list[tuple[str, list[Shape]]] = []
    colours.append(("#1f6b50", [[(18, 484), (138, 34), (258, 484)], [(494, 484), (382, 92), (270, 484)]]))
    colours.append(("#f2a72e", [[(102, 484), (102, 316), (256, 178), (410, 316), (410, 484)]]))
    colours.append(("#a3482a", [[(256, 112), (462, 302), (424, 342), (256, 190), (88, 342), (50, 302)]]))
    colours.append(("#14493a", [[(212, 484), (212, 372), (300, 372), (300, 484)]]))
    mark = Image.new("RGBA", (512, 512))
    for colour, shapes in colours:
        mark.paste(colour, (0, 0), mask_of(shapes, (512, 512)))
    return mark


PICTURES: dict[str, tuple[str, Callable[[], Paper]]] = {
    "timmerman": ("werken-in-de-huizenfabriek", timmerman),
    "werkvoorbereider": ("werken-in-de-huizenfabriek", werkvoorbereider),
    "servicemonteur": ("werken-in-de-huizenfabriek", servicemonteur),
    "it-beheerder": ("werken-in-de-huizenfabriek", it_beheerder),
    "bakker": ("werken-in-de-huizenfabriek", bakker),
    "energiecheck": ("winterklaar-wonen", energiecheck),
    "huis-in-een-dag": ("winterklaar-wonen", huis_in_een_dag),
    "vogelhuis": ("winterklaar-wonen", vogelhuis),
    "dak": ("weten-van-hout", dak),
    "vuur": ("weten-van-hout", vuur),
    "vocht": ("weten-van-hout", vocht),
    "vraag": ("weten-van-hout", vraag),
}


def main(names: list[str]) -> None:
    """Draw the named pictures, or all of them."""
    logo().save(HERE / "noorderhout-logo.png", optimize=True)
    for name in names or PICTURES:
        folder, picture = PICTURES[name]
        picture().save(HERE / folder / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1:])
