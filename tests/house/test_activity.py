"""The activity log and its tail: in order, nothing missed, whoever writes and whenever one joins."""

import asyncio
import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal import activity
from portal.activity import Tail
from portal.database import Database
from tests.client import in_a_loop
from tests.process import until


def write(db: Database, first: int, count: int) -> None:
    for number in range(first, first + count):
        with db.writing() as session:
            activity.record(session, "shared", item_id=number)


def test_a_rollback_leaves_no_trace(db: Database) -> None:
    try:
        with db.writing() as session:
            activity.record(session, "shared", item_id=1)
            raise KeyError
    except KeyError:
        pass
    with db.reading() as session:
        assert activity.since(session, 0) == []


def test_ids_rise_with_commits_under_many_writers(db: Database) -> None:
    """A reader that looks only past the last id it saw finds every row, however the writers interleave."""
    writers = [threading.Thread(target=write, args=(db, 1000 * n, 25)) for n in range(6)]
    for writer in writers:
        writer.start()
    seen: list[int] = []
    items: set[int | None] = set()
    while any(writer.is_alive() for writer in writers) or len(items) < 150:
        with db.reading() as session:
            for event in activity.since(session, seen[-1] if seen else 0):
                seen.append(event.id)
                items.add(event.item_id)
    for writer in writers:
        writer.join()
    assert (len(seen), seen) == (150, sorted(seen))
    assert items == {1000 * n + each for n in range(6) for each in range(25)}


def test_the_tail_hands_out_what_was_missed_and_what_comes(db: Database) -> None:
    write(db, 1, 3)

    async def follow() -> list[int | None]:
        tail = Tail(db, rhythm=0.05)
        found: list[int | None] = []
        writer = threading.Thread(target=write, args=(db, 4, 3))
        async for event in tail.follow(after=0):
            found.append(event.item_id)
            if len(found) == 3:
                writer.start()
            if len(found) == 6:
                break
        await asyncio.to_thread(writer.join)
        tail.close()
        return found

    assert in_a_loop(follow) == [1, 2, 3, 4, 5, 6]


def test_two_followers_see_the_same(db: Database) -> None:
    async def one(tail: Tail) -> list[int | None]:
        found: list[int | None] = []
        async for event in tail.follow():
            found.append(event.item_id)
            if len(found) == 2:
                break
        return found

    async def both() -> list[list[int | None]]:
        tail = Tail(db, rhythm=0.05)
        first, second = asyncio.create_task(one(tail)), asyncio.create_task(one(tail))
        while len(tail._followers) < 2:
            await asyncio.sleep(0)
        # Both read the end of the log before anything is written after it.
        while not tail._task:
            await asyncio.sleep(0)
        await asyncio.to_thread(write, db, 1, 2)
        found = [await first, await second]
        tail.close()
        return found

    assert in_a_loop(both) == [[1, 2], [1, 2]]


def test_a_long_way_behind_is_caught_up_with_at_once(db: Database) -> None:
    async def follow() -> list[int]:
        tail = Tail(db, rhythm=3600)
        found: list[int] = []
        async for event in tail.follow(after=0):
            found.append(event.id)
            if len(found) == 1:
                await asyncio.to_thread(write_together, db, 1200)
            if len(found) == 1201:
                break
        tail.close()
        return found

    write(db, 0, 1)
    found = in_a_loop(follow)
    assert found == sorted(set(found))


def write_together(db: Database, count: int) -> None:
    with db.writing() as session:
        for number in range(count):
            activity.record(session, "shared", item_id=number)


class Follower(threading.Thread):
    """A server process's tail, as far as it matters here: a loop, a database and a follower of its own."""

    def __init__(self, db: Database, *, rhythm: float) -> None:
        super().__init__(daemon=True)
        self.url, self.rhythm = db.url.render_as_string(hide_password=False), rhythm
        with db.reading() as session:
            self.after = activity.last_id(session)
        self.heard: list[tuple[int, int | None]] = []
        self.start()

    def run(self) -> None:
        asyncio.run(self._follow())

    async def _follow(self) -> None:
        database = Database(self.url)
        tail = Tail(database, rhythm=self.rhythm)
        async for event in tail.follow(self.after):
            self.heard.append((event.id, event.item_id))
            if event.item_id == LAST:
                break
        tail.close()
        database.dispose()

    def items(self) -> list[int | None]:
        """What it has heard once it has heard the last there is."""
        self.join(20)
        assert not self.is_alive()
        return [item for _, item in self.heard[:-1]]


LAST = 10**6
WRITER = """
import sys, time
from sqlalchemy import event
from sqlalchemy.orm import Session
from portal import activity
from portal.database import Database

@event.listens_for(Session, "before_commit")
def hold(db):  # runs after the log has its numbers
    time.sleep(db.info.pop("hold", 0))
    if db.info.pop("undo", False):
        raise KeyError

database = Database(sys.argv[1])
print("ready", flush=True)
for line in sys.stdin:
    number, before, within, is_undone = (int(word) for word in line.split())
    try:
        with database.writing() as db:
            for place in range(3):
                activity.record(db, "shared", item_id=number + place)
            if not database.is_sqlite:
                time.sleep(before / 1000)
            db.info.update(hold=within / 1000, undo=bool(is_undone))
    except KeyError:
        pass
    print("done", flush=True)
"""


class Writer:
    """Another process that writes to the log, three lines to a transaction."""

    def __init__(self, db: Database) -> None:
        command = [sys.executable, "-c", WRITER, db.url.render_as_string(hide_password=False)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def write(self, number: int, *, before: int = 0, within: int = 0, is_undone: bool = False) -> None:
        """Begin to; `before` and `within` the part in which the numbers are taken it waits, in milliseconds."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{number} {before} {within} {int(is_undone)}\n")

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def die(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def writers(db: Database) -> Iterator[list[Writer]]:
    started = [Writer(db) for _ in range(3)]
    assert [each.answer() for each in started] == ["ready"] * 3
    yield started
    for each in started:
        each.die()


PAUSES = st.integers(0, 12)
PLANS = st.lists(st.tuples(PAUSES, PAUSES, st.booleans()), min_size=9, max_size=24)


def test_every_process_hears_everything_once_in_order_whoever_is_late_or_undone(
    db: Database, writers: list[Writer]
) -> None:
    """Three processes write at once, two follow. What a transaction leaves both hear, what it undid neither."""
    numbers = itertools.count(0, 10)

    @settings(max_examples=10, deadline=None, database=None)
    @given(plan=PLANS)
    def heard(plan: list[tuple[int, int, bool]]) -> None:
        followers = [Follower(db, rhythm=rhythm) for rhythm in (0.02, 0.3)]
        lasting: set[int | None] = set()
        for first in range(0, len(plan), len(writers)):
            turn = list(zip(writers, plan[first : first + len(writers)], strict=False))
            for writer, (before, within, is_undone) in turn:
                number = next(numbers)
                writer.write(number, before=before, within=within, is_undone=is_undone)
                if not is_undone:
                    lasting |= {number, number + 1, number + 2}
            assert {writer.answer() for writer, _ in turn} == {"done"}
        write(db, LAST, 1)
        one, other = (each.items() for each in followers)
        assert (one, len(one), set(one)) == (other, len(lasting), lasting)
        assert followers[0].heard == followers[1].heard == sorted(followers[0].heard)

    heard()


def test_a_process_that_dies_halfway_takes_nothing_with_it_but_its_own(db: Database, writers: list[Writer]) -> None:
    follower = Follower(db, rhythm=0.05)
    writers[0].write(10, within=600_000)  # has its numbers, and holds what orders them
    writers[1].write(20)
    writers[0].die()
    assert writers[1].answer() == "done"
    write(db, LAST, 1)
    assert follower.items() == [20, 21, 22]


def test_postgresql_says_when_another_process_has_written(db: Database, writers: list[Writer]) -> None:
    follower = Follower(db, rhythm=0.05 if db.is_sqlite else 3600)
    for number in (10, 20):
        writers[0].write(number)
        assert until(lambda number=number: (number + 2) in [item for _, item in follower.heard])  # type: ignore[misc]
    write(db, LAST, 1)
    assert follower.items() == [10, 11, 12, 20, 21, 22]
