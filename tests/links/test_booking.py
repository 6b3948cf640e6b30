"""Booking clicks: after any of it, every figure is what a recount of the clicks says."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.database import Database
from portal.links import booking, periods
from portal.links.models import Click, Link, PersonTally, Rollup, TeamTally
from tests import make

NOON = datetime(2026, 11, 18, 12, 10, tzinfo=ZoneInfo("Europe/Amsterdam"))


def clicks(db: Session, link: Link, *rows: dict[str, Any]) -> list[Click]:
    """Clicks that were stored but not booked."""
    made = [
        Click(
            **{
                "link_id": link.id,
                "at": NOON,
                "verdict": "human",
                "reason": "person",
                "rule_version": 1,
                "visitor": make.number(),
                "item_id": link.item_id,
                "campaign_id": None,
                "department_id": link.department_id,
                "person_id": link.person_id,
                "network": link.network,
            }
            | row
        )
        for row in rows
    ]
    db.add_all(made)
    db.flush()
    return made


def rollups(db: Session) -> dict[tuple[Any, ...], tuple[int, int]]:
    return {
        (row.link_id, row.hour, row.item_id, row.campaign_id, row.verdict, row.reason): (row.clicks, row.visitors)
        for row in db.scalars(select(Rollup).execution_options(populate_existing=True))
    }


def recount(db: Session) -> dict[tuple[Any, ...], tuple[int, int]]:
    """The rollups as the clicks themselves have them."""
    counts: Counter[tuple[Any, ...]] = Counter()
    visitors: Counter[tuple[Any, ...]] = Counter()
    seen = set()
    for row in db.scalars(select(Click).order_by(Click.id)):
        key = (row.link_id, periods.hour_of(row.at), row.item_id or 0, row.campaign_id or 0, row.verdict, row.reason)
        counts[key] += 1
        if row.verdict == "human":
            who = (clock.local(row.at).date(), row.link_id, row.visitor)
            visitors[key] += row.visitor is None or who not in seen
            seen.add(who)
    return {key: (count, visitors[key]) for key, count in counts.items()}


def tallies(db: Session) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for period, people in db.execute(select(PersonTally.period, PersonTally.people)):
        found.setdefault("person", {})[period] = people
    for period, people in db.execute(select(TeamTally.period, TeamTally.people)):
        found.setdefault("team", {})[period] = people
    return found


def test_clicks_are_added_up_by_hour_and_reason_and_for_everybody_concerned(db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        campaign = item.campaign_id
        link = make.link(session, by=make.person(session), on=item)
        found = booking.book(
            session,
            clicks(
                session,
                link,
                {"campaign_id": campaign},
                {"campaign_id": campaign},
                {"at": NOON + timedelta(hours=2)},
                {"at": NOON + timedelta(days=7), "visitor": None},
                {"at": NOON + timedelta(days=7), "visitor": None},
                {"verdict": "bot", "reason": "preview"},
                {"verdict": "suspect", "reason": "repeat", "item_id": None},
            ),
        )
        assert found == {item.id: (0, 5)}
        assert rollups(session) == recount(session)
        expected = {
            "day:2026-11-18": 3,
            "day:2026-11-25": 2,
            "week:2026-W47": 3,
            "week:2026-W48": 2,
            "month:2026-11": 5,
            f"campaign:{campaign}": 2,
            "total": 5,
        }
        assert tallies(session) == {"person": expected, "team": expected}


def test_the_number_before_and_after_is_told_for_each_item(db: Database) -> None:
    with db.writing() as session:
        person = make.person(session)
        first, second = make.item(session), make.item(session)
        links = [make.link(session, by=person, on=item) for item in (first, second)]
        assert booking.book(session, clicks(session, links[0], {}, {})) == {first.id: (0, 2)}
        both = [*clicks(session, links[0], {}), *clicks(session, links[1], {}, {}, {"verdict": "bot"})]
        assert booking.book(session, both) == {first.id: (2, 3), second.id: (0, 2)}
        assert booking.book(session, clicks(session, links[0], {"verdict": "bot", "reason": "preview"})) == {}
        assert booking.book(session, []) == {}


def test_a_visitor_is_counted_once_a_day_on_a_link(db: Database) -> None:
    with db.writing() as session:
        person = make.person(session)
        links = [make.link(session, by=person, on=make.item(session)) for _ in range(2)]
        for link in links:
            for hours in (0, 2, 13):
                booking.book(session, clicks(session, link, {"visitor": 7, "at": NOON + timedelta(hours=hours)}))
        assert rollups(session) == recount(session)
        assert sum(visitors for _, visitors in rollups(session).values()) == 4
