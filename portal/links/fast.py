"""The fast path: a plain GET of a known link is answered below ASGI, where it costs least.

A subclass of uvicorn's protocol class looks at a request the moment its headers are complete. In the plain case it
puts the click in the journal and writes the answer that the ordinary route gave before; everything else, and whatever
is not entirely clear, goes on as if this file did not exist. The ordinary route is the reference: both give the same
bytes but for the date (tests/links/test_fast_path.py compares them). What is answered here is in no access log: its
record is the journal.
"""

import asyncio
import time
from typing import Any

import httptools
import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from portal.links.answers import Answer
from portal.links.desk import Desk, may_draw_previews

TESTED = "0.54"
"""The minor version of uvicorn whose insides this file was tested with."""
LARGEST = 16_384
"""Bytes of a request that may be plain: half of what the door lets in, so that its rule need not be asked."""
NOT_PLAIN = frozenset(
    {
        *(b"content-length", b"transfer-encoding", b"expect", b"upgrade"),  # a body, or another protocol
        b"cookie",  # perhaps the sharer's own browser
        *(b"sec-purpose", b"purpose", b"x-purpose", b"x-moz"),  # perhaps nobody opened the link
    }
)
"""Headers whose requests the ordinary route understands better."""


def problem() -> str:
    """Why the fast path cannot be used with what is installed, as a sentence; "" when it can."""
    if uvicorn.__version__.rpartition(".")[0] == TESTED:
        return ""
    return (
        f"The fast path of redirects was tested with uvicorn {TESTED} and this is {uvicorn.__version__}: "
        "links are answered by the ordinary route, which is slower and does the same."
    )


class FastRedirects(HttpToolsProtocol):
    """Answers plain redirects itself when `app.state.fast_desk` is a desk; otherwise it is its parent class."""

    def __init__(self, config: uvicorn.Config, *args: Any, **more: Any) -> None:
        super().__init__(config, *args, **more)
        state = getattr(config.app, "state", None)
        self._desk: Desk | None = getattr(state, "fast_desk", None)
        if self.root_path or self.limit_concurrency is not None:
            self._desk = None  # what these settings ask for is the parent's business
        self._proxies: Any = None
        """Which proxies are believed, if this connection comes from one."""
        self._address = ""
        self._is_small = False
        """Whether the bytes at hand are few enough."""
        self._in_one_piece = False
        """Whether the request at hand began in these bytes."""
        self._awaits_head = False
        """Whether a request has begun whose headers are not complete."""
        self._answered = False
        """Whether the request at hand has its answer from here."""
        self._idle_since = 0.0
        """When the last answer from here was given; 0 since the next request began."""
        self._idle_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        proxies = self.config.loaded_app
        if isinstance(proxies, ProxyHeadersMiddleware) and self._address in proxies.trusted_hosts:
            self._proxies = proxies.trusted_hosts

    def connection_lost(self, exc: Exception | None) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None
        super().connection_lost(exc)

    # Each of these runs for every request: the parent is called by its name because super() takes longer.

    def data_received(self, data: bytes) -> None:
        self._is_small = len(data) <= LARGEST
        self._in_one_piece = False
        HttpToolsProtocol.data_received(self, data)

    def on_message_begin(self) -> None:
        if self._desk is None:
            HttpToolsProtocol.on_message_begin(self)
        else:  # the parent's is put off until it is needed: a plain redirect has no use for a scope
            self.url = b""
            self.headers = []
        self._in_one_piece = True
        self._idle_since = 0.0
        self._awaits_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._desk is None:
            HttpToolsProtocol.on_header(self, name, value)
        else:
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._awaits_head = False
        if self._desk is None:
            HttpToolsProtocol.on_headers_complete(self)
        elif self.url[:3] == b"/r/" and self._answer(self._desk):
            self._answered = True
        else:
            self._as_usual()

    def on_message_complete(self) -> None:
        if self._answered:
            self._answered = False
        else:
            HttpToolsProtocol.on_message_complete(self)

    def _as_usual(self) -> None:
        """What the parent does, from the beginning of the message."""
        url, headers = self.url, self.headers
        super().on_message_begin()
        for name, value in headers:
            super().on_header(name, value)
        self.url = url
        super().on_headers_complete()

    def _answer(self, desk: Desk) -> bool:
        """Answer a plain request of a known link, its click on record; False leaves everything as it was."""
        answer = desk.answers.find(self.url[3:]) or self._with_query(desk)
        if answer is None or not answer.head or not self._is_alone():
            return False
        headers = dict(self.headers)
        if (
            len(headers) != len(self.headers)  # one of them came twice
            or not NOT_PLAIN.isdisjoint(headers)
            or headers.get(b"host") not in desk.hosts
            or (b"connection" in headers and self.parser.get_http_version() != "1.1")
            or (answer.has_card and may_draw_previews(headers.get(b"user-agent", b"")))
        ):
            return False
        now = time.time()
        if not answer.since <= now < answer.until or not desk.has_key(now):
            return False
        address = self._address if self._proxies is None else self._forwarded(headers)
        if not desk.journal.append(desk.line(answer.code, headers, address=address, now=now)):
            return False
        self.transport.write(self._beginning() + answer.head)
        self.server_state.total_requests += 1
        self._idle_since = self.loop.time()
        if self._idle_timer is None:
            self._idle_timer = self.loop.call_later(self.timeout_keep_alive, self._look_if_idle)
        return True

    def _with_query(self, desk: Desk) -> Answer | None:
        """The answer of an address that goes on after the code; None when the parent would not take what it says."""
        code, question_mark, _query = self.url[3:].partition(b"?")
        if not question_mark:
            return None
        try:
            httptools.parse_url(self.url)
        except httptools.HttpParserInvalidURLError:
            return None
        return desk.answers.find(code)

    def _is_alone(self) -> bool:
        """Whether this is a whole GET on a connection that stays, with nothing before it unanswered.

        Without a Connection header only HTTP/1.1 stays.
        """
        cycle = self.cycle
        return (
            self._in_one_piece
            and self._is_small
            and self.parser.get_method() == b"GET"
            and self.parser.should_keep_alive()
            and (cycle is None or cycle.response_complete)
            and not self.pipeline
            and not self.flow.write_paused
            and not self.transport.is_closing()
        )

    def _forwarded(self, headers: dict[bytes, bytes]) -> str:
        """The visitor's address as uvicorn itself would find it behind a proxy that is believed."""
        said = headers.get(b"x-forwarded-for")
        if said is None or self._proxies is None:
            return self._address
        named = said.decode("latin-1").strip()
        if "," in named or ":" in named or "[" in named:  # more than one address and nothing else
            named = self._proxies.get_trusted_client_address(named)[0]
        return named or self._address

    def _beginning(self) -> bytes:
        """The status line and uvicorn's own headers, which are the same for a second."""
        own = self.server_state.default_headers
        global _own_headers, _first_lines
        if own is not _own_headers:
            lines = [b"%b: %b\r\n" % (name.lower(), value) for name, value in own]
            _own_headers, _first_lines = own, b"".join([b"HTTP/1.1 302 Found\r\n", *lines])
        return _first_lines

    def _look_if_idle(self) -> None:
        """Close the connection when nothing came: one timer that looks again, where the parent starts many."""
        self._idle_timer = None
        if self._idle_since:  # otherwise a request is under way, and the parent keeps the time
            left = self._idle_since + self.timeout_keep_alive - self.loop.time()
            if left > 0:
                self._idle_timer = self.loop.call_later(left, self._look_if_idle)
            else:
                self.timeout_keep_alive_handler()


_own_headers: list[tuple[bytes, bytes]] | None = None
_first_lines = b""
