"""How long somebody stays signed in, and what ends it at once."""

from datetime import timedelta

import time_machine
from sqlalchemy import select

from portal import clock
from portal.people import audit, sessions
from portal.people.models import WebSession
from tests import make
from tests.client import Client


def _later(**span: int):
    return time_machine.travel(clock.now() + timedelta(**span), tick=False)


def test_only_a_hash_of_the_cookie_is_kept(ana: Client, db) -> None:
    with db.reading() as reading:
        stored = reading.scalars(select(WebSession)).one().token_hash
    assert stored != ana.http.cookies["portal"]
    assert len(stored) == 64


def test_two_weeks_without_a_visit_end_a_session_and_it_is_let_go_of(bram: Client, db) -> None:
    for span, status, kept in (({"days": 13}, 200, 1), ({"days": 27, "seconds": 1}, 303, 0)):
        with _later(**span), db.writing() as writing:
            audit.forget(writing)
            assert len(writing.scalars(select(WebSession)).all()) == kept
        with _later(**span):
            assert bram.get("/people").status_code == status


def test_a_visit_starts_the_two_weeks_anew(bram: Client) -> None:
    for days in (13, 26):
        with _later(days=days):
            assert bram.get("/people").status_code == 200


def test_thirty_days_end_every_session(db) -> None:
    find = sessions.finder(db)
    with db.writing() as writing:
        secret = sessions.open(writing, make.person(writing))
    for day in range(1, 30):
        with _later(days=day), db.reading() as reading:
            assert find(reading, secret) is not None
    with _later(days=30, seconds=1), db.reading() as reading:
        assert find(reading, secret) is None
    with _later(days=30, seconds=1), db.writing() as writing:
        audit.forget(writing)
        assert writing.scalars(select(WebSession)).all() == []


def test_use_is_noted_once_an_hour_also_by_pages_that_only_read(db) -> None:
    find = sessions.finder(db)
    with db.writing() as writing:
        secret = sessions.open(writing, make.person(writing))
        began = writing.scalars(select(WebSession)).one().last_seen_at
    for minutes, noted in ((59, 0), (61, 61), (100, 61)):
        with _later(minutes=minutes), db.reading() as reading:
            find(reading, secret)
        with db.reading() as reading:
            seen = reading.scalars(select(WebSession)).one().last_seen_at - began
            assert round(seen.total_seconds() / 60) == noted
    with _later(hours=9), db.writing() as writing:
        find(writing, secret)
        assert round((writing.scalars(select(WebSession)).one().last_seen_at - began).total_seconds() / 3600) == 9


def test_signing_out_everywhere_ends_every_device_of_that_person_only(app, db, bram: Client, ana: Client) -> None:
    phone = Client.signed_in(app, bram.person)
    answer = phone.post("/sign-out/everywhere")
    assert answer.headers["location"] == "/sign-in"
    assert bram.get("/people").status_code == 303
    with db.reading() as reading:
        assert reading.scalars(select(WebSession.person_id)).all() == [ana.person.id]


def test_somebody_deactivated_is_out_at_the_next_request(dina: Client, bram: Client) -> None:
    assert bram.get("/people").status_code == 200
    dina.post(f"/people/{bram.person.id}/deactivate")
    assert bram.get("/people").headers["location"] == "/sign-in?next=/people"


def test_nonsense_in_the_cookie_is_nobody(client: Client) -> None:
    for value in ("", "x", "a" * 5000):
        client.http.cookies.set("portal", value, domain="localhost.local", path="/")
        assert client.get("/people").status_code == 303
