"""What a disk, a database and a clock do wrong: every click answered with a redirect counts once, whatever happens.

The first tests share one server with a journal on a small disk of its own, and leave it as they found it.
"""

import fcntl
import itertools
import json
import re
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from portal import settings
from portal.database import Database
from portal.links import journal
from portal.links.desk import Desk
from portal.links.ingest import Ingest
from portal.links.journal import Journal
from portal.links.models import Click, Link, Salt
from portal.links.visitors import destroy_salts, salt_of
from tests import disks, make
from tests.client import HUMAN, Client
from tests.disks import Disk
from tests.links.recount import kept, recounted
from tests.postgres import PostgreSQL
from tests.process import Browser, PortalProcess, Said

DATABASE = "faults"
TOKEN = "what the monitor knows"
AWAY_FOR = 3.0
"""Seconds for which the database is away under load."""
WRITES = 120
"""The byte of its shared memory that a process has locked while it writes to SQLite's log."""
NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)


@dataclass
class House:
    """A server, its disks and its database, and a crowd of visitors."""

    portal: PortalProcess
    postgresql: PostgreSQL | None
    journal_disk: Disk
    data_disk: Disk
    known: str = ""
    """The code of a link that was followed before."""
    unmet: str = ""
    """The code of a link that nobody follows while the database is there."""
    answers: dict[int, int] = field(default_factory=dict)
    """Every visit's status by its id, which its Referer carries."""
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def visit(self, code: str) -> Said:
        number = next(self.ids)
        headers = {"User-Agent": HUMAN, "Accept": "text/html", "Accept-Language": "nl"}
        said = Browser(self.portal).get(f"/r/{code}", headers | {"Referer": f"https://id{number}.example/"})
        self.answers[number] = said.status
        return said

    def visits(self, times: int) -> Counter[int]:
        """How often each status was the answer."""
        return Counter(self.visit(self.known).status for _ in range(times))

    @contextmanager
    def crowded(self) -> Iterator[None]:
        """Two visitors follow the known link all the time."""
        leave = threading.Event()

        def follow() -> None:
            while not leave.is_set():
                self.visit(self.known)

        crowd = [threading.Thread(target=follow) for _ in range(2)]
        for each in crowd:
            each.start()
        try:
            yield
        finally:
            leave.set()
            for each in crowd:
                each.join()

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """PostgreSQL is killed and started again; SQLite has no server, so the disk of its file is full instead."""
        if self.postgresql is None:
            with self.data_disk.full(self.portal):
                yield
        else:
            with self._postgresql_killed(self.postgresql):
                yield

    @contextmanager
    def database_stopped(self) -> Iterator[None]:
        """PostgreSQL is killed and started again; SQLite is held by a writer that does not let go."""
        if self.postgresql is None:
            with Path(self.data_disk.seen(self.portal), "portal.db-shm").open("r+b") as shared_memory:
                fcntl.lockf(shared_memory, fcntl.LOCK_EX, 1, WRITES)
                yield
        else:
            with self._postgresql_killed(self.postgresql):
                yield

    @contextmanager
    def _postgresql_killed(self, server: PostgreSQL) -> Iterator[None]:
        server.stop("immediate")
        try:
            yield
        finally:
            server.start()

    def lines(self) -> int:
        """Lines in the file of the journal that gets the next one."""
        return journal.files(self.journal_disk.seen(self.portal))[-1].read_bytes().count(b"\n")

    def metrics(self) -> dict[str, float]:
        said = Browser(self.portal).get("/metrics", {"Authorization": f"Bearer {TOKEN}"})
        assert said.status == 200, said
        return {name: float(value) for name, value in re.findall(r"^(\w+) (\S+)$", said.body, re.MULTILINE)}

    def waits(self) -> list[float]:
        """How long the ingest said it would wait before each further attempt."""
        said = [json.loads(line) for line in self.portal.log.read_text().splitlines() if line.startswith("{")]
        return [line["wait"] for line in said if line["event"] == "clicks wait in the journal"]

    def everything_is_counted(self) -> bool:
        """Every redirect given so far is recorded once and in every figure, and nothing else is."""
        given = Counter(number for number, status in self.answers.items() if status == 302)

        def is_counted() -> bool:
            with self.database() as database, database.reading() as db:
                return recorded(db) == given and kept(db) == recounted(db)

        return until(is_counted)

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Of SQLite a copy: it insists on finding the file by a path that holds here as well."""
        if self.postgresql is not None:
            database = Database(self.postgresql.url(DATABASE))
            yield database
            database.dispose()
            return
        with TemporaryDirectory() as folder:
            for name in ("portal.db", "portal.db-wal"):
                shutil.copyfile(self.data_disk.seen(self.portal) / name, Path(folder, name))
            database = Database(f"sqlite:///{folder}/portal.db")
            yield database
            database.dispose()


def recorded(db: Session) -> Counter[int]:
    """How often each id is on record."""
    hosts = db.scalars(select(Click.referrer_host).where(Click.referrer_host.like("id%.example"))).all()
    return Counter(int(host.removeprefix("id").removesuffix(".example")) for host in hosts)


def until(happened: Callable[[], object]) -> bool:
    """Whether it happens within twenty seconds."""
    pause = threading.Event()
    return any(happened() or pause.wait(0.05) for _ in range(400))


@pytest.fixture(scope="module")
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("faults")
    journal_disk, data_disk = Disk(folder / "journal", kilobytes=4000), Disk(folder / "data", kilobytes=24_000)
    with ExitStack() as stack:
        postgresql = None
        # A limit on files cannot tell the server's journal from a database that the server writes itself.
        if request.config.getoption("--database") == "postgresql" or not disks.are_real():
            postgresql = stack.enter_context(PostgreSQL(fsync=True))  # what it said it committed must outlive it
        chosen = {
            "PORTAL_DATA_DIR": str(data_disk.folder),
            "PORTAL_JOURNAL_DIR": str(journal_disk.folder),
            "PORTAL_METRICS_TOKEN": TOKEN,
            "PORTAL_LOG_FORMAT": "json",
        }
        if postgresql is not None:
            chosen["PORTAL_DATABASE_URL"] = postgresql.create_database(DATABASE)
        portal = PortalProcess(folder, settings=chosen, within=disks.within(journal_disk, data_disk))
        stack.enter_context(portal)
        house = House(portal, postgresql, journal_disk, data_disk)
        member = Browser(portal, "member")
        house.known, house.unmet = member.share("linkedin"), member.share("whatsapp")
        assert house.visit(house.known).status == 302
        yield house
        assert portal.stop() == 0


@pytest.fixture
def house(shared: House) -> House:
    assert shared.everything_is_counted()
    return shared


def test_a_full_disk_under_the_journal_costs_no_click(house: House) -> None:
    seen = [disk.seen(house.portal).stat().st_dev for disk in (house.journal_disk, house.data_disk)]
    assert (seen[0] != seen[1]) is disks.are_real()
    assert house.lines() > 0
    with house.journal_disk.full(house.portal):
        assert house.visits(40) == {302: 40}
        assert house.lines() == 0  # a new file, which cannot take any: they went straight into the database
    assert house.visits(10) == {302: 10}
    assert house.lines() == 10
    assert house.everything_is_counted()


def test_with_neither_journal_nor_database_visitors_are_told_and_nothing_counts_that_was_not_answered(
    house: House,
) -> None:
    with house.without_database():
        with house.journal_disk.full(house.portal):
            assert until(lambda: house.visit(house.known).status == 503)
            refused = house.visit(house.known)
        assert (refused.status, refused.headers["retry-after"]) == (503, "5")
        assert "location" not in refused.headers
        assert "<h1>Zo weer terug</h1>" in refused.body
        assert house.visits(5) == {302: 5}  # room in the journal is all it takes
        assert Browser(house.portal).get("/healthz").status == 200
    assert house.everything_is_counted()
    assert house.visits(5) == {302: 5}


def test_a_database_that_is_away_under_load_stops_no_visitor_of_a_known_link(house: House) -> None:
    before, so_far = len(house.waits()), len(house.answers)
    with house.crowded():
        assert until(lambda: house.metrics()["portal_ingest_lag_seconds"] < 1)
        with house.database_stopped():
            assert until(lambda: house.metrics()["portal_ingest_lag_seconds"] > AWAY_FOR)
            assert house.metrics()["portal_journal_waiting_clicks"] > 10
            assert until(lambda: len(house.waits()) > before)
            if house.postgresql is not None:
                refused = Browser(house.portal).get(f"/r/{house.unmet}")
                assert (refused.status, refused.headers["retry-after"]) == (503, "5")
                assert "<h1>Zo weer terug</h1>" in refused.body
                assert Browser(house.portal).get("/readyz").status == 503
            assert house.metrics()["portal_database_answers"] == (house.postgresql is None)
        assert until(lambda: house.metrics()["portal_ingest_lag_seconds"] < 1)
    assert set(list(house.answers.values())[so_far:]) == {302}
    waits = house.waits()[before:]
    assert waits == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0][: len(waits)]  # it asks ever less often
    assert house.everything_is_counted()
    assert house.visit(house.unmet).status == 302
    assert house.metrics()["portal_database_answers"] == 1


# What a clock and a broken file do, over the database of all tests.


@pytest.fixture
def link(db: Database) -> Link:
    with db.writing() as session:
        made = make.link(session, by=make.person(session), on=make.item(session))
        made.created_at = NOON - timedelta(days=9)
    return made


def line(link: Link, visitor: int, at: datetime) -> bytes:
    return journal.line(
        at=int(at.timestamp() * 1e6),
        code=link.code.encode(),
        visitor=visitor,
        agent=HUMAN.encode(),
        language=b"nl",
        accept=b"text/html",
    )


@pytest.mark.parametrize("back", [timedelta(0), timedelta(minutes=50), timedelta(hours=30)])
def test_after_a_clock_is_set_back_every_click_counts_once(
    db: Database, link: Link, tmp_path: Path, back: timedelta
) -> None:
    """In the middle of a file, and before the next ones, which the same process begins: with no time gone, as well."""
    moments = [NOON - timedelta(hours=11, minutes=30), NOON, NOON - back, NOON + timedelta(minutes=1)]
    with time_machine.travel(NOON, tick=False) as clock:
        for end_here in (False, True):
            for moment in moments:
                clock.move_to(moment)
                opened = Journal(tmp_path, sync="off")
                for visitor in range(4):
                    assert opened.append(line(link, visitor, moment + timedelta(seconds=visitor)))
                    if not end_here:
                        clock.move_to(moment - back)
                opened.close()
        clock.move_to(NOON + timedelta(hours=1))
        reading = Ingest(db, tmp_path)
        while reading.run_once(300):
            reading = Ingest(db, tmp_path)
    with db.reading() as session:
        assert Counter(session.scalars(select(Click.visitor))) == dict.fromkeys(range(4), 8)
        assert kept(session) == recounted(session)


def test_a_destroyed_key_does_not_come_back_with_its_day(app: Starlette, db: Database, tmp_path: Path) -> None:
    desk = Desk(db, replace(app.state.settings, journal_dir=str(tmp_path)))

    def visitor() -> int:
        now = time.time()
        if not desk.has_key(now):
            desk.load_key()
        found = journal.decode(desk.line(b"bcdf2345", {}, address="192.0.2.7", now=now))
        assert found is not None
        return found.visitor

    with time_machine.travel(NOON, tick=False) as clock:
        first = visitor()
        clock.move_to(NOON + timedelta(days=1))
        second = visitor()
        with db.writing() as session:
            destroy_salts(session)
        clock.move_to(NOON)
        third = visitor()
        clock.move_to(NOON + timedelta(days=1))
        assert visitor() == second  # that day was not over
    assert len({first, second, third}) == 3


def test_a_key_of_a_day_far_ahead_is_destroyed_once_the_clock_is_right(db: Database) -> None:
    today = date(2026, 11, 20)
    with time_machine.travel(NOON, tick=False), db.writing() as session:
        for days in (-1, 0, 1, 2, 365):
            salt_of(session, today + timedelta(days=days))
        destroy_salts(session)
        assert session.scalars(select(Salt.day).order_by(Salt.day)).all() == [today, today + timedelta(days=1)]


def flipped(content: bytearray) -> None:
    """A byte in each of three lines is another one."""
    for place in (5000, 15_000, 25_000):
        content[place] ^= 0x40


def zeros(content: bytearray) -> None:
    """A block of the disk never arrived."""
    content[8192:12_288] = bytes(4096)


def cut(content: bytearray) -> None:
    """A piece is missing, and what follows has moved up."""
    del content[10_000:12_345]


@pytest.mark.parametrize(("damage", "unreadable"), [(flipped, 3), (zeros, 1), (cut, 1)])
def test_a_file_damaged_in_the_middle_costs_the_damaged_lines_and_that_is_told(
    db: Database,
    dina: Client,
    link: Link,
    tmp_path: Path,
    damage: Callable[[bytearray], None],
    unreadable: int,
) -> None:
    settings.put_in_force(replace(settings.current(), journal_dir=str(tmp_path), metrics_token=TOKEN))
    with time_machine.travel(NOON, tick=False):
        opened = Journal(tmp_path, sync="off")
        lines = [line(link, visitor, NOON + timedelta(seconds=visitor)) for visitor in range(200)]
        for each in lines:
            assert opened.append(each)
        path = opened.path
        opened.close()
        assert path is not None
        content = bytearray(path.read_bytes())
        damage(content)
        path.write_bytes(content)
        whole = [visitor for visitor, each in enumerate(lines) if each[:-1] in content.split(b"\n")]
        reading = Ingest(db, tmp_path)
        while reading.run_once(3000):
            pass
        page = dina.get("/settings/clicks").text
        metrics = dina.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).text
    with db.reading() as session:
        assert session.scalars(select(Click.visitor).order_by(Click.visitor)).all() == whole
        assert kept(session) == recounted(session)
    assert 150 < len(whole) < 200
    said = (
        "1 regel is niet te lezen en telt" if unreadable == 1 else f"{unreadable} regels zijn niet te lezen en tellen"
    )
    assert f"<p>{said} niet mee. Dat gebeurt als een schijf hapert.</p>" in page
    assert f"portal_journal_damaged_lines {unreadable}\n" in metrics
