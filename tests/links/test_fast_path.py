"""The fast path gives what the ordinary route gives, byte for byte, and puts the same on record.

Two servers over one database: one with the fast path, one without. Everything is sent to both.
"""

import http.client
import re
import socket
import threading
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.testing import capture_logs

from portal import clock, server
from portal.app import create_app
from portal.campaigns import pictures
from portal.database import Database
from portal.links import desk, fast, journal, verdicts
from portal.links.journal import Record
from portal.links.onward import guesses
from portal.models import metadata
from portal.settings import Settings
from tests import make
from tests.campaigns import drawing

pytestmark = pytest.mark.once

BROWSER = {
    "Host": "localhost:8000",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Accept-Language": "nl,en;q=0.7",
}
START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LAST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@dataclass(repr=False)
class Running:
    """A server in a thread of this process."""

    port: int
    app: Any
    came: list[str]
    """Method and path of every request that reached the application."""
    config: uvicorn.Config

    def say(self, *pieces: bytes) -> bytes:
        """Everything answered to these bytes, which arrive one piece after the other, until it closes.

        What comes after the server closed resets the connection and may take an answer with it: then all is said anew,
        in one piece.
        """
        said = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                for number, piece in enumerate(pieces):
                    if number:
                        threading.Event().wait(0.003)
                    connection.sendall(piece)
                while chunk := connection.recv(65536):
                    said += chunk
            except (ConnectionResetError, BrokenPipeError):
                assert len(pieces) > 1
                return self.say(b"".join(pieces))
        return said

    def records(self) -> list[Record]:
        """What it put on record."""
        folder = self.app.state.settings.journal_folder
        return [each for path in journal.files(folder) for each in journal.read(path, 0, 10_000_000).records]


class Counting:
    """Stands before the application and writes down who comes by."""

    def __init__(self, app: ASGIApp, came: list[str]) -> None:
        self.app, self.came = app, came

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.came.append(f"{scope['method']} {scope['path']}")
        await self.app(scope, receive, send)


def running(stack: ExitStack, chosen: Settings, *, fast_path: bool, keep_alive: int = 15) -> Running:
    app = create_app(chosen, background=False)
    came: list[str] = []
    app.add_middleware(Counting, came=came)
    config = server.configuration(app, chosen, fast_path=fast_path)
    config.timeout_keep_alive = keep_alive
    serving, listening = server.Server(config), socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [listening]})
    thread.start()

    def end() -> None:
        serving.should_exit = True
        thread.join(20)
        listening.close()

    stack.callback(end)
    while not serving.started:
        assert thread.is_alive()
        threading.Event().wait(0.01)
    return Running(listening.getsockname()[1], app, came, config)


@dataclass(repr=False)
class Both:
    """The two servers, and some links known to both."""

    fast: Running
    plain: Running
    database: Database
    codes: dict[str, str] = field(default_factory=dict)

    def same(self, *pieces: bytes) -> bytes:
        """What both answer, but for what differs with every answer."""
        answers = []
        for each in (self.fast, self.plain):
            guesses.clear()  # who tries unknown codes is slowed down, here as on one server
            answers.append(_comparable(each.say(*pieces)))
        assert answers[0] == answers[1]
        return answers[0]


def _comparable(said: bytes) -> bytes:
    said = re.sub(rb"\r\ndate: [^\r]+", b"", said)
    return re.sub(rb"(nonce-|nonce=\")[\w-]+", rb"\1", said)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("fast")
    return replace(
        Settings(),
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'portal.db'}",
        link_base_url="http://localhost:8000",
        secret="a long secret for tests, 0123456789-abcdef",
        port=8000,
    )


@pytest.fixture(scope="module")
def both(house: Settings) -> Iterator[Both]:
    database = Database(house.database_url)
    metadata.create_all(database.writer)
    with ExitStack() as stack:
        stack.callback(database.dispose)
        servers = [
            running(stack, replace(house, journal_dir=str(house.data_dir / name)), fast_path=name == "fast")
            for name in ("fast", "plain")
        ]
        found = Both(*servers, database)
        with database.writing() as db:
            make.organisation(db)
            person, campaign = make.person(db), make.campaign(db)
            picture = pictures.store(db, drawing.picture(), kind="photo")
            items = {
                "open": make.item(db, campaign),
                "with a card": make.item(db, campaign, picture_id=picture.id),
                "recalled": make.item(db, campaign, state="recalled"),
            }
            for name, item in items.items():
                link = make.link(db, by=person, on=item)
                link.created_at = clock.now() - timedelta(hours=1)
                found.codes[name] = link.code
        found.codes["unknown"] = "bbbbbbbb"
        for name in ("open", "with a card"):
            found.same(request(found.codes[name]), LAST)  # from here on both know them
        yield found


def request(code: str, method: str = "GET", version: str = "1.1", query: str = "", **headers: str) -> bytes:
    said: Mapping[str, str] = BROWSER | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return f"{method} /r/{code}{query} HTTP/{version}\r\n{lines}\r\n".encode("latin-1")


def test_the_plain_case_never_reaches_the_application(both: Both) -> None:
    both.fast.came.clear()
    before = len(both.fast.records())
    said = both.same(request(both.codes["open"]), request(both.codes["open"], query="?fbclid=x"), LAST)
    assert said.count(b"HTTP/1.1 302 Found\r\nlocation: https://noorderhout.example/werken/timmerman?utm_source=") == 2
    assert both.fast.came == ["GET /healthz"]
    assert len(both.fast.records()) == before + 2


@pytest.mark.parametrize(
    "asked",
    [
        {"method": "HEAD"},
        {"method": "POST", "Content_Length": "0"},
        {"version": "1.0"},
        {"version": "1.0", "Connection": "keep-alive"},
        {"Connection": "close"},
        {"Cookie": "portal=abc"},
        {"Content_Length": "0"},
        {"Host": "evil.example"},
        {"Host": "localhost/evil"},
        {"Sec_Purpose": "prefetch"},
        {"X_Moz": "prefetch"},
        {"X": "a" * 20_000},
        {"X": "a" * 40_000},
        {"query": "?" + "a" * 20_000},
        {"query": "#there"},
        {"query": "/"},
        {"query": "/..", "Accept": "*/*"},
    ],
)
def test_what_is_not_plain_takes_the_ordinary_route(both: Both, asked: dict[str, str]) -> None:
    both.fast.came.clear()
    both.same(request(both.codes["open"], **asked), LAST)
    assert len([path for path in both.fast.came if path != "GET /healthz"]) == 1


@pytest.mark.parametrize("name", ["recalled", "unknown"])
def test_what_leads_nowhere_takes_the_ordinary_route(both: Both, name: str) -> None:
    both.fast.came.clear()
    said = both.same(request(both.codes[name]), LAST)
    assert both.fast.came == [f"GET /r/{both.codes[name]}", "GET /healthz"]
    assert said[9:12] == {"recalled": b"410", "unknown": b"404"}[name]


def test_who_draws_previews_gets_a_card_and_everybody_else_is_sent_on(both: Both) -> None:
    both.fast.came.clear()
    code = both.codes["with a card"]
    fetcher = "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)"
    card, onward = both.same(request(code, User_Agent=fetcher), LAST), both.same(request(code), LAST)
    assert (card[9:12], onward[9:12]) == (b"200", b"302")
    assert b'property="og:image"' in card
    assert both.fast.came == [f"GET /r/{code}", "GET /healthz", "GET /healthz"]


def test_a_thousand_browser_names_from_one_sender_cost_no_judgement(both: Both) -> None:
    """Whoever clicks is judged by the ingest; of what is remembered about names here, neither number nor size grows."""
    both.fast.came.clear()
    judged = verdicts._by_agent.cache_info()
    connection, statuses = http.client.HTTPConnection("127.0.0.1", both.fast.port), set()
    for number in range(1000):
        code = both.codes["with a card" if number % 2 else "open"]
        name = f"Mozilla/5.0 (X11; Linux x86_64; rv:{number}.0) Gecko/20100101 Firefox/{number}.0"
        connection.request("GET", f"/r/{code}", headers=BROWSER | {"User-Agent": name})
        with connection.getresponse() as answer:
            statuses.add(answer.status)
    connection.close()
    after = verdicts._by_agent.cache_info()
    assert (statuses, both.fast.came) == ({302}, [])
    assert (after.hits, after.misses) == (judged.hits, judged.misses)


def test_of_a_long_name_only_its_beginning_is_remembered() -> None:
    desk._may_draw.cache_clear()
    beginning = b"Mozilla/5.0 (X11; Linux x86_64) ".ljust(256, b"x")
    assert [desk.may_draw_previews(beginning + b"bot" * size) for size in (0, 100, 5000)] == [False] * 3
    assert desk._may_draw.cache_info().currsize == 1


def test_the_same_is_put_on_record(both: Both) -> None:
    code = both.codes["open"]
    asked = [
        request(code),
        request(code, Referer="https://www.linkedin.com/feed/?who=me"),
        request(code, User_Agent="x" * 300, Accept="y" * 100, Accept_Language="z" * 50),
        request(code, User_Agent="a\tb", Referer="https://é.example/"),
        request(code, User_Agent="caf\xe9", Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="document"),
        request(code, X_Forwarded_For="192.0.2.7"),
        request(code, Cookie="portal=abc; language=en"),
        request(code, Purpose="prefetch"),
        request(code, method="HEAD"),
        request(code, method="POST", Content_Length="0"),
        request(both.codes["unknown"]),
    ]
    before = [len(each.records()) for each in (both.fast, both.plain)]
    for each in asked:
        both.same(each, LAST)
    kept = [
        [record._replace(at=0) for record in each.records()[skipped:]]
        for each, skipped in zip((both.fast, both.plain), before, strict=True)
    ]
    assert kept[0] == kept[1]
    assert len(kept[0]) == 8
    assert [(record.said.purpose, len(record.said.session)) for record in kept[0][5:]] == [
        ("", 0),
        ("", 64),
        ("prefetch", 0),
    ]


NAMES = (
    *("Connection", "Cookie", "Host", "Referer", "User-Agent", "Range", "If-None-Match", "Expect", "HX-Request"),
    *("Upgrade", "Proxy-Connection", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "TE", "DNT"),
    *("Sec-Purpose", "Sec-Fetch-Mode", "Content-Type", "Origin", "Authorization", "X"),
)
VALUES = (
    *("", "x", "close", "keep-alive", "Keep-Alive, Upgrade", "localhost", "LOCALHOST:8000", "h2c", "websocket"),
    *("prefetch", "navigate", "bytes=0-3", "portal=abc", "language=en", "https", "192.0.2.7, 127.0.0.2"),
    *("localhost:9", "true", "trailers", "facebookexternalhit/1.1"),
)


@st.composite
def conversations(draw: st.DrawFn) -> tuple[list[tuple[str, bytes, bytes]], list[int]]:
    """Some requests for one connection, as (name of a link, before its code, after it), and where the bytes are cut."""
    requests = draw(st.lists(one_request(), min_size=1, max_size=4))
    return requests, draw(st.lists(st.integers(1, 900), max_size=3))


@st.composite
def one_request(draw: st.DrawFn) -> tuple[str, bytes, bytes]:
    name = draw(st.sampled_from(["open", "open", "open", "with a card", "recalled", "unknown"]))
    method = draw(st.sampled_from(["GET", "GET", "GET", "GET", "HEAD", "POST", "PUT", "OPTIONS", "BREW", "get"]))
    before = draw(
        st.sampled_from(["/r/", "/r/", "/r/", "/r/", "/R/", "//r/", "/r//", "http://localhost:8000/r/", "r/"])
    )
    query = draw(
        st.sampled_from(["", "", "", "?", "?a=b&c", "?a=%00%ff", "?a?b", "?a=b#c", "#c", "?é", "%20", ";x", "?\\^"])
    )
    version = draw(st.sampled_from(["1.1", "1.1", "1.1", "1.1", "1.0", "2.0", "0.9"]))
    headers = dict(BROWSER)
    headers |= draw(
        st.dictionaries(
            st.sampled_from(NAMES),
            st.sampled_from(VALUES),
            max_size=3,
        )
    )
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if draw(st.integers(0, 9)) == 0:
        lines.append(
            draw(st.sampled_from(["Host: localhost", "Accept: */*", "broken", ": empty", "Sp ace: x", "X : y"]))
        )
    body = draw(st.sampled_from([b"", b"", b"", b"", b"", b"hello"]))
    framing = draw(st.sampled_from(["length", "chunks", "both"])) if body or method in ("POST", "PUT") else ""
    if framing in ("length", "both"):
        lines.append(f"Content-Length: {len(body)}")
    if framing in ("chunks", "both"):
        lines.append("Transfer-Encoding: chunked")
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    tail = f"{query} HTTP/{version}\r\n" + "".join(f"{line}\r\n" for line in lines) + "\r\n"
    return name, f"{method} {before}".encode(), tail.encode() + body


@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(conversations())
def test_both_answer_alike_whatever_is_sent(
    both: Both, conversation: tuple[list[tuple[str, bytes, bytes]], list[int]]
) -> None:
    requests, cuts = conversation
    whole = b"".join(before + both.codes[name].encode() + after for name, before, after in requests) + LAST
    pieces, rest = [], whole
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    both.same(*[piece for piece in (*pieces, rest) if piece])


def test_answers_keep_the_order_of_their_requests(both: Both) -> None:
    """Known links are quick and unknown ones are not: pipelined, none may overtake another."""
    known, unknown = request(both.codes["open"]), request(both.codes["unknown"])
    said = both.same(known + unknown + known + known + unknown + LAST)
    assert re.findall(rb"HTTP/1.1 (\d+)", said) == [b"302", b"404", b"302", b"302", b"404", b"200"]


def test_a_reader_that_does_not_read_is_waited_for(both: Both) -> None:
    """Thousands of requests on one connection whose answers nobody reads, then all of them at once."""
    one, times = request(both.codes["open"]), 4000
    with socket.create_connection(("127.0.0.1", both.fast.port), timeout=20) as connection:
        sender = threading.Thread(target=connection.sendall, args=(one * times + LAST,))
        sender.start()
        threading.Event().wait(0.3)
        said = 0
        rest = b""
        while chunk := connection.recv(65536):
            said += (rest + chunk).count(b"HTTP/1.1 302")
            rest = chunk[-11:] if not chunk.endswith(b"HTTP/1.1 302") else b""
        sender.join()
    assert said == times


def test_behind_a_proxy_the_visitor_is_who_the_proxy_names(house: Settings, both: Both, tmp_path: Path) -> None:
    named, direct = [], []
    with ExitStack() as stack:
        for name in ("fast", "plain"):
            chosen = replace(house, journal_dir=str(tmp_path / name), trusted_proxies="127.0.0.1")
            started = running(stack, chosen, fast_path=name == "fast")
            code = both.codes["open"]
            started.say(request(code), LAST)
            started.came.clear()
            for address in ("192.0.2.7", "198.51.100.1, 192.0.2.7", "[2001:db8::1]:4711", "", "192.0.2.7:80"):
                started.say(request(code, X_Forwarded_For=address), LAST)
            assert started.came.count(f"GET /r/{code}") == (0 if name == "fast" else 5)
            first, *others = (record.visitor for record in started.records())
            direct.append(first)
            named.append(others)
    assert direct[0] == direct[1]
    assert named[0] == named[1]
    one, two, three, four, five = named[0]
    assert (one == two == five, four == direct[0], len({one, three, four})) == (True, True, 3)


def test_a_silent_connection_is_closed(house: Settings, both: Both, tmp_path: Path) -> None:
    with ExitStack() as stack:
        chosen = replace(house, journal_dir=str(tmp_path))
        started = running(stack, chosen, fast_path=True, keep_alive=1)
        started.say(request(both.codes["open"]), LAST)
        started.came.clear()
        said = started.say(request(both.codes["open"]), request(both.codes["open"]))
        assert (said.count(b"HTTP/1.1 302"), started.came) == (2, [])


def test_another_uvicorn_takes_the_ordinary_route_and_says_so(
    house: Settings, both: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fast.problem() == ""
    monkeypatch.setattr(uvicorn, "__version__", "0.55.1")
    code = both.codes["open"]
    with capture_logs() as said, ExitStack() as stack:
        started = running(stack, replace(house, journal_dir=str(tmp_path)), fast_path=True)
        for _ in range(2):
            assert started.say(request(code), LAST).startswith(b"HTTP/1.1 302")
        assert started.came.count(f"GET /r/{code}") == 2
    assert any("tested with uvicorn 0.54 and this is 0.55.1" in line["event"] for line in said)


def test_every_known_preview_program_is_looked_at_more_closely() -> None:
    listed = tomllib.loads((Path(__file__).parent / "user_agents.toml").read_text())["agent"]
    names = [each["name"] for each in listed if each["reason"] == "preview"]
    assert len(names) > 20
    assert [name for name in names if not fast.may_draw_previews(name.encode("latin-1", "replace"))] == []
    assert fast.may_draw_previews(BROWSER["User-Agent"].encode()) is False
