"""The feed in a hand: more cards, an item, and back to the same card; what came meanwhile is offered, not pushed in."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from starlette.applications import Starlette

from portal import clock
from portal.database import Database
from portal.feed.models import FeedVisit, SavedItem
from portal.feed.queries import PAGE
from tests import make
from tests.client import Client
from tests.sharing import phone

pytestmark = [pytest.mark.browser, pytest.mark.once]

SHOWN = """Object.defineProperty(document, "hidden", {value: %s, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"))"""


def fill(db: Database) -> list[int]:
    """The ids of two and a half pages of items, in the order of the feed."""
    with db.writing() as session:
        campaign, now = make.campaign(session), clock.now()
        rows = [make.item(session, campaign, publish_at=now - timedelta(hours=hours)) for hours in range(2 * PAGE + 10)]
        return [row.id for row in rows]


def in_view(page: Page, item_id: int) -> None:
    expect(page.locator(f"#item-{item_id}")).to_be_in_viewport(ratio=0.2)


def test_the_way_there_and_back(ana: Client, app: Starlette, db: Database, browser: Browser) -> None:
    ids = fill(db)
    with phone.held_by(ana, app, browser) as context:
        page = context.new_page()
        with page.expect_response("**/feed/visit") as visit:
            page.goto("/")
        assert visit.value.status == 204
        with db.reading() as session:
            assert session.get(FeedVisit, ana.person.id) is not None

        for number in (2, 3):
            page.get_by_role("link", name="Meer tonen").tap()
            expect(page.locator(".item")).to_have_count(min(number * PAGE, len(ids)))
            page.wait_for_url(f"**/?upto={number}")
        expect(page.locator(f"#item-{ids[2 * PAGE]} .act-on")).to_be_focused()
        far = ids[2 * PAGE + 7]
        page.locator(f"#item-{far}").scroll_into_view_if_needed()
        page.locator(f"#item-{far} .act-on").tap()
        page.wait_for_url(f"**/items/{far}")
        page.go_back()
        in_view(page, far)
        expect(page.locator(".item")).to_have_count(len(ids))
        page.reload()
        in_view(page, far)

        page.goto(f"/#item-{far}")  # the share page's own way back
        page.wait_for_url(f"**/?to={far}#item-{far}")
        in_view(page, far)

        page.locator(f"#item-{far} .bookmark").tap()
        expect(page.locator(f"#item-{far} .bookmark.on")).to_be_focused()
        with db.reading() as session:
            assert list(session.scalars(select(SavedItem.item_id))) == [far]


def test_what_came_meanwhile_is_offered_when_one_comes_back(
    ana: Client, app: Starlette, db: Database, browser: Browser
) -> None:
    first = fill(db)[0]
    with phone.held_by(ana, app, browser) as context:
        page = context.new_page()
        page.clock.install()
        page.goto("/")
        with db.writing() as session:
            new = make.item(session, title="Net binnen", publish_at=clock.now()).id
        page.clock.run_for(61_000)
        page.evaluate(SHOWN % "true")
        page.evaluate(SHOWN % "false")
        offer = page.locator("#news a")
        expect(offer).to_have_text("1 nieuwe: kijk maar")
        assert page.locator(".item").first.get_attribute("id") == f"item-{first}"
        offer.tap()
        expect(page.locator(".item").first).to_have_id(f"item-{new}")


def test_without_scripts_the_same_by_links(ana: Client, app: Starlette, db: Database, browser: Browser) -> None:
    ids = fill(db)
    with phone.held_by(ana, app, browser, scripts=False) as context:
        page = context.new_page()
        page.goto("/")
        page.get_by_role("link", name="Meer tonen").tap()
        page.wait_for_url("**/?page=2&*")
        there = ids[PAGE + 3]
        page.locator(f"#item-{there} .bookmark").tap()
        page.wait_for_url(f"**/?to={there}#item-{there}")
        in_view(page, there)
        expect(page.locator(f"#item-{there} .bookmark.on")).to_be_visible()
        page.get_by_role("link", name="Bewaard", exact=True).tap()
        expect(page.locator(".kept > li")).to_have_count(1)
        page.get_by_role("button", name="Haal van de lijst").tap()
        expect(page.locator(".empty h2")).to_have_text("Niets bewaard")
