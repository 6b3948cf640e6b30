"""Marketing's way from a pasted vacancy to everywhere at once, step by step, and a careers website to paste from."""

import http.server
import json
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar, Self

from playwright.sync_api import Page, expect

from portal import clock
from portal.paths import data

TITLE = "Timmerman prefab in Zwolle"
CAMPAIGN = "Bouw mee in Zwolle"
BANNER = "Bouw elke dag een huis"
CAPTIONS = (
    "In onze hal staat elke dag een nieuw huis. Kun jij timmeren en houd je van droog werk? Kom kijken.",
    "Wij bouwen binnen, ook als het regent. Wie helpt mee?",
    "Ik ken niemand die zo blij van maandag wordt als onze timmerlui. Er is plek voor nog eentje.",
)
Keep = Callable[[Page, str], None]
"""Takes a picture of a page, under a name."""


class Careers:
    """A careers website on this machine with one vacancy, as the makers of such sites write them."""

    def __enter__(self) -> Self:
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.vacancy = f"http://{self.host}/werken-bij/timmerman-prefab"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02])  # looks for its end that often
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Site(http.server.BaseHTTPRequestHandler):
    pictures: ClassVar[dict[str, str]] = {"/timmerman.png": "timmerman.png"}

    def do_GET(self) -> None:
        if self.path in self.pictures:
            self._answer("image/png", data("campaigns", "werken-in-de-huizenfabriek", "timmerman.png").read_bytes())
        elif self.path == "/werken-bij/timmerman-prefab":
            self._answer("text/html; charset=utf-8", self._vacancy().encode())
        else:
            self.send_error(404)

    def _vacancy(self) -> str:
        summary = "Joost en zijn ploeg zoeken een vakmens die van hout houdt. Werk dat droog blijft, wat het weer doet."
        posting = {
            "@context": "https://schema.org",
            "@type": "JobPosting",
            "title": TITLE,
            "description": f"<p>{summary}</p>",
            "datePosted": clock.today().isoformat(),
            "validThrough": (clock.today() + timedelta(days=20)).isoformat(),
            "hiringOrganization": {"@type": "Organization", "name": "Noorderhout"},
            "jobLocation": {"@type": "Place", "address": {"@type": "PostalAddress", "addressLocality": "Zwolle"}},
        }
        return (
            f'<!doctype html><html lang="nl"><head><title>{TITLE}</title>'
            f'<meta property="og:title" content="{TITLE}"><meta property="og:description" content="{summary}">'
            '<meta property="og:image" content="/timmerman.png">'
            '<meta property="og:image:alt" content="Een timmerman in de hal zet een wand in elkaar.">'
            f'<script type="application/ld+json">{json.dumps(posting)}</script></head>'
            f"<body><h1>{TITLE}</h1></body></html>"
        )

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


def begin_campaign(editor: Page, base: str) -> str:
    """A campaign that is to begin in three days; the address of its page."""
    first = clock.today() + timedelta(days=3)
    editor.goto(f"{base}/campaigns/new")
    editor.locator("[name=goal_number]").fill("12")
    editor.locator("[name=starts_on]").fill(first.isoformat())
    editor.locator("[name=ends_on]").fill((first + timedelta(days=18)).isoformat())
    editor.locator("[name=title_nl]").fill(CAMPAIGN)
    editor.locator("[name=summary_nl]").fill("Drie vakmensen erbij voor de huizenfabriek.")
    editor.locator("[name=banner_nl]").fill(BANNER)
    editor.locator("form[action='/campaigns'] button[type=submit]").click()
    editor.wait_for_url(re.compile(r"/campaigns/\d+$"))
    return editor.url


def paste(editor: Page, vacancy: str, *, keep: Keep) -> int:
    """From the campaign's page: paste the address, read over what came of it, send it for approval; the item's id."""
    editor.locator("#paste [name=address]").fill(vacancy)
    keep(editor, "launch-1-paste")
    editor.locator("#paste button[type=submit]").click()
    editor.wait_for_url(re.compile(r"/campaigns/items/\d+/edit"))
    expect(editor.locator("[name=title_nl]")).to_have_value(TITLE)
    expect(editor.locator("[name=place]")).to_have_value("Zwolle")
    expect(editor.locator("[name=picture_alt_nl]")).not_to_have_value("")
    for number, words in enumerate(CAPTIONS):
        boxes = editor.locator("#captions-nl textarea[name=caption_body]")
        if boxes.count() <= number:
            editor.locator("button[name=then][value=add-caption-nl]").click()
            expect(boxes).to_have_count(number + 1)
        boxes.nth(number).fill(words)
    editor.locator("[name=title_nl]").scroll_into_view_if_needed()
    keep(editor, "launch-2-draft")
    editor.locator("button[name=then][value=submit]").click()
    editor.wait_for_url(re.compile(r"/campaigns/items/\d+$"))
    found = re.search(r"/items/(\d+)", editor.url)
    assert found is not None
    return int(found[1])


def approve(colleague: Page, base: str, item: int) -> None:
    colleague.goto(f"{base}/campaigns/items/{item}")
    colleague.locator(f"form[action='/campaigns/items/{item}/approval'] button[type=submit]").first.click()
    expect(colleague.locator(f"form[action='/campaigns/items/{item}/approval']")).to_have_count(0)


def rehearse(editor: Page, campaign: str, *, keep: Keep) -> None:
    """Open the rehearsal and wait until everything was looked at."""
    editor.goto(campaign)
    editor.locator("a[href$='/launch']").click()
    expect(editor.locator(".check-line.waiting")).to_have_count(0)
    expect(editor.frame_locator(".television iframe").locator("h1")).to_have_text(TITLE)
    expect(editor.frame_locator(".scene.signature iframe").locator("img")).to_be_visible()
    keep(editor, "launch-3-rehearsal")


def launch(editor: Page, *, keep: Keep) -> None:
    editor.locator("button[name=when][value=now]").click()
    expect(editor.locator("#verdict .onward")).to_be_visible()
    keep(editor, "launch-4-live")
