"""Letting the portal pick: nobody posts at the same quarter of an hour as long as others are free."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import select

from portal import clock
from portal.campaigns.models import Item
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.notifications import choices, planning, spreading, times
from portal.people.models import Person
from portal.sharing import reminders
from portal.sharing.models import Reminder
from tests import make
from tests.client import Client

NOW = datetime(2026, 11, 27, 9, 20, tzinfo=UTC)
"""A Friday, twenty past ten in Amsterdam."""


@pytest.fixture(autouse=True)
def at() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def pick(db: Database, person: Person, item: Item) -> datetime | None:
    """Have a moment picked and planned, as the share page does."""
    with db.writing() as session:
        whole = get_item(session, item.id)
        found = spreading.pick(session, whole, person=person, choice=choices.of(session, person))
        if found is not None:
            reminders.plan(
                session,
                person,
                whole,
                network="x",
                language="nl",
                caption_id=None,
                own="",
                disclosure=0,
                channel="calendar",
                due_at=found,
            )
    return found


def test_colleagues_are_spread_over_five_working_days(db: Database) -> None:
    with db.writing() as session:
        item, people = make.item(session), make.team(session, "HR", 30)
    picked = [pick(db, person, item) for person in people]
    shown = [clock.local(each) for each in picked if each is not None]

    assert len(set(picked)) == 30
    assert {each.isoweekday() for each in shown} == {1, 2, 3, 4, 5}
    assert all(8 <= each.hour < 20 and each.minute % 15 == 0 for each in shown)
    assert NOW + timedelta(hours=1) <= min(shown) < max(shown) < datetime(2026, 12, 4, tzinfo=clock.zone())
    # Nobody has a neighbour while there is room: thirty in five days of twelve hours.
    ordered = sorted(shown)
    assert min(later - earlier for earlier, later in pairwise(ordered)) >= timedelta(minutes=30)


def test_many_at_the_same_moment_get_moments_of_their_own(db: Database) -> None:
    with db.writing() as session:
        item = make.item(session, ends_at=NOW + timedelta(hours=1, minutes=10 + 8 * 15))
        people = make.team(session, "HR", 9)
    begin = threading.Barrier(len(people))

    def work(person: Person) -> None:
        begin.wait()
        pick(db, person, item)

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading() as session:
        taken = sorted(session.scalars(select(Reminder.due_at)))
    free = [NOW + timedelta(hours=1, minutes=10 + 15 * place) for place in range(8)]
    assert (len(taken), sorted(set(taken))) == (9, free)


def test_it_is_their_own_day_outside_quiet_hours_days_off_and_a_pause(db: Database) -> None:
    with db.writing() as session:
        item, (person,) = make.item(session), make.team(session, "HR", 1)
        choice = times.default(person.id)
        choice.time_zone, choice.quiet_from, choice.quiet_until, choice.days_off = "America/New_York", 10, 19, "12"
        session.add(choice)
        session.get_one(Person, person.id).paused_until = date(2026, 12, 1)
    with db.reading() as session:
        person = session.get_one(Person, person.id)
    for _turn in range(8):
        found = pick(db, person, item)
        assert found is not None
        shown = found.astimezone(ZoneInfo("America/New_York"))
        assert (shown.day >= 2, shown.isoweekday() in (1, 2), shown.hour in (8, 9, 19)) == (True, False, True)


def test_with_little_time_left_they_choose_themselves(db: Database, ana: Client) -> None:
    with db.writing() as session:
        item = make.item(session, ends_at=NOW + timedelta(minutes=50))
    form = {"network": "x", "caption": "", "text": "Nog even!", "when": "pick", "channel": "calendar"}
    answer = ana.post(f"/items/{item.id}/reminders", data=form)
    assert answer.status_code == 422
    assert "Er is nog maar weinig tijd, dus kies zelf een moment." in answer.text
    assert 'id="plan-own" checked' in answer.text


def test_the_moment_is_shown_and_can_be_picked_anew(db: Database, ana: Client) -> None:
    with db.writing() as session:
        item = make.item(session)
    form = {"network": "x", "caption": "", "text": "", "when": "pick", "channel": "calendar"}
    ana.post(f"/items/{item.id}/reminders", data=form)
    with db.reading() as session:
        kept = session.scalars(select(Reminder)).one()
    assert planning.said(kept.due_at, clock.zone()) in ana.get("/me/planned").text
    assert ana.post(f"/reminders/{kept.id}/moment", data={"when": "pick"}).status_code == 303
