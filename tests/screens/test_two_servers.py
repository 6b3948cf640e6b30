"""Two server processes over one database, each with walls of its own: everything reaches every wall, in order, once."""

import asyncio
import itertools
import json
import re
import threading
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal import activity, clock, web
from portal.activity import Tail
from portal.campaigns.models import Campaign, Item
from portal.database import Database
from portal.screens import state
from portal.screens.hub import Hub
from portal.screens.models import Screen
from portal.screens.source import Walls
from tests import make
from tests.process import until
from tests.screens.listening import Listened

_T = TypeVar("_T")
ROUNDS = st.lists(st.permutations(range(3)), min_size=2, max_size=4)
"""The order in which the transactions of each round are committed; they begin in the order of their numbers."""


class Process:
    """A server process as far as it matters here: a loop, a database, a tail and a hub of its own."""

    def __init__(self, db: Database, *, rhythm: float) -> None:
        self._database = Database(db.url.render_as_string(hide_password=False))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.is_alive = True
        self._run(self._begin(rhythm))

    def join(self, token: str) -> Listened:
        async def join() -> Listened:
            stream = Listened()
            assert self._hub.join(stream, web.token_hash(token))
            return stream

        return self._run(join())

    def die(self) -> None:
        """As by SIGKILL: from one moment to the next nothing is done any more, and nobody is told."""
        self.is_alive = False
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)

    def clear_away(self) -> None:
        """What the system does after a process has ended."""
        if self.is_alive:
            self._run(self._hub.close())
            self.die()
        # Not in this thread: the browser's driver may hold its loop.
        ending = threading.Thread(target=self._loop.run_until_complete, args=(self._end(),))
        ending.start()
        ending.join(20)
        assert until(lambda: not self._database.reader.pool.checkedout())  # type: ignore[attr-defined]
        self._loop.close()
        self._database.dispose()

    async def _end(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tail.close()

    async def _begin(self, rhythm: float) -> None:
        self._tail = Tail(self._database, rhythm=rhythm)
        self._hub = Hub(self._tail, Walls(self._database), at_most_every=0.01)

    def _run(self, what: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(20)


class Wall:
    """A screen, and everything it was told, whichever process did."""

    def __init__(self, db: Database, process: Process, **values: Any) -> None:
        self.token = web.token()
        row = Screen(name="Hal", token_hash=web.token_hash(self.token), paired_at=clock.now(), **values)
        with db.writing() as session:
            session.add(row)
        self.before: list[tuple[int, frozenset[int]]] = []
        self.connect(process)

    def connect(self, process: Process) -> None:
        if hasattr(self, "stream"):
            self.before = self.told
        self.process, self.stream = process, process.join(self.token)

    @property
    def told(self) -> list[tuple[int, frozenset[int]]]:
        """For each state the line of the log it is of, and the numbers of the news on it."""
        found = [(position, re.findall(r"Nieuws (\d+)", json.dumps(shown))) for position, shown in self.stream.states]
        return self.before + [(position, frozenset(map(int, news))) for position, news in found]


@contextmanager
def transactions(db: Database, numbers: list[int], campaign_id: int) -> Iterator[dict[int, ExitStack]]:
    """Transactions begun in this order, each about to tell news with its number."""
    with ExitStack() as all_of_them:
        begun = {}
        for number in numbers:
            begun[number] = all_of_them.enter_context(ExitStack())
            write(begun[number].enter_context(db.writing()), number, campaign_id)
        yield begun


def write(session: Session, number: int, campaign_id: int) -> None:
    item = make.item(session, session.get_one(Campaign, campaign_id), title=f"Nieuws {number}")
    activity.record(session, "item_live", item_id=item.id)


def commit(db: Database, numbers: list[int], order: list[int], campaign_id: int) -> None:
    """Begin as many transactions as there are numbers, and commit them in this order."""
    if db.is_sqlite:  # one writer at a time: they cannot but begin in that order
        for place in order:
            with db.writing() as session:
                write(session, numbers[place], campaign_id)
        return
    with transactions(db, numbers, campaign_id) as begun:
        for place in order:
            begun[numbers[place]].close()


def test_every_wall_of_every_process_is_told_everything_in_order_and_once(db: Database) -> None:
    """Commits in another order than transactions began; and one of two processes dies in the midst of it."""
    ever = itertools.count(100)
    with db.writing() as session:
        campaign_id = make.campaign(session).id

    @settings(max_examples=3, deadline=None, database=None)
    @example(rounds=[[2, 0, 1], [1, 2, 0]], dies=1, which=0, has_told=True)
    @given(rounds=ROUNDS, dies=st.integers(1, 3), which=st.integers(0, 1), has_told=st.booleans())
    def told(rounds: list[list[int]], dies: int, which: int, has_told: bool) -> None:
        state.forget()
        with db.writing() as session:  # nothing of before is live
            session.execute(update(Item).values(state="recalled"))
            activity.record(session, "item_recalled")
        processes = [Process(db, rhythm=rhythm) for rhythm in (0.02, 0.3)]
        try:
            walls = [Wall(db, each, language=language) for each in processes for language in ("nl", "en")]
            committed: list[int] = []
            for round_, order in enumerate(rounds, 1):
                numbers = [next(ever) for _ in order]
                commit(db, numbers, order, campaign_id)
                committed += [numbers[place] for place in order]
                if round_ == dies:
                    orphans, other = walls[2 * which : 2 * which + 2], processes[1 - which]
                    assert not has_told or know(orphans, committed)
                    processes[which].die()
                    for wall in orphans:
                        wall.connect(other)
            assert know(walls, committed)
            for wall in walls:
                follows(wall, committed, db)
        finally:
            for each in processes:
                each.clear_away()

    told()


def know(walls: list[Wall], news: list[int]) -> bool:
    """Whether each of them comes to show all of this and nothing else."""
    return until(lambda: all(wall.told and wall.told[-1][1] == frozenset(news) for wall in walls))


def follows(wall: Wall, committed: list[int], db: Database) -> None:
    """What it was told never went back, never left anything out, and never said the same twice on one stream."""
    with db.reading() as session:
        lines = [each.id for each in activity.since(session, 0) if each.kind == "item_live"][-len(committed) :]
    so_far = [frozenset(committed[:count]) for count in range(len(committed) + 1)]
    positions = [position for position, _ in wall.told]
    shown = [so_far.index(news) for _, news in wall.told]
    assert (positions, shown) == (sorted(positions), sorted(shown))
    assert all(at_least <= count for at_least, count in zip(of(positions, lines), shown, strict=True))
    of_stream = shown[len(wall.before) :]
    assert of_stream == sorted(set(of_stream))


def of(positions: list[int], lines: list[int]) -> list[int]:
    """How many of these lines of the log each position is past."""
    return [sum(line <= position for line in lines) for position in positions]
