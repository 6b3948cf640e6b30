"""The activity log and its tail: in order, nothing missed, whoever writes and whenever one joins."""

import asyncio
import threading

from portal import activity
from portal.activity import Tail
from portal.database import Database
from tests.client import in_a_loop


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
