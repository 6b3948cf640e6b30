"""The player in a real Chromium 80, the engine of office players and televisions of 2020, and what it may not use."""

import json
import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image
from starlette.applications import Starlette

from portal import activity, clock
from portal.campaigns import pictures, recall
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.paths import data
from portal.people.models import Person
from portal.screens import pairing
from portal.screens.models import Playlist, Screen, Slide
from tests import make
from tests.campaigns.drawing import picture
from tests.screens.old_chromium import OldChromium
from tests.screens.running import Running

SCRIPTS = ("wall-plain", "wall-clock", "wall-slides", "wall")
SOON = 2.0
"""Seconds in which a wall shows what happened."""
RECOVERED = 10.0
TITLE = "(document.querySelector('.layer.above h1') || {}).textContent"
SHARP = """Array.prototype.every.call(document.querySelectorAll('.layer.above img'),
  (image) => image.complete && image.naturalWidth > 0)"""
LATER_THAN_79 = {
    "?.": r"\?\.(?!\d)",
    "??": r"\?\?",
    "assignment": r"(?:\|\||&&)=",
    "private": r"#[a-z]\w*\s*[(=;]|\.#",
    "separator": r"\d_\d",
    "modules": r"\b(?:import|export|await|async)\b",
    "static block": r"\bstatic\s*{",
    "methods": r"\.(?:at\([\d-]|replaceAll|replaceChildren|any\(|hasOwn|findLast|toSorted|toReversed|with\()",
    "globals": r"\b(?:structuredClone|WeakRef|AggregateError|AbortSignal\.timeout|randomUUID|queueMicrotask)\b",
}


@pytest.mark.once
def test_the_scripts_hold_nothing_that_came_after_chromium_79() -> None:
    for name in SCRIPTS:
        script = data("static", "js", f"{name}.js").read_text()
        bare = re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'", "", script, flags=re.S)
        found = {what: re.findall(pattern, bare) for what, pattern in LATER_THAN_79.items()}
        assert (name, {what: each for what, each in found.items() if each}) == (name, {})
        if name == "wall-plain":
            assert re.findall(r"=>|\b(?:let|const|class)\b|`|\bfetch\b|\bPromise\b", bare) == []


@pytest.fixture
def wall() -> Iterator[OldChromium]:
    with OldChromium() as browser:
        yield browser


@pytest.fixture
def server(app: Starlette) -> Iterator[Running]:
    running = Running(app)
    yield running
    running.stop()


@pytest.mark.once
@pytest.mark.node
@pytest.mark.old_engine
def test_it_pairs_plays_reacts_and_recovers(app: Starlette, server: Running, db: Database, wall: OldChromium) -> None:
    assert wall.engine.startswith("HeadlessChrome/80.")
    for name in SCRIPTS:
        assert wall.parses(data("static", "js", f"{name}.js").read_text()) == ""

    with db.writing() as session:
        playlist = Playlist(name="Huis", is_house=True, created_at=clock.now())
        session.add(playlist)
        session.flush()
        session.add(Slide(playlist_id=playlist.id, position=1, kind="newest", seconds=2))
        campaign = make.campaign(session)
        photo = pictures.store(session, picture())
        first = make.item(session, campaign, title="Bouw mee aan een huis per dag", picture_id=photo.id)
        ana = make.person(session, "Ana Dekker", wall_name=True)
        bram = make.person(session, "Bram de Wit", role="editor")
    wall.goto(f"{server.url}/screen")
    code = wall.value("document.querySelector('.digits').getAttribute('aria-label')")
    with db.writing() as session:
        screen = pairing.pair(session, code, pairing.Wanted(name="Kantine"), by=bram)
    wall.until("document.body.dataset.state == 'wall'")
    wall.until(f"{TITLE} == 'Bouw mee aan een huis per dag' && {SHARP}")

    with db.writing() as session:
        make.share(session, by=ana, on=first)
        activity.record(session, "shared", item_id=first.id)
    wall.until("document.querySelector('#side .note.on h2').textContent == 'Dankjewel, Ana!'", within=SOON)
    with db.writing() as session:
        make.item(session, campaign, title="Kom kijken in Gent", publish_at=clock.now(), picture_id=photo.id)
        activity.record(session, "item_live")
    wall.until(f"{TITLE} == 'Kom kijken in Gent'", within=SOON)
    size, share_of_white = looked_at(wall.screenshot())
    assert size == (1920, 1080)
    assert share_of_white < 0.2

    server.stop()
    for title in ("Bouw mee aan een huis per dag", "Kom kijken in Gent"):
        wall.until(f"{TITLE} == {json.dumps(title)} && {SHARP}")
    with db.writing() as session:
        recall.take_back(session, get_item(session, first.id), by=None, note="Fout")
    again = Running(app, server.port)
    try:
        wall.until(f"!/Bouw mee aan|Ana/.test(document.body.textContent) && {SHARP}", within=RECOVERED)
        with db.writing() as session:
            pairing.revoke(session, session.get_one(Screen, screen.id), by=session.get_one(Person, bram.id))
        wall.until("document.body.dataset.state == 'revoked'", within=SOON)
    finally:
        again.stop()
    assert wall.complaints == []


def looked_at(png: bytes) -> tuple[tuple[int, int], float]:
    """The size of a picture, and what part of it is white: a wall is dark but for its QR code and its cards."""
    with Image.open(BytesIO(png)) as found:
        small = found.convert("L").resize((192, 108))
        return found.size, sum(small.histogram()[250:]) / (192 * 108)
