"""Letting the portal pick the moment of a planned share, so that colleagues do not all post at once."""

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns.models import Item
from portal.database import one_at_a_time
from portal.notifications import times
from portal.notifications.models import NotificationChoice
from portal.people.models import Person
from portal.sharing import reminders
from portal.sharing.models import Reminder

SLOT = timedelta(minutes=15)
SOONEST = timedelta(hours=1)
WORKING_DAYS = 5
HOURS = range(8, 20)
"""Of the person's own day."""
Window = tuple[datetime, datetime]


def pick(
    db: Session, item: Item, *, person: Person, choice: NotificationChoice, window: Window | None = None
) -> datetime | None:
    """The quarter of an hour that fewest colleagues planned this item for, far from the others' where it can be.

    From an hour from now through their next five working days, or within `window`, while the item can be shared; in
    the daytime of the person's own clock and when they may be reached. None when no such moment is left. Until the
    end of the transaction nobody else picks one for this item. The item's campaign must be loaded.
    """
    one_at_a_time(db, f"reminders of item {item.id}")
    begins, ends = window or usual_window(choice, clock.now())
    free = list(_slots(choice, person, begins, min(ends, reminders.closes_at(item))))
    if not free:
        return None
    taken = _taken(db, item, person, free[0], free[-1] + SLOT)
    fewest = min(taken[slot] for slot in free)
    least = [slot for slot in free if taken[slot] == fewest]
    crowded = sorted(slot for slot, number in taken.items() if number > fewest)
    return max(least, key=lambda slot: (_distance(slot, crowded), _lot(person, item, slot)))


def has_room(item: Item, *, person: Person, choice: NotificationChoice) -> bool:
    """Whether there is a moment to pick; the item's campaign must be loaded."""
    begins, ends = usual_window(choice, clock.now())
    return any(_slots(choice, person, begins, min(ends, reminders.closes_at(item))))


def usual_window(choice: NotificationChoice, now: datetime) -> Window:
    """From an hour from now to the end of the fifth working day, on the person's own clock."""
    where = times.zone(choice)
    begins = now + SOONEST
    day, left = begins.astimezone(where).date(), WORKING_DAYS
    for _day in range(4 * 7):
        left -= day.isoweekday() <= WORKING_DAYS and str(day.isoweekday()) not in choice.days_off
        day += times.A_DAY
        if not left:
            break
    return begins, times.on_clock(where, day, datetime.min.time())


def _slots(choice: NotificationChoice, person: Person, begins: datetime, ends: datetime) -> Iterator[datetime]:
    """Every quarter of an hour between the two at which this person may be reminded."""
    where, slot = times.zone(choice), _rounded_up(begins)
    while slot < ends:
        welcome = times.welcome_at(choice, person, slot)
        if welcome is None:
            return
        if welcome > slot:
            slot = _rounded_up(welcome)
            continue
        if slot.astimezone(where).hour in HOURS:
            yield slot
        slot += SLOT


def _taken(db: Session, item: Item, person: Person, begins: datetime, ends: datetime) -> Counter[datetime]:
    """How many colleagues planned the item for each quarter of an hour."""
    rows = db.execute(
        select(Reminder.due_at, func.count())
        .where(
            Reminder.item_id == item.id,
            Reminder.due_at >= begins,
            Reminder.due_at < ends,
            Reminder.state != "dropped",
            Reminder.person_id != person.id,
        )
        .group_by(Reminder.due_at)
    )
    taken: Counter[datetime] = Counter()
    for due_at, number in rows:
        taken[_rounded_down(due_at)] += number
    return taken


def _distance(slot: datetime, crowded: list[datetime]) -> timedelta:
    """How far it is from the nearest of these, which are in order."""
    place = bisect_left(crowded, slot)
    return min((abs(slot - each) for each in _of(crowded, (place - 1, place))), default=timedelta())


def _of(slots: list[datetime], places: Iterable[int]) -> list[datetime]:
    return [slots[place] for place in places if 0 <= place < len(slots)]


def _lot(person: Person, item: Item, slot: datetime) -> bytes:
    """Drawn anew for each person and item, so that the first of many begin anywhere."""
    return hashlib.sha256(f"{person.id} {item.id} {slot.timestamp()}".encode()).digest()


def _rounded_down(at: datetime) -> datetime:
    return datetime.fromtimestamp(at.timestamp() // SLOT.total_seconds() * SLOT.total_seconds(), UTC)


def _rounded_up(at: datetime) -> datetime:
    down = _rounded_down(at)
    return down if down == at else down + SLOT
