"""The outermost layer: which hosts we answer to, how much and how long a request may be, headers on every answer."""

import asyncio
import secrets
import time
from collections.abc import MutableMapping
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.settings import Settings

LARGEST_HEAD = 32_768
"""Bytes of request line and headers together."""
WHOLE_BODY = 30.0
"""Seconds in which the whole of a request's body must have arrived."""

_PLAIN = [(b"content-type", b"text/plain; charset=utf-8")]


class Door:
    """Refuses what no handler should see, gives each request its nonce, and logs it without its secrets."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.hosts = settings.hosts
        self.headers = _headers(settings)
        self.log = structlog.get_logger("request")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce
        began, status = time.perf_counter(), 0

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(message, nonce)
                kept = scope["state"].get("answer")
                if kept is not None:  # a redirect that may be given again without coming by here
                    kept.learn(message["status"], message["headers"])
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await _answer(dressed, *refusal)
        else:
            body = _InTime(receive)
            try:
                await self.app(scope, body.receive, dressed)
            except _TooSlow:
                if status == 0:
                    await _answer(dressed, 408, "The request took too long to arrive. Please try again.")
        route = scope.get("route")
        self.log.info(
            "answered",
            method=scope["method"],
            route=getattr(route, "path", "-"),
            status=status,
            ms=round((time.perf_counter() - began) * 1000, 1),
        )

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = scope["headers"]
        if sum(len(name) + len(value) + 4 for name, value in headers) + len(scope.get("raw_path", b"")) > LARGEST_HEAD:
            return 431, "The request's headers are too large."
        named = [value for name, value in headers if name == b"host"]
        if len(named) != 1 or _host_name(named[0]) not in self.hosts:
            return 400, "This server does not answer to that host name."
        if scope["method"] not in ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"):
            return 405, "That method is not understood here."
        return None

    def _dress(self, message: MutableMapping[str, Any], nonce: str) -> None:
        headers = MutableHeaders(raw=message.setdefault("headers", []))
        for name, value in self.headers:
            headers.setdefault(name, value)
        headers.setdefault("Content-Security-Policy", policy(nonce))
        if message["status"] == 405 and "allow" not in headers:
            headers["Allow"] = "GET, HEAD, POST"


def policy(
    nonce: str,
    *,
    frame_ancestors: str = "'none'",
    frame_src: str = "'none'",
    form_action: str = "'self'",
    base_uri: str = "'none'",
    media_src: str = "'none'",
) -> str:
    """What a page of ours may load: only from here, and only scripts that carry the answer's nonce."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action {form_action}; object-src 'none'; "
        f"base-uri {base_uri}; media-src {media_src}; frame-src {frame_src}; frame-ancestors {frame_ancestors}"
    )


def _headers(settings: Settings) -> list[tuple[str, str]]:
    fixed = [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), clipboard-write=(self)"),
    ]
    if settings.is_https:
        fixed.append(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))
    return fixed


def _host_name(value: bytes) -> str:
    """The host without its port, "" for anything that is not plainly a host."""
    text = value.decode("latin-1").lower()
    if any(letter in text for letter in "/@?#\\ \t,"):
        return ""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]


class _TooSlow(Exception):
    pass


class _InTime:
    """Passes the body on until its time is up. After the body, waiting for a disconnect has no limit."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._until = time.monotonic() + WHOLE_BODY
        self._complete = False

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.001, self._until - time.monotonic()))
        except TimeoutError:
            raise _TooSlow from None
        self._complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message


async def _answer(send: Send, status: int, sentence: str) -> None:
    body = sentence.encode()
    headers = [*_PLAIN, (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
