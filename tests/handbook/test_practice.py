"""The practice square: a share that counts nowhere, seen by nobody else, gone by tomorrow."""

from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from portal import clock
from portal.database import Database
from portal.handbook import practice
from portal.handbook.models import PracticeShare
from portal.jobs import Runner, enqueue
from portal.models import metadata
from portal.people.models import Organisation
from portal.sharing import counting
from tests.client import Client
from tests.feed import reading as pages

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=clock.zone())
TRY = {"text": "Ik sta er zelf bij, met mijn dochter.", "caption": "yes", "disclosure": "0", "link": "yes"}


def rows(db: Database) -> dict[str, int]:
    with db.reading() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in metadata.tables.items()
        }


def tried(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(PracticeShare.text).order_by(PracticeShare.id)))


def test_it_looks_like_a_post_and_counts_nowhere(ana: Client, cleo: Client, db: Database) -> None:
    before = rows(db)
    page = ana.follow(ana.post("/handbook/practice", data=TRY))
    assert pages.texts(page, ".post .words") == [
        "Ik werk bij Noorderhout. Ik sta er zelf bij, met mijn dochter. "
        "Zaterdag staan onze deuren open. De koffie is klaar, en vragen mag altijd.",
        "oefenplein.example/r/23456789",
    ]
    assert (len(pages.texts(page, ".replies li")), len(pages.texts(page, ".well")), pages.texts(page, ".tips li")) == (
        2,
        1,
        [],
    )
    assert pages.texts(page, "textarea") == [TRY["text"]], "ready to be polished"
    after = rows(db)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {"practice_share": 1}
    assert pages.texts(cleo.get("/handbook/practice"), ".post .words") == [], "for its person only"
    assert pages.texts(ana.get("/handbook/practice?fresh=yes"), ".post .words") == []


def test_the_next_try_takes_the_place_of_the_last(ana: Client, db: Database) -> None:
    for own in ("Eerste poging hier", "Tweede poging hier"):
        ana.post("/handbook/practice", data=TRY | {"text": own, "caption": ""})
    assert tried(db) == [f"Ik werk bij Noorderhout. Tweede poging hier\n\n{practice.LINK}"]


def test_what_is_left_out_is_told_kindly(ana: Client) -> None:
    page = ana.follow(ana.post("/handbook/practice", data={"text": "KOM ALLEMAAL!!!", "disclosure": "2"}))
    assert [tip.split(",")[0] for tip in pages.texts(page, ".tips li")] == ["Zeg waar je werkt", "De link ontbreekt"]
    assert 'name="disclosure" value="2" data-wording="" checked' in page.text


@pytest.mark.parametrize("typed", [{"text": " "}, {"text": "a" * 3001}, {}])
def test_too_little_and_too_much_come_back(ana: Client, db: Database, typed: dict[str, str]) -> None:
    page = ana.post("/handbook/practice", data=typed)
    assert (page.status_code, len(pages.texts(page, "#field-text-error")), tried(db)) == (422, 1, [])
    assert pages.texts(page, "textarea") == [typed.get("text", "").strip()]


def test_what_does_not_fit_is_shortened_marketing_s_text_first(ana: Client, db: Database) -> None:
    ana.post("/handbook/practice", data=TRY | {"text": "wij bouwen " * 36})
    (text,) = tried(db)
    assert (counting.graphemes(text) <= practice.LIMIT, text.count("wij bouwen")) == (True, 36)
    assert "Zaterdag staan onze deuren open." in text and "vragen mag altijd" not in text
    assert pages.texts(ana.get("/handbook/practice"), "textarea") == [("wij bouwen " * 36).strip()]


@pytest.mark.once
@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_text_is_taken_apart_as_it_was_put_together(language: str) -> None:
    house = Organisation(name="Noorderhout", disclosure_nl="", disclosure_en="")
    for own in ("", "Kom ook!", "Ik werk bij Noorderhout, en met plezier."):
        for with_caption in (True, False):
            for wording in (*practice.wordings(house, language), ""):
                text = practice.compose(
                    own,
                    organisation=house,
                    language=language,
                    with_caption=with_caption,
                    wording=wording,
                    with_link=True,
                )
                found = practice.taken_apart(text, organisation=house, language="nl")
                assert (found.own, bool(found.caption)) == (own, with_caption)


def test_the_night_sweeps_the_square_whatever_the_clock_did(ana: Client, db: Database) -> None:
    with db.writing() as session:
        enqueue(session, "wipe_practice", dedupe="every:wipe_practice")
    with time_machine.travel(NOON, tick=False) as traveller:
        runner = Runner(db)
        ana.post("/handbook/practice", data=TRY)
        runner.run_due()
        assert len(tried(db)) == 1, "today it stays"
        traveller.move_to(NOON.replace(hour=23, minute=59))
        runner.run_due()
        assert len(tried(db)) == 1
        traveller.move_to(NOON.replace(hour=0) + timedelta(days=1))
        assert pages.texts(ana.get("/handbook/practice"), ".post .words") == [], "not shown even before the sweep"
        traveller.move_to(NOON.replace(hour=1) + timedelta(days=1))
        runner.run_due()
        assert tried(db) == []


def test_what_was_written_by_a_wrong_clock_goes_with_the_next_try(ana: Client, cleo: Client, db: Database) -> None:
    with time_machine.travel(NOON + timedelta(days=400), tick=False) as traveller:
        ana.post("/handbook/practice", data=TRY)
        traveller.move_to(NOON)
        assert pages.texts(ana.get("/handbook/practice"), ".post .words") == []
        cleo.post("/handbook/practice", data=TRY | {"text": "Ours now"})
    with db.reading() as session:
        assert list(session.scalars(select(PracticeShare.person_id))) == [cleo.person.id]
