"""The hub: every wall's stream of this process in one place, told what changed with bytes that are made once.

Everything here runs on the event loop, except for what `Source` asks the database. A stream gets the whole state of its
wall when it begins, and again whenever that state differs (`portal/screens/keeper.py`); never one that is older than
what was told before. What carries the bytes is the stream's own business (`portal/screens/streams.py`).
"""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from portal.activity import Tail
from portal.screens.asked import Source
from portal.screens.boards import PARTS, Boards, Stream, report
from portal.screens.entrance import BUSY, Entrance, room_for, turn_away
from portal.screens.events import AT_MOST_EVERY, BEAT, GIVE_UP, Told, told
from portal.screens.keeper import SLICE, Keeper
from portal.screens.slow import Slow

LOOKS = 3
"""Between two beats, whether the screens that listen are still connected, whatever the log said."""
GOODBYE = 1.0
"""Seconds in which goodbyes must have been read when the server stops."""


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
        """At `most` so many streams; by default as many as the system has files for."""
        self._every_beat = beat
        self._boards = Boards()
        self._entrance = Entrance(room_for() if most is None else most)
        self._slow = Slow(give_up)
        self._keeper = Keeper(
            tail,
            source,
            self._boards,
            self._entrance,
            at_most_every=at_most_every,
            end=self._end,
            leave=self.leave,
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._closing: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """Streams that have their place."""
        return len(self._boards)

    def join(self, stream: Stream, token_hash: str) -> bool:
        """Have `stream` wait for its place: it hears `admitted` or `refused` soon. False when there is no room."""
        if self._closing is not None or not self._entrance.add(stream, token_hash, inside=len(self._boards)):
            return False
        self._keeper.look()
        if not self._tasks:
            jobs = (self._keeper.keep(), self._keep_beating(), self._slow.watch(self.leave))
            self._tasks = [asyncio.create_task(each) for each in jobs]
        return True

    def leave(self, stream: Stream) -> None:
        """The connection of `stream` is over. Doing so twice changes nothing."""
        self._entrance.forget(stream)
        self._slow.forget(stream)
        self._boards.take_off(stream)

    def is_slow(self, stream: Stream, unsent: int) -> None:
        """Something was not taken at once: `stream` has some time to read it."""
        self._slow.note(stream, unsent)

    async def close(self) -> None:
        """Say goodbye to everybody, within `GOODBYE` seconds."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._say_goodbye())
        await asyncio.shield(self._closing)

    async def close_when(self, stopping: Callable[[], Any]) -> None:
        """Close after `stopping()` was awaited."""
        await stopping()
        await self.close()

    def _end(self, stream: Stream, last: Told) -> None:
        self.leave(stream)
        stream.end(last)
        unsent = stream.unsent()
        if unsent:
            self.is_slow(stream, unsent)

    async def _keep_beating(self) -> None:
        part = 0
        while True:
            await asyncio.sleep(self._every_beat / PARTS)
            part = (part + 1) % PARTS
            try:
                beat = told("beat", {"release": self._keeper.release})
                for stream in self._boards.part(part):
                    stream.tell(beat, counts=False)
                looked_at = range(part % (PARTS // LOOKS), PARTS, PARTS // LOOKS)
                screen_ids = {stream.screen_id for each in looked_at for stream in self._boards.part(each)}
                # The clock changes walls too, not only what is in the log.
                self._keeper.look_at(screen_ids, at_all_walls=part == 0)
            except Exception as error:  # beats go on, whatever one connection does
                report(error)

    async def _say_goodbye(self) -> None:
        for task in self._tasks:
            task.cancel()
        turn_away(self._entrance.empty(), BUSY)
        # A server that starts again is not met by every wall at once.
        lasts = [told("bye", {}, retry=random.randint(1000, 10_000)) for _ in range(64)]  # noqa: S311 - a spread
        streams = list(self._boards)
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
