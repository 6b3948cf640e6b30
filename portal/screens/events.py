"""The live half of a wall: an event stream that says when to look again, and ends when it should."""

import json
import random
import re
from typing import Any

import anyio
from anyio.abc import TaskGroup
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from portal.activity import Event, Tail
from portal.stopping import Stopping

BEAT = 15.0
"""Seconds between two signs of life; a player that misses three opens a new stream."""
GIVE_UP = 20.0
"""Seconds a player may leave its stream unread before it is let go."""
AT_MOST_EVERY = 0.5
"""Seconds between two changes told: a flood of shares makes one reload, not hundreds."""
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


def encoded(kind: str, data: dict[str, Any], *, id: int | None = None, retry: int | None = None) -> bytes:
    """One event on the wire. Whatever `data` holds, it cannot end the event or start another.

    `kind` is a word of ours; `retry` is the wait before a reconnect, in milliseconds.
    """
    if not re.fullmatch(r"[a-z]+", kind):
        raise ValueError(f"{kind!r} is not the name of an event")
    lines = [f"event: {kind}"]
    if id is not None:
        lines.append(f"id: {int(id)}")
    if retry is not None:
        lines.append(f"retry: {int(retry)}")
    # JSON has no raw line breaks; splitting keeps that true for whatever else a parser may take for one.
    lines += [f"data: {line}" for line in re.split(r"[\r\n\u0085\u2028\u2029]", json.dumps(data))]
    return ("\n".join(lines) + "\n\n").encode()


def concerns(event: Event, screen_id: int) -> bool:
    """Whether the wall of this screen looks different after `event`."""
    if event.kind in ("screen_changed", "screen_revoked"):
        return event.screen_id == screen_id
    return event.kind in KINDS_THAT_SHOW


class WallStream(Response):
    """Tells one wall that something changed, from the log's tail. `is_paired` is asked at every beat.

    Ends after the screen is revoked, when the server stops, when the player leaves or no longer reads.
    """

    def __init__(
        self,
        *,
        screen_id: int,
        after: int | None,
        tail: Tail,
        stopping: Stopping,
        is_paired: Any,
        release: str,
    ) -> None:
        super().__init__(media_type="text/event-stream")
        del self.headers["content-length"]
        self.headers["Cache-Control"] = "no-cache, no-store"
        self.headers["X-Accel-Buffering"] = "no"
        self._screen_id, self._after, self._tail = screen_id, after, tail
        self._stopping, self._is_paired, self._release = stopping, is_paired, release
        self._newest: int | None = None
        self._news = anyio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._send, self._turn = send, anyio.Lock()
        if self._after is None:
            # Before the player hears anything: it looks at its slides then, and what comes later is told.
            self._after = await self._tail.end()
        with anyio.move_on_after(GIVE_UP):
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._until_left, receive, tasks)
            tasks.start_soon(self._until_stopped, tasks)
            tasks.start_soon(self._follow, tasks)
            tasks.start_soon(self._tell, tasks)
            tasks.start_soon(self._beat, tasks)
        with anyio.move_on_after(1):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _until_left(self, receive: Receive, tasks: TaskGroup) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        tasks.cancel_scope.cancel()

    async def _until_stopped(self, tasks: TaskGroup) -> None:
        await self._stopping.wait()
        # Spread over ten seconds, so that a restarted server is not met by every wall at once.
        await self._say("bye", {}, tasks, retry=random.randint(1000, 10_000))  # noqa: S311 - only a spread
        tasks.cancel_scope.cancel()

    async def _follow(self, tasks: TaskGroup) -> None:
        async for event in self._tail.follow(self._after):
            if not concerns(event, self._screen_id):
                continue
            if event.kind == "screen_revoked":
                await self._say("revoked", {}, tasks, id=event.id)
                tasks.cancel_scope.cancel()
                return
            self._newest = event.id
            self._news.set()

    async def _tell(self, tasks: TaskGroup) -> None:
        while True:
            await self._news.wait()
            self._news = anyio.Event()
            await self._say("changed", {}, tasks, id=self._newest)
            await anyio.sleep(AT_MOST_EVERY)

    async def _beat(self, tasks: TaskGroup) -> None:
        retry: int | None = random.randint(2000, 6000)  # noqa: S311 - only a spread
        while await self._is_paired():
            await self._say("beat", {"release": self._release}, tasks, retry=retry)
            retry = None
            await anyio.sleep(BEAT)
        await self._say("revoked", {}, tasks)
        tasks.cancel_scope.cancel()

    async def _say(
        self,
        kind: str,
        data: dict[str, Any],
        tasks: TaskGroup,
        *,
        id: int | None = None,
        retry: int | None = None,
    ) -> None:
        body = encoded(kind, data, id=id, retry=retry)
        with anyio.move_on_after(GIVE_UP) as patience:
            async with self._turn:
                await self._send({"type": "http.response.body", "body": body, "more_body": True})
        if patience.cancelled_caught:
            tasks.cancel_scope.cancel()
