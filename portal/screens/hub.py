"""The hub: every wall's stream of this process in one place, told what changed with bytes that are made once.

Everything here runs on the event loop, except for what `Source` asks the database: that is done in a worker thread, one
question at a time. A stream gets the whole state of its wall when it begins, and again whenever that state differs.
What carries the bytes is the stream's own business (`portal/screens/streams.py`).
"""

import asyncio
import random
import resource
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import structlog
from anyio import CapacityLimiter, to_thread
from sqlalchemy.exc import SQLAlchemyError

from portal.activity import Event, Tail
from portal.screens.asked import Place, Source
from portal.screens.events import AT_MOST_EVERY, BEAT, GIVE_UP, KINDS_THAT_SHOW, Told, told

SLICE = 200
"""Streams written to before the loop may do something else: a redirect waits for one slice, not for all."""
PARTS = 30
"""Into so many parts the beats of all streams are spread over their interval."""
FEW = 50
"""Players let in before the loop may do something else."""
LOOKS = 3
"""Between two beats, whether the screens that listen are still connected, whatever the log said."""
LARGEST_UNSENT = 262_144
"""Bytes waiting for a player beyond which it is let go."""
MOST_WAITING = 4000
"""Players that may wait to be let in; who comes then is asked to come back, and goes on asking for its slides."""
LET_IN_TOGETHER = 500
KEPT_FREE = 500
"""Open files that streams leave to everything else."""
GOODBYE = 1.0
"""Seconds in which goodbyes must have been read when the server stops."""
AGAIN_AFTER = 1.0
"""Seconds after which the database is asked again when it did not answer."""

UNKNOWN, BUSY = 401, 503
"""Why a player is turned away: its token opens no wall, or there is no room for it now."""

_T = TypeVar("_T")


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


@dataclass(slots=True)
class Board:
    """What one group of walls shows, and the streams that are told."""

    group: Hashable
    etag: str
    told: Told
    streams: set[Stream] = field(default_factory=set)


class Hub:
    """Lets players in, tells them what changed and that it is alive, and says goodbye."""

    def __init__(
        self,
        tail: Tail,
        source: Source,
        *,
        at_most_every: float = AT_MOST_EVERY,
        beat: float = BEAT,
        give_up: float = GIVE_UP,
        most: int | None = None,
    ) -> None:
        """At `most` so many streams; by default as many as leave `KEPT_FREE` files to everything else."""
        self._tail, self._source = tail, source
        self._at_most_every, self._every_beat, self._give_up = at_most_every, beat, give_up
        self._boards: dict[Hashable, Board] = {}
        self._parts: list[set[Stream]] = [set() for _ in range(PARTS)]
        self._next_part = 0
        self._number = 0
        self._most = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - KEPT_FREE if most is None else most
        self._waiting: list[tuple[Stream, str]] = []
        self._slow: dict[Stream, tuple[int, float]] = {}
        """Streams with something unsent: how much it was when that last became less, and when that was."""
        self._moved: set[int] | None = set()
        """Screens that may belong to another group than they did; None for all."""
        self._seen = 0
        """The last line of the log that was heard."""
        self._is_stale = False
        self._shown_at = -at_most_every
        self._beat = told("beat", {"release": ""})
        self._retries = [told(None, None, retry=random.randint(2000, 6000)) for _ in range(64)]  # noqa: S311 - a spread
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._following: asyncio.Task[None] | None = None
        self._thread = CapacityLimiter(1)
        self._closing: asyncio.Task[None] | None = None
        self._said_full = False

    def __len__(self) -> int:
        """Streams that have their place."""
        return self._number

    def join(self, stream: Stream, token_hash: str) -> bool:
        """Have `stream` wait for its place: it hears `admitted` or `refused` soon. False when there is no room."""
        room = min(self._most - self._number, MOST_WAITING) - len(self._waiting)
        if self._closing is not None or room <= 0:
            if self._closing is None and not self._said_full:
                self._said_full = True
                structlog.get_logger().warning("no room for more streams of screens", streams=self._number)
            return False
        self._said_full = False
        self._waiting.append((stream, token_hash))
        self._news.set()
        if not self._tasks:
            jobs = (self._work(), self._keep_beating(), self._watch_the_slow())
            self._tasks = [asyncio.create_task(each) for each in jobs]
        return True

    def leave(self, stream: Stream) -> None:
        """The connection of `stream` is over. Doing so twice changes nothing."""
        board, stream.board = stream.board, None
        self._slow.pop(stream, None)
        if board is None:
            return
        self._number -= 1
        self._parts[stream.part].discard(stream)
        board.streams.discard(stream)
        if not board.streams and self._boards.get(board.group) is board:
            del self._boards[board.group]

    def is_slow(self, stream: Stream, unsent: int) -> None:
        """Something was not taken at once: `stream` has some time to read it."""
        if stream not in self._slow:
            self._slow[stream] = (unsent, asyncio.get_running_loop().time())

    async def close(self) -> None:
        """Say goodbye to everybody, within `GOODBYE` seconds."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._say_goodbye())
        await asyncio.shield(self._closing)

    async def close_when(self, stopping: Callable[[], Any]) -> None:
        """Close after `stopping()` was awaited."""
        await stopping()
        await self.close()

    # What happens, one thing after the other

    async def _work(self) -> None:
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                try:
                    await self._let_in()
                    await self._regroup()
                    await self._show()
                except Exception as error:  # whatever it is, walls keep what they show and the next look may succeed
                    _report(error)
                    self._look_again(AGAIN_AFTER)
        finally:
            if self._following is not None:
                self._following.cancel()

    async def _follow(self) -> None:
        while True:
            try:
                async for event in self._tail.follow(self._seen):
                    self._seen = event.id
                    self._hear(event)
            except Exception as error:
                _report(error)
                await asyncio.sleep(AGAIN_AFTER)

    def _hear(self, event: Event) -> None:
        if event.kind == "screen_revoked":
            if event.screen_id is not None:
                self._revoke({event.screen_id}, id=event.id)
            return
        if event.kind == "screen_paired":
            return
        if event.kind not in KINDS_THAT_SHOW:  # it may change which walls look alike
            self._move(event.screen_id)
        self._is_stale = True
        self._news.set()

    def _move(self, screen_id: int | None) -> None:
        if screen_id is None:
            self._moved = None
        elif self._moved is not None:
            self._moved.add(screen_id)

    def _revoke(self, screen_ids: set[int], *, id: int | None = None) -> None:
        last = told("revoked", {}, id=id)
        for stream in self._everybody():
            if stream.screen_id in screen_ids:
                self._end(stream, last)

    def _end(self, stream: Stream, last: Told) -> None:
        self.leave(stream)
        stream.end(last)
        unsent = stream.unsent()
        if unsent:
            self.is_slow(stream, unsent)

    async def _let_in(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:LET_IN_TOGETHER], self._waiting[LET_IN_TOGETHER:]
            try:
                if self._following is None:  # from before anybody's state is read
                    self._seen = await self._tail.end()
                    self._following = asyncio.create_task(self._follow())
                found = await self._ask(self._source.find, [token_hash for _, token_hash in batch])
                await self._open_boards({place.group for place in found.values()})
                while batch:
                    for stream, token_hash in batch[:FEW]:
                        self._admit(stream, found.get(token_hash))
                    del batch[:FEW]
                    await asyncio.sleep(0)
            except BaseException:  # also when the server stops: nobody is left without an answer
                self._turn_away(batch, BUSY)
                raise

    def _admit(self, stream: Stream, place: Place | None) -> None:
        try:
            if place is None:
                self._turn_away([(stream, "")], UNKNOWN)
            elif not stream.is_gone():
                self._seat(stream, place)
        except Exception as error:  # one connection in trouble is no reason to forget the others
            self.leave(stream)
            stream.cut()
            _report(error)

    async def _open_boards(self, groups: set[Hashable]) -> None:
        missing = [group for group in groups if group not in self._boards]
        if not missing:
            return
        seen = self._seen
        release, looks = await self._ask(self._source.render, missing)
        self._take(release)
        for group, look in looks.items():
            self._boards[group] = Board(group, look.etag, told("state", look.body, id=seen))
        self._is_stale |= seen != self._seen

    def _seat(self, stream: Stream, place: Place) -> None:
        board = self._boards.get(place.group)
        if board is None:  # its last stream has left in between
            self._turn_away([(stream, "")], BUSY)
            return
        self._number += 1
        stream.board, stream.screen_id, stream.part = board, place.screen_id, self._next_part
        self._next_part = (self._next_part + 1) % PARTS
        board.streams.add(stream)
        self._parts[stream.part].add(stream)
        stream.admitted((self._retries[self._number % len(self._retries)], board.told))

    def _turn_away(self, streams: Iterable[tuple[Stream, str]], status: int) -> None:
        for stream, _ in streams:
            if not stream.is_gone():
                stream.refused(status)

    async def _regroup(self) -> None:
        """Show screens that were changed what their group sees, and end those that are no longer connected."""
        moved, self._moved = self._moved, set()
        if moved is not None and not moved:
            return
        streams = [stream for stream in self._everybody() if moved is None or stream.screen_id in moved]
        try:
            groups = await self._ask(self._source.again, moved)
            await self._open_boards({groups[each.screen_id] for each in streams if each.screen_id in groups})
        except Exception:
            self._moved = None
            raise
        self._revoke({stream.screen_id for stream in streams} - groups.keys())
        for number, stream in enumerate(streams, 1):
            before, board = stream.board, self._boards.get(groups.get(stream.screen_id))
            if before is None or board is None or board is before:
                continue
            before.streams.discard(stream)
            board.streams.add(stream)
            stream.board = board
            stream.tell(board.told, counts=True)
            if number % FEW == 0:
                await asyncio.sleep(0)

    async def _show(self) -> None:
        """Tell every wall that looks different now, at most twice a second."""
        loop = asyncio.get_running_loop()
        if not self._is_stale:
            return
        wait = self._shown_at + self._at_most_every - loop.time()
        if wait > 0:
            self._look_again(wait)
            return
        self._boards = {group: board for group, board in self._boards.items() if board.streams}
        self._is_stale, self._shown_at, seen = False, loop.time(), self._seen
        try:
            release, looks = await self._ask(self._source.render, list(self._boards))
        except Exception:
            self._is_stale = True
            raise
        self._take(release)
        for group, look in looks.items():
            board = self._boards.get(group)
            if board is not None and board.etag != look.etag:
                board.etag, board.told = look.etag, told("state", look.body, id=seen)
                await self._tell(board)

    async def _tell(self, board: Board) -> None:
        streams, event = list(board.streams), board.told
        for first in range(0, len(streams), SLICE):
            for stream in streams[first : first + SLICE]:
                if stream.board is board:
                    stream.tell(event, counts=True)
            await asyncio.sleep(0)

    def _take(self, release: str) -> None:
        self._beat = told("beat", {"release": release})

    async def _ask(self, question: Callable[..., _T], *given: Any) -> _T:
        return await to_thread.run_sync(partial(question, *given), limiter=self._thread)

    def _look_again(self, wait: float) -> None:
        asyncio.get_running_loop().call_later(wait, self._news.set)

    def _everybody(self) -> list[Stream]:
        return [stream for board in self._boards.values() for stream in board.streams]

    # What happens with time

    async def _keep_beating(self) -> None:
        part = 0
        while True:
            await asyncio.sleep(self._every_beat / PARTS)
            part = (part + 1) % PARTS
            try:
                for stream in list(self._parts[part]):
                    stream.tell(self._beat, counts=False)
                if self._number and part % (PARTS // LOOKS) == 0:
                    self._move(None)
                    self._is_stale |= part == 0  # the clock changes walls too, not only what is in the log
                    self._news.set()
            except Exception as error:  # beats go on, whatever one connection does
                _report(error)

    async def _watch_the_slow(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, self._give_up / 4))
            now = asyncio.get_running_loop().time()
            for stream, (before, since) in list(self._slow.items()):
                try:
                    self._watch(stream, before, since, now)
                except Exception as error:  # the others are watched all the same
                    self._slow.pop(stream, None)
                    _report(error)

    def _watch(self, stream: Stream, before: int, since: float, now: float) -> None:
        unsent = stream.unsent()
        if not unsent:
            del self._slow[stream]
        elif unsent < before:
            self._slow[stream] = (unsent, now)
        elif now - since > self._give_up or unsent > LARGEST_UNSENT + _size(stream):
            self.leave(stream)
            stream.cut()

    async def _say_goodbye(self) -> None:
        for task in self._tasks:
            task.cancel()
        waiting, self._waiting = self._waiting, []
        self._turn_away(waiting, BUSY)
        # A server that starts again is not met by every wall at once.
        lasts = [told("bye", {}, retry=random.randint(1000, 10_000)) for _ in range(64)]  # noqa: S311 - a spread
        streams = self._everybody()
        for number, stream in enumerate(streams):
            self._end(stream, lasts[number % len(lasts)])
            if number % SLICE == SLICE - 1:
                await asyncio.sleep(0)
        until = asyncio.get_running_loop().time() + GOODBYE
        while any(stream.unsent() for stream in streams) and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.02)
        for stream in streams:
            if stream.unsent():
                stream.cut()
        for task in self._tasks:
            with suppress(asyncio.CancelledError, Exception):
                await task


def _report(error: Exception) -> None:
    if isinstance(error, SQLAlchemyError):
        structlog.get_logger().warning("the walls could not be read", error=type(error).__name__)
    else:
        structlog.get_logger().error("the walls could not be shown", exc_info=error)


def _size(stream: Stream) -> int:
    """Bytes of its wall's state: that much may come at once."""
    return len(stream.board.told.chunk) if stream.board is not None else 0
