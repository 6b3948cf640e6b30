"""The gateway: what it refuses, what it allows, and that it connects to the address it checked."""

import asyncio
import http.server
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ClassVar

import httpx2
import pytest

from portal import outbound
from portal.outbound import Failed, Policy, Refused
from portal.paths import data

pytestmark = pytest.mark.once

REFUSED = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://0/",
    "http://169.254.169.254/",
    "http://100.64.0.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[fd00::1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://203.0.113.9/",
    "http://good.example\\@127.0.0.1/",
    "http://good.example@127.0.0.1/",
    "http://user:pass@good.example/",
    "http://good.example:25/",
    "http://good.example:6379/",
    "file:///etc/passwd",
    "gopher://good.example/",
    "ftp://good.example/",
    "dict://good.example/",
    "data:text/plain,x",
    "javascript:alert(1)",
    "http://good.example/\r\nHost: x",
    "http:///",
    "//good.example/",
    "http://intranet/",
    "",
]


@pytest.mark.parametrize("url", REFUSED)
def test_refused(url: str) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.215.14"]

    with pytest.raises(Refused):
        outbound.fetch(url, policy=Policy(resolve=resolve))
    assert asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://good.example/",
        "https://www.good.example:443/a?b=c",
        "http://8.8.8.8/",
        "http://[2606:4700::1111]/",
    ],
)
def test_allowed(url: str) -> None:
    assert str(Policy().check(url)).startswith("http")


def test_a_name_that_leads_inside_is_refused() -> None:
    for found in (["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["::1"], ["93.184.215.14", "fe80::1"]):
        policy = Policy(resolve=partial(lambda answer, host, port: answer, found))
        with pytest.raises(Refused):
            outbound.fetch("http://good.example/", policy=policy)


class _Site(http.server.BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/inside":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/canary")
        elif self.path == "/circle":
            self.send_response(302)
            self.send_header("Location", "/circle")
        else:
            self.send_response(200)
        self.end_headers()
        if self.path == "/large":
            self.wfile.write(b"x" * 300_000)
        elif self.path == "/plain":
            self.wfile.write(b"hello")

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever, args=[0.02])  # looks for its end that often
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def named(port: int, resolved: list[str] | None = None) -> Policy:
    """Trusts one made-up name, which resolves to this machine; everything else keeps the rules."""

    def resolve(host: str, number: int) -> list[str]:
        if resolved is not None:
            resolved.append(host)
        return ["127.0.0.1"]

    return Policy(trusted=frozenset({f"site.example:{port}"}), resolve=resolve)


def test_fetches_what_it_may(site: int) -> None:
    answer = outbound.fetch(f"http://site.example:{site}/plain", policy=named(site))
    assert (answer.status, answer.body, answer.is_cut) == (200, b"hello", False)


def test_a_redirect_inside_is_refused(site: int) -> None:
    with pytest.raises(Refused):
        outbound.fetch(f"http://site.example:{site}/inside", policy=named(site))


def test_circles_end(site: int) -> None:
    with pytest.raises(Failed):
        outbound.fetch(f"http://site.example:{site}/circle", policy=named(site))


def test_bodies_are_cut(site: int) -> None:
    answer = outbound.fetch(f"http://site.example:{site}/large", policy=named(site), limit=1000)
    assert (len(answer.body), answer.is_cut) == (1000, True)


def test_the_name_is_resolved_once(site: int) -> None:
    resolved: list[str] = []
    outbound.fetch(f"http://site.example:{site}/plain", policy=named(site, resolved))
    assert resolved == ["site.example"]


@pytest.fixture
def silent() -> Iterator[Policy]:
    """A name server that never answers, until the end of the test."""
    over = threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        over.wait()
        return ["93.184.215.14"]

    yield Policy(trusted=frozenset({"trusted.example:80"}), resolve=resolve)
    over.set()


def test_a_name_server_that_never_answers_is_left_in_time(silent: Policy) -> None:
    began = time.monotonic()
    with pytest.raises(Failed) as failed:
        outbound.fetch("http://silent.example/", policy=silent, seconds=0.2)
    assert (str(failed.value), time.monotonic() - began < 2) == ("De website antwoordde niet op tijd.", True)


def test_it_is_left_in_time_by_an_asynchronous_client_too(silent: Policy) -> None:
    async def ask() -> str:
        async with httpx2.AsyncClient(transport=outbound.AsyncTransport(silent), timeout=0.2) as client:
            with pytest.raises(httpx2.ConnectError) as failed:
                await client.get("http://trusted.example/")
            return str(failed.value)

    with ThreadPoolExecutor(1) as apart:  # a loop may run here already, of a browser that another test needs
        assert apart.submit(asyncio.run, ask()).result() == "De website antwoordde niet op tijd."


def test_many_that_hang_hold_few_threads_and_keep_nobody_trusted_waiting(silent: Policy, site: int) -> None:
    def ask(number: int) -> str:
        with pytest.raises(Failed) as failed:
            outbound.fetch(f"http://silent{number}.example/", policy=silent, seconds=0.3)
        return str(failed.value)

    with ThreadPoolExecutor(30) as pool:
        said = set(pool.map(ask, range(30)))
        held = sum(thread.name == "resolver" for thread in threading.enumerate())
    assert (said, held <= 2 * outbound.RESOLVERS) == ({"De website antwoordde niet op tijd."}, True)
    assert outbound.fetch(f"http://site.example:{site}/plain", policy=named(site)).body == b"hello"


def test_once_the_name_server_is_back_everything_goes_on() -> None:
    policy = Policy(resolve=lambda host, port: ["10.0.0.1"])
    with pytest.raises(Refused):
        outbound.fetch("http://good.example/", policy=policy, seconds=5)


def test_no_other_module_makes_requests() -> None:
    """One place closes this class of hole; a client anywhere else would open it again."""
    users = {
        path.name
        for path in data("portal").rglob("*.py")
        if any(word in path.read_text() for word in ("httpx2.Client", "httpx2.AsyncClient", "httpx2.get", "urlopen"))
    }
    assert users == {"outbound.py"}
