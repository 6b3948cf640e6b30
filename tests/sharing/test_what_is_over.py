"""What was taken back or is over: it says so kindly, invites nobody to post it, and loses nobody's words or figures."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from portal import clock
from portal.campaigns import queries, recall
from portal.campaigns.models import Campaign, Item
from portal.database import Database
from portal.sharing.models import Share
from tests import make
from tests.client import Client
from tests.feed import reading as pages

POSTS = ("#ready-text", "#open-network", ".whole-button", ".tile", ".asked")
"""What invites somebody to post."""


def an_item(db: Database, **values: Any) -> Item:
    with db.writing() as session:
        return make.item(session, **values)


def shared_by(db: Database, who: Client, item: Item, **values: Any) -> Share:
    with db.writing() as session:
        share = make.share(session, by=session.merge(who.person, load=False), on=item, **values)
        share.text = "Ik werk bij Noorderhout. Kom erbij!"
        return share


def taken_back(db: Database, item: Item, **values: Any) -> None:
    with db.writing() as session:
        recall.take_back(session, queries.get_item(session, item.id), by=None, **values)


def ended(db: Database, item: Item, at: datetime | None = None) -> None:
    with db.writing() as session:
        session.get_one(Item, item.id).ends_at = at or clock.now() - timedelta(hours=1)


def test_my_own_share_of_what_was_taken_back_shows_its_figures_and_what_came_after(db: Database, ana: Client) -> None:
    item, after = an_item(db), an_item(db, title="Voorman in Zwolle")
    share = shared_by(db, ana, item, state="opened")
    with db.writing() as session:
        link = make.link(session, by=ana.person, on=item)
        for _ in range(3):
            make.click(session, link)
    taken_back(db, item, reason="filled", successor=after)

    page = ana.get(f"/items/{item.id}/shares/{share.id}")
    assert page.status_code == 200
    assert pages.texts(page, "#content h1") == ["Dit is teruggehaald"]
    sentence = "De vacature is vervuld. Wie je link opent, leest het daar. Je hoeft dus niets te doen."
    assert pages.texts(page, "#over p")[1] == sentence
    assert pages.texts(page, ".after h2") == ["Voorman in Zwolle"]
    assert pages.attributes(page, ".after a", "href") == [f"/items/{after.id}"]
    assert pages.texts(page, ".ledger dd")[0] == "3"
    assert pages.texts(page, ".ready blockquote") == ["Ik werk bij Noorderhout. Kom erbij!"]
    assert [each for selector in POSTS for each in pages.find(page, selector)] == []
    assert f'href="/items/{item.id}?' not in page.text


def test_only_what_can_be_shared_now_is_offered_as_what_came_after(db: Database, ana: Client) -> None:
    item, after = an_item(db), an_item(db, state="draft")
    share = shared_by(db, ana, item)
    taken_back(db, item, successor=after)
    assert pages.find(ana.get(f"/items/{item.id}/shares/{share.id}"), ".after") == []


@pytest.mark.parametrize(
    ("values", "chip"),
    [
        ({"state": "recalled"}, "Teruggehaald"),
        ({"ends_at": -1}, "Voorbij"),
        ({"state": "in_review"}, "Even pauze"),
        ({}, None),
    ],
)
def test_the_list_on_my_page_says_what_became_of_each(
    db: Database, ana: Client, values: dict[str, Any], chip: str | None
) -> None:
    if "ends_at" in values:
        values = {"ends_at": clock.now() - timedelta(hours=1)}
    share = shared_by(db, ana, an_item(db, **values), state="opened")
    page = ana.get("/me")
    assert pages.texts(page, ".mine-list .chip") == ["LinkedIn", *([chip] if chip else [])]
    # What is still on can be confirmed and printed; the figures are always there.
    is_on = chip is None
    assert (f"/shares/{share.id}/confirmation" in page.text, f'id="qr-{share.id}"' in page.text) == (is_on, is_on)
    assert len(pages.find(page, ".mine-list .ledger")) == 1


def test_whoever_posted_it_before_may_still_say_so(db: Database, ana: Client) -> None:
    item = an_item(db)
    share = shared_by(db, ana, item, state="opened")
    ended(db, item)
    page = ana.get(f"/items/{item.id}/shares/{share.id}")
    assert pages.texts(page, "#content h1") == ["Dit is voorbij"]
    assert pages.texts(page, "#content form h2") == ["Had je het al geplaatst?"]
    answer = ana.follow(ana.post(f"/shares/{share.id}/confirmation"))
    assert pages.find(answer, "#content form h2") == []


@pytest.mark.parametrize("reason", ["filled", "ended", "corrected"])
def test_what_was_taken_back_while_somebody_wrote_is_refused_and_their_words_come_back(
    db: Database, ana: Client, reason: str
) -> None:
    item, after = an_item(db), an_item(db, title="Voorman in Zwolle")
    taken_back(db, item, reason=reason, successor=after)
    words = "Ik werk hier zelf al zes jaar.\nKom je ook?"
    form = {"network": "linkedin", "text": words, "caption": ""}
    answer = ana.post(f"/items/{item.id}/shares", data=form)
    assert answer.status_code == 410
    assert pages.texts(answer, "#content h1") == ["Dit is teruggehaald"]
    assert [each.words[0].strip() for each in pages.find(answer, "#typed-text")] == [words]
    assert pages.attributes(answer, ".after a", "href") == [f"/items/{after.id}"]
    script = ana.post(f"/items/{item.id}/shares", data=form, headers={"accept": "application/json"})
    assert (script.status_code, list(script.json())) == (410, ["errors"])
    assert pages.texts(ana.get("/me"), ".mine-list h3") == []


def test_what_went_back_to_marketing_while_somebody_wrote_gives_their_words_back_and_tells_nothing(
    db: Database, ana: Client
) -> None:
    item = an_item(db, state="in_review", title="Geheim")
    answer = ana.post(f"/items/{item.id}/shares", data={"network": "linkedin", "text": "Kom je ook?"})
    assert (answer.status_code, pages.texts(answer, "#typed-text")) == (404, ["Kom je ook?"])
    assert "Geheim" not in answer.text


@pytest.mark.parametrize("happened", ["recalled", "archived"])
def test_of_what_never_came_out_not_even_the_title_is_told(db: Database, ana: Client, happened: str) -> None:
    item = an_item(db, title="Geheim", publish_at=clock.now() + timedelta(days=1))
    if happened == "recalled":
        taken_back(db, item, reason="filled")
    else:
        with db.writing() as session:
            session.get_one(Campaign, item.campaign_id).archived_at = clock.now()
    answer = ana.get(f"/items/{item.id}")
    assert (answer.status_code, "Geheim" in answer.text) == (410, False)


def test_its_page_leads_those_who_shared_it_to_their_figures(db: Database, ana: Client, cleo: Client) -> None:
    item = an_item(db)
    share = shared_by(db, ana, item)
    ended(db, item)
    page = ana.get(f"/items/{item.id}")
    assert page.status_code == 410
    assert pages.attributes(page, "#content li a", "href") == [f"/items/{item.id}/shares/{share.id}"]
    assert pages.find(cleo.get(f"/items/{item.id}"), "#content li a") == []
