"""A wall's event stream, over a real server: what it tells, how soon, and when it ends."""

import json
import re
import threading
import time
from collections.abc import Iterator
from queue import Queue
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from portal import activity, clock, web
from portal.campaigns import recall
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.people.models import Person
from portal.screens import events, pairing
from portal.screens.models import Screen
from tests import make
from tests.screens.running import PATIENCE, Running

TOKEN = "s" * 43


class Listener:
    """A player's end of the stream: events as (kind, data, id), then None when it ended."""

    def __init__(self, server: Running, **headers: str) -> None:
        self.heard: Queue[tuple[str, Any, str] | None] = Queue()
        self.raw = b""
        self.status: Queue[tuple[int, dict[str, str]]] = Queue()
        self.client = httpx2.Client(timeout=30, trust_env=False)
        self.thread = threading.Thread(
            target=self._listen, args=(f"{server.url}/screen/{TOKEN}/events", headers), daemon=True
        )
        server.listeners.append(self.thread)
        self.thread.start()
        self.code, self.headers = self.status.get(timeout=PATIENCE)

    def _listen(self, address: str, headers: dict[str, str]) -> None:
        buffer = ""
        try:
            with self.client.stream("GET", address, headers=headers) as answer:
                self.status.put((answer.status_code, dict(answer.headers)))
                for chunk in answer.iter_bytes():
                    self.raw += chunk
                    *whole, buffer = (buffer + chunk.decode()).split("\n\n")
                    for block in whole:
                        fields = dict(line.split(": ", 1) for line in block.split("\n"))
                        self.heard.put((fields["event"], json.loads(fields["data"]), fields.get("id", "")))
        except httpx2.HTTPError:
            pass
        finally:
            self.client.close()
            self.heard.put(None)

    def next(self) -> tuple[str, Any, str] | None:
        return self.heard.get(timeout=PATIENCE)

    def beaten(self) -> "Listener":
        """Once the first beat is here: from now on nothing is missed."""
        first = self.next()
        assert first is not None
        assert first[0] == "beat"
        return self

    def refused(self) -> bool:
        """Whether there was no stream at all."""
        return self.code == 401 and self.next() is None


@pytest.fixture
def server(app: Starlette) -> Iterator[Running]:
    running = Running(app)
    yield running
    running.stop()


@pytest.fixture
def screen_id(db: Database) -> int:
    with db.writing() as session:
        row = Screen(name="Kantine", token_hash=web.token_hash(TOKEN), paired_at=clock.now())
        session.add(row)
    return row.id


@pytest.fixture
def listener(server: Running, screen_id: int) -> Listener:
    return Listener(server)


def test_it_begins_with_a_sign_of_life_that_names_the_release(listener: Listener) -> None:
    assert listener.code == 200
    assert listener.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (listener.headers["x-accel-buffering"], listener.headers.get("content-encoding")) == ("no", None)
    beat = listener.next()
    assert beat is not None
    assert beat[0] == "beat"
    assert re.fullmatch(r"[0-9a-f]{12}", beat[1]["release"])
    assert re.search(rb"^retry: \d{4,5}$", listener.raw, re.M)


@pytest.mark.parametrize("kind", sorted(events.KINDS_THAT_SHOW))
def test_what_shows_on_a_wall_is_told_at_once(listener: Listener, db: Database, kind: str) -> None:
    listener.beaten()
    with db.writing() as session:
        activity.record(session, kind, item_id=1, people=10)
    told = listener.next()
    assert told is not None
    assert told[0] == "changed"


def test_a_recalled_item_is_told_from_another_process(listener: Listener, db: Database) -> None:
    listener.beaten()
    elsewhere = Database(db.url.render_as_string(hide_password=False))
    try:
        with elsewhere.writing() as session:
            item = make.item(session)
            recall.take_back(session, get_item(session, item.id), by=None, note="Fout")
        told = listener.next()
        assert told is not None
        assert told[0] == "changed"
    finally:
        elsewhere.dispose()


def test_other_screens_affairs_are_not_told(listener: Listener, db: Database, screen_id: int) -> None:
    listener.beaten()
    with db.writing() as session:
        activity.record(session, "screen_changed", screen_id=screen_id + 1)
        activity.record(session, "screen_revoked", screen_id=screen_id + 1)
        activity.record(session, "screen_paired", screen_id=screen_id + 1)
    with db.writing() as session:
        activity.record(session, "screen_changed", screen_id=screen_id)
    with db.reading() as session:
        last = activity.last_id(session)
    assert listener.next() == ("changed", {}, str(last))


def test_a_flood_is_told_once_or_twice(listener: Listener, db: Database) -> None:
    listener.beaten()
    for _share in range(50):
        with db.writing() as session:
            activity.record(session, "shared", item_id=1)
    with db.reading() as session:
        last = activity.last_id(session)
    told = []
    while not told or told[-1] != str(last):
        event = listener.next()
        assert event is not None
        told.append(event[2])
    assert len(told) < 10


def test_a_player_that_was_away_hears_what_it_missed(server: Running, screen_id: int, db: Database) -> None:
    with db.writing() as session:
        activity.record(session, "shared", item_id=1)
    with db.reading() as session:
        last = activity.last_id(session)
    with db.writing() as session:
        activity.record(session, "item_recalled", item_id=1)
    heard = Listener(server, **{"Last-Event-ID": str(last)})
    kinds = {told[0]: told[2] for told in (heard.next(), heard.next()) if told}
    assert kinds == {"beat": "", "changed": str(last + 1)}


def test_a_revoked_screens_stream_ends_and_does_not_come_back(
    server: Running, listener: Listener, screen_id: int, db: Database
) -> None:
    listener.beaten()
    with db.writing() as session:
        bram = make.person(session, role="editor")
        pairing.revoke(session, session.get_one(Screen, screen_id), by=session.get_one(Person, bram.id))
    began = time.monotonic()
    told = listener.next()
    assert told is not None
    assert told[0] == "revoked"
    assert listener.next() is None
    assert time.monotonic() - began < 5
    assert Listener(server).refused()


def test_nobody_without_a_connected_screen_may_listen(server: Running, app: Starlette) -> None:
    assert Listener(server).refused()
    assert httpx2.get(f"{server.url}/screen/x/events", trust_env=False).status_code == 401


def test_a_stopping_server_says_goodbye_and_is_gone_soon(app: Starlette, screen_id: int) -> None:
    running = Running(app)
    heard = Listener(running).beaten()
    began = time.monotonic()
    running.stop()
    told = heard.next()
    assert told is not None
    assert told[0] == "bye"
    assert heard.next() is None
    assert time.monotonic() - began < 5
    found = re.search(rb"event: bye\nretry: (\d+)\n", heard.raw)
    assert found is not None
    assert 1000 <= int(found[1]) <= 10_000


@pytest.mark.parametrize("breaks", ["\n\nevent: admin\ndata: x", "\r\revent: admin", "\r\n\r\n", "\u2028\u2029\x85"])
def test_nothing_in_an_event_can_start_another(breaks: str) -> None:
    sent = events.encoded("changed", {"title": f"x{breaks}", breaks: 1}, id=7, retry=2000).decode()
    assert sent.endswith("\n\n")
    lines = sent[:-2].split("\n")
    assert [line.split(": ")[0] for line in lines] == ["event", "id", "retry", "data"]
    assert lines[0] == "event: changed"
    assert json.loads(lines[3].removeprefix("data: ")) == {"title": f"x{breaks}", breaks: 1}
    assert re.search("[\r\u2028\u2029\x85]", sent) is None


@pytest.mark.parametrize("kind", ["", "two words", "x\ndata: y", "beat:"])
def test_an_event_has_a_name_of_ours(kind: str) -> None:
    with pytest.raises(ValueError, match="not the name of an event"):
        events.encoded(kind, {})
