"""The one clock: every moment in the portal is read here, aware and in UTC."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_zone = ZoneInfo("Europe/Amsterdam")


def set_zone(name: str) -> None:
    """Make `name` (an IANA zone) the organisation's zone, which decides where a day and a week begin."""
    global _zone
    _zone = ZoneInfo(name)


def zone() -> ZoneInfo:
    return _zone


def now() -> datetime:
    return datetime.now(UTC)


def today() -> date:
    """The calendar day in the organisation's zone."""
    return now().astimezone(_zone).date()


def start_of(day: date) -> datetime:
    """The first moment of `day` in the organisation's zone, in UTC."""
    return datetime.combine(day, time.min, tzinfo=_zone).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The first moment after `day` in the organisation's zone, in UTC."""
    return start_of(day + timedelta(days=1))


def local(moment: datetime) -> datetime:
    """The same moment on the organisation's wall clock."""
    return moment.astimezone(_zone)
