"""What comes after an item: chosen on its page, whatever state it is in."""

from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from portal import clock
from portal.campaigns import editing
from portal.campaigns.models import Item, Picture
from portal.database import Database
from portal.people.models import AuditEntry
from tests import make
from tests.client import Client


def _successor(db: Database, item: Item) -> int | None:
    with db.reading() as session:
        return session.get_one(Item, item.id).successor_id


@pytest.fixture
def items(db: Database) -> list[Item]:
    with db.writing() as session:
        campaign = make.campaign(session)
        return [make.item(session, campaign, title=title) for title in ("Timmerman", "Voorman", "Leerling")]


def test_an_editor_chooses_what_comes_after(db: Database, bram: Client, items: list[Item]) -> None:
    answer = bram.post(f"/campaigns/items/{items[0].id}/successor", data={"successor": str(items[1].id)})
    page = unescape(bram.follow(answer).text)
    assert _successor(db, items[0]) == items[1].id
    assert f'<option value="{items[1].id}" selected>Voorman · Werken in de huizenfabriek</option>' in page
    with db.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "item_successor")).one()
    assert (entry.subject_id, entry.detail) == (items[0].id, {"successor_id": items[1].id})


def test_choosing_nothing_takes_it_away(db: Database, bram: Client, items: list[Item]) -> None:
    path = f"/campaigns/items/{items[0].id}/successor"
    bram.post(path, data={"successor": str(items[1].id)})
    bram.post(path, data={"successor": ""})
    assert _successor(db, items[0]) is None


@pytest.mark.parametrize("state", ["approved", "recalled"])
def test_its_approval_stays_as_it_is(db: Database, bram: Client, state: str) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        item = make.item(session, campaign, state=state, ends_at=clock.now() - timedelta(days=1))
        after = make.item(session, campaign)
    bram.post(f"/campaigns/items/{item.id}/successor", data={"successor": str(after.id)})
    with db.reading() as session:
        now = session.get_one(Item, item.id)
    assert (now.state, now.version, now.successor_id) == (state, item.version, after.id)


def test_nothing_comes_after_itself_however_long_the_way(db: Database, bram: Client, items: list[Item]) -> None:
    with db.writing() as session:
        rows = [session.get_one(Item, item.id) for item in items]
        editing.set_successor(session, rows[0], rows[1], by=None)
        editing.set_successor(session, rows[1], rows[2], by=None)
    for chosen in (items[0], items[2]):
        answer = bram.post(f"/campaigns/items/{items[2].id}/successor", data={"successor": str(chosen.id)})
        assert answer.status_code == 422
        assert "in een kringetje" in unescape(answer.text)
    assert _successor(db, items[2]) is None


@pytest.mark.parametrize("wanted", ["999999", "x", "-1", "1e3"])
def test_what_is_not_there_cannot_come_after(db: Database, bram: Client, items: list[Item], wanted: str) -> None:
    answer = bram.post(f"/campaigns/items/{items[0].id}/successor", data={"successor": wanted})
    assert answer.status_code == 422
    assert "Dat item is er niet meer." in answer.text
    assert _successor(db, items[0]) is None


def test_what_is_over_is_not_offered(db: Database, bram: Client, items: list[Item]) -> None:
    with db.writing() as session:
        make.item(session, title="Allang voorbij", ends_at=clock.now() - timedelta(days=1))
        make.item(session, title="Teruggetrokken", state="recalled")
        make.item(session, title="Uit een andere campagne")
    page = bram.get(f"/campaigns/items/{items[0].id}").text
    assert "Uit een andere campagne" in page
    assert "Allang voorbij" not in page
    assert "Teruggetrokken ·" not in page


def test_the_page_shows_each_network_s_preview_in_both_languages(db: Database, bram: Client) -> None:
    with db.writing() as session:
        picture = Picture(digest="d" * 64, width=1200, height=630, created_at=clock.now())
        session.add(picture)
        session.flush()
        item = make.item(session, picture_id=picture.id)
        bare = make.item(session, target_url="https://site.example/pagina")
    page = bram.get(f"/campaigns/items/{item.id}").text
    for network in ("linkedin", "facebook", "whatsapp", "x", "bluesky", "mastodon"):
        assert page.count(f'<div class="net {network}">') == 2, network
    for spoken in ("nl", "en"):
        assert page.count(f'<div class="network-cards" id="network-cards-{spoken}" lang="{spoken}">') == 1
    assert "site.example" in bram.get(f"/campaigns/items/{bare.id}").text
    assert '<div class="net' not in bram.get(f"/campaigns/items/{bare.id}").text
