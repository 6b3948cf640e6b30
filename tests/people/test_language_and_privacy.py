"""The other language, and the page that says what is kept."""

import pytest

from portal.people.models import Person
from tests.client import Client


def test_a_visitor_changes_the_language_of_their_browser(client: Client) -> None:
    assert '<html lang="nl">' in client.get("/privacy").text
    answer = client.post("/language", data={"language": "en", "next": "/privacy"})
    assert answer.headers["location"] == "/privacy"
    page = client.follow(answer).text
    assert '<html lang="en">' in page
    assert "What we keep, and what we do not" in page


def test_somebody_signed_in_takes_their_language_everywhere(bram: Client, db) -> None:
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
