"""A film as it goes to players: whole, in parts, and never more of it in memory than is being read."""

import asyncio
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import event
from starlette.applications import Starlette

from portal import clock
from portal.database import Database
from portal.screens import films
from portal.screens.models import Film
from tests.client import Client, in_a_loop

BODY = bytes(range(256)) * 5000
PIECES = -(-len(BODY) // films.LARGEST_PIECE)
FOUND = 1
"""Views of the database in which a request learns that there is such a film."""


@pytest.fixture
def address(db: Database) -> str:
    film = Film(digest=sha256(BODY).hexdigest(), media_type="video/mp4", body=BODY, created_at=clock.now())
    with db.writing() as session:
        session.add(film)
    return films.address(film)


@pytest.fixture
def read(db: Database) -> Iterator[list[object]]:
    """Every view of the database that was had: one to find the film, and one for each piece of a whole one."""
    seen: list[object] = []
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_of: object) -> None:
        statements.append(statement.lower())

    def note_view(connection: object) -> None:
        seen.append(connection)

    event.listen(db.reader, "begin", note_view)
    event.listen(db.reader, "before_cursor_execute", note)
    yield seen
    event.remove(db.reader, "begin", note_view)
    event.remove(db.reader, "before_cursor_execute", note)
    # SQLite has all of a film in memory before it cuts something off.
    cut = [statement for statement in statements if "substr(film.body" in statement]
    assert bool(cut) is not db.is_sqlite


def test_a_whole_film_comes_in_pieces_and_a_head_reads_none(client: Client, address: str, read: list[object]) -> None:
    head = client.http.head(address, headers={"range": "bytes=0-9"})
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(BODY)))
    assert (head.headers["content-type"], head.headers["accept-ranges"], len(read)) == ("video/mp4", "bytes", FOUND)
    for asked in ({}, {"range": "lines=1-2"}, {"range": "bytes=0-1,4-5"}, {"range": "bytes=0-", "if-range": '"x"'}):
        read.clear()
        whole = client.get(address, headers={"accept-encoding": "gzip"} | asked)
        assert (whole.status_code, whole.headers["content-length"], len(read)) == (200, str(len(BODY)), FOUND + PIECES)
        assert (whole.content == BODY, whole.headers["etag"]) == (True, head.headers["etag"])
        assert "content-range" not in whole.headers
    read.clear()
    part = client.get(address, headers={"range": "bytes=1000000-", "if-range": head.headers["etag"]})
    assert (part.status_code, part.content == BODY[1_000_000:], len(read)) == (206, True, FOUND)
    first = client.get(address, headers={"range": "bytes=0-"})
    assert first.headers["content-range"] == f"bytes 0-{films.LARGEST_PIECE - 1}/{len(BODY)}"


def test_of_a_film_that_is_not_taken_one_piece_is_read(app: Starlette, address: str, read: list[object]) -> None:
    headers = [(b"host", b"localhost:8000")]
    scope = {"type": "http", "method": "GET", "path": address, "query_string": b"", "headers": headers}
    scope |= {"scheme": "http", "http_version": "1.1", "root_path": "", "client": ("127.0.0.1", 1)}

    async def run() -> list[int]:
        is_taken, came = asyncio.Event(), bytearray()
        said: list[int] = []

        async def receive() -> dict[str, Any]:
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: dict[str, Any]) -> None:
            came.extend(message.get("body", b""))
            if came and not is_taken.is_set():
                said.append(len(read))
                is_taken.set()
                for _ in range(100):  # everything else has its turn, and nothing is read meanwhile
                    await asyncio.sleep(0)
                said.append(len(read))

        await app({**scope, "asgi": {"version": "3.0", "spec_version": "2.4"}}, receive, send)  # type: ignore[arg-type]
        assert came == BODY
        return [*said, len(read)]

    assert in_a_loop(run) == [FOUND + 1, FOUND + 1, FOUND + PIECES]
