"""When somebody may be reached: moments on their own clock, right across the nights on which it is put forward or back.

Nothing here asks the database or the clock; every moment returned is in UTC.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portal import clock
from portal.notifications.models import NotificationChoice
from portal.people.models import Person

A_DAY = timedelta(days=1)


def default(person_id: int) -> NotificationChoice:
    """What holds for somebody who never chose: a row that is not stored."""
    columns = NotificationChoice.__table__.columns
    values = {each.key: each.default.arg for each in columns if each.default is not None and each.default.is_scalar}
    return NotificationChoice(person_id=person_id, next_digest_at=None, refused_at=None, **values)


def zone(choice: NotificationChoice) -> ZoneInfo:
    """The person's own; the organisation's when they chose none, or one that is known no more."""
    if not choice.time_zone:
        return clock.zone()
    try:
        return ZoneInfo(choice.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return clock.zone()


def on_clock(where: ZoneInfo, day: date, at: time) -> datetime:
    """The moment a clock in this zone shows `day` and `at`.

    What it shows twice is the first of the two; what it skips is the first moment after the gap.
    """
    shown = datetime.combine(day, at, tzinfo=where)
    first = shown.replace(fold=0).astimezone(UTC)
    if first.astimezone(where).replace(tzinfo=None) == shown.replace(tzinfo=None):
        return first
    # In a gap the two readings lie on either side of it, and the clock is put forward somewhere between them.
    after = shown.replace(fold=1).utcoffset()
    before = shown.replace(fold=1).astimezone(UTC)
    while first - before > timedelta(seconds=1):
        middle = before + (first - before) // 2
        if middle.astimezone(where).utcoffset() == after:
            first = middle
        else:
            before = middle
    return first.replace(microsecond=0)


def is_quiet(choice: NotificationChoice, at: datetime) -> bool:
    """Whether it is one of their quiet hours or days off."""
    shown = at.astimezone(zone(choice))
    return _is_off(choice, shown.date()) or _is_quiet_hour(choice, shown.hour)


def welcome_at(choice: NotificationChoice, person: Person, at: datetime) -> datetime | None:
    """The earliest moment from `at` on that lies in no quiet hour, on no day off and in no pause.

    None for whoever has all seven days off.
    """
    if _never(choice):
        return None
    where, at = zone(choice), at.astimezone(UTC)
    if person.paused_until is not None:
        at = max(at, on_clock(where, person.paused_until, time()))
    while True:
        shown = at.astimezone(where)
        if _is_off(choice, shown.date()):
            at = _next(where, shown.date() + A_DAY, time(), after=at)
        elif _is_quiet_hour(choice, shown.hour):
            ends_on = shown.date() + (A_DAY if shown.hour >= choice.quiet_until else timedelta())
            at = _next(where, ends_on, time(choice.quiet_until), after=at)
        else:
            return at


def next_digest(choice: NotificationChoice, after: datetime) -> datetime | None:
    """The first moment after `after` at which a digest is due: once on each of its days, whatever the clock does.

    A daily one leaves days off out. None when there is none, or every day is off.
    """
    if choice.digest_rhythm == "never" or (choice.digest_rhythm == "daily" and _never(choice)):
        return None
    where = zone(choice)
    # From the day before: a clock that skips the end of a day moves what was due there to the next.
    day = after.astimezone(where).date() - A_DAY
    while True:
        wanted = (
            day.isoweekday() == choice.digest_weekday if choice.digest_rhythm == "weekly" else not _is_off(choice, day)
        )
        if wanted and (due := on_clock(where, day, time(choice.digest_hour))) > after:
            return due
        day += A_DAY


def _next(where: ZoneInfo, day: date, at: time, *, after: datetime) -> datetime:
    """When the clock shows this next. Put back by hours, it may show it again: then the later of the two."""
    again = datetime.combine(day, at, tzinfo=where).replace(fold=1).astimezone(UTC)
    return next(each for each in (on_clock(where, day, at), again, after + timedelta(minutes=15)) if each > after)


def _is_quiet_hour(choice: NotificationChoice, hour: int) -> bool:
    begins, ends = choice.quiet_from, choice.quiet_until
    return begins <= hour < ends if begins <= ends else hour >= begins or hour < ends


def _is_off(choice: NotificationChoice, day: date) -> bool:
    return str(day.isoweekday()) in choice.days_off


def _never(choice: NotificationChoice) -> bool:
    return set("1234567") <= set(choice.days_off)
