"""Many different walls, many screens and a log that is behind: what is told, in what order, and what waits for what."""

import asyncio
import resource
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete
from structlog.testing import capture_logs

from portal import activity, clock
from portal.activity import Activity, Tail
from portal.database import Database
from portal.screens import entrance, state
from portal.screens.asked import Drawn, Found, Look, Place
from portal.screens.hub import Hub
from portal.screens.keeper import DRAWN_TOGETHER, LOOKED_AT_TOGETHER, MOST_OF_ONE
from portal.screens.models import Screen
from portal.screens.source import Walls
from tests import make
from tests.client import in_a_loop
from tests.screens.listening import Listened

pytestmark = pytest.mark.once


class Many:
    """A source in memory: each token is a screen's number, and each screen has a wall of its own or all have one."""

    def __init__(self, *, all_alike: bool = False) -> None:
        self.all_alike, self.version, self.ends_at = all_alike, 0, 10**9
        self.asked: list[int] = []
        """How many screens were looked at with each question."""
        self.seen: set[int] = set()
        self.drawn: list[int] = []
        """How many walls were drawn with each question."""
        self.away: set[int] = set()
        self.broken: set[Hashable] = set()
        self.may_draw = threading.Semaphore(10**6)
        self.ahead: dict[Hashable, int] = {}
        """The line of the log as of which a wall is drawn, where that is more than was asked for."""
        self.moved: dict[int, Hashable] = {}

    def find(self, token_hashes: Sequence[str], *, known: int) -> Found:
        return Found(known, {each: Place(int(each), self._group(int(each))) for each in token_hashes})

    def again(self, screen_ids: Collection[int], *, known: int) -> dict[int, Hashable]:
        self.asked.append(len(screen_ids))
        self.seen.update(screen_ids)
        return {each: self._group(each) for each in screen_ids if each not in self.away}

    def draw(self, groups: Sequence[Hashable], *, known: int) -> Drawn:
        assert self.may_draw.acquire(timeout=20)
        self.drawn.append(len(groups))
        position, body = min(known, self.ends_at), b"%d" % self.version
        looks = {
            each: Look(str(self.version), body, max(position, self.ahead.get(each, 0)))
            for each in groups
            if each not in self.broken
        }
        return Drawn(position, "r1", looks)

    def _group(self, number: int) -> Hashable:
        return "all" if self.all_alike else self.moved.get(number, number)


def hubbub(db: Database, source: Any, what: Callable[[Hub], Awaitable[None]], **rhythm: Any) -> None:
    """Do `what` with a hub on `source`."""

    async def run() -> None:
        tail = Tail(db, rhythm=0.02)
        hub = Hub(tail, source, at_most_every=0.01, **rhythm)
        try:
            async with asyncio.timeout(20):
                await what(hub)
        finally:
            await hub.close()
            tail.close()

    in_a_loop(run)


async def happens(what: Callable[[], object]) -> None:
    while not what():
        await asyncio.sleep(0.005)


def join(hub: Hub, numbers: Sequence[int]) -> list[Listened]:
    streams = [Listened() for _ in numbers]
    for number, stream in zip(numbers, streams, strict=True):
        assert hub.join(stream, str(number))
    return streams


def tell(db: Database, kind: str = "board_changed", **words: Any) -> None:
    with db.writing() as session:
        activity.record(session, kind, **words)


def test_of_many_walls_the_first_are_told_early_and_nobody_waits_for_the_last(db: Database) -> None:
    walls = Many()

    async def what(hub: Hub) -> None:
        streams = join(hub, range(100))
        await happens(lambda: all(stream.states for stream in streams))
        assert max(walls.drawn) <= DRAWN_TOGETHER
        walls.version, walls.may_draw = 1, threading.Semaphore(1)
        await asyncio.to_thread(tell, db)
        await happens(lambda: sum(len(stream.states) == 2 for stream in streams) == DRAWN_TOGETHER)
        # The next walls are being drawn, and that takes long.
        await asyncio.to_thread(tell, db, "screen_revoked", screen_id=99)
        await happens(lambda: streams[99].is_over)
        late, on_its_way = join(hub, [7, 200])
        await asyncio.to_thread(tell, db, "screen_revoked", screen_id=200)
        walls.away.add(200)
        walls.may_draw.release(2)  # these, and the next in which its own is
        await happens(lambda: late.states and (on_its_way.is_over or on_its_way.status == entrance.UNKNOWN))
        assert sum(len(stream.states) == 2 for stream in streams) < 99
        walls.may_draw.release(10**6)
        await happens(lambda: all(len(stream.states) == 2 for stream in streams[:99]))
        assert {tuple(shown for _, shown in stream.states) for stream in streams[:99]} == {(0, 1)}

    hubbub(db, walls, what)


def test_every_screen_is_looked_at_between_beats_a_few_at_a_time(db: Database) -> None:
    walls = Many(all_alike=True)

    async def what(hub: Hub) -> None:
        streams = join(hub, range(1200))
        await happens(lambda: len(hub) == 1200)
        walls.away.add(1000)
        await happens(lambda: len(walls.seen) == 1200 and streams[1000].is_over)
        assert streams[1000].words[-1] == ("revoked", 0, {})
        walls.seen.clear()
        await asyncio.to_thread(tell, db, "playlist_changed")
        await happens(lambda: len(walls.seen) >= 1199)
        assert max(walls.asked) <= LOOKED_AT_TOGETHER
        assert len(hub) == 1199

    hubbub(db, walls, what, beat=1)


def test_a_wall_that_cannot_be_drawn_harms_no_other(db: Database) -> None:
    walls = Many()
    walls.broken.add(3)

    async def what(hub: Hub) -> None:
        streams = join(hub, range(6))
        await happens(lambda: all(stream.status for stream in streams))
        assert [stream.status for stream in streams] == [200, 200, 200, entrance.BUSY, 200, 200]
        walls.broken.add(4)
        walls.version = 1
        await asyncio.to_thread(tell, db)
        await happens(lambda: len(streams[5].states) == 2)
        assert [shown for _, shown in streams[4].states] == [0]

    hubbub(db, walls, what)


def test_a_screen_that_is_moved_is_told_nothing_older_than_it_showed(db: Database) -> None:
    """A wall may be newer than all that was heard: a player that merely looked had it drawn."""
    walls = Many()
    walls.ahead[1] = newest = 10**6

    async def what(hub: Hub) -> None:
        one, other = join(hub, [1, 2])
        await happens(lambda: one.states and other.states)
        assert (one.states == [(newest, 0)], other.states[0][0] < newest) == (True, True)
        walls.moved[1] = 2
        await asyncio.to_thread(tell, db, "screen_changed", screen_id=1)
        await happens(lambda: len(one.states) == 2)
        assert one.states == [(newest, 0)] * 2

    hubbub(db, walls, what)


def test_nobody_fills_the_hub_with_the_token_of_one_screen(db: Database) -> None:
    async def what(hub: Hub) -> None:
        streams = join(hub, [7] * (MOST_OF_ONE + 3))
        await happens(lambda: all(stream.status for stream in streams))
        assert Counter(stream.status for stream in streams) == {200: MOST_OF_ONE, entrance.BUSY: 3}
        hub.leave(next(stream for stream in streams if stream.status == 200))
        other, again = join(hub, [8, 7])
        await happens(lambda: (other.status, again.status, len(hub)) == (200, 200, MOST_OF_ONE + 1))

    hubbub(db, Many(), what)


def test_when_the_log_ends_earlier_than_it_did_it_is_followed_from_there(db: Database) -> None:
    """As after a backup was put back while the server ran."""
    walls = Many()

    async def what(hub: Hub) -> None:
        streams = join(hub, range(3))
        for _ in range(5):
            await asyncio.to_thread(tell, db)
        await happens(lambda: streams[0].states)
        walls.version = 1
        await asyncio.to_thread(tell, db)
        await happens(lambda: streams[0].states[-1][1] == 1)
        with db.writing() as session:
            session.execute(delete(Activity))
        walls.ends_at, walls.version = 0, 2
        await happens(lambda: streams[0].states[-1] == (0, 2))
        walls.ends_at = 10**9
        await asyncio.to_thread(tell, db, "screen_revoked", screen_id=0)
        await happens(lambda: streams[0].is_over)
        assert streams[0].words[-1][0] == "revoked"

    hubbub(db, walls, what, beat=0.3)


def test_what_lags_is_not_told(db: Database, tmp_path: Path) -> None:
    """A standby that has not heard yet of what a wall was told: it is looked at where is written."""
    state.forget()
    with db.writing() as session:
        item = make.item(session, title="Oud nieuws")
        session.add(Screen(name="Kantine", token_hash="k" * 64, paired_at=clock.now()))
        activity.record(session, "item_live", item_id=item.id)
    copy = tmp_path / "standby.db"
    connection = db.writer.raw_connection()
    connection.cursor().execute(f"VACUUM INTO '{copy}'")
    connection.close()
    with db.writing() as session:
        make.item(session, title="Nieuw nieuws")
        hall = Screen(name="Hal", token_hash="h" * 64, paired_at=clock.now(), language="en")
        session.add(hall)
        activity.record(session, "item_live", item_id=item.id)
        known = activity.last_id(session) + 1
    standby, behind = Database(db.url.render_as_string(hide_password=False)), Database(f"sqlite:///{copy}")
    vars(standby)["_reading"] = vars(behind)["_reading"]
    try:
        lagging = Walls(standby)
        assert list(lagging.find(["k" * 64, "h" * 64], known=known - 1).places) == ["k" * 64]
        found = lagging.find(["k" * 64, "h" * 64], known=known).places
        assert {place.screen_id for place in found.values()} == {hall.id - 1, hall.id}
        assert lagging.again({hall.id}, known=known) == {hall.id: found["h" * 64].group}
        groups = [place.group for place in found.values()]
        old, new = lagging.draw(groups, known=known - 1), lagging.draw(groups, known=known)
        assert (old.position, new.position) == (known - 1, known)
        has_news = [{b"Nieuw nieuws" in look.body for look in drawn.looks.values()} for drawn in (old, new)]
        assert has_news == [{False}, {True}]
        assert lagging.draw(groups, known=known + 100).position == known
    finally:
        standby.dispose()
        behind.dispose()


@pytest.mark.parametrize(
    ("files", "room"), [(resource.RLIM_INFINITY, entrance.MOST), (65_536, 65_036), (1024, 524), (600, 150), (3, 1)]
)
def test_there_is_room_for_some_however_few_files_may_be_open(
    monkeypatch: pytest.MonkeyPatch, files: int, room: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    with capture_logs() as said:
        assert entrance.room_for() == room
    assert [line["event"] for line in said] == ["few files may be open, so few screens can listen"] * (room < 500)
