"""Every page that can be reached by links, as each role: accessible in light and dark, within its width, at home.

Console errors, refused loads and requests to other hosts fail the test by way of the `office` fixture.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import LAPTOP, PHONE, WALL, Office

pytestmark = [pytest.mark.browser, pytest.mark.once]

KEPT = {"resultTypes": ["violations"]}
"""Of what is fine, no more than the number: much less to carry over."""
RULES = {
    "light": {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], **KEPT},
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}, **KEPT},
}
"""In the dark the same page has other colours, and nothing else."""
SETTLED = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
    .then(() => Promise.allSettled(document.getAnimations().map(each => each.finished)))"""
"""Colours on their way from one scheme to the other are neither."""
WIDE = """() => document.fonts.ready.then(() => new Promise(requestAnimationFrame)).then(() =>
    document.documentElement.scrollWidth > document.documentElement.clientWidth)"""
"""Measured with the letters it will have, and after a change of the window has come through."""
NOT_PAGES = re.compile(
    r"\.(csv|zip|json|txt|htm|png|svg|ics)$|^/(r|b|pictures|static)/|^/sign-in/start|^/healthz|/preview$"
)


NEW_TO = {
    "member": "/",
    "editor": "/campaigns|/calendar|/inbox|/ideas|/screens|/results|/search",
    "admin": "/people|/settings|/me",
}
"""Where the pages begin that the role before does not have."""


def reachable(page: Page, base: str, person: str) -> Iterator[str]:
    """Paths of pages by the links on pages, one for each kind of page that is new to this role."""
    waiting, seen = NEW_TO[person].split("|"), set()
    while waiting:
        path = waiting.pop(0)
        kind = re.sub(r"\d+|(?<=screen/)[\w-]+", "N", urlsplit(path).path)
        query = re.sub(r"=[^&]*", "", urlsplit(path).query)
        if not re.match(NEW_TO[person], path):
            continue
        if (kind, query) in seen or NOT_PAGES.search(urlsplit(path).path):
            continue
        seen.add((kind, query))
        yield path
        for address in page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)"):
            parts = urlsplit(address)
            if f"{parts.scheme}://{parts.netloc}" == base:
                waiting.append(parts.path + (f"?{parts.query}" if parts.query else ""))


def problems(page: Page, path: str) -> list[str]:
    found = []
    page.wait_for_load_state()
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate(SETTLED)
        for violation in page.evaluate("rules => axe.run(rules).then(found => found.violations)", RULES[scheme]):
            nodes = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
            found.append(f"{path} ({scheme}) {violation['id']}: {nodes}")
    return found


def too_wide(page: Page, path: str) -> list[str]:
    page.wait_for_load_state()  # before its styles are there, a page has any width
    return [f"{path} is wider than {page.viewport_size}"] if page.evaluate(WIDE) else []


@pytest.mark.parametrize(
    ("person", "language"),
    [("member", "nl"), ("editor", "en"), ("admin", "nl")],
    ids=["member", "editor", "admin"],
)
def test_every_page_of(office: Office, person: str, language: str) -> None:
    base = office.servers[0].url
    page = office.sign_in(person, PHONE, language=language)
    found, visited = [], []
    for path in reachable(page, base, person):
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        answer = page.goto(base + path)
        assert answer is not None
        assert (path, answer.status) == (path, 200)
        assert page.locator("html").get_attribute("lang") == language
        found += problems(page, path) + too_wide(page, path)
        for width in (320, LAPTOP[0]):
            page.set_viewport_size({"width": width, "height": 800})
            found += too_wide(page, path)
        visited.append(path)
    assert not found, "\n".join(found)
    least = {"member": 5, "editor": 10, "admin": 7}
    assert len(visited) >= least[person], visited


def test_pages_for_anyone(office: Office) -> None:
    base = office.servers[0].url
    page = office.context(PHONE).new_page()
    found = []
    for path in ("/sign-in", "/privacy", "/sign-in/sent", "/r/bcdfghjk"):
        page.goto(base + path)
        found += problems(page, path) + too_wide(page, path)
    wall = office.context(WALL).new_page()
    wall.goto(f"{base}/screen")
    found += problems(wall, "/screen")
    assert not found, "\n".join(found)


def test_the_feed_is_light_on_the_wire(office: Office) -> None:
    """At most 60 kB for the first view without pictures, counted as they travel."""
    page = office.sign_in("member", PHONE)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    session.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )
    page.goto(office.servers[0].url)
    page.wait_for_load_state("networkidle")
    weight = sum(size for number, size in sizes.items() if kinds.get(number) != "Image")
    assert len(sizes) > 3
    assert weight <= 60_000


def test_nothing_jumps_on_the_feed(office: Office) -> None:
    page = office.sign_in("member", PHONE)
    page.goto(office.servers[0].url)
    page.wait_for_load_state("networkidle")
    shifted = page.evaluate(
        """() => new Promise(done => {
            let sum = 0;
            new PerformanceObserver(list => { for (const shift of list.getEntries()) sum += shift.value; })
                .observe({ type: "layout-shift", buffered: true });
            requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
        })"""
    )
    assert shifted <= 0.01
