"""The phone: what the first view of a page weighs, whether anything on it moves, and how soon it answers a finger.

A real Chromium with the profile Lighthouse uses for a phone: 412 by 823 pixels, a processor made four times slower,
1.6 Mbit/s with 150 ms of delay, and nothing kept from before. Bytes are counted as they travel, headers included.
"""

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from benchmarks import run
from benchmarks.run import Outcome
from tests import chromium

HEAVIEST = 60_000
"""Bytes of a first view, pictures aside."""
SLOWEST = 50.0
"""Milliseconds from a touch or a key until what it changes is drawn."""
SLOWER = 4
"""As many times slower than this machine is the phone."""
LINE = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
WATCH = """() => {
    window.shifts = 0;
    window.answers = new Map();
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) window.shifts += one.value;
    }).observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) {
            if (!one.interactionId) continue;
            window.answers.set(one.interactionId, Math.max(one.duration, window.answers.get(one.interactionId) || 0));
        }
    }).observe({ type: "event", durationThreshold: 16, buffered: true });
}"""
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 250)))"
"""Drawn, and told to those who watch."""
FINGER = 80
"""Milliseconds that a finger rests on what it taps."""
SENTENCE = "Kom eens kijken!"


def main() -> None:
    run.main("phone", measure)


def measure(is_quick: bool, folder: Path) -> Outcome:
    outcome, rounds = Outcome(), 2 if is_quick else 7
    with run.portal(folder) as server, sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        try:
            pages = _pages(browser, server.origin)
            for name, path in pages.items():
                _first_view(browser, server.origin, outcome, name, path)
            took: dict[str, list[float]] = {}
            for _ in range(rounds):
                for name, path in pages.items():
                    _touched(browser, server.origin + path, INTERACTIONS.get(name, {}), took)
        finally:
            browser.close()
    for name, each in took.items():
        outcome.figures[f"{name}, half of them within ms"] = statistics.median(each)
        outcome.figures[f"{name}, slowest ms"] = max(each)
        outcome.ratios[f"{name}, of {SLOWEST:.0f} ms"] = round(statistics.median(each) / SLOWEST, 2)
    outcome.remarks.append("Browsers tell these times in steps of 8 ms, and nothing of what is drawn within 16.")
    return outcome


def _pages(browser: Browser, origin: str) -> dict[str, str]:
    with _phone(browser, origin) as context:
        page = context.new_page()
        page.goto(origin)
        item = page.locator("article a.act-on[href^='/items/']").first.get_attribute("href")
    if item is None:
        raise SystemExit("The feed shows nothing to share.")
    return {
        "feed": "/",
        "share page": item,
        "two minutes": "/two-minutes",
        "my page": "/me",
        "notifications": "/me/notifications",
        "practice": "/handbook/practice",
    }


def _first_view(browser: Browser, origin: str, outcome: Outcome, name: str, path: str) -> None:
    with _phone(browser, origin) as context:
        page = context.new_page()
        wire = _slowed(page)
        kinds: dict[str, str] = {}
        weights: dict[str, float] = {}
        wire.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
        wire.on(
            "Network.loadingFinished", lambda event: weights.update({event["requestId"]: event["encodedDataLength"]})
        )
        page.goto(origin + path, wait_until="networkidle")
        page.evaluate(SETTLED)
        shifts = page.evaluate("window.shifts")
    weight = sum(size for number, size in weights.items() if kinds.get(number) != "Image")
    outcome.figures[f"{name}, bytes without pictures"] = weight
    outcome.figures[f"{name}, requests"] = sum(kind != "Image" for kind in kinds.values())
    outcome.figures[f"{name}, layout shift"] = round(shifts, 4)
    outcome.ratios[f"{name}, of {HEAVIEST // 1000} kB"] = round(weight / HEAVIEST, 3)


Interaction = Callable[[Page], Any]


def _type(page: Page) -> None:
    page.locator("#field-text").focus()
    for letter in SENTENCE:
        page.keyboard.type(letter)
        page.evaluate(SETTLED)


def _choose_networks(page: Page) -> None:
    for network in ("whatsapp", "x", "facebook"):
        _tap(page, f".tile:has(#network-{network})")


def _choose_captions(page: Page) -> None:
    _tap(page, ".caption.none")
    _tap(page, ".caption[data-network=any]:not(.none)")


def _open_wordings(page: Page) -> None:
    _tap(page, ".said > summary")
    _tap(page, ".said label:not(:has(:checked))")


def _save(page: Page) -> None:
    for state in (".on", ":not(.on)"):  # and takes it off again
        _tap(page, "#bookmark-" + _first_bookmark(page))
        page.wait_for_selector(f"#bookmark-{_first_bookmark(page)}{state}")


def _first_bookmark(page: Page) -> str:
    return (page.locator(".bookmark").first.get_attribute("id") or "").removeprefix("bookmark-")


def _tap(page: Page, selector: str) -> None:
    part = page.locator(selector).first
    part.scroll_into_view_if_needed()
    page.evaluate(SETTLED)
    box = part.bounding_box()
    assert box is not None, selector
    wire = page.context.new_cdp_session(page)
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    wire.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    page.wait_for_timeout(FINGER)
    wire.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wire.detach()
    page.evaluate(SETTLED)


INTERACTIONS: dict[str, dict[str, Interaction]] = {
    "feed": {"saving for later": _save},
    "share page": {
        "typing": _type,
        "choosing a network": _choose_networks,
        "choosing a text": _choose_captions,
        "opening how it begins": _open_wordings,
    },
}


def _touched(
    browser: Browser, address: str, interactions: dict[str, Interaction], took: dict[str, list[float]]
) -> None:
    """Do each of them on a page that is at rest; into `took` goes how long every touch or key took to be drawn."""
    if not interactions:
        return
    with _phone(browser, address.partition("/items")[0].rstrip("/")) as context:
        page = context.new_page()
        _slowed(page)
        page.goto(address, wait_until="networkidle")
        for name, act in interactions.items():
            page.evaluate("window.answers.clear()")
            act(page)
            page.evaluate(SETTLED)
            # What was drawn within 16 ms is not told: it counts as that.
            took.setdefault(name, []).extend(page.evaluate("[...window.answers.values()]") or [16.0])


@contextmanager
def _phone(browser: Browser, origin: str) -> Iterator[BrowserContext]:
    """A phone held by the practice member that has never been here."""
    context = browser.new_context(
        viewport={"width": 412, "height": 823}, device_scale_factor=1.75, is_mobile=True, has_touch=True, locale="nl-NL"
    )
    try:
        context.request.post(
            f"{origin}/practice-sign-in", form={"person": "member"}, headers={"Origin": origin}, max_redirects=0
        )
        context.add_init_script(f"({WATCH})()")
        yield context
    finally:
        context.close()


def _slowed(page: Page) -> CDPSession:
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    wire.send("Network.setBypassServiceWorker", {"bypass": True})
    wire.send("Network.emulateNetworkConditions", LINE)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return wire


if __name__ == "__main__":
    main()
