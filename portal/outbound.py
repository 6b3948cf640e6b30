"""The one way out: every request this server makes goes through here and reaches public addresses only.

A name is resolved once, every address it has must be public, and the connection goes to the address that was
checked, so a second answer of the name server is never used. Redirects pass the same check. Only hosts the operator
named in the settings, such as the identity provider, may be elsewhere.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from queue import SimpleQueue
from typing import Any

import httpcore2
import httpx2

from portal import settings
from portal.i18n import gettext as _

MOST_REDIRECTS = 4
LARGEST_ANSWER = 2_000_000
LONGEST = 10.0
"""Seconds for a whole fetch, redirects and body included."""
USER_AGENT = "Passalong (employee advocacy portal; fetches pages its editors name)"

RESOLVERS = 8
"""Threads that ask for the addresses of names, for each of the two kinds of hosts."""

Resolve = Callable[[str, int], list[str]]

# What may be reached: allocated unicast space (IANA registries of special-purpose addresses, 2026), minus its
# special ranges. `ipaddress.is_global` is not used: ranges that lead inside pass it.
_IPV6_UNICAST = ipaddress.ip_network("2000::/3")
_SPECIAL = [
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
        *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        *("224.0.0.0/4", "240.0.0.0/4"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
]
_NAME = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]")


class Refused(Exception):
    """The address may not be asked. The message is a sentence for whoever typed it."""


class RefusedOnTheWay(Refused):
    """The address was asked, and sent us on to one that may not be."""


class Failed(Exception):
    """The address was asked and did not answer properly."""


@dataclass(frozen=True)
class Answer:
    status: int
    url: str
    """Where the answer came from, after redirects."""
    headers: httpx2.Headers
    body: bytes
    is_cut: bool
    """Whether there was more than the limit."""


def is_public(address: str) -> bool:
    """Whether an IP address is one anybody on the internet may be asked at."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if parsed.version == 6 and parsed not in _IPV6_UNICAST:
        return False
    return not any(parsed in network for network in _SPECIAL if network.version == parsed.version)


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, by the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_rest, address in found))


class _Resolvers:
    """Threads that ask the system's resolver, which cannot be told to hurry: whoever waits may leave, they stay.

    However many names never get an answer, they hold no more than these threads and nobody longer than their deadline.
    """

    def __init__(self, most: int) -> None:
        self._most, self._lock, self._started = most, threading.Lock(), 0
        self._asked: SimpleQueue[tuple[Future[list[str]], Resolve, str, int]] = SimpleQueue()

    def ask(self, resolve: Resolve, host: str, port: int) -> Future[list[str]]:
        """What `resolve` will answer. Cancelled before its turn it is not asked any more."""
        future: Future[list[str]] = Future()
        self._asked.put((future, resolve, host, port))
        with self._lock:
            if self._started < self._most:
                self._started += 1
                threading.Thread(target=self._work, name="resolver", daemon=True).start()
        return future

    def _work(self) -> None:
        while True:
            future, resolve, host, port = self._asked.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(resolve(host, port))
            except Exception as error:  # whatever it is, it is told to whoever waits
                future.set_exception(error)


# Apart, so that names people type cannot keep the hosts waiting that the portal lives by, such as the one to sign in.
_for_trusted, _for_anybody = _Resolvers(RESOLVERS), _Resolvers(RESOLVERS)


@dataclass(frozen=True)
class Policy:
    """Which connections may be made. `trusted` holds `host:port` pairs the operator vouches for."""

    trusted: frozenset[str] = frozenset()
    resolve: Resolve = field(default=resolve)

    def check(self, url: str) -> httpx2.URL:
        """The parsed address if it may be asked. Raises Refused. Does not resolve the name yet."""
        if any(letter.isspace() or ord(letter) < 33 or letter == "\\" for letter in url):
            raise Refused(_("The address holds characters that do not belong in one."))
        try:
            parsed = httpx2.URL(url)
        except (httpx2.InvalidURL, ValueError):
            raise Refused(_("This is not a web address.")) from None
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise Refused(_("Only addresses that begin with http:// or https:// can be fetched."))
        if parsed.userinfo:
            raise Refused(_("An address with a user name in it cannot be fetched."))
        self._check_host(parsed.host, parsed.port or _default_port(parsed.scheme))
        return parsed

    def address_for(self, host: str, port: int, *, until: float) -> str:
        """The address to connect to. Raises Refused when any address of the name is not public, and Failed."""
        asked = self._ask(host, port)
        with _failures_of(host):
            try:
                found = asked.result(_left(until))
            finally:
                asked.cancel()
        return self._chosen(host, port, found)

    async def address_for_async(self, host: str, port: int, *, until: float) -> str:
        """As address_for, without a thread that waits."""
        asked = self._ask(host, port)
        with _failures_of(host):
            found = await asyncio.wait_for(asyncio.wrap_future(asked), _left(until))
        return self._chosen(host, port, found)

    def _ask(self, host: str, port: int) -> Future[list[str]]:
        resolvers = _for_trusted if self._check_host(host, port) else _for_anybody
        if not _is_address(host):
            return resolvers.ask(self.resolve, host, port)
        known: Future[list[str]] = Future()
        known.set_result([host])
        return known

    def _chosen(self, host: str, port: int, found: list[str]) -> str:
        if not found:
            raise Failed(_("There is no website called %(host)s.", host=host))
        if not self._check_host(host, port) and not all(is_public(address) for address in found):
            raise Refused(_("This address leads inside a private network."))
        return found[0]

    def _check_host(self, host: str, port: int) -> bool:
        """Whether the operator vouches for this host and port; Refused when it must not be asked at all."""
        if f"{host}:{port}" in self.trusted:
            return True
        if port not in (80, 443):
            raise Refused(_("Only the usual ports 80 and 443 can be fetched from."))
        if _is_address(host):
            if not is_public(host):
                raise Refused(_("This address leads inside a private network."))
        elif not _NAME.fullmatch(host.lower()) or re.fullmatch(r"(0x)?[0-9a-f]*\d", host.rsplit(".")[-1].lower()):
            # Names end in letters; what ends in a number is an address in one of its old spellings.
            raise Refused(_("This is not the name of a website."))
        return False


@contextmanager
def _failures_of(host: str) -> Iterator[None]:
    """Says in a sentence what kept a name from being resolved."""
    try:
        yield
    except TimeoutError:
        raise Failed(_("The website did not answer in time.")) from None
    except OSError:
        raise Failed(_("There is no website called %(host)s.", host=host)) from None


def usual_policy() -> Policy:
    """For addresses that people type: what is public, and the hosts inside that the operator named."""
    return Policy(trusted=frozenset(settings.current().reachable_hosts))


@cache
def _trust() -> ssl.SSLContext:
    """The certificates this machine trusts, read once: that takes longer than many a fetch."""
    return ssl.create_default_context()


class _InTime(httpcore2.NetworkStream):
    """A connection until a moment: what a limit for each read cannot promise when a byte comes now and then."""

    def __init__(self, inner: httpcore2.NetworkStream, until: float) -> None:
        self._inner, self._until = inner, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._until))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, _left(self._until))
        return _InTime(inner, self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, policy: Policy, until: float) -> None:
        self._policy, self._until, self._inner = policy, until, httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        address = self._policy.address_for(host, port, until=self._until)
        stream = self._inner.connect_tcp(address, port, _left(self._until), local_address, socket_options)
        return _InTime(stream, self._until)


class _AsyncBackend(httpcore2.AsyncNetworkBackend):
    def __init__(self, policy: Policy) -> None:
        self._policy, self._inner = policy, httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        until = time.monotonic() + (LONGEST if timeout is None else timeout)
        address = await self._policy.address_for_async(host, port, until=until)
        return await self._inner.connect_tcp(address, port, _left(until), local_address, socket_options)


class AsyncTransport(httpx2.AsyncHTTPTransport):
    """For libraries that bring their own asynchronous client: hand it over as `transport`."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(verify=_trust(), trust_env=False)
        self._policy = policy
        self._pool = httpcore2.AsyncConnectionPool(ssl_context=_trust(), network_backend=_AsyncBackend(policy))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            self._policy.check(str(request.url))
            return await super().handle_async_request(request)
        except (Refused, Failed) as error:
            raise httpx2.ConnectError(str(error), request=request) from error


class _Transport(httpx2.HTTPTransport):
    def __init__(self, policy: Policy, until: float) -> None:
        super().__init__(verify=_trust(), trust_env=False)
        self._pool = httpcore2.ConnectionPool(ssl_context=_trust(), network_backend=_Backend(policy, until))


def fetch(
    url: str,
    *,
    policy: Policy | None = None,
    headers: dict[str, str] | None = None,
    limit: int = LARGEST_ANSWER,
    seconds: float = LONGEST,
) -> Answer:
    """GET an address somebody typed. Raises Refused or Failed, each with a sentence in the current language.

    Never more than `limit` bytes of body and `seconds` in all, however slowly the other side sends.
    """
    policy = policy or usual_policy()
    until = time.monotonic() + seconds
    sent = {"User-Agent": USER_AGENT, "Accept": "*/*"} | (headers or {})
    with httpx2.Client(transport=_Transport(policy, until), trust_env=False, follow_redirects=False) as client:
        for hop in range(MOST_REDIRECTS + 1):
            try:
                target = policy.check(url)
                with _told(), client.stream("GET", target, headers=sent, timeout=_left(until)) as response:
                    if response.is_redirect and "location" in response.headers:
                        url = str(response.url.join(response.headers["location"]))
                        continue
                    return _answer(response, limit)
            except Refused as refused:
                raise (RefusedOnTheWay(str(refused)) if hop else refused) from None
    raise Failed(_("The website sends visitors around in circles."))


def post(
    url: str,
    body: bytes,
    *,
    headers: dict[str, str],
    policy: Policy | None = None,
    limit: int = 4_000,
    seconds: float = LONGEST,
) -> Answer:
    """POST `body` to an address somebody else chose. A redirect is an answer like any other: nobody is sent on.

    Raises Refused and Failed, as `fetch` does, and keeps to `limit` and `seconds` as it does.
    """
    policy = policy or usual_policy()
    until = time.monotonic() + seconds
    sent = {"User-Agent": USER_AGENT} | headers
    target = policy.check(url)
    with (
        httpx2.Client(transport=_Transport(policy, until), trust_env=False, follow_redirects=False) as client,
        _told(),
        client.stream("POST", target, content=body, headers=sent, timeout=_left(until)) as response,
    ):
        return _answer(response, limit)


@contextmanager
def _told() -> Iterator[None]:
    """Says in a sentence what kept a website from answering."""
    try:
        yield
    except httpx2.TimeoutException:
        raise Failed(_("The website did not answer in time.")) from None
    except (httpx2.HTTPError, httpx2.InvalidURL, ssl.SSLError) as error:
        raise Failed(_("The website could not be reached.")) from error


def _answer(response: httpx2.Response, limit: int) -> Answer:
    body, is_cut = _read(response, limit)
    return Answer(response.status_code, str(response.url), response.headers, body, is_cut)


def _read(response: httpx2.Response, limit: int) -> tuple[bytes, bool]:
    body = bytearray()
    for chunk in response.iter_bytes(16_384):
        body += chunk
        if len(body) > limit:
            return bytes(body[:limit]), True
    return bytes(body), False


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise Failed(_("The website did not answer in time."))
    return left


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80
