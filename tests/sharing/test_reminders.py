"""Planning a share: what was typed waits for its moment, one plan for each network, and nobody sees another's."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from icalendar import Calendar
from sqlalchemy import select
from starlette.applications import Starlette

from portal.campaigns.models import Item
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.notifications import times
from portal.notifications.models import PushSubscription
from portal.people.models import Person
from portal.sharing import reminders
from portal.sharing.models import Reminder
from tests import make
from tests.client import Client

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""A Tuesday, ten o'clock in Amsterdam."""
FRIDAY = datetime(2026, 11, 27, 14, 30, tzinfo=ZoneInfo("Europe/Amsterdam"))


@pytest.fixture(autouse=True)
def at() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def item(db: Database) -> Item:
    with db.writing() as session:
        return make.item(session)


def form(**more: str) -> dict[str, str]:
    return {
        "text": "Kom bij ons bouwen!",
        "caption": "",
        "network": "linkedin",
        "language": "nl",
        "disclosure": "1",
        "when": "own",
        "planned_on": "2026-11-27",
        "planned_at": "14:30",
        "channel": "calendar",
    } | more


def rows(db: Database) -> list[Reminder]:
    with db.reading() as session:
        return list(session.scalars(select(Reminder).order_by(Reminder.id)))


def read(body: bytes) -> list[Any]:
    return list(Calendar.from_ical(body).walk("VEVENT"))


def choose(db: Database, person: Person, **values: object) -> None:
    with db.writing() as session:
        choice = times.default(person.id)
        for name, value in values.items():
            setattr(choice, name, value)
        session.add(choice)


def test_all_that_was_typed_is_kept_for_the_moment(db: Database, ana: Client, item: Item) -> None:
    caption = item.captions[0].id
    answer = ana.post(f"/items/{item.id}/reminders", data=form(caption=str(caption)))

    (kept,) = rows(db)
    assert (kept.own, kept.caption_id, kept.network, kept.language, kept.disclosure) == (
        "Kom bij ons bouwen!",
        caption,
        "linkedin",
        "nl",
        1,
    )
    assert (kept.person_id, kept.item_id, kept.channel, kept.state) == (ana.person.id, item.id, "calendar", "planned")
    assert kept.due_at == FRIDAY
    page = ana.follow(answer).text
    assert "Gepland voor vrijdag 27 november, 14:30." in page
    link = f"/items/{item.id}?reminder={kept.id}"
    assert link in page
    opened = ana.get(link).text
    assert "Kom bij ons bouwen!</textarea>" in opened
    assert re.search(rf'name="caption" value="{caption}" checked', opened)
    ana.post(f"/items/{item.id}/shares", data=form(caption=str(caption)))
    assert rows(db)[0].state == "used"


def test_planning_again_takes_its_place_and_another_network_does_not(db: Database, ana: Client, item: Item) -> None:
    for data in (form(), form(text="Anders", planned_on="2026-11-30"), form(network="x")):
        assert ana.post(f"/items/{item.id}/reminders", data=data).status_code == 303
    assert [(each.network, each.own, each.due_at.day) for each in rows(db)] == [
        ("linkedin", "Anders", 30),
        ("x", "Kom bij ons bouwen!", 27),
    ]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"planned_at": "09:59", "planned_on": "2026-11-24"}, "Dat moment is al voorbij. Kies een later moment."),
        (
            {"planned_on": "2026-12-09"},
            "Dan is dit al voorbij: de laatste dag is 8 december.",
        ),
        ({"planned_on": ""}, "Kies een dag en een tijd."),
        ({"planned_on": "9999-12-31"}, "Dan is dit al voorbij"),
        ({"planned_on": "0001-01-01", "planned_at": "00:00"}, "Kies een dag en een tijd."),
        ({"planned_at": "25:00"}, "Kies een dag en een tijd."),
        ({"channel": "push"}, "Kies hoe we je eraan mogen herinneren."),
        ({"network": "fax"}, "Kies waar het heen moet."),
    ],
)
def test_what_cannot_be_planned_comes_back_with_all_that_was_typed(
    db: Database, ana: Client, item: Item, more: dict[str, str], sentence: str
) -> None:
    answer = ana.post(f"/items/{item.id}/reminders", data=form(**more))
    assert (answer.status_code, rows(db)) == (422, [])
    assert sentence in answer.text
    assert "Kom bij ons bouwen!</textarea>" in answer.text
    assert 'value="own" id="plan-own" checked' in answer.text


def test_a_moment_more_than_two_months_ahead_is_too_far(db: Database, ana: Client) -> None:
    with db.writing() as session:
        campaign = make.campaign(session, ends_on=date(2027, 12, 31))
        item = make.item(session, campaign, ends_at=None)
    answer = ana.post(f"/items/{item.id}/reminders", data=form(planned_on="2027-01-24"))
    assert "Kies een moment binnen 60 dagen." in answer.text


def test_what_is_over_cannot_be_planned(db: Database, ana: Client) -> None:
    with db.writing() as session:
        item = make.item(session, ends_at=NOW - timedelta(hours=1))
    answer = ana.post(f"/items/{item.id}/reminders", data=form())
    assert (answer.status_code, rows(db)) == (410, [])
    assert "Kom bij ons bouwen!" in answer.text


def test_the_day_and_time_are_those_of_ones_own_clock(db: Database, ana: Client, item: Item) -> None:
    choose(db, ana.person, time_zone="America/Curacao")
    ana.post(f"/items/{item.id}/reminders", data=form())
    assert rows(db)[0].due_at == datetime(2026, 11, 27, 18, 30, tzinfo=UTC)
    page = ana.get("/me/planned").text
    assert ("vrijdag 27 november, 14:30" in page, "Op je eigen klok: America/Curacao." in page) == (True, True)


def test_only_ways_that_reach_somebody_are_offered(db: Database, ana: Client, item: Item) -> None:
    def ways() -> list[str]:
        return re.findall(r'name="channel" value="(\w+)"', ana.get(f"/items/{item.id}").text)

    assert ways() == ["mail", "calendar"]
    with db.writing() as session:
        session.add(
            PushSubscription(
                person_id=ana.person.id,
                endpoint_hash="a",
                endpoint="https://push.example/1",
                key="k",
                secret="s",
                name="Telefoon",
                created_at=NOW,
            )
        )
        session.get_one(Person, ana.person.id).email = None
    assert ways() == ["push", "calendar"]
    assert ana.post(f"/items/{item.id}/reminders", data=form(channel="push")).status_code == 303


def test_colleagues_are_only_a_number(db: Database, ana: Client, cleo: Client, item: Item) -> None:
    with db.writing() as session:
        for person in make.team(session, "HR", 3):
            reminders.plan(
                session,
                person,
                get_item(session, item.id),
                network="x",
                language="nl",
                caption_id=None,
                own="geheim",
                disclosure=0,
                channel="calendar",
                due_at=datetime(2026, 11, 25, 12, tzinfo=UTC),
            )
    page = ana.get(f"/items/{item.id}").text
    assert "3 collega’s willen dit diezelfde dag delen." in page
    assert ("geheim" in page, "HR 0" in page) == (False, False)


def test_moving_dropping_and_sharing(db: Database, ana: Client, item: Item) -> None:
    for network in ("linkedin", "x"):
        ana.post(f"/items/{item.id}/reminders", data=form(network=network))
    first, second = rows(db)

    wrong = ana.post(f"/reminders/{first.id}/moment", data={"when": "own", "planned_on": "2026-11-01"})
    assert (wrong.status_code, wrong.text.count("Kies een dag en een tijd.")) == (422, 1)
    moved = {"when": "own", "planned_on": "2026-11-28", "planned_at": "08:00"}
    assert (
        "Verplaatst naar zaterdag 28 november, 08:00."
        in ana.follow(ana.post(f"/reminders/{first.id}/moment", data=moved)).text
    )
    ana.post(f"/reminders/{second.id}/removal")
    assert [(each.state, each.due_at.day) for each in rows(db)] == [("planned", 28), ("dropped", 27)]
    with db.writing() as session:
        reminders.use(session, ana.person, item.id, "linkedin")
        reminders.use(session, ana.person, item.id, "x")
    assert [each.state for each in rows(db)] == ["used", "dropped"]
    assert "Niets gepland" in ana.get("/me/planned").text
    # A form that was still open moves nothing any more.
    ana.post(f"/reminders/{first.id}/moment", data=moved)
    assert rows(db)[0].state == "used"


def test_what_is_due_stands_on_the_feed_until_it_is_over(
    db: Database, ana: Client, cleo: Client, item: Item, at: time_machine.Traveller
) -> None:
    ana.post(f"/items/{item.id}/reminders", data=form())
    (kept,) = rows(db)

    def due(person: Person) -> list[tuple[int, str, str]]:
        with db.reading() as session:
            return [(each.id, each.network_name, each.title) for each in reminders.due_for(session, person)]

    assert due(ana.person) == []
    at.move_to(FRIDAY)
    assert (due(ana.person), due(cleo.person)) == ([(kept.id, "LinkedIn", "Timmerman in Zwolle")], [])
    with db.writing() as session:
        session.get_one(Item, item.id).state = "recalled"
    assert due(ana.person) == []
    with db.writing() as session:
        session.get_one(Item, item.id).state = "approved"
    at.move_to(FRIDAY + reminders.ON_THE_FEED)
    assert due(ana.person) == []
    at.move_to(FRIDAY + reminders.KEPT + timedelta(minutes=1))
    with db.writing() as session:
        reminders.forget(session)
    assert rows(db) == []


def test_nobody_touches_another_s_plan(db: Database, ana: Client, cleo: Client, item: Item) -> None:
    ana.post(f"/items/{item.id}/reminders", data=form())
    (kept,) = rows(db)
    answers = [
        cleo.get(f"/reminders/{kept.id}.ics"),
        cleo.post(f"/reminders/{kept.id}/removal"),
        cleo.post(f"/reminders/{kept.id}/moment", data=form()),
    ]
    assert [each.status_code for each in answers] == [404, 404, 404]
    with db.reading() as session:
        assert reminders.find_own(session, cleo.person, kept.id) is None
        found = reminders.find_own(session, ana.person, kept.id)
    assert found is not None
    assert found.state == "planned"


def test_the_entry_for_ones_own_calendar(db: Database, ana: Client) -> None:
    title = "Bouw; mee, \\n of END:VEVENT é🏡 " + "lang" * 50
    with db.writing() as session:
        item = make.item(session, title=title)
    ana.post(f"/items/{item.id}/reminders", data=form())
    (kept,) = rows(db)

    answer = ana.get(f"/reminders/{kept.id}.ics")
    (event,) = read(answer.content)
    (alarm,) = event.walk("VALARM")
    address = f"http://localhost:8000/items/{item.id}?reminder={kept.id}"

    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert (event.start, str(event["UID"])) == (FRIDAY, f"reminder-{kept.id}@localhost")
    assert str(event["SUMMARY"]) == f"Tijd om te delen: {title}"
    assert str(event["URL"]) == address
    assert str(event["DESCRIPTION"]) == f"Alles wat je schreef is al ingevuld:\n{address}"
    assert alarm["TRIGGER"].dt == timedelta()
    assert max(map(len, answer.content.split(b"\r\n"))) <= 75
    # Moved, it takes the place of the one that is in the calendar.
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        ana.post(f"/reminders/{kept.id}/moment", data=form(planned_on="2026-11-28"))
        (again,) = read(ana.get(f"/reminders/{kept.id}.ics").content)
    assert (again["UID"], again["SEQUENCE"] > event["SEQUENCE"]) == (event["UID"], True)


def test_a_moment_the_clock_skips_is_the_first_after_it(
    app: Starlette, db: Database, at: time_machine.Traveller
) -> None:
    at.move_to(datetime(2027, 3, 26, 9, tzinfo=UTC))
    ana = Client.signed_in(app, make.cast(db, "ana"))
    with db.writing() as session:
        item = make.item(session)
    ana.post(f"/items/{item.id}/reminders", data=form(planned_on="2027-03-28", planned_at="02:30"))
    assert "zondag 28 maart, 03:00" in ana.get("/me/planned").text
