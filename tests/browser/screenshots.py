"""Takes the pictures in README and docs anew, from the demo: `make screenshots`. A tool, not a test."""

import io
import re
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import launch_walk
from tests.browser.launch_walk import Careers
from tests.chromium import launch
from tests.process import PortalProcess

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
PHONE = (390, 844)
LAPTOP = (1280, 800)
WALL = (1920, 1080)
NONE, FINE = Image.Dither.NONE, Image.Dither.FLOYDSTEINBERG
TRIES = ((256, FINE), (256, NONE), (128, NONE), (64, NONE))
"""Colours and how what lies between them is drawn, from the best to the smallest."""
LARGEST = 400_000
"""Bytes: a picture in a README is looked at once."""


def main() -> int:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="portal-") as folder,
        sync_playwright() as playwright,
        Careers() as careers,
        PortalProcess(Path(folder), settings={"PORTAL_REACHABLE_HOSTS": careers.host}) as portal,
    ):
        browser = launch(playwright)
        try:
            take_all(browser, portal.url)
            take_launch(browser, portal.url, careers)
        finally:
            browser.close()
        portal.stop()
    return 0


def take_all(browser: Browser, url: str) -> None:
    ana = signed_in(browser, url, "member", PHONE, scale=2)
    keep(ana, "phone")
    ana.locator('main a[href^="/items/"]').first.click()
    ana.wait_for_load_state("networkidle")
    ana.locator('textarea[name="text"]').fill("Ik sta zelf bij de timmerhoek. Kom je even zwaaien?")
    ana.evaluate("scrollTo(0, 118)")  # from one's own sentence down to the networks
    keep(ana, "share")

    bram = signed_in(browser, url, "editor", LAPTOP)
    bram.goto(f"{url}/campaigns")
    bram.locator('main a[href*="/campaigns/"]').filter(has_text=re.compile("huizenfabriek", re.I)).first.click()
    keep(bram, "marketing")
    bram.goto(f"{url}/results")
    keep(bram, "results")

    wall = opened(browser, WALL)
    wall.goto(f"{url}/screen")
    code = re.search(r"\b[A-Z2-9]{3}[\s-]?[A-Z2-9]{3}\b", wall.locator("main, body").first.inner_text())
    assert code is not None, "the display shows no pairing code"
    bram.goto(f"{url}/screens")
    bram.locator('input[name="code"]').fill(code[0])
    bram.locator('input[name="name"]').first.fill("Kantine")
    bram.locator("form", has=bram.locator('input[name="code"]')).locator('button[type="submit"]').click()
    bram.wait_for_load_state("networkidle")
    wall.goto(wall.url)
    wall.wait_for_timeout(2000)  # the first slide fades in
    keep(wall, "wall")


def take_launch(browser: Browser, url: str, careers: Careers) -> None:
    """Marketing's way from a pasted vacancy to everywhere at once."""
    bram = signed_in(browser, url, "editor", LAPTOP)
    campaign = launch_walk.begin_campaign(bram, url)
    item = launch_walk.paste(bram, careers.vacancy, keep=keep)
    launch_walk.approve(signed_in(browser, url, "admin", LAPTOP), url, item)
    launch_walk.rehearse(bram, campaign, keep=keep)
    launch_walk.launch(bram, keep=keep)


def opened(browser: Browser, size: tuple[int, int], *, scale: float = 1) -> Page:
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=scale,
        locale="nl-NL",
        color_scheme="light",
        reduced_motion="reduce",
    )
    return context.new_page()


def signed_in(browser: Browser, url: str, person: str, size: tuple[int, int], *, scale: float = 1) -> Page:
    page = opened(browser, size, scale=scale)
    page.goto(f"{url}/sign-in")
    page.locator(f'button[name="person"][value="{person}"]').click()
    page.wait_for_url(f"{url}/")
    return page


def keep(page: Page, name: str) -> None:
    """The window as it is, with no more colours than it needs to stay below the limit."""
    page.wait_for_load_state("domcontentloaded")
    page.evaluate("document.fonts.ready")
    drawn = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    body = b""
    for colours, dither in TRIES:
        out = io.BytesIO()
        palette = drawn.quantize(colours, method=Image.Quantize.MAXCOVERAGE, kmeans=3)
        drawn.quantize(palette=palette, dither=dither).save(out, "PNG", optimize=True)
        body = out.getvalue()
        if len(body) < LARGEST:
            break
    (PICTURES / f"{name}.png").write_bytes(body)
    print(f"docs/pictures/{name}.png  {len(body) // 1000} kB")  # noqa: T201 (says how far it is)


if __name__ == "__main__":
    sys.exit(main())
