"""The calendar in other programs: a secret address, and a file that the icalendar library reads back."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar as File

from portal import clock
from portal.campaigns import ics
from portal.campaigns.ics import Event
from portal.database import Database
from portal.people.models import Person
from tests import make
from tests.client import Client

SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOSTILE = "Bouw; mee, \\n of\r\nEND:VEVENT\nBEGIN:VALARM é🏡 " + "lang " * 40


def own_address(editor: Client) -> str:
    editor.post("/calendar/address")
    found = re.search(r'id="calendar-address">http://localhost:8000([^<]+)<', editor.get("/calendar").text)
    assert found is not None
    return found[1]


def read(body: bytes) -> list[Any]:
    return list(File.from_ical(body).walk("VEVENT"))


@time_machine.travel(SUNDAY, tick=False)
def test_what_is_planned_can_be_read_by_others(db: Database, bram: Client, client: Client) -> None:
    with db.writing() as session:
        campaign = make.campaign(session, starts_on=date(2026, 11, 2), ends_on=date(2026, 12, 20))
        item = make.item(session, campaign, publish_at=clock.start_of(date(2026, 11, 24)))
        make.item(session, campaign, title="Weg", state="recalled")
        make.item(session, campaign, title="Later", state="draft", publish_at=clock.start_of(date(2026, 11, 25)))
        make.item(session, make.campaign(session, archived_at=clock.now()), title="Opgeborgen")

    answer = client.get(own_address(bram))
    events = read(answer.content)

    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert [(str(each["SUMMARY"]), each.start, each.end, str(each["STATUS"])) for each in events] == [
        ("Campagne: Werken in de huizenfabriek", date(2026, 11, 2), date(2026, 12, 21), "CONFIRMED"),
        ("Vacature: Timmerman in Zwolle", date(2026, 11, 24), date(2026, 11, 25), "CONFIRMED"),
        ("Vacature: Later", date(2026, 11, 25), date(2026, 11, 26), "TENTATIVE"),
    ]
    assert str(events[1]["UID"]) == f"item-{item.id}@localhost"
    assert str(events[1]["URL"]) == f"http://localhost:8000/campaigns/items/{item.id}"
    assert str(events[1]["DESCRIPTION"]) == "Gepland voor 24 november\nWerken in de huizenfabriek"
    assert events[1]["DTSTAMP"].dt == item.changed_at.replace(microsecond=0)
    assert str(File.from_ical(answer.content)["X-WR-CALNAME"]) == "Noorderhout"


@given(st.text(max_size=300).map(lambda text: text.replace("\0", "")), st.text(max_size=300))
def test_whatever_is_written_comes_back_and_no_line_is_too_long(summary: str, description: str) -> None:
    # Signs that no form lets in; both libraries and ours leave a lone carriage return as it is or drop it.
    plain = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
    summary, description = plain.sub("", summary), plain.sub("", description)
    today = date(2026, 11, 22)
    event = Event("item-1", SUNDAY, 1, today, today, summary, description, "/x", True)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *event.lines(), "END:VCALENDAR", ""]
    body = "\r\n".join(lines).encode()

    assert max(len(line) for line in body.split(b"\r\n")) <= ics.LONGEST_LINE
    (found,) = read(body)
    assert str(found["SUMMARY"]) == summary
    assert str(found.get("DESCRIPTION", "")) == description


def test_a_hostile_title_is_only_text(db: Database, bram: Client, client: Client) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        campaign.texts[0].title = HOSTILE
        make.item(session, campaign, title="Timmerman")

    events = read(client.get(own_address(bram)).content)

    assert len(events) == 2
    assert str(events[0]["SUMMARY"]) == "Campagne: " + HOSTILE.replace("\r\n", "\n")


def test_a_new_address_ends_the_old_one(bram: Client, client: Client) -> None:
    old = own_address(bram)
    new = own_address(bram)

    assert old != new
    assert [client.get(path).status_code for path in (old, new)] == [404, 200]


def test_nobody_guesses_an_address(db: Database, bram: Client, client: Client) -> None:
    address = own_address(bram)
    with db.writing() as session:
        other = make.person(session, role="editor")
    folder, _slash, file = address.rpartition("/")

    assert client.get(f"/calendar/{other.id}/.ics").status_code == 404
    assert client.get(f"/calendar/{other.id}/{file}").status_code == 404
    assert client.get(f"{folder}/{'é' * 43}.ics").status_code == 404
    assert client.get(f"/calendar/{bram.person.id}/x.ics").status_code == 404


@pytest.mark.parametrize("values", [{"role": "member"}, {"deactivated_at": SUNDAY}])
def test_whoever_is_no_editor_any_more_sees_nothing(
    db: Database, bram: Client, client: Client, values: dict[str, Any]
) -> None:
    address = own_address(bram)
    with db.writing() as session:
        person = session.get_one(Person, bram.person.id)
        for name, value in values.items():
            setattr(person, name, value)

    assert client.get(address).status_code == 404


def test_what_did_not_change_is_not_sent_again(db: Database, bram: Client, client: Client) -> None:
    with db.writing() as session:
        item = make.item(session, publish_at=clock.now() + timedelta(days=2))
    address = own_address(bram)
    etag = client.get(address).headers["etag"]
    know = {"If-None-Match": etag}

    assert client.get(address, headers=know).status_code == 304
    form = {"item": str(item.id), "version": "1", "day": (clock.today() + timedelta(days=3)).isoformat()}
    bram.post("/calendar/moves", data=form)
    assert client.get(address, headers=know).status_code == 200


def test_it_speaks_the_language_of_whose_it_is(db: Database, bram: Client, client: Client) -> None:
    with db.writing() as session:
        session.get_one(Person, bram.person.id).language = "en"
        make.item(session)

    events = read(client.get(own_address(bram)).content)

    assert [str(each["SUMMARY"]) for each in events] == [
        "Campaign: Work in the house factory",
        "Vacancy: Timmerman in Zwolle (en)",
    ]
