"""The way in for players: how many there is room for, who waits for a place, and who waits for a wall to be drawn."""

import resource
from collections.abc import Collection, Hashable, Sequence
from itertools import islice

import structlog

from portal.screens.boards import Stream, report

MOST_WAITING = 4000
"""Players that may wait to be let in; who comes then is asked to come back, and goes on asking for its slides."""
TOGETHER = 500
"""Players whose screens are found with one question."""
KEPT_FREE = 500
"""Open files that streams leave to everything else."""
MOST = 65_536
"""Streams, where the system sets no limit to open files."""

UNKNOWN, BUSY = 401, 503
"""Why a player is turned away: its token opens no wall, or there is no room for it now."""


def room_for() -> int:
    """How many streams leave `KEPT_FREE` files to everything else; where files are few, a quarter of them."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files == resource.RLIM_INFINITY:
        return MOST
    room, quarter = files - KEPT_FREE, max(1, files // 4)
    if room < quarter:
        structlog.get_logger().warning("few files may be open, so few screens can listen", files=files, room=quarter)
    return max(room, quarter)


class Entrance:
    """Those who asked for a stream and have none yet; and those who have one and wait for another wall."""

    def __init__(self, most: int) -> None:
        """At `most` so many streams, together with those that have their place."""
        self._most = most
        self._waiting: list[tuple[Stream, str]] = []
        self._in_hand: list[tuple[Stream, str]] = []
        self._walls: dict[Hashable, set[Stream]] = {}
        self._wall_of: dict[Stream, Hashable] = {}
        self._new_for_walls = 0
        self._said_full = False

    def __bool__(self) -> bool:
        """Whether anybody waits to be found."""
        return bool(self._waiting)

    def __contains__(self, stream: Stream) -> bool:
        """Whether `stream` waits for a wall."""
        return stream in self._wall_of

    def add(self, stream: Stream, token_hash: str, *, inside: int) -> bool:
        """Have `stream` wait to be found, `inside` being how many have their place; False when there is no room."""
        waiting = len(self._waiting) + len(self._in_hand) + self._new_for_walls
        if waiting >= min(self._most - inside, MOST_WAITING):
            if not self._said_full:
                self._said_full = True
                structlog.get_logger().warning("no room for more streams of screens", streams=inside)
            return False
        self._said_full = False
        self._waiting.append((stream, token_hash))
        return True

    def next(self) -> list[tuple[Stream, str]]:
        """Those whose turn it is to be found, with the hashes of their tokens; they count until taken off this list."""
        self._in_hand, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
        return self._in_hand

    def wait_for_wall(self, group: Hashable, stream: Stream) -> None:
        """Have `stream` wait until the wall of `group` is drawn, and for no other wall any more."""
        if stream in self and self._wall_of[stream] == group:
            return
        self.forget(stream)
        self._walls.setdefault(group, set()).add(stream)
        self._wall_of[stream] = group
        self._new_for_walls += stream.board is None

    def forget(self, stream: Stream) -> None:
        """Wherever `stream` goes, it waits for no wall."""
        if stream not in self:
            return
        group = self._wall_of.pop(stream)
        self._new_for_walls -= stream.board is None
        together = self._walls[group]
        together.discard(stream)
        if not together:
            del self._walls[group]

    def of_screens(self, screen_ids: Collection[int]) -> list[Stream]:
        """Those of these screens that have no place yet and wait for a wall."""
        return [each for each in self._wall_of if each.board is None and each.screen_id in screen_ids]

    def walls(self, most: int) -> list[Hashable]:
        """At `most` so many groups whose wall somebody waits for, those first that are waited for longest."""
        return list(islice(self._walls, most))

    def take(self, group: Hashable) -> list[Stream]:
        """Those who waited for this wall, and do no longer."""
        streams = list(self._walls.get(group, ()))
        for stream in streams:
            self.forget(stream)
        return streams

    def empty(self) -> list[Stream]:
        """Everybody who has no place yet; they wait no longer."""
        found = [stream for stream, _ in self._waiting]
        found += [stream for stream in self._wall_of if stream.board is None]
        self._waiting, self._walls, self._wall_of, self._new_for_walls = [], {}, {}, 0
        return found


def turn_away(streams: Sequence[Stream], status: int) -> None:
    """Answer those that are still there that they get no stream, for the reason `UNKNOWN` or `BUSY`."""
    for stream in streams:
        try:
            if not stream.is_gone():
                stream.refused(status)
        except Exception as error:  # the others have their answer all the same
            stream.cut()
            report(error)
