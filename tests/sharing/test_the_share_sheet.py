"""The share sheet, browsers inside apps and coming back, on a phone; the preview as each network draws it."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from starlette.applications import Starlette

from portal.campaigns import pictures
from portal.campaigns.models import ItemText
from portal.database import Database
from portal.links.models import Link
from portal.sharing.models import Share
from tests import make
from tests.campaigns.drawing import picture
from tests.client import Client
from tests.sharing import phone

pytestmark = [pytest.mark.browser, pytest.mark.once]

SHEET = """window.sheet = { given: [], ends: "" };
navigator.canShare = () => true;
navigator.share = (data) => {
    if (!navigator.userActivation.isActive) throw new DOMException("too late", "NotAllowedError");
    window.sheet.given.push({ ...data, files: (data.files || []).map((file) => file.type) });
    return window.sheet.ends ? Promise.reject(new DOMException("", window.sheet.ends)) : Promise.resolve();
};"""
"""A phone's sheet, which this browser does not have: it keeps what it is given, and ends as it is told."""
IN_APP = """Object.defineProperty(navigator, "clipboard", { value: undefined });
document.execCommand = () => false;"""
"""A browser inside an app lets nobody copy."""
COLOURED = """() => [...document.querySelectorAll(".look .found")]
    .filter((part) => getComputedStyle(part).color !== getComputedStyle(part.parentElement).color)
    .map((part) => part.textContent)"""


@pytest.fixture(autouse=True)
def item(db: Database) -> int:
    with db.writing() as session:
        kept = pictures.store(session, picture("JPEG", (1200, 630)))
        item = make.item(session, picture_id=kept.id)
        for text in session.scalars(select(ItemText).where(ItemText.item_id == item.id)):
            text.picture_alt = "Een timmerman aan de werkbank"
        return item.id


def states(db: Database) -> list[tuple[str, str]]:
    with db.reading() as session:
        return [(share.network, share.state) for share in session.scalars(select(Share).order_by(Share.id))]


def clipboard(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_the_sheet_gets_all_of_it_and_a_cancelled_one_costs_nothing(
    app: Starlette, browser: Browser, ana: Client, db: Database, item: int
) -> None:
    with phone.held_by(ana, app, browser) as context:
        page = context.new_page()
        page.add_init_script(SHEET)
        page.goto(f"/items/{item}")
        page.locator("#field-text").fill("Kom je ook?")
        with page.expect_response("**/pictures/**"):
            page.locator(".tile", has_text="Meer apps").tap()
        page.locator(".go:not(:disabled)").wait_for()
        page.evaluate("window.sheet.ends = 'AbortError'")
        page.locator(".go").tap()
        page.get_by_text("Er is niets verstuurd.").wait_for()
        with db.reading() as session:
            link = f"http://localhost:8000/r/{session.scalars(select(Link.code)).one()}"
        caption = "In onze hal staat elke dag een nieuw huis. Kun jij timmeren?"  # not the one for LinkedIn
        whole = f"Ik werk bij Noorderhout. Kom je ook?\n\n{caption}\n\n{link}"
        # With a picture the link stands in the text, and all of it is there to be pasted.
        assert page.evaluate("window.sheet.given") == [{"text": whole, "files": ["image/jpeg"]}]
        assert (clipboard(page), page.locator("#field-text").input_value(), states(db)) == (whole, "Kom je ook?", [])
        # Whatever the phone did not like about it: the next try goes without the picture.
        page.evaluate("window.sheet.ends = ''")
        page.locator(".go").tap()
        page.wait_for_url("**/shares/*")
        assert states(db) == [("sheet", "sheet")]


def test_inside_an_app_nothing_opens_beside_and_the_text_can_be_held(
    app: Starlette, browser: Browser, ana: Client, db: Database, item: int
) -> None:
    with phone.held_by(ana, app, browser) as context:
        context.set_extra_http_headers({"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1) [FBAN/FBIOS;FBAV/489]"})
        page = context.new_page()
        page.add_init_script(IN_APP)
        page.goto(f"/items/{item}")
        page.get_by_role("button", name="Kopieer tekst en open LinkedIn").tap()
        # What cannot be copied for them is shown first.
        page.wait_for_url("**/shares/*")
        page.get_by_text("Kopiëren lukt hier niet vanzelf.").wait_for()
        page.get_by_role("button", name="Kopieer de tekst").tap()
        assert page.evaluate("getSelection().toString()").startswith("Ik werk bij Noorderhout.")
        page.goto(f"/items/{item}")
        page.locator(".tile", has_text="WhatsApp").tap()
        page.get_by_role("button", name="Open WhatsApp").tap()
        page.wait_for_url("https://wa.me/**")
        page.go_back()
        page.get_by_role("heading", name="Heb je het geplaatst?").wait_for()
        assert len(context.pages) == 1
        assert states(db) == [("linkedin", "opened"), ("whatsapp", "opened")]


def test_the_preview_is_the_network_s_own_with_and_without_scripts(
    app: Starlette, browser: Browser, ana: Client, item: int
) -> None:
    own, found = (
        "Één 👷 op noorderhout.nl: #bouwen, vraag @ana.bsky.social!",
        ["noorderhout.nl", "#bouwen", "@ana.bsky.social"],
    )
    for scripts in (True, False):
        with phone.held_by(ana, app, browser, scripts=scripts) as context:
            page = context.new_page()
            page.goto(f"/items/{item}?{urlencode({'text': own})}")
            page.locator(".look > summary").tap()
            for name, card, coloured in (("X", "x", []), ("Facebook", "facebook", []), ("Bluesky", "bluesky", found)):
                page.locator(".tile .name").get_by_text(name, exact=True).tap()
                assert page.locator(".look .net:visible").get_attribute("class") == f"net {card}"
                expect(page.locator(".look .found")).to_have_text(coloured if scripts else found)
                assert page.evaluate(COLOURED) == coloured
            # The way for apps that take nothing: picture, its description, the text.
            page.get_by_text("Instagram, TikTok en andere").tap()
            assert page.locator("#picture-alt").text_content() == "Een timmerman aan de werkbank"
            with page.expect_download() as saved:
                page.get_by_role("link", name="Bewaar de afbeelding").tap()
            assert saved.value.suggested_filename == "afbeelding.jpg"
            page.locator(".other-apps").get_by_role("button", name="Kopieer de tekst").tap()
            page.wait_for_url("**/shares/*")
            if scripts:  # and the second time nobody asks again
                page.get_by_role("button", name="Nog niet").tap()
            page.get_by_text("Toch geplaatst?").wait_for()
