"""Long lists, shown a part at a time."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """Which part of a list is shown: page `number` (from 1) of `total` rows, `size` rows to a page."""

    number: int
    total: int
    size: int

    @property
    def skipped(self) -> int:
        return (self.number - 1) * self.size

    @property
    def first(self) -> int:
        return min(self.skipped + 1, self.total)

    @property
    def last(self) -> int:
        return min(self.skipped + self.size, self.total)

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.last < self.total else None


def part(number: int, *, total: int, size: int) -> Part:
    """Page `number` of so many rows: at least the first one, at most the last."""
    return Part(max(1, min(number, -(-total // size))), total, size)
