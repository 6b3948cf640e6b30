"""Notes: told once, shown to one person, put away for good."""

from datetime import timedelta

import time_machine
from sqlalchemy import func, select

from portal import clock
from portal.database import Database
from portal.people import notes
from portal.people.models import Note
from tests import make
from tests.asked import cost
from tests.client import Client


def tell(db: Database, who: Client, *subjects: str) -> None:
    with db.writing() as session:
        for subject in subjects:
            notes.tell(session, who.person.id, "recalled", subject, **make.RECALLED | {"title": f"Over {subject}"})


def titles(db: Database, who: Client) -> list[str]:
    with db.reading() as session:
        return [note.data["title"] for note in notes.unread(session, who.person)]


def test_nobody_hears_the_same_twice(db: Database, ana: Client, cleo: Client) -> None:
    tell(db, ana, "share:1", "share:1", "share:2")
    tell(db, cleo, "share:1")
    assert titles(db, ana) == ["Over share:2", "Over share:1"]
    assert titles(db, cleo) == ["Over share:1"]


def test_the_latest_comes_first(db: Database, ana: Client) -> None:
    tell(db, ana, "share:1")
    with time_machine.travel(clock.now() + timedelta(hours=1), tick=False):
        tell(db, ana, "share:2")
    assert titles(db, ana) == ["Over share:2", "Over share:1"]


def test_only_its_owner_puts_a_note_away(db: Database, ana: Client, cleo: Client, client: Client) -> None:
    tell(db, ana, "share:1")
    with db.reading() as session:
        path = f"/notes/{session.scalar(select(func.max(Note.id)))}/putting-away"
    assert (cleo.post(path).status_code, client.post(path).status_code) == (404, 303)
    assert titles(db, ana) == ["Over share:1"]
    assert [ana.post(path).status_code for _ in range(2)] == [303, 303]
    assert titles(db, ana) == []
    tell(db, ana, "share:1")
    assert titles(db, ana) == [], "put away is put away"
    assert ana.post("/notes/999999/putting-away").status_code == 404


def test_with_htmx_the_list_takes_its_own_place(db: Database, ana: Client) -> None:
    tell(db, ana, "share:1", "share:2")
    with db.reading() as session:
        ids = session.scalars(select(Note.id).order_by(Note.id)).all()
    first = ana.post(f"/notes/{ids[0]}/putting-away", data={"from": "feed"}, htmx=True)
    assert first.text.lstrip().startswith('<section class="notes" id="notes"')
    assert ("Over share:1" in first.text, "Over share:2" in first.text) == (False, True)
    last = ana.post(f"/notes/{ids[1]}/putting-away", data={"from": "feed"}, htmx=True)
    assert 'id="notes" aria-labelledby="notes-title" hidden' in last.text


def test_the_feed_shows_a_few_and_my_page_the_others_at_the_same_cost(db: Database, ana: Client) -> None:
    tell(db, ana, "share:1")
    one = cost(ana, "/", db), cost(ana, "/me", db)
    tell(db, ana, *(f"share:{number}" for number in range(2, 6)))
    assert (cost(ana, "/", db), cost(ana, "/me", db)) == one
    feed, mine = ana.get("/").text, ana.get("/me").text
    assert (feed.count("Opbergen"), mine.count("Opbergen")) == (3, 5)
    assert 'href="/me#notes"' in feed
    assert 'href="/me#notes"' not in mine


def test_notes_are_part_of_what_is_kept_about_me(db: Database, ana: Client) -> None:
    tell(db, ana, "share:1")
    kept = ana.get("/me/data.json").json()["notes"]
    assert [(note["kind"], note["data"]["title"]) for note in kept] == [("recalled", "Over share:1")]


def test_what_was_put_away_goes_after_a_week_and_what_nobody_saw_after_three_months(
    db: Database, ana: Client, cleo: Client
) -> None:
    tell(db, ana, "share:1")
    tell(db, cleo, "share:1")
    with db.reading() as session:
        first = session.scalar(select(func.min(Note.id)))
    ana.post(f"/notes/{first}/putting-away")
    left = []
    for days in (6, 8, 89, 91):
        with time_machine.travel(clock.now() + timedelta(days=days), tick=False), db.writing() as session:
            notes.forget(session)
            left.append(session.scalar(select(func.count()).select_from(Note)))
    assert left == [2, 1, 1, 0]
