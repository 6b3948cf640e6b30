"""A short domain of its own: links and their pages, and no portal behind it."""

from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from portal import settings
from portal.database import Database
from portal.links.short_domain import ShortDomain
from tests import make
from tests.client import HUMAN


@pytest.fixture
def short(app: Starlette, chosen: settings.Settings) -> TestClient:
    """A visitor of the short domain 127.0.0.1; the portal is at localhost."""
    apart = replace(chosen, link_base_url="http://127.0.0.1:8000")
    settings.put_in_force(apart)
    return TestClient(
        ShortDomain(app, apart),
        base_url="http://127.0.0.1:8000",
        follow_redirects=False,
        headers={"user-agent": HUMAN, "accept": "text/html", "accept-language": "en"},
    )


def test_its_front_door_says_what_these_links_are(short: TestClient) -> None:
    response = short.get("/")
    assert response.status_code == 200
    assert "<h1>Links of Noorderhout</h1>" in response.text
    assert 'href="/privacy"' in response.text
    assert 'href="https://noorderhout.example"' in response.text
    assert response.headers["x-robots-tag"] == "noindex, nofollow"


def test_it_speaks_the_visitor_s_language(short: TestClient) -> None:
    assert "<h1>Links van Noorderhout</h1>" in short.get("/", headers={"accept-language": "nl"}).text


def test_links_lead_on(short: TestClient, db: Database) -> None:
    with db.writing() as session:
        link = make.link(session, by=make.person(session), on=make.item(session))
    assert short.get(f"/r/{link.code}").status_code == 302
    assert short.get("/r/bbbbbbbb").status_code == 404


@pytest.mark.parametrize("path", ["/privacy", "/robots.txt", "/healthz", "/brand.css", "/static/css/ui.css"])
def test_what_its_pages_need_is_there(short: TestClient, path: str) -> None:
    assert short.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/sign-in", "/me", "/campaigns", "/settings", "/screen", "/leaderboard", "//", "/r", "/privacy/", "/metrics"],
)
def test_the_portal_is_not_there(short: TestClient, path: str) -> None:
    response = short.get(f"http://127.0.0.1:8000{path}")
    assert response.status_code == 404
    assert "<h1>This link leads nowhere</h1>" in response.text


def test_nothing_is_posted_there_but_the_language(short: TestClient) -> None:
    assert short.post("/sign-in", data={"email": "x@y.example"}).status_code == 405
    ours = {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"}
    answer = short.post("/language", data={"language": "nl", "next": "/"}, headers=ours)
    assert answer.status_code == 303
    assert "<h1>Links van Noorderhout</h1>" in short.get("/").text


def test_the_portal_s_own_address_stays_the_portal(short: TestClient) -> None:
    answer = short.get("http://localhost:8000/sign-in")
    assert answer.status_code == 200
    assert "<h1>Links of Noorderhout</h1>" not in answer.text


def test_with_one_address_for_both_nothing_is_kept_apart(app: Starlette, chosen: settings.Settings) -> None:
    both = TestClient(ShortDomain(app, chosen), base_url="http://localhost:8000", follow_redirects=False)
    assert both.get("/sign-in").status_code == 200


def test_two_ports_of_one_host_are_told_apart(app: Starlette, chosen: settings.Settings) -> None:
    apart = ShortDomain(app, replace(chosen, link_base_url="http://localhost:8001"))
    assert TestClient(apart, base_url="http://localhost:8001").get("/sign-in").status_code == 404
    assert TestClient(apart, base_url="http://localhost:8000").get("/sign-in").status_code == 200
