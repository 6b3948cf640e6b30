"""How long something can still be shared, as its card says it."""

from datetime import UTC, datetime

import pytest

from portal import clock, i18n
from portal.feed import words

TODAY = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "said"),
    [(22, "laatste dag"), (23, "nog 1 dag"), (25, "nog 3 dagen")],
)
def test_the_last_day_still_counts(last: int, said: str) -> None:
    """An item ends when its last day is over: at midnight, which is the day after."""
    i18n.language.set("nl")
    ends_at = clock.end_of(TODAY.replace(day=last).date())
    assert words.time_left(ends_at, TODAY.astimezone(clock.zone())) == said
