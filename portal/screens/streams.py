"""The two kinds of streams: over a connection taken from the server, and by the ordinary route, which is the reference.

The route answers every request for a stream. Where the request is plain and alone on its connection, the server hands
the connection over instead (`portal/server.py`): then nothing is kept of the request but the connection and the place
in the hub. Both send the same bytes but for the date (tests/screens/test_the_hub.py compares them).
"""

import asyncio
import re
import socket
import struct
from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

import anyio
from anyio.abc import TaskGroup
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from portal.door import Door
from portal.screens.boards import Stream
from portal.screens.entrance import BUSY
from portal.screens.events import GIVE_UP, HEADERS, Told
from portal.screens.hub import Hub
from portal.settings import Settings
from portal.web import token_hash

PATH = re.compile(rb"/screen/([A-Za-z0-9_-]{43})/events(?:\?[A-Za-z0-9=&_.-]*)?")
"""The addresses that are plain."""
NOT_PLAIN = frozenset((b"content-length", b"transfer-encoding", b"expect", b"upgrade"))
UNSENT = 65_536
"""Bytes waiting for a player beyond which nothing is added until it has read them all."""
MOST_SAID = 4096
"""Bytes a player may send while it listens: there is nothing to say."""
_KERNEL = 65_536
"""Bytes the system keeps unsent for us, so that a player that does not read is noticed."""
_AT_ONCE = struct.pack("ii", 1, 0)
_VANISHED = 30_000
"""Milliseconds without a sign from the other end after which the system gives up on what is under way."""


class Ordinary(Protocol):
    """The server's own protocol, from which a connection was taken."""

    transport: Any

    def beginning(self) -> bytes: ...
    def go_on(self, early: bytes) -> None: ...
    def leave(self) -> None: ...


class DirectStream(Stream, asyncio.Protocol):
    """A stream that is written straight to a connection."""

    __slots__ = ("_head", "_hub", "_ordinary", "_said", "_transport")

    def __init__(self, hub: Hub, ordinary: Ordinary, head: bytes) -> None:
        super().__init__()
        self._hub, self._head = hub, head
        self._transport: Any = ordinary.transport
        self._ordinary: Ordinary | None = ordinary
        """Until it is let in: where the connection came from, and goes back to when it is not."""
        self._said = b""

    def admitted(self, opening: Sequence[Told]) -> None:
        ordinary, self._ordinary = self._ordinary, None
        assert ordinary is not None
        transport = self._transport
        ordinary.leave()
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL)
        if hasattr(socket, "TCP_USER_TIMEOUT") and connection.family in (socket.AF_INET, socket.AF_INET6):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _VANISHED)
        transport.set_write_buffer_limits(high=UNSENT, low=0)
        transport.writelines([ordinary.beginning(), self._head, *(event.chunk for event in opening)])
        self._look_unsent()

    def refused(self, status: int) -> None:
        ordinary, self._ordinary = self._ordinary, None
        assert ordinary is not None
        self._transport.set_protocol(ordinary)
        ordinary.go_on(self._said)

    def unsent(self) -> int:
        size: int = self._transport.get_write_buffer_size()
        return size

    def end(self, last: Told) -> None:
        transport = self._transport
        if self._is_full:
            self.cut()
        elif not transport.is_closing():
            transport.write(last.chunk + b"0\r\n\r\n")
            transport.close()

    def cut(self) -> None:
        connection = self._transport.get_extra_info("socket")
        if connection is not None:  # what waits in the system for somebody who does not read goes as well
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self._transport.abort()

    def is_gone(self) -> bool:
        return bool(self._transport.is_closing())

    def _send(self, event: Told) -> None:
        transport = self._transport
        if not transport.is_closing():
            transport.write(event.chunk)
            self._look_unsent()

    def _look_unsent(self) -> None:
        unsent = self._transport.get_write_buffer_size()
        if unsent:
            self._hub.is_slow(self, unsent)

    # What the event loop calls

    def data_received(self, data: bytes) -> None:
        self._said += data
        if len(self._said) > MOST_SAID:
            self._transport.abort()

    def eof_received(self) -> None:
        """The player has gone; the loop closes the connection."""

    def pause_writing(self) -> None:
        self.filled()

    def resume_writing(self) -> None:
        self.drained()

    def connection_lost(self, exc: Exception | None) -> None:
        self._hub.leave(self)
        ordinary, self._ordinary = self._ordinary, None
        if ordinary is not None:
            ordinary.leave()
        self._transport = _Closed()


class _Closed:
    """Stands for a connection that is over."""

    def is_closing(self) -> bool:
        return True

    def get_write_buffer_size(self) -> int:
        return 0

    def abort(self) -> None:
        """Nothing is left to end."""

    def get_extra_info(self, name: str) -> None:
        """Nothing is known of it any more."""


class Takeover:
    """Takes connections over from the server. One for the process."""

    def __init__(self, hub: Hub, settings: Settings, hosts: frozenset[bytes]) -> None:
        """`hosts` are the Host headers visitors send."""
        self._hub = hub
        self._head = _head(settings)
        short, portal = urlsplit(settings.link_base_url), urlsplit(settings.base_url)
        # The short domain answers links only; what is not plainly the portal's is the route's business.
        self._hosts = hosts if short.netloc == portal.netloc else hosts & {portal.netloc.encode()}

    def take(self, url: bytes, headers: list[tuple[bytes, bytes]], ordinary: Ordinary) -> bool:
        """Take over the connection of a plain GET of a stream; False leaves everything as it was."""
        found = PATH.fullmatch(url)
        named = dict(headers)
        if (
            found is None
            or len(named) != len(headers)
            or not NOT_PLAIN.isdisjoint(named)
            or named.get(b"host") not in self._hosts
        ):
            return False
        stream = DirectStream(self._hub, ordinary, self._head)
        if not self._hub.join(stream, token_hash(found[1].decode())):
            return False
        ordinary.transport.set_protocol(stream)
        return True


def _head(settings: Settings) -> bytes:
    """The headers of a stream as the ordinary route and the door give them, to the end of the head."""
    response = Response(headers=HEADERS)
    del response.headers["content-length"]
    for name, value in Door(response, settings).headers:
        response.headers.setdefault(name, value)
    lines = [b"%b: %b\r\n" % header for header in response.raw_headers]
    return b"".join([*lines, b"transfer-encoding: chunked\r\n\r\n"])


class RoutedStream(Stream):
    """A stream whose bytes wait until the route has sent them on."""

    __slots__ = ("_events", "_hub", "_is_over", "_news", "_size", "carrying", "place")

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self._hub = hub
        self.carrying = anyio.CancelScope()
        """What sends the bytes on, to be ended when nobody takes them."""
        self.place: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """200 once it is let in, otherwise why not."""
        self._events: deque[bytes] = deque()
        self._size = 0
        self._is_over = False
        self._news = anyio.Event()

    def admitted(self, opening: Sequence[Told]) -> None:
        for event in opening:
            self._send(event)
        self.refused(200)

    def refused(self, status: int) -> None:
        if not self.place.done():
            self.place.set_result(status)

    def unsent(self) -> int:
        return self._size

    def end(self, last: Told) -> None:
        self._send(last)
        self.over()

    def cut(self) -> None:
        self.over()
        self.carrying.cancel()

    def over(self) -> None:
        self._is_over = True
        self._news.set()

    def is_gone(self) -> bool:
        return self._is_over

    async def next(self) -> bytes | None:
        """What is to be sent now, until `sent`; None at the end."""
        while not self._events:
            if self._is_over:
                return None
            self._news = anyio.Event()
            await self._news.wait()
        return self._events[0]

    def sent(self) -> None:
        if self._events:
            self._size -= len(self._events.popleft())
        if not self._events:
            self._size = 0
            self.drained()

    def _send(self, event: Told) -> None:
        if self._is_over:
            return
        self._events.append(event.plain)
        self._size += len(event.plain)
        self._hub.is_slow(self, self._size)
        if self._size > UNSENT:
            self.filled()
        self._news.set()


class WallStream(Response):
    """The answer of the ordinary route to a player that was let in."""

    def __init__(self, hub: Hub, stream: RoutedStream) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._hub, self._stream = hub, stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with anyio.move_on_after(GIVE_UP):
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async with anyio.create_task_group() as tasks:
                self._stream.carrying = tasks.cancel_scope
                tasks.start_soon(self._until_left, receive, tasks)
                await self._carry(send)
                tasks.cancel_scope.cancel()
        finally:
            self._hub.leave(self._stream)
            self._stream.over()
        with anyio.move_on_after(1):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _carry(self, send: Send) -> None:
        while (body := await self._stream.next()) is not None:
            await send({"type": "http.response.body", "body": body, "more_body": True})
            self._stream.sent()

    async def _until_left(self, receive: Receive, tasks: TaskGroup) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        tasks.cancel_scope.cancel()


async def wall_events(request: Request) -> Response:
    """The stream that shows a wall what it is to show; 401 for whoever is not a connected screen."""
    hub: Hub = request.app.state.hub
    stream = RoutedStream(hub)
    status = await stream.place if hub.join(stream, token_hash(request.path_params["token"])) else BUSY
    if status == 200:
        return WallStream(hub, stream)
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": "10"} if status == BUSY else {})
    return Response(status_code=status, headers=headers)
