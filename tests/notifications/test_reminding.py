"""When the moment comes: told once and never twice, whatever happens to clocks, processes and mail servers."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from portal import clock, jobs, settings
from portal.campaigns.models import Item
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.jobs import Job, Runner
from portal.notifications import reminding, times
from portal.notifications.models import NotificationChoice, PushSubscription
from portal.people.models import Person
from portal.sharing import reminders
from portal.sharing.models import Reminder
from tests import make
from tests.client import Client
from tests.mail import MailServer
from tests.notifications.senders import Senders
from tests.pushes import Browser, PushService

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""A Tuesday, ten o'clock in Amsterdam."""
DUE = NOW + timedelta(hours=4)
PATIENCE = 20
"""Seconds."""


@pytest.fixture
def at() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def server(app: object, chosen: settings.Settings) -> Iterator[MailServer]:
    with MailServer() as made:
        settings.put_in_force(replace(chosen, mail_url=f"smtp://{made.host}:{made.port}"))
        yield made


def plan(db: Database, person: Person, item: Item | None = None, **values: Any) -> Reminder:
    with db.writing() as session:
        whole = get_item(session, (item or make.item(session)).id)
        wanted: dict[str, Any] = {"network": "linkedin", "channel": "mail", "due_at": DUE} | values
        return reminders.plan(
            session, person, whole, language="nl", caption_id=None, own="Kom je ook?", disclosure=0, **wanted
        )


def states(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(Reminder.state).order_by(Reminder.id)))


def pushes(db: Database) -> list[dict[str, Any]]:
    with db.reading() as session:
        return [row.args["message"] for row in session.scalars(select(Job).where(Job.kind == "push"))]


def subscribe(db: Database, person: Person) -> None:
    with db.writing() as session:
        row = {
            "endpoint_hash": "a",
            "endpoint": "https://push.example/1",
            "key": "k",
            "secret": "s",
            "name": "Telefoon",
        }
        session.add(PushSubscription(person_id=person.id, created_at=clock.now(), **row))


def test_a_mail_comes_once_at_its_moment(
    db: Database, ana: Client, server: MailServer, at: time_machine.Traveller
) -> None:
    kept = plan(db, ana.person)
    at.move_to(DUE - timedelta(seconds=1))
    reminding.remind(database=db)
    assert (states(db), server.messages) == (["planned"], [])

    at.move_to(DUE)
    with db.writing() as session:
        jobs.enqueue(session, "remind", dedupe="every:remind")
    Runner(db).run_due()
    # The clock is put back to before its moment, and comes by it again.
    for moment in (DUE - timedelta(hours=2), DUE, DUE + timedelta(days=1)):
        at.move_to(moment)
        reminding.remind(database=db)

    mail: Any
    (mail,) = server.to("ana@noorderhout.example")
    assert (states(db), mail["Subject"]) == (["told"], "Tijd om te delen: Timmerman in Zwolle")
    text, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text.get_content().replace("\r\n", "\n") == (
        "Hoi Ana,\n\n"
        "Dit wilde je nu delen\n\n"
        f"Timmerman in Zwolle\nhttp://localhost:8000/items/{kept.item_id}?reminder={kept.id}\n\n"
        "Alles wat je schreef is al ingevuld. Er gaat niets de deur uit zonder jou.\n\n"
        "Je had dit gepland voor dinsdag 24 november, 14:00. Liever op een ander moment, of toch niet? "
        "http://localhost:8000/me/planned\n"
    )
    assert f'href="http://localhost:8000/items/{kept.item_id}?reminder={kept.id}"' in rich.get_content()


def test_moved_after_it_was_told_it_comes_again(
    db: Database, ana: Client, server: MailServer, at: time_machine.Traveller
) -> None:
    kept = plan(db, ana.person)
    at.move_to(DUE)
    reminding.remind(database=db)
    form = {"when": "own", "planned_on": "2026-11-25", "planned_at": "09:00"}
    assert ana.post(f"/reminders/{kept.id}/moment", data=form).status_code == 303
    assert states(db) == ["planned"]
    at.move_to(DUE + timedelta(days=1))
    reminding.remind(database=db)
    assert (states(db), len(server.messages)) == (["told"], 2)


def test_a_push_opens_what_was_written(db: Database, ana: Client, at: time_machine.Traveller) -> None:
    subscribe(db, ana.person)
    kept = plan(db, ana.person, channel="push")
    at.move_to(DUE)
    reminding.remind(database=db)
    reminding.remind(database=db)
    (message,) = pushes(db)
    assert (message["title"], message["text"]) == ("Dit wilde je nu delen", "Timmerman in Zwolle")
    assert (message["url"], message["tag"]) == (f"/items/{kept.item_id}?reminder={kept.id}", f"reminder-{kept.id}")
    assert states(db) == ["told"]


def test_without_a_browser_a_push_becomes_a_mail_and_a_calendar_needs_neither(
    db: Database, ana: Client, cleo: Client, server: MailServer, at: time_machine.Traveller
) -> None:
    plan(db, ana.person, channel="push")
    plan(db, cleo.person, channel="calendar")
    at.move_to(DUE)
    reminding.remind(database=db)
    assert (states(db), pushes(db), len(server.messages)) == (["told", "told"], [], 1)
    assert len(server.to("ana@noorderhout.example")) == 1


def pushed_and_a_minute_on(db: Database, at: time_machine.Traveller) -> None:
    reminding.remind(database=db)
    Runner(db).run_due()
    at.shift(timedelta(minutes=1))
    reminding.remind(database=db)


@pytest.mark.parametrize(
    ("answers", "mails", "told"),
    [([410, 404], 1, DUE + timedelta(minutes=1)), ([410, 201], 0, DUE), ([201, 410], 0, DUE)],
)
def test_a_reminder_no_browser_takes_comes_by_mail(
    db: Database,
    ana: Client,
    server: MailServer,
    service: PushService,
    at: time_machine.Traveller,
    answers: list[int],
    mails: int,
    told: datetime,
) -> None:
    for name in ("phone", "laptop"):
        sent = Browser().form | {"endpoint": f"{service.address}/{name}", "tapped": "yes"}
        assert ana.post("/me/push", data=sent).status_code == 303
    service.statuses = answers
    plan(db, ana.person, channel="push")
    at.move_to(DUE)
    pushed_and_a_minute_on(db, at)
    pushed_and_a_minute_on(db, at)
    assert (len(service.got), len(server.messages), states(db)) == (2, mails, ["told"])
    with db.reading() as session:
        assert session.scalars(select(Reminder.told_at)).all() == [told]


def test_a_reminder_whose_push_service_stays_away_comes_by_mail(
    db: Database, ana: Client, server: MailServer, service: PushService, at: time_machine.Traveller
) -> None:
    sent = Browser().form | {"endpoint": f"{service.address}/phone", "tapped": "yes"}
    assert ana.post("/me/push", data=sent).status_code == 303
    service.statuses = [503]
    plan(db, ana.person, channel="push")
    at.move_to(DUE)
    for attempt in range(1, 7):
        pushed_and_a_minute_on(db, at)
        assert (len(service.got), server.messages) == (attempt, [])
        at.shift(timedelta(seconds=18 * 4**attempt))
    at.move_to(datetime(2026, 11, 25, 8, 0, tzinfo=clock.zone()))
    pushed_and_a_minute_on(db, at)
    assert (len(service.got), len(server.messages), states(db)) == (6, 1, ["told"])


def test_a_browser_turned_off_while_a_push_was_under_way_is_no_reason_to_hear_nothing(
    db: Database, ana: Client, server: MailServer, at: time_machine.Traveller
) -> None:
    subscribe(db, ana.person)
    plan(db, ana.person, channel="push")
    at.move_to(DUE)
    reminding.remind(database=db)
    reminding.remind(database=db)
    assert (states(db), server.messages) == (["told"], [])
    ana.post("/sign-out/everywhere")
    pushed_and_a_minute_on(db, at)
    assert (states(db), len(server.messages)) == (["told"], 1)


def test_what_is_over_is_not_told_but_said_on_the_feed(
    db: Database, ana: Client, server: MailServer, at: time_machine.Traveller
) -> None:
    with db.writing() as session:
        recalled, ended, resting = (make.item(session, title=title) for title in ("Terug", "Klaar", "Rust"))
    for item in (recalled, ended, resting):
        plan(db, ana.person, item)
    with db.writing() as session:
        session.get_one(Item, recalled.id).state = "recalled"
        session.get_one(Item, ended.id).ends_at = DUE - timedelta(hours=1)
        session.get_one(Item, resting.id).state = "in_review"
    at.move_to(DUE)
    reminding.remind(database=db)
    reminding.remind(database=db)

    assert (states(db), server.messages) == (["dropped", "dropped", "planned"], [])
    page = ana.get("/").text
    assert "Je wilde dit later delen. Het is inmiddels teruggehaald, dus je hoeft niets te doen." in page
    assert "Je wilde dit later delen. Het is inmiddels voorbij, dus je hoeft niets te doen." in page
    # What was only looked at again is told of once it is back.
    with db.writing() as session:
        session.get_one(Item, resting.id).state = "approved"
    reminding.remind(database=db)
    assert (states(db)[2], len(server.messages)) == ("told", 1)


def test_who_stopped_or_left_hears_nothing(
    db: Database, ana: Client, cleo: Client, server: MailServer, at: time_machine.Traveller
) -> None:
    for person in (ana.person, cleo.person):
        plan(db, person)
    with db.writing() as session:
        session.get_one(Person, ana.person.id).stopped_at = NOW
        session.get_one(Person, cleo.person.id).deactivated_at = NOW
    at.move_to(DUE)
    reminding.remind(database=db)
    assert (states(db), server.messages) == (["dropped", "dropped"], [])


def test_what_somebody_chose_comes_at_night_and_what_is_late_waits_for_the_morning(
    db: Database, ana: Client, cleo: Client, server: MailServer, at: time_machine.Traveller
) -> None:
    evening = datetime(2026, 11, 24, 22, 30, tzinfo=clock.zone())
    plan(db, ana.person, due_at=evening)
    plan(db, cleo.person, due_at=evening - timedelta(hours=5))  # the portal was down
    at.move_to(evening)
    reminding.remind(database=db)
    assert (states(db), len(server.to("ana@noorderhout.example"))) == (["told", "planned"], 1)
    at.move_to(datetime(2026, 11, 25, 8, 0, tzinfo=clock.zone()))
    reminding.remind(database=db)
    assert (states(db), len(server.to("cleo@noorderhout.example"))) == (["told", "told"], 1)


def test_each_minute_of_the_nights_the_clock_changes(
    db: Database, ana: Client, server: MailServer, at: time_machine.Traveller
) -> None:
    for begins in (datetime(2027, 3, 28, 0, tzinfo=UTC), datetime(2026, 10, 25, 0, tzinfo=UTC)):
        at.move_to(begins - timedelta(hours=1))
        server.clear()
        plan(db, ana.person, due_at=begins + timedelta(minutes=30))
        for minutes in range(0, 181, 15):
            at.move_to(begins + timedelta(minutes=minutes))
            reminding.remind(database=db)
        assert (len(server.messages), states(db)[-1]) == (1, "told")


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "TEXT"])
def test_a_server_in_trouble_is_asked_again_and_nobody_is_forgotten(
    db: Database, ana: Client, server: MailServer, at: time_machine.Traveller, stage: str
) -> None:
    plan(db, ana.person)
    at.move_to(DUE)
    server.ask = lambda asked, address: "451 Not now" if asked == stage else ""
    reminding.remind(database=db)
    assert (states(db), server.messages) == (["planned"], [])
    with db.reading() as session:
        assert [each.title for each in reminders.due_for(session, ana.person)] == ["Timmerman in Zwolle"]
    server.ask = lambda asked, address: ""
    at.move_to(DUE + timedelta(minutes=2))
    reminding.remind(database=db)
    assert (states(db), len(server.messages)) == (["told"], 1)


def test_an_address_nobody_has_is_not_tried_again(
    db: Database, ana: Client, server: MailServer, at: time_machine.Traveller
) -> None:
    plan(db, ana.person)
    with db.writing() as session:
        session.add(times.default(ana.person.id))
    at.move_to(DUE)
    server.ask = lambda stage, address: "550 5.1.1 Nobody here" if stage == "RCPT" else ""
    reminding.remind(database=db)
    connections = server.connections
    reminding.remind(database=db)
    assert (states(db), server.messages, server.connections) == (["told"], [], connections)
    with db.reading() as session:
        assert len(reminders.due_for(session, ana.person)) == 1
        assert session.scalars(select(NotificationChoice.refused_at)).all() == [DUE]


@pytest.fixture(scope="module")
def senders(chosen: settings.Settings) -> Iterator[Senders]:
    with Senders(chosen, "reminders") as found:
        yield found


@pytest.mark.parametrize(
    ("killed_at", "arrived", "state"),
    [
        ("DATA", 1, "told"),  # before anything was on record: the next process sends it
        ("KEPT", 1, "sending"),  # it arrived, and nobody wrote that down
    ],
)
def test_a_process_killed_between_sending_and_putting_it_on_record(
    db: Database, senders: Senders, killed_at: str, arrived: int, state: str
) -> None:
    with db.writing() as session:
        person = make.person(session)
    with time_machine.travel(clock.now() - timedelta(hours=1), tick=False):
        plan(db, person, due_at=clock.now() + timedelta(minutes=59))
    pids: list[int] = []
    known, dead = Event(), Event()

    def kill(stage: str, address: str) -> str:
        if stage == killed_at and not dead.is_set():
            assert known.wait(PATIENCE)
            os.kill(pids[0], signal.SIGKILL)
            dead.set()
        return ""

    with MailServer(kill) as server:
        url = f"smtp://{server.host}:{server.port}"
        pids += senders.start(1, url)
        known.set()
        assert senders.ends() == [signal.SIGKILL]
        senders.start(2, url)
        assert senders.ends() == [0, 0]
        assert (states(db), len(server.messages)) == ([state], arrived)
    # Whether the mail came or not: the feed has it.
    with db.reading() as session:
        assert len(reminders.due_for(session, person)) == 1


def test_two_processes_tell_everybody_once(db: Database, senders: Senders) -> None:
    with time_machine.travel(clock.now() - timedelta(hours=1), tick=False):
        with db.writing() as session:
            item, people = make.item(session), make.team(session, "HR", 25)
        for person in people:
            plan(db, person, item, due_at=clock.now() + timedelta(minutes=59))
    with MailServer() as server:
        senders.start(2, f"smtp://{server.host}:{server.port}")
        assert senders.ends() == [0, 0]
        told = Counter(message["X-Envelope-To"] for message in server.messages)
    assert told == Counter(str(person.email) for person in people)
    assert set(states(db)) == {"told"}
