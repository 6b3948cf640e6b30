"""The inbox in a real browser: a source that is looked at while one waits, and a list gone through by keyboard."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import LAPTOP, PHONE, Office
from tests.browser.test_every_page import problems, too_wide
from tests.process import PortalProcess, until
from tests.website import Reply, Website, serving

pytestmark = [pytest.mark.browser, pytest.mark.once]

SAMPLES = Path(__file__).parents[1] / "inbox" / "samples"


@pytest.fixture
def website() -> Iterator[Website]:
    with serving() as site:
        site.replies["/feed.xml"] = Reply((SAMPLES / "rss-2.0.xml").read_bytes(), "application/rss+xml")
        site.replies["/werken-bij"] = Reply((SAMPLES / "careers.html").read_bytes())
        site.replies["/werken-bij/timmerman"] = Reply((SAMPLES / "posting.html").read_bytes())
        yield site


@pytest.fixture
def own_office(website: Website, tmp_path: Path, browser: Browser) -> Iterator[Office]:
    """A portal that may ask the website."""
    with PortalProcess(tmp_path, settings={"PORTAL_REACHABLE_HOSTS": website.host}) as portal:
        made = Office([portal], browser)
        yield made
        made.close()
        portal.stop()
    assert made.complaints == []


def add(page: Page, base: str, kind: str, url: str, name: str) -> None:
    page.goto(f"{base}/inbox/sources/new")
    page.locator(f"input[name=kind][value={kind}]").check()
    page.locator("input[name=url]").fill(url)
    page.locator("input[name=name]").fill(name)
    page.locator("main form button[type=submit]").click()


def test_from_a_source_to_drafts_by_keyboard(own_office: Office, website: Website) -> None:
    base = own_office.servers[0].url
    page = own_office.sign_in("editor", LAPTOP, language="en")
    page.goto(f"{base}/inbox")
    page.get_by_role("link", name="Add the first source").click()
    add(page, base, "feed", f"{website.address}/feed.xml", "Our news")
    # The row is drawn anew by itself once the look is over.
    expect(page.get_by_text("2 new finds.")).to_be_visible()
    add(page, base, "vacancies", f"{website.address}/werken-bij", "Our vacancies")
    expect(page.get_by_text("1 new find.")).to_be_visible()

    found = [*problems(page, "/inbox/sources"), *too_wide(page, "/inbox/sources")]
    page.goto(f"{base}/inbox")
    articles = page.locator("article.candidate")
    expect(articles).to_have_count(3)
    # Outside the list only j works, unless it is turned off, and nothing is decided.
    page.keyboard.press("x")
    page.get_by_label("j works anywhere on this page").uncheck()
    page.reload()
    page.keyboard.press("j")
    expect(page.locator("body")).to_be_focused()
    page.get_by_label("j works anywhere on this page").check()
    page.reload()
    page.keyboard.press("j")
    expect(articles.first).to_be_focused()
    page.keyboard.press("j")
    expect(articles.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(articles.first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Open the draft")).to_be_visible()
    expect(articles.nth(1)).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_role("button", name="Put it back")).to_be_visible()
    expect(articles.nth(2)).to_be_focused()
    found += problems(page, "/inbox")
    for width in (PHONE[0], 320):
        page.set_viewport_size({"width": width, "height": PHONE[1]})
        found += too_wide(page, "/inbox")
    found += problems(page, "/inbox on a phone")
    page.get_by_role("link", name="Open the draft").click()
    expect(page.locator("input[name=target]")).to_have_value(f"{website.address}/werken-bij/timmerman")
    assert found == []


def test_without_scripts_every_step_is_a_form(own_office: Office, website: Website) -> None:
    base = own_office.servers[0].url
    page = own_office.sign_in("editor", PHONE, javascript=False)
    add(page, base, "feed", f"{website.address}/feed.xml", "Nieuws")
    assert page.url == f"{base}/inbox/sources"
    assert until(lambda: page.reload() and page.get_by_text("2 nieuwe vondsten.").count())
    page.goto(f"{base}/inbox")
    page.get_by_role("button", name="Maak er een concept van").first.click()
    expect(page.get_by_text("Je concept staat klaar.")).to_be_visible()
    assert page.url.endswith("/edit")
    page.goto(f"{base}/inbox")
    page.get_by_role("button", name="Niets voor ons").first.click()
    expect(page.get_by_text("Uit het postvak gehaald.")).to_be_visible()
    expect(page.get_by_text("Helemaal bij")).to_be_visible()
