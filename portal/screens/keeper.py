"""What keeps the boards of a process as their walls look now: it follows the log, lets players in, tells what changed.

It does a little of everything at a time, asking the database one short question after the other in a thread: so that
nobody who wants to come in waits until hundreds of walls are drawn, and the first of those walls not for the last.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread

from portal.activity import Event, Tail
from portal.screens.asked import Drawn, Look, Place, Source
from portal.screens.boards import Board, Boards, Stream, report
from portal.screens.entrance import BUSY, UNKNOWN, Entrance, turn_away
from portal.screens.events import KINDS_THAT_SHOW, Told, told

SLICE = 200
"""Streams written to before the loop may do something else: a redirect waits for one slice, not for all."""
FEW = 50
"""Players let in before the loop may do something else."""
LOOKED_AT_TOGETHER = 250
"""Screens asked for with one question."""
DRAWN_TOGETHER = 20
"""Walls drawn with one question: who wants to come in waits for no more than these."""
MOST_OF_ONE = 50
"""Streams with one screen's token: whoever has it takes no place from the others. More of them go on looking."""
AGAIN_AFTER = 1.0
"""Seconds after which the database is asked again when it did not answer."""

_T = TypeVar("_T")


class Keeper:
    """Keeps every stream on the board of its group, and every board as its walls look."""

    def __init__(
        self,
        tail: Tail,
        source: Source,
        boards: Boards,
        entrance: Entrance,
        *,
        at_most_every: float,
        end: Callable[[Stream, Told], None],
        leave: Callable[[Stream], None],
    ) -> None:
        """`end` ends a stream with a last word, `leave` forgets one that is over."""
        self._tail, self._source = tail, source
        self._boards, self._entrance = boards, entrance
        self._at_most_every, self._end, self._leave = at_most_every, end, leave
        self.release = ""
        """That runs, as far as it is known."""
        self._moved: set[int] = set()
        """Screens that may belong to another group than they did."""
        self._have_all_moved = False
        self._due: deque[Hashable] = deque()
        """Groups that may look different and are still to be drawn in this round."""
        self._is_stale = False
        """Whether there has to be another round."""
        self._round_at = -at_most_every
        self._heard = 0
        """The last line of the log that was heard."""
        self._known = 0
        """The last line that was heard or is in what was told: nothing older than that is told any more."""
        self._retries = [told(None, None, retry=random.randint(2000, 6000)) for _ in range(64)]  # noqa: S311 - a spread
        self._news = asyncio.Event()
        self._following: asyncio.Task[None] | None = None
        self._thread = CapacityLimiter(1)

    def look(self) -> None:
        """There is something to do, such as somebody at the entrance."""
        self._news.set()

    def look_at(self, screen_ids: Iterable[int], *, at_all_walls: bool) -> None:
        """Whatever the log said: see whether these are connected still, and `at_all_walls` how they look now."""
        self._moved.update(screen_ids)
        self._is_stale |= at_all_walls
        if self._moved or self._is_stale:
            self._news.set()

    async def keep(self) -> None:
        """Do so until cancelled."""
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                has_failed = False
                for step in (self._let_in, self._look_at_some, self._draw_some):
                    try:
                        await step()
                    except Exception as error:  # whatever it is, walls keep what they show; the next time may succeed
                        report(error)
                        has_failed = True
                if has_failed:
                    await asyncio.sleep(AGAIN_AFTER)
                    self._news.set()
        finally:
            if self._following is not None:
                self._following.cancel()

    async def _follow(self) -> None:
        while True:
            try:
                async for event in self._tail.follow(self._heard):
                    self._heard = event.id
                    self._known = max(self._known, event.id)
                    self._hear(event)
            except Exception as error:
                report(error)
                await asyncio.sleep(AGAIN_AFTER)

    def _hear(self, event: Event) -> None:
        if event.kind == "screen_paired":
            return
        if event.kind == "screen_revoked":
            if event.screen_id is not None:
                self._revoke({event.screen_id}, id=event.id)
                self._moved.add(event.screen_id)  # it may just be on its way in
        else:
            if event.kind not in KINDS_THAT_SHOW:  # it may change which walls look alike
                self._move(event.screen_id)
            self._is_stale = True
        self._news.set()

    def _move(self, screen_id: int | None) -> None:
        if screen_id is None:
            self._have_all_moved = True
        else:
            self._moved.add(screen_id)

    def _revoke(self, screen_ids: set[int], *, id: int | None = None) -> None:
        last = told("revoked", {}, id=id)
        for stream in self._boards.of_screens(screen_ids):
            self._end(stream, last)
        for stream in self._entrance.of_screens(screen_ids):
            self._entrance.forget(stream)
            turn_away([stream], UNKNOWN)

    async def _let_in(self) -> None:
        """Find whose streams these are; those whose wall hangs already have their place at once."""
        while self._entrance:
            batch = self._entrance.next()
            try:
                if self._following is None:  # from before anybody's state is read
                    self._follow_after(await self._tail.end())
                found = await self._ask(self._source.find, [token_hash for _, token_hash in batch])
                # Whoever was served by another process until now may have seen what is not heard here yet.
                self._known = max(self._known, found.position)
                while batch:
                    for stream, token_hash in batch[:FEW]:
                        self._place(stream, found.places.get(token_hash), found.position)
                    del batch[:FEW]
                    await asyncio.sleep(0)
            except BaseException:  # also when the server stops: nobody is left without an answer
                turn_away([stream for stream, _ in batch], BUSY)
                batch.clear()
                raise

    def _place(self, stream: Stream, place: Place | None, position: int) -> None:
        if stream.is_gone():
            return
        if place is None:
            turn_away([stream], UNKNOWN)
            return
        stream.screen_id = place.screen_id
        self._put_right(stream, place.group, position)

    def _put_right(self, stream: Stream, group: Hashable, position: int) -> None:
        """Have `stream` show what `group` does: at once, or when that is drawn as it is at `position` or later."""
        if stream.board is not None and stream.board.group == group:
            self._entrance.forget(stream)
        elif (board := self._boards.get(group)) is not None and board.position >= position:
            self._entrance.forget(stream)
            self._seat(stream, board)
        else:
            self._entrance.wait_for_wall(group, stream)

    def _seat(self, stream: Stream, board: Board) -> None:
        """Hang `stream` on `board` and tell it what is there, whether it is new or hung elsewhere."""
        if stream.is_gone():
            self._leave(stream)
            return
        is_new = stream.board is None
        if is_new and self._boards.number_of(stream.screen_id) >= MOST_OF_ONE:
            turn_away([stream], BUSY)
            return
        try:
            self._boards.hang(stream, board)
            if is_new:
                stream.admitted((self._retries[len(self._boards) % len(self._retries)], board.told))
            else:
                stream.tell(board.told, counts=True)
        except Exception as error:  # one connection in trouble is no reason to forget the others
            self._leave(stream)
            stream.cut()
            report(error)

    async def _look_at_some(self) -> None:
        """Show screens that were changed what their group sees, and end those that are no longer connected."""
        if self._have_all_moved:
            self._moved, self._have_all_moved = self._moved | self._boards.screens(), False
        if not self._moved:
            return
        asked = {self._moved.pop() for _ in range(min(LOOKED_AT_TOGETHER, len(self._moved)))}
        if self._moved:
            self._news.set()
        streams = [*self._boards.of_screens(asked), *self._entrance.of_screens(asked)]
        if not streams:
            return
        known = self._known
        try:
            groups = await self._ask(self._source.again, asked)
        except BaseException:
            self._moved |= asked
            raise
        self._revoke(asked - groups.keys())
        for number, stream in enumerate(streams, 1):
            if stream.board is not None or stream in self._entrance:  # it has not left meanwhile
                self._put_right(stream, groups[stream.screen_id], known)
            if number % FEW == 0:
                await asyncio.sleep(0)

    async def _draw_some(self) -> None:
        """Draw the walls somebody waits for, then those of this round; and tell whom it concerns."""
        self._begin_round()
        missing = self._entrance.walls(DRAWN_TOGETHER // 2 if self._due else DRAWN_TOGETHER)
        due = [self._due.popleft() for _ in range(min(DRAWN_TOGETHER - len(missing), len(self._due)))]
        groups = [*missing, *(each for each in due if each not in missing and self._boards.get(each) is not None)]
        if not groups:
            return
        known = self._known
        try:
            drawn = await self._ask(self._source.draw, groups)
        except BaseException:
            self._is_stale |= bool(due)
            self._moved |= self._without_wall(missing)
            raise
        await self._take(drawn, known)
        for group in groups:
            look = drawn.looks.get(group)
            if look is None:
                self._without_wall([group])
            else:
                await self._show(group, look)
        if self._due or self._is_stale or self._entrance.walls(1):
            self._news.set()

    def _begin_round(self) -> None:
        """Have every wall drawn anew, at most twice a second."""
        if not self._is_stale or self._due:
            return
        now = asyncio.get_running_loop().time()
        wait = self._round_at + self._at_most_every - now
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self._news.set)
            return
        self._boards.close_empty()
        self._due = deque(self._boards.groups())
        self._is_stale, self._round_at = False, now

    def _without_wall(self, groups: Iterable[Hashable]) -> set[int]:
        """These cannot be drawn: who came for them is asked to come back. The screens given here keep another wall."""
        streams = [stream for group in groups for stream in self._entrance.take(group)]
        turn_away([stream for stream in streams if stream.board is None], BUSY)
        return {stream.screen_id for stream in streams if stream.board is not None}

    async def _take(self, drawn: Drawn, known: int) -> None:
        """Take note of what was drawn when `known` was known."""
        self.release = drawn.release
        if drawn.position >= known:
            self._known = max(self._known, drawn.position)
            return
        # The log ends before what we heard: it is another one now, and what it says from here on would not be heard.
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait([self._following])
        self._follow_after(drawn.position)
        self._is_stale = self._have_all_moved = True

    def _follow_after(self, position: int) -> None:
        self._heard = self._known = position
        self._following = asyncio.create_task(self._follow())

    async def _show(self, group: Hashable, look: Look) -> None:
        """Tell those who see it already that it looks different, and let those in who wait for it."""
        board, waiting = self._boards.get(group), self._entrance.take(group)
        # Who sees this is moved to no board that is older, though it be as new as everything that was heard.
        self._known = max(self._known, look.position)
        event = told("state", look.body, id=look.position)
        if board is None and waiting:
            board = Board(group, look.etag, look.position, event)
            self._boards.open(board)
        elif board is not None:
            is_new = board.etag != look.etag
            board.etag, board.position, board.told = look.etag, look.position, event
            if is_new:
                await self._tell(board)
        for number, stream in enumerate(waiting, 1):
            assert board is not None
            self._seat(stream, board)
            if number % FEW == 0:
                await asyncio.sleep(0)

    async def _tell(self, board: Board) -> None:
        streams, event = list(board.streams), board.told
        for first in range(0, len(streams), SLICE):
            for stream in streams[first : first + SLICE]:
                if stream.board is board:
                    stream.tell(event, counts=True)
            await asyncio.sleep(0)

    async def _ask(self, question: Callable[..., _T], given: Any) -> _T:
        return await to_thread.run_sync(partial(question, given, known=self._known), limiter=self._thread)
