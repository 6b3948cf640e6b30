"""Reads of clicks: how many people, and what else came by and why it does not count."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal.links.models import Click
from portal.links.verdicts import in_words


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


def ledger(db: Session, *conditions: ColumnElement[bool]) -> Ledger:
    """The clicks that meet `conditions` (over `Click`), people told from the rest."""
    rows = db.execute(
        select(Click.verdict, Click.reason, func.count()).where(*conditions).group_by(Click.verdict, Click.reason)
    )
    return ledger_of(rows.all())


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


def ledgers_by_link(db: Session, ids: Collection[int]) -> dict[int, Ledger]:
    """Every click of each of these links; links without any are left out."""
    counts: dict[int, list[tuple[str, str, int]]] = {}
    for link_id, verdict, reason, count in db.execute(
        select(Click.link_id, Click.verdict, Click.reason, func.count())
        .where(Click.link_id.in_(ids))
        .group_by(Click.link_id, Click.verdict, Click.reason)
    ):
        counts.setdefault(link_id, []).append((verdict, reason, count))
    return {link_id: ledger_of(rows) for link_id, rows in counts.items()}


def people_clicks_by_link(db: Session, ids: Collection[int]) -> dict[int, int]:
    """How many clicks by people each of these links has; links without any are left out."""
    if not ids:
        return {}
    rows = db.execute(
        select(Click.link_id, func.count())
        .where(Click.link_id.in_(ids), Click.verdict == "human")
        .group_by(Click.link_id)
    )
    return dict(rows.all())
