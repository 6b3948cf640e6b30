"""A website that items lead to, on this machine, and a campaign that has not gone out yet."""

import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette

from portal import clock, settings
from portal.campaigns.models import Campaign
from portal.campaigns.pictures import store
from portal.database import Database
from portal.launch import links
from tests import make
from tests.campaigns.drawing import picture

ANSWERS = {
    "/timmerman": (200, "<title>Timmerman</title><p>Bouw mee.</p>"),
    "/gone": (404, "<title>Not here</title>"),
    "/closed-to-programs": (403, "<title>No</title>"),
}


class _Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        status, body = ANSWERS[self.path]
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *words: object) -> None:
        pass


class Website:
    """Where items lead to in these tests."""

    def __init__(self) -> None:
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site)
        self.asked: list[str] = []
        self._server.asked = self.asked  # type: ignore[attr-defined]
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02])  # looks for its end that often
        self._thread.start()

    def url(self, path: str = "/timmerman") -> str:
        return f"http://{self.host}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def website(app: Starlette, chosen: settings.Settings) -> Iterator[Website]:
    made = Website()
    links.forget()
    settings.put_in_force(replace(chosen, reachable_hosts=(made.host,)))
    yield made
    made.close()


@pytest.fixture
def campaign(db: Database, website: Website) -> Campaign:
    """It is to begin in three days, with two approved items that have all they need."""
    with db.writing() as session:
        first = clock.today() + timedelta(days=3)
        row = make.campaign(session, starts_on=first, ends_on=first + timedelta(days=21))
        for title in ("Timmerman in Zwolle", "Elektricien in Gent"):
            item = make.item(session, row, title=title, **days(row), target_url=website.url())
            item.picture_id = store(session, picture(size=(1200, 630), colour="green")).id
            for text in item.texts:
                text.picture_alt = "Een timmerman in de hal"
        return row


def days(campaign: Campaign) -> dict[str, Any]:
    """An item's days that are its campaign's."""
    return {"publish_at": clock.start_of(campaign.starts_on), "ends_at": clock.end_of(campaign.ends_on)}
