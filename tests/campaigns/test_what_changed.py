"""The difference an edit made, as approvers read it: word by word, field by field."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.campaigns import approval, pictures, queries, revisions
from portal.campaigns.models import Item, Revision
from portal.campaigns.revisions import Piece, words
from portal.database import Database
from tests import make
from tests.asked import cost
from tests.campaigns.drawing import picture
from tests.campaigns.forms import item_form, typed_from
from tests.client import Client


def approved(db: Database, **values: object) -> Item:
    with db.writing() as session:
        item = queries.get_item(session, make.item(session, state="in_review", **values).id)
        approval.approve(session, item, by=None)
    return item


def now(db: Database, item: Item) -> Item:
    with db.reading() as session:
        return queries.get_item(session, item.id)


def woven(old: str, new: str) -> str:
    marks = {"same": "%s", "gone": "[-%s]", "new": "[+%s]"}
    return "".join(marks[piece.kind] % piece.words for piece in words(old, new))


@pytest.mark.once
@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("Joost zoekt een vakmens.", "Joost zoekt een timmerman.", "Joost zoekt een [-vakmens][+timmerman]."),
        ("Kom erbij.", "Kom er vandaag nog bij.", "Kom [-erbij][+er vandaag nog bij]."),
        ("Een huis per dag", "Een huis per dag!", "Een huis per dag[+!]"),
        ("2.500 euro per maand", "2.600 euro per maand", "2.[-500][+600] euro per maand"),
        ("", "Nieuw", "[+Nieuw]"),
        ("Weg ermee", "", "[-Weg ermee]"),
        ("Een\ntwee", "Een\n\ntwee", "Een[-\n][+\n\n]twee"),
        ("héél mooi 👷‍♀️ werk", "heel mooi 👷‍♀️ werk", "[-héél][+heel] mooi 👷‍♀️ werk"),
        ("de kat zit op de mat", "vijf rode vissen zwemmen", "[-de kat zit op de mat][+vijf rode vissen zwemmen]"),
        ("een twee drie vier vijf", "een 2 3 vier vijf", "een [-twee drie][+2 3] vier vijf"),
        ("same", "same", "same"),
    ],
)
def test_words_that_went_and_came(old: str, new: str, shown: str) -> None:
    assert woven(old, new) == shown


@pytest.mark.once
def test_nothing_of_either_text_is_lost_and_long_ones_take_no_time() -> None:
    old, new = "woord " * 20_000, "ander woord " * 20_000
    pieces = words(old, new)
    assert "".join(piece.words for piece in pieces if piece.kind != "new") == old
    assert "".join(piece.words for piece in pieces if piece.kind != "gone") == new
    assert words("a " * 400, "a " * 399) == [Piece("same", "a " * 399), Piece("gone", "a ")]


def test_a_reopened_item_shows_what_changed_on_the_list_and_on_its_page(
    db: Database, bram: Client, dina: Client
) -> None:
    item = approved(db)
    bodies = [caption.body for caption in item.captions]
    later = (clock.today() + timedelta(days=20)).isoformat()
    changes = {"summary_nl": "Joost zoekt een timmerman.", "place": "Zwolle", "ends_on": later}
    bram.post(
        f"/campaigns/items/{item.id}",
        data=typed_from(item, caption_body=["Kom eens kijken.", *bodies[1:]], **changes),
    )

    for path in ("/campaigns", f"/campaigns/items/{item.id}"):
        page = dina.get(path).text
        assert "4 wijzigingen sinds de goedkeuring" in page
        assert (
            'Joost zoekt een <del><span class="visually-hidden">eruit: </span>vakmens<span class="visually-hidden"> – '
            '</span></del><ins><span class="visually-hidden">erbij: </span>timmerman<span class="visually-hidden"> – '
            "</span></ins>."
        ) in page
        assert "Tekst: Elk netwerk (Nederlands)" in page
        assert "Waarom is dit het delen waard? (Nederlands)" in page


def test_what_was_returned_shows_what_is_new_since(db: Database, bram: Client, dina: Client) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
    bram.post(f"/campaigns/{campaign.id}/items", data=item_form(then="submit"))
    with db.reading() as session:
        [item] = queries.waiting_items(session)
    assert "wijziging" not in dina.get(f"/campaigns/items/{item.id}").text, "it is all new to everybody"
    dina.post(f"/campaigns/items/{item.id}/return", data={"version": item.version, "note": "Wie is Joost?"})
    form = typed_from(now(db, item), title_nl="Timmervrouw in Zwolle", then="submit")
    bram.post(f"/campaigns/items/{item.id}", data=form)
    assert now(db, item).state == "in_review"

    page = dina.get("/campaigns").text

    assert "1 wijziging sinds het is teruggegeven" in page
    assert "<del>" in page


def test_put_back_as_it_was_there_is_nothing_to_show(db: Database, bram: Client, dina: Client) -> None:
    item = approved(db)
    bram.post(f"/campaigns/items/{item.id}", data=typed_from(item, title_nl="Anders"))
    bram.post(f"/campaigns/items/{item.id}", data=typed_from(now(db, item), title_nl="Timmerman in Zwolle"))
    assert "sinds de goedkeuring" not in dina.get(f"/campaigns/items/{item.id}").text


def test_another_picture_is_shown_beside_the_one_before(db: Database, bram: Client, dina: Client) -> None:
    with db.writing() as session:
        before = pictures.store(session, picture())
    item = approved(db, picture_id=before.id)
    form = typed_from(item, picture_alt_nl="Een huis", picture_alt_en="A house")
    bram.post(
        f"/campaigns/items/{item.id}", data=form, files={"picture": ("nieuw.png", picture(colour="red"), "image/png")}
    )
    after = now(db, item).picture
    assert after is not None and after.digest != before.digest

    page = dina.get(f"/campaigns/items/{item.id}").text

    shown = page.partition('class="pictures"')[2].partition("</dd>")[0]
    assert shown.index(before.digest) < shown.index(after.digest)


def test_hostile_words_stay_words(db: Database, bram: Client, dina: Client) -> None:
    item = approved(db)
    bram.post(f"/campaigns/items/{item.id}", data=typed_from(item, summary_nl="<script>alert(1)</script> & meer"))
    page = dina.get("/campaigns").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_a_version_is_kept_once_however_often_it_is_saved(db: Database, bram: Client) -> None:
    item = approved(db)
    for _ in range(3):
        bram.post(f"/campaigns/items/{item.id}", data=typed_from(now(db, item)))
    with db.reading() as session:
        assert len(session.scalars(select(Revision)).all()) == 1
        assert revisions.latest_version(session, item.id) < now(db, item).version


def test_the_list_costs_the_same_for_one_changed_item_and_for_many(db: Database, bram: Client, dina: Client) -> None:
    def change_one() -> None:
        item = approved(db)
        bram.post(f"/campaigns/items/{item.id}", data=typed_from(item, title_nl="Anders"))

    change_one()
    one = cost(dina, "/campaigns", db)
    for _ in range(4):
        change_one()
    assert cost(dina, "/campaigns", db) == one
