"""A display in a real browser: it pairs, reacts, and outlives its server with nobody touching it."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from starlette.applications import Starlette

from portal import activity, clock
from portal.campaigns import recall
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.people.models import Person
from portal.screens import pairing
from portal.screens.models import Screen
from tests import make
from tests.screens.running import Running

pytestmark = pytest.mark.browser
SOON = 2000
"""Milliseconds in which a wall shows what happened."""
RESTART = 30_000


@pytest.fixture
def server(app: Starlette) -> Iterator[Running]:
    running = Running(app)
    yield running
    running.stop()


@pytest.fixture
def player(browser: Browser, server: Running) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="nl-NL", reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{server.url}/screen")
    yield page
    context.close()


def pair(player: Page, db: Database) -> Screen:
    code = player.locator(".digits").get_attribute("aria-label") or ""
    with db.writing() as session:
        bram = make.person(session, "Bram de Wit", role="editor")
        wanted = pairing.Wanted(name="Kantine", place="Zwolle", audience="staff", language="nl")
        screen = pairing.pair(session, code, wanted, by=bram)
    expect(player.locator("body")).to_have_attribute("data-state", "wall", timeout=8000)
    return screen


def test_it_shows_its_wall_reacts_at_once_and_outlives_a_restart(
    app: Starlette, player: Page, server: Running, db: Database
) -> None:
    refused: list[str] = []
    player.on("console", lambda said: refused.append(said.text) if "Content Security" in said.text else None)
    with db.writing() as session:
        campaign = make.campaign(session)
        item = make.item(session, campaign, title="Bouw mee aan een huis per dag")
        ana = make.person(session, "Ana Dekker", wall_name=True)
    screen = pair(player, db)
    title, side = player.locator(".layer.above h1"), player.locator("#side")
    expect(title).to_have_text("Bouw mee aan een huis per dag")

    with db.writing() as session:
        make.share(session, by=ana, on=item)
        activity.record(session, "shared", item_id=item.id)
    expect(side.locator(".note.on h2")).to_have_text("Dankjewel, Ana!", timeout=SOON)

    with db.writing() as session:
        make.item(session, campaign, title="Kom kijken in Gent", publish_at=clock.now())
        activity.record(session, "item_live")
    expect(title).to_have_text("Kom kijken in Gent", timeout=SOON)

    server.stop()
    expect(title).to_have_text(re.compile("Kom kijken in Gent|Bouw mee"))
    with db.writing() as session:
        recall.take_back(session, get_item(session, item.id), by=None, note="Fout")
    again = Running(app, server.port)
    try:
        expect(side).not_to_contain_text("Ana", timeout=RESTART)
        expect(title).to_have_text("Kom kijken in Gent", timeout=RESTART)
        with db.writing() as session:
            bram = session.scalars(select(Person).where(Person.role == "editor")).one()
            pairing.revoke(session, session.get_one(Screen, screen.id), by=bram)
        # By name: while two slides fade there are two headings.
        expect(player.get_by_role("heading", name="Dit scherm is losgekoppeld")).to_be_visible(timeout=RESTART)
    finally:
        again.stop()
    assert refused == []


@pytest.mark.once
@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920), (1280, 720), (1024, 768)])
def test_nothing_leaves_the_screen_and_axe_is_content(player: Page, db: Database, width: int, height: int) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        for title in (
            "Kort",
            "Werkvoorbereiders en productiemedewerkers openen samen de vernieuwde montagehal " * 2,
        ):
            make.item(session, campaign, title=title.strip(), place="Kantoor Gent, derde verdieping")
    player.set_viewport_size({"width": width, "height": height})
    assert Axe().run(player).violations_count == 0
    pair(player, db)
    for number in range(2):
        player.goto(f"{player.url.partition('?')[0]}?slide={number}")
        assert Axe().run(player).violations_count == 0
        scan = player.locator(".layer.above .scan").bounding_box()
        message = player.locator(".layer.above .message").bounding_box()
        assert scan is not None
        assert message is not None
        assert message["y"] + message["height"] <= scan["y"]
        for part in (".layer.above .scan", ".layer.above .message", ".clock", "#side", ".house"):
            box = player.locator(part).bounding_box()
            assert box is not None
            assert box["x"] >= 0.045 * width
            assert box["x"] + box["width"] <= 0.955 * width
            assert box["y"] >= 0.045 * height
            assert box["y"] + box["height"] <= 0.955 * height
