"""What appears when: campaigns and items of a month, a week or a day, where nothing happens and where too much does."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session, selectinload

from portal import clock
from portal.campaigns import moving
from portal.campaigns.drafts import FIRST_DAY, LAST_DAY
from portal.campaigns.models import Campaign, Item, ItemText

VIEWS = ("month", "week", "day")
MOST_ENTRIES = {"month": 3, "week": 12, "day": 200}
"""Items shown on one day; the others are counted."""
MOST_BARS = {"month": 4, "week": 12, "day": 12}
"""Campaigns shown in one week; the others are counted."""
CROWDED = 3
"""More items than this on one day take each other's attention."""
SILENCE = 5
"""Days in a row without anything new that are worth a sentence."""
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """The days one view shows. `anchor` is the day it was opened at."""

    view: str
    anchor: date

    @property
    def first(self) -> date:
        """The first day shown: of a month, the Monday of its first week."""
        if self.view == "day":
            return self.anchor
        return _monday(self.anchor.replace(day=1) if self.view == "month" else self.anchor)

    @property
    def last(self) -> date:
        if self.view == "day":
            return self.anchor
        return _monday(_end_of_month(self.anchor) if self.view == "month" else self.anchor) + timedelta(days=6)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    @property
    def previous(self) -> "Period | None":
        if self.view == "month":
            return _within(self.view, self.anchor.replace(day=1) - timedelta(days=1))
        return _within(self.view, self.first - timedelta(days=1))

    @property
    def next(self) -> "Period | None":
        return _within(
            self.view, (_end_of_month(self.anchor) if self.view == "month" else self.last) + timedelta(days=1)
        )

    def at(self, day: date) -> "Period":
        """The same view where `day` is shown: this one if it can be seen here."""
        return self if self.first <= day <= self.last else Period(self.view, day)


def read_period(view: str, text: str) -> Period | None:
    """What `2026-11`, `2026-W48` or `2026-11-22` in an address means; None for anything else."""
    try:
        if view == "week":
            year, _w, week = text.partition("-W")
            day = date.fromisocalendar(int(year), int(week), 1)
        elif view == "month":
            day = date.fromisoformat(f"{text}-01")
        else:
            day = date.fromisoformat(text)
    except ValueError:
        return None
    return _within(view, day) if view in VIEWS else None


def written(period: Period) -> str:
    """The period as an address names it."""
    if period.view == "week":
        year, week, _day = period.anchor.isocalendar()
        return f"{year}-W{week:02}"
    return period.anchor.strftime("%Y-%m" if period.view == "month" else "%Y-%m-%d")


@dataclass(frozen=True)
class Entry:
    """An item on the day it appears."""

    id: int
    kind: str
    state: str
    version: int
    title: str
    language: str
    day: date
    campaign: Campaign
    first: date
    """From here to `last` it may be moved; when `last` is before, nowhere."""
    last: date

    @property
    def is_movable(self) -> bool:
        return self.first <= self.last


@dataclass(frozen=True)
class Day:
    date: date
    entries: list[Entry]
    number: int
    """Items that appear, also those not shown."""

    @property
    def is_crowded(self) -> bool:
        return self.number > CROWDED

    @property
    def hidden(self) -> int:
        return self.number - len(self.entries)


@dataclass(frozen=True)
class Bar:
    """A campaign in a week; columns count from 1, and lie within the week."""

    campaign: Campaign
    begins: int
    ends: int
    came: bool
    """Whether it ran before this week."""
    goes_on: bool
    """Whether it runs beyond this week."""


@dataclass(frozen=True)
class Week:
    days: list[Day]
    bars: list[Bar]
    hidden: int
    """Campaigns that run in this week and are not shown."""

    @property
    def number(self) -> int:
        return self.days[0].date.isocalendar().week


@dataclass(frozen=True)
class Calendar:
    period: Period
    weeks: list[Week]
    before: date | None = None
    """The last day before these, today or later, on which something appears."""
    after: date | None = None
    """The first day after these on which something appears."""

    @property
    def days(self) -> list[Day]:
        return [day for week in self.weeks for day in week.days]

    @property
    def is_empty(self) -> bool:
        return not any(week.bars or any(day.number for day in week.days) for week in self.weeks)

    def silences(self, today: date) -> list[tuple[date, date | None]]:
        """From when to when nothing new appears, today or later, for at least `SILENCE` days in a row.

        Whole ones, of which some days lie within the period; without a last day nothing is planned after it.
        """
        found: list[tuple[date, date | None]] = []
        ahead = [day for day in self.days if day.date >= today]
        for has_items, run in groupby(ahead, key=lambda day: day.number > 0):
            days = [day.date for day in run]
            first, last = days[0], days[-1]
            if first == self.period.first:
                first = self.before + DAY if self.before else today
            until = (self.after - DAY if self.after else None) if last == self.period.last else last
            if not has_items and (until is None or (until - first).days + 1 >= SILENCE):
                found.append((first, until))
        return found

    def crowds(self, today: date) -> list[Day]:
        """The days, today or later, on which too much appears."""
        return [day for day in self.days if day.date >= today and day.is_crowded]


def calendar(db: Session, period: Period, *, language: str) -> Calendar:
    """The period with what is planned in campaigns that are not archived, in seven queries at most."""
    most = MOST_ENTRIES[period.view]
    places, numbers = _places(db, period, most)
    rows, spans = _items(db, places), _spans(db, period)
    size = 1 if period.view == "day" else 7
    weeks = [period.days[start : start + size] for start in range(0, len(period.days), size)]
    running = [[span for span in spans if span.starts_on <= days[-1] and span.ends_on >= days[0]] for days in weeks]
    shown = [found[: MOST_BARS[period.view]] for found in running]
    campaigns = _campaigns(db, {row.campaign_id for row in rows} | {span.id for found in shown for span in found})
    entries = _entries(db, rows, campaigns, language)
    return Calendar(
        period,
        [
            Week(
                [Day(day, entries.get(day, []), numbers[day]) for day in days],
                [_bar(campaigns[span.id], days) for span in spans_shown],
                len(spans_running) - len(spans_shown),
            )
            for days, spans_running, spans_shown in zip(weeks, running, shown, strict=True)
        ],
        *_neighbours(db, period),
    )


def _places(db: Session, period: Period, most: int) -> tuple[list[int], Counter[date]]:
    """The ids of at most `most` items for each moment of the period, and how many items each day has.

    Nearly everything appears at midnight, so a moment is nearly a day, and the database hands over no more than is
    shown.
    """
    planned = (
        select(
            Item.id,
            Item.publish_at,
            func.row_number().over(partition_by=Item.publish_at, order_by=Item.id).label("place"),
            func.count().over(partition_by=Item.publish_at).label("number"),
        )
        .join(Campaign, Campaign.id == Item.campaign_id)
        .where(
            Item.state.in_(moving.PLANNED),
            Item.publish_at >= clock.start_of(period.first),
            Item.publish_at < clock.end_of(period.last),
            Campaign.archived_at.is_(None),
        )
        .subquery()
    )
    numbers: Counter[date] = Counter()
    shown: dict[date, list[int]] = {}
    for item_id, moment, place, number in db.execute(
        select(planned).where(planned.c.place <= most).order_by(planned.c.publish_at, planned.c.id)
    ):
        day = clock.local(moment).date()
        numbers[day] += number if place == 1 else 0
        shown.setdefault(day, []).append(item_id)
    return [item_id for ids in shown.values() for item_id in ids[:most]], numbers


def _neighbours(db: Session, period: Period) -> tuple[date | None, date | None]:
    """The nearest days before and after the period on which something appears; none that is over."""
    planned = (
        select(Item.publish_at)
        .join(Campaign, Campaign.id == Item.campaign_id)
        .where(
            Item.state.in_(moving.PLANNED),
            Item.publish_at >= clock.start_of(clock.today()),
            Campaign.archived_at.is_(None),
        )
    )
    before = planned.where(Item.publish_at < clock.start_of(period.first)).with_only_columns(func.max(Item.publish_at))
    after = planned.where(Item.publish_at >= clock.end_of(period.last)).with_only_columns(func.min(Item.publish_at))
    found = db.execute(select(before.scalar_subquery(), after.scalar_subquery())).one()
    first, last = (clock.local(moment).date() if moment else None for moment in found)
    return first, last


def _items(db: Session, ids: Sequence[int]) -> list[Row[Any]]:
    """What the calendar tells of these items, in the order of `ids`."""
    columns = (Item.id, Item.kind, Item.state, Item.version, Item.publish_at, Item.ends_at, Item.campaign_id)
    place = {item_id: number for number, item_id in enumerate(ids)}
    return sorted(db.execute(select(*columns).where(Item.id.in_(ids))), key=lambda row: place[row.id])


def _spans(db: Session, period: Period) -> Sequence[Row[int, date, date]]:
    """The campaigns that run in the period, by their days alone: there may be many more than are shown."""
    within = (Campaign.starts_on <= period.last, Campaign.ends_on >= period.first, Campaign.archived_at.is_(None))
    days = select(Campaign.id, Campaign.starts_on, Campaign.ends_on).where(*within)
    return db.execute(days.order_by(Campaign.starts_on, Campaign.id)).all()


def _campaigns(db: Session, ids: Iterable[int]) -> dict[int, Campaign]:
    query = select(Campaign).options(selectinload(Campaign.texts)).where(Campaign.id.in_(ids))
    return {each.id: each for each in db.scalars(query)}


def _entries(
    db: Session, rows: Sequence[Row[Any]], campaigns: dict[int, Campaign], language: str
) -> dict[date, list[Entry]]:
    """The items by day, with their titles in `language` or the one they have."""
    titles: dict[int, tuple[str, str]] = {}
    for item_id, spoken, title in db.execute(
        select(ItemText.item_id, ItemText.language, ItemText.title).where(
            ItemText.item_id.in_([row.id for row in rows])
        )
    ):
        if item_id not in titles or spoken == language:
            titles[item_id] = (title, spoken)
    found: dict[date, list[Entry]] = {}
    for row in rows:
        title, spoken = titles[row.id]
        campaign = campaigns[row.campaign_id]
        first, last = moving.leeway(campaign, row.state, row.publish_at, row.ends_at)
        day = clock.local(row.publish_at).date()
        entry = Entry(row.id, row.kind, row.state, row.version, title, spoken, day, campaign, first, last)
        found.setdefault(day, []).append(entry)
    return found


def _bar(campaign: Campaign, days: Sequence[date]) -> Bar:
    first, last = days[0], days[-1]
    return Bar(
        campaign,
        begins=(max(campaign.starts_on, first) - first).days + 1,
        ends=(min(campaign.ends_on, last) - first).days + 1,
        came=campaign.starts_on < first,
        goes_on=campaign.ends_on > last,
    )


def _within(view: str, day: date) -> Period | None:
    """None beyond the days the portal plans with, with room for the weeks at their ends."""
    return Period(view, day) if FIRST_DAY <= day <= LAST_DAY else None


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _end_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
