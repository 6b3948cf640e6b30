"""What the feed must know of one person, read together: what they passed on, keep, chose, and whether anything waits.

Only rows, nothing that depends on the moment: it holds for as long as the database holds what it did.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, exists, literal, select
from sqlalchemy.orm import Session

from portal.feed.models import FeedVisit, SavedItem
from portal.handbook import welcome
from portal.people.models import Note, Person, PersonTopic
from portal.sharing.models import SHARED_STATES, Reminder, Share
from portal.sharing.reminders import OPEN
from portal.sharing.shares import HOW
from portal.unchanged import while_unchanged


@dataclass(frozen=True)
class Personal:
    shared: dict[int, datetime]
    """By item, since when it counts as passed on by them."""
    saved: frozenset[int]
    topics: frozenset[str]
    """Ids, as an item's audience names them."""
    visit: tuple[datetime | None, datetime] | None
    """When the visit before the latest one ended, and when they looked last; None before the first one."""
    welcomes: bool
    """Whether the first five minutes are ahead of them, or half done."""
    has_plans: bool
    """Whether they planned a share that is neither used nor dropped, whenever its moment is."""
    has_opened: bool
    """Whether something they opened might be asked about, once its time comes."""
    has_notes: bool


def of(db: Session, me: Person) -> Personal:
    return while_unchanged(db, ("personal", me.id), lambda: _read(db, me))


def _read(db: Session, me: Person) -> Personal:
    mine = {"me": me.id}
    row = db.execute(_one_row(), mine).one()
    shared: dict[int, datetime] = {}
    for item_id, confirmed, seen, at in db.execute(_SHARED, mine) if row.has_shared else ():
        since = min(filter(None, (confirmed, seen)), default=at)
        shared[item_id] = min(since, shared.get(item_id, since))
    return Personal(
        shared=shared,
        saved=frozenset(db.scalars(_SAVED, mine) if row.has_saved else ()),
        topics=frozenset(map(str, db.scalars(_TOPICS, mine) if row.has_topics else ())),
        visit=(row.seen_until, row.at) if row.at is not None else None,
        welcomes=welcome.waits_for(db, me),
        has_plans=row.has_plans,
        has_opened=row.has_opened,
        has_notes=row.has_notes,
    )


_me: Any = bindparam("me", type_=BigInteger)
_shared = (Share.person_id == _me, Share.state.in_(SHARED_STATES))
_SHARED = select(Share.item_id, Share.confirmed_at, Share.seen_at, Share.at).where(*_shared)
_SAVED = select(SavedItem.item_id).where(SavedItem.person_id == _me)
_TOPICS = select(PersonTopic.topic_id).where(PersonTopic.person_id == _me)


@cache
def _one_row() -> Select[Any]:
    """Most of it is not there for most people: what is not there is not asked for."""
    has = {
        "has_shared": exists().where(*_shared),
        "has_saved": exists().where(SavedItem.person_id == _me),
        "has_topics": exists().where(PersonTopic.person_id == _me),
        "has_plans": exists().where(Reminder.person_id == _me, Reminder.state.in_(OPEN)),
        "has_opened": exists().where(Share.person_id == _me, Share.state.in_(HOW), Share.asked_at.is_(None)),
        "has_notes": exists().where(Note.person_id == _me, Note.read_at.is_(None)),
    }
    me = select(literal(1).label("one")).subquery("me")
    columns: list[Any] = [FeedVisit.seen_until, FeedVisit.at, *(each.label(name) for name, each in has.items())]
    return select(*columns).select_from(me).outerjoin(FeedVisit, FeedVisit.person_id == _me)
