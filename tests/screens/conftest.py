"""Fixtures for tests of displays: the portal behind a port, and a player that waits to be connected."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette

from tests.screens.running import Running


@pytest.fixture
def server(app: Starlette) -> Iterator[Running]:
    running = Running(app)
    yield running
    running.stop()


@pytest.fixture
def player(browser: Browser, server: Running) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="nl-NL", reduced_motion="reduce")
    context.set_default_timeout(8000)
    page = context.new_page()
    page.goto(f"{server.url}/screen")
    yield page
    context.close()
