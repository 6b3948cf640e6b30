"""Hours, days, weeks and months of clicks: where each begins on the organisation's clock, and its key in the tallies.

Rollups are kept by hour, so every longer time has to begin and end on one: an hour here begins when the organisation's
clock strikes, also in a zone that is half an hour off.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from portal import clock
from portal.tables import instant, microseconds

HOUR = timedelta(hours=1)
TOTAL = "total"


@dataclass(frozen=True)
class Span:
    """From `start` up to but not including `end`, both in UTC and both at the beginning of an hour."""

    start: datetime
    end: datetime

    @property
    def hours(self) -> int:
        """How many hours went by: a day has 24, or 23 or 25 when the clock changes."""
        return (self.end - self.start) // HOUR


def hour_of(at: datetime) -> datetime:
    """When the hour that `at` falls in began on the organisation's clock, in UTC."""
    local = clock.local(at)
    # Without the zone the hands are set back, and with the same offset: an hour that comes twice stays two.
    offset = local.utcoffset() or timedelta()
    struck = local.replace(tzinfo=None, minute=0, second=0, microsecond=0)
    return (struck - offset).replace(tzinfo=UTC)


class Hours:
    """The hours of many moments, most of which fall in the same one as the moment before."""

    def __init__(self) -> None:
        self._hour = datetime.min.replace(tzinfo=UTC)
        self._begin = self._end = 0

    def of(self, at: int) -> datetime:
        """`hour_of` a moment in microseconds since 1970."""
        if not self._begin <= at < self._end:
            self._hour = hour_of(instant(at))
            self._begin = microseconds(self._hour)
            self._end = self._begin + 3_600_000_000
        return self._hour


def day_span(day: date) -> Span:
    return span(day, day)


def week_span(day: date) -> Span:
    """The ISO week `day` is in: Monday to Sunday."""
    monday = day - timedelta(days=day.weekday())
    return span(monday, monday + timedelta(days=6))


def month_span(day: date) -> Span:
    """The calendar month `day` is in."""
    first = day.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return span(first, following - timedelta(days=1))


def span(first: date, last: date) -> Span:
    """Every hour from the first day up to and including the last."""
    return Span(clock.start_of(first), clock.end_of(last))


def days(first: date, last: date) -> Iterator[date]:
    """Every day from the first up to and including the last."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def day_key(day: date) -> str:
    return f"day:{day.isoformat()}"


def week_key(day: date) -> str:
    """Such as `week:2026-W47`. The days around New Year belong to the week most of whose days are in the same year."""
    year, week, _ = day.isocalendar()
    return f"week:{year:04}-W{week:02}"


def month_key(day: date) -> str:
    return f"month:{day.year:04}-{day.month:02}"


def campaign_key(campaign_id: int) -> str:
    return f"campaign:{campaign_id}"


def keys_of(at: datetime, campaign_id: int | None) -> list[str]:
    """Every period of the tallies that a click at this moment counts in; `campaign_id` is None or 0 for none."""
    keys = list(_keys_of_day(clock.local(at).date()))
    if campaign_id:
        keys.append(campaign_key(campaign_id))
    return keys


@lru_cache(maxsize=512)
def _keys_of_day(day: date) -> tuple[str, ...]:
    return day_key(day), week_key(day), month_key(day), TOTAL
