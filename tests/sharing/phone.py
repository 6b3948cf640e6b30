"""A phone for tests: the application on a port of its own, and Chromium the size of a hand."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from playwright.sync_api import Browser, BrowserContext
from starlette.applications import Starlette

from tests.client import Client


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """The application's address while the block runs."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield f"http://localhost:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


@contextmanager
def held_by(someone: Client, app: Starlette, browser: Browser, *, scripts: bool = True) -> Iterator[BrowserContext]:
    """A phone on which `someone` is signed in. The networks themselves answer with an empty page."""
    with served(app) as address:
        context = browser.new_context(
            viewport={"width": 390, "height": 844},
            is_mobile=True,
            has_touch=True,
            locale="nl-NL",
            reduced_motion="reduce",
            java_script_enabled=scripts,
            base_url=address,
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
        context.add_cookies([{"name": "portal", "value": someone.cookies["portal"], "url": address}])
        context.route(
            lambda url: not url.startswith(address),
            lambda route: route.fulfill(content_type="text/html", body="<title>A network</title>"),
        )
        try:
            yield context
        finally:
            context.close()
