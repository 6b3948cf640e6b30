"""What was read from the database, kept for as long as the database itself says that nothing was committed since.

Whichever process committed: SQLite counts in its file, PostgreSQL tells by its snapshot. So nothing kept here is ever
out of date, and no write needs to say what it touched. What depends on the clock does not belong here: keep the rows,
and work out from them and the moment what to show.
"""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

_MOST_KEPT = 5000
_PATIENCE = 1.0
"""Seconds to wait for one's turn to ask, and to leave a database alone that did not answer."""
_Found = TypeVar("_Found")


class Known:
    """What was found while the database held the same."""

    def __init__(self) -> None:
        self._found: dict[Hashable, Any] = {}
        self._turns: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return len(self._found)

    def get(self, key: Hashable, find: Callable[[], _Found]) -> _Found:
        found = self._found.get(key)
        if found is None:
            # After a commit everybody misses at once: one of them looks, the others wait for it.
            with self._turns.setdefault(key, threading.RLock()):
                found = self._found.get(key)
                if found is None:
                    found = find()
                    if found is not None:
                        self._found[key] = found
                    else:
                        self._turns.pop(key, None)
        return cast(_Found, found)


class Unchanged:
    """What one process knows of one database as it is now."""

    def __init__(self, reader: Engine) -> None:
        self._reader = reader
        self._ask = "PRAGMA data_version" if reader.dialect.name == "sqlite" else "SELECT pg_current_snapshot()::text"
        # With a choice of servers, the one that is asked may be ahead of the one that is read.
        hosts = reader.url.query.get("host", "")
        self._can_tell = isinstance(hosts, str) and "," not in f"{reader.url.host}{hosts}"
        self._connection: Any = None
        self._turn = threading.Lock()
        self._rests_until = 0.0
        self._version: object = None
        self._known = Known()
        event.listen(reader, "engine_disposed", self._let_go)

    def now(self) -> Known | None:
        """What is known, empty after every commit of any process; None while the database does not tell.

        Whatever is read after this call may be put into it: the next call gives another one if that was too new.
        """
        if not self._can_tell or time.monotonic() < self._rests_until or not self._turn.acquire(timeout=_PATIENCE):
            return None
        try:
            version = self._read_version()
            if version != self._version or len(self._known) > _MOST_KEPT:
                self._version, self._known = version, Known()
            return self._known
        except (SQLAlchemyError, self._reader.dialect.loaded_dbapi.Error):
            # Whoever reads next meets the same trouble and reports it: nobody waits for it twice.
            self._let_go()
            self._rests_until = time.monotonic() + _PATIENCE
            return None
        finally:
            self._turn.release()

    def _read_version(self) -> object:
        # One connection of its own: SQLite counts what others did since the same connection asked before.
        if self._connection is None:
            pooled = self._reader.raw_connection()
            self._connection = pooled.driver_connection
            pooled.detach()
            self._version = None
            if self._reader.dialect.name != "sqlite":
                self._connection.autocommit = True
        return self._connection.execute(self._ask).fetchall()[0][0]

    def _let_go(self, _engine: object = None) -> None:
        connection, self._connection, self._version = self._connection, None, None
        if connection is not None:
            connection.close()


class Changing:
    """Stands for a database that changes all the time: what one session finds is of no use to the next."""

    def now(self) -> Known:
        return Known()


def follow(session: Any, unchanged: Unchanged) -> None:
    """Let `while_unchanged` keep what the sessions of this factory find; they must be sessions that only read."""
    session.configure(info=session.kw["info"] | {"unchanged": unchanged})
    event.listen(session, "after_begin", _note_begun)


def while_unchanged(db: Session, key: Hashable, find: Callable[[], _Found]) -> _Found:
    """What `find` gives, or gave under this `key` while the database held exactly what it holds now.

    What is found is shared between threads and outlives its session: let it be something nobody changes. None is
    never kept, and a session that writes always finds anew.
    """
    known = _known(db)
    return find() if known is None else known.get(key, find)


def is_kept(db: Session) -> bool:
    """Whether what this session finds may be given to others."""
    return _known(db) is not None


def _known(db: Session) -> Known | None:
    """What was known when this session began: it asks before it sees anything of the database."""
    info = db.info
    if "known" not in info:
        unchanged: Unchanged | Changing | None = None if "begun" in info else info.get("unchanged")
        info["known"] = None if unchanged is None else unchanged.now()
    known: Known | None = info["known"]
    return known


def _note_begun(db: Session, *_of: object) -> None:
    db.info["begun"] = True
