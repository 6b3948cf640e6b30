"""Every number of clicks, from one place: people, what was filtered and why, visitors, and how it went over time.

All are read from the rollups, which stay when raw clicks are destroyed. A figure is asked for by conditions over
`Rollup`: what it is about (`of_…`) and in which hours (`within`); without any, it is about everything.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, func, literal, select
from sqlalchemy.orm import Session

from portal import clock
from portal.links.models import Link, Rollup
from portal.links.periods import Span, days, span
from portal.links.verdicts import in_words

Condition = ColumnElement[bool]
Days = tuple[date, date]
"""The first and the last day of a step, both included, as the organisation's calendar has them."""

RECENT_DAYS = 30


@dataclass(frozen=True)
class Ledger:
    """Every click behind a figure. `people + the counts of classes == total`."""

    people: int
    total: int
    classes: list[tuple[str, str, int]]
    """What does not count as a person: (reason, the same in words, count), most frequent first."""

    @property
    def filtered(self) -> int:
        return self.total - self.people


@dataclass(frozen=True)
class Figure:
    """What came of something."""

    ledger: Ledger = field(default_factory=lambda: Ledger(0, 0, []))
    visitors: int = 0
    """Different people on each link, counted anew each day: who returns on another day cannot be recognised."""

    @property
    def people(self) -> int:
        """Clicks by people; never fewer than `visitors`."""
        return self.ledger.people


def of_link(link_id: int) -> Condition:
    return Rollup.link_id == link_id


def of_links(ids: Collection[int]) -> Condition:
    return Rollup.link_id.in_(ids)


def of_item(item_id: int) -> Condition:
    return Rollup.item_id == item_id


def of_campaign(campaign_id: int) -> Condition:
    """Clicks while this was the campaign of the link's item, or the running one for a signature."""
    return Rollup.campaign_id == campaign_id


def of_person(person_id: int) -> Condition:
    """All links of one colleague. For that colleague only: no page shows it to anybody else."""
    return Rollup.person_id == person_id


def of_department(department_id: int) -> Condition:
    return Rollup.department_id == department_id


def of_network(key: str) -> Condition:
    return Rollup.network == key


def of_screen(screen_id: int) -> Condition:
    return Rollup.link_id.in_(select(Link.id).where(Link.screen_id == screen_id))


def of_signature(person_id: int) -> Condition:
    """The link below one colleague's mails. For that colleague only."""
    return Rollup.link_id.in_(select(Link.id).where(Link.kind == "signature", Link.person_id == person_id))


def within(hours: Span) -> Condition:
    return (Rollup.hour >= hours.start) & (Rollup.hour < hours.end)


def figure(db: Session, *conditions: Condition) -> Figure:
    """The figure that meets `conditions`, in one query."""
    return by(db, literal(0), *conditions).get(0, Figure())


def ledger(db: Session, *conditions: Condition) -> Ledger:
    return figure(db, *conditions).ledger


def by(db: Session, owner: ColumnElement[Any], *conditions: Condition) -> dict[Any, Figure]:
    """Figures by `owner`, a column of `Rollup` or an expression over it, in one query. Nobody's come under None."""
    return {owner: figure_of(counts) for owner, counts in counts_by(db, owner, *conditions).items()}


Counts = list[tuple[str, str, int, int]]
"""Verdict, reason, clicks and visitors; the same reason may come more than once."""


def counts_by(db: Session, owner: ColumnElement[Any], *conditions: Condition) -> dict[Any, Counts]:
    """The same before it is added up, for whoever puts several owners together."""
    # Grouped outside: PostgreSQL must be sure that what is selected and what is grouped by are the same expression.
    rows = (
        select(owner.label("owner"), Rollup.verdict, Rollup.reason, Rollup.clicks, Rollup.visitors)
        .where(*conditions)
        .subquery()
    )
    kind = (rows.c.owner, rows.c.verdict, rows.c.reason)
    found: dict[Any, Counts] = {}
    for key, verdict, reason, clicks, visitors in db.execute(
        select(*kind, func.sum(rows.c.clicks).cast(BigInteger), func.sum(rows.c.visitors).cast(BigInteger)).group_by(
            *kind
        )
    ):
        found.setdefault(key, []).append((verdict, reason, clicks, visitors))
    return found


def by_item() -> ColumnElement[Any]:
    """The item of a rollup, None for none."""
    return func.nullif(Rollup.item_id, 0)


def by_campaign() -> ColumnElement[Any]:
    """The campaign of a rollup, None for none."""
    return func.nullif(Rollup.campaign_id, 0)


def by_screen() -> ColumnElement[Any]:
    """The screen a rollup's link belongs to, None for none."""
    return select(Link.screen_id).where(Link.id == Rollup.link_id).scalar_subquery()


def by_step(steps: Sequence[Days]) -> ColumnElement[Any]:
    """The number of the step that a rollup falls in, for rollups within the first and the last of them.

    The borders are worked out here and given to the database as moments: right in any zone, on days of 23 hours too.
    """
    ends = [span(first, last).end for first, last in steps]
    borders = [(Rollup.hour < end, number) for number, end in enumerate(ends[:-1])]
    return case(*borders, else_=len(borders)) if borders else literal(0)


def trend(db: Session, steps: Sequence[Days], *conditions: Condition) -> list[Figure]:
    """One figure for each of the steps (days, weeks, months …, in order and without gaps), in one query."""
    if not steps:
        return []
    found = by(db, by_step(steps), within(span(steps[0][0], steps[-1][1])), *conditions)
    return [found.get(number, Figure()) for number in range(len(steps))]


def lately(db: Session, *conditions: Condition) -> list[tuple[date, int]]:
    """People on each of the last thirty days, today included."""
    today = clock.today()
    recent = list(days(today - timedelta(days=RECENT_DAYS - 1), today))
    found = trend(db, [(day, day) for day in recent], *conditions)
    return [(day, each.people) for day, each in zip(recent, found, strict=True)]


def figure_of(counts: Collection[tuple[str, str, int, int]]) -> Figure:
    visitors = sum(visitors for *_, visitors in counts)
    return Figure(ledger_of([(verdict, reason, clicks) for verdict, reason, clicks, _ in counts]), visitors)


def ledger_of(counts: Collection[tuple[str, str, int]]) -> Ledger:
    """A ledger from (verdict, reason, count); the same reason may come more than once."""
    people = sum(count for verdict, _, count in counts if verdict == "human")
    others: dict[str, int] = {}
    for verdict, reason, count in counts:
        if verdict != "human":
            others[reason] = others.get(reason, 0) + count
    ranked = sorted(others.items(), key=lambda each: (-each[1], each[0]))
    classes = [(reason, in_words(reason, count), count) for reason, count in ranked]
    return Ledger(people, people + sum(others.values()), classes)
