"""What happened, in order: an append-only log in the database, and its tail for whoever wants to follow it live."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from anyio import to_thread
from sqlalchemy import JSON, Connection, event, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock
from portal.database import Database, one_at_a_time
from portal.tables import Base, Key, Word

KINDS = (
    "item_live",
    "item_ended",
    "item_recalled",
    "share_opened",
    "shared",
    "share_confirmed",
    "milestone",
    "screen_paired",
    "screen_revoked",
    "screen_changed",
    "playlist_changed",
    "campaign_changed",
    "board_changed",
)
_ORDER_LOCK = 7_308_604
"""Any number will do, as long as nothing else in the database locks it."""
_CHANNEL = "portal_activity"
_AT_ONCE = 500
"""Events read in one go."""
_LISTEN_AGAIN_AFTER = 10.0
"""Seconds after which a connection that should say when the log grows, and does not, is tried anew."""


class Activity(Base):
    """One thing that happened. Ids rise in the order of commits, so a reader that saw n has seen all below n."""

    __tablename__ = "activity"

    id: Mapped[Key]
    at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[Word]
    item_id: Mapped[int | None]
    campaign_id: Mapped[int | None]
    person_id: Mapped[int | None]
    department_id: Mapped[int | None]
    screen_id: Mapped[int | None]
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


@dataclass(frozen=True)
class Event:
    """A row of the log as the tail hands it out."""

    id: int
    at: datetime
    kind: str
    item_id: int | None
    campaign_id: int | None
    person_id: int | None
    department_id: int | None
    screen_id: int | None
    data: dict[str, Any]


def record(
    db: Session,
    kind: str,
    *,
    item_id: int | None = None,
    campaign_id: int | None = None,
    person_id: int | None = None,
    department_id: int | None = None,
    screen_id: int | None = None,
    **data: Any,
) -> None:
    """Add to the log, within the transaction of the change it tells of."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is not a kind of activity")
    row = Activity(
        at=clock.now(),
        kind=kind,
        item_id=item_id,
        campaign_id=campaign_id,
        person_id=person_id,
        department_id=department_id,
        screen_id=screen_id,
        data=data,
    )
    db.info.setdefault("activity", []).append(row)


@event.listens_for(Session, "before_commit")
def _write_last(db: Session) -> None:
    """Write the log at the very end of a transaction, one transaction at a time.

    On PostgreSQL numbers are given out before commits happen, so a reader could see 8 before 7 exists and never
    look back. Taking a lock around number and commit keeps the two in the same order; taking it last keeps it short.
    """
    rows = db.info.pop("activity", [])
    if not rows:
        return
    one_at_a_time(db, _ORDER_LOCK)
    db.add_all(rows)
    db.flush()
    if db.get_bind().dialect.name == "postgresql":  # said to whoever listens once this is committed
        db.execute(select(func.pg_notify(_CHANNEL, "")))


@event.listens_for(Session, "after_rollback")
def _forget(db: Session) -> None:
    db.info.pop("activity", None)


def last_id(db: Session) -> int:
    return db.scalar(select(func.max(Activity.id))) or 0


def since(db: Session, after: int, *, limit: int = _AT_ONCE) -> list[Event]:
    columns = [getattr(Activity, each.name) for each in fields(Event)]
    rows = db.execute(select(*columns).where(Activity.id > after).order_by(Activity.id).limit(limit))
    return [Event(*row) for row in rows]


class Tail:
    """Follows the log for everybody in this process with one query at a time, and only while somebody listens.

    Writers in this process wake it at once, and on PostgreSQL those in other processes do as well. Whatever else
    happens, it looks every `rhythm` seconds.
    """

    def __init__(self, database: Database, *, rhythm: float = 0.5) -> None:
        self._database = database
        self._rhythm = rhythm
        self._followers: set[asyncio.Queue[Event]] = set()
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._seen = 0
        self._loop = asyncio.get_running_loop()
        self._end_waking = database.after_write(self.wake)
        self._ear = _Ear(database, self._wake.set)

    def wake(self) -> None:
        """Look again soon. Safe from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    async def follow(self, after: int | None = None) -> AsyncIterator[Event]:
        """Every event after id `after` (None: from now on), in order, without end."""
        if after is None:
            after = await self.end()
        queue: asyncio.Queue[Event] = asyncio.Queue()
        if self._task is None:
            self._seen = after
            self._task = asyncio.create_task(self._run())
        self._followers.add(queue)
        try:
            # What happened before this follower joined, then what the common tail hands out.
            while missed := await to_thread.run_sync(partial(self._read_since, after)):
                for each in missed:
                    yield each
                    after = each.id
            while True:
                each = await queue.get()
                if each.id > after:
                    after = each.id
                    yield each
        finally:
            self._followers.discard(queue)
            if not self._followers and self._task is not None:
                self._task.cancel()
                self._task = None
                self._ear.close()

    async def end(self) -> int:
        """The id of the last event so far: following from there misses nothing that comes after this call."""
        return await to_thread.run_sync(self._read_last)

    def close(self) -> None:
        self._end_waking()
        if self._task is not None:
            self._task.cancel()
        self._ear.close()

    async def _run(self) -> None:
        while True:
            try:
                await self._ear.open()
                found = await to_thread.run_sync(partial(self._read_since, self._seen))
                for each in found:
                    self._seen = each.id
                    for queue in self._followers:
                        queue.put_nowait(each)
                if len(found) == _AT_ONCE:
                    continue
            except Exception as error:  # whatever it is, all who follow would wait for ever if this ended
                structlog.get_logger().warning("activity could not be read", error=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._rhythm)
            self._wake.clear()

    def _read_last(self) -> int:
        with self._database.reading() as db:
            return last_id(db)

    def _read_since(self, after: int) -> list[Event]:
        with self._database.reading() as db:
            return since(db, after)


class _Ear:
    """A connection on which PostgreSQL says that the log has grown. On SQLite it stays closed.

    Nothing depends on it but how soon the log is read: when it fails it is closed, and tried anew a while later.
    """

    def __init__(self, database: Database, heard: Callable[[], None]) -> None:
        self._database, self._heard = database, heard
        self._connection: Connection | None = None
        self._driver: Any = None
        self._file = -1
        self._loop = asyncio.get_running_loop()
        self._again_at = 0.0

    async def open(self) -> None:
        """Listen from now on, unless it does or the last try was just now."""
        if self._database.is_sqlite or self._driver is not None or self._loop.time() < self._again_at:
            return
        self._again_at = self._loop.time() + _LISTEN_AGAIN_AFTER
        try:
            self._connection = await to_thread.run_sync(self._listen)
        except SQLAlchemyError as error:
            structlog.get_logger().warning("nobody tells when the log grows", error=type(error).__name__)
            return
        self._driver = self._connection.connection.dbapi_connection
        self._file = self._driver.fileno()
        self._loop.add_reader(self._file, self._take)

    def close(self) -> None:
        connection, driver = self._connection, self._driver
        self._connection = self._driver = None
        if connection is None or driver is None:
            return
        self._loop.remove_reader(self._file)
        with suppress(Exception):  # it may be gone already, and there is nothing more to be had from it
            connection.close()

    def _listen(self) -> Connection:
        connection = self._database.reader.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            connection.detach()  # the pool's other users must not hear this
            connection.exec_driver_sql(f"LISTEN {_CHANNEL}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _take(self) -> None:
        """Something came: read it away, whatever it is, and have the log looked at."""
        try:
            self._driver.pgconn.consume_input()
            while self._driver.pgconn.notifies() is not None:
                pass
        except Exception as error:  # as many kinds as drivers have
            structlog.get_logger().warning("nobody tells when the log grows", error=type(error).__name__)
            self.close()
        self._heard()
