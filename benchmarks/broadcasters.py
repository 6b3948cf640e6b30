"""The servers `benchmarks.screens` compares: the portal with its hub, a raw write loop, and sse-starlette.

Each runs in a process of its own, started as `python -m benchmarks.broadcasters KIND JSON`. A line with a number on its
standard input makes it tell every stream something new with that number in it; it answers with a line that holds the
moment it began: for the portal when the change was committed, for the others when they start to send.
"""

import asyncio
import json
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import uvicorn
from sqlalchemy import event, func, insert, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

import portal.app
import portal.models
from benchmarks import run
from portal import activity, clock, logs, migrations, server, settings, web
from portal.campaigns.models import Item
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.screens.hub import Hub
from portal.screens.models import Screen
from tests import make

SECRET = "0123456789abcdef" * 4
ITEMS = 8
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def mark(number: int) -> str:
    """The word by which a player knows the change of that number."""
    return f"mark{number:08}"


def token(number: int) -> str:
    """What opens the wall of the screen with that number."""
    return f"{number:043}"


def path(number: int) -> str:
    return f"/screen/{token(number)}/events"


def main() -> None:
    kind, given = sys.argv[1], json.loads(sys.argv[2])
    kinds: dict[str, Callable[..., None]] = {
        each.__name__: each for each in (hub, write_loop, sse_starlette, redirects)
    }
    kinds[kind](**given)


def numbers() -> Iterator[int]:
    for line in sys.stdin:
        yield int(line)


def say(**words: Any) -> None:
    print(json.dumps(words), flush=True)


def fill(database: Database, screens: int) -> str:
    """Screens and something for them to show; the code of a tracked link."""
    with database.writing() as db:
        make.organisation(db)
        campaign = make.campaign(db)
        for _ in range(ITEMS):
            make.item(db, campaign, title=f"Timmerman in Zwolle {mark(0)}")
        item = make.item(db, campaign)
        link = make.link(db, by=make.person(db), on=item)
        link.created_at = clock.now() - timedelta(hours=1)
        rows = [
            {"name": f"Scherm {number}", "token_hash": web.token_hash(token(number)), "paired_at": clock.now()}
            for number in range(screens)
        ]
        db.execute(insert(Screen), rows)
        return link.code


def change(database: Database, item_id: int, number: int) -> float:
    """An edited item, as an approved edit would tell; the moment at which that was committed."""
    moments: list[float] = []
    with database.writing() as db:
        # Who follows the log wakes before this function ends, and may have told everybody by then.
        event.listen(db, "after_commit", lambda _: moments.append(time.perf_counter()))
        item = get_item(db, item_id)
        for text in item.texts:
            text.title = f"Timmerman in Zwolle {mark(number)}"
        activity.record(db, "item_live", item_id=item_id)
    return moments[0]


def hub(*, port: int, url: str, folder: str, screens: int, rhythm: dict[str, float]) -> None:
    """The portal; `rhythm` is how its hub is to differ from what it is in offices."""
    logs.set_up("json")
    chosen = settings.load(
        {}, database_url=url, data_dir=Path(folder), port=port, base_url=f"http://localhost:{port}", secret=SECRET
    )
    migrations.upgrade(url)
    if rhythm:
        vars(portal.app)["Hub"] = partial(Hub, **cast(Any, rhythm))
    app = portal.app.create_app(chosen, background=False)
    database: Database = app.state.database
    code = fill(database, screens)
    with database.reading() as db:
        item_id = db.scalars(select(func.min(Item.id))).one()

    def follow() -> None:
        for number in numbers():
            say(at=change(database, item_id, number))

    def ready() -> None:
        threading.Thread(target=follow, daemon=True).start()
        say(code=code)

    sys.exit(server.serve(app, chosen, server.listen(chosen), ready=ready))


def write_loop(*, port: int, size: int) -> None:
    """No server at all: sockets, and a loop that writes the same bytes to each."""
    server.raise_file_limit()
    listening = socket.create_server(("127.0.0.1", port), backlog=2048)
    streams: list[socket.socket] = []

    def let_in() -> None:
        while True:
            stream, _ = listening.accept()
            if not stream.recv(65536):  # somebody who only wanted to know whether there is a server
                stream.close()
                continue
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as the portal's connections have it
            stream.sendall(HEAD + _chunk(0, size))
            streams.append(stream)

    threading.Thread(target=let_in, daemon=True).start()
    say()
    for number in numbers():
        began, event = time.perf_counter(), _chunk(number, size)
        for stream in streams:
            stream.sendall(event)
        say(at=began)


def _chunk(number: int, size: int) -> bytes:
    event = b"event: state\ndata: %b\n\n" % _data(number, size).encode()
    return b"%x\r\n%b\r\n" % (len(event), event)


def _data(number: int, size: int) -> str:
    return mark(number).ljust(size, "x")


def sse_starlette(*, port: int, size: int) -> None:
    """sse-starlette as its documentation has it, with a queue for each stream."""
    from sse_starlette import EventSourceResponse, ServerSentEvent  # noqa: PLC0415 (only this one needs it)

    server.raise_file_limit()
    queues: set[asyncio.Queue[str]] = set()

    async def events(request: Request) -> Response:
        queue: asyncio.Queue[str] = asyncio.Queue()
        queue.put_nowait(_data(0, size))
        queues.add(queue)

        async def told() -> AsyncIterator[ServerSentEvent]:
            try:
                while True:
                    yield ServerSentEvent(data=await queue.get(), event="state")
            finally:
                queues.discard(queue)

        return EventSourceResponse(told())

    def tell(number: int) -> None:
        began, data = time.perf_counter(), _data(number, size)
        for queue in queues:
            queue.put_nowait(data)
        say(at=began)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def follow() -> None:
            for number in numbers():
                loop.call_soon_threadsafe(tell, number)

        threading.Thread(target=follow, daemon=True).start()
        say()
        yield

    routes = [Route("/screen/{token}/events", events), Route("/", lambda request: PlainTextResponse(""))]
    app = Starlette(routes=routes, lifespan=lifespan)
    uvicorn.run(app, port=port, access_log=False, log_level="error", backlog=2048, timeout_graceful_shutdown=1)


def redirects(*, port: int, code: str, times: int) -> None:
    """No server but a visitor of one, a hundred times a second: 99 of 100 redirects took no longer than `p99_ms`."""
    said, took = run.request(f"/r/{code}", port).encode(), []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        due = time.perf_counter()
        for _ in range(times):
            due += 0.01
            time.sleep(max(0.0, due - time.perf_counter()))
            began = time.perf_counter()
            connection.sendall(said)
            if not connection.recv(65536).startswith(b"HTTP/1.1 302"):
                raise SystemExit("A redirect was not answered.")
            took.append(time.perf_counter() - began)
    say(p99_ms=round(sorted(took)[times * 99 // 100] * 1000, 3))


if __name__ == "__main__":
    main()
