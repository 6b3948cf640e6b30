"""Booking judged clicks: into rollups by hour and the ranked tallies, in the caller's transaction.

Whoever stores clicks, whichever way, books them here, so that every figure stays what a recount of them would say.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from portal import clock
from portal.database import insert
from portal.links import bulk, periods
from portal.links.models import Click, ItemTally, PersonTally, Rollup, TeamTally


class Judged(Protocol):
    """What booking asks of a click; a row of `Click` has it all."""

    @property
    def link_id(self) -> int: ...
    @property
    def hour(self) -> datetime: ...
    @property
    def verdict(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def visitor(self) -> int | None: ...
    @property
    def item_id(self) -> int | None: ...
    @property
    def campaign_id(self) -> int | None: ...
    @property
    def department_id(self) -> int | None: ...
    @property
    def person_id(self) -> int | None: ...
    @property
    def network(self) -> str: ...


def book(db: Session, clicks: Sequence[Click]) -> dict[int, tuple[int, int]]:
    """Add judged clicks to every figure, in the order in which their rows are kept.

    Returns how many people each item had before and has now, for the items that got some.
    """
    db.flush()
    added, first = Sums(), _first_visits(db, clicks)
    for click in clicks:
        added.add(click, visitors=int(click.id in first))
    return added.keep(db)


class Sums:
    """Clicks added up before they are written: a batch of thousands touches few rows."""

    def __init__(self) -> None:
        self.rollups: dict[_Key, _Counts] = {}

    def add(self, click: Judged, *, clicks: int = 1, visitors: int = 0) -> None:
        verdict = click.verdict
        key = (click.link_id, click.hour, click.item_id or 0, click.campaign_id or 0, verdict, click.reason)
        counts = self.rollups.get(key)
        if counts is None:
            counts = self.rollups[key] = _Counts(click.network, click.department_id, click.person_id)
        counts.clicks += clicks
        counts.visitors += visitors

    def keep(self, db: Session) -> dict[int, tuple[int, int]]:
        """Write rollups and tallies, always in the same order: two who write at once must not wait for each other.

        Returns how many people each item had before and has now, for the items whose number changed.
        """
        items: Counter[int] = Counter()
        people: Counter[tuple[datetime, int, int | None]] = Counter()
        teams: Counter[tuple[datetime, int, int | None]] = Counter()
        for (_, hour, item_id, campaign_id, verdict, _), counts in self.rollups.items():
            if verdict == "human":
                items[item_id] += counts.clicks
                people[hour, campaign_id, counts.person_id] += counts.clicks
                teams[hour, campaign_id, counts.department_id] += counts.clicks
        del items[0]
        written = bulk.written(db)
        hours = {hour: written(hour) for hour in {key[1] for key in self.rollups}}
        rows = [
            (
                *(link_id, hours[hour], item_id, campaign_id, verdict, reason),
                *(each.clicks, each.visitors, each.network, each.department_id, each.person_id),
            )
            for (link_id, hour, item_id, campaign_id, verdict, reason), each in sorted(
                self.rollups.items(), key=_in_order
            )
        ]
        bulk.add_up(db, Rollup, _ROLLUP, rows, sums=("clicks", "visitors"))
        bulk.add_up(db, PersonTally, ("period", "person_id", "people"), _tallied(people), sums=("people",))
        bulk.add_up(db, TeamTally, ("period", "department_id", "people"), _tallied(teams), sums=("people",))
        return _add_to_items(db, items)


_Key = tuple[int, datetime, int, int, str, str]
_ROLLUP = (
    *("link_id", "hour", "item_id", "campaign_id", "verdict", "reason"),
    *("clicks", "visitors", "network", "department_id", "person_id"),
)


@dataclass(slots=True)
class _Counts:
    network: str
    department_id: int | None
    person_id: int | None
    clicks: int = 0
    visitors: int = 0


def _in_order(each: tuple[_Key, _Counts]) -> _Key:
    return each[0]


def _tallied(sums: Counter[tuple[datetime, int, int | None]]) -> list[bulk.Row]:
    """Rows of a tally from clicks by hour, campaign and owner."""
    found: Counter[tuple[str, int]] = Counter()
    keys = {(hour, campaign_id): periods.keys_of(hour, campaign_id) for hour, campaign_id, _ in sums}
    for (hour, campaign_id, owner), clicks in sums.items():
        if owner is not None:
            for period in keys[hour, campaign_id]:
                found[period, owner] += clicks
    return [(*key, people) for key, people in sorted(found.items()) if people]


def _add_to_items(db: Session, items: Counter[int]) -> dict[int, tuple[int, int]]:
    rows = [{"item_id": item_id, "people": people} for item_id, people in sorted(items.items()) if people]
    if not rows:
        return {}
    statement = insert(db, ItemTally)
    added = statement.on_conflict_do_update(
        index_elements=["item_id"], set_={"people": ItemTally.people + statement.excluded.people}
    ).returning(ItemTally.item_id, ItemTally.people)
    now = db.connection().execute(added, rows).all()
    return {item_id: (people - items[item_id], people) for item_id, people in now}


def _first_visits(db: Session, clicks: Sequence[Click]) -> set[int]:
    """The ids of those clicks that are their visitor's first by a person on that link that day.

    A click without a visitor's hash cannot be told from another: each stands for a visitor of its own.
    """
    people = [click for click in clicks if click.verdict == "human"]
    first = {click.id for click in people if click.visitor is None}
    days = {_visit(click) for click in people if click.visitor is not None}
    for click in db.scalars(_human_clicks(days)) if days else ():
        if _visit(click) in days:
            days.remove(_visit(click))
            first.add(click.id)
    return first


def _visit(click: Click) -> tuple[date, int, int]:
    return clock.local(click.at).date(), click.link_id, click.visitor or 0


def _human_clicks(days: Iterable[tuple[date, int, int]]) -> Select[Click]:
    """The clicks by people of these visitors on these links, in the order in which they were kept."""
    dates, links, visitors = zip(*days, strict=True)
    return (
        select(Click)
        .where(
            Click.verdict == "human",
            Click.visitor.in_(set(visitors)),
            Click.link_id.in_(set(links)),
            Click.at >= clock.start_of(min(dates)),
            Click.at < clock.end_of(max(dates)),
        )
        .order_by(Click.id)
    )


def drop_zeros(db: Session, taken: Sums) -> None:
    """A recount knows no rows of nothing."""
    links = {key[0] for key in taken.rollups}
    db.execute(delete(Rollup).where(bulk.among(db, Rollup.link_id, links), Rollup.clicks == 0))
    booked = {(key[1], key[3]) for key in taken.rollups if key[4] == "human"}
    concerned = {period for hour, campaign_id in booked for period in periods.keys_of(hour, campaign_id)}
    for table in (PersonTally, TeamTally):
        db.execute(delete(table).where(table.period.in_(concerned), table.people == 0))
