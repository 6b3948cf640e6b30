"""What the sharer says afterwards: asked once, taken back, corrected; figures follow, and what is proven stays."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal import clock
from portal.campaigns.models import Item
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.people.models import Person
from portal.recognition import leaderboard
from portal.sharing import reminders, shares
from portal.sharing.models import Share
from tests import make
from tests.client import Client
from tests.feed import reading as pages
from tests.sharing import making


@pytest.fixture
def item(db: Database) -> Item:
    with db.writing() as session:
        return make.item(session)


def made(db: Database, by: Person, on: Item, state: str) -> Share:
    with db.writing() as session:
        return making.share(session, by=by, on=on, state=state)


def kept(db: Database) -> Share:
    with db.reading() as session:
        return session.scalars(select(Share)).one()


def counted(db: Database) -> int:
    with db.reading() as session:
        days = leaderboard.window(session, "week")
        assert days is not None
        return leaderboard.together(session, days).shares


def asks_about(db: Database, me: Person, after: timedelta) -> int | None:
    with time_machine.travel(clock.now() + after, tick=False), db.reading() as session:
        found = shares.to_ask(session, me)
        return found.id if found else None


def test_the_question_comes_once_and_in_time(ana: Client, item: Item, db: Database) -> None:
    share = made(db, ana.person, item, "opened")
    waits = [timedelta(minutes=9), timedelta(minutes=11), timedelta(days=6), timedelta(days=8)]
    assert [asks_about(db, ana.person, after) for after in waits] == [None, share.id, share.id, None]
    page = f"/items/{item.id}/shares/{share.id}"
    assert pages.texts(ana.get(page), ".asked h2") == ["Heb je het geplaatst?"]
    answer = ana.follow(ana.post(f"/shares/{share.id}/not-posted"))
    assert pages.texts(answer, ".asked h2") == []
    assert f"/shares/{share.id}/confirmation" in pages.attributes(answer, "form", "action")
    assert (kept(db).state, asks_about(db, ana.person, waits[1])) == ("opened", None)


@pytest.mark.parametrize("state", ["confirmed", "seen"])
def test_what_is_known_is_not_asked(ana: Client, item: Item, db: Database, state: str) -> None:
    made(db, ana.person, item, state)
    assert asks_about(db, ana.person, timedelta(hours=1)) is None


def test_a_confirmation_taken_back_does_not_count(ana: Client, item: Item, db: Database) -> None:
    share = made(db, ana.person, item, "confirmed")
    assert counted(db) == 1
    ana.post(f"/shares/{share.id}/taking-back")
    assert (kept(db).state, kept(db).confirmed_at, counted(db)) == ("opened", None, 0)
    ana.post(f"/shares/{share.id}/confirmation")
    assert (kept(db).state, counted(db)) == ("confirmed", 1)


def test_what_a_click_proved_stays(ana: Client, item: Item, db: Database) -> None:
    share = made(db, ana.person, item, "confirmed")
    with db.writing() as session:
        shares.share_seen(session, link_id=share.link_id)
    ana.post(f"/shares/{share.id}/taking-back")
    assert (kept(db).state, kept(db).confirmed_at is None, counted(db)) == ("seen", False, 1)


def test_other_words_take_the_place_of_what_was_handed_over(ana: Client, item: Item, db: Database) -> None:
    share = made(db, ana.person, item, "confirmed")
    ana.post(f"/shares/{share.id}/text", data={"text": "Zo stond het er echt."})
    assert (kept(db).text, kept(db).state) == ("Zo stond het er echt.", "confirmed")
    assert ana.post(f"/shares/{share.id}/text", data={"text": " "}).status_code == 422


def test_nobody_speaks_for_somebody_else(ana: Client, cleo: Client, item: Item, db: Database) -> None:
    share = made(db, ana.person, item, "confirmed")
    for what in ("not-posted", "taking-back", "text"):
        assert cleo.post(f"/shares/{share.id}/{what}", data={"text": "Niet van mij"}).status_code == 404
    assert (kept(db).state, kept(db).asked_at, kept(db).text) == ("confirmed", None, share.text)


def test_a_reminder_brings_back_what_was_written(ana: Client, cleo: Client, item: Item, db: Database) -> None:
    caption = next(each for each in item.captions if each.language == "en")
    with db.writing() as session:
        planned = reminders.plan(
            session,
            ana.person,
            get_item(session, item.id),
            network="bluesky",
            language="en",
            caption_id=caption.id,
            own="See you there?",
            disclosure=1,
            channel="calendar",
            due_at=clock.now() + timedelta(days=1),
        )
    page = ana.get(f"/items/{item.id}?reminder={planned.id}")
    chosen = {
        each.attributes["name"]: each.attributes["value"]
        for each in pages.find(page, "#share input")
        if "checked" in each.attributes and each.attributes["name"] in ("network", "caption", "disclosure")
    }
    assert chosen == {"network": "bluesky", "caption": str(caption.id), "disclosure": "1"}
    assert pages.texts(page, "#field-text") == ["See you there?"]
    assert pages.texts(cleo.get(f"/items/{item.id}?reminder={planned.id}"), "#field-text") == [""]
    ana.post(f"/items/{item.id}/shares", data={"network": "bluesky", "text": "See you there?"})
    with db.reading() as session:
        assert reminders.get_own(session, ana.person, planned.id).state == "used"


def test_the_button_for_other_apps_copies_whatever_is_chosen(ana: Client, item: Item, db: Database) -> None:
    ana.post(f"/items/{item.id}/shares", data={"network": "linkedin", "through": "copy", "text": "Kom je ook?"})
    assert (kept(db).network, kept(db).state) == ("copy", "copied")
