"""Figures from rollups: about anything, in any hours, folded into days of the organisation's calendar."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal import clock
from portal.database import Database
from portal.links import codes, figures, periods
from portal.links.models import Click
from portal.screens.models import Screen
from tests import make
from tests.asked import asked

NOON = datetime(2026, 11, 18, 12, tzinfo=ZoneInfo("Europe/Amsterdam"))


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def screen(db: Session) -> int:
    row = Screen(
        name="Reception", audience="public", language="nl", token_hash=f"t{make.number()}", paired_at=clock.now()
    )
    db.add(row)
    db.flush()
    return row.id


def test_each_figure_counts_its_own_clicks(db: Database) -> None:
    with db.writing() as session:
        ana, cleo = make.person(session), make.person(session, department_name="Productie")
        item, other = make.item(session), make.item(session)
        reception = screen(session)
        shared = make.link(session, by=ana, on=item)
        links = [
            (shared, 1),
            (make.link(session, by=ana, on=other, network="whatsapp"), 2),
            (make.link(session, by=cleo, on=item), 4),
            (codes.signature_link(session, person=ana), 8),
            (codes.screen_link(session, screen_id=reception, item_id=item.id), 16),
        ]
        for link, times in links:
            for _ in range(times):
                make.click(session, link, campaign_id=item.campaign_id if link.item_id != other.id else None)
                make.click(session, link, verdict="bot", reason="preview")
    asked_for = {
        "link": figures.of_link(shared.id),
        "item": figures.of_item(item.id),
        "campaign": figures.of_campaign(item.campaign_id),
        "person": figures.of_person(ana.id),
        "department": figures.of_department(ana.department_id),
        "network": figures.of_network("linkedin"),
        "screen": figures.of_screen(reception),
        "signature": figures.of_signature(ana.id),
    }
    with db.reading() as session:
        found = {name: figures.figure(session, condition) for name, condition in asked_for.items()}
        everything = figures.ledger(session)
        by_screen = figures.by(session, figures.by_screen())
    assert {name: figure.people for name, figure in found.items()} == {
        "link": 1,
        "item": 21,
        "campaign": 29,
        "person": 11,
        "department": 11,
        "network": 5,
        "screen": 16,
        "signature": 8,
    }
    assert all(figure.ledger.filtered == figure.people for name, figure in found.items() if name != "campaign")
    assert (everything.people, everything.total) == (31, 62)
    assert {owner: figure.people for owner, figure in by_screen.items()} == {None: 15, reception: 16}


def test_a_trend_is_cut_where_our_days_begin(db: Database) -> None:
    with db.writing() as session:
        link = make.link(session, by=make.person(session), on=make.item(session))
        # The day the clock goes back has 25 hours: from 22:00 to 23:00 the next day in Greenwich.
        for at, times in (
            (datetime(2026, 10, 24, 21, 59, tzinfo=UTC), 1),
            (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), 2),
            (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), 4),
            (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), 8),
        ):
            for _ in range(times):
                make.click(session, link, at=at)
    steps = [(each, each) for each in periods.days(date(2026, 10, 23), date(2026, 10, 26))]
    with db.reading() as session:
        days = figures.trend(session, steps, figures.of_link(link.id))
        weeks = figures.trend(
            session, [(date(2026, 10, 19), date(2026, 10, 25)), (date(2026, 10, 26), date(2026, 11, 1))]
        )
        assert figures.trend(session, []) == []
    assert [each.people for each in days] == [0, 1, 6, 8]
    assert [each.people for each in weeks] == [7, 8]


def test_the_last_thirty_days_end_today(db: Database) -> None:
    with db.writing() as session:
        link = make.link(session, by=make.person(session), on=make.item(session))
        for days in (0, 0, 29, 30):
            make.click(session, link, at=NOON - timedelta(days=days))
    with db.reading() as session:
        found = figures.lately(session)
    assert len(found) == 30
    assert (found[0], found[-1]) == ((date(2026, 10, 20), 1), (date(2026, 11, 18), 2))
    assert sum(people for _, people in found) == 3


def test_figures_outlive_the_clicks(db: Database) -> None:
    with db.writing() as session:
        link = make.link(session, by=make.person(session), on=make.item(session))
        make.click(session, link)
        make.click(session, link, verdict="suspect", reason="repeat")
        session.execute(delete(Click))
    with db.reading() as session:
        found = figures.figure(session, figures.of_link(link.id))
    assert (found.people, found.visitors, found.ledger.total) == (1, 1, 2)


@pytest.mark.parametrize("links", [1, 50])
def test_any_number_of_links_is_one_query(db: Database, links: int) -> None:
    with db.writing() as session:
        person = make.person(session)
        ids = [make.link(session, by=person, on=make.item(session)).id for _ in range(links)]
    with asked(db) as statements, db.reading() as session:
        figures.by(session, figures.by_item(), figures.of_links(ids))
    assert len([statement for statement in statements if "rollup" in statement]) == 1


@pytest.mark.parametrize(
    ("values", "visitors"),
    [({"visitor": 7}, 1), ({"visitor": None}, 3)],
)
def test_visitors_are_told_apart_where_they_can_be(db: Database, values: dict[str, Any], visitors: int) -> None:
    with db.writing() as session:
        link = make.link(session, by=make.person(session), on=make.item(session))
        for hours in range(3):
            make.click(session, link, at=NOON - timedelta(hours=hours), **values)
    with db.reading() as session:
        assert figures.figure(session).visitors == visitors
