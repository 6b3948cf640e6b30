"""Everything that happened to an item: complete, in order, page by page."""

from datetime import timedelta

import pytest
import time_machine

from portal import clock
from portal.campaigns import queries
from portal.campaigns.trail import PAGE
from portal.database import Database
from portal.people import audit
from tests import make
from tests.asked import cost
from tests.campaigns.forms import item_form, typed_from
from tests.client import Client


def test_every_step_and_every_edit_is_there_with_who_and_when(db: Database, bram: Client, dina: Client) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
    bram.post(f"/campaigns/{campaign.id}/items", data=item_form(then="submit"))
    with db.reading() as session:
        [item] = queries.waiting_items(session)

    def version() -> int:
        with db.reading() as session:
            return queries.get_item(session, item.id).version

    path = f"/campaigns/items/{item.id}"
    dina.post(f"{path}/return", data={"version": version(), "note": "Wie is Joost?"})
    bram.post(path, data=typed_from(item, version=str(version()), summary_nl="Chef Joost zoekt een vakmens."))
    bram.post(f"{path}/submission", data={"version": version()})
    dina.post(f"{path}/approval", data={"version": version()})
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
        bram.post(f"{path}/recall", data={"reason": "filled", "note": "Gevonden"})
        dina.post(f"{path}/recall/undo")

    page = bram.get(f"{path}/trail").text

    happened = [
        "<b>Dina Yılmaz</b> zette het weer terug op de feed",
        "<b>Bram de Wit</b> haalde dit terug",
        "Vervuld: er is iemand gevonden",
        "Gevonden",
        "<b>Dina Yılmaz</b> keurde dit goed",
        "<b>Bram de Wit</b> vroeg om goedkeuring",
        "<b>Bram de Wit</b> wijzigde dit",
        "Chef ",
        "<b>Dina Yılmaz</b> gaf dit terug met een opmerking",
        "Wie is Joost?",
        "<b>Bram de Wit</b> vroeg om goedkeuring",
        "<b>Bram de Wit</b> maakte dit",
    ]
    places = [0]
    for words in happened:
        places.append(page.index(words, places[-1] + 1))


@pytest.mark.parametrize("number", ["1", "2", "99", "x", "-1"])
def test_it_comes_page_by_page(db: Database, bram: Client, number: str) -> None:
    with db.writing() as session:
        item = make.item(session)
        for place in range(PAGE + 5):
            audit.write(session, "item_changed", "item", item.id, by=None, version=place)
    page = bram.get(f"/campaigns/items/{item.id}/trail?page={number}").text
    expected = {"1": "1–50 van 55", "2": "51–55 van 55", "99": "51–55 van 55"}.get(number, "1–50 van 55")
    assert expected in page


def test_an_item_nothing_happened_to_says_so(db: Database, bram: Client) -> None:
    with db.writing() as session:
        item = make.item(session)
    assert "Nog niets vastgelegd" in bram.get(f"/campaigns/items/{item.id}/trail").text
    assert bram.get("/campaigns/items/999999/trail").status_code == 404


def test_a_long_trail_asks_the_database_as_little_as_a_short_one(db: Database, bram: Client) -> None:
    with db.writing() as session:
        short, long = make.item(session), make.item(session)
        for item, times in ((short, 1), (long, 40)):
            for place in range(times):
                audit.write(session, "item_changed", "item", item.id, by=None, version=place)
    costs = {cost(bram, f"/campaigns/items/{item.id}/trail", db) for item in (short, long)}
    assert len(costs) == 1
