"""When somebody may be reached: never in quiet hours, never twice, never skipped, whatever the clock does."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal import clock
from portal.notifications import times
from portal.notifications.models import NotificationChoice
from portal.people.models import Person

pytestmark = pytest.mark.once

ZONES = [
    "",
    "Europe/Amsterdam",
    "Europe/London",
    "America/New_York",
    "America/Havana",  # put back at one to midnight
    "America/Scoresbysund",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # by half an hour
    "Antarctica/Troll",  # by two hours
    "Pacific/Chatham",
    "Pacific/Kiritimati",
]
"""Where the clock is put forward and back, by how much, and where it never is."""
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
hours = st.integers(0, 23)
days_off = st.sets(st.sampled_from("1234567"), max_size=6).map(lambda days: "".join(sorted(days)))
moments = st.integers(0, 7 * 365 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
nights = st.sampled_from(
    [
        datetime(2026, 3, 29, 1, tzinfo=UTC),  # Europe, Troll, Greenland
        datetime(2026, 10, 25, 1, tzinfo=UTC),
        datetime(2026, 3, 8, 5, tzinfo=UTC),  # Havana; two hours later New York
        datetime(2026, 11, 1, 5, tzinfo=UTC),
        datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe, an hour before that Chatham
        datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    ]
)
around = st.builds(lambda at, minutes: at + timedelta(minutes=minutes), nights, st.integers(-26 * 60, 26 * 60))


def chosen(**values: object) -> NotificationChoice:
    choice = times.default(1)
    for name, value in values.items():
        setattr(choice, name, value)
    return choice


def somebody(paused_until: date | None = None) -> Person:
    return Person(paused_until=paused_until)


choices = st.builds(
    chosen,
    time_zone=st.sampled_from(ZONES),
    quiet_from=hours,
    quiet_until=hours,
    days_off=days_off,
    digest_rhythm=st.sampled_from(["daily", "weekly"]),
    digest_weekday=st.integers(1, 7),
    digest_hour=hours,
)


def on_amsterdams_clock(day: date, hour: int, minute: int = 0) -> str:
    at = times.on_clock(AMSTERDAM, day, time(hour, minute))
    return f"{at:%d %H:%M} {at.astimezone(AMSTERDAM):%H:%M}"


def test_whoever_never_chose_has_quiet_evenings_and_weekends() -> None:
    choice = times.default(7)
    assert (choice.person_id, choice.digest_rhythm, choice.push, choice.time_zone) == (7, "never", False, "")
    assert (choice.quiet_from, choice.quiet_until, choice.days_off) == (20, 8, "67")
    assert times.zone(choice) == clock.zone()
    assert times.next_digest(choice, datetime(2026, 11, 22, tzinfo=UTC)) is None


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "Europe/"])
def test_a_zone_nobody_knows_is_the_organisations(name: str) -> None:
    assert times.zone(chosen(time_zone=name)) == clock.zone()


def test_what_the_clock_skips_and_shows_twice() -> None:
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    assert [on_amsterdams_clock(spring, *at) for at in ((1, 59), (2,), (2, 30), (3,))] == [
        "29 00:59 01:59",
        "29 01:00 03:00",
        "29 01:00 03:00",
        "29 01:00 03:00",
    ]
    assert [on_amsterdams_clock(autumn, *at) for at in ((2,), (2, 59), (3,))] == [
        "25 00:00 02:00",
        "25 00:59 02:59",
        "25 02:00 03:00",
    ]


@pytest.mark.parametrize(
    ("at", "welcome"),
    [
        ("2026-11-24T12:00", "2026-11-24T12:00"),
        ("2026-11-24T20:00", "2026-11-25T08:00"),
        ("2026-11-25T07:59", "2026-11-25T08:00"),
        ("2026-11-27T20:30", "2026-11-30T08:00"),  # over the weekend
        ("2026-11-28T12:00", "2026-11-30T08:00"),
    ],
)
def test_not_in_the_evening_and_not_on_a_day_off(at: str, welcome: str) -> None:
    asked = datetime.fromisoformat(at).replace(tzinfo=AMSTERDAM)
    expected = datetime.fromisoformat(welcome).replace(tzinfo=AMSTERDAM)
    assert times.welcome_at(chosen(), somebody(), asked) == expected
    assert times.is_quiet(chosen(), asked) == (asked != expected)


def test_a_pause_ends_on_the_morning_of_its_day() -> None:
    at = datetime(2026, 11, 24, 12, tzinfo=AMSTERDAM)
    found = times.welcome_at(chosen(), somebody(date(2026, 12, 1)), at)
    assert found == datetime(2026, 12, 1, 8, tzinfo=AMSTERDAM)


def test_with_seven_days_off_nothing_is_ever_welcome() -> None:
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    choice = chosen(days_off="1234567", digest_rhythm="daily")
    assert (times.welcome_at(choice, somebody(), at), times.next_digest(choice, at)) == (None, None)


@given(choices, st.one_of(moments, around), st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)))
@example(
    chosen(time_zone="Antarctica/Troll", quiet_from=20, quiet_until=2, days_off=""),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    None,
)
def test_it_is_never_quiet_when_they_are_reached_and_always_was_before(
    choice: NotificationChoice, at: datetime, paused_until: date | None
) -> None:
    welcome = times.welcome_at(choice, somebody(paused_until), at)
    assert welcome is not None
    assert welcome >= at
    assert not times.is_quiet(choice, welcome)
    shown = welcome.astimezone(times.zone(choice))
    assert paused_until is None or shown.date() >= paused_until
    # Nothing earlier would have done.
    before = welcome - timedelta(minutes=1)
    if before >= at:
        paused = paused_until is not None and before.astimezone(times.zone(choice)).date() < paused_until
        assert paused or times.is_quiet(choice, before)


@given(choices, st.one_of(moments, around))
def test_each_day_has_one_digest(choice: NotificationChoice, after: datetime) -> None:
    where, due = times.zone(choice), after
    shown = []
    for _turn in range(4):
        following = times.next_digest(choice, due)
        assert following is not None
        assert following > due
        due = following
        shown.append(due.astimezone(where))
    # A clock that skips the hour shows the first one after it, which may be of the next day.
    days = [(each - timedelta(hours=max(0, each.hour - choice.digest_hour))).date() for each in shown]
    wanted = [
        day
        for day in (shown[0].date() + timedelta(days=number) for number in range(-1, 30))
        if (day.isoweekday() == choice.digest_weekday if choice.digest_rhythm == "weekly" else True)
        and (choice.digest_rhythm == "weekly" or str(day.isoweekday()) not in choice.days_off)
    ]
    first = wanted.index(days[0])
    assert days == wanted[first : first + 4]
    assert all(each.hour in (choice.digest_hour, choice.digest_hour + 1, choice.digest_hour + 2) for each in shown)


def test_a_morning_digest_comes_once_on_both_nights() -> None:
    choice = chosen(digest_rhythm="daily", days_off="", digest_hour=2, time_zone="Europe/Amsterdam")
    for before, expected in (
        (datetime(2026, 3, 28, 12, tzinfo=UTC), ["29 03:00", "30 02:00"]),
        (datetime(2026, 10, 24, 12, tzinfo=UTC), ["25 02:00", "26 02:00"]),
    ):
        first = times.next_digest(choice, before)
        assert first is not None
        second = times.next_digest(choice, first)
        assert second is not None
        assert [f"{each.astimezone(AMSTERDAM):%d %H:%M}" for each in (first, second)] == expected
