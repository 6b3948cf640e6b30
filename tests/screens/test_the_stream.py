"""A wall's event stream, over a real server: what it tells, how soon, and when it ends."""

import json
import re
import threading
import time
from queue import Queue
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from portal import activity, clock, web
from portal.campaigns import recall
from portal.campaigns.models import Item
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.people.models import Person
from portal.screens import events, pairing
from portal.screens.models import Screen
from tests import make
from tests.screens.running import PATIENCE, Running

TOKEN = "s" * 43


class Listener:
    """A player's end of the stream: events as (kind, data, id) without the beats, then None when it ended."""

    def __init__(self, server: Running, **headers: str) -> None:
        self.heard: Queue[tuple[str, Any, str] | None] = Queue()
        self.raw = b""
        self.status: Queue[tuple[int, dict[str, str]]] = Queue()
        self.client = httpx2.Client(timeout=30, trust_env=False)
        address, headers = f"{server.url}/screen/{TOKEN}/events", {"Host": "localhost:8000"} | headers
        self.thread = threading.Thread(target=self._listen, args=(address, headers), daemon=True)
        server.listeners.append(self.thread)
        self.thread.start()
        self.code, self.headers = self.status.get(timeout=PATIENCE)

    def _listen(self, address: str, headers: dict[str, str]) -> None:
        try:
            with self.client.stream("GET", address, headers=headers) as answer:
                self.status.put((answer.status_code, dict(answer.headers)))
                buffer = b""
                for chunk in answer.iter_bytes():
                    self.raw += chunk
                    *whole, buffer = (buffer + chunk).split(b"\n\n")
                    for block in whole:
                        fields = dict(line.split(": ", 1) for line in block.decode().split("\n"))
                        if fields.get("event", "beat") != "beat":
                            self.heard.put((fields["event"], json.loads(fields["data"]), fields.get("id", "")))
        except httpx2.HTTPError:
            pass
        finally:
            self.client.close()
            self.heard.put(None)

    def next(self) -> tuple[str, Any, str] | None:
        return self.heard.get(timeout=PATIENCE)

    def state(self) -> dict[str, Any]:
        """The state that comes next."""
        told = self.next()
        assert told is not None
        assert told[0] == "state"
        state: dict[str, Any] = told[1]
        return state

    def shows(self, words: str) -> dict[str, Any]:
        """The first state to come that has these words."""
        while words not in json.dumps(state := self.state()):
            pass
        return state

    def refused(self) -> bool:
        """Whether there was no stream at all."""
        return self.code == 401 and self.next() is None


def publish(session: Any, title: str) -> Item:
    """A live item, told as approving it would."""
    item = make.item(session, title=title)
    activity.record(session, "item_live", item_id=item.id)
    return item


@pytest.fixture
def screen_id(db: Database) -> int:
    with db.writing() as session:
        row = Screen(name="Kantine", token_hash=web.token_hash(TOKEN), paired_at=clock.now())
        session.add(row)
    return row.id


@pytest.fixture
def listener(server: Running, screen_id: int) -> Listener:
    return Listener(server)


def test_it_begins_with_the_whole_state(listener: Listener) -> None:
    assert listener.code == 200
    assert listener.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (listener.headers["x-accel-buffering"], listener.headers.get("content-encoding")) == ("no", None)
    state = listener.state()
    assert (state["state"], bool(state["release"]), isinstance(state["slides"], list)) == ("wall", True, True)
    assert re.search(rb"^retry: \d{4}$", listener.raw, re.M)


def test_what_goes_live_anywhere_is_shown_within_two_seconds_and_what_is_recalled_is_gone(
    server: Running, listener: Listener, db: Database
) -> None:
    listener.state()
    elsewhere = Database(db.url.render_as_string(hide_password=False))
    try:
        with elsewhere.writing() as session:
            item_id = publish(session, "Timmerman gezocht").id
        began = time.monotonic()
        listener.shows("Timmerman gezocht")
        assert time.monotonic() - began < 2
        with elsewhere.writing() as session:
            recall.take_back(session, get_item(session, item_id), by=None, note="Fout")
        began = time.monotonic()
        assert "Timmerman gezocht" not in json.dumps(listener.state())
        assert time.monotonic() - began < 2
    finally:
        elsewhere.dispose()


def test_a_title_that_looks_like_an_event_stays_within_one(listener: Listener, db: Database) -> None:
    listener.state()
    with db.writing() as session:
        publish(session, "Rood\n\nevent: admin\ndata: x")
    state = listener.shows("Rood")
    assert "admin" in json.dumps(state)
    assert re.search(rb"^event: admin", listener.raw, re.M) is None


def test_what_changes_nothing_is_not_told(listener: Listener, db: Database, screen_id: int) -> None:
    listener.state()
    for kind in ("screen_changed", "screen_revoked", "screen_paired"):
        with db.writing() as session:
            activity.record(session, kind, screen_id=screen_id + 1)
    with db.writing() as session:
        publish(session, "Open dag")
    with db.reading() as session:
        last = activity.last_id(session)
    told = listener.next()
    assert told is not None
    assert (told[0], "Open dag" in json.dumps(told[1]), told[2]) == ("state", True, str(last))


def test_a_changed_screen_gets_the_state_of_its_new_group(listener: Listener, db: Database, screen_id: int) -> None:
    with db.writing() as session:
        publish(session, "Houten huizen")
    listener.state()
    with db.writing() as session:
        session.get_one(Screen, screen_id).language = "en"
        activity.record(session, "screen_changed", screen_id=screen_id)
    listener.shows("Houten huizen (en)")


def test_a_flood_is_told_a_few_times_and_ends_with_the_newest(listener: Listener, db: Database) -> None:
    listener.state()
    for number in range(50):
        with db.writing() as session:
            publish(session, f"Nieuws {number:02}.")
    told = 1
    while "Nieuws 49." not in json.dumps(listener.state()):
        told += 1
    assert told < 12


def test_a_player_that_was_away_gets_the_whole_state(server: Running, screen_id: int, db: Database) -> None:
    with db.writing() as session:
        publish(session, "Gemist")
    for last in ("1", "999999", "-1", "x"):
        assert "Gemist" in json.dumps(Listener(server, **{"Last-Event-ID": last}).state())


def test_a_revoked_screens_stream_ends_and_does_not_come_back(
    server: Running, listener: Listener, screen_id: int, db: Database
) -> None:
    listener.state()
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
    heard = Listener(running)
    heard.state()
    began = time.monotonic()
    running.stop()
    told = heard.next()
    assert told is not None
    assert told[0] == "bye"
    assert heard.next() is None
    assert time.monotonic() - began < 2
    found = re.search(rb"event: bye\nretry: (\d+)\n", heard.raw)
    assert found is not None
    assert 1000 <= int(found[1]) <= 10_000


@pytest.mark.parametrize("breaks", ["\n\nevent: admin\ndata: x", "\r\revent: admin", "\r\n\r\n", "\u2028\u2029\x85"])
def test_nothing_in_an_event_can_start_another(breaks: str) -> None:
    data = {"title": f"x{breaks}", breaks: 1}
    sent = events.encoded("state", data, id=7, retry=2000).decode()
    assert sent.endswith("\n\n")
    lines = sent[:-2].split("\n")
    assert [line.split(": ")[0] for line in lines] == ["event", "id", "retry", "data"]
    assert lines[0] == "event: state"
    assert json.loads(lines[3].removeprefix("data: ")) == data
    assert re.search("[\r\u2028\u2029\x85]", sent) is None
    raw = events.encoded("state", f"x{breaks}y".encode())[:-2].decode()
    assert {line.split(": ")[0] for line in re.split("[\r\n\u2028\u2029\x85]", raw)} == {"event", "data"}


@pytest.mark.parametrize("kind", ["", "two words", "x\ndata: y", "beat:"])
def test_an_event_has_a_name_of_ours(kind: str) -> None:
    with pytest.raises(ValueError, match="not the name of an event"):
        events.encoded(kind, {})
