"""The page on which people choose what reaches them: what is kept, what is refused, and that nothing typed is lost."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import update

from portal import clock
from portal.campaigns import asks
from portal.database import Database
from portal.notifications.models import NotificationChoice
from portal.people.models import Organisation, Person
from tests.client import Client

MORNING = datetime(2026, 11, 24, 10, 0, tzinfo=clock.zone())
PAGE = "/me/notifications"
USUAL = {
    "digest_rhythm": "never",
    "digest_weekday": "1",
    "digest_hour": "8",
    "quiet_from": "20",
    "quiet_until": "8",
    "days_off": ["6", "7"],
    "time_zone": "",
    "asks_per_week": "",
    "paused_until": "",
}


def chosen(db: Database, person: Person) -> dict[str, Any]:
    """What is kept, as far as it is not what holds for whoever never chose."""
    with db.reading() as session:
        found, row = session.get(NotificationChoice, person.id), session.get_one(Person, person.id)
        kept = {name: getattr(row, name) for name in ("mail_asks", "asks_per_week", "paused_until")}
        kept |= {"digest": found and found.digest_rhythm, "next": found and found.next_digest_at}
        kept |= {"off": found and found.days_off, "zone": found and found.time_zone}
        return {name: value for name, value in kept.items() if value not in (None, "", False, "never", "67")}


def test_nothing_reaches_whoever_never_chose(db: Database, ana: Client) -> None:
    page = ana.get(PAGE).text
    assert re.search(r'name="digest_rhythm" value="never" checked', page)
    assert (chosen(db, ana.person), "checked" in page.split('name="mail_asks"')[1][:40]) == ({}, False)


@time_machine.travel(MORNING, tick=False)
def test_what_somebody_chooses_is_kept_and_shown(db: Database, ana: Client) -> None:
    wanted = USUAL | {
        "digest_rhythm": "weekly",
        "digest_weekday": "4",
        "digest_hour": "9",
        "quiet_from": "18",
        "days_off": ["3", "7"],
        "time_zone": "America/Curacao",
        "asks_per_week": "1",
        "paused_until": "2026-12-01",
        "mail_asks": "yes",
    }
    page = ana.follow(ana.post(PAGE, data=wanted)).text
    assert chosen(db, ana.person) == {
        "mail_asks": True,
        "asks_per_week": 1,
        "paused_until": date(2026, 12, 1),
        "digest": "weekly",
        "next": datetime(2026, 11, 26, 13, 0, tzinfo=UTC),
        "off": "37",
        "zone": "America/Curacao",
    }
    assert "Er komt niets vóór 1 december." in page
    for field in ('"America/Curacao" selected', 'value="2026-12-01"', 'value="weekly" checked', 'value="1" selected'):
        assert field in page
    page = ana.follow(ana.post(PAGE, data={"end_pause": "yes"})).text
    assert ("Er komt niets vóór" in page, chosen(db, ana.person)["digest"]) == (False, "weekly")


@time_machine.travel(MORNING, tick=False)
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"digest_rhythm": "hourly"}, "Kies een van de mogelijkheden."),
        ({"digest_hour": "24"}, "Kies een van de mogelijkheden."),
        ({"time_zone": "Mars/Olympus"}, "Kies een van de mogelijkheden."),
        ({"asks_per_week": "4"}, "Kies een van de mogelijkheden."),
        ({"digest_rhythm": "daily", "digest_hour": "7"}, "Dat valt in je stille uren."),
        ({"digest_rhythm": "weekly", "digest_weekday": "7"}, "Dat is een van je vrije dagen."),
        ({"days_off": list("1234567")}, "Zo blijft er geen dag over"),
        ({"paused_until": "morgen"}, "Vul een datum in, of laat het leeg."),
        ({"paused_until": "2026-11-24"}, "Kies een dag na vandaag."),
        ({"paused_until": "2028-01-01"}, "Kies een dag binnen een jaar."),
    ],
    ids=str,
)
def test_what_cannot_be_comes_back_with_a_sentence(
    db: Database, ana: Client, wrong: dict[str, str], sentence: str
) -> None:
    answer = ana.post(PAGE, data=USUAL | {"quiet_from": "21", "mail_asks": "yes"} | wrong)
    assert (answer.status_code, answer.text.count(sentence) >= 2) == (422, True)  # above the form, and at its field
    assert ('value="21" selected' in answer.text, chosen(db, ana.person)) == (True, {})


@time_machine.travel(MORNING, tick=False)
def test_saving_makes_good_what_a_mail_server_refused(db: Database, ana: Client) -> None:
    ana.post(PAGE, data=USUAL | {"digest_rhythm": "daily"})
    with db.writing() as session:
        session.execute(update(NotificationChoice).values(refused_at=clock.now(), next_digest_at=None))
    assert "Klopt ana@noorderhout.example?" in ana.get(PAGE).text
    page = ana.follow(ana.post(PAGE, data=USUAL | {"digest_rhythm": "daily"})).text
    assert ("Klopt" in page, chosen(db, ana.person)["next"]) == (False, MORNING + timedelta(hours=22))


def test_whoever_has_no_address_is_mailed_nothing(db: Database, ana: Client) -> None:
    with db.writing() as session:
        session.execute(update(Person).where(Person.id == ana.person.id).values(email=None))
    page = ana.get(PAGE).text
    assert ("geen mailadres van je" in page, 'name="digest_rhythm"' in page) == (True, False)
    ana.post(PAGE, data=USUAL | {"digest_rhythm": "daily", "mail_asks": "yes"})
    assert chosen(db, ana.person) == {}


@pytest.mark.parametrize(
    ("house", "own", "room"), [(3, None, 3), (3, 1, 1), (3, 0, 0), (2, 5, 2), (0, None, 0)], ids=str
)
def test_a_budget_of_ones_own_is_below_everybody_s(
    db: Database, ana: Client, house: int, own: int | None, room: int
) -> None:
    with db.writing() as session:
        session.get_one(Organisation, 1).asks_per_week = house
        session.get_one(Person, ana.person.id).asks_per_week = own
    given = []
    for number in range(4):
        with db.writing() as session:
            subject = f"campaign:{number}"
            given.append(asks.ask(session, person_id=ana.person.id, campaign_id=None, channel="mail", subject=subject))
    assert given.count(True) == room


@pytest.mark.parametrize(
    "values",
    [
        {"stopped_at": MORNING},
        {"deactivated_at": MORNING},
        {"paused_until": MORNING.date() + timedelta(days=1)},
    ],
    ids=str,
)
@time_machine.travel(MORNING, tick=False)
def test_nobody_is_asked_who_is_not_there_to_ask(db: Database, ana: Client, values: dict[str, Any]) -> None:
    with db.writing() as session:
        session.execute(update(Person).where(Person.id == ana.person.id).values(**values))
        assert not asks.may_ask(session, ana.person.id)
        assert asks.may_ask(session, ana.person.id, MORNING + timedelta(days=1)) == ("paused_until" in values)
