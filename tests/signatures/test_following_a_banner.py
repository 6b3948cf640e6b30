"""Clicking the banner below a mail leads to what runs now, and is counted for the campaign of that moment."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from portal import clock
from portal.database import Database
from portal.links.models import Click, Link
from portal.people.models import Organisation, Person
from tests import make
from tests.client import Client

TAGS = "utm_source=signature&utm_medium=email-signature"


@pytest.fixture
def code(ana: Client, db: Database) -> str:
    """What Ana's signature links to, kept through the front door."""
    ana.post("/signature", data={"name": "Ana Dekker", "language": "nl", "with_banner": "yes"})
    with db.reading() as session:
        return session.scalars(select(Link.code).where(Link.kind == "signature")).one()


def clicks(db: Database) -> list[Click]:
    with db.reading() as session:
        return list(session.scalars(select(Click).order_by(Click.id)))


def test_it_leads_to_the_first_live_item_and_counts(client: Client, code: str, ana: Client, db: Database) -> None:
    with db.writing() as session:
        run = make.campaign(session, "huizenfabriek")
        make.item(session, run, slug="second", publish_at=clock.now() - timedelta(hours=1))
        first = make.item(session, run, slug="first", publish_at=clock.now() - timedelta(hours=2))
    answer = client.get(f"/b/{code}")
    assert (answer.status_code, answer.headers["location"]) == (
        302,
        f"https://noorderhout.example/werken/timmerman?{TAGS}&utm_campaign=huizenfabriek&utm_content=first",
    )
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert "set-cookie" not in answer.headers
    [click] = clicks(db)
    assert (click.verdict, click.item_id, click.campaign_id, click.network) == (
        "human",
        first.id,
        run.id,
        "signature",
    )
    assert (click.person_id, click.department_id) == (ana.person.id, ana.person.department_id)


def test_the_campaign_is_the_one_at_the_moment_of_the_click(client: Client, code: str, db: Database) -> None:
    with db.writing() as session:
        now_running = make.campaign(session, ends_on=clock.today() + timedelta(days=2))
        next_one = make.campaign(
            session,
            starts_on=clock.today() + timedelta(days=3),
            ends_on=clock.today() + timedelta(days=9),
        )
        for run in (now_running, next_one):
            make.item(session, run)
    start = clock.now()
    for days in (0, 4, 12):
        with time_machine.travel(start + timedelta(days=days), tick=False):
            client.get(f"/b/{code}")
    assert [click.campaign_id for click in clicks(db)] == [now_running.id, next_one.id, None]


def test_without_a_running_campaign_it_leads_to_the_organisation(client: Client, code: str, db: Database) -> None:
    answer = client.get(f"/b/{code}")
    assert (answer.status_code, answer.headers["location"]) == (302, f"https://noorderhout.example?{TAGS}")
    [click] = clicks(db)
    assert (click.item_id, click.campaign_id) == (None, None)


@pytest.mark.parametrize("website", ["", "javascript:alert(1)", "http://localhost:8000/b/bcdfghjk"])
def test_without_a_usable_website_there_is_a_friendly_page(
    client: Client, code: str, db: Database, website: str
) -> None:
    with db.writing() as session:
        session.execute(update(Organisation).values(website=website))
    answer = client.get(f"/b/{code}")
    assert (answer.status_code, answer.headers["x-robots-tag"]) == (200, "noindex, nofollow")
    assert "location" not in answer.headers
    assert len(clicks(db)) == 1


def test_an_unsafe_target_is_never_followed(client: Client, code: str, db: Database) -> None:
    with db.writing() as session:
        make.item(session, target_url="javascript:alert(1)")
    assert client.get(f"/b/{code}").headers["location"] == f"https://noorderhout.example?{TAGS}"


def test_looking_ahead_does_not_count(client: Client, code: str, db: Database) -> None:
    with db.writing() as session:
        make.item(session)
    answer = client.head(f"/b/{code}")
    assert answer.status_code == 302
    assert clicks(db) == []


def test_a_mail_scanner_is_told_from_a_person(client: Client, code: str, db: Database) -> None:
    client.get(f"/b/{code}", headers={"user-agent": "curl/8.5.0"})
    assert [click.verdict for click in clicks(db)] == ["bot"]


def test_trying_one_s_own_banner_is_not_a_visit(ana: Client, code: str, db: Database) -> None:
    ana.get(f"/b/{code}")
    assert [(click.verdict, click.reason) for click in clicks(db)] == [("suspect", "own")]


def test_an_unknown_code_gets_a_friendly_page_and_counts_nothing(client: Client, ana: Client, db: Database) -> None:
    with db.writing() as session:
        shared = make.link(session, by=ana.person, on=make.item(session)).code
    for unknown in ("x", "bcdfghjk", "a" * 500, shared, "..%2e"):
        assert client.get(f"/b/{unknown}").status_code == 404
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Click)) == 0


def test_the_link_lives_on_when_its_person_leaves(client: Client, code: str, ana: Client, db: Database) -> None:
    with db.writing() as session:
        make.item(session)
        session.get_one(Person, ana.person.id).deactivated_at = clock.now()
    answer = client.get(f"/b/{code}")
    assert (answer.status_code, len(clicks(db))) == (302, 1)
