"""From the journal into the database: exactly once, judged in the light of what came before, every figure in step."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.exc import OperationalError

from portal import clock, settings
from portal.__main__ import main
from portal.activity import Activity
from portal.database import Database
from portal.jobs import Job
from portal.links import backlog, ingest, rebuild, verdicts
from portal.links.ingest import Ingest, store
from portal.links.journal import Journal, Record, Said, encode
from portal.links.looks import Looks, Source, Visit
from portal.links.models import Click, JournalPosition, Link, Rollup
from portal.links.seen import Seen
from portal.links.verdicts import Verdict
from portal.tables import microseconds
from tests import make
from tests.client import HUMAN, Client
from tests.links.recount import kept, recounted

NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
BROWSER = {"agent": HUMAN, "language": "nl", "accept": "text/html"}
ROBOT = BROWSER | {"agent": "LinkedInBot/1.0"}
Verdicts = list[tuple[str, str]]


@pytest.fixture
def links(db: Database) -> list[Link]:
    """Links of two colleagues, made a while ago."""
    with db.writing() as session:
        people = [make.person(session), make.person(session, department_name="HR")]
        items = [make.item(session) for _ in range(3)]
        made = [make.link(session, by=person, on=item) for person in people for item in items]
        for link in made:
            link.created_at = NOON - timedelta(days=2)
    return made


def record(link: Link, visitor: int, *, after: timedelta = timedelta(), **more: str) -> Record:
    return Record(microseconds(NOON + after), link.code, visitor, Said(**BROWSER | more))


def said(db: Database) -> Verdicts:
    with db.reading() as session:
        return [(row.verdict, row.reason) for row in session.scalars(select(Click).order_by(Click.id))]


def is_in_step(db: Database) -> bool:
    with db.reading() as session:
        return kept(session) == recounted(session)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def written(folder: Path, *records: Record, close: bool = True) -> Journal:
    journal = Journal(folder, sync="off")
    for each in records:
        assert journal.append(encode(each))
    if close:
        journal.close()
    return journal


Together = Callable[[Database, list[Record]], None]


def at_once(db: Database, records: list[Record]) -> None:
    with db.writing() as session:
        store(session, records, seen=Seen())


def one_by_one(db: Database, records: list[Record]) -> None:
    for each in records:
        at_once(db, [each])


def remembered(db: Database, records: list[Record]) -> None:
    """As the ingest does it: what it stored itself is not looked up again."""
    seen = Seen()
    for each in records:
        with db.writing() as session:
            outcome = store(session, [each], seen=seen)
        seen.stored(outcome.visits, outcome.taken)


def by_turns(db: Database, records: list[Record]) -> None:
    """Two processes, neither of which knows what the other one stores."""
    servers = Seen(), Seen()
    for number, each in enumerate(records):
        with db.writing() as session:
            outcome = store(session, [each], seen=servers[number % 2])
        servers[number % 2].stored(outcome.visits, outcome.taken)


WAYS = [at_once, one_by_one, remembered, by_turns]


@pytest.mark.parametrize("together", WAYS)
def test_the_same_is_decided_in_one_batch_and_in_many(db: Database, links: list[Link], together: Together) -> None:
    first, second, third, fourth, *_ = links
    together(
        db,
        [
            record(first, 1),
            record(first, 1, after=seconds(3599)),  # a repeat
            record(first, 1, after=seconds(3601)),  # an hour after the first: counts, and is no new visitor
            record(second, 2, after=seconds(10)),
            record(third, 2, after=seconds(14)),
            record(fourth, 2, after=seconds(14.5)),  # the third link within five seconds: none of them was read
            record(first, 2, after=seconds(30)),
            record(first, 3, **ROBOT),
            record(second, 4, after=timedelta(days=1)),
        ],
    )
    assert said(db) == [
        ("human", "person"),
        ("suspect", "repeat"),
        ("human", "person"),
        ("suspect", "burst"),
        ("suspect", "burst"),
        ("suspect", "burst"),
        ("human", "person"),
        ("bot", "preview"),
        ("human", "person"),
    ]
    with db.reading() as session:
        assert session.scalar(select(func.sum(Rollup.visitors))) == 3
        assert session.scalar(select(func.sum(Rollup.clicks))) == 9
    assert is_in_step(db)


@pytest.mark.parametrize("together", WAYS)
def test_a_burst_takes_the_first_visit_of_the_day_along(db: Database, links: list[Link], together: Together) -> None:
    """A journal read late brings an older click after a newer one, so that the first on record leaves another."""
    first, second, third, *_ = links
    together(
        db,
        [
            record(first, 1, after=timedelta(hours=2)),
            record(first, 1),
            record(second, 1, after=timedelta(hours=2, seconds=1)),
            record(third, 1, after=timedelta(hours=2, seconds=2)),
        ],
    )
    assert said(db) == [("suspect", "burst"), ("human", "person"), ("suspect", "burst"), ("suspect", "burst")]
    assert is_in_step(db)


def test_the_sharer_is_known_by_the_portals_cookie(app: object, ana: Client, db: Database) -> None:
    from portal.web import token_hash  # noqa: PLC0415 (beside its only use)

    with db.writing() as session:
        item = make.item(session)
        own, other = (make.link(session, by=who, on=item) for who in (ana.person, make.person(session)))
        own.created_at = other.created_at = NOON - timedelta(days=1)
    session_hash = token_hash(ana.cookies["portal"])
    at_once(db, [record(own, 1, session=session_hash), record(other, 1, session=session_hash), record(own, 2)])
    assert said(db) == [("suspect", "own"), ("human", "person"), ("human", "person")]


def test_every_line_is_counted_once(db: Database, links: list[Link], tmp_path: Path) -> None:
    journal = written(tmp_path, *(record(links[number % 6], number) for number in range(50)), close=False)
    one, other = Ingest(db, tmp_path), Ingest(db, tmp_path)
    assert one.run_once(2000) < 50
    assert one.drain() + other.drain() < 50  # each knows what the other has read
    assert other.drain() == 0
    assert journal.append(encode(record(links[0], 99)))
    assert (one.drain(), other.drain()) == (1, 0)
    journal.close()
    assert Ingest(db, tmp_path).drain() == 0
    assert len(said(db)) == 51
    assert is_in_step(db)


def test_two_that_read_at_once_count_once(db: Database, links: list[Link], tmp_path: Path) -> None:
    written(tmp_path, *(record(links[0], number) for number in range(20)))
    slow, quick = Ingest(db, tmp_path), Ingest(db, tmp_path)
    read = slow.run_once(500)  # now it thinks it knows where to go on
    assert quick.drain() == 20 - read
    assert slow.drain() == 0
    assert len(said(db)) == 20


def test_a_failure_halfway_leaves_nothing_behind(
    db: Database, links: list[Link], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, record(links[0], 1), record(links[1], 2))
    reading = Ingest(db, tmp_path)

    def broken(*args: object, **more: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("the disk is gone"))

    with monkeypatch.context() as patched:
        patched.setattr(reading, "_move", broken)
        with pytest.raises(OperationalError):
            reading.run_once()
    assert said(db) == []
    assert reading.drain() == 2
    assert is_in_step(db)


def test_a_database_that_goes_away_while_it_is_asked_who_is_on_record_is_asked_anew(
    db: Database, links: list[Link]
) -> None:
    at_once(db, [record(links[0], 1, after=timedelta(days=-1)), record(links[0], 2), record(links[1], 2)])
    seen, later = Seen(), [record(links[0], 2, after=seconds(4)), record(links[2], 2, after=seconds(4.5))]

    def away(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("SELECT click.id, click.visitor"):
            raise OperationalError(statement, {}, Exception("the database is gone"))

    event.listen(Engine, "before_cursor_execute", away)
    try:
        with pytest.raises(OperationalError), db.writing() as session:
            store(session, later, seen=seen)
    finally:
        event.remove(Engine, "before_cursor_execute", away)
    with db.writing() as session:
        store(session, later, seen=seen)
    assert said(db)[3:] == [("suspect", "repeat"), ("suspect", "burst")]


def test_a_flood_by_one_visitor_is_judged_as_quickly_as_other_clicks() -> None:
    looks, number = Looks(), 20_000
    sources = [Source(each, "share", None, None, "linkedin", 0, None, None) for each in range(3)]
    visits = [Visit(sources[each % 3], each * 20, NOON, 7, Verdict("human", "person")) for each in range(number)]
    looks.expect(visits)
    begin = time.process_time()
    for visit in visits:
        looks.judge(visit)
    assert time.process_time() - begin < 1  # looking through what came before took four
    assert {(visit.verdict, visit.reason) for visit in visits} == {("suspect", "burst")}


def test_what_is_damaged_or_unknown_is_passed_over_and_told(db: Database, links: list[Link], tmp_path: Path) -> None:
    journal = written(tmp_path, record(links[0], 1), record(replace_code(links[0]), 2), close=False)
    assert journal.path is not None
    with journal.path.open("ab") as file:
        file.write(b"\0" * 5000 + b"\nnonsense\n")
    assert journal.append(encode(record(links[0], 3)))
    assert Ingest(db, tmp_path).drain() == 5
    assert said(db) == [("human", "person")] * 2
    with db.reading() as session:
        assert session.scalars(select(JournalPosition.damaged)).all() == [3]
        assert backlog.look(session, tmp_path).damaged == 3
    path = journal.path
    journal.close()
    os.utime(path, (0, 0))
    assert (Ingest(db, tmp_path).drain(), path.exists()) == (0, False)
    with db.reading() as session:
        assert backlog.look(session, tmp_path).damaged == 3


def replace_code(link: Link) -> Link:
    return Link(code="zzzzzzzz", kind=link.kind, network=link.network)


def test_a_click_the_database_refuses_keeps_no_other_away(db: Database, links: list[Link], tmp_path: Path) -> None:
    impossible = record(links[0], 1)._replace(visitor=2**63)
    written(tmp_path, record(links[0], 2), impossible, record(links[1], 3))
    Ingest(db, tmp_path).drain()
    assert said(db) == [("human", "person")] * 2
    assert is_in_step(db)


def test_a_file_is_deleted_once_it_is_read_and_nobody_writes_to_it(
    db: Database, links: list[Link], tmp_path: Path
) -> None:
    journal = written(tmp_path, record(links[0], 1), close=False)
    reading = Ingest(db, tmp_path)
    assert journal.path is not None
    assert reading.drain() == 1
    an_hour_ago = clock.now().timestamp() - 3600
    os.utime(journal.path, (an_hour_ago, an_hour_ago))
    assert (reading.drain(), len(list(tmp_path.glob("*.clicks")))) == (0, 1)  # its writer is alive
    path = journal.path
    journal.close()
    os.utime(path, (an_hour_ago, an_hour_ago))
    assert (reading.drain(), len(list(tmp_path.glob("*.clicks")))) == (0, 0)
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(JournalPosition)) == 0


def test_a_torn_line_is_not_read_and_goes_with_its_file(db: Database, links: list[Link], tmp_path: Path) -> None:
    journal = written(tmp_path, record(links[0], 1), close=False)
    path = journal.path
    assert path is not None
    journal.close()
    with path.open("ab") as file:
        file.write(encode(record(links[0], 2))[:-20])
    reading = Ingest(db, tmp_path)
    assert reading.run_once() == 1
    an_hour_ago = clock.now().timestamp() - 3600
    os.utime(path, (an_hour_ago, an_hour_ago))
    assert reading.run_once() == 0
    assert not path.exists()


def test_files_are_read_in_the_order_in_which_clicks_came(db: Database, links: list[Link], tmp_path: Path) -> None:
    for part in (0, 1):
        written(tmp_path, *(record(links[part], number, after=seconds(number * 2 + part)) for number in range(40)))
    reading = Ingest(db, tmp_path)
    while reading.run_once(1000):
        pass
    with db.reading() as session:
        moments = session.scalars(select(Click.at).order_by(Click.id)).all()
    late = [before - after for before, after in pairwise(moments) if after < before]
    assert len(moments) == 80
    assert max(late) < seconds(20)


def test_milestones_and_first_visits_are_told_from_a_batch(db: Database, links: list[Link]) -> None:
    at_once(db, [record(links[0], number) for number in range(30)] + [record(links[1], 77, **ROBOT)])
    at_once(db, [record(links[0], 1000), record(links[1], 1001)])
    with db.reading() as session:
        told = [row.data for row in session.scalars(select(Activity).order_by(Activity.id))]
        jobs = [job.args for job in session.scalars(select(Job).order_by(Job.id))]
    assert told == [{"people": 10}, {"people": 25}]
    assert jobs == [{"link_id": links[0].id}, {"link_id": links[1].id}]


def test_the_backlog_in_words(dina: Client, db: Database, links: list[Link], tmp_path: Path) -> None:
    settings.put_in_force(replace(settings.current(), journal_dir=str(tmp_path)))
    with time_machine.travel(NOON, tick=False) as traveller:
        assert "<h2>Er heeft nog niemand op een link geklikt.</h2>" in dina.get("/settings/clicks").text
        written(tmp_path, record(links[0], 1), record(links[0], 2))
        traveller.shift(timedelta(minutes=3))
        waiting = dina.get("/settings/clicks").text
        Ingest(db, tmp_path).drain()
        done = dina.get("/settings/clicks").text
    assert "<h2>2 kliks wachten tot ze geteld zijn; de eerste kwam 3 minuten geleden.</h2>" in waiting
    assert "<h2>Alle kliks zijn geteld; de laatste 3 minuten geleden.</h2>" in done


def test_the_backlog_for_a_monitor(client: Client, db: Database, links: list[Link], tmp_path: Path) -> None:
    assert client.get("/metrics").status_code == 404
    settings.put_in_force(replace(settings.current(), journal_dir=str(tmp_path), metrics_token="monitor"))
    assert client.get("/metrics", headers={"authorization": "Bearer other"}).status_code == 404
    with time_machine.travel(NOON + seconds(90), tick=False):
        written(tmp_path, record(links[0], 1), record(links[0], 2))
        said = client.get("/metrics", headers={"authorization": "Bearer monitor"})
    figures = dict(line.split() for line in said.text.splitlines() if not line.startswith("#"))
    assert said.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert figures["portal_journal_waiting_clicks"] == "2"
    assert figures["portal_ingest_lag_seconds"] == "90"
    assert figures["portal_jobs_set_aside"] == "0"


def test_single_clicks_are_destroyed_and_figures_stay(db: Database, links: list[Link]) -> None:
    at_once(db, [record(links[0], 1, after=-timedelta(days=61)), record(links[0], 2, after=-timedelta(days=59))])
    with time_machine.travel(NOON, tick=False), db.writing() as session:
        rebuild.destroy_clicks(session)
    with db.reading() as session:
        assert session.scalars(select(Click.visitor)).all() == [2]
        assert session.scalar(select(func.sum(Rollup.clicks))) == 2


def test_a_rebuild_repairs_every_figure(db: Database, links: list[Link]) -> None:
    with time_machine.travel(NOON + timedelta(days=2), tick=False):
        at_once(
            db,
            [record(links[n % 6], n % 9, after=timedelta(minutes=37 * n)) for n in range(60)]
            + [record(links[0], 500 + n, **ROBOT) for n in range(3)],
        )
        with db.writing() as session:
            right = kept(session)
            session.execute(text("UPDATE rollup SET clicks = clicks + 7"))
            session.execute(text("DELETE FROM person_tally"))
            session.execute(text("UPDATE team_tally SET people = 1"))
        assert not is_in_step(db)
        assert sum(step.judged for step in rebuild.steps(db)) == 0
    with db.reading() as session:
        assert kept(session) == right
    assert is_in_step(db)


def test_a_rebuild_leaves_figures_whose_clicks_are_destroyed(db: Database, links: list[Link]) -> None:
    with time_machine.travel(NOON, tick=False):
        at_once(db, [record(links[0], n, after=-timedelta(days=61 - n)) for n in range(4)])
        with db.writing() as session:
            before = kept(session)
            rebuild.destroy_clicks(session)
        for _ in rebuild.steps(db):
            pass
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Click)) < 4
        assert kept(session) == before


def test_a_rebuild_judges_by_newer_rules(db: Database, links: list[Link], monkeypatch: pytest.MonkeyPatch) -> None:
    """Yesterday's rules did not know a robot and took a browser for one; what other clicks decided is decided anew."""
    browser, robot = (
        BROWSER | {"agent": "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"},
        BROWSER | {"agent": "LinkedInBot/1.0"},
    )
    with time_machine.travel(NOON + timedelta(hours=5), tick=False):
        at_once(
            db,
            [
                record(links[0], 1, **robot),
                record(links[0], 2, **browser),
                record(links[0], 2, after=seconds(9), **browser),
                record(links[0], 3, purpose="prefetch"),
                record(links[1], 4, language=""),
            ],
        )
        with db.writing() as session:
            old = text("UPDATE click SET verdict = :v, reason = :r, rule_version = 0 WHERE visitor = :who")
            session.execute(old, {"v": "human", "r": "person", "who": 1})
            session.execute(old, {"v": "bot", "r": "crawler", "who": 2})
        assert sum(step.judged for step in rebuild.steps(db)) == 3
    assert said(db) == [
        ("bot", "preview"),
        ("human", "person"),
        ("suspect", "repeat"),
        ("bot", "prefetch"),
        ("suspect", "no_language"),
    ]
    with db.reading() as session:
        assert set(session.scalars(select(Click.rule_version))) == {verdicts.RULE_VERSION}
    assert is_in_step(db)


@pytest.mark.once
def test_which_numbers_are_round() -> None:
    round_ones = [number for number in range(1, 6000) if ingest.is_milestone(number)]
    assert round_ones == [10, 25, 50, 100, 250, 500, 1000, 2500, 5000]


def test_the_command_that_rebuilds(db: Database, links: list[Link], monkeypatch: pytest.MonkeyPatch) -> None:
    with time_machine.travel(NOON, tick=False):
        at_once(db, [record(links[0], number, after=-timedelta(days=number)) for number in range(3)])
        with db.writing() as session:
            session.execute(text("DELETE FROM rollup"))
        for name, value in settings.current().as_environment().items():
            monkeypatch.setenv(name, value)
        ran = CliRunner().invoke(main, ["links", "rebuild"], catch_exceptions=False)
    assert (ran.exit_code, ran.output.splitlines()[-1]) == (
        0,
        "Every figure is made anew; 0 clicks got another verdict.",
    )
    assert is_in_step(db)
