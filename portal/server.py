"""How the portal is served: uvicorn with deadlines for slow clients, streams that end when it stops, and workers."""

import asyncio
import resource
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette

from portal import processes
from portal.links import fast
from portal.links.fast import FastRedirects
from portal.processes import Kept
from portal.screens.streams import Takeover
from portal.settings import Settings

WHOLE_HEAD = 10.0
"""Seconds in which a request's line and headers must have arrived."""
LARGEST_START = 1_000_000
"""Bytes kept of a request whose headers never end. A smaller head that is still too large gets an answer."""
UNREAD = 30.0
"""Seconds in which a client must take something of an answer that waits for it."""
_LOOKS = 6
"""How often in that time it is seen whether it did."""
MOST_FILES = 65_536
STOPPED_WITHIN = 30.0
"""Seconds workers have to finish the requests and the job in hand."""


class PortalProtocol(FastRedirects):
    """Ends connections whose request does not come or whose answer is not read: uvicorn itself would wait for ever.

    Who reads slowly gets all of it. A connection is looked at only while bytes wait that the system would not take yet.

    Connections on which a wall's stream is asked for in the plain way go to the hub of `app.state.takeover`.
    """

    _is_whole = False
    """Whether the bytes at hand are one request and nothing else, perhaps for a wall's stream."""

    _deadline: asyncio.TimerHandle | None = None
    _came = 0
    """Bytes that came while a head was awaited."""
    _refused = ""
    """What is wrong with bytes that came while a request before them still waits for its answer."""

    _looking: asyncio.TimerHandle | None = None
    """While an answer waits for its reader."""
    _taken = 0
    _taken_at = 0.0
    """What the client had taken of all answers, and when that last became more."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        if self._deadline is not None:
            self._came += len(data)
            if self._came > LARGEST_START:
                self._give_up()
                return
        if data[:12] == b"GET /screen/":
            self._is_whole = data.find(b"\r\n\r\n") == len(data) - 4
        FastRedirects.data_received(self, data)
        # Most heads come in one piece and never need a deadline.
        if self._awaits_head:
            if self._deadline is None or self._in_one_piece:
                self._await_head()
        elif self._deadline is not None and self.headers is not None:
            self._head_came()

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be understood, once the requests before it have their answers."""
        newest = self.cycle
        if newest is not None and not newest.response_complete and not newest.more_body:
            self._refused = msg
            self.flow.pause_reading()
        else:
            super().send_400_response(msg)
            self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.cycle.keep_alive:
            self._watch()
        if self._refused and self.cycle.response_complete and not self.transport.is_closing():
            self.send_400_response(self._refused)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        self._look_no_more()
        super().connection_lost(exc)

    def _as_usual(self) -> None:
        is_whole, self._is_whole = self._is_whole, False
        takeover: Takeover | None = getattr(self.config.app.state, "takeover", None) if is_whole else None  # type: ignore[union-attr]
        if takeover is not None and self._is_alone() and takeover.take(self.url, self.headers, self):
            self._answered = True
        else:
            super()._as_usual()

    # What a stream needs of the protocol its connection came from

    def beginning(self) -> bytes:
        """The status line of a stream and uvicorn's own headers."""
        lines = [b"%b: %b\r\n" % (name.lower(), value) for name, value in self.server_state.default_headers]
        return b"".join([b"HTTP/1.1 200 OK\r\n", *lines])

    def go_on(self, early: bytes) -> None:
        """Answer the request in the ordinary way after all; `early` came meanwhile."""
        super()._as_usual()
        self.on_message_complete()
        if early:
            self.data_received(early)

    def leave(self) -> None:
        """The connection is no longer the server's business."""
        self.connections.discard(self)
        self.server_state.total_requests += 1
        self._head_came()
        self._look_no_more()
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None
        self.parser = None  # type: ignore[assignment]

    def _await_head(self) -> None:
        self._head_came()
        self._came = 0
        self._deadline = self.loop.call_later(WHOLE_HEAD, self._give_up)

    def _head_came(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.close()
            self._watch()

    def _watch(self) -> None:
        """See to it that what is unsent is read: closing alone waits for that without end."""
        if self._looking is None and self.transport.get_write_buffer_size():
            self._taken, self._taken_at = _taken(self.transport), self.loop.time()
            self._looking = self.loop.call_later(UNREAD / _LOOKS, self._look)

    def _look(self) -> None:
        self._looking = None
        if not self.transport.get_write_buffer_size():
            return
        taken, now = _taken(self.transport), self.loop.time()
        if taken != self._taken:
            self._taken, self._taken_at = taken, now
        elif now - self._taken_at >= UNREAD:
            connection = self.transport.get_extra_info("socket")
            if connection is not None:  # what the system keeps for somebody who does not read goes as well
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self.transport.abort()
            return
        self._looking = self.loop.call_later(UNREAD / _LOOKS, self._look)

    def _look_no_more(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None


_AT_ONCE = struct.pack("ii", 1, 0)
_ACKNOWLEDGED = slice(120, 128)
"""Where Linux says in `tcp_info` how many bytes the other end acknowledged (`tcpi_bytes_acked`)."""


def _taken(transport: asyncio.Transport) -> int:
    """Grows as the other end takes what it was sent.

    The bytes waiting here would say so too, but in leaps: a system that holds megabytes of its own takes more of them
    only once a third of those are gone, which for a slow reader is minutes.
    """
    connection = transport.get_extra_info("socket")
    if hasattr(socket, "TCP_INFO") and connection.family in (socket.AF_INET, socket.AF_INET6):
        said = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ACKNOWLEDGED.stop)
        if len(said) == _ACKNOWLEDGED.stop:
            return int.from_bytes(said[_ACKNOWLEDGED], sys.byteorder)
    return -transport.get_write_buffer_size()


class Server(uvicorn.Server):
    """Tells the application that it must stop before waiting for it: open streams end themselves."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        stopping = getattr(self.config.app.state, "stopping", None)  # type: ignore[union-attr]
        if stopping is not None:
            stopping.set()
        # A signal asks for the orderly end that follows; raising it again afterwards would report a failure.
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


class _Worker(Server):
    """One of several servers on one port: it ends when its parent lets go of it or is gone, and heeds no signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        processes.ignore_signals()
        threading.Thread(target=self._follow, name="parent", daemon=True).start()
        yield

    def _follow(self) -> None:
        while not processes.is_let_go():
            pass
        self.handle_exit(signal.SIGTERM, None)


class PortTaken(Exception):
    """The port cannot be used; the message is a sentence for the operator."""


def listen(settings: Settings) -> socket.socket:
    """The port to serve on, taken but not open to anybody yet. Raises PortTaken."""
    try:
        return _bound(settings.host, settings.port)
    except OSError as error:
        raise PortTaken(
            f"Port {settings.port} on {settings.host} cannot be used: {error.strerror}. "
            "Another portal may be running; choose a different one with PORTAL_PORT=8001."
        ) from error


def serve(
    app: Starlette, settings: Settings, listening: socket.socket, *, ready: Callable[[], None] | None = None
) -> int:
    """Serve on a port of `listen` until SIGTERM or SIGINT; `ready` is called just before. The exit status."""
    return _run(Server(configuration(app, settings)), listening, ready)


def serve_as_worker(app: Starlette, settings: Settings, listening: socket.socket) -> int:
    """Serve beside others on a port the parent has taken, until standard input is closed. The exit status."""
    return _run(_Worker(configuration(app, settings)), listening, None)


def serve_by_workers(settings: Settings, listening: socket.socket, *, ready: Callable[[], None] | None = None) -> int:
    """Have `settings.workers` processes serve on a port of `listen` until SIGTERM or SIGINT. The exit status.

    One that ends is started again; who connects meanwhile is served by the others. A second SIGINT ends all at once.
    """
    command = ("serve-worker", "--socket", str(listening.fileno()))
    workers = [
        Kept(settings, *command, within=STOPPED_WITHIN, shared=[listening.fileno()]) for _ in range(settings.workers)
    ]
    with processes.signals() as told:
        for worker in workers:
            worker.start()
        if ready is not None:
            ready()
        told.get()
        for worker in workers:
            worker.let_go()
        # Only now: a worker that was just being started needs it. Who connects from here on is refused.
        listening.close()
        _wait_for(workers, told)
    structlog.get_logger().info("stopped", workers=len(workers))
    return 0


def _wait_for(workers: list[Kept], told: SimpleQueue[int]) -> None:
    """Until all have ended, which is at once when SIGINT comes again or their time is up."""
    until = time.monotonic() + STOPPED_WITHIN
    while not all(worker.ended_within(0) for worker in workers):
        try:
            is_urgent = told.get(timeout=0.05) == signal.SIGINT
        except Empty:
            is_urgent = time.monotonic() > until
        if is_urgent:
            structlog.get_logger().warning("workers that have not ended yet are killed")
            for worker in workers:
                worker.kill()
                worker.ended_within(1)


def raise_file_limit() -> None:
    """Allow this process as many open files as the system lets it have: each screen is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _run(server: Server, listening: socket.socket, ready: Callable[[], None] | None) -> int:
    raise_file_limit()
    if ready is not None:
        ready()
    try:
        server.run(sockets=[listening])
    finally:
        listening.close()
    structlog.get_logger().info("stopped")
    return 0 if server.started else 1


def configuration(app: Starlette, settings: Settings, *, fast_path: bool = True) -> uvicorn.Config:
    """How uvicorn is to serve `app`. Without `fast_path` redirects and streams get ordinary routes."""
    problem = fast.problem()
    if problem:
        structlog.get_logger().warning(problem)
    app.state.fast_desk = app.state.desk if fast_path and not problem else None
    return uvicorn.Config(
        app,
        http=PortalProtocol,
        ws="none",
        lifespan="on",
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=10,
        backlog=2048,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
    )


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    listening.set_inheritable(True)
    return listening
