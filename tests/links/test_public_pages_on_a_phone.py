"""The pages a visitor of a link may meet, in a real Chromium: accessible, within a phone's width, in light and dark."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette

from portal import clock
from portal.campaigns import pictures
from portal.campaigns.models import Item
from portal.database import Database
from portal.guesses import AT_ONCE
from portal.links.onward import guesses
from tests import make
from tests.browser.test_every_page import problems, too_wide
from tests.campaigns.drawing import rendered_noise
from tests.client import Client
from tests.sharing.phone import held_by, served

pytestmark = [pytest.mark.browser, pytest.mark.once]

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft zoekt een voorvrouw"


@pytest.fixture
def paths(db: Database) -> dict[str, str]:
    """Where each kind of page is, by its reason."""
    yesterday = clock.now() - timedelta(days=1)
    with db.writing() as session:
        picture = pictures.keep(session, rendered_noise()).id
        campaign = make.campaign(session)
        after = make.item(session, campaign, title=LONG, picture_id=picture)
        for number in range(4):
            kind: dict[str, Any] = {"picture_id": picture} if number % 2 else {}
            make.item(session, campaign, title=f"Open dag {number} in de huizenfabriek", **kind)
        who = make.person(session)

        def link(successor: Item | None = None, **item: Any) -> str:
            row = make.item(session, campaign, **item, successor_id=successor.id if successor else None)
            return f"/r/{make.link(session, by=who, on=row).code}"

        return {
            "filled": link(after, ends_at=yesterday),
            "ended": link(kind="event", ends_at=yesterday),
            "recalled": link(after, state="recalled"),
            "resting": link(state="draft"),
            "unknown": "/r/bbbbbbbb",
            "home": "/links",
        }


@pytest.fixture
def phone(app: Starlette, browser: Browser) -> Iterator[Page]:
    with served(app) as address:
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, locale="nl-NL", reduced_motion="reduce", base_url=address
        )
        yield context.new_page()
        context.close()


def test_every_public_page_is_accessible(phone: Page, paths: dict[str, str]) -> None:
    found, headings = [], set()
    for reason, path in paths.items():
        for width in (390, 320, 1280):
            phone.set_viewport_size({"width": width, "height": 844})
            phone.goto(path)
            found += too_wide(phone, f"{reason} at {width}")
        found += problems(phone, reason)
        headings.add(phone.locator("h1").inner_text())
        assert phone.locator("html").get_attribute("lang") == "nl"
    for _ in range(AT_ONCE):
        guesses.are_too_many("127.0.0.1")
    phone.goto("/r/bbbbbbbb")
    headings.add(phone.locator("h1").inner_text())
    found += problems(phone, "too_many")
    assert not found, "\n".join(found)
    assert len(headings) == 7


def test_targets_are_large_enough_for_a_thumb(phone: Page, paths: dict[str, str]) -> None:
    for reason in ("filled", "ended", "unknown"):
        phone.goto(paths[reason])
        buttons = phone.locator("a.button, .offers li")
        sizes = [box["height"] for box in (each.bounding_box() for each in buttons.all()) if box]
        assert sizes
        assert min(sizes) >= 44


def test_the_item_s_page_shows_the_networks_within_its_width(
    app: Starlette, browser: Browser, bram: Client, db: Database
) -> None:
    with db.writing() as session:
        item = make.item(session, title=LONG, picture_id=pictures.keep(session, rendered_noise()).id)
    with held_by(bram, app, browser) as context:
        page = context.new_page()
        page.goto(f"/campaigns/items/{item.id}")
        assert page.locator(".net").count() == 16
        found = problems(page, "item") + too_wide(page, "item")
        page.set_viewport_size({"width": 320, "height": 800})
        found += too_wide(page, "item at 320")
    assert not found, "\n".join(found)
