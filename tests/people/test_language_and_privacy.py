"""The other language, and the page that says what is kept."""

import re
from html import unescape

import pytest
from httpx2 import Response

from portal.database import Database
from portal.people.models import Person
from tests import make
from tests.client import Client


def test_a_visitor_changes_the_language_of_their_browser(client: Client) -> None:
    assert '<html lang="nl">' in client.get("/privacy").text
    answer = client.post("/language", data={"language": "en", "next": "/privacy"})
    assert answer.headers["location"] == "/privacy"
    page = client.follow(answer).text
    assert '<html lang="en">' in page
    assert "What we keep, and what we do not" in page


def test_somebody_signed_in_takes_their_language_everywhere(bram: Client, db: Database) -> None:
    bram.post("/language", data={"language": "en", "next": "/people"})
    with db.reading() as reading:
        assert reading.get_one(Person, bram.person.id).language == "en"
    assert '<html lang="en">' in bram.get("/people").text


def test_the_sign_in_page_keeps_its_way_on(client: Client) -> None:
    page = client.get("/sign-in?next=/people%3Fq%3Da").text
    assert 'name="next" value="/sign-in?next=/people%3Fq%3Da"' in page
    answer = client.post("/language", data={"language": "en", "next": "/sign-in?next=/people%3Fq%3Da"})
    assert answer.headers["location"] == "/sign-in?next=/people%3Fq%3Da"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "/nowhere", ""])
def test_the_language_form_leads_nowhere_else(client: Client, target: str) -> None:
    assert client.post("/language", data={"language": "en", "next": target}).headers["location"] == "/"


def test_other_languages_are_refused(client: Client) -> None:
    assert client.post("/language", data={"language": "../../etc"}).status_code == 422
    assert client.post("/language").status_code == 422


def test_anybody_reads_what_is_kept(client: Client) -> None:
    page = client.get("/privacy").text
    assert "Er wordt geen cookie geplaatst en je internetadres wordt niet bewaard." in page
    assert "binnen 48 uur vernietigd" in page
    assert "https://noorderhout.example" in page


def other_language(page: Response) -> str:
    """Where the switch in the footer leads."""
    (found,) = re.findall(r'action="/language"><input type="hidden" name="next" value="([^"]*)">', page.text)
    return unescape(found)


@pytest.mark.parametrize(
    ("address", "came_from", "back"),
    [
        ("/me", "", "/me"),
        ("/items/{item}/shares", "http://localhost:8000/items/{item}?language=en&network=x", None),
        ("/items/{item}/shares", "http://localhost:8000/items/{item}/shares", "/items/{item}"),
        ("/items/{item}/shares", "https://evil.example/search", "/items/{item}"),
        ("/items/{item}/shares", "", "/items/{item}"),
        ("/shares/1/confirmation", "http://localhost:8000/me", "/me"),
        ("/shares/1/confirmation", "http://localhost:8000//evil.example/", "/"),
        ("/shares/1/confirmation", "http://[localhost", "/"),
    ],
)
def test_a_page_that_answered_a_form_leads_back_to_one_that_can_be_opened(
    db: Database, ana: Client, address: str, came_from: str, back: str | None
) -> None:
    """A form that comes back, or an error: the same address, else the form's own page, else the nearest one above."""
    with db.writing() as session:
        item = make.item(session).id
    here, referer = address.format(item=item), came_from.format(item=item)
    page = ana.post(here, data={"leaderboard_name": "first"}, headers={"referer": referer} if referer else {})
    assert page.status_code in (404, 422)
    expected = back.format(item=item) if back else referer.removeprefix("http://localhost:8000")
    assert other_language(page) == expected
    answer = ana.post("/language", data={"language": "en", "next": other_language(page)})
    assert answer.headers["location"] == expected
    assert ana.follow(answer).status_code == 200
