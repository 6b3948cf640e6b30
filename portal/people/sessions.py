"""Browsers people are signed in with: opened at sign-in, found by their cookie, closed when asked."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, String, bindparam, delete, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, joinedload

from portal import clock
from portal.database import Database
from portal.people.models import Person, WebSession
from portal.unchanged import is_kept, while_unchanged
from portal.web import token, token_hash

LONGEST = timedelta(days=30)
IDLE = timedelta(days=14)
TOUCHED_EVERY = timedelta(hours=1)


def open(db: Session, person: Person) -> str:  # noqa: A001 (read as sessions.open)
    """A new session for `person`; the secret belongs in their cookie and is kept nowhere else."""
    secret, now = token(), clock.now()
    db.add(
        WebSession(
            token_hash=token_hash(secret),
            person_id=person.id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + LONGEST,
        )
    )
    db.flush()
    return secret


def find_person(db: Session, secret: str) -> Person | None:
    """The active person signed in with `secret`, with their department; None once closed or run out."""
    found = _find(db, secret)
    return found[1] if found else None


def finder(database: Database) -> Callable[[Session, str], Person | None]:
    """`find_person` that also notes, at most once an hour, that the session is still in use."""

    def find_and_note(db: Session, secret: str) -> Person | None:
        found = _find(db, secret)
        if found is None:
            return None
        session, person = found
        if clock.now() - session.last_seen_at >= TOUCHED_EVERY:
            _note(database, db, session.id)
        return person

    return find_and_note


def close(db: Session, secret: str) -> None:
    db.execute(delete(WebSession).where(WebSession.token_hash == token_hash(secret)))


def close_all(db: Session, person: Person) -> int:
    """Sign `person` out everywhere; the number of browsers that were signed in."""
    closed = db.scalars(delete(WebSession).where(WebSession.person_id == person.id).returning(WebSession.id))
    return len(closed.all())


def is_over(at: datetime) -> ColumnElement[bool]:
    """Whether a session lets nobody in any more at this moment."""
    return or_(WebSession.expires_at <= at, WebSession.last_seen_at <= at - IDLE)


def _find(db: Session, secret: str) -> tuple[WebSession, Person] | None:
    known_by, now = token_hash(secret), clock.now()
    found = while_unchanged(db, ("session", known_by), lambda: _read(db, known_by))
    if found is None or found[0].expires_at <= now or found[0].last_seen_at <= now - IDLE:
        return None
    return found


def _read(db: Session, known_by: str) -> tuple[WebSession, Person] | None:
    row = db.execute(_OPEN, {"known_by": known_by}).one_or_none()
    if row is None:
        return None
    session, person = row
    if is_kept(db):  # others will be given them
        for each in (session, person.department, person):
            db.expunge(each)
    return session, person


# Built once: building it takes longer than the database needs for it.
_OPEN = (
    select(WebSession, Person)
    .join(Person, Person.id == WebSession.person_id)
    .options(joinedload(Person.department))
    .where(WebSession.token_hash == bindparam("known_by", type_=String), Person.deactivated_at.is_(None))
)


def _note(database: Database, db: Session, session_id: int) -> None:
    seen = update(WebSession).where(WebSession.id == session_id).values(last_seen_at=clock.now())
    if db.get_bind() is database.writer:
        db.execute(seen)
        return
    try:
        with database.writing() as writing:
            writing.execute(seen)
    except SQLAlchemyError:
        return  # a page must not fail for this note; the next request tries again
