"""Jobs: done once, taken over when their worker dies, set aside when they never end, undone with their transaction."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import activity, clock, jobs
from portal.database import Database
from portal.jobs import Job, Runner
from portal.people import audit
from portal.people.models import AuditEntry, Department
from tests.process import until

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=clock.zone())


@jobs.job("test_add_department")
def add_department(db: Session, name: str) -> None:
    db.add(Department(name=name, created_at=clock.now()))


@jobs.job("test_fail")
def fail(db: Session, name: str) -> None:
    db.add(Department(name=name, created_at=clock.now()))
    db.flush()
    raise RuntimeError("no luck")


@pytest.fixture
def at() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def names(db: Database) -> list[str]:
    with db.reading() as session:
        return sorted(session.scalars(select(Department.name)))


def test_a_job_is_done_once(db: Database) -> None:
    with db.writing() as session:
        jobs.enqueue(session, "test_add_department", name="Later")
    runner = Runner(db)
    assert (runner.run_due(), runner.run_due(), names(db)) == (1, 0, ["Later"])


def test_a_rollback_takes_the_job_back(db: Database) -> None:
    with pytest.raises(ZeroDivisionError), db.writing() as session:
        jobs.enqueue(session, "test_add_department", name="Never")
        _ = 1 / 0
    assert Runner(db).run_due() == 0


def test_a_mark_asks_only_once_while_it_waits(db: Database) -> None:
    for _ in range(3):
        with db.writing() as session:
            jobs.enqueue(session, "test_add_department", dedupe="one", name="Once")
    assert (Runner(db).run_due(), names(db)) == (1, ["Once"])


def test_a_failed_job_leaves_nothing_and_is_tried_later(db: Database, at: time_machine.Traveller) -> None:
    with db.writing() as session:
        jobs.enqueue(session, "test_fail", name="Half")
    runner = Runner(db)
    assert (runner.run_due(), names(db)) == (1, [])
    assert runner.run_due() == 0
    at.move_to(NOW + timedelta(seconds=30))
    assert runner.run_due() == 1


def test_it_waits_for_its_time(db: Database, at: time_machine.Traveller) -> None:
    with db.writing() as session:
        jobs.enqueue(session, "test_add_department", run_at=NOW + timedelta(hours=1), name="Tonight")
    runner = Runner(db)
    assert runner.run_due() == 0
    at.move_to(NOW + timedelta(hours=1))
    assert (runner.run_due(), names(db)) == (1, ["Tonight"])


def test_a_dead_workers_job_is_taken_over(db: Database, at: time_machine.Traveller) -> None:
    with db.writing() as session:
        jobs.enqueue(session, "test_add_department", name="Taken over")
    dead = Runner(db)
    claimed = dead._claim()
    assert claimed is not None
    assert Runner(db).run_due() == 0
    at.move_to(NOW + jobs.LEASE + timedelta(seconds=1))
    assert Runner(db).run_due() == 1
    dead._do(claimed)  # it was only paused: what it does now must not count
    assert names(db) == ["Taken over"]


def test_a_job_that_never_ends_is_set_aside(db: Database, at: time_machine.Traveller) -> None:
    with db.writing() as session:
        jobs.enqueue(session, "test_add_department", name="Deadly")
    for attempt in range(jobs.MOST_ATTEMPTS):
        assert Runner(db)._claim() is not None
        at.move_to(NOW + (attempt + 1) * (jobs.LEASE + timedelta(seconds=1)))
    assert Runner(db).run_due() == 1
    with db.reading() as session:
        job = session.scalars(select(Job)).one()
    assert (job.set_aside_at is not None, names(db)) == (True, [])


def test_a_recurring_job_that_fails_is_never_given_up(db: Database, at: time_machine.Traveller) -> None:
    with db.writing() as session:
        jobs.enqueue(session, "forget_done_jobs")
    for attempt in range(jobs.MOST_ATTEMPTS):
        assert Runner(db)._claim() is not None
        at.move_to(NOW + (attempt + 1) * (jobs.LEASE + timedelta(seconds=1)))
    assert [Runner(db).run_due() for _ in range(2)] == [1, 0]
    at.move_to(clock.now() + jobs.LEFT_ALONE)
    assert Runner(db).run_due() == 1
    with db.reading() as session:
        job = session.scalars(select(Job)).one()
    assert (job.set_aside_at, job.attempts, job.run_at) == (None, 0, clock.now() + timedelta(minutes=10))


def test_four_workers_do_each_job_once(db: Database) -> None:
    wanted = [f"Team {number:03}" for number in range(60)]
    with db.writing() as session:
        for name in wanted:
            jobs.enqueue(session, "test_add_department", name=name)
    workers = [threading.Thread(target=Runner(db).run_due) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert names(db) == wanted


def test_a_cancelled_job_is_not_done_and_a_done_one_is_not_cancelled(db: Database) -> None:
    with db.writing() as session:
        jobs.enqueue(session, "test_add_department", dedupe="one", name="Never")
        jobs.enqueue(session, "test_add_department", dedupe="two", name="Done")
    with db.writing() as session:
        assert jobs.cancel(session, "one") == {"name": "Never"}
        assert jobs.cancel(session, "one") is None
    Runner(db).run_due()
    with db.writing() as session:
        assert jobs.cancel(session, "two") is None
    assert names(db) == ["Done"]


def test_what_a_runner_did_of_a_job_cancelled_meanwhile_is_undone(db: Database) -> None:
    with db.writing() as session:
        jobs.enqueue(session, "test_add_department", dedupe="one", name="Never")
    runner = Runner(db)
    in_hand = runner._claim()
    assert in_hand is not None
    with db.writing() as session:
        assert jobs.cancel(session, "one") == {"name": "Never"}
    runner._do(in_hand)
    assert names(db) == []
    with db.reading() as session:
        assert session.scalars(select(Job)).all() == []


def test_all_jobs_of_one_thing_are_cancelled_and_nobody_else_s(db: Database) -> None:
    with db.writing() as session:
        for mark in ("item:7:a", "item:7:b", "item:70:a", "item%7:a", "item_7:a"):
            jobs.enqueue(session, "test_add_department", dedupe=mark, name=mark)
        jobs.enqueue(session, "test_add_department", name="unmarked")
    with db.writing() as session:
        jobs.cancel_all(session, "item:7:")
    Runner(db).run_due()
    assert names(db) == sorted(["item:70:a", "item%7:a", "item_7:a", "unmarked"])


answered = threading.Event()
"""When somebody else's machine lets go of the slow jobs below."""


def wait(*, name: str, database: Database) -> None:
    answered.wait(20)
    with database.writing() as db:
        db.add(Department(name=name, created_at=clock.now()))


jobs.job("test_wait", outside=True, slow=True)(wait)
jobs.job("test_wait_apart", outside=True, thread="apart")(wait)


@jobs.job("test_add_slowly", slow=True)
def add_slowly(db: Session, name: str) -> None:
    db.add(Department(name=name, created_at=clock.now()))


@pytest.mark.parametrize(
    ("kind", "others"),
    [("test_wait", ["test_add_department"]), ("test_wait_apart", ["test_add_department", "test_add_slowly"])],
)
def test_a_slow_job_keeps_nothing_else_waiting_and_writes_by_itself(db: Database, kind: str, others: list[str]) -> None:
    answered.clear()
    with db.writing() as session:
        jobs.enqueue(session, kind, name="Slow")
        for each in others:
            jobs.enqueue(session, each, name=each)
    runner = Runner(db, rhythm=0.01)
    runner.start()
    try:
        assert until(lambda: names(db) == others)
        answered.set()
        assert until(lambda: names(db) == ["Slow", *others])
    finally:
        answered.set()
        runner.stop()


def test_what_is_long_done_is_let_go_of(db: Database, at: time_machine.Traveller) -> None:
    old, kept = clock.now(), timedelta(days=7)
    with db.writing() as session:
        audit.write(session, "topic_added", "topic", 1, by=None)
        activity.record(session, "board_changed")
        session.add_all(Job(kind="send_mail", run_at=old, done_at=done) for done in (old, old + kept, None))
        session.add(Job(kind="send_mail", run_at=old, set_aside_at=old))
    for moment, jobs_left, entries, happened in (
        (old + kept, 4, 1, 1),
        (old + kept + timedelta(seconds=1), 3, 1, 1),
        (old + timedelta(days=30), 2, 1, 1),
        (old + timedelta(days=30, seconds=1), 1, 1, 1),
        (old + timedelta(days=91), 1, 1, 0),
        (old + timedelta(days=366), 1, 0, 0),
    ):
        at.move_to(moment)
        with db.writing() as session:
            jobs.forget_done(session)
            audit.forget(session)
            left = [
                session.scalar(select(func.count()).select_from(table))
                for table in (Job, AuditEntry, activity.Activity)
            ]
        assert left == [jobs_left, entries, happened]
