"""The share of the week: picked by an editor, named only with consent."""

from datetime import timedelta

from sqlalchemy import select

from portal import clock
from portal.database import Database
from portal.people.models import Person
from portal.recognition import weekly
from portal.recognition.models import ShareOfTheWeek
from tests import make
from tests.client import Client


def picked(db: Database) -> list[tuple[str, int | None, str]]:
    with db.reading() as session:
        rows = session.scalars(select(ShareOfTheWeek))
        return [(row.week, row.share_id, row.words) for row in rows]


def test_one_is_picked_printed_and_taken_back(bram: Client, ana: Client, cleo: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        session.get_one(Person, ana.person.id).wall_name = True
        named = make.share(session, by=ana.person, on=item)
        named.text = "Bij ons bouw je binnen.\n\nhttps://go.example/r/abc"
        hidden = make.share(session, by=cleo.person, on=item, network="x")
        hidden.text = "Dit blijft van Cleo."
        opened = make.share(session, by=bram.person, on=item, state="opened")
        make.visits(session, by=ana.person, on=item, times=3)
        ids = (named.id, hidden.id, opened.id)
    page = bram.get("/share-of-the-week").text
    assert ("Ana · “Timmerman in Zwolle”" in page, "Bij ons bouw je binnen." in page) == (True, True)
    assert [word in page for word in ("Cleo", "Dit blijft", "go.example", f'value="{ids[2]}"')] == [False] * 4
    assert ("kwamen kijken" in page, f'value="{ids[1]}"' in page) == (False, False), "only who agreed is offered"
    week = weekly.this_week()
    form = {"week": week, "share_id": str(ids[0]), "words": "Kort en eigen."}
    for _twice in range(2):
        assert bram.post("/share-of-the-week", data=form).status_code == 303
    assert picked(db) == [(week, ids[0], "Kort en eigen.")]
    sheet = bram.get("/share-of-the-week/poster").text
    assert [words in sheet for words in ("Dankjewel, Ana!", "Kort en eigen.", "Bij ons bouw je binnen.")] == [True] * 3
    assert bram.post("/share-of-the-week", data=form | {"share_id": str(ids[1])}).status_code == 422
    assert bram.post("/share-of-the-week/removal", data={"week": week}).status_code == 303
    assert picked(db) == []
    assert bram.get("/share-of-the-week/poster").status_code == 404


def test_what_cannot_be_picked(bram: Client, ana: Client, db: Database) -> None:
    with db.writing() as session:
        old = make.share(session, by=ana.person, on=make.item(session), at=clock.now() - timedelta(days=30))
    form = {"week": weekly.this_week(), "share_id": str(old.id), "words": "Mooi"}
    answer = bram.post("/share-of-the-week", data=form)
    assert (answer.status_code, picked(db)) == (422, [])
    assert bram.post("/share-of-the-week", data=form | {"week": "2026-W99"}).status_code == 422
    assert [bram.get(f"/share-of-the-week?week={week}").status_code for week in ("2026-W60", "x", "0001-W01")] == [
        404
    ] * 3
    assert bram.get("/share-of-the-week?week=2026-W01").status_code == 200
    assert ana.get("/share-of-the-week").status_code == 403
