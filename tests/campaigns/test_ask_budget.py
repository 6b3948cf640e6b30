"""The ask budget, and the mail at a launch that keeps to it."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import func, select, update

from portal import clock, settings
from portal.campaigns import announcing, asks
from portal.campaigns.asks import Spent
from portal.campaigns.models import Ask, Campaign, ItemAudience
from portal.database import Database
from portal.jobs import Runner
from portal.people.models import Organisation, Person
from tests import make
from tests.campaigns.forms import campaign_form
from tests.client import Client
from tests.mail import MailServer

MORNING = datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("Europe/Amsterdam"))


@pytest.fixture
def mailbox(app: object, chosen: settings.Settings) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.put_in_force(replace(chosen, mail_url=f"smtp://{server.host}:{server.port}"))
        yield server


@pytest.fixture
def at_ten() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


def budget(db: Database, number: int) -> None:
    with db.writing() as session:
        session.execute(update(Organisation).values(asks_per_week=number))


def asked(db: Database, person: Person, subject: str, *, campaign_id: int | None = None, channel: str = "mail") -> bool:
    with db.writing() as session:
        return asks.ask(session, person_id=person.id, campaign_id=campaign_id, channel=channel, subject=subject)


def number_of_asks(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Ask)) or 0


def test_a_week_has_room_for_so_many_asks_over_every_channel(db: Database, ana: Client, cleo: Client) -> None:
    budget(db, 2)
    begun = clock.now()
    with time_machine.travel(begun, tick=False):
        assert [asked(db, ana.person, "campaign:1"), asked(db, ana.person, "campaign:1")] == [True, False]
    with time_machine.travel(begun + timedelta(days=3), tick=False):
        assert asked(db, ana.person, "campaign:1", channel="push")
        assert not asked(db, ana.person, "campaign:2")
        assert asked(db, cleo.person, "campaign:2")
    with time_machine.travel(begun + timedelta(days=7), tick=False), db.reading() as session:
        # The first is a week ago, the second four days.
        assert (asks.asked(session, ana.person.id), asks.may_ask(session, ana.person.id)) == (1, True)
    assert number_of_asks(db) == 3


def test_a_budget_of_nothing_asks_nobody(db: Database, ana: Client) -> None:
    budget(db, 0)
    assert not asked(db, ana.person, "campaign:1")
    assert number_of_asks(db) == 0


@pytest.mark.parametrize("subjects", [["campaign:1"], [f"campaign:{number}" for number in range(8)]])
def test_of_many_that_ask_at_once_no_more_may_than_the_week_has_room_for(
    db: Database, ana: Client, subjects: list[str]
) -> None:
    budget(db, 3)
    ready = Barrier(8)

    def go(number: int) -> bool:
        ready.wait()
        return asked(db, ana.person, subjects[number % len(subjects)])

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(go, range(8)))
    assert (got.count(True), number_of_asks(db)) == (min(3, len(subjects)),) * 2


def test_a_campaign_shows_what_it_spends(db: Database, bram: Client, ana: Client, cleo: Client) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
    assert "Er is nog niemand iets gevraagd." in bram.get(f"/campaigns/{campaign.id}").text
    for person in (ana.person, cleo.person):
        asked(db, person, "campaign:1", campaign_id=campaign.id)
    asked(db, ana.person, "reminder:1", campaign_id=campaign.id)
    with db.reading() as session:
        assert asks.spent(session, campaign.id) == Spent(times=2, people=2)
    page = bram.get(f"/campaigns/{campaign.id}").text
    assert "Deze campagne heeft 2 keer iets gevraagd, aan 2 collega’s." in page
    assert "Niemand wordt vaker dan 3 keer per week iets gevraagd" in page


def wants_mail(db: Database, *people: Person) -> None:
    with db.writing() as session:
        session.execute(update(Person).where(Person.id.in_([each.id for each in people])).values(mail_asks=True))


def launch(db: Database) -> None:
    """Let everything that is due be done, the mails too."""
    with db.writing() as session:
        announcing.find_launches(session)
    Runner(db).run_due()


def test_who_wants_it_hears_of_a_launch_once_in_their_language(
    db: Database, mailbox: MailServer, at_ten: object, client: Client, ana: Client, cleo: Client
) -> None:
    wants_mail(db, ana.person, cleo.person)
    with db.writing() as session:
        campaign = make.campaign(session, announces=True)
        item = make.item(session, campaign)
        make.item(session, title="Van een andere campagne")

    launch(db)
    launch(db)

    assert len(mailbox.messages) == 2
    (dutch,) = mailbox.to("ana@noorderhout.example")
    assert dutch["Subject"] == "Werken in de huizenfabriek: nieuw bij Noorderhout"
    plain, drawn = (part.get_content().replace("\r\n", "\n") for part in dutch.iter_parts())
    text = str(plain)
    assert text.split("\n\n")[2] == f"Timmerman in Zwolle\nhttp://localhost:8000/items/{item.id}"
    assert ("andere campagne" in text, "http://localhost:8000/me" in text) == (False, True)
    assert f'<a href="http://localhost:8000/items/{item.id}"' in drawn
    # One tap ends them, without signing in.
    ended = urlsplit(dutch["List-Unsubscribe"].strip("<>")).path
    assert f"http://localhost:8000{ended}" in text
    assert client.http.post(ended, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    with db.reading() as session:
        wanting = select(Person.id).where(Person.mail_asks)
        assert session.scalars(wanting).all() == [cleo.person.id]
    (english,) = mailbox.to("cleo@noorderhout.example")
    assert english["Subject"] == "Work in the house factory: new at Noorderhout"
    with db.reading() as session:
        assert asks.spent(session, campaign.id) == Spent(times=1, people=2)


def test_nobody_is_mailed_who_may_not_be(
    db: Database, mailbox: MailServer, at_ten: object, ana: Client, bram: Client, cleo: Client, dina: Client
) -> None:
    """Cleo has been asked enough, Dina never said she wants it, for Bram there is nothing, others have no address,
    left, stopped taking part or have everything wait."""
    wants_mail(db, ana.person, bram.person, cleo.person)
    with db.writing() as session:
        make.person(session, email=None, mail_asks=True)
        make.person(session, email="no address", mail_asks=True)
        make.person(session, mail_asks=True, deactivated_at=clock.now())
        make.person(session, mail_asks=True, stopped_at=clock.now())
        make.person(session, mail_asks=True, paused_until=clock.today() + timedelta(days=1))
        back = make.person(session, email="back@noorderhout.example", mail_asks=True, paused_until=clock.today())
        campaign = make.campaign(session, announces=True)
        item = make.item(session, campaign)
        assert back.department_id == ana.person.department_id
        for team in (ana.person.department_id, cleo.person.department_id):
            session.add(ItemAudience(item_id=item.id, kind="department", value=str(team)))
    for number in range(3):
        asked(db, cleo.person, f"campaign:-{number}")

    launch(db)

    told = {message["X-Envelope-To"] for message in mailbox.messages}
    assert told == {"ana@noorderhout.example", "back@noorderhout.example"}


@pytest.mark.parametrize(
    ("hour", "values", "state", "is_told"),
    [
        (10, {"announces": True}, "approved", True),
        (7, {"announces": True}, "approved", False),
        (18, {"announces": True}, "approved", False),
        (10, {"announces": False}, "approved", False),
        (10, {"announces": True}, "in_review", False),
        (10, {"announces": True, "archived_at": MORNING}, "approved", False),
        (10, {"announces": True, "starts_on": MORNING.date() + timedelta(days=1)}, "approved", False),
        (10, {"announces": True, "ends_on": MORNING.date() - timedelta(days=1)}, "approved", False),
    ],
)
def test_mail_goes_out_by_day_when_there_is_something_to_share(
    db: Database,
    mailbox: MailServer,
    at_ten: time_machine.Traveller,
    ana: Client,
    hour: int,
    values: dict[str, Any],
    state: str,
    is_told: bool,
) -> None:
    wants_mail(db, ana.person)
    at_ten.move_to(MORNING.replace(hour=hour))
    with db.writing() as session:
        make.item(session, make.campaign(session, **values), state=state)
    launch(db)
    assert len(mailbox.messages) == is_told


def test_many_colleagues_are_mailed_a_few_at_a_time(
    db: Database, mailbox: MailServer, at_ten: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next ones once the first can be gone, so that a mail to sign in with never waits behind thousands."""
    monkeypatch.setattr(announcing, "AT_ONCE", 5)
    with db.writing() as session:
        make.item(session, make.campaign(session, announces=True))
        people = [make.person(session, mail_asks=True) for _ in range(2 * announcing.AT_ONCE + 1)]
    launch(db)
    for batch in range(1, 4):
        assert len(mailbox.messages) == min(len(people), batch * announcing.AT_ONCE)
        at_ten.shift(timedelta(seconds=1))
        Runner(db).run_due()
    told = [message["X-Envelope-To"] for message in mailbox.messages]
    assert sorted(told) == sorted(str(each.email) for each in people)


def test_without_a_mail_server_nothing_is_spent(
    db: Database, chosen: settings.Settings, at_ten: object, ana: Client
) -> None:
    wants_mail(db, ana.person)
    settings.put_in_force(replace(chosen, mail_url=""))
    with db.writing() as session:
        campaign = make.campaign(session, announces=True)
        make.item(session, campaign)
    launch(db)
    assert number_of_asks(db) == 0
    with db.reading() as session:
        assert session.get_one(Campaign, campaign.id).announced_at is None


def test_nothing_comes_unless_somebody_wants_it(db: Database, ana: Client) -> None:
    def wants() -> bool:
        with db.reading() as session:
            return session.get_one(Person, ana.person.id).mail_asks

    assert not wants()
    choices = {
        "digest_rhythm": "never",
        "digest_weekday": "1",
        "digest_hour": "8",
        "quiet_from": "20",
        "quiet_until": "8",
    }
    ana.post("/me/notifications", data=choices | {"mail_asks": "yes"})
    assert wants()
    assert ana.get("/me/data.json").json()["person"]["mail_asks"] is True
    ana.post("/me/notifications", data=choices)
    assert not wants()


def test_an_editor_says_whether_a_campaign_mails(db: Database, bram: Client) -> None:
    bram.post("/campaigns", data=campaign_form(announces="yes"))
    with db.reading() as session:
        campaign = session.scalars(select(Campaign)).one()
    assert campaign.announces
    form = bram.get(f"/campaigns/{campaign.id}/edit").text
    assert re.search(r'name="announces"[^>]* checked', form)
    bram.post(f"/campaigns/{campaign.id}", data=campaign_form(version="1"))
    with db.reading() as session:
        assert not session.scalars(select(Campaign)).one().announces
