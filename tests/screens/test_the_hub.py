"""The hub over real connections: the same bytes as the ordinary route, and players that are slow, gone or too many."""

import gc
import itertools
import json
import re
import socket
import struct
import threading
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from portal import activity, clock, web
from portal.activity import Tail
from portal.database import Database
from portal.screens.asked import Drawn, Found, Look, Place
from portal.screens.hub import Hub
from portal.screens.models import Screen
from portal.screens.streams import Takeover, wall_events
from portal.server import PortalProtocol, Server
from portal.settings import Settings
from tests import make
from tests.process import until
from tests.screens.running import PATIENCE, Running

pytestmark = pytest.mark.once

TOKEN = "s" * 43
PLAIN = f"GET /screen/{TOKEN}/events HTTP/1.1\r\nHost: localhost:8000\r\n\r\n".encode()
LAST = b"\r\n0\r\n\r\n"


class Player:
    """A player as bytes on a connection."""

    made: ClassVar[list["Player"]] = []

    def __init__(self, port: int, *pieces: bytes, receives: int = 0) -> None:
        self.connection = socket.socket()
        Player.made.append(self)
        if receives:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
        self.connection.connect(("127.0.0.1", port))
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection.settimeout(PATIENCE)
        self.said = b""
        for number, piece in enumerate(pieces):
            if number:
                threading.Event().wait(0.01)
            self.connection.sendall(piece)

    def read(self, *, to: bytes) -> bytes:
        """Everything up to and with `to`, or to the end."""
        while to not in self.said:
            chunk = self.connection.recv(65536)
            if not chunk:
                break
            self.said += chunk
        found, mark, self.said = self.said.partition(to)
        return found + mark

    def states(self, *, to: int) -> list[int]:
        """The versions it is told of, until that one comes."""
        return [int(each) for each in re.findall(rb'"version": (\d+)', self.read(to=b'"version": %d,' % to))]

    def leave(self) -> None:
        """Gone as when the power goes: the other end is told nothing but that it is over."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


class Walls:
    """A source in memory: every token but one opens the same wall, which is as large as is wanted."""

    def __init__(self) -> None:
        self.version, self.size = 0, 10
        self.away: set[int] = set()

    def find(self, token_hashes: Sequence[str], *, known: int) -> Found:
        return Found(known, {each: Place(1, "all") for each in token_hashes if each != web.token_hash("x" * 43)})

    def again(self, screen_ids: Collection[int], *, known: int) -> dict[int, Hashable]:
        return {each: "all" for each in screen_ids if each not in self.away}

    def draw(self, groups: Sequence[Hashable], *, known: int) -> Drawn:
        if self.version < 0:
            raise KeyError(self.version)
        body = json.dumps({"version": self.version, "rest": "x" * self.size}).encode()
        return Drawn(known, "r1", {group: Look(str(self.version), body, known) for group in groups})


class Served:
    """A server with nothing but a hub on `Walls`."""

    def __init__(self, db: Database, chosen: Settings, **rhythm: Any) -> None:
        self.walls, self.db = Walls(), db

        @asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncIterator[None]:
            tail = Tail(db, rhythm=0.05)
            self.hub = app.state.hub = Hub(tail, self.walls, at_most_every=0.01, **rhythm)
            app.state.takeover = Takeover(self.hub, chosen, frozenset((b"localhost:8000",)))
            yield
            await self.hub.close()
            tail.close()

        app = Starlette(routes=[Route("/screen/{token}/events", wall_events)], lifespan=lifespan)
        app.state.fast_desk = SimpleNamespace()  # there are no redirects here
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listening.getsockname()[1]
        config = uvicorn.Config(app, http=PortalProtocol, ws="none", lifespan="on", log_config=None)
        self.server = Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listening]}, daemon=True)
        self.thread.start()

    def change(self, version: int) -> None:
        self.walls.version = version
        with self.db.writing() as session:
            activity.record(session, "board_changed")

    def stop(self) -> None:
        self.server.handle_exit(15, None)
        self.thread.join(PATIENCE)
        self.listening.close()


@pytest.fixture(autouse=True)
def nobody_stays() -> Iterator[None]:
    yield
    while Player.made:
        Player.made.pop().connection.close()


@pytest.fixture
def serve(db: Database, chosen: Settings) -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(**rhythm: Any) -> Served:
        started.append(Served(db, chosen, **rhythm))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def screen_id(db: Database) -> int:
    with db.writing() as session:
        make.item(session)
        row = Screen(name="Kantine", token_hash=web.token_hash(TOKEN), paired_at=clock.now())
        session.add(row)
    return row.id


REQUESTS = {
    "plain": (PLAIN,),
    "with a query and cookies": (
        PLAIN.replace(b"s ", b"s?after=5 ").replace(b"\r\n\r\n", b"\r\nCookie: screen=x\r\nLast-Event-ID: 5\r\n\r\n"),
    ),
    "to be closed": (PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),),
    "of old": (PLAIN.replace(b"1.1", b"1.0"),),
    "in two pieces": (PLAIN[:30], PLAIN[30:]),
    "followed by another": (PLAIN + PLAIN,),
}
REFUSED = {
    "an unknown token": (PLAIN.replace(b"sss", b"xxx"),),
    "no token": (PLAIN.replace(TOKEN.encode(), b"x"),),
    "another host": (PLAIN.replace(b"localhost:8000", b"evil.example"),),
    "two hosts": (PLAIN.replace(b"\r\n\r\n", b"\r\nHost: localhost:8000\r\n\r\n"),),
    "another method": (PLAIN.replace(b"GET", b"PUT"),),
}
CLOSE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def comparable(said: bytes) -> bytes:
    """What is the same at every time and for everybody."""
    said = re.sub(rb'nonce-[\w-]+|date: [^\r]+|retry: \d+|"as_of": \d+', b"", said)
    said = re.sub(rb"(?m)^[0-9a-f]+\r$", b"", said)  # the length of a chunk: a wait may have four digits or five
    return re.sub(rb"\nevent: beat\ndata: [^\n]*\n\n\r\n", b"", said)


def test_both_kinds_of_streams_give_the_same_bytes(app: Starlette, screen_id: int) -> None:
    told: dict[bool, dict[str, bytes]] = {}
    ordinary: dict[bool, int] = {}
    for is_fast in (True, False):
        running = Running(app, fast_path=is_fast)
        assert until(partial(getattr, running.server, "started"))
        players = {name: Player(running.port, *pieces) for name, pieces in REQUESTS.items()}
        told[is_fast] = {name: player.read(to=b"event: state\n") for name, player in players.items()}
        assert len(app.state.hub) == len(REQUESTS)
        ordinary[is_fast] = len(running.server.server_state.connections)
        refused = {name: Player(running.port, *pieces, CLOSE) for name, pieces in REFUSED.items()}
        told[is_fast] |= {name: player.read(to=b"alive\n") for name, player in refused.items()}
        running.stop()
        for name, player in players.items():
            told[is_fast][name] += player.read(to=LAST)
    assert ordinary[False] == len(REQUESTS)
    assert ordinary[True] in (3, 4)  # two pieces may arrive as one
    for name in (*REQUESTS, *REFUSED):
        assert comparable(told[True][name]) == comparable(told[False][name]), name
    assert b"event: bye" in told[True]["plain"]
    assert told[True]["an unknown token"].startswith(b"HTTP/1.1 401")


def test_a_slow_player_skips_what_it_could_not_read_and_ends_with_the_newest(serve: Callable[..., Served]) -> None:
    served = serve()
    served.walls.size = 30_000
    slow, brisk = Player(served.port, PLAIN, receives=4096), Player(served.port, PLAIN)
    assert brisk.states(to=0) == [0]
    for version in range(1, 31):
        served.change(version)
        assert brisk.states(to=version) == [version]
    told = slow.states(to=30)
    assert told == sorted(set(told))
    assert len(told) < 20
    served.change(31)
    assert slow.states(to=31) == brisk.states(to=31) == [31]


def test_players_that_do_not_read_are_let_go_and_nobody_else_is_harmed(serve: Callable[..., Served]) -> None:
    served = serve(give_up=0.5)
    served.walls.size = 30_000
    players = [Player(served.port, PLAIN, receives=4096) for _ in range(20)]
    players += [Player(served.port, PLAIN[:30], PLAIN[30:], receives=4096)]  # by the ordinary route
    brisk = Player(served.port, PLAIN)
    assert brisk.states(to=0) == [0]
    version = 0
    while len(served.hub) > 1:
        version += 1
        served.change(version)
        assert brisk.states(to=version) == [version]
    assert len(served.hub) == 1
    for player in players:
        player.leave()


def test_a_player_that_leaves_is_forgotten_and_one_too_many_is_asked_to_come_back(serve: Callable[..., Served]) -> None:
    served = serve(most=1)
    first = Player(served.port, PLAIN)
    assert first.states(to=0) == [0]
    refused = Player(served.port, PLAIN).read(to=b"\r\n\r\n")
    assert refused.startswith(b"HTTP/1.1 503")
    assert b"retry-after: 10" in refused
    first.leave()
    assert until(lambda: len(served.hub) == 0)
    assert Player(served.port, PLAIN).states(to=0) == [0]


def test_a_screen_that_vanished_without_a_word_is_noticed(serve: Callable[..., Served]) -> None:
    """As after a backup was put back: nothing in the log says so."""
    served = serve(beat=0.3)
    player = Player(served.port, PLAIN)
    assert b"event: beat" in player.read(to=b'data: {"release": "r1"}')
    served.walls.away.add(1)
    assert player.read(to=LAST).endswith(b"event: revoked\ndata: {}\n\n" + LAST)


def test_walls_that_cannot_be_drawn_keep_what_they_show_until_they_can(serve: Callable[..., Served]) -> None:
    served = serve()
    player = Player(served.port, PLAIN)
    assert player.states(to=0) == [0]
    served.change(-1)
    served.change(7)
    assert player.states(to=7) == [7]


def test_a_player_that_talks_is_not_listened_to_for_long(serve: Callable[..., Served]) -> None:
    served = serve()
    player = Player(served.port, PLAIN)
    assert player.states(to=0) == [0]
    with suppress(OSError):
        for _ in range(200):
            player.connection.sendall(b"x" * 1000)
    assert until(lambda: len(served.hub) == 0)


def test_a_day_of_changes_and_of_players_that_come_and_go_leaves_nothing_behind(serve: Callable[..., Served]) -> None:
    """What the process holds for as many screens as before is what it held before."""
    served = serve(beat=0.06)
    served.walls.size = 20_000
    players = [Player(served.port, PLAIN) for _ in range(30)]
    versions = itertools.count(1)

    def live(changes: int) -> int:
        """Some changes, at each of which one player leaves and another comes; bytes held after them."""
        for _ in range(changes):
            version = next(versions)
            served.change(version)
            players.pop(0).leave()
            players.append(Player(served.port, PLAIN))
            for player in players:
                player.states(to=version)
        assert until(lambda: len(served.hub) == len(players))
        Player.made[:] = players
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    live(20)  # buffers, statements and pools are as large as they get
    tracemalloc.start()
    try:
        before = live(20)
        after = live(60)
    finally:
        tracemalloc.stop()
    kinds = Counter(type(each).__name__ for each in gc.get_objects())
    assert (kinds["DirectStream"], kinds["PortalProtocol"] <= len(players)) == (len(players), True)
    assert (after - before) / len(players) < 0.25 * served.walls.size
