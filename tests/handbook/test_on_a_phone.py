"""The first five minutes in a hand: with a thumb and the keyboard, in light and dark, readable by machines."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette

from portal.database import Database
from portal.people.models import Person
from portal.sharing import counting
from tests import make
from tests.client import Client
from tests.sharing.phone import held_by

pytestmark = [pytest.mark.browser, pytest.mark.once]

AXE = "axe.run({resultTypes: ['violations']})"
COLOURS = "axe.run({resultTypes: ['violations'], runOnly: ['color-contrast']})"
OWN = "Ik sta er zelf bij. 👩‍🔧 Tot dan!"


def faults(page: Page) -> list[str]:
    """What a screen reader, or somebody with a narrow phone, would stumble over here."""
    found = []
    page.wait_for_load_state()
    page.evaluate(Axe().axe_script)
    for scheme, rules in (("light", AXE), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in page.evaluate(rules)["violations"]]
    for width in (320, 1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"wider than {width}")
    return [f"{page.url}: {each}" for each in found]


def test_the_way_from_the_first_page_to_the_first_share(
    app: Starlette, db: Database, ana: Client, browser: Browser
) -> None:
    with db.writing() as session:
        make.topic(session, "Energie")
        make.item(session)
        make.person(session, "Fatma Kaya", ambassador=True, phone="038 123")
    with held_by(ana, app, browser) as phone:
        page = phone.new_page()
        found = []
        page.goto("/welcome")
        found += faults(page)
        page.get_by_role("button", name="Gelezen, ga door").tap()
        page.wait_for_url("**step=choices")
        found += faults(page)
        page.get_by_role("checkbox", name="Energie").focus()
        page.keyboard.press("Space")
        page.get_by_role("button", name="Bewaar en ga door").tap()
        page.wait_for_url("**step=practice")
        found += faults(page)
        page.get_by_role("link", name="Naar het Oefenplein").tap()
        page.get_by_role("button", name="Ik ben erbij").tap()
        field = page.get_by_role("textbox", name="Eerst jouw eigen zin")
        assert field.input_value() == "Ik ben erbij, omdat "
        field.fill(OWN)
        shown = int(page.locator("[data-count-shown]").inner_text())
        page.get_by_role("button", name="Plaats op het Oefenplein").tap()
        page.wait_for_selector(".tried")
        posted = page.locator(".post .words").all_inner_texts()
        assert shown == counting.graphemes(f"{posted[0]}\n\nhttps://{posted[1]}")
        assert int(page.locator("[data-count-shown]").inner_text()) == shown, "as the server counts it"
        found += faults(page)
        page.get_by_role("button", name="Door naar een echte").tap()
        page.wait_for_url("**step=first")
        found += faults(page)
        page.get_by_role("link", name="Delen in mijn eigen woorden").tap()
        page.wait_for_url("**/items/*")
    assert found == []
    with db.reading() as session:
        assert session.get_one(Person, ana.person.id).leaderboard_name == "hidden", "chosen for nobody"
