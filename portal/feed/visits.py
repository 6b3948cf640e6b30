"""When somebody looked at their feed: what appeared since then is unseen. Two moments, never what they looked at."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case
from sqlalchemy.orm import Session

from portal import clock
from portal.database import insert
from portal.feed import personal
from portal.feed.models import FeedVisit
from portal.people.models import Person

PAUSE = timedelta(minutes=30)
"""Longer than this without a look, and the next one begins a new visit."""
FRESH = timedelta(days=7)
"""What counts as unseen for somebody whose browser never told us of a visit."""
SOON = timedelta(days=3)


@dataclass(frozen=True)
class Look:
    """One look at the feed: everything its order depends on, besides what is on it.

    The order must not move while somebody goes through it, so nothing in here changes within a visit before midnight.
    """

    at: datetime
    since: datetime
    """What appeared later is unseen."""

    @property
    def settled(self) -> datetime:
        """Shares up to here are done with; what was shared later keeps its place, so that the way back finds it."""
        return max(self.since, clock.start_of(clock.local(self.at).date()))

    @property
    def soon(self) -> datetime:
        return clock.end_of((clock.local(self.at) + SOON).date())


def look(db: Session, me: Person, *, since: datetime | None = None) -> Look:
    """How `me` looks at the feed now; `since` goes on with a look begun before."""
    at = clock.now()
    return Look(at, since or _seen_until(db, me, at) or clock.start_of(clock.local(at).date()) - FRESH)


def beat(db: Session, me: Person) -> None:
    """Note that `me` is looking now. After a pause this begins a new visit, which ends the one before."""
    now = clock.now()
    row = insert(db, FeedVisit).values(person_id=me.id, seen_until=None, at=now)
    ended = case((FeedVisit.at < now - PAUSE, FeedVisit.at), else_=FeedVisit.seen_until)
    latest = case((FeedVisit.at < now, now), else_=FeedVisit.at)
    db.execute(row.on_conflict_do_update(index_elements=["person_id"], set_={"seen_until": ended, "at": latest}))


def _seen_until(db: Session, me: Person, at: datetime) -> datetime | None:
    """When the visit before this one ended, as `beat` will have it; None before there was one."""
    visit = personal.of(db, me).visit
    if visit is None:
        return None
    seen_until, last = visit
    return last if last < at - PAUSE else seen_until
