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
    screen = connected(wall, server, db, pairing.Wanted(name="Kantine"), by=bram)
    wall.until(f"{TITLE} == 'Bouw mee aan een huis per dag' && {SHARP}")

    with db.writing() as session:
        make.share(session, by=ana, on=first)
        activity.record(session, "shared", item_id=first.id)
    wall.until("document.querySelector('#side .note.on h2').textContent == 'Dankjewel, Ana!'", within=SOON)
    with db.writing() as session:
        make.item(session, campaign, title="Kom kijken in Gent", publish_at=clock.now(), picture_id=photo.id)
        activity.record(session, "item_live")
    wall.until(f"{TITLE} == 'Kom kijken in Gent'", within=SOON)
    looked_at(wall.screenshot(), (1920, 1080))

    server.stop()
    for title in ("Bouw mee aan een huis per dag", "Kom kijken in Gent"):
        wall.until(f"{TITLE} == {json.dumps(title)} && {SHARP}")
    with db.writing() as session:
        recall.take_back(session, get_item(session, first.id), by=None, note="Fout")
    again = Running(app, server.port)
    try:
        wall.until(f"!/Bouw mee aan|Ana/.test(document.body.textContent) && {SHARP}", within=RECOVERED)
        disconnected(wall, screen, db, by=bram)

        # The same browser as another player: upright, and for visitors.
        wall.begin_anew(width=1080, height=1920)
        wanted = pairing.Wanted(name="Receptie", audience="public", orientation="portrait")
        screen = connected(wall, again, db, wanted, by=bram)
        with db.writing() as session:
            open_day = make.item(session, campaign, title="Kom naar de open dag", picture_id=photo.id)
            make.share(session, by=session.get_one(Person, ana.id), on=open_day)
            activity.record(session, "item_live")
        wall.until(f"{TITLE} == 'Kom naar de open dag' && {SHARP}", within=SOON)
        assert wall.value("document.querySelector('#side .note.on h2').textContent") == "Dankjewel, collega!"
        looked_at(wall.screenshot(), (1080, 1920))
        with db.writing() as session:
            recall.take_back(session, get_item(session, open_day.id), by=None, note="Fout")
        wall.until("!/open dag/.test(document.querySelector('main').textContent)", within=SOON)
        disconnected(wall, screen, db, by=bram)
    finally:
        again.stop()
    assert wall.complaints == []


def connected(wall: OldChromium, server: Running, db: Database, wanted: pairing.Wanted, *, by: Person) -> Screen:
    """The screen that this player is from now on."""
    wall.goto(f"{server.url}/screen")
    code = wall.value("document.querySelector('.digits').getAttribute('aria-label')")
    with db.writing() as session:
        screen = pairing.pair(session, code, wanted, by=by)
    wall.until("document.body.dataset.state == 'wall'")
    return screen


def disconnected(wall: OldChromium, screen: Screen, db: Database, *, by: Person) -> None:
    with db.writing() as session:
        pairing.revoke(session, session.get_one(Screen, screen.id), by=session.get_one(Person, by.id))
    wall.until("document.body.dataset.state == 'revoked'", within=SOON)


def looked_at(png: bytes, size: tuple[int, int]) -> None:
    """Fail unless it is as large as the screen, and dark but for its QR code and its cards."""
    with Image.open(BytesIO(png)) as found:
        assert found.size == size
        small = found.convert("L").resize((192, 108))
        assert sum(small.histogram()[250:]) / (192 * 108) < 0.2
