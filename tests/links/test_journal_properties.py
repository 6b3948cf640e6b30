"""Whatever happens in whichever order to journals and those who read them: every click once, every figure in step."""

import os
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from portal.database import Database
from portal.links.ingest import Ingest, store
from portal.links.journal import Journal, Record, Said, encode
from portal.links.models import Click
from portal.links.seen import Seen
from portal.tables import microseconds
from tests import make
from tests.client import HUMAN
from tests.conftest import empty
from tests.links.recount import kept, recounted

NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
AGENTS = (HUMAN, HUMAN, HUMAN, "LinkedInBot/1.0", "")

# Few links and visitors, little time: so that repeats and bursts are common.
clicks = st.tuples(
    st.just("click"), st.integers(0, 4), st.integers(1, 4), st.integers(0, 4), st.sampled_from((0, 1, 2, 1800, 40_000))
)
steps = st.one_of(
    clicks,
    clicks,
    clicks,
    clicks.map(lambda click: ("direct", *click[1:])),
    st.tuples(st.just("rotate"), st.integers(0, 1)),
    st.tuples(st.just("tear"), st.integers(0, 1), st.integers(1, 60)),
    st.tuples(st.just("ingest"), st.integers(150, 3000)),
    st.tuples(st.just("stumble"), st.integers(150, 3000)),
    st.tuples(st.just("fail"), st.integers(150, 3000)),
    st.tuples(st.just("restart")),
    st.tuples(st.just("settle")),
)


class World:
    """Two processes with a journal each, and the ingest that reads both."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db, self.folder = db, folder
        with db.writing() as session:
            make.organisation(session)
            people = [make.person(session), make.person(session, department_name="HR")]
            items = [make.item(session), make.item(session)]
            links = [make.link(session, by=person, on=item) for person in people for item in items]
            links.append(make.link(session, by=people[0], on=items[0], network="whatsapp"))
            for link in links:
                link.created_at = NOON - timedelta(days=1)
        self.codes = [link.code for link in links]
        self.journals = [Journal(folder, sync="off", segment_bytes=1500) for _ in range(2)]
        self.reading, self.seen = Ingest(db, folder), Seen()
        self.seconds = self.answered = 0

    def click(self, link: int, visitor: int, agent: int, later: int) -> None:
        assert self.journals[visitor % 2].append(encode(self.record(link, visitor, agent, later)))
        self.answered += 1

    def direct(self, link: int, visitor: int, agent: int, later: int) -> None:
        """The journal takes nothing, so that the server stores the click itself."""
        with self.db.writing() as session:
            store(session, [self.record(link, visitor, agent, later)], seen=self.seen)
        self.answered += 1

    def record(self, link: int, visitor: int, agent: int, later: int) -> Record:
        self.seconds += later
        return Record(
            microseconds(NOON + timedelta(seconds=self.seconds)),
            self.codes[link],
            visitor,
            Said(agent=AGENTS[agent], language="nl", accept="text/html"),
        )

    def rotate(self, which: int) -> None:
        """The process ends in order; another takes its place."""
        self.journals[which].close()

    def tear(self, which: int, size: int) -> None:
        """The process is killed in the middle of a line, whose visitor got no answer."""
        path = self.journals[which].path
        self.journals[which].close()
        if path is not None and path.exists():
            with path.open("ab") as file:
                file.write(b"deadbeef\t1700000000000000\tabcd2345\t7\tMozilla/5.0\tnl\ttext/html"[:size])

    def ingest(self, limit: int) -> None:
        self.reading.run_once(limit)

    def stumble(self, limit: int) -> None:
        """The database goes away after a batch is stored and before it is committed."""

        def away(*args: object, **more: object) -> None:
            raise OperationalError("COMMIT", {}, Exception("away"))

        self.reading._move = away  # type: ignore[method-assign]
        with suppress(OperationalError):
            self.reading.run_once(limit)
        del self.reading._move

    def fail(self, limit: int) -> None:
        """The ingest is killed at that moment."""
        self.stumble(limit)
        self.restart()

    def restart(self) -> None:
        self.reading = Ingest(self.db, self.folder)

    def settle(self) -> None:
        """Time goes by, so that files nobody writes to may be deleted."""
        for path in self.folder.glob("*.clicks"):
            os.utime(path, (0, 0))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(story=st.lists(steps, max_size=40))
def test_any_story_ends_with_every_click_counted_once(db: Database, story: list[tuple[str, int]]) -> None:
    empty(db)
    with tempfile.TemporaryDirectory() as folder:
        world = World(db, Path(folder))
        for name, *values in story:
            getattr(world, name)(*values)
        for journal in world.journals:
            journal.close()
        world.reading.drain()
        world.restart()
        assert world.reading.drain() == 0
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Click)) == world.answered
        assert kept(session) == recounted(session)
