"""Hours, days, weeks and months on the organisation's clock, and the keys of the tallies."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal import clock
from portal.links import periods

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def zone_put_back() -> Iterator[None]:
    before = clock.zone().key
    yield
    clock.set_zone(before)


@pytest.mark.parametrize(
    ("at", "campaign", "keys"),
    [
        (
            datetime(2026, 11, 21, 12, tzinfo=UTC),
            3,
            ["day:2026-11-21", "week:2026-W47", "month:2026-11", "total", "campaign:3"],
        ),
        # Past eleven in the evening in Greenwich it is the next day in Amsterdam, and here the next month.
        (
            datetime(2026, 11, 30, 23, 15, tzinfo=UTC),
            None,
            ["day:2026-12-01", "week:2026-W49", "month:2026-12", "total"],
        ),
        # 1 January 2027 belongs to the last week of 2026; 29 December 2025 to the first of 2026.
        (datetime(2027, 1, 1, 12, tzinfo=UTC), 0, ["day:2027-01-01", "week:2026-W53", "month:2027-01", "total"]),
        (datetime(2025, 12, 29, 12, tzinfo=UTC), 0, ["day:2025-12-29", "week:2026-W01", "month:2025-12", "total"]),
    ],
)
def test_a_click_counts_in_its_local_day_week_and_month(at: datetime, campaign: int | None, keys: list[str]) -> None:
    assert periods.keys_of(at, campaign) == keys


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)])
def test_a_day_on_which_the_clock_changes_has_an_hour_less_or_more(day: date, hours: int) -> None:
    assert periods.day_span(day).hours == hours


def test_weeks_and_months_are_as_long_as_their_days() -> None:
    for day in (date(2026, 3, 29), date(2026, 10, 25), date(2028, 2, 29), date(2026, 12, 31)):
        for found in (periods.week_span(day), periods.month_span(day)):
            first, last = clock.local(found.start).date(), clock.local(found.end - periods.HOUR).date()
            assert found.hours == sum(periods.day_span(each).hours for each in periods.days(first, last))
            assert first <= day <= last
    assert clock.local(periods.week_span(date(2027, 1, 1)).start).date() == date(2026, 12, 28)


@pytest.mark.parametrize(
    "zone",
    ["Europe/Amsterdam", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns", "America/Havana", "Australia/Lord_Howe"],
)
def test_every_moment_is_in_an_hour_of_its_own_day_in_any_zone(zone: str) -> None:
    clock.set_zone(zone)
    # The days around which one of these zones changes its clock.
    for month, day in ((3, 7), (3, 28), (4, 4), (10, 3), (10, 24), (10, 31)):
        at = datetime(2026, month, day, tzinfo=UTC)
        for _ in range(100):
            hour = periods.hour_of(at)
            assert timedelta() <= at - hour < periods.HOUR
            within = periods.day_span(clock.local(at).date())
            assert within.start <= hour < within.end
            at += timedelta(minutes=44, seconds=7)


def test_an_hour_begins_when_our_clock_strikes() -> None:
    clock.set_zone("Asia/Kolkata")
    assert periods.hour_of(datetime(2026, 11, 21, 12, 10, tzinfo=UTC)) == datetime(2026, 11, 21, 11, 30, tzinfo=UTC)
    assert periods.day_span(date(2026, 11, 21)).start == datetime(2026, 11, 20, 18, 30, tzinfo=UTC)


def test_the_hour_that_comes_twice_is_two_hours() -> None:
    amsterdam = ZoneInfo("Europe/Amsterdam")
    first = datetime(2026, 10, 25, 2, 30, tzinfo=amsterdam)
    second = first.replace(fold=1)
    assert periods.hour_of(first) == datetime(2026, 10, 25, 0, tzinfo=UTC)
    assert periods.hour_of(second) == datetime(2026, 10, 25, 1, tzinfo=UTC)
