"""Digests and processes that end in the middle: nobody gets one twice, and nobody's news is lost."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import select, update

from portal import clock, settings
from portal.database import Database
from portal.notifications import digests
from portal.notifications.models import Digest, NotificationChoice
from portal.people.models import Person
from tests import make
from tests.mail import MailServer
from tests.notifications.senders import Senders
from tests.process import until

PATIENCE = 20
"""Seconds."""


@pytest.fixture(scope="module")
def senders(chosen: settings.Settings) -> Iterator[Senders]:
    with Senders(chosen) as found:
        yield found


def due(db: Database, number: int) -> list[Person]:
    """So many who are due, and something to tell them."""
    with db.writing() as session:
        make.item(session, title="Houten huizen", publish_at=clock.now() - timedelta(hours=1))
        people = [make.person(session) for _ in range(number)]
        always = {"digest_rhythm": "daily", "quiet_from": 0, "quiet_until": 0, "days_off": ""}
        for person in people:
            row = NotificationChoice(person_id=person.id, next_digest_at=clock.now() - timedelta(minutes=1), **always)
            session.add(row)
    return people


@pytest.mark.parametrize(
    ("killed_at", "arrived", "state"),
    [
        ("DATA", 0, "sent"),  # before anything was on record: the next process sends it
        ("TEXT", 0, "sending"),  # the server had the text and lost it, which nobody can know
        ("KEPT", 1, "sending"),
    ],
)
def test_a_process_killed_while_it_sends(
    db: Database, chosen: settings.Settings, senders: Senders, killed_at: str, arrived: int, state: str
) -> None:
    (person,) = due(db, 1)
    pids: list[int] = []
    known, dead = Event(), Event()

    def kill(stage: str, address: str) -> str:
        if stage != killed_at or dead.is_set():
            return ""
        assert known.wait(PATIENCE)
        os.kill(pids[0], signal.SIGKILL)
        dead.set()
        return "451 Lost" if stage == "TEXT" else ""

    with MailServer(kill) as server:
        url = f"smtp://{server.host}:{server.port}"
        pids += senders.start(1, url)
        known.set()
        assert senders.ends() == [signal.SIGKILL]
        assert (dead.is_set(), len(server.messages)) == (True, arrived)
        senders.start(2, url)
        assert senders.ends() == [0, 0]
        assert len(server.messages) == (1 if state == "sent" else arrived)
        with db.reading() as session:
            assert session.scalars(select(Digest.state)).all() == [state]
        # At the next one what was not told for certain is told, and only that.
        with db.writing() as session:
            make.item(session, title="Stalen bruggen", publish_at=clock.now())
            session.execute(update(NotificationChoice).values(next_digest_at=clock.now()))
        told = len(server.messages)
        assert until(lambda: senders.start(1, url) and senders.ends() and len(server.messages) > told)
        text = str(server.messages[-1])
    assert ("Houten huizen" in text, "Stalen bruggen" in text) == (state == "sending", True)
    assert person.email == server.messages[-1]["X-Envelope-To"]


def test_two_processes_share_the_work(db: Database, senders: Senders) -> None:
    people = due(db, digests.AT_ONCE + 3)
    with MailServer() as server:
        senders.start(2, f"smtp://{server.host}:{server.port}")
        assert senders.ends() == [0, 0]
    assert Counter(str(each["X-Envelope-To"]) for each in server.messages) == Counter(
        str(each.email) for each in people
    )
    with db.reading() as session:
        assert Counter(session.scalars(select(Digest.state))) == {"sent": len(people)}
