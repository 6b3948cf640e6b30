"""Periods: which days, and how they are cut."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from portal.campaigns.models import Campaign
from portal.results.periods import Period, Step, read

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({}, date(2026, 11, 14), date(2026, 11, 20)),
        ({"period": "30"}, date(2026, 10, 22), date(2026, 11, 20)),
        ({"period": "campaign"}, date(2026, 11, 2), date(2026, 11, 20)),
        ({"period": "custom", "from": "2026-01-01", "to": "2026-01-01"}, date(2026, 1, 1), date(2026, 1, 1)),
        (
            {"period": "custom", "from": "2026-11-01", "to": "2026-12-31"},
            date(2026, 11, 1),
            date(2026, 11, 20),
        ),
    ],
)
def test_what_was_asked_for(query: dict[str, str], first: date, last: date) -> None:
    campaign = Campaign(starts_on=date(2026, 11, 2), ends_on=date(2026, 12, 12))
    with time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=UTC), tick=False):
        period, errors = read(query, campaign=campaign)
    assert ((period.first, period.last), errors) == ((first, last), {})


def test_a_campaign_that_is_past_or_to_come_has_its_own_days() -> None:
    with time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=UTC), tick=False):
        past, _ = read({"period": "campaign"}, campaign=Campaign(starts_on=date(2026, 1, 1), ends_on=date(2026, 1, 9)))
        coming, _ = read(
            {"period": "campaign"}, campaign=Campaign(starts_on=date(2027, 1, 1), ends_on=date(2027, 1, 9))
        )
    assert (past.first, past.last) == (date(2026, 1, 1), date(2026, 1, 9))
    assert (coming.first, coming.last) == (date(2026, 11, 20), date(2026, 11, 20))


def test_weeks_begin_on_monday_and_are_cut_at_the_ends() -> None:
    steps = Period("custom", date(2026, 12, 24), date(2027, 1, 26)).steps()
    assert steps[0] == Step(date(2026, 12, 24), date(2026, 12, 27))
    assert steps[1] == Step(date(2026, 12, 28), date(2027, 1, 3))
    assert steps[-1] == Step(date(2027, 1, 25), date(2027, 1, 26))
    assert steps[1].first.isocalendar().week == 53


def test_steps_cover_every_day_once() -> None:
    for days in (1, 31, 32, 182, 183, 900):
        last = date(2026, 11, 20)
        period = Period("custom", date.fromordinal(last.toordinal() - days + 1), last)
        steps = period.steps()
        assert sum((step.last - step.first).days + 1 for step in steps) == days
        assert len(steps) <= 37


def test_the_time_before_is_as_long() -> None:
    before = Period("7", date(2026, 11, 14), date(2026, 11, 20)).before
    assert (before.first, before.last, before.days) == (date(2026, 11, 7), date(2026, 11, 13), 7)
