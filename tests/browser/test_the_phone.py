"""Four colleagues pass something on, each their own way: by thumb, by keys alone, without scripts, through tunnels.

What each of them sees on the way, and what their record says afterwards.
"""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import LAPTOP, PHONE, Office

pytestmark = [pytest.mark.browser, pytest.mark.once]

SMALL_PHONE = (320, 640)
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
LIGHT, DARK = "rgb(251, 247, 240)", "rgb(18, 23, 21)"
IS_TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
HAS_THE_FOCUS_SEEN = """() => {
    const at = document.activeElement, outlined = (part) => {
        const style = part && getComputedStyle(part);
        return Boolean(style) && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    };
    const box = at.getBoundingClientRect(), field = at.closest(".own");
    const isMarked = [at, at.parentElement, at.nextElementSibling].some(outlined);
    const isLit = field && at.tagName === "TEXTAREA" && getComputedStyle(field).boxShadow.includes("0px 0px 0px 4px");
    return (isMarked || isLit) && box.bottom > 0 && box.top < innerHeight;
}"""
"""What is outlined may be the drawn part of a choice; the field of one's own sentence lights up as a whole."""


def test_with_a_thumb_on_a_small_phone(office: Office) -> None:
    page = office.sign_in("member", SMALL_PHONE, touch=True)
    networks_answer(page.context)
    title = to_the_share_page(page, lambda: first_of_the_feed(page).tap(), LIGHT)
    page.get_by_label("Eerst jouw eigen zin").press_sequentially("Hier werk ik graag.")
    expect(page.locator("[data-hint]")).not_to_have_text("voeg een eigen zin toe")
    page.locator(".tile", has_text="Facebook").tap()
    page.locator(".tile", has_text="LinkedIn").tap()
    fits(page)
    page.get_by_role("button", name="Kopieer tekst en open LinkedIn").tap()
    page.wait_for_url("https://www.linkedin.com/**")  # the app takes this tab's place
    assert "Hier werk ik graag." in page.evaluate("navigator.clipboard.readText()")
    page.go_back()
    expect(page.get_by_role("heading", name="Heb je het geplaatst?")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="Ja, ik heb het geplaatst").tap()
    expect(page.get_by_role("heading", name="Dank je wel voor het delen")).to_be_visible()
    on_record(page, title, "linkedin", "Hier werk ik graag.", "geplaatst")


def test_through_tunnels_at_night(office: Office) -> None:
    page = office.sign_in("colleague", PHONE, language="en", dark=True, touch=True)
    networks_answer(page.context)
    wire = page.context.new_cdp_session(page)
    wire.send("Network.emulateNetworkConditions", SLOW_3G)
    title = to_the_share_page(page, lambda: first_of_the_feed(page).tap(), DARK)
    page.locator(".tile", has_text="WhatsApp").tap()
    field = page.get_by_label("First a sentence of your own")
    field.press_sequentially("I like it ")
    page.context.set_offline(True)
    field.press_sequentially("here.")
    page.get_by_role("button", name="Open WhatsApp").tap()
    expect(page.get_by_text("You are offline. What you typed is still here").first).to_be_visible()
    fits(page)
    expect(field).to_have_value("I like it here.")
    page.context.set_offline(False)
    wire.send("Network.emulateNetworkConditions", SLOW_3G)
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Open WhatsApp").tap()
    opened.value.wait_for_url(re.compile(r"^https://wa\.me/\?text=.*I%20like%20it%20here"))
    opened.value.close()
    expect(page.get_by_role("heading", name="Did you post it?")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="Yes, I posted it").tap()
    expect(page.get_by_role("heading", name="Thank you for passing it on")).to_be_visible()
    on_record(page, title, "whatsapp", "I like it here.", "posted")


def test_with_keys_alone_on_a_laptop(office: Office) -> None:
    page = office.sign_in("editor", LAPTOP, language="en")
    networks_answer(page.context)

    def by_keys() -> None:
        tab_to(page, first_of_the_feed(page))
        page.keyboard.press("Enter")

    title = to_the_share_page(page, by_keys, LIGHT)
    tab_to(page, page.locator("#field-text"))
    page.keyboard.type("Come and see!")
    tab_to(page, page.locator("#network-linkedin"))
    page.keyboard.press("ArrowRight")
    expect(page.locator("#network-whatsapp")).to_be_checked()
    assert page.evaluate(HAS_THE_FOCUS_SEEN)
    tab_to(page, page.get_by_role("button", name="Open WhatsApp"))
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    opened.value.wait_for_url(re.compile(r"^https://.*text=.*Come%20and%20see"))
    opened.value.close()
    page.wait_for_url("**/shares/*")
    fits(page)
    tab_to(page, page.get_by_role("button", name="Yes, I posted it"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you for passing it on")).to_be_visible()
    on_record(page, title, "whatsapp", "Come and see!", "posted")


def test_without_scripts_at_night(office: Office) -> None:
    page = office.sign_in("admin", PHONE, javascript=False, dark=True, touch=True)
    networks_answer(page.context)
    title = to_the_share_page(page, lambda: first_of_the_feed(page).tap(), DARK)
    expect(page.locator(".starters")).to_be_hidden()  # they would do nothing
    page.get_by_label("Eerst jouw eigen zin").fill("Kom eens kijken!")
    page.locator(".tile", has_text="Bluesky").tap()
    page.get_by_role("button", name="Open Bluesky").tap()
    expect(page.locator("#ready-text")).to_have_value(re.compile("Kom eens kijken!"))
    fits(page)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open Bluesky").tap()
    opened.value.wait_for_url(re.compile(r"^https://bsky\.app/.*Kom%20eens%20kijken"))
    opened.value.close()
    page.get_by_role("button", name="Ja, ik heb het geplaatst").tap()
    expect(page.get_by_role("heading", name="Dank je wel voor het delen")).to_be_visible()
    on_record(page, title, "bluesky", "Kom eens kijken!", "geplaatst")


def networks_answer(context: BrowserContext) -> None:
    """Every network shows an empty page: no test leaves this machine."""
    context.route(
        lambda url: not url.startswith("http://localhost"),
        lambda route: route.fulfill(content_type="text/html", body="<title>A network</title>"),
    )


def first_of_the_feed(page: Page) -> Locator:
    return page.locator("#feed article a.act-on").first


def to_the_share_page(page: Page, go: Callable[[], None], ground: str) -> str:
    """From the feed to the share page of the first item on it; its title."""
    fits(page)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
    go()
    page.wait_for_url("**/items/*")
    title = page.locator("h1").inner_text()
    fits(page)
    return title


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until it has the focus; on the way every stop can be seen to have it."""
    unseen = []
    for _ in range(80):
        page.keyboard.press("Tab")
        if not page.evaluate(HAS_THE_FOCUS_SEEN):
            unseen.append(page.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
        if wanted.evaluate("part => part === document.activeElement"):
            break
    else:
        raise AssertionError("no number of tabs leads there")
    assert unseen == []


def fits(page: Page) -> None:
    page.wait_for_load_state()  # before its styles are there, a page has any width
    assert page.evaluate(IS_TOO_WIDE) is False, page.url


def on_record(page: Page, title: str, network: str, words: str, state: str) -> None:
    """My own page shows it, and so does all that is kept about me."""
    page.goto(re.sub(r"/items/.*", "/me", page.url))
    fits(page)
    mine = page.locator(".mine-list > li").first
    expect(mine.locator("h3")).to_have_text(title)
    expect(mine).to_contain_text(state)
    kept = json.loads(page.request.get(page.url + "/data.json").text())
    last = max(kept["shares"], key=lambda share: share["at"])
    assert (last["network"], last["state"], words in last["text"]) == (network, "confirmed", True)
