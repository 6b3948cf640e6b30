"""Examples: the house's own in both languages, and what happened here, added and removed by editors."""

import pytest

from portal.database import Database
from portal.handbook import examples
from tests.client import Client
from tests.feed import reading as pages

CASE = {"kind": "bad", "language": "nl", "text": "Eindelijk van <b>die</b> klant af!", "why": "Iedereen wist wie."}


def own(db: Database) -> list[tuple[str, str]]:
    with db.reading() as session:
        return [(each.kind, each.text) for each in examples.own(session)]


def test_both_languages_have_good_and_bad_ones_with_why(ana: Client, cleo: Client) -> None:
    for someone in (ana, cleo):
        page = someone.get("/handbook")
        assert (len(pages.texts(page, ".example.good .why")), len(pages.texts(page, ".example.bad .why"))) == (2, 3)
        assert "Noorderhout" in pages.texts(page, ".example blockquote")[0]


def test_what_happened_here_comes_first_in_its_language(ana: Client, bram: Client, cleo: Client, db: Database) -> None:
    assert bram.post("/handbook/examples", data=CASE).status_code == 303
    assert own(db) == [("bad", CASE["text"])]
    page = ana.get("/handbook")
    assert pages.texts(page, ".example.bad blockquote")[0] == CASE["text"]
    assert CASE["text"] not in pages.texts(cleo.get("/handbook"), ".example blockquote")
    assert bram.post("/handbook/examples/1/removal").status_code == 303
    assert bram.post("/handbook/examples/1/removal").status_code == 404
    assert own(db) == []


@pytest.mark.parametrize("wrong", [{"kind": "x"}, {"language": "fr"}, {"text": ""}, {"why": " "}, {"text": "x" * 601}])
def test_a_form_that_needs_another_look_keeps_what_was_typed(bram: Client, db: Database, wrong: dict[str, str]) -> None:
    page = bram.post("/handbook/examples", data=CASE | {"why": "Waarom toch"} | wrong)
    assert (page.status_code, own(db)) == (422, [])
    assert wrong.get("why", "Waarom toch") in page.text


def test_there_is_an_end_to_them(bram: Client, db: Database) -> None:
    with db.writing() as session:
        for _ in range(examples.MOST):
            examples.add(session, kind="good", language="nl", text="Zo", why="Daarom", by=None)
    assert bram.post("/handbook/examples", data=CASE).status_code == 422
    assert len(own(db)) == examples.MOST
