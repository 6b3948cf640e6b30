"""Digests: what they tell, whom they reach and when, and what a mail server's refusal means."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import func, select, update

from portal import clock, settings
from portal.campaigns.models import Approval, Ask
from portal.database import Database
from portal.jobs import Job, Runner
from portal.notifications import digests, times
from portal.notifications.models import Digest, FeedVisit, NotificationChoice
from portal.people.models import Organisation, Person
from tests import make
from tests.client import Client
from tests.mail import MailServer

ZONE = ZoneInfo("Europe/Amsterdam")
EIGHT = datetime(2026, 11, 24, 8, 0, tzinfo=ZONE)
"""A Tuesday."""


@pytest.fixture
def mailbox(app: object, chosen: settings.Settings) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.put_in_force(replace(chosen, mail_url=f"smtp://{server.host}:{server.port}"))
        yield server


@pytest.fixture
def at_eight() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(EIGHT, tick=False) as traveller:
        yield traveller


def wants(db: Database, *people: Person, due: datetime = EIGHT, **values: Any) -> None:
    """They chose a digest each day at eight, and the next one is due then."""
    with db.writing() as session:
        for person in people:
            row = {"person_id": person.id, "digest_rhythm": "daily", "next_digest_at": due} | values
            session.add(NotificationChoice(**row))


def send(db: Database) -> None:
    """What the clock has the runners do."""
    with db.writing() as session:
        digests.find_digests(session)
    Runner(db).run_due()


def choice_of(db: Database, person: Person) -> NotificationChoice:
    with db.reading() as session:
        return session.get_one(NotificationChoice, person.id)


def kept(db: Database) -> list[tuple[int, str]]:
    with db.reading() as session:
        return [(row.person_id, row.state) for row in session.scalars(select(Digest).order_by(Digest.id))]


def asked(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Ask)) or 0


def told(message: Any) -> list[str]:
    """The titles a digest names."""
    plain, drawn = (part.get_content().replace("\r\n", "\n") for part in message.iter_parts())
    found: list[str] = re.findall(r"(.+)\n\S+/d/", plain)
    assert re.findall(r'<a href="[^"]+/d/[^"]+" class="ink"[^>]*>([^<]+)</a>', drawn) == found
    return found


def test_a_digest_tells_what_is_new_and_can_still_be_shared_what_ends_first_before_the_rest(
    db: Database, mailbox: MailServer, at_eight: time_machine.Traveller, ana: Client, bram: Client
) -> None:
    now = clock.now()
    with db.writing() as session:
        campaign = make.campaign(session)
        for name, days in (("C", 9), ("A", 2), ("B", 5), ("D", 12), ("E", 13), ("F", None)):
            ends_at = now + timedelta(days=days) if days else None
            make.item(session, campaign, title=name, publish_at=now - timedelta(hours=2), ends_at=ends_at)
        make.item(session, campaign, title="seen", publish_at=now - timedelta(days=2))
        make.item(session, campaign, title="over", ends_at=now)
        make.item(session, campaign, title="not out", publish_at=now + timedelta(days=3))
        make.item(session, campaign, title="draft", state="draft")
        make.meant_for(
            session, make.item(session, campaign, title="not hers"), ("department", bram.person.department_id)
        )
        late = make.item(session, campaign, title="late", publish_at=now - timedelta(days=4), ends_at=None)
        session.add(Approval(item_id=late.id, item_version=1, step="approved", at=now - timedelta(hours=1)))
        make.share(session, by=ana.person, on=make.item(session, campaign, title="shared", publish_at=now))
        session.add(FeedVisit(person_id=ana.person.id, at=now - timedelta(days=1)))
    wants(db, ana.person)

    send(db)
    send(db)

    (message,) = mailbox.to("ana@noorderhout.example")
    assert told(message) == ["A", "B", "C", "D", "E"]
    plain, drawn = (part.get_content() for part in message.iter_parts())
    assert "En er zijn er nog 2 om te bekijken" in plain
    assert "En er zijn er nog 2 om te bekijken" in drawn
    assert message["Subject"] == "7 nieuwtjes bij Noorderhout, zoals “A”"
    assert re.fullmatch(r"<http://localhost:8000/unsubscribe/[\w.-]+>", message["List-Unsubscribe"])
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (message["Auto-Submitted"], str(message["Date"])[:16]) == ("auto-generated", "Tue, 24 Nov 2026")
    assert not re.search(r"<(script|link|form)\b|url\(", drawn)
    assert (kept(db), asked(db)) == ([(ana.person.id, "sent")], 1)
    assert choice_of(db, ana.person).next_digest_at == EIGHT + timedelta(days=1)

    # What was told is told: the next day there is nothing to say, the day after one thing.
    at_eight.move_to(EIGHT + timedelta(days=1))
    send(db)
    at_eight.move_to(EIGHT + timedelta(days=2))
    with db.writing() as session:
        make.item(session, make.campaign(session), title="G", publish_at=clock.now())
    send(db)
    assert [told(each) for each in mailbox.messages] == [["A", "B", "C", "D", "E"], ["G"]]
    assert mailbox.messages[1]["Subject"] == "Nieuw bij Noorderhout: G"
    assert [state for _person, state in kept(db)] == ["sent", "nothing", "sent"]
    assert asked(db) == 2


@pytest.mark.parametrize(
    ("person", "choice", "then"),
    [
        ({}, {"digest_rhythm": "never"}, None),
        ({"stopped_at": EIGHT}, {}, None),
        ({"deactivated_at": EIGHT}, {}, None),
        ({"email": "no address"}, {}, None),
        ({}, {"refused_at": EIGHT}, None),
        ({"asks_per_week": 0}, {}, EIGHT + timedelta(days=1)),
        ({"paused_until": date(2026, 11, 27)}, {}, EIGHT + timedelta(days=3)),
        ({"paused_until": date(2026, 11, 27)}, {"digest_rhythm": "weekly"}, EIGHT + timedelta(days=6)),
        ({}, {"quiet_until": 10}, EIGHT + timedelta(hours=2)),
        ({}, {"days_off": "267"}, EIGHT + timedelta(days=1)),
        ({}, {"days_off": "1234567"}, None),
        # There it is two in the morning.
        ({}, {"time_zone": "America/New_York"}, EIGHT + timedelta(hours=6)),
    ],
)
def test_who_is_not_to_be_reached_now_is_not(
    db: Database,
    mailbox: MailServer,
    at_eight: object,
    person: dict[str, Any],
    choice: dict[str, Any],
    then: datetime | None,
) -> None:
    with db.writing() as session:
        make.item(session)
        row = make.person(session, **person)
    wants(db, row, **choice)
    send(db)
    assert mailbox.messages == []
    assert (choice_of(db, row).next_digest_at, kept(db), asked(db)) == (then, [], 0)


def test_nobody_gets_one_twice_or_is_forgotten_when_the_clock_jumps(
    db: Database, mailbox: MailServer, at_eight: time_machine.Traveller, ana: Client
) -> None:
    def there_is(title: str) -> None:
        with db.writing() as session:
            make.item(session, make.campaign(session), title=title, publish_at=clock.now())

    def at(moment: datetime) -> None:
        at_eight.move_to(moment)
        send(db)

    with db.writing() as session:
        session.execute(update(Organisation).values(asks_per_week=20))
    wants(db, ana.person)
    there_is("A")
    at(EIGHT)
    for back in (timedelta(hours=1), timedelta(), timedelta(days=1), timedelta(), timedelta(minutes=1)):
        at(EIGHT - back)
    assert [told(each) for each in mailbox.messages] == [["A"]]
    # Ahead by a month, and back: what was planned from there is planned anew, and what was told stays told.
    at_eight.move_to(EIGHT + timedelta(days=30))
    there_is("B")
    send(db)
    at(EIGHT + timedelta(hours=1))
    there_is("C")
    assert choice_of(db, ana.person).next_digest_at == EIGHT + timedelta(days=1)
    at(EIGHT + timedelta(days=1))
    # The clock says that B is not there yet, and C came before it was told until then.
    assert [told(each) for each in mailbox.messages][:2] == [["A"], ["B"]]
    at_eight.move_to(EIGHT + timedelta(days=31))
    there_is("D")
    send(db)
    assert told(mailbox.messages[-1])[0] == "D"
    assert len(mailbox.messages) == len({str(each["Message-ID"]) for each in mailbox.messages})


@pytest.mark.parametrize(
    ("night", "day_before"), [("2026-10-25", "2026-10-24"), ("2027-03-28", "2027-03-27")], ids=["longer", "shorter"]
)
def test_a_night_with_another_length_has_one_digest(
    db: Database, mailbox: MailServer, at_eight: time_machine.Traveller, ana: Client, night: str, day_before: str
) -> None:
    """Asked for at two in the morning, an hour that one night has twice and another not at all."""
    begins = datetime.fromisoformat(f"{day_before}T20:00").replace(tzinfo=ZONE)
    choice = {"digest_hour": 2, "quiet_from": 0, "quiet_until": 0, "days_off": ""}
    wants(db, ana.person, due=begins + timedelta(days=-1, hours=6), **choice)
    came = []
    for hours in (0, *range(3, 9), *range(27, 33)):
        at_eight.move_to(begins.astimezone(ZoneInfo("UTC")) + timedelta(hours=hours))
        with db.writing() as session:
            session.execute(update(Organisation).values(asks_per_week=20))
            make.item(session, publish_at=clock.now())
        before = len(mailbox.messages)
        send(db)
        came += [str(clock.local(clock.now()).date())] * (len(mailbox.messages) - before)
    next_day = str(date.fromisoformat(night) + timedelta(days=1))
    assert came == [day_before, night, next_day]


def refusing(stage: str, answer: str, *, times_: int = 1000) -> Callable[[str, str], str]:
    left = [times_]

    def ask(now: str, address: str) -> str:
        if now != stage or left[0] == 0:
            return ""
        left[0] -= 1
        return answer

    return ask


def test_an_address_nobody_has_gets_no_more_until_its_person_chooses_again(
    db: Database, mailbox: MailServer, at_eight: time_machine.Traveller, ana: Client
) -> None:
    with db.writing() as session:
        make.item(session)
    wants(db, ana.person)
    mailbox.ask = refusing("RCPT", "550 5.1.1 Nobody of that name here")
    send(db)
    choice = choice_of(db, ana.person)
    assert (choice.refused_at, choice.next_digest_at) == (EIGHT, None)
    assert (kept(db), asked(db)) == ([(ana.person.id, "refused")], 0)
    ana.post("/me/notifications", data=_form(digest_rhythm="daily"))
    mailbox.ask = refusing("", "")
    at_eight.move_to(EIGHT + timedelta(days=1))
    send(db)
    assert len(mailbox.messages) == 1


@pytest.mark.parametrize(
    ("stage", "answer", "wait"),
    [
        ("MAIL", "550 5.7.1 We do not know you", timedelta(seconds=30)),
        ("MAIL", "421 4.3.2 Closing", timedelta(seconds=30)),
        ("RCPT", "554 5.7.1 Relay access denied", timedelta(minutes=5)),
        ("RCPT", "450 4.2.0 Greylisted", timedelta(minutes=5)),
        ("RCPT", "451 4.7.1 Slow down", timedelta(minutes=5)),
        ("TEXT", "452 4.3.1 Disk full", timedelta(minutes=5)),
        ("TEXT", "421 4.7.0 Too many", timedelta(minutes=5)),
    ],
)
def test_what_a_server_does_not_take_now_it_is_offered_later(
    db: Database, mailbox: MailServer, at_eight: time_machine.Traveller, ana: Client, stage: str, answer: str, wait: Any
) -> None:
    with db.writing() as session:
        make.item(session)
    wants(db, ana.person)
    mailbox.ask = refusing(stage, answer, times_=1)
    send(db)
    send(db)
    assert (mailbox.messages, kept(db), asked(db), choice_of(db, ana.person).refused_at) == ([], [], 0, None)
    at_eight.shift(wait)
    send(db)
    assert len(mailbox.messages) == 1
    assert (asked(db), choice_of(db, ana.person).next_digest_at) == (1, EIGHT + timedelta(days=1))


def test_a_mail_that_is_not_wanted_is_set_aside_and_a_full_mailbox_is_not_tried_for_ever(
    db: Database, mailbox: MailServer, at_eight: time_machine.Traveller, ana: Client
) -> None:
    with db.writing() as session:
        make.item(session)
    wants(db, ana.person)
    mailbox.ask = refusing("TEXT", "554 5.6.0 Looks like advertising")
    send(db)
    assert (kept(db), asked(db)) == ([(ana.person.id, "refused")], 0)
    assert choice_of(db, ana.person).next_digest_at == EIGHT + timedelta(days=1)
    tried: list[str] = []

    def full(stage: str, address: str) -> str:
        tried.extend([address] if stage == "RCPT" else [])
        return "452 4.2.2 Mailbox full" if stage == "RCPT" else ""

    mailbox.ask = full
    for quarters in range(48):
        at_eight.move_to(EIGHT + timedelta(days=1, minutes=15 * quarters))
        send(db)
    assert len(tried) == 1 + digests.MOST_TRIES
    assert choice_of(db, ana.person).next_digest_at == EIGHT + timedelta(days=2)
    assert mailbox.messages == []


def test_one_address_that_makes_trouble_keeps_nobody_else_waiting(
    db: Database, mailbox: MailServer, at_eight: time_machine.Traveller
) -> None:
    with db.writing() as session:
        make.item(session)
        first, second = make.person(session), make.person(session)
    wants(db, first, second)
    mailbox.ask = lambda stage, to: "550 5.7.1 Not to this one" if (stage, to) == ("RCPT", first.email) else ""
    send(db)
    assert mailbox.messages == []
    at_eight.shift(timedelta(seconds=30))
    send(db)
    assert [each["X-Envelope-To"] for each in mailbox.messages] == [second.email]
    assert choice_of(db, first).refused_at is None


def test_a_server_that_refuses_everybody_is_no_reason_to_give_up_on_everybody(
    db: Database, mailbox: MailServer, at_eight: object
) -> None:
    with db.writing() as session:
        make.item(session)
        people = [make.person(session) for _ in range(10)]
    wants(db, *people)
    mailbox.ask = refusing("RCPT", "550 No")
    send(db)
    with db.reading() as session:
        refused = select(func.count()).where(NotificationChoice.refused_at.is_not(None))
        assert session.scalar(refused) == digests.IN_A_ROW


def test_many_go_over_one_line(db: Database, mailbox: MailServer, at_eight: object) -> None:
    with db.writing() as session:
        make.item(session)
        people = [make.person(session) for _ in range(digests.AT_ONCE + 2)]
        session.add(Job(kind="send_mail", run_at=clock.now(), args={"to": "a@b.nl", "subject": "Hoi", "text": "Hoi"}))
    wants(db, *people)
    send(db)
    assert mailbox.connections == 2
    assert sorted(str(each["X-Envelope-To"]) for each in mailbox.messages) == sorted(
        ["a@b.nl", *(str(each.email) for each in people)]
    )


def _form(**values: str) -> dict[str, str]:
    choice = times.default(0)
    names = ("digest_weekday", "digest_hour", "quiet_from", "quiet_until")
    return {"time_zone": "", **{name: str(getattr(choice, name)) for name in names}} | values
