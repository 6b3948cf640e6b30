"""What the figures must be: everything counted again from the rows of single clicks."""

from collections import Counter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.links import periods
from portal.links.models import Click, ItemTally, PersonTally, Rollup, TeamTally

Rollups = dict[tuple[Any, ...], tuple[int, int]]
Tallies = dict[tuple[str, str, int], int]


def kept(db: Session) -> tuple[Rollups, Tallies]:
    """Rollups and tallies as they stand."""
    columns = (Rollup.link_id, Rollup.hour, Rollup.item_id, Rollup.campaign_id, Rollup.verdict, Rollup.reason)
    rollups = {tuple(row[:6]): (row[6], row[7]) for row in db.execute(select(*columns, Rollup.clicks, Rollup.visitors))}
    tallies: Tallies = {("item", "", item): people for item, people in _rows(db, ItemTally.item_id, ItemTally.people)}
    for name, table, owner in (("person", PersonTally, "person_id"), ("team", TeamTally, "department_id")):
        for period, id_, people in _rows(db, table.period, getattr(table, owner), table.people):
            tallies[name, period, id_] = people
    return rollups, {key: people for key, people in tallies.items() if people}


def recounted(db: Session) -> tuple[Rollups, Tallies]:
    """The same as the single clicks have it."""
    clicks: Counter[tuple[Any, ...]] = Counter()
    visitors: Counter[tuple[Any, ...]] = Counter()
    tallies: Counter[tuple[str, str, int]] = Counter()
    seen = set()
    for row in db.scalars(select(Click).order_by(Click.id).execution_options(populate_existing=True)):
        key = (row.link_id, periods.hour_of(row.at), row.item_id or 0, row.campaign_id or 0, row.verdict, row.reason)
        clicks[key] += 1
        if row.verdict != "human":
            continue
        who = (clock.local(row.at).date(), row.link_id, row.visitor)
        visitors[key] += row.visitor is None or who not in seen
        seen.add(who)
        if row.item_id is not None:
            tallies["item", "", row.item_id] += 1
        for period in periods.keys_of(row.at, row.campaign_id):
            if row.person_id is not None:
                tallies["person", period, row.person_id] += 1
            if row.department_id is not None:
                tallies["team", period, row.department_id] += 1
    return {key: (count, visitors[key]) for key, count in clicks.items()}, dict(tallies)


def _rows(db: Session, *columns: Any) -> Any:
    return db.execute(select(*columns)).all()
