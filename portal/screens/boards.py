"""The boards of one process: what each group of walls shows, and the streams that hang there and are told."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import SQLAlchemyError

from portal.screens.events import Told

PARTS = 30
"""Into so many parts all streams are dealt, so that not everybody is told or looked at in the same moment."""


class Stream(ABC):
    """One player's stream as the hub knows it. Its two kinds differ in what carries the bytes."""

    __slots__ = ("_is_behind", "_is_full", "board", "part", "screen_id")

    def __init__(self) -> None:
        self.board: Board | None = None
        """Where it hangs; None before it was let in and after it has left."""
        self.part = 0
        self.screen_id = 0
        self._is_full = False
        """Whether so much is unsent that nothing is added."""
        self._is_behind = False
        """Whether something was not sent for that reason."""

    def tell(self, event: Told, *, counts: bool) -> None:
        """Send `event`, unless too much is unsent: then the whole state follows later, if the event `counts`."""
        if self._is_full:
            self._is_behind |= counts
        else:
            self._send(event)

    def filled(self) -> None:
        self._is_full = True

    def drained(self) -> None:
        """All was read: catch up with what was not sent."""
        self._is_full = False
        if self._is_behind and self.board is not None:
            self._is_behind = False
            self._send(self.board.told)

    @abstractmethod
    def admitted(self, opening: Sequence[Told]) -> None:
        """It has its place: begin the answer."""

    @abstractmethod
    def refused(self, status: int) -> None:
        """It gets no place, for the reason `UNKNOWN` or `BUSY`."""

    @abstractmethod
    def unsent(self) -> int:
        """Bytes that wait for the player to read."""

    @abstractmethod
    def end(self, last: Told) -> None:
        """Say `last`, unless it cannot be heard, and end."""

    @abstractmethod
    def cut(self) -> None:
        """End at once, whatever is unsent."""

    @abstractmethod
    def is_gone(self) -> bool:
        """Whether the player has left."""

    @abstractmethod
    def _send(self, event: Told) -> None:
        """Hand the event to what carries the bytes."""


@dataclass(slots=True, eq=False)
class Board:
    """What one group of walls shows, and the streams that are told."""

    group: Hashable
    etag: str
    position: int
    """Of the log: everything up to there shows."""
    told: Told
    streams: set[Stream] = field(default_factory=set)


class Boards:
    """Every board, and every stream that hangs on one: by its group, by its screen, and by its part."""

    def __init__(self) -> None:
        self._by_group: dict[Hashable, Board] = {}
        self._by_screen: dict[int, set[Stream]] = {}
        self._parts: list[set[Stream]] = [set() for _ in range(PARTS)]
        self._next_part = 0
        self._number = 0

    def __len__(self) -> int:
        """How many streams there are."""
        return self._number

    def get(self, group: Hashable) -> Board | None:
        return self._by_group.get(group)

    def open(self, board: Board) -> None:
        self._by_group[board.group] = board

    def close_empty(self) -> None:
        """Have only those left on which something hangs."""
        self._by_group = {group: board for group, board in self._by_group.items() if board.streams}

    def groups(self) -> list[Hashable]:
        return list(self._by_group)

    def screens(self) -> set[int]:
        return set(self._by_screen)

    def part(self, number: int) -> list[Stream]:
        return list(self._parts[number])

    def of_screens(self, screen_ids: Collection[int]) -> list[Stream]:
        return [stream for each in screen_ids for stream in self._by_screen.get(each, ())]

    def number_of(self, screen_id: int) -> int:
        """How many streams there are with this screen's token."""
        return len(self._by_screen.get(screen_id, ()))

    def __iter__(self) -> Iterator[Stream]:
        """All streams as they are now."""
        return iter([stream for part in self._parts for stream in part])

    def hang(self, stream: Stream, board: Board) -> None:
        """Have `stream` hang on `board` from now on, and nowhere else."""
        before, stream.board = stream.board, board
        board.streams.add(stream)
        if before is not None:
            self._leave(before, stream)
            return
        self._number += 1
        stream.part = self._next_part
        self._next_part = (self._next_part + 1) % PARTS
        self._parts[stream.part].add(stream)
        self._by_screen.setdefault(stream.screen_id, set()).add(stream)

    def take_off(self, stream: Stream) -> None:
        """`stream` is told nothing more. Doing so twice changes nothing."""
        board, stream.board = stream.board, None
        if board is None:
            return
        self._number -= 1
        self._leave(board, stream)
        self._parts[stream.part].discard(stream)
        together = self._by_screen[stream.screen_id]
        together.discard(stream)
        if not together:
            del self._by_screen[stream.screen_id]

    def _leave(self, board: Board, stream: Stream) -> None:
        board.streams.discard(stream)
        if not board.streams and self._by_group.get(board.group) is board:
            del self._by_group[board.group]


def report(error: Exception) -> None:
    """Tell the log what went wrong, so that everything else goes on."""
    if isinstance(error, SQLAlchemyError):
        structlog.get_logger().warning("the walls could not be read", error=type(error).__name__)
    else:
        structlog.get_logger().error("the walls could not be shown", exc_info=error)
