"""Shares planned for a moment: one for each person, item and network. The portal reminds; it posts nothing itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from portal import clock, i18n, jobs
from portal.campaigns.models import Campaign, Item
from portal.campaigns.queries import items_by_id, live_at
from portal.database import insert
from portal.i18n import gettext as _
from portal.people.models import Person
from portal.sharing import networks
from portal.sharing.models import REMINDER_CHANNELS, Reminder
from portal.web import NotFound

FARTHEST = timedelta(days=60)
OPEN = ("planned", "sending", "told")
"""Neither used nor dropped."""
ON_THE_FEED = timedelta(days=7)
"""How long after its moment the feed shows it: a wish of last month is none."""
KEPT = timedelta(days=30)
"""How long after its moment a reminder is kept."""


class PlanRefused(ValueError):
    """Nothing can be planned for that moment; the message is a sentence for the person."""


@dataclass(frozen=True)
class DueReminder:
    """What the feed says of a share whose moment has come."""

    id: int
    item_id: int
    network_name: str
    title: str
    due_at: datetime


@dataclass(frozen=True)
class Planned:
    """A reminder with what is shown of it."""

    reminder: Reminder
    item: Item
    title: str
    network_name: str
    is_due: bool


def plan(
    db: Session,
    me: Person,
    item: Item,
    *,
    network: str,
    language: str,
    caption_id: int | None,
    own: str,
    disclosure: int,
    channel: str,
    due_at: datetime,
) -> Reminder:
    """Keep what `me` wrote for that moment; planning the same item and network again takes its place.

    Raises PlanRefused for a moment at which it could not be shared. The item's campaign must be loaded.
    """
    if channel not in REMINDER_CHANNELS:
        raise ValueError(f"{channel!r} is no way to be reminded")
    check(item, due_at)
    latest = {
        "language": language,
        "caption_id": caption_id,
        "own": own,
        "disclosure": disclosure,
        "channel": channel,
        "state": "planned",
        "due_at": due_at,
        "told_at": None,
        "created_at": clock.now(),
    }
    # One statement for "first time" and "again", so that a double tap and two processes meet in one row.
    return db.scalars(
        insert(db, Reminder)
        .values(person_id=me.id, item_id=item.id, network=network, **latest)
        .on_conflict_do_update(index_elements=["person_id", "item_id", "network"], set_=latest)
        .returning(Reminder),
        execution_options={"populate_existing": True},
    ).one()


def move(db: Session, reminder: Reminder, item: Item, due_at: datetime) -> None:
    """Plan it for another moment, even if its first one has come already. Raises PlanRefused."""
    check(item, due_at)
    as_seen = (Reminder.id == reminder.id, Reminder.state == reminder.state, Reminder.due_at == reminder.due_at)
    moved = update(Reminder).where(*as_seen).values(due_at=due_at, state="planned", told_at=None)
    if db.scalar(moved.returning(Reminder.id).execution_options(synchronize_session=False)) is None:
        raise PlanRefused(_("It was shared or told meanwhile: there is nothing left to move."))
    db.refresh(reminder)


def check(item: Item, due_at: datetime) -> None:
    """Raises PlanRefused for a moment at which the item could not be shared; its campaign must be loaded."""
    now = clock.now()
    if due_at <= now:
        raise PlanRefused(_("That moment is over already. Choose a later one."))
    closes = closes_at(item)
    if due_at >= closes:
        last = i18n.day(closes - timedelta(microseconds=1))
        raise PlanRefused(_("By then this is over: its last day is %(day)s. Choose an earlier moment.", day=last))
    if due_at > now + FARTHEST:
        raise PlanRefused(_("That is far away. Choose a moment within %(days)s days.", days=FARTHEST.days))


def closes_at(item: Item) -> datetime:
    """The first moment at which it can be shared no more; its campaign must be loaded."""
    campaign = item.campaign
    return min(filter(None, (item.ends_at, campaign.archived_at, clock.end_of(campaign.ends_on))))


def due_for(db: Session, me: Person) -> list[DueReminder]:
    """What this person planned for a moment that has come and can still be shared, the latest first.

    Whether they were told already makes no difference: nobody's plan is lost by what a mail server did.
    """
    now = clock.now()
    rows = db.scalars(
        select(Reminder)
        .join(Item, Item.id == Reminder.item_id)
        .join(Campaign, Campaign.id == Item.campaign_id)
        .where(*_open_of(me), Reminder.due_at <= now, Reminder.due_at > now - ON_THE_FEED, *live_at(now))
        .order_by(Reminder.due_at.desc(), Reminder.id.desc())
    ).all()
    items = _items(db, rows)
    return [
        DueReminder(
            id=each.id,
            item_id=each.item_id,
            network_name=str(networks.get(each.network).name),
            title=items[each.item_id].text(me.language).title,
            due_at=each.due_at,
        )
        for each in rows
    ]


def planned(db: Session, me: Person) -> list[Planned]:
    """What this person planned and neither shared nor dropped; what comes first is first."""
    now = clock.now()
    rows = db.scalars(
        select(Reminder)
        .where(*_open_of(me), (Reminder.state == "planned") | (Reminder.due_at > now - ON_THE_FEED))
        .order_by(Reminder.due_at, Reminder.id)
    ).all()
    items = _items(db, rows)
    return [
        Planned(
            reminder=each,
            item=items[each.item_id],
            title=items[each.item_id].text(me.language).title,
            network_name=str(networks.get(each.network).name),
            is_due=each.due_at <= now,
        )
        for each in rows
    ]


def others_between(db: Session, item_id: int, me: Person, begins: datetime, ends: datetime) -> int:
    """How many colleagues planned the item for a moment from `begins` up to `ends`. Only ever shown as a number."""
    counted = select(func.count(Reminder.person_id.distinct())).where(
        Reminder.item_id == item_id,
        Reminder.due_at >= begins,
        Reminder.due_at < ends,
        Reminder.state.in_(OPEN),
        Reminder.person_id != me.id,
    )
    return db.scalar(counted) or 0


def find_own(db: Session, me: Person, reminder_id: int) -> Reminder | None:
    """The person's own reminder; None for anybody else's."""
    return db.scalar(select(Reminder).where(Reminder.id == reminder_id, Reminder.person_id == me.id))


def get_own(db: Session, me: Person, reminder_id: int) -> Reminder:
    """As find_own; raises NotFound when there is none."""
    found = find_own(db, me, reminder_id)
    if found is None:
        raise NotFound
    return found


def use(db: Session, me: Person, item_id: int, network: str) -> None:
    """It was shared there: nothing needs to remind them any more."""
    there = (Reminder.item_id == item_id, Reminder.network == network)
    _settle(db, "used", *_open_of(me), *there)


def drop(db: Session, me: Person, reminder_id: int) -> None:
    """They would rather not. Doing it again changes nothing; raises NotFound for somebody else's."""
    found = get_own(db, me, reminder_id)
    _settle(db, "dropped", Reminder.id == found.id, *_open_of(me))


def _settle(db: Session, state: str, *which: ColumnElement[bool]) -> None:
    db.execute(update(Reminder).where(*which).values(state=state).execution_options(synchronize_session="fetch"))


def _open_of(me: Person) -> tuple[ColumnElement[bool], ...]:
    return (Reminder.person_id == me.id, Reminder.state.in_(OPEN))


def _items(db: Session, rows: Sequence[Reminder]) -> dict[int, Item]:
    return {item.id: item for item in items_by_id(db, list({each.item_id for each in rows}))} if rows else {}


@jobs.job("forget_reminders", every=timedelta(days=1))
def forget(db: Session) -> None:
    """Let go of what was planned for a moment long past, whatever became of it."""
    db.execute(delete(Reminder).where(Reminder.due_at < clock.now() - KEPT))
