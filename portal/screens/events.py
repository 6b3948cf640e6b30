"""What goes over a wall's event stream: events that nothing in them can end, as bytes that are made once."""

import json
import re
from typing import Any, NamedTuple

BEAT = 15.0
"""Seconds between two signs of life; a player that misses three opens a new stream."""
GIVE_UP = 20.0
"""Seconds a player may leave its stream unread before it is let go."""
AT_MOST_EVERY = 0.5
"""Seconds between two changes told: a flood of shares makes one new picture, not hundreds."""
KINDS_THAT_SHOW = frozenset(
    {
        "item_live",
        "item_ended",
        "item_recalled",
        "share_opened",
        "shared",
        "share_confirmed",
        "milestone",
        "campaign_changed",
        "board_changed",
    }
)
"""What changes how walls look, but not which of them look alike."""

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-store",
    "X-Accel-Buffering": "no",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Of every answer that is a stream. The policy is its own, without the secret a page's policy has: all begin alike."""


class Told(NamedTuple):
    """An event as it goes to many streams: by itself, and as the chunk that carries it in HTTP/1.1."""

    plain: bytes
    chunk: bytes


def told(
    kind: str | None, data: dict[str, Any] | bytes | None, *, id: int | None = None, retry: int | None = None
) -> Told:
    """The event of these, see `encoded`."""
    plain = encoded(kind, data, id=id, retry=retry)
    return Told(plain, b"%x\r\n%b\r\n" % (len(plain), plain))


def encoded(
    kind: str | None, data: dict[str, Any] | bytes | None, *, id: int | None = None, retry: int | None = None
) -> bytes:
    """One event on the wire. Whatever `data` holds, it cannot end the event or start another.

    `kind` is a word of ours, or None with no data for what the browser keeps to itself; `data` is made JSON unless it
    already is; `retry` is the wait before a reconnect, in milliseconds.
    """
    lines: list[bytes] = []
    if kind is not None:
        if not re.fullmatch(r"[a-z]+", kind):
            raise ValueError(f"{kind!r} is not the name of an event")
        lines.append(b"event: %b" % kind.encode())
    if id is not None:
        lines.append(b"id: %d" % id)
    if retry is not None:
        lines.append(b"retry: %d" % retry)
    if data is not None:
        text = data if isinstance(data, bytes) else json.dumps(data).encode()
        # JSON has no raw line breaks; splitting keeps that true for whatever else a parser may take for one.
        lines += [b"data: %b" % line for line in re.split(_BREAKS, text)]
    return b"\n".join(lines) + b"\n\n"


_BREAKS = re.compile(rb"\r\n|[\r\n]|\xc2\x85|\xe2\x80[\xa8\xa9]")
