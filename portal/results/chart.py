"""A chart as geometry: bars for people, dots for shares, a scale of round numbers; the template draws it."""

from collections.abc import Sequence
from dataclasses import dataclass

TOP, BOTTOM, LEFT, RIGHT = 22.0, 30.0, 34.0, 10.0
ROOM_FOR_A_LABEL = 64.0
WIDEST_BAR = 56.0
ROOM_FOR_A_NUMBER = 40.0


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    middle: float
    """Where the bar's middle is, for its number, its label and its dot."""
    dot: float
    """How high the dot for shares stands."""
    label: str
    """Under the axis; "" where there is no room for one."""
    people: int
    shares: int


@dataclass(frozen=True)
class Chart:
    width: float
    height: float
    base: float
    """Where the axis is."""
    bars: list[Bar]
    lines: list[tuple[float, int]]
    """Lines of the scale: height and number."""
    shows_numbers: bool
    """Whether bars are wide enough to carry their number."""


def draw(points: Sequence[tuple[str, int, int]], *, width: float, height: float) -> Chart:
    """The chart of (label, people, shares), one bar each, in a box of `width` by `height`."""
    top = max([people for _, people, _ in points] + [shares for _, _, shares in points] + [1])
    step = round_step(top)
    ceiling = -(-top // step) * step
    base, span = height - BOTTOM, height - BOTTOM - TOP
    slot = (width - LEFT - RIGHT) / max(1, len(points))
    every = max(1, -(-int(ROOM_FOR_A_LABEL) // max(1, int(slot))))

    def level(value: int) -> float:
        return round(base - span * value / ceiling, 1)

    bars = []
    for number, (label, people, shares) in enumerate(points):
        middle = LEFT + slot * (number + 0.5)
        wide = min(slot * 0.72, WIDEST_BAR)
        # Counted from the right, so that today keeps its label.
        shown = label if (len(points) - 1 - number) % every == 0 else ""
        bars.append(
            Bar(
                x=round(middle - wide / 2, 1),
                y=level(people),
                width=round(wide, 1),
                height=round(base - level(people), 1),
                middle=round(middle, 1),
                dot=level(shares),
                label=shown,
                people=people,
                shares=shares,
            )
        )
    lines = [(level(value), value) for value in range(0, ceiling + 1, step)]
    return Chart(width, height, round(base, 1), bars, lines, slot >= ROOM_FOR_A_NUMBER)


def round_step(top: int) -> int:
    """The step of a scale up to `top` with at most five lines: 1, 2 or 5, or ten times as much."""
    size = 1
    while True:
        for digit in (1, 2, 5):
            if top <= digit * size * 4:
                return digit * size
        size *= 10
