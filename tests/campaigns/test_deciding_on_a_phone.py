"""Approving, recalling and reading from outside in a real Chromium, on a phone, with and without scripts."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette

from portal import clock
from portal.campaigns import approval, pictures, queries, recall, reviews
from portal.campaigns.models import Item
from portal.database import Database
from portal.jobs import Runner
from portal.people import notes
from portal.people.models import Organisation
from tests import make
from tests.browser.test_every_page import problems, too_wide
from tests.campaigns.drawing import rendered_noise
from tests.campaigns.forms import typed_from
from tests.client import Client
from tests.sharing.phone import held_by, served

pytestmark = [pytest.mark.browser, pytest.mark.once]

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft zoekt een voorvrouw"


def approved(db: Database) -> Item:
    with db.writing() as session:
        picture = pictures.keep(session, rendered_noise()).id
        item = queries.get_item(session, make.item(session, title=LONG, picture_id=picture, state="in_review").id)
        approval.approve(session, item, by=None)
    return item


def state_of(db: Database, item: Item) -> str:
    with db.reading() as session:
        return queries.get_item(session, item.id).state


def flaws(page: Page, name: str) -> list[str]:
    """What is wrong with a page for somebody's eyes, ears or hands, on three widths."""
    found = []
    for width in (390, 320, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        found += too_wide(page, f"{name} at {width}")
    page.set_viewport_size({"width": 390, "height": 844})
    return found + problems(page, name)


def test_what_changed_and_what_was_said_outside_can_be_read_by_everybody(
    app: Starlette, browser: Browser, db: Database, bram: Client, dina: Client
) -> None:
    item = approved(db)
    bodies = [f"{caption.body} {LONG}" for caption in item.captions]
    form = typed_from(item, summary_nl="Joost zoekt niemand meer.", caption_body=bodies, picture_alt_nl="Een huis")
    bram.post(f"/campaigns/items/{item.id}", data=form | {"no_picture": "yes"})
    with db.writing() as session:
        whole, house = queries.get_item(session, item.id), session.get_one(Organisation, 1)
        bram_here = session.merge(bram.person)
        asked = reviews.ask(session, whole, name="Jan", email="", by=bram_here, organisation=house)
        token = reviews.token_of(asked)
    bram.http.cookies.clear()
    bram.post(f"/review/{token}", data={"answer": "change", "note": LONG})

    with held_by(dina, app, browser) as context:
        page = context.new_page()
        for path in ("/campaigns", f"/campaigns/items/{item.id}", f"/campaigns/items/{item.id}/trail"):
            page.goto(path)
            page.evaluate("document.querySelectorAll('main details').forEach(each => { each.open = true })")
            assert not (found := flaws(page, path)), "\n".join(found)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_reader_from_outside_answers(
    app: Starlette, browser: Browser, db: Database, bram: Client, scripts: bool
) -> None:
    item = approved(db)
    with db.writing() as session:
        whole, house = queries.get_item(session, item.id), session.get_one(Organisation, 1)
        bram_here = session.merge(bram.person)
        asked = reviews.ask(session, whole, name="Jan", email="", by=bram_here, organisation=house)
        token = reviews.token_of(asked)
    with served(app) as address:
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, locale="nl-NL", base_url=address, java_script_enabled=scripts
        )
        page = context.new_page()
        page.goto(f"/review/{token}")
        found = flaws(page, "review") if scripts else []
        page.get_by_role("button", name="Graag aanpassen").click()
        expect(page.get_by_role("alert").get_by_role("link")).to_have_attribute("href", "#field-note")
        expect(page.locator("#field-note-error")).to_be_visible()
        page.get_by_label("Je opmerking").fill("Joost heet Jos")
        page.get_by_role("button", name="Graag aanpassen").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Dank je wel!")
        found += flaws(page, "thanks") if scripts else []
        context.close()
    assert not found, "\n".join(found)
    with db.reading() as session:
        [said] = reviews.opinions(session, [queries.get_item(session, item.id)])[item.id]
    assert (said.name, said.step, said.note) == ("Jan", "returned", "Joost heet Jos")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_recall_and_its_undoing_are_a_few_taps(
    app: Starlette, browser: Browser, db: Database, dina: Client, scripts: bool
) -> None:
    item = approved(db)
    with held_by(dina, app, browser, scripts=scripts) as context:
        page = context.new_page()
        page.goto(f"/campaigns/items/{item.id}")
        page.locator("summary", has_text="Dit item terughalen").click()
        found = flaws(page, "recall") if scripts else []
        page.get_by_role("button", name="Ja, haal het terug").click()
        expect(page.get_by_role("button", name="Toch niet terughalen")).to_be_visible()
        assert state_of(db, item) == "recalled"
        found += flaws(page, "recalled") if scripts else []
        page.get_by_role("button", name="Toch niet terughalen").click()
        expect(page.get_by_text("Het staat er weer zoals het was")).to_be_visible()
        assert state_of(db, item) == "approved"
    assert not found, "\n".join(found)


def test_the_button_goes_when_the_minute_is_over(app: Starlette, browser: Browser, db: Database, dina: Client) -> None:
    item = approved(db)
    with db.writing() as session:
        recall.take_back(session, queries.get_item(session, item.id), by=None)
        session.get_one(Item, item.id).recalled_at = clock.now() - recall.UNDO_WITHIN + timedelta(seconds=4)
    with held_by(dina, app, browser) as context:
        page = context.new_page()
        page.goto(f"/campaigns/items/{item.id}")
        undo = page.get_by_role("button", name="Toch niet terughalen")
        expect(undo).to_be_visible()
        expect(undo).to_have_count(0)


def test_a_note_is_copied_and_put_away(app: Starlette, browser: Browser, db: Database, ana: Client) -> None:
    with db.writing() as session:
        for number in range(5):
            said = make.RECALLED | {"title": f"{LONG} {number}"}
            notes.tell(session, ana.person.id, "recalled", f"share:{number}", **said)
    Runner(db).run_due()
    with held_by(ana, app, browser) as context:
        page = context.new_page()
        page.goto("/me")
        assert not (found := flaws(page, "me")), "\n".join(found)
        page.goto("/")
        assert not (found := flaws(page, "feed")), "\n".join(found)
        first = page.locator("#notes li").first
        expect(first.get_by_role("heading")).to_have_text(f"{LONG} 4")
        first.get_by_role("button", name="Kopiëren").click()
        expect(first.get_by_text("Gekopieerd")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == "Update: dit is voorbij."
        first.get_by_role("button", name="Opbergen").click()
        expect(page.locator("#notes li").first.get_by_role("heading")).to_have_text(f"{LONG} 3")
        expect(page).to_have_url("/")
