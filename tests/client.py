"""A browser for tests: Starlette's test client that sends what a browser sends and does not follow redirects."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from anyio.from_thread import BlockingPortal
from httpx2 import Response
from starlette.applications import Starlette
from starlette.testclient import TestClient

from portal.people import sessions
from portal.people.models import Person
from tests import make

T = TypeVar("T")
HUMAN = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/604.1"


def in_a_loop(start: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine in a thread of its own: the browser's driver holds this thread's loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(start())).result()


class Client:
    """Somebody with a browser. `person` is who is signed in with it, if anybody."""

    loop: ClassVar[BlockingPortal | None] = None
    """Where the application runs: a loop for each request would take longer to start than most answers take."""

    def __init__(self, app: Starlette, person: Person | None = None, *, raise_errors: bool = True) -> None:
        self.app = app
        self._person = person
        self.http = TestClient(
            app,
            base_url="http://localhost:8000",
            follow_redirects=False,
            raise_server_exceptions=raise_errors,
            headers={"user-agent": HUMAN, "accept": "text/html", "accept-language": "nl"},
        )
        self.http.portal = self.loop

    @classmethod
    def signed_in(cls, app: Starlette, person: Person) -> "Client":
        client = cls(app, person)
        with app.state.database.writing() as db:
            client.http.cookies.set("portal", sessions.open(db, person), domain="localhost.local", path="/")
        return client

    @property
    def person(self) -> Person:
        assert self._person is not None
        return self._person

    @property
    def cookies(self) -> Any:
        return self.http.cookies

    def get(self, path: str, **more: Any) -> Response:
        response = self.http.get(path, **more)
        if path.startswith("/r/"):
            make.ingest(self.app)  # what the ingest process does beside a server
        return response

    def head(self, path: str, **more: Any) -> Response:
        return self.http.head(path, **more)

    def post(self, path: str, *, htmx: bool = False, **more: Any) -> Response:
        headers = {"origin": "http://localhost:8000", "sec-fetch-site": "same-origin"} | more.pop("headers", {})
        if htmx:
            headers["HX-Request"] = "true"
        return self.http.post(path, headers=headers, **more)

    def follow(self, response: Response) -> Response:
        """The page a redirect leads to."""
        assert response.is_redirect, response.status_code
        parts = urlsplit(response.headers["location"])
        return self.get(parts.path + (f"?{parts.query}" if parts.query else ""))
