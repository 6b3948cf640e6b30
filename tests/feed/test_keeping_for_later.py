"""Kept for later by a bookmark, and two minutes for three that fit."""

from datetime import timedelta

from sqlalchemy import select, update

from portal import clock
from portal.campaigns.models import Item
from portal.database import Database
from portal.feed.models import SavedItem
from tests import make
from tests.client import Client
from tests.feed import reading as pages


def kept(db: Database) -> list[tuple[int, int]]:
    with db.reading() as session:
        return [(row.person_id, row.item_id) for row in session.scalars(select(SavedItem))]


def test_a_bookmark_keeps_an_item_for_who_tapped_it(ana: Client, cleo: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session, title="Later")
    (saving,) = pages.attributes(ana.get("/"), ".item .saving", "action")
    answer = ana.post(saving)
    assert answer.headers["location"] == f"/?to={item.id}#item-{item.id}"
    swapped = ana.post(saving, htmx=True)
    assert pages.attributes(swapped, "#saving-1 .bookmark.on", "aria-label") == [
        "Bewaard voor later: Later. Haal het eraf"
    ]
    assert kept(db) == [(ana.person.id, item.id)]
    assert pages.texts(ana.get("/saved"), ".kept h2") == ["Later"]
    assert pages.texts(cleo.get("/saved"), ".empty h2") == ["Nothing saved"]
    (taking_off,) = pages.attributes(ana.get("/"), ".item .saving", "action")
    ana.post(taking_off, htmx=True)
    ana.post(taking_off)
    assert kept(db) == []


def test_what_ended_meanwhile_says_so_and_can_be_taken_off(ana: Client, db: Database) -> None:
    with db.writing() as session:
        over, resting = make.item(session, title="Voorbij"), make.item(session, title="Rust")
    for item in (over, resting):
        ana.post(f"/items/{item.id}/saving")
    with db.writing() as session:
        past = clock.now() - timedelta(minutes=1)
        session.execute(update(Item).where(Item.id == over.id).values(ends_at=past))
        session.execute(update(Item).where(Item.id == resting.id).values(state="in_review"))
    page = ana.get("/saved")
    assert pages.texts(page, ".kept.gone h2") == pages.texts(page, ".kept .gone .button.primary") == []
    assert sorted(pages.texts(page, ".kept .gone h2")) == ["Rust", "Voorbij"]
    assert ana.post(f"/items/{over.id}/unsaving", data={"from": "saved"}).headers["location"] == "/saved"
    assert kept(db) == [(ana.person.id, resting.id)]
    assert ana.post(f"/items/{over.id}/saving").status_code == 404
    assert ana.post(f"/items/{over.id}/unsaving").status_code == 404


def test_two_minutes_are_three_different_ones_until_they_are_done(ana: Client, db: Database) -> None:
    with db.writing() as session:
        one, other = make.campaign(session), make.campaign(session)
        in_days = {days: clock.now() + timedelta(days=days) for days in (1, 2, 5, 9)}
        first = make.item(session, one, title="Vacature", ends_at=in_days[1])
        make.item(session, one, title="Nog een vacature", ends_at=in_days[2])
        make.item(session, one, title="Verhaal", kind="story", ends_at=in_days[5])
        make.item(session, other, title="Video", kind="video", ends_at=in_days[9])
        mine = make.item(session, other, title="Al gedeeld", kind="event")
        make.share(session, by=ana.person, on=mine, at=clock.now() - timedelta(days=1))
    assert pages.attributes(ana.get("/"), ".two", "href") == ["/two-minutes"]
    page = ana.get("/two-minutes")
    assert pages.texts(page, ".three h2") == ["Vacature", "Video", "Verhaal"]
    assert pages.attributes(page, ".three .now .button", "href") == [f"/items/{first.id}?then=two"]
    with db.writing() as session:
        make.share(session, by=ana.person, on=first, state="opened")
    page = ana.get("/two-minutes")
    assert pages.texts(page, ".three .done h2") == ["Vacature"]
    assert pages.texts(page, ".three .done a") == ["Geopend. Heb je het geplaatst?"]
    assert pages.texts(page, ".three h2") == ["Vacature", "Video", "Verhaal"]
    with db.writing() as session:
        for item in session.scalars(select(Item).where(Item.kind.in_(("video", "story")))):
            make.share(session, by=ana.person, on=item)
    page = ana.get("/two-minutes")
    assert pages.texts(page, "h1") == ["Dankjewel, Ana!"]
    assert pages.texts(page, ".empty h2") == ["Dat waren er 3, zo gedaan"]


def test_two_minutes_need_three_that_fit(ana: Client, db: Database) -> None:
    assert pages.texts(ana.get("/two-minutes"), ".empty h2") == ["Niets dat op je wacht"]
    with db.writing() as session:
        make.item(session)
        make.item(session)
    assert pages.texts(ana.get("/"), ".two") == []
