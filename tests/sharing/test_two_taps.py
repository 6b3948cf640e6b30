"""From the feed to an opened network in two taps on a phone; and all of it without scripts."""

from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, Request, expect
from sqlalchemy import select, update
from starlette.applications import Starlette

from portal.campaigns.models import Caption, Item
from portal.database import Database
from portal.links.models import Link
from portal.people.models import Organisation
from portal.sharing.models import Share
from tests import make
from tests.client import Client
from tests.sharing import phone

pytestmark = [pytest.mark.browser, pytest.mark.once]


@pytest.fixture(autouse=True)
def item(db: Database) -> None:
    with db.writing() as session:
        make.item(session)


def link_address(db: Database) -> str:
    with db.reading() as session:
        return f"http://localhost:8000/r/{session.scalars(select(Link.code)).one()}"


def networks(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(Share.network).order_by(Share.id)))


def clipboard(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def watch(page: Page) -> list[str]:
    """Whatever the browser complains about."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def test_two_taps_copy_the_text_and_open_linkedin(app: Starlette, browser: Browser, ana: Client, db: Database) -> None:
    with phone.held_by(ana, app, browser) as context:
        page = context.new_page()
        complaints = watch(page)
        page.goto("/")
        page.locator(".item .button").tap()
        page.wait_for_url("**/items/*")  # and its scripts: before they run, the same tap sends the plain form
        with context.expect_page() as opened:
            page.get_by_role("button", name="Kopieer tekst en open LinkedIn").tap()
        opened.value.wait_for_url("https://www.linkedin.com/**")
        page.wait_for_url("**/shares/*")
        link = link_address(db)
        assert unquote(opened.value.url) == f"https://www.linkedin.com/sharing/share-offsite/?url={link}"
        page.bring_to_front()
        assert clipboard(page) == ("Ik werk bij Noorderhout. Wij bouwen binnen, ook als het regent. Wie helpt mee?")
        page.get_by_role("button", name="Kopieer de tekst").tap()
        page.get_by_text("Gekopieerd").wait_for()
        assert clipboard(page).endswith(f"Wie helpt mee?\n\n{link}")
        page.get_by_role("button", name="Ja, ik heb het geplaatst").tap()
        page.get_by_role("heading", name="Dank je wel voor het delen").wait_for()
        assert complaints == []
    with db.reading() as session:
        assert session.scalars(select(Share.state)).one() == "confirmed"


def test_a_network_that_takes_text_opens_with_it(app: Starlette, browser: Browser, ana: Client, db: Database) -> None:
    with phone.held_by(ana, app, browser) as context:
        page = context.new_page()
        complaints = watch(page)
        page.goto("/")
        page.locator(".item .button").tap()
        page.wait_for_url("**/items/*")  # and its scripts: before they run, the same tap sends the plain form
        page.locator("#field-text").fill("Kom je ook?")
        page.locator(".tile", has_text="WhatsApp").tap()
        with context.expect_page() as opened:
            page.get_by_role("button", name="Open WhatsApp").tap()
        opened.value.wait_for_url("https://wa.me/**")
        page.wait_for_url("**/shares/*")
        caption = "In onze hal staat elke dag een nieuw huis. Kun jij timmeren?"  # not the one for LinkedIn
        assert unquote(opened.value.url) == (
            f"https://wa.me/?text=Ik werk bij Noorderhout. Kom je ook?\n\n{caption}\n\n{link_address(db)}"
        )
        assert complaints == []


def test_copying_takes_the_link_along(app: Starlette, browser: Browser, ana: Client, db: Database) -> None:
    with phone.held_by(ana, app, browser) as context:
        page = context.new_page()
        page.goto("/")
        page.locator(".item .button").tap()
        page.wait_for_url("**/items/*")  # and its scripts: before they run, the same tap sends the plain form
        page.locator(".tile", has_text="Kopiëren").tap()
        page.get_by_role("button", name="Kopieer de tekst").tap()
        page.wait_for_url("**/shares/*")
        assert clipboard(page).endswith(link_address(db))
        assert len(context.pages) == 1


def test_words_that_others_just_took_are_told_and_what_was_pressed_stays_pressed(
    app: Starlette, browser: Browser, ana: Client, cleo: Client, db: Database
) -> None:
    with db.writing() as session:
        session.execute(update(Organisation).values(captions_for=1))
    with phone.held_by(ana, app, browser) as context:
        page = context.new_page()
        page.goto("/items/1")
        taken = page.locator("[name=caption]:checked").get_attribute("value")
        form = {"network": "copy", "language": "nl", "caption": str(taken), "text": "", "disclosure": "0"}
        assert cleo.post("/items/1/shares", data=form).status_code == 303
        page.get_by_text("Instagram, TikTok en andere").tap()
        page.locator("[name=through]").tap()
        page.locator("#field-caption-error").wait_for()
        # LinkedIn was chosen above all the while, and is not what was pressed: nothing went there.
        assert (len(context.pages), networks(db)) == (1, ["copy"])
        assert page.locator("[name=caption]:checked").get_attribute("value") != taken
        page.get_by_text("Instagram, TikTok en andere").tap()
        page.locator("[name=through]").tap()
        page.wait_for_url("**/shares/*")
        assert (len(context.pages), networks(db)) == (1, ["copy", "copy"])


def test_a_lost_connection_keeps_what_was_typed(app: Starlette, browser: Browser, ana: Client, db: Database) -> None:
    with phone.held_by(ana, app, browser) as context:
        page = context.new_page()
        page.goto("/")
        page.locator(".item .button").tap()
        page.wait_for_url("**/items/*")  # and its scripts: before they run, the same tap sends the plain form
        page.locator("#field-text").fill("Kom je ook?")
        context.set_offline(True)
        page.get_by_role("button", name="Kopieer tekst en open LinkedIn").tap()
        page.get_by_text("Wat je typte is er nog").wait_for()
        assert page.locator("#field-text").input_value() == "Kom je ook?"
    with db.reading() as session:
        assert session.scalars(select(Link)).all() == []


def test_all_of_it_without_scripts(app: Starlette, browser: Browser, ana: Client, db: Database) -> None:
    with phone.held_by(ana, app, browser, scripts=False) as context:
        page = context.new_page()
        page.goto("/")
        page.locator(".item .button").tap()
        page.wait_for_url("**/items/*")  # and its scripts: before they run, the same tap sends the plain form
        page.locator("#field-text").fill("Kom je ook?")
        page.locator(".tile", has_text="Bluesky").tap()
        page.get_by_role("button", name="Open Bluesky").tap()
        page.wait_for_url("**/shares/*")
        assert page.locator("#ready-text").input_value().endswith(link_address(db))
        with context.expect_page() as opened:
            page.get_by_role("link", name="Open Bluesky").tap()
        opened.value.wait_for_url("https://bsky.app/**")
        page.get_by_role("button", name="Ja, ik heb het geplaatst").tap()
        page.get_by_role("heading", name="Dank je wel voor het delen").wait_for()


def test_the_preview_and_the_length_follow_what_is_typed(app: Starlette, browser: Browser, ana: Client) -> None:
    with phone.held_by(ana, app, browser) as context:
        page = context.new_page()
        page.goto("/")
        page.locator(".item .button").tap()
        page.wait_for_url("**/items/*")  # and its scripts: before they run, the same tap sends the plain form
        page.get_by_text("Alleen mijn eigen woorden").tap()
        page.locator(".tile", has_text="X").first.tap()
        page.locator("#field-text").fill("Kom je ook?")
        expect(page.locator("[data-preview]")).to_have_text("Ik werk bij Noorderhout. Kom je ook?")
        # This machine's own name is no address on the internet, so that X counts it in full.
        assert page.locator("[data-count-shown]").text_content() == str(
            len("Ik werk bij Noorderhout. Kom je ook?\n\nhttp://localhost:8000/r/23456789")
        )
        assert page.locator("[data-hint]").text_content() == "bijna helemaal jouw woorden"
        page.locator("#field-text").fill("Ik werk nu zes jaar bij Noorderhout.")
        expect(page.locator("[data-preview]")).to_have_text("Ik werk nu zes jaar bij Noorderhout.")


@pytest.mark.parametrize("path", ["/", "/items/1"])
def test_the_first_view_is_light(app: Starlette, browser: Browser, ana: Client, path: str) -> None:
    weight = 0
    with phone.held_by(ana, app, browser) as context:
        page = context.new_page()
        finished: list[Request] = []
        page.on("requestfinished", lambda request: finished.append(request))
        page.goto(path, wait_until="networkidle")
        for request in finished:
            sizes = request.sizes()
            if request.resource_type != "image":
                weight += sizes["responseBodySize"] + sizes["responseHeadersSize"]
    assert 20_000 < weight <= 60_000


PARTS = "main, main section, main fieldset, main article, main .act, main details"
PLACES = f"""() => [...document.querySelectorAll("{PARTS}")]
    .map((part) => part.tagName + part.id + part.className + Math.round(part.getBoundingClientRect().top))"""


@pytest.mark.parametrize("path", ["/", "/items/1", "/handbook/practice", "/me/notifications"])
def test_nothing_moves_when_scripts_come_in_late(app: Starlette, browser: Browser, ana: Client, path: str) -> None:
    with phone.held_by(ana, app, browser) as context:
        page = context.new_page()
        page.route("**/static/js/*", lambda route: route.abort())
        page.goto(path)
        before = page.evaluate(PLACES)
        page.unroute("**/static/js/*")
        page.goto(path, wait_until="networkidle")
        assert page.evaluate(PLACES) == before


def test_what_is_taken_back_while_one_writes_gives_the_words_back(
    app: Starlette, browser: Browser, ana: Client, db: Database
) -> None:
    with phone.held_by(ana, app, browser) as context:
        page = context.new_page()
        page.goto("/")
        page.locator(".item .button").tap()
        page.wait_for_url("**/items/*")  # and its scripts: before they run, the same tap sends the plain form
        page.locator("#field-text").fill("Kom je ook?")
        with db.writing() as session:
            session.execute(update(Item).values(state="recalled", recall_reason="filled"))
        page.get_by_role("button", name="Kopieer tekst en open LinkedIn").tap()
        page.get_by_role("heading", name="Dit is teruggehaald").wait_for()
        assert page.locator("#typed-text").input_value() == "Kom je ook?"
        assert len(context.pages) == 1


BELOW_THE_BAR = """() => {
    const bar = document.querySelector(".act"), at = document.activeElement, box = at.getBoundingClientRect();
    if (bar.contains(at) || at.closest(".foot")) return "";
    return box.bottom > bar.getBoundingClientRect().top || box.top < 0 ? at.outerHTML.slice(0, 80) : "";
}"""


def test_what_has_the_focus_is_never_below_the_bar(app: Starlette, browser: Browser, ana: Client, db: Database) -> None:
    with db.writing() as session:
        session.execute(update(Caption).values(body="Wij bouwen binnen, ook als het regent. " * 20))
    with phone.held_by(ana, app, browser) as context:
        page = context.new_page()
        page.set_viewport_size({"width": 390, "height": 560})
        page.goto("/")
        page.locator(".item .button").tap()
        page.wait_for_url("**/items/*")
        page.locator("#field-text").focus()
        arrows = {"caption": 2, "network": 9}
        hidden, seen, name = [], set(), ""
        while name != "submit":
            for key in [*["ArrowRight"] * arrows.get(name, 0), "Tab"]:
                page.keyboard.press(key)
                hidden.append(page.evaluate(BELOW_THE_BAR))
            name = page.evaluate("document.activeElement.name || document.activeElement.type || ''")
            seen.add(name)
    assert seen >= {"caption", "network", "submit"}
    assert [each for each in hidden if each] == []
