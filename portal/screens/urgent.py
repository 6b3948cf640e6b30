"""Urgent messages: what everybody must see now stands alone on its screens until it ends."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, func, insert, select, update
from sqlalchemy.orm import Session

from portal import activity, clock, jobs
from portal.people import audit
from portal.people.models import Person
from portal.screens.models import Screen, UrgentMessage, UrgentScreen
from portal.web import NotFound

LASTS_AT_MOST = timedelta(days=14)
KEPT = timedelta(days=90)
MOST_AT_ONCE = 20
NAMED = 3
"""Screens of a message that are named on its line."""
TOLD_ONE_BY_ONE = 50
"""Screens; with more of them every wall looks anew once."""


class TooMany(Exception):
    """So many messages run or wait already that another one would not be read."""


@dataclass(frozen=True)
class Running:
    """A message that is on screens now or will be, with how many screens it is for."""

    message: UrgentMessage
    screens: int
    names: list[str]
    """Of the first few."""

    @property
    def is_on(self) -> bool:
        return self.message.starts_at <= clock.now()


def running(db: Session) -> list[Running]:
    """Every message that is not over, the latest first."""
    messages = db.scalars(
        select(UrgentMessage).where(UrgentMessage.ends_at > clock.now()).order_by(UrgentMessage.id.desc())
    ).all()
    ids = [message.id for message in messages]
    on = UrgentScreen.urgent_message_id
    of_connected = select(on, func.count()).join(Screen).where(on.in_(ids), Screen.revoked_at.is_(None)).group_by(on)
    sizes = dict(db.execute(of_connected).all()) if ids else {}
    names = _names(db, ids)
    return [Running(message, sizes.get(message.id, 0), names.get(message.id, [])) for message in messages]


def send(
    db: Session,
    *,
    title: str,
    line: str,
    starts_at: datetime,
    ends_at: datetime,
    screen_ids: Collection[int] | None,
    by: Person,
) -> UrgentMessage:
    """Put a message on these screens; None: on every screen that is connected now. Raises TooMany."""
    now = clock.now()
    not_over = select(func.count()).select_from(UrgentMessage).where(UrgentMessage.ends_at > now)
    if (db.scalar(not_over) or 0) >= MOST_AT_ONCE:
        raise TooMany
    message = UrgentMessage(title=title, line=line, starts_at=starts_at, ends_at=ends_at, person_id=by.id)
    db.add(message)
    db.flush()
    wanted = select(Screen.id).where(Screen.revoked_at.is_(None))
    if screen_ids is not None:
        wanted = wanted.where(Screen.id.in_(screen_ids))
    found = list(db.scalars(wanted))
    if found:
        rows = [{"urgent_message_id": message.id, "screen_id": screen_id} for screen_id in found]
        db.execute(insert(UrgentScreen), rows)
    _tell(db, found)
    audit.write(db, "urgent_sent", "urgent_message", message.id, by=by, title=title, screens=len(found))
    return message


def end(db: Session, message_id: int, *, by: Person) -> UrgentMessage:
    """Take a message off its screens at once. Ends in a 404 when it is not running or waiting."""
    now = clock.now()
    done = db.execute(
        update(UrgentMessage).where(UrgentMessage.id == message_id, UrgentMessage.ends_at > now).values(ends_at=now)
    )
    assert isinstance(done, CursorResult)
    if done.rowcount != 1:
        raise NotFound
    message = db.get_one(UrgentMessage, message_id)
    on = select(UrgentScreen.screen_id).where(UrgentScreen.urgent_message_id == message_id)
    _tell(db, list(db.scalars(on)))
    audit.write(db, "urgent_ended", "urgent_message", message_id, by=by, title=message.title)
    return message


@jobs.job("old_urgent_messages", every=timedelta(days=1))
def forget_old(db: Session) -> None:
    """Messages that were over long ago; the audit log still knows of them."""
    db.execute(delete(UrgentMessage).where(UrgentMessage.ends_at < clock.now() - KEPT))


def _tell(db: Session, screen_ids: Collection[int]) -> None:
    if len(screen_ids) > TOLD_ONE_BY_ONE:
        activity.record(db, "screen_changed")
        return
    for screen_id in screen_ids:
        activity.record(db, "screen_changed", screen_id=screen_id)


def _names(db: Session, message_ids: Collection[int]) -> dict[int, list[str]]:
    """For each message the names of the first few connected screens it is for."""
    on = UrgentScreen.urgent_message_id
    place = func.row_number().over(partition_by=on, order_by=(Screen.name, Screen.id)).label("place")
    ranked = (
        select(on.label("message_id"), Screen.name, place)
        .join(Screen)
        .where(on.in_(message_ids), Screen.revoked_at.is_(None))
        .subquery()
    )
    found: dict[int, list[str]] = {}
    first = select(ranked.c.message_id, ranked.c.name).where(ranked.c.place <= NAMED)
    for message_id, name in db.execute(first.order_by(ranked.c.message_id, ranked.c.place)):
        found.setdefault(message_id, []).append(name)
    return found
