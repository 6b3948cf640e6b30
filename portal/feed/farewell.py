"""Stopping and going, in everything that knows a person: what asks them ends, what they leave behind loses its name."""

from sqlalchemy import Table, delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from portal import jobs
from portal.activity import Activity
from portal.database import one_at_a_time
from portal.inbox.models import Idea
from portal.links.ingest import STORING
from portal.links.models import Click
from portal.notifications.models import NotificationChoice, PushSubscription
from portal.people import leaving
from portal.people.models import Person
from portal.sharing.models import Reminder, Share
from portal.sharing.reminders import OPEN
from portal.tables import Base

ROWS_AT_ONCE = 2_000
IDS_AT_ONCE = 50_000
"""Clicks looked at in one transaction: no index finds a person's, so all are, in the order of their ids."""


def stop(db: Session, person: Person) -> None:
    """Leave `person` in peace from now on: no plan, no device, no mail, no name. Links and shares go on."""
    leaving.stop(db, person)
    planned = (Reminder.person_id == person.id, Reminder.state.in_(OPEN))
    db.execute(update(Reminder).where(*planned).values(state="dropped"))
    db.execute(update(Idea).where(Idea.person_id == person.id).values(named=False))
    db.execute(delete(PushSubscription).where(PushSubscription.person_id == person.id))
    db.execute(
        update(NotificationChoice)
        .where(NotificationChoice.person_id == person.id)
        .values(digest_rhythm="never", push=False, next_digest_at=None)
    )


@jobs.job("erase_person")
def erase_person(db: Session, *, person_id: int, after: int = -1) -> None:
    """Take the next part of somebody away, and leave the others to another job; their own row goes last.

    First every row that refers to theirs, so that no transaction takes long; then the clicks and the log, which hold
    plain numbers, from the id `after` on. While the last of them are looked at nobody stores clicks: a click stored
    later finds no such person.
    """
    if after < 0:
        wiped = _wipe(db, person_id)
        jobs.enqueue(db, "erase_person", person_id=person_id, after=-1 if wiped == ROWS_AT_ONCE else 0)
        return
    newest = max(db.scalar(select(func.max(table.id))) or 0 for table in (Click, Activity))
    if after + IDS_AT_ONCE < newest:
        _unname(db, person_id, after, upto=after + IDS_AT_ONCE)
        jobs.enqueue(db, "erase_person", person_id=person_id, after=after + IDS_AT_ONCE)
        return
    one_at_a_time(db, STORING)
    _wipe(db, person_id)  # what was on its way when they went
    _unname(db, person_id, after)
    db.execute(delete(Person).where(Person.id == person_id).execution_options(synchronize_session=False))


def _wipe(db: Session, person_id: int) -> int:
    """Rows that refer to the person lose them, or go; at most ROWS_AT_ONCE of them. How many."""
    left = ROWS_AT_ONCE
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column is not Person.__table__.c.id or not left:
                continue
            left -= _wipe_rows(db, table, key.parent.name, person_id, goes=key.ondelete == "CASCADE", most=left)
    return ROWS_AT_ONCE - left


def _wipe_rows(db: Session, table: Table, column: str, person_id: int, *, goes: bool, most: int) -> int:
    keys = list(table.primary_key)
    some = db.execute(select(*keys).where(table.c[column] == person_id).limit(most)).all()
    if not some:
        return 0
    these = tuple_(*keys).in_([tuple(each) for each in some])
    if goes:
        db.execute(delete(table).where(these))
    else:
        # Nobody but its person ever saw the text of a share.
        more = {"text": ""} if table is Share.__table__ else {}
        db.execute(update(table).where(these).values({column: None, **more}))
    return len(some)


def _unname(db: Session, person_id: int, after: int, upto: int | None = None) -> None:
    for table in (Click, Activity):
        theirs = [table.id > after, table.person_id == person_id]
        if upto is not None:
            theirs.append(table.id <= upto)
        db.execute(update(table).where(*theirs).values(person_id=None).execution_options(synchronize_session=False))
