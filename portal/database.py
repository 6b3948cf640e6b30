"""The database on both engines: hard settings, and the two ways to use it, reading and writing."""

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from portal import unchanged

OLDEST_SQLITE = (3, 51, 3)
"""Older ones can corrupt the write-ahead log when two connections meet (fixed March 2026)."""


LARGEST_LOG = 256_000_000
"""Bytes of SQLite's write-ahead log beyond which it is cut off."""


class Database:
    """One address, two engines over it: the reading one is refused every write by the database itself.

    On SQLite all writing of this process goes through one connection, which queues writers in the process
    instead of letting them collide on the file's lock.
    """

    def __init__(self, url: str, *, writers: int = 10, checkpoints: bool = True) -> None:
        """On SQLite, `checkpoints` False leaves it to another process to empty the write-ahead log."""
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.writer, self.reader = _sqlite(url, writes=True, checkpoints=checkpoints), _sqlite(url, writes=False)
        else:
            self.writer = _postgresql(url, writes=True, size=writers)
            self.reader = _postgresql(url, writes=False, size=writers)
        self._writing = sessionmaker(self.writer, expire_on_commit=False)
        self._lately = Lately()
        self._reading = sessionmaker(self.reader, expire_on_commit=False, info={"lately": self._lately})
        unchanged.follow(self._reading, unchanged.Unchanged(self.reader))
        self._after_write: list[Callable[[], None]] = []
        self._checkpointed = 0

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction, committed at the end of the block, undone by any exception."""
        with self._writing() as session, session.begin():
            yield session
        self._lately.forget()
        for call in self._after_write:
            call()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent view; an attempt to write is an error."""
        with self._reading() as session, session.begin():
            yield session

    @contextmanager
    def keeping_nothing(self) -> Iterator[None]:
        """Within the block each session that reads finds everything anew, as after a commit."""
        info = self._reading.kw["info"]
        self._reading.configure(info={"unchanged": unchanged.Changing()})
        try:
            yield
        finally:
            self._reading.configure(info=info)

    def after_write(self, call: Callable[[], None]) -> Callable[[], None]:
        """Have `call` run after every commit of this process; returns what ends that."""
        self._after_write.append(call)
        return lambda: self._after_write.remove(call)

    def checkpoint(self) -> None:
        """On SQLite, bring what was written lately into the file itself, as far as readers allow.

        Raises OperationalError when the file does not let it.
        """
        if not self.is_sqlite:
            return
        try:
            log = Path(f"{self.url.database}-wal").stat()
        except FileNotFoundError:
            return
        if log.st_mtime_ns == self._checkpointed:
            return
        self._checkpointed = log.st_mtime_ns
        connection = self.writer.raw_connection()
        try:
            # Only an endless log is worth waiting for its readers, and cutting it off.
            how = "TRUNCATE" if log.st_size > LARGEST_LOG else "PASSIVE"
            connection.cursor().execute(f"PRAGMA wal_checkpoint({how})").fetchall()
        except self.writer.dialect.loaded_dbapi.Error as error:
            raise OperationalError("checkpoint", {}, error) from error
        finally:
            connection.close()

    def dispose(self) -> None:
        self.writer.dispose()
        self.reader.dispose()

    def ping(self) -> None:
        """Raise whatever keeps the database from answering."""
        with self.reader.connect() as connection:
            connection.execute(text("SELECT 1"))


LATELY = 1.0
"""Seconds for which `lately` gives the same answer, while this process writes nothing."""
_MOST_KEPT = 500
_Found = TypeVar("_Found")


class Lately:
    """What was found in one database within the last second."""

    def __init__(self) -> None:
        self._found: dict[Hashable, tuple[float, Any]] = {}

    def get(self, key: Hashable, find: Callable[[], _Found]) -> _Found:
        """What was found under `key`, else what `find` gives now."""
        found, now, answer = self._found, time.monotonic(), self._found.get(key)
        if answer is not None and 0 <= now - answer[0] < LATELY:
            return cast(_Found, answer[1])
        fresh = find()
        if len(found) < _MOST_KEPT:
            found[key] = (now, fresh)  # of no use to anybody if something was written meanwhile
        return fresh

    def forget(self) -> None:
        self._found = {}


def lately(db: Session, key: Hashable, find: Callable[[], _Found]) -> _Found:
    """What `find` gives, or gave within the last second under this `key`, for lists that everybody looks at.

    Whatever this process writes is seen at once, and other processes' writes after that second. What is found is
    shared between threads: let it be something nobody changes. A session that writes always finds anew.
    """
    kept: Lately | None = db.info.get("lately")
    return find() if kept is None else kept.get(key, find)


def insert(db: Session, table: type[DeclarativeBase]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that may go on with `on_conflict_do_nothing` or `on_conflict_do_update`, on either database."""
    return postgresql.insert(table) if _is_postgresql(db) else sqlite.insert(table)


def one_at_a_time(db: Session, key: int | str) -> None:
    """Hold `key` (a signed 64-bit number, or words) until the end of the transaction; whoever else asks waits.

    On SQLite nobody does: there is one writer at a time anyway.
    """
    if _is_postgresql(db):
        number = func.hashtextextended(key, 0) if isinstance(key, str) else key
        db.execute(select(func.pg_advisory_xact_lock(number)))


def _is_postgresql(db: Session) -> bool:
    return db.get_bind().dialect.name == "postgresql"


def _sqlite(url: str, *, writes: bool, checkpoints: bool = True) -> Engine:
    driver = _sqlite_driver()
    pool: dict[str, Any] = {"pool_size": 1, "max_overflow": 0} if writes else {"pool_size": 8, "max_overflow": 32}
    engine = create_engine(
        url,
        module=driver,
        pool_timeout=5,
        hide_parameters=True,
        connect_args={"timeout": 5, "check_same_thread": False},
        **pool,
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "busy_timeout=5000",
            "foreign_keys=ON",
            "trusted_schema=OFF",
            f"query_only={'OFF' if writes else 'ON'}",
            f"wal_autocheckpoint={1000 if checkpoints else 0}",
            f"cache_size={-64_000 if writes else -2_000}",  # kB: whoever writes touches pages all over its indexes
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # IMMEDIATE takes the write lock at the start: a read that turns into a write can no longer fail halfway.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _sqlite_driver() -> Any:
    """The newest SQLite at hand: the wheel's, else Python's own. Raises RuntimeError when both are too old."""
    try:
        import pysqlite3 as driver  # noqa: PLC0415 (only where its wheel exists)
    except ImportError:
        import sqlite3 as driver  # noqa: PLC0415 (the fall-back)
    if driver.sqlite_version_info < OLDEST_SQLITE:
        raise RuntimeError(
            f"SQLite {driver.sqlite_version} can damage its own log; {'.'.join(map(str, OLDEST_SQLITE))} or newer "
            "is needed. Install the pysqlite3 wheel, or use PostgreSQL."
        )
    return driver


def _postgresql(url: str, *, writes: bool, size: int) -> Engine:
    limits = "-c statement_timeout=5000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=10000"
    if not writes:
        # One view for the whole of a reading: without, each statement would see what was committed before it.
        limits += r" -c default_transaction_read_only=on -c default_transaction_isolation=repeatable\ read"
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=size,
        max_overflow=size,
        pool_timeout=2,
        hide_parameters=True,
        connect_args={
            "connect_timeout": 2,
            "target_session_attrs": "read-write" if writes else "any",
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "tcp_user_timeout": 5000,
            "options": limits + " -c timezone=UTC",
        },
    )
