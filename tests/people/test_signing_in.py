"""The sign-in page, practice people, and where somebody lands."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from portal import settings
from portal.people.models import Person, WebSession
from tests.client import Client


def test_the_page_offers_what_is_configured(client: Client, chosen: settings.Settings) -> None:
    page = client.get("/sign-in").text
    assert 'action="/sign-in/link"' in page
    assert 'action="/practice-sign-in"' in page
    assert "/sign-in/start" not in page
    settings.put_in_force(replace(chosen, practice_sign_in=False, mail_url=""))
    page = client.get("/sign-in").text
    assert 'action="/sign-in/link"' not in page
    assert 'action="/practice-sign-in"' not in page
    assert "Nog niemand kan inloggen" in page


@pytest.mark.parametrize(
    ("who", "role"), [("member", "member"), ("editor", "editor"), ("colleague", "member"), ("admin", "admin")]
)
def test_a_practice_person_signs_in_with_one_button(client: Client, db, who: str, role: str) -> None:
    answer = client.post("/practice-sign-in", data={"person": who})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    with db.reading() as reading:
        assert reading.scalar(select(Person.role).join(WebSession)) == role


def test_a_practice_person_is_added_once(client: Client, db) -> None:
    client.post("/practice-sign-in", data={"person": "member"})
    client.post("/practice-sign-in", data={"person": "member"})
    with db.reading() as reading:
        assert len(reading.scalars(select(Person)).all()) == 1


def test_without_practice_there_is_no_such_address(client: Client, chosen: settings.Settings) -> None:
    settings.put_in_force(replace(chosen, practice_sign_in=False))
    assert client.post("/practice-sign-in", data={"person": "admin"}).status_code == 404


def test_an_unknown_or_deactivated_practice_person_is_refused(client: Client, db) -> None:
    assert client.post("/practice-sign-in", data={"person": "boss"}).status_code == 422
    client.post("/practice-sign-in", data={"person": "member"})
    with db.writing() as writing:
        person = writing.scalars(select(Person)).one()
        person.deactivated_at = person.created_at
    assert client.post("/practice-sign-in", data={"person": "member"}).status_code == 422


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(client: Client) -> None:
    cookie = client.post("/practice-sign-in", data={"person": "member"}).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/%09/evil.example",
        "/%5cevil.example",
        "/%2fevil.example",
        "/no-such-page",
        "/sign-out",
        "/sign-in",
        "/sign-in/start",
        "/people\r\nSet-Cookie: a=b",
        "/" + "a" * 3000,
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(client: Client, target: str) -> None:
    answer = client.post("/practice-sign-in", data={"person": "admin", "next": target.replace("\r\n", "")})
    assert answer.status_code in (303, 422)
    if answer.status_code == 303:
        assert answer.headers["location"] == "/"


def test_signing_in_leads_to_the_page_one_came_for(client: Client) -> None:
    refused = client.get("/people?q=ana")
    assert refused.status_code == 303
    page = client.follow(refused).text
    assert 'name="next" value="/people?q=ana"' in page
    answer = client.post("/practice-sign-in", data={"person": "admin", "next": "/people?q=ana"})
    assert answer.headers["location"] == "/people?q=ana"


def test_a_planted_cookie_is_replaced_and_dead(client: Client, db, ana: Client) -> None:
    planted = ana.http.cookies["portal"]
    client.http.cookies.set("portal", planted, domain="localhost.local", path="/")
    client.post("/practice-sign-in", data={"person": "editor"})
    fresh = client.http.cookies["portal"]
    assert fresh != planted
    assert ana.get("/people").headers["location"].startswith("/sign-in")
    with db.reading() as reading:
        assert planted not in reading.scalars(select(WebSession.token_hash)).all()


def test_a_cookie_from_before_signing_out_is_worth_nothing(bram: Client) -> None:
    saved = bram.http.cookies["portal"]
    assert bram.get("/people").status_code == 200
    answer = bram.post("/sign-out")
    assert answer.headers["location"] == "/sign-in"
    bram.http.cookies.set("portal", saved, domain="localhost.local", path="/")
    assert bram.get("/people").headers["location"] == "/sign-in?next=/people"


def test_a_page_says_goodbye_after_signing_out(bram: Client) -> None:
    assert "Je bent uitgelogd" in bram.follow(bram.post("/sign-out")).text


def test_signing_out_twice_does_no_harm(client: Client) -> None:
    assert client.post("/sign-out").headers["location"] == "/sign-in"


def test_a_foreign_site_cannot_sign_anybody_in_or_out(bram: Client) -> None:
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert bram.post("/sign-out", headers=foreign).status_code == 403
    assert bram.post("/practice-sign-in", data={"person": "admin"}, headers=foreign).status_code == 403
    assert bram.get("/people").status_code == 200


def test_whoever_is_signed_in_needs_no_sign_in_page(bram: Client) -> None:
    assert bram.get("/sign-in?next=/people").headers["location"] == "/people"


@pytest.mark.parametrize("target", ["//[", "http://[::1", "https://[x", "/[x", "/\\[x", "/%5b//%5d"])
def test_a_broken_address_to_go_on_to(client: Client, target: str) -> None:
    assert client.get("/sign-in", params={"next": target}).status_code == 200
    answer = client.post("/practice-sign-in", data={"person": "member", "next": target})
    assert answer.headers["location"] == "/"
