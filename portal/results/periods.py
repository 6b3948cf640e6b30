"""Which days a page of results is about, and how they are cut into steps for its chart."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal import clock
from portal.campaigns.models import Campaign
from portal.i18n import gettext as _

CHOICES = ("7", "30", "campaign", "custom")
FIRST_DAY = date(2020, 1, 1)
LONGEST = 1096
"""Days in one custom period, three years."""
MOST_DAYS = 31
MOST_WEEKS = 26
"""Beyond 31 days a step is a week, beyond 26 weeks a month."""


@dataclass(frozen=True)
class Step:
    """One bar of the chart: from `first` to `last`, both included."""

    first: date
    last: date


@dataclass(frozen=True)
class Period:
    """From `first` to `last`, both included, as the organisation's calendar has them."""

    choice: str
    first: date
    last: date

    @property
    def start(self) -> datetime:
        return clock.start_of(self.first)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return clock.end_of(self.last)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """As many days, just before."""
        return Period(self.choice, self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    @property
    def unit(self) -> str:
        if self.days <= MOST_DAYS:
            return "day"
        return "week" if self.days <= 7 * MOST_WEEKS else "month"

    def steps(self) -> list[Step]:
        """The period cut into days, ISO weeks or months; the first and last may be cut short by its ends."""
        found, begin = [], self.first
        while begin <= self.last:
            end = min(_end_of_unit(begin, self.unit), self.last)
            found.append(Step(begin, end))
            begin = end + timedelta(days=1)
        return found


def read(query: Mapping[str, str], *, campaign: Campaign | None) -> tuple[Period, dict[str, str]]:
    """The period a page was asked for, and a sentence by field for what could not be read.

    `campaign` is the one that "this campaign" means. Whatever is wrong, there is always a period to show.
    """
    today = clock.today()
    choice = query.get("period", "7")
    if choice == "campaign" and campaign is not None:
        first = min(campaign.starts_on, today)
        return Period("campaign", first, max(first, min(campaign.ends_on, today))), {}
    if choice == "custom":
        return _custom(query, today)
    days = 30 if choice == "30" else 7
    return Period(str(days), today - timedelta(days=days - 1), today), {}


def _custom(query: Mapping[str, str], today: date) -> tuple[Period, dict[str, str]]:
    errors: dict[str, str] = {}
    first = _day(query, "from", errors)
    last = _day(query, "to", errors)
    if not errors and first is not None and last is not None:
        if first > last:
            errors["to"] = _("This day comes before the first one. Please swap them.")
        elif first > today:
            errors["from"] = _("This day is still to come; there is nothing to show yet.")
        elif (last - first).days >= LONGEST:
            errors["to"] = _("That is more than three years. Please choose a shorter time.")
        else:
            return Period("custom", first, min(last, today)), {}
    return Period("custom", today - timedelta(days=6), today), errors


def _day(query: Mapping[str, str], name: str, errors: dict[str, str]) -> date | None:
    try:
        found = date.fromisoformat(query.get(name, "").strip())
    except ValueError:
        errors[name] = _("Please choose a day.")
        return None
    if found < FIRST_DAY or found.year > 2100:
        errors[name] = _("Please choose a day between 2020 and today.")
        return None
    return found


def _end_of_unit(begin: date, unit: str) -> date:
    if unit == "day":
        return begin
    if unit == "week":
        return begin + timedelta(days=6 - begin.weekday())
    next_month = (begin.replace(day=1) + timedelta(days=32)).replace(day=1)
    return next_month - timedelta(days=1)
