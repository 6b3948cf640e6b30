"""A visitor opens a link: where it leads, what is counted, and what is said when it leads nowhere."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock, settings
from portal.activity import Activity
from portal.campaigns.models import Campaign, Item
from portal.database import Database
from portal.jobs import Job
from portal.links import codes, ingest
from portal.links.models import Click, ItemTally, Link
from tests import make
from tests.client import Client

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
HUMAN = {"accept": "text/html", "accept-language": "nl"}


@pytest.fixture
def link(db: Database) -> Link:
    return _link(db)


def _link(db: Database, *, network: str = "linkedin", minted: timedelta = timedelta(hours=1), **item: Any) -> Link:
    """A link made a while ago by somebody who is not signed in here."""
    with db.writing() as session:
        campaign = make.campaign(session, slug=f"houses-{make.number()}")
        made = make.link(
            session,
            by=make.person(session, "Ana Dekker"),
            on=make.item(session, campaign, **item),
            network=network,
        )
        made.created_at = clock.now() - minted
    return made


def _clicks(db: Database) -> list[tuple[str, str]]:
    with db.reading() as session:
        return [(row.verdict, row.reason) for row in session.scalars(select(Click).order_by(Click.id))]


def _people(db: Database, link: Link) -> int:
    with db.reading() as session:
        return session.scalar(select(ItemTally.people).where(ItemTally.item_id == link.item_id)) or 0


def _as(address: str) -> dict[str, str]:
    """Another browser: its name differs, so does its visitor."""
    return HUMAN | {"user-agent": f"Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/{address} Firefox/133.0"}


def test_the_visitor_is_sent_on_with_tags_and_counted(client: Client, db: Database, link: Link) -> None:
    response = client.get(f"/r/{link.code}", headers={"referer": "https://www.linkedin.com/feed/?who=me"})
    with db.reading() as session:
        item_slug, campaign_slug = _slugs(session, link)
        row = session.scalars(select(Click)).one()
    assert response.status_code == 302
    assert response.headers["location"] == (
        "https://noorderhout.example/werken/timmerman?utm_source=linkedin&utm_medium=employee-advocacy"
        f"&utm_campaign={campaign_slug}&utm_content={item_slug}"
    )
    assert response.headers["cache-control"] == "private, no-store"
    assert response.headers["x-robots-tag"] == "noindex, nofollow"
    assert response.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert "set-cookie" not in response.headers
    assert (row.verdict, row.reason, row.link_id, row.item_id) == ("human", "person", link.id, link.item_id)
    assert (row.person_id, row.department_id, row.network) == (link.person_id, link.department_id, "linkedin")
    assert (row.referrer_host, row.device) == ("www.linkedin.com", "phone")
    assert _people(db, link) == 1


def test_head_gets_the_same_answer_and_leaves_nothing(client: Client, db: Database, link: Link) -> None:
    head = client.head(f"/r/{link.code}")
    assert (head.status_code, head.content) == (302, b"")
    assert _clicks(db) == []
    get = client.get(f"/r/{link.code}")
    kept = ("location", "cache-control", "x-robots-tag", "referrer-policy")
    assert [head.headers[name] for name in kept] == [get.headers[name] for name in kept]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_else_is_allowed(client: Client, db: Database, link: Link, method: str) -> None:
    response = client.http.request(method, f"/r/{link.code}")
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert _clicks(db) == []


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        (
            {"user-agent": "LinkedInBot/1.0 (compatible; Mozilla/5.0; +http://www.linkedin.com)"},
            ("bot", "preview"),
        ),
        ({"user-agent": "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))"}, ("bot", "scanner")),
        ({"sec-purpose": "prefetch"}, ("bot", "prefetch")),
        ({"accept": "*/*"}, ("suspect", "not_a_page")),
    ],
)
def test_robots_are_sent_on_and_not_counted_as_people(
    client: Client, db: Database, link: Link, headers: dict[str, str], verdict: tuple[str, str]
) -> None:
    assert client.get(f"/r/{link.code}", headers=headers).status_code == 302
    assert _clicks(db) == [verdict]
    assert _people(db, link) == 0


def test_the_same_visitor_counts_once_an_hour(client: Client, db: Database) -> None:
    with time_machine.travel(START, tick=False) as traveller:
        link = _link(db)
        client.get(f"/r/{link.code}")
        traveller.shift(timedelta(minutes=59))
        client.get(f"/r/{link.code}")
        client.get(f"/r/{link.code}", headers=_as("2"))
        traveller.shift(timedelta(minutes=2))
        client.get(f"/r/{link.code}")
    assert _clicks(db) == [
        ("human", "person"),
        ("suspect", "repeat"),
        ("human", "person"),
        ("human", "person"),
    ]
    assert _people(db, link) == 3


def test_three_links_within_five_seconds_are_nobody(client: Client, db: Database) -> None:
    with time_machine.travel(START, tick=False) as traveller:
        links = [_link(db) for _ in range(4)]
        for link in links[:3]:
            client.get(f"/r/{link.code}")
            traveller.shift(timedelta(seconds=2))
        assert _clicks(db) == [("suspect", "burst")] * 3
        assert [_people(db, link) for link in links[:3]] == [0, 0, 0]
        traveller.shift(timedelta(seconds=10))
        client.get(f"/r/{links[3].code}")
    assert _clicks(db)[-1] == ("human", "person")


def test_a_reader_of_two_links_is_a_person_twice(client: Client, db: Database) -> None:
    for link in (_link(db), _link(db)):
        client.get(f"/r/{link.code}")
    assert _clicks(db) == [("human", "person")] * 2


def test_a_click_right_after_minting_is_suspect_unless_a_browser_says_it_was_opened(
    client: Client, db: Database
) -> None:
    opened = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    settings.put_in_force(replace(settings.current(), link_base_url="https://hout.example"))
    with time_machine.travel(START, tick=False) as traveller:
        first, second = _link(db, minted=timedelta(0)), _link(db, minted=timedelta(0))
        client.get(f"/r/{first.code}")
        client.get(f"/r/{second.code}", headers=opened)
        traveller.shift(timedelta(seconds=2))
        client.get(f"/r/{first.code}")
    assert _clicks(db) == [("suspect", "too_soon"), ("human", "person"), ("human", "person")]


def test_on_plain_http_a_click_right_after_minting_may_be_a_person(client: Client, db: Database) -> None:
    with time_machine.travel(START, tick=False):
        link = _link(db, minted=timedelta(0))
        client.get(f"/r/{link.code}")
    assert _clicks(db) == [("human", "person")]


def test_the_sharers_own_browser_does_not_count_and_a_colleagues_does(ana: Client, bram: Client, db: Database) -> None:
    with db.writing() as session:
        link = make.link(session, by=ana.person, on=make.item(session))
        link.created_at = clock.now() - timedelta(hours=1)
    ana.get(f"/r/{link.code}")
    bram.get(f"/r/{link.code}")
    assert _clicks(db) == [("suspect", "own"), ("human", "person")]


def test_the_first_person_makes_the_share_seen(client: Client, db: Database, link: Link) -> None:
    client.get(f"/r/{link.code}", headers={"user-agent": "Twitterbot/1.0"})
    assert _jobs(db) == []
    client.get(f"/r/{link.code}")
    client.get(f"/r/{link.code}", headers=_as("2"))
    assert _jobs(db) == [("share_seen", {"link_id": link.id})]


def test_round_numbers_of_people_are_told(client: Client, db: Database, link: Link) -> None:
    for number in range(11):
        client.get(f"/r/{link.code}", headers=_as(str(number)))
    with db.reading() as session:
        told = [(row.item_id, row.data) for row in session.scalars(select(Activity)) if row.kind == "milestone"]
    assert told == [(link.item_id, {"people": 10})]


@pytest.mark.once
def test_which_numbers_are_round() -> None:
    round_ones = [number for number in range(1, 6000) if ingest.is_milestone(number)]
    assert round_ones == [10, 25, 50, 100, 250, 500, 1000, 2500, 5000]


@pytest.mark.parametrize("code", ["bbbbbbbb", "%00", "%ff", "..%2f..", "%2e%2e", "robots.txt", "b" * 8192, "api"])
def test_an_unknown_code_gets_a_friendly_page(client: Client, db: Database, code: str) -> None:
    response = client.get(f"/r/{code}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert _clicks(db) == []


def test_the_page_for_an_unknown_code_speaks_the_visitors_language(client: Client) -> None:
    dutch = client.get("/r/bbbbbbbb", headers={"accept-language": "nl-BE"})
    english = client.get("/r/bbbbbbbb", headers={"accept-language": "de;q=0.4, en-GB"})
    assert "<h1>Deze link loopt dood</h1>" in dutch.text
    assert "<h1>This link leads nowhere</h1>" in english.text
    assert 'href="https://noorderhout.example"' in english.text


@pytest.mark.parametrize(
    ("item", "status", "sentence"),
    [
        ({"state": "recalled"}, 410, "This is no longer on offer"),
        ({"ends_at": START}, 410, "This vacancy is closed"),
        ({"ends_at": START, "kind": "event"}, 410, "This has come to its end"),
        ({"state": "draft"}, 404, "This is taking a short break"),
        ({"state": "in_review"}, 404, "This is taking a short break"),
        ({"publish_at": START + timedelta(days=1)}, 404, "This is taking a short break"),
        ({"target_url": "javascript:alert(1)"}, 404, "This is taking a short break"),
    ],
)
def test_a_link_whose_item_is_not_to_be_seen(
    client: Client, db: Database, item: dict[str, Any], status: int, sentence: str
) -> None:
    with time_machine.travel(START, tick=False):
        link = _link(db, **item)
        response = client.get(f"/r/{link.code}", headers={"accept-language": "en"})
    assert response.status_code == status
    assert f"<h1>{sentence}</h1>" in response.text
    assert "Ana" not in response.text
    assert "timmerman" not in response.text
    assert "javascript" not in response.text
    assert response.headers["x-robots-tag"] == "noindex, nofollow"
    assert _clicks(db) == []


def test_a_link_outlives_its_campaign_and_its_person(client: Client, db: Database, link: Link) -> None:
    with db.writing() as session:
        row = session.get(Link, link.id)
        assert row is not None
        row.person_id = None
    assert client.get(f"/r/{link.code}").status_code == 302
    assert _people(db, link) == 1


def test_a_hostile_referrer_leaves_only_a_host(client: Client, db: Database, link: Link) -> None:
    client.get(f"/r/{link.code}", headers={"referer": 'https://x/"><script>alert(1)</script>'})
    client.get(f"/r/{link.code}", headers={"referer": 'https://"><script>/'})
    client.get(f"/r/{link.code}", headers={"referer": "https://[::1"})
    client.get(f"/r/{link.code}", headers={"referer": "android-app://com.linkedin.android/"})
    with db.reading() as session:
        hosts = list(session.scalars(select(Click.referrer_host).order_by(Click.id)))
    assert hosts == ["x", "", "", "com.linkedin.android"]


def test_what_was_answered_is_what_was_recorded(client: Client, db: Database, link: Link) -> None:
    answered = [client.get(f"/r/{link.code}", headers=_as(str(number))).status_code for number in range(20)]
    with db.reading() as session:
        recorded = session.scalar(select(func.count()).select_from(Click))
    assert (set(answered), recorded) == ({302}, 20)


def test_a_screens_code_says_where_the_visit_began(client: Client, db: Database, link: Link) -> None:
    with db.writing() as session:
        row = session.get(Link, link.id)
        assert row is not None
        row.kind = row.network = "screen"
    location = client.get(f"/r/{link.code}").headers["location"]
    assert "utm_source=screen&utm_medium=office-screen" in location


def test_a_signatures_code_is_not_followed_here(client: Client, db: Database) -> None:
    with db.writing() as session:
        signature = codes.signature_link(session, person=make.person(session))
    assert client.get(f"/r/{signature.code}").status_code == 404


def _slugs(session: Session, link: Link) -> tuple[str, str]:
    row = session.execute(
        select(Item.slug, Campaign.slug).join(Campaign, Campaign.id == Item.campaign_id).where(Item.id == link.item_id)
    ).one()
    return row[0], row[1]


def _jobs(db: Database) -> list[tuple[str, dict[str, Any]]]:
    with db.reading() as session:
        return [(job.kind, job.args) for job in session.scalars(select(Job).order_by(Job.id))]
