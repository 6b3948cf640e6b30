"""The references: what the same server and framework answer when there is nothing to do, or one row to insert."""

import os
import sqlite3
import threading
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

_body = Path(os.environ["BARE_BODY"]).read_bytes() if "BARE_BODY" in os.environ else b"<p>nothing</p>"


async def redirect(request: Request) -> Response:
    return RedirectResponse("https://noorderhout.example/werken", status_code=302)


async def page(request: Request) -> Response:
    return HTMLResponse(_body)


app = Starlette(routes=[Route("/r/{code}", redirect), Route("/", page)])


TARGET = "https://noorderhout.example/werken/timmerman?utm_source=linkedin&utm_medium=employee-advocacy"


async def bare_asgi(scope: Scope, receive: Receive, send: Send) -> None:
    """A constant 302 without any framework."""
    if scope["type"] == "http":
        status = 302 if scope["path"].startswith("/r/") else 404
        headers = [(b"location", TARGET.encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


class _Clicks:
    """A table of clicks in SQLite, written as a careful application would: a transaction for each, WAL."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self.connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.execute("CREATE TABLE click (id INTEGER PRIMARY KEY, code TEXT, at REAL, agent TEXT)")
        self.turn = threading.Lock()

    def add(self, code: str, agent: str) -> None:
        with self.turn:
            self.connection.execute("INSERT INTO click (code, at, agent) VALUES (?, unixepoch(), ?)", (code, agent))


_clicks = _Clicks(Path(os.environ["BARE_FOLDER"], f"clicks-{os.getpid()}.db")) if "BARE_FOLDER" in os.environ else None


async def insert(request: Request) -> Response:
    assert _clicks is not None
    await run_in_threadpool(_clicks.add, request.path_params["code"], request.headers.get("user-agent", ""))
    return RedirectResponse(TARGET, status_code=302)


inserting = Starlette(routes=[Route("/r/{code}", insert)])
