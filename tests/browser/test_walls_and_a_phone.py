"""Three walls and a phone: what happens is on every wall within two seconds, and nobody ever has to touch a wall."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import process
from tests.browser.conftest import AS_A_PERSON, LAPTOP, PHONE, WALL, Office
from tests.browser.test_whole_loop import publish, recall, share
from tests.browser.wire import Wire
from tests.process import PortalProcess, free_port

pytestmark = [pytest.mark.browser, pytest.mark.once]

SOON = 2_000
"""Milliseconds in which a wall shows what happened."""
RECOVERED = 10_000
WALLS = {"Kantine": (WALL, "staff"), "Gang": ((1080, 1920), "staff"), "Receptie": (WALL, "public")}
HOW = {"language": "nl", "javascript": True}


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire(free_port())
    yield made
    made.close()


@pytest.fixture
def portal(tmp_path: Path, wire: Wire) -> Iterator[PortalProcess]:
    server = PortalProcess(tmp_path, port=wire.to, settings={"PORTAL_BASE_URL": wire.url})
    server.url = wire.url
    with server:
        yield server


def test_launch_share_milestone_recall_revoke_and_every_kind_of_trouble(
    portal: PortalProcess, wire: Wire, browser: Browser
) -> None:
    office = Office([portal], browser)
    desk = process.Browser(portal, "editor")
    walls = {name: connected(office, desk, name, *how) for name, how in WALLS.items()}
    editor = office.sign_in("editor", LAPTOP, **HOW)
    phone = office.sign_in("member", PHONE, **HOW)

    title = "Hout dat mee-ademt"
    number = publish(office, editor, title, HOW)
    on_all(walls, lambda wall: expect(heading(wall)).to_have_text(title, timeout=SOON))

    link = share(phone, title, "nl", javascript=True)
    on_all(walls, lambda wall: expect(wall.locator(".note.on")).to_contain_text(title, timeout=SOON))
    expect(walls["Receptie"].locator("#side")).not_to_contain_text("Ana")

    for number_of_visitor in range(10):
        agent = AS_A_PERSON.replace("Chrome/142", f"Chrome/{130 + number_of_visitor}")
        visitor = {"User-Agent": agent, "Accept": "text/html", "Accept-Language": "nl"}
        assert process.Browser(portal).get(link.removeprefix(portal.url), visitor).status == 302
    on_all(walls, lambda wall: expect(wall.locator("#side .milestone h2")).to_contain_text("10 ", timeout=SOON))

    on_all(walls, lambda wall: expect(heading(wall)).to_have_text(title))
    recall(editor, office, number)
    on_all(walls, lambda wall: expect(wall.locator("main")).not_to_contain_text(title, timeout=SOON))

    # Power: the server is gone at once, and comes back.
    portal.kill()
    portal.start()
    colleague = process.Browser(portal, "colleague")
    colleague.share("whatsapp")
    on_all(walls, lambda wall: expect(wall.locator(".note.passing.on")).to_be_visible(timeout=RECOVERED))

    # Network: for more than a minute, and quarter of an hour, nothing arrives; the walls go on with what they have.
    shown = {name: heading(wall).inner_text() for name, wall in walls.items()}
    wire.cut()
    for wall in walls.values():
        wall.clock.fast_forward(70_000)
        expect(wall.locator(".as-of")).to_have_text(re.compile(r"^stand van \d\d:\d\d$", re.IGNORECASE))
        expect(wall.locator(".layer.above .slide")).to_be_visible()
        wall.clock.fast_forward(15 * 60_000)
        expect(wall.locator("#side")).to_be_hidden()
        expect(wall.locator(".layer.above .code")).to_be_visible()
        assert wall.evaluate(PICTURES_STAND)
    wire.heal()
    on_all(walls, lambda wall: expect(wall.locator(".as-of")).to_be_hidden(timeout=RECOVERED))
    assert all(shown.values())

    colleague.share("bluesky")
    on_all(walls, lambda wall: expect(wall.locator(".note.passing")).to_have_count(2, timeout=SOON))

    for screen in re.findall(r'id="screen-(\d+)"', desk.get("/screens").body):
        assert desk.post(f"/screens/{screen}/revoke", {}).status == 303
    on_all(walls, lambda wall: expect(wall.locator("body")).to_have_attribute("data-state", "revoked", timeout=SOON))
    complaints = [each for each in office.complaints if "Failed to load resource" not in each]
    office.close()
    assert complaints == []


PICTURES_STAND = """() => Array.from(document.querySelectorAll(".layer.above img")).every(
  (image) => image.complete && image.naturalWidth > 0)"""


def connected(office: Office, desk: process.Browser, name: str, size: tuple[int, int], audience: str) -> Page:
    """A wall whose code an editor has typed; its clock can be moved."""
    wall = office.context(size).new_page()
    wall.clock.install()
    wall.goto(f"{office.servers[0].url}/screen")
    code = wall.locator(".digits").get_attribute("aria-label") or ""
    form = {"code": code, "name": name, "place": "Zwolle", "audience": audience, "language": "nl"}
    form["orientation"] = "portrait" if size[1] > size[0] else "landscape"
    assert desk.post("/screens", form).status == 303
    expect(wall.locator("body")).to_have_attribute("data-state", "wall", timeout=8_000)
    return wall


def heading(wall: Page) -> Locator:
    return wall.locator(".layer.above h1")


def on_all(walls: dict[str, Page], check: Callable[[Page], None]) -> None:
    for wall in walls.values():
        check(wall)
