"""Fixtures for tests in a real Chromium against the portal as its command starts it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tests.postgres import PostgreSQL
from tests.process import PortalProcess

PHONE = (390, 844)
LAPTOP = (1280, 800)
WALL = (1920, 1080)
AS_A_PERSON = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
)
SHARED_SECRET = "one secret for two servers, 0123456789-abcdef"


@dataclass
class Office:
    """The portal on one or two servers, and the people and screens in front of it."""

    servers: list[PortalProcess]
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    """Console errors, refused loads and requests to other hosts, from every page opened here."""
    opened: list[BrowserContext] = field(default_factory=list)

    def context(
        self,
        size: tuple[int, int],
        *,
        language: str = "nl",
        javascript: bool = True,
        dark: bool = False,
        touch: bool = False,
    ) -> BrowserContext:
        made = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="nl-NL" if language == "nl" else "en-GB",
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            has_touch=touch,
            is_mobile=touch,
            permissions=["clipboard-read", "clipboard-write"],
            # A headless browser calls itself one, and then is rightly not counted as a person.
            user_agent=AS_A_PERSON,
        )
        made.set_default_timeout(10_000)
        made.on("console", self._heard)
        made.on("request", self._asked)
        made.on("page", lambda page: page.on("pageerror", lambda error: self.complaints.append(str(error))))
        self.opened.append(made)
        return made

    def sign_in(
        self,
        person: str,
        size: tuple[int, int],
        *,
        server: int = 0,
        language: str = "nl",
        javascript: bool = True,
        dark: bool = False,
        touch: bool = False,
    ) -> Page:
        """A page of somebody who signed in with their practice button, at the start page."""
        page = self.context(size, language=language, javascript=javascript, dark=dark, touch=touch).new_page()
        page.goto(self.servers[server].url)
        page.locator(
            f"form:has(input[name=person][value={person}]) button, button[name=person][value={person}]"
        ).click()
        page.wait_for_url(f"{self.servers[server].url}/")
        if page.locator("html").get_attribute("lang") != language:
            page.locator(f"footer button[value={language}]").click()
            page.wait_for_url(f"{self.servers[server].url}/")
        return page

    def close(self) -> None:
        for context in self.opened:
            context.close()
        self.opened.clear()

    def _heard(self, message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        # A link that leads nowhere any more is answered with a page and status 410, which browsers call an error.
        if message.type == "error" and self._is_ours(where) and "/r/" not in where:
            self.complaints.append(f"{where}: {message.text}")

    def _asked(self, request: Request) -> None:
        # Following a link elsewhere is what links are for; loading something from elsewhere is not.
        if not request.is_navigation_request() and not self._is_ours(request.url):
            self.complaints.append(f"asked {request.url}")

    def _is_ours(self, url: str) -> bool:
        return urlsplit(url).hostname in ("localhost", "127.0.0.1") or url.startswith(("data:", "blob:"))


@pytest.fixture(scope="session")
def two_servers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[PortalProcess]]:
    """The demo; on PostgreSQL a second server on the same database beside it."""
    folder: Path = tmp_path_factory.mktemp("office")
    if request.config.getoption("--database") == "sqlite":
        with PortalProcess(folder, settings={"PORTAL_PUSH_SERVICES": "push.example"}) as alone:
            yield [alone]
        return
    postgresql: PostgreSQL = request.getfixturevalue("postgresql")
    name = f"office_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    postgresql.create_database(name)
    shared = {"PORTAL_DATABASE_URL": postgresql.url(name), "PORTAL_SECRET": SHARED_SECRET}
    with (
        PortalProcess(folder, settings=shared) as first,
        PortalProcess(
            folder,
            command="serve",
            settings={**shared, "PORTAL_PRACTICE_SIGN_IN": "1", "PORTAL_BASE_URL": first.url},
        ) as second,
    ):
        yield [first, second]


@pytest.fixture
def office(two_servers: list[PortalProcess], browser: Browser) -> Iterator[Office]:
    made = Office(two_servers, browser)
    yield made
    made.close()
    assert made.complaints == []
