"""What somebody is offered when they plan a share: moments on their own clock, and ways to be reminded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from babel import dates
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from portal import clock, i18n, mail
from portal.campaigns.models import Item
from portal.i18n import gettext as _
from portal.notifications import choices, spreading, times
from portal.notifications.models import NotificationChoice, PushSubscription
from portal.people.models import Person
from portal.sharing import reminders
from portal.sharing.models import Reminder
from portal.web import Form

MORNING = time(9, 30)
"""What is proposed to whoever chooses a moment of their own."""


@dataclass(frozen=True)
class Fold:
    """All that the fold on the share page needs."""

    channels: list[str]
    channel: str
    can_pick: bool
    """Whether there is a moment left for the portal to pick."""
    picks: bool
    """Whether it is to do so."""
    day: str
    at: str
    others: int
    """Colleagues who planned this item for the day that is filled in."""
    zone_name: str
    """The person's own zone; "" when it is the organisation's."""
    mine: str
    """When this person planned the item for, in words; "" when they did not."""


def fold(db: Session, item: Item, *, me: Person, typed: Mapping[str, str]) -> Fold:
    """The fold for `item`, which can be shared now; `typed` is what a form that came back says."""
    choice = choices.of(db, me)
    where, offered = times.zone(choice), channels(db, me, choice)
    proposed = _proposed(choice, me, reminders.closes_at(item)).astimezone(where)
    day = typed.get("planned_on", "") or f"{proposed:%Y-%m-%d}"
    planned, can_pick = _planned(db, me, item), spreading.has_room(item, person=me, choice=choice)
    return Fold(
        channels=offered,
        channel=typed["channel"] if typed.get("channel") in offered else offered[0],
        can_pick=can_pick,
        picks=can_pick and typed.get("when") != "own",
        day=day,
        at=typed.get("planned_at", "") or f"{proposed:%H:%M}",
        others=_others(db, item, me, day, where),
        zone_name=zone_name(choice),
        mine=said(planned, where) if planned is not None else "",
    )


def channels(db: Session, person: Person, choice: NotificationChoice) -> list[str]:
    """How this person can be reminded, what finds them soonest first. A calendar can always be had."""
    has_browser = db.scalar(select(exists().where(PushSubscription.person_id == person.id)))
    ways = {"push": has_browser, "mail": takes_mail(person, choice), "calendar": True}
    return [way for way, is_there in ways.items() if is_there]


def takes_mail(person: Person, choice: NotificationChoice) -> bool:
    return mail.is_configured() and mail.is_address(person.email) and choice.refused_at is None


def read_moment(db: Session, form: Form, item: Item, *, me: Person) -> datetime | None:
    """The moment a form asks for, picked by the portal if it says so; None with a sentence in `form.errors`."""
    choice = choices.of(db, me)
    if form.text("when") != "own":
        found = spreading.pick(db, item, person=me, choice=choice)
        if found is None:
            form.errors["planned_on"] = _("There is little time left, so please choose a moment yourself.")
        return found
    try:
        shown = datetime.strptime(f"{form.text('planned_on')} {form.text('planned_at')}", "%Y-%m-%d %H:%M")  # noqa: DTZ007 (a clock on a wall)
        return times.on_clock(times.zone(choice), shown.date(), shown.time())
    except (ValueError, OverflowError):
        form.errors["planned_on"] = _("Please choose a day and a time.")
        return None


def said(at: datetime, where: ZoneInfo) -> str:
    """Such as Tuesday 24 November, 10:15, on a clock in that zone."""
    return dates.format_datetime(at, "EEEE d MMMM, HH:mm", tzinfo=where, locale=i18n.locale())


def zone_name(choice: NotificationChoice) -> str:
    """The person's own zone for reading; "" when it is the organisation's."""
    where = times.zone(choice)
    return "" if where == clock.zone() else where.key.replace("_", " ")


def _proposed(choice: NotificationChoice, me: Person, closes: datetime) -> datetime:
    """Tomorrow morning, or when they may be reached next; but before it closes."""
    now, where = clock.now(), times.zone(choice)
    tomorrow = times.on_clock(where, now.astimezone(where).date() + times.A_DAY, MORNING)
    welcome = times.welcome_at(choice, me, tomorrow) or tomorrow
    if welcome < closes:
        return welcome
    return now + (closes - now) / 2


def _others(db: Session, item: Item, me: Person, day: str, where: ZoneInfo) -> int:
    try:
        wanted = date.fromisoformat(day)
        begins = times.on_clock(where, wanted, time())
        ends = times.on_clock(where, wanted + times.A_DAY, time())
    except (ValueError, OverflowError):
        return 0
    return reminders.others_between(db, item.id, me, begins, ends)


def _planned(db: Session, me: Person, item: Item) -> datetime | None:
    """When this person planned the item for, next; None when they did not."""
    mine = (Reminder.person_id == me.id, Reminder.item_id == item.id, Reminder.state == "planned")
    return db.scalar(select(Reminder.due_at).where(*mine).order_by(Reminder.due_at).limit(1))
