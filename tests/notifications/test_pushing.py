"""Pushes: a browser subscribed, a push service that answers as they do, a browser that reads what came."""

import hashlib
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from portal import activity, clock, settings
from portal.campaigns.models import Ask, Item
from portal.database import Database
from portal.jobs import Job, Runner
from portal.notifications import new_items, pushing, subscriptions
from portal.notifications.models import FeedVisit, NotificationChoice, PushSubscription
from portal.people.models import Person
from tests import make
from tests.client import Client
from tests.pushes import Browser, PushService

MORNING = datetime(2026, 11, 24, 10, 0, tzinfo=clock.zone())


@pytest.fixture
def at_ten() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


def subscribe(client: Client, service: PushService, name: str = "phone", **how: str) -> Browser:
    """As after a tap, unless `how` tells of an address it was known by before."""
    browser = Browser()
    sent = browser.form | {"endpoint": f"{service.address}/{name}"} | (how or {"tapped": "yes"})
    answer = client.post("/me/push", data=sent)
    assert answer.status_code == 303
    return browser


def push(db: Database, person: Person, **values: Any) -> int:
    """Queue one, and have what is due done; to how many browsers it went."""
    told = {"title": "Zo ver", "text": "Je wilde dit nu delen.", "url": "/items/1", "tag": "reminder-1"}
    with db.writing() as session:
        number = pushing.push(session, person.id, **told | values)
    Runner(db).run_due()
    return number


def count(db: Database, table: type[Any], *conditions: Any) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def test_the_browser_and_nobody_between_reads_it(
    db: Database, ana: Client, service: PushService, at_ten: object
) -> None:
    browser = subscribe(ana, service)
    with capture_logs() as log:
        assert push(db, ana.person, title="T" * 200, url="//evil.example/x") == 1
    (got,) = service.got
    assert browser.message(got.body) == {
        "title": "T" * 119 + "…",
        "text": "Je wilde dit nu delen.",
        "url": "/",
        "tag": "reminder-1",
        "language": "nl",
    }
    headers = {name: got.headers[name] for name in ("content-encoding", "ttl", "urgency")}
    assert headers | {"path": got.path} == {
        "content-encoding": "aes128gcm",
        "ttl": "86400",
        "urgency": "normal",
        "path": "/phone",
    }
    assert (len(got.headers["topic"]), len(got.body)) == (32, 1126)
    assert service.address not in str(log)


@pytest.mark.parametrize(("status", "is_kept"), [(201, True), (410, False), (404, False), (403, False), (400, False)])
def test_a_browser_that_is_gone_is_forgotten(
    db: Database, ana: Client, service: PushService, status: int, is_kept: bool
) -> None:
    subscribe(ana, service)
    service.statuses = [status]
    push(db, ana.person)
    assert (count(db, PushSubscription) == 1, count(db, Job, Job.kind == "push", Job.done_at.is_(None))) == (is_kept, 0)


def test_a_push_service_in_trouble_is_asked_again_when_it_wants(
    db: Database, ana: Client, service: PushService, at_ten: time_machine.Traveller
) -> None:
    subscribe(ana, service)
    service.statuses, service.retry_after = [429, 503, 201], "900"
    push(db, ana.person)
    at_ten.shift(timedelta(seconds=899))
    Runner(db).run_due()
    assert len(service.got) == 1
    at_ten.shift(timedelta(seconds=1))
    Runner(db).run_due()
    at_ten.shift(timedelta(seconds=900))
    Runner(db).run_due()
    assert [each.headers["ttl"] for each in service.got] == ["86400", "85500", "84600"]
    at_ten.shift(timedelta(days=1))
    Runner(db).run_due()
    assert len(service.got) == 3


def test_a_wait_no_calendar_has_is_none(db: Database, ana: Client, service: PushService) -> None:
    subscribe(ana, service)
    service.statuses = [503]
    service.retry_after = "Mon, 01 Jan 99999999999 00:00:00 GMT"
    push(db, ana.person)
    assert [count(db, Job, Job.kind == "push", *done) for done in ([Job.done_at.is_(None)], [Job.error != ""])] == [
        1,
        0,
    ]


def test_old_news_is_not_told(db: Database, ana: Client, service: PushService, at_ten: time_machine.Traveller) -> None:
    subscribe(ana, service)
    service.statuses = [500]
    for _ in range(2):
        push(db, ana.person)
        at_ten.shift(timedelta(days=1))
    Runner(db).run_due()
    assert (len(service.got), count(db, Job, Job.kind == "push", Job.done_at.is_(None))) == (2, 0)


def test_what_is_too_long_comes_shorter(db: Database, ana: Client, service: PushService) -> None:
    browser = subscribe(ana, service)
    service.statuses = [413, 201]
    push(db, ana.person)
    assert [browser.message(got.body)["text"] for got in service.got] == ["Je wilde dit nu delen.", ""]


def test_a_browser_belongs_to_who_is_signed_in(db: Database, ana: Client, cleo: Client, service: PushService) -> None:
    subscribe(ana, service)
    with db.writing() as session:  # on its way when Cleo signs in on the same phone
        pushing.push(session, ana.person.id, title="Voor Ana", text="", url="/", tag="a")
    browser = subscribe(cleo, service)
    Runner(db).run_due()
    assert (service.got, count(db, PushSubscription)) == ([], 1)
    assert (push(db, ana.person), push(db, cleo.person, title="For Cleo")) == (0, 1)
    assert [browser.message(got.body)["title"] for got in service.got] == ["For Cleo"]
    page = cleo.get("/me/notifications").text
    mark = hashlib.sha256(f"{service.address}/phone".encode()).hexdigest()
    assert (f'data-browser="{mark}"' in page, service.address in page) == (True, False)
    with db.reading() as session:
        number = session.scalar(select(PushSubscription.id))
    assert ana.post(f"/me/push/{number}/removal").status_code == 404
    assert cleo.post(f"/me/push/{number}/removal").status_code == 303
    assert count(db, PushSubscription) == 0


def test_of_many_browsers_the_oldest_goes(
    db: Database, ana: Client, service: PushService, at_ten: time_machine.Traveller
) -> None:
    for number in range(subscriptions.MOST + 1):
        at_ten.shift(timedelta(minutes=1))
        subscribe(ana, service, f"phone-{number}")
    with db.reading() as session:
        kept = [each.endpoint.rpartition("-")[2] for each in subscriptions.of(session, ana.person)]
    assert kept == [str(number) for number in range(1, subscriptions.MOST + 1)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "http://fcm.googleapis.com/a"},
        {"endpoint": "https://push.example/a"},
        {"endpoint": "https://10.0.0.7:8443/a"},
        {"endpoint": "https://careers.internal:443/a"},
        {"endpoint": "https://fcm.googleapis.com:80/a"},
        {"endpoint": "https://fcm.googleapis.com.push.example/a"},
        {"endpoint": "https://push.apple.com/a"},
        {"endpoint": "https://evilpush.apple.com/a"},
        {"endpoint": "https://user@fcm.googleapis.com/a"},
        {"endpoint": "https://fcm.googleapis.com\\@push.example/a"},
        {"endpoint": "https://fcm.googleapis.com/" + "a" * 2000},
        {"endpoint": ""},
        {"key": "BAAA"},
        {"key": "B" + "A" * 86},
        {"secret": "AAAA"},
        {"secret": "A" * 21 + "=="},
    ],
    ids=str,
)
def test_what_is_no_subscription_is_refused(
    db: Database, chosen: settings.Settings, ana: Client, wrong: dict[str, str]
) -> None:
    settings.put_in_force(replace(chosen, reachable_hosts=("10.0.0.7:8443", "careers.internal:443")))
    right = Browser().form | {"endpoint": "https://web.push.apple.com/a", "tapped": "yes"}
    assert ana.post("/me/push", data=right | wrong).status_code == 422
    assert (count(db, PushSubscription), ana.post("/me/push", data=right).status_code) == (0, 303)


def test_one_to_try_and_not_ten(db: Database, ana: Client, service: PushService) -> None:
    assert "Zet het eerst aan" in ana.follow(ana.post("/me/push/test")).text
    browser = subscribe(ana, service)
    service.statuses = [503]
    ana.follow(ana.post("/me/push/test"))
    Runner(db).run_due()
    assert "net een verstuurd" in ana.follow(ana.post("/me/push/test")).text
    Runner(db).run_due()
    assert [browser.message(got.body)["title"] for got in service.got] == ["Zo ziet het eruit"]
    assert count(db, Job, Job.kind == "push", Job.done_at.is_(None)) == 0, "nobody waits for it any more"


def test_a_push_service_that_does_not_answer_delays_no_other(
    db: Database, chosen: settings.Settings, ana: Client, service: PushService
) -> None:
    """It costs as long as it may take once, and not once for every browser."""
    came = []

    class HangUp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            came.append(self.client_address)

    with socketserver.TCPServer(("127.0.0.1", 0), HangUp) as server:
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        host = f"127.0.0.1:{server.server_address[1]}"
        settings.put_in_force(replace(chosen, push_services=(*settings.current().push_services, host)))
        for number in range(3):
            subscribe(ana, PushService(f"https://{host}"), f"phone-{number}")
        subscribe(ana, service)
        push(db, ana.person)
        server.shutdown()
    left = count(db, Job, Job.kind == "push", Job.done_at.is_(None))
    assert (len(came), len(service.got), left) == (1, 1, 3)


def test_another_address_without_a_tap_only_for_whose_browser_it_was(
    db: Database, ana: Client, cleo: Client, service: PushService
) -> None:
    """As a worker or a page asks it by itself, with whichever cookie is there by then."""
    subscribe(ana, service)
    with db.writing() as session:
        session.execute(update(NotificationChoice).values(push=False))
        pushing.push(session, ana.person.id, title="Onderweg", text="", url="/", tag="a")
    for client, before in ((cleo, "phone"), (ana, "laptop"), (cleo, "")):
        subscribe(client, service, "new", instead_of=f"{service.address}/{before}")
    with db.reading() as session:
        assert [(each.person_id, each.endpoint) for each in session.scalars(select(PushSubscription))] == [
            (ana.person.id, f"{service.address}/phone")
        ]
    subscribe(cleo, service, "new")
    browser = subscribe(ana, service, "new", instead_of=f"{service.address}/phone")
    Runner(db).run_due()
    assert [(got.path, browser.message(got.body)["title"]) for got in service.got] == [("/new", "Onderweg")]
    with db.reading() as session:
        assert session.scalars(select(PushSubscription.person_id)).all() == [ana.person.id]
        pushed = select(NotificationChoice.push).where(NotificationChoice.person_id == ana.person.id)
        assert session.scalars(pushed).all() == [False], "whether something new is told is left as it was"


def test_signed_out_everywhere_nothing_is_shown_anywhere(
    db: Database, ana: Client, cleo: Client, dina: Client, service: PushService
) -> None:
    for client, by, path in (
        (ana, ana, "/sign-out/everywhere"),
        (cleo, dina, f"/people/{cleo.person.id}/sign-out"),
    ):
        subscribe(client, service, f"phone-{client.person.id}")
        subscribe(dina, service)
        with db.writing() as session:
            pushing.push(session, client.person.id, title="Onderweg", text="", url="/", tag="a")
        assert by.post(path).status_code == 303
        Runner(db).run_due()
        with db.reading() as session:
            assert session.scalars(select(PushSubscription.person_id)).all() == [dina.person.id]
    assert service.got == []


# What is new


def new_item(db: Database, **values: Any) -> Item:
    with db.writing() as session:
        item = make.item(session, **values)
        activity.record(session, "item_live", item_id=item.id)
        return item


def look(db: Database) -> None:
    with db.writing() as session:
        new_items.find_new_items(session)
    Runner(db).run_due()


def heard(browser: Browser, service: PushService) -> list[tuple[str, str, str]]:
    messages = [browser.message(got.body) for got in service.got]
    return [(each["title"], each["text"], each["url"]) for each in messages]


def test_what_is_new_comes_once_a_day_in_one(
    db: Database, ana: Client, service: PushService, at_ten: time_machine.Traveller
) -> None:
    new_item(db, title="Al langer")
    at_ten.shift(timedelta(minutes=1))
    browser = subscribe(ana, service)
    look(db)
    assert service.got == []
    at_ten.shift(timedelta(minutes=1))
    first = new_item(db, title="Een dak")
    look(db)
    look(db)
    at_ten.shift(timedelta(hours=10))  # it is eight in the evening now
    new_item(db, title="Een muur")
    shared = new_item(db, title="Al gedeeld")
    new_item(db, title="Een deur")
    with db.writing() as session:
        make.share(session, by=session.get_one(Person, ana.person.id), on=session.get_one(Item, shared.id))
    look(db)
    at_ten.shift(timedelta(hours=11, minutes=57))
    look(db)
    assert len(service.got) == 1
    at_ten.shift(timedelta(minutes=1))
    look(db)
    assert heard(browser, service) == [
        ("Nieuw om te delen", "Een dak", f"/items/{first.id}"),
        ("2 nieuwe dingen", "Een deur, en meer.", "/"),
    ]
    assert count(db, Ask, Ask.channel == "push") == 2


@pytest.mark.parametrize(
    ("choice", "person", "is_told"),
    [
        ({}, {}, True),
        ({"push": False}, {}, False),
        ({"quiet_from": 10, "quiet_until": 11}, {}, False),
        ({"days_off": "2"}, {}, False),
        ({"time_zone": "Asia/Tokyo", "quiet_from": 18}, {}, False),
        ({}, {"paused_until": MORNING.date() + timedelta(days=1)}, False),
        ({}, {"paused_until": MORNING.date()}, True),
        ({}, {"stopped_at": MORNING}, False),
        ({}, {"deactivated_at": MORNING}, False),
        ({}, {"asks_per_week": 0}, False),
    ],
    ids=str,
)
def test_only_who_wants_to_hear_of_it_now(
    db: Database,
    ana: Client,
    service: PushService,
    at_ten: time_machine.Traveller,
    choice: dict[str, Any],
    person: dict[str, Any],
    is_told: bool,
) -> None:
    subscribe(ana, service)
    at_ten.shift(timedelta(minutes=1))
    new_item(db)
    with db.writing() as session:
        if choice:
            session.execute(update(NotificationChoice).values(**choice))
        if person:
            session.execute(update(Person).where(Person.id == ana.person.id).values(**person))
    look(db)
    assert (len(service.got) == 1, count(db, Ask) == 1) == (is_told, is_told)


def test_what_is_not_for_them_or_was_seen_is_not_told(
    db: Database, ana: Client, service: PushService, at_ten: time_machine.Traveller
) -> None:
    browser = subscribe(ana, service)
    at_ten.shift(timedelta(minutes=1))
    elsewhere = new_item(db, title="Voor wie Engels leest")
    with db.writing() as session:
        make.meant_for(session, session.get_one(Item, elsewhere.id), ("language", "en"))
    new_item(db, title="Gezien")
    at_ten.shift(timedelta(minutes=1))
    with db.writing() as session:
        session.merge(FeedVisit(person_id=ana.person.id, at=clock.now()))
    look(db)
    assert service.got == []
    at_ten.shift(timedelta(minutes=1))
    item = new_item(db, title="Nieuw")
    look(db)
    assert heard(browser, service) == [("Nieuw om te delen", "Nieuw", f"/items/{item.id}")]
