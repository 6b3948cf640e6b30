"""Marketing's walk: from a pasted vacancy to live on phone, wall and signature, within two minutes of clicking."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import launch_walk
from tests.browser.conftest import LAPTOP, PHONE, WALL, Office
from tests.browser.launch_walk import TITLE, Careers
from tests.browser.test_whole_loop import pair
from tests.process import PortalProcess

pytestmark = [pytest.mark.browser, pytest.mark.once]

TWO_MINUTES = 120


def no_picture(page: Page, name: str) -> None:
    pass


@pytest.fixture
def careers() -> Iterator[Careers]:
    with Careers() as site:
        yield site


@pytest.fixture
def house(careers: Careers, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The demo of a house that may fetch from its own careers website."""
    folder = tmp_path_factory.mktemp("house")
    with PortalProcess(folder, settings={"PORTAL_REACHABLE_HOSTS": careers.host}) as portal:
        made = Office([portal], browser)
        yield made
        made.close()
        assert made.complaints == []


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_from_a_pasted_vacancy_to_live_everywhere(house: Office, careers: Careers, size: tuple[int, int]) -> None:
    base = house.servers[0].url
    wall = house.context(WALL).new_page()
    editor, colleague, phone = (
        house.sign_in("editor", size),
        house.sign_in("admin", size),
        house.sign_in("member", PHONE),
    )
    pair(wall, editor, house, "nl", javascript=True)
    banner = signature(phone, base)
    campaign = launch_walk.begin_campaign(editor, base)
    before = phone.request.get(banner).body()

    began = time.monotonic()
    item = launch_walk.paste(editor, careers.vacancy, keep=no_picture)
    launch_walk.approve(colleague, base, item)
    phone.goto(base)
    expect(phone.locator(f"#item-{item}")).to_have_count(0)
    launch_walk.rehearse(editor, campaign, keep=no_picture)
    rehearsed = editor.request.get(f"{campaign}/launch/{item}/banner.png?language=nl").body()
    launch_walk.launch(editor, keep=no_picture)

    phone.goto(base)
    expect(phone.locator(f"#item-{item} h2")).to_have_text(TITLE)
    expect(wall.locator(".slide h1", has_text=TITLE)).to_have_count(1, timeout=30_000)
    now = phone.request.get(banner).body()
    assert (now == rehearsed, now == before) == (True, False)
    assert time.monotonic() - began < TWO_MINUTES


def signature(phone: Page, base: str) -> str:
    """Keep the member's signature; the address of the banner in it."""
    phone.goto(f"{base}/signature")
    phone.locator("form[action='/signature'] button[type=submit]:not([formaction]):not([formmethod])").last.click()
    phone.goto(f"{base}/signature")
    source = phone.locator("textarea", has_text="<table").first.input_value()
    found = re.search(r"http://localhost:\d+/b/\w+", source)
    assert found is not None
    return f"{found[0]}.png"
