"""A website of somebody else for tests: a real server on this machine, and what was asked of it."""

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reply:
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    """By their name in lower case."""


class Website:
    """Answers each path with what `replies` holds for it, or makes of the request; everything else with a 404."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.replies: dict[str, Reply | Callable[[Request], Reply]] = {}
        self.asked: list[Request] = []

    @property
    def host(self) -> str:
        """With its port, as the settings name it."""
        return self.address.removeprefix("http://")

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.asked]

    def answer(self, request: Request) -> Reply:
        self.asked.append(request)
        reply = self.replies.get(request.path, Reply(b"not here", status=404))
        return reply if isinstance(reply, Reply) else reply(request)


@contextmanager
def serving() -> Iterator[Website]:
    """A website on a free port of this machine, until the end of the block."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = {name.lower(): value for name, value in self.headers.items()}
            reply = website.answer(Request(self.path, asked))
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 304:
                self.send_header("Content-Type", reply.content_type)
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if reply.status != 304:
                self.wfile.write(reply.body)

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    website = Website(f"http://127.0.0.1:{server.server_address[1]}")
    often = 0.02  # seconds between looks whether it is to end
    thread = threading.Thread(target=server.serve_forever, args=[often], daemon=True)
    thread.start()
    try:
        yield website
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
