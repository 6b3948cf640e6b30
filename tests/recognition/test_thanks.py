"""Thanks: who may say them, who gets them, and that nobody is named to others."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from portal import clock
from portal.campaigns.models import Item
from portal.database import Database
from portal.inbox.models import Idea
from portal.jobs import Runner
from portal.people.models import Note
from portal.recognition import thanks
from portal.recognition.models import Thanks, ThanksTo
from tests import make
from tests.client import Client
from tests.feed import reading as pages


def shared_by(db: Database, *people: Client) -> Item:
    with db.writing() as session:
        item = make.item(session)
        for each in people:
            make.share(session, by=each.person, on=item)
        return item


def given(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Thanks)) or 0


def test_an_editor_thanks_everybody_who_passed_it_on(ana: Client, bram: Client, cleo: Client, db: Database) -> None:
    item = shared_by(db, ana, cleo, bram)
    with db.writing() as session:
        left = make.person(session, deactivated_at=clock.now())
        opened = make.person(session)
        make.share(session, by=left, on=item)
        make.share(session, by=opened, on=item, state="opened")
        make.share(session, by=ana.person, on=item, network="x")
    assert f'href="/items/{item.id}/thanks"' in bram.get(f"/campaigns/items/{item.id}").text
    path = f"/items/{item.id}/thanks"
    page = bram.get(path)
    assert pages.texts(page, ".lead") == ["2 collega’s hebben dit gedeeld."]
    assert "Ana" not in page.text
    sent = bram.follow(bram.post(path, data={"ready": ":people", "words": ""}))
    assert pages.texts(sent, ".notices p") == ["Je bedankje is onderweg naar 2 collega’s."]
    Runner(db).run_due()
    # Each in their own language, signed by the team.
    note = ana.get("/")
    assert "Marketing bedankt je voor het delen van “Timmerman in Zwolle”" in pages.texts(note, ".notes h3")
    assert pages.texts(note, ".notes blockquote") == ["Dankzij jou kwamen er mensen kijken. Dank je wel!"]
    mine = cleo.get("/me")
    assert pages.texts(mine, ".thanks-list p")[0] == "“People came to look because of you. Thank you!”"
    assert "Bram" not in mine.text
    with db.reading() as session:
        assert sorted(session.scalars(select(ThanksTo.person_id))) == sorted([ana.person.id, cleo.person.id])


def test_once_a_week_and_not_without_words(ana: Client, bram: Client, db: Database) -> None:
    path = f"/items/{shared_by(db, ana).id}/thanks"
    for wrong in ({}, {"ready": ":other"}, {"words": "x" * 201}):
        assert len(pages.find(bram.post(path, data=wrong), ".field .error")) == 1
    assert bram.post(path, data={"words": " Wat  fijn! "}).status_code == 303
    again = bram.post(path, data={"ready": ":gladly"})
    assert pages.texts(again, ".field .error") == [
        "Je hebt ze deze week al bedankt. Eén keer per week blijft bijzonder."
    ]
    assert given(db) == 1
    with db.reading() as session:
        assert session.scalars(select(Thanks.words)).all() == ["Wat fijn!"]
    with time_machine.travel(clock.now() + timedelta(days=7, minutes=1), tick=False):
        assert bram.post(path, data={"ready": ":gladly"}).status_code == 303


def test_whoever_had_the_idea_may_thank_and_nobody_else(ana: Client, cleo: Client, db: Database) -> None:
    item = shared_by(db, cleo)
    path = f"/items/{item.id}/thanks"
    assert (ana.get(path).status_code, ana.post(path, data={"words": "Fijn"}).status_code) == (404, 404)
    with db.writing() as session:
        idea = Idea(person_id=ana.person.id, words="De zaag", item_id=item.id, at=clock.now(), answer_by=clock.now())
        session.add(idea)
    assert f'href="{path}"' in ana.get("/me").text
    assert ana.post(path, data={"words": "Fijn"}).status_code == 303
    Runner(db).run_due()
    assert pages.texts(cleo.get("/"), ".notes h3") == [
        "The colleague whose idea “Timmerman in Zwolle (en)” was thanks you for sharing it"
    ]


def test_nobody_to_thank(bram: Client, db: Database) -> None:
    item = shared_by(db, bram)
    page = bram.post(f"/items/{item.id}/thanks", data={"words": "Fijn"})
    assert (page.status_code, given(db)) == (422, 0)


def test_many_are_told_in_parts(bram: Client, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thanks, "AT_ONCE", 2)
    with db.writing() as session:
        item = make.item(session)
        for each in make.team(session, "Service", 5):
            make.share(session, by=each, on=item)
    bram.post(f"/items/{item.id}/thanks", data={"ready": ":together"})
    Runner(db).run_due()
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Note)) == 5
