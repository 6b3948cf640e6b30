"""Work for later: rows written with the change that asks for it, claimed with a lease, done at least once."""

import inspect
import random
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import JSON, Index, String, delete, select, true, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock
from portal.database import Database, insert
from portal.tables import Base, Key, Word

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 8
LEFT_ALONE = timedelta(hours=1)
"""How long a recurring job that failed so often rests: it is never given up, for nobody would ask for it again."""
KEPT_DONE = timedelta(days=7)
"""How long a job that is done can still be looked at."""
KEPT_SET_ASIDE = timedelta(days=30)
"""How long one that was set aside can be, for somebody to find out why."""
FORGOTTEN_AT_ONCE = 10_000
"""Rows let go of in one transaction, so that nobody who writes meanwhile waits long."""
PATIENCE = 15.0
"""Seconds that jobs in hand have to finish when the runner is stopped; what has not is done again elsewhere."""


class Job(Base):
    __tablename__ = "job"
    __table_args__ = (Index("ix_job_done_at_run_at", "done_at", "run_at"),)

    id: Mapped[Key]
    kind: Mapped[Word]
    args: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    run_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    locked_by: Mapped[str | None] = mapped_column(String(40))
    done_at: Mapped[datetime | None]
    set_aside_at: Mapped[datetime | None]
    dedupe: Mapped[str | None] = mapped_column(String(200), unique=True)
    """While a job with this mark waits, asking for it again changes nothing."""
    error: Mapped[str] = mapped_column(default="")


@dataclass(frozen=True)
class _Kind:
    run: Callable[..., None]
    outside: bool
    thread: str
    every: timedelta | None

    @property
    def wants_database(self) -> bool:
        return "database" in inspect.signature(self.run).parameters


USUAL, SLOW = "jobs", "slow jobs"
"""The names of a runner's threads; a kind may ask for a further one."""
_kinds: dict[str, _Kind] = {}
_at_rest: list[Callable[[], None]] = []


class Hopeless(Exception):
    """Raised by a job that no other try would help: it is set aside, and the message says why."""


def job(
    kind: str, *, outside: bool = False, slow: bool = False, thread: str = "", every: timedelta | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register the function that does jobs of this kind.

    It is called as `run(db, **args)` inside the transaction that marks the job done. With `outside` it is called
    as `run(**args)` without a transaction, for effects beyond the database, which may then happen once more after
    a crash; if it names a parameter `database` it is given the database, for transactions of its own. What waits for
    somebody else's machine is `slow`: it is done in a thread of its own, so that nothing else waits. What may wait for
    very many of them names a further `thread`, so that not even the slow ones do. With `every` it runs by itself at
    that rhythm, without arguments. It must bear being repeated.
    """

    def register(run: Callable[..., None]) -> Callable[..., None]:
        if kind in _kinds:
            raise ValueError(f"two functions do jobs of kind {kind!r}")
        _kinds[kind] = _Kind(run, outside, thread or (SLOW if slow else USUAL), every)
        return run

    return register


def at_rest(call: Callable[[], None]) -> Callable[[], None]:
    """Have `call` run in each runner's thread whenever it has done everything that was due."""
    _at_rest.append(call)
    return call


def enqueue(db: Session, kind: str, *, run_at: datetime | None = None, dedupe: str | None = None, **args: Any) -> None:
    """Ask for a job in the caller's transaction: a rollback takes it back."""
    row = {
        "kind": kind,
        "args": args,
        "run_at": run_at or clock.now(),
        "dedupe": dedupe,
        "attempts": 0,
        "error": "",
    }
    if dedupe is None:
        db.add(Job(**row))
        return
    db.execute(insert(db, Job).values(row).on_conflict_do_nothing(index_elements=["dedupe"]))


def waits(db: Session, kind: str) -> bool:
    """Whether a job of this kind is still to be done, or being done."""
    open_ones = select(Job.id).where(Job.kind == kind, Job.done_at.is_(None), Job.set_aside_at.is_(None))
    return db.scalar(open_ones.limit(1)) is not None


def cancel(db: Session, dedupe: str) -> dict[str, Any] | None:
    """Take back the job with this mark, in the caller's transaction; its arguments, or None when it was done already.

    A runner that has it in hand meanwhile undoes what it did: of cancelling and doing, exactly one happens.
    """
    return db.scalar(delete(Job).where(Job.dedupe == dedupe, Job.done_at.is_(None)).returning(Job.args))


def cancel_all(db: Session, beginning: str) -> None:
    """Take back every job whose mark begins so, such as `item:7:` for all that waits for an item's moments."""
    waits = (Job.done_at.is_(None), Job.dedupe.startswith(beginning, autoescape=True))
    db.execute(delete(Job).where(*waits).execution_options(synchronize_session=False))


@job("forget_done_jobs", every=timedelta(minutes=10))
def forget_done(db: Session) -> None:
    """Let go of what was done or set aside so long ago, with the addresses and words that were in it."""
    now = clock.now()
    done = (Job.done_at < now - KEPT_DONE,)
    set_aside = (Job.done_at.is_(None), Job.set_aside_at < now - KEPT_SET_ASIDE)
    for over in (done, set_aside):
        old = select(Job.id).where(*over).limit(FORGOTTEN_AT_ONCE)
        db.execute(delete(Job).where(Job.id.in_(old.scalar_subquery())).execution_options(synchronize_session=False))


class Runner:
    """Does due jobs one after another until it is stopped, in a thread of its own; slow ones in others."""

    def __init__(self, database: Database, *, rhythm: float = 1.0) -> None:
        self._database = database
        self._rhythm = rhythm
        self._name = secrets.token_hex(8)
        self._stop = threading.Event()
        names = sorted({USUAL, *(kind.thread for kind in _kinds.values())})
        self._wakes = {name: threading.Event() for name in names}
        self._threads = [
            threading.Thread(target=self._loop, args=(name, wake), name=name, daemon=True)
            for name, wake in self._wakes.items()
        ]
        self._end_waking = database.after_write(self._wake)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the jobs in hand, then end."""
        self._stop.set()
        self._wake()
        self._end_waking()
        until = time.monotonic() + PATIENCE
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=max(0.0, until - time.monotonic()))

    def run_due(self, *, thread: str | None = None) -> int:
        """Do everything that is due now, or only what is this thread's; the number of jobs done or set back."""
        done = 0
        try:
            while not self._stop.is_set() and (claimed := self._claim(thread)) is not None:
                self._do(claimed)
                done += 1
        finally:
            for call in _at_rest if done else ():
                call()
        return done

    def _wake(self) -> None:
        for wake in self._wakes.values():
            wake.set()

    def _loop(self, thread: str, wake: threading.Event) -> None:
        log = structlog.get_logger()
        planned = False
        while not self._stop.is_set():
            wake.clear()
            try:
                if not planned:
                    self._plan_recurring(thread)
                    planned = True
                self.run_due(thread=thread)
            except SQLAlchemyError as error:
                log.warning("jobs wait for the database", error=type(error).__name__)
            wake.wait(self._rhythm)

    def _plan_recurring(self, thread: str) -> None:
        with self._database.writing() as db:
            for name, kind in _kinds.items():
                if kind.every is not None and kind.thread == thread:
                    enqueue(db, name, dedupe=f"every:{name}")

    def _claim(self, thread: str | None = None) -> Job | None:
        now = clock.now()
        # A look that costs no write lock first: most of the time nothing is due.
        with self._database.reading() as db:
            if db.scalar(_due(now, thread).limit(1)) is None:
                return None
        with self._database.writing() as db:
            due = _due(now, thread).order_by(Job.run_at).limit(1).with_for_update(skip_locked=True)
            return db.scalar(
                update(Job)
                .where(Job.id == due.scalar_subquery())
                .values(locked_until=now + LEASE, locked_by=self._name, attempts=Job.attempts + 1)
                .returning(Job)
            )

    def _do(self, claimed: Job) -> None:
        log = structlog.get_logger().bind(job=claimed.kind, id=claimed.id)
        kind = _kinds.get(claimed.kind)
        if claimed.attempts > MOST_ATTEMPTS:
            error = claimed.error or "it never came to an end"
            if kind is not None and kind.every is not None:
                self._settle(claimed, run_at=clock.now() + LEFT_ALONE, attempts=0, error=error)
                log.error("recurring job left alone for a while", attempts=claimed.attempts - 1)
            else:
                self._settle(claimed, set_aside_at=clock.now(), error=error)
                log.error("job set aside", attempts=claimed.attempts - 1)
            return
        try:
            if kind is None:
                raise LookupError(f"nothing here does jobs of kind {claimed.kind}")
            finished = self._finished(kind)
            if kind.outside:
                kind.run(**claimed.args, **({"database": self._database} if kind.wants_database else {}))
                self._settle(claimed, **finished)
            else:
                with self._database.writing() as db:
                    kind.run(db, **claimed.args)
                    if not _settle(db, claimed, finished):
                        raise _LeaseLost
        except _LeaseLost:
            log.warning("another runner took this job over")
        except Hopeless as error:
            log.error("job set aside", error=str(error))
            self._settle(claimed, set_aside_at=clock.now(), error=str(error)[:2000])
        except Exception as error:  # whatever a job raises, the runner goes on with the next one
            wait = timedelta(seconds=min(3600, 5 * 2**claimed.attempts) * random.uniform(0.8, 1.2))  # noqa: S311
            log.warning("job failed, will be tried again", error=repr(error), wait=wait.total_seconds())
            self._settle(claimed, run_at=clock.now() + wait, error=repr(error)[:2000])

    def _finished(self, kind: _Kind) -> dict[str, Any]:
        if kind.every is not None:
            return {"run_at": clock.now() + kind.every, "attempts": 0, "error": ""}
        return {"done_at": clock.now(), "dedupe": None, "error": ""}

    def _settle(self, claimed: Job, **values: Any) -> None:
        with self._database.writing() as db:
            _settle(db, claimed, values)


class _LeaseLost(Exception):
    """The job was given to another runner meanwhile; what this one did must not count."""


def _due(now: datetime, thread: str | None) -> Any:
    return select(Job.id).where(
        _done_in(thread),
        Job.done_at.is_(None),
        Job.set_aside_at.is_(None),
        Job.run_at <= now,
        Job.locked_until.is_(None) | (Job.locked_until < now),
    )


def _done_in(thread: str | None) -> Any:
    """Kinds of jobs that are this thread's; kinds nobody here knows are the usual one's."""
    if thread is None:
        return true()
    if thread == USUAL:
        return Job.kind.not_in([name for name, kind in _kinds.items() if kind.thread != USUAL])
    return Job.kind.in_([name for name, kind in _kinds.items() if kind.thread == thread])


def _settle(db: Session, claimed: Job, values: dict[str, Any]) -> bool:
    """Write the outcome if the claim still holds: same holder, same attempt."""
    settled = db.execute(
        update(Job)
        .where(Job.id == claimed.id, Job.locked_by == claimed.locked_by, Job.attempts == claimed.attempts)
        .values(locked_until=None, locked_by=None, **values)
        .returning(Job.id)
    )
    return settled.first() is not None
