"""What a digest leads to without signing in: an item at one tap, and the end of such mails."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import time_machine
from sqlalchemy import select

from portal import clock
from portal.campaigns.models import Item
from portal.database import Database
from portal.links.models import Link
from portal.notifications import item_links
from portal.notifications.models import NotificationChoice
from portal.people import unsubscribing
from portal.people.models import Person
from portal.sharing.models import Share
from tests import make
from tests.client import Client

FOREIGN = {"origin": "https://mail.example", "sec-fetch-site": "cross-site"}


def item(db: Database, **values: Any) -> Item:
    with db.writing() as session:
        return make.item(session, **values)


def link(person: Person, shown: Item) -> str:
    return urlsplit(item_links.address(person_id=person.id, item_id=shown.id)).path


def rows(db: Database, column: Any) -> list[Any]:
    with db.reading() as session:
        return list(session.scalars(select(column)))


def test_a_link_from_a_mail_shows_the_item_and_passes_it_on_without_signing_in(
    db: Database, client: Client, ana: Client
) -> None:
    shown = item(db)
    path = link(ana.person, shown)
    page = client.get(path)
    assert client.head(path).status_code == page.status_code == 200
    assert "Timmerman in Zwolle" in page.text
    assert f"/sign-in?next=%2Fitems%2F{shown.id}" in page.text
    # Nothing of whom it was for, and looking leaves nothing behind.
    for told in ("Ana", "Dekker", "Service", "ana@"):
        assert told not in page.text
    assert (rows(db, Link.id), rows(db, Share.id), "set-cookie" in page.headers) == ([], [], False)
    assert (page.headers["referrer-policy"], page.headers["x-robots-tag"]) == ("no-referrer", "noindex")

    went = client.post(f"{path}/shares", data={"network": "linkedin"})
    client.post(f"{path}/shares", data={"network": "linkedin"})
    (code,) = rows(db, Link.code)
    assert went.status_code == 303
    target = urlsplit(went.headers["location"])
    assert (target.netloc, f"%2Fr%2F{code}" in target.query) == ("www.linkedin.com", True)
    assert "form-action 'self' https:;" in page.headers["content-security-policy"]
    # Anybody may hold the mail, so nothing of it is put on her record.
    assert ("set-cookie" in went.headers, rows(db, Share.id)) == (False, [])

    # What its person wrote stays theirs: whoever holds the mail neither reads nor changes it.
    ana.post(f"/items/{shown.id}/shares", data={"network": "whatsapp", "text": "Mijn eigen zin", "caption": ""})
    again = client.post(f"{path}/shares", data={"network": "whatsapp"})
    assert "Mijn" not in again.headers["location"]
    with db.reading() as session:
        assert "Mijn eigen zin" in session.scalars(select(Share.text).where(Share.network == "whatsapp")).one()
    assert client.post(f"{path}/shares", data={"network": "copy"}).status_code == 404
    assert client.post(f"{path}/shares", data={"network": "x"}, headers=FOREIGN).status_code == 403
    tried = [client.post(f"{path}/shares", data={"network": "linkedin"}).status_code for _ in range(20)]
    assert tried[-1] == 429


def test_whoever_is_signed_in_goes_on_to_their_own_share_page(db: Database, ana: Client, cleo: Client) -> None:
    shown = item(db)
    for someone in (ana, cleo):
        path = link(ana.person, shown)
        assert someone.get(path).headers["location"] == f"/items/{shown.id}"
        assert someone.post(f"{path}/shares", data={"network": "x"}).headers["location"] == f"/items/{shown.id}"
    assert rows(db, Share.id) == []


def test_a_link_that_cannot_be_used_any_more_says_so_kindly(db: Database, client: Client, ana: Client) -> None:
    shown = item(db)
    path = link(ana.person, shown)

    def is_shut(there: str, said: str) -> None:
        found = client.get(there)
        assert (found.status_code, said in found.text, "Timmerman" in found.text) == (410, True, False)
        assert client.post(f"{there}/shares", data={"network": "x"}).status_code == 410

    is_shut(path[:-3] + "abc", "Deze link werkt niet meer")
    is_shut(link(ana.person, Item(id=999)), "Deze link werkt niet meer")
    with time_machine.travel(clock.now() + timedelta(days=14, seconds=2), tick=False):
        is_shut(path, "Deze link werkt niet meer")
    is_shut(link(ana.person, item(db, state="recalled", recalled_at=clock.now())), "Dit is teruggehaald")
    is_shut(link(ana.person, item(db, ends_at=clock.now())), "Dit is voorbij")
    with db.writing() as session:
        session.get_one(Person, ana.person.id).stopped_at = clock.now()
    is_shut(path, "Deze link werkt niet meer")
    assert rows(db, Share.id) == []


def test_digests_end_at_one_tap_in_the_mail_program_or_wait_until_a_day(
    db: Database, client: Client, ana: Client, dina: Client
) -> None:
    with db.writing() as session:
        for someone in (ana, dina):
            row = NotificationChoice(person_id=someone.person.id, digest_rhythm="daily", next_digest_at=clock.now())
            session.add(row)
    path = urlsplit(unsubscribing.address(ana.person, unsubscribing.DIGESTS)).path
    page = client.get(path)
    assert (page.status_code, client.head(path).status_code, "Ana" in page.text) == (200, 200, False)
    rhythms = select(NotificationChoice.digest_rhythm).order_by(NotificationChoice.person_id)

    def chosen() -> list[str]:
        with db.reading() as session:
            return list(session.scalars(rhythms))

    assert chosen() == ["daily", "daily"]
    day = clock.today() + timedelta(days=9)
    for wrong in ("", "soon", str(clock.today()), "9999-01-01"):
        assert client.post(path, data={"pause": "yes", "until": wrong}).status_code == 422
    assert client.post(path, data={"pause": "yes", "until": str(day)}).status_code == 200
    with db.reading() as session:
        assert session.get_one(Person, ana.person.id).paused_until == day
    assert chosen() == ["daily", "daily"]
    # As RFC 8058 has it, and from a browser in which somebody else is signed in.
    for someone, headers in ((client, {}), (dina, FOREIGN)):
        said = someone.http.post(path, data={"List-Unsubscribe": "One-Click"}, headers=headers)
        assert (said.status_code, "Dina" in said.text, chosen()) == (200, False, ["never", "daily"])
    with db.reading() as session:
        assert session.get_one(NotificationChoice, ana.person.id).next_digest_at is None
    broken = client.get(path[:-4])
    assert (broken.status_code, "Er mist een stukje van dit adres" in broken.text) == (404, True)
    assert client.http.post(path[:-4], data={"List-Unsubscribe": "One-Click"}).status_code == 404
