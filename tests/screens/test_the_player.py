"""A display in a real browser: it pairs, reacts, and outlives its server with nobody touching it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, CDPSession, Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from portal import activity, clock
from portal.campaigns import recall
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.people.models import Organisation, Person
from portal.screens import pairing
from portal.screens.models import Film, Play, Playlist, Screen, Slide, UrgentMessage, UrgentScreen
from tests import make
from tests.screens.running import Running

pytestmark = pytest.mark.browser
SOON = 2000
"""Milliseconds in which a wall shows what happened."""
RESTART = 30_000
NIGHT = re.compile(r"\bnight\b")


@pytest.fixture
def server(app: Starlette) -> Iterator[Running]:
    running = Running(app)
    yield running
    running.stop()


@pytest.fixture
def player(browser: Browser, server: Running) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="nl-NL", reduced_motion="reduce")
    context.set_default_timeout(8000)
    page = context.new_page()
    page.goto(f"{server.url}/screen")
    yield page
    context.close()


def pair(player: Page, db: Database, **values: Any) -> Screen:
    code = player.locator(".digits").get_attribute("aria-label") or ""
    with db.writing() as session:
        bram = make.person(session, "Bram de Wit", role="editor")
        wanted = pairing.Wanted(name="Kantine", place="Zwolle", audience="staff", language="nl", **values)
        screen = pairing.pair(session, code, wanted, by=bram)
    expect(player.locator("body")).to_have_attribute("data-state", "wall", timeout=8000)
    return screen


def test_it_shows_its_wall_reacts_at_once_and_outlives_a_restart(
    app: Starlette, player: Page, server: Running, db: Database
) -> None:
    refused: list[str] = []
    player.on("console", lambda said: refused.append(said.text) if "Content Security" in said.text else None)
    with db.writing() as session:
        campaign = make.campaign(session)
        item = make.item(session, campaign, title="Bouw mee aan een huis per dag")
        ana = make.person(session, "Ana Dekker", wall_name=True)
    screen = pair(player, db)
    title, side = player.locator(".layer.above h1"), player.locator("#side")
    expect(title).to_have_text("Bouw mee aan een huis per dag")

    with db.writing() as session:
        make.share(session, by=ana, on=item)
        activity.record(session, "shared", item_id=item.id)
    expect(side.locator(".note.on h2")).to_have_text("Dankjewel, Ana!", timeout=SOON)

    with db.writing() as session:
        make.item(session, campaign, title="Kom kijken in Gent", publish_at=clock.now())
        activity.record(session, "item_live")
    expect(title).to_have_text("Kom kijken in Gent", timeout=SOON)

    server.stop()
    expect(title).to_have_text(re.compile("Kom kijken in Gent|Bouw mee"))
    with db.writing() as session:
        recall.take_back(session, get_item(session, item.id), by=None, note="Fout")
    again = Running(app, server.port)
    try:
        expect(side).not_to_contain_text("Ana", timeout=RESTART)
        expect(title).to_have_text("Kom kijken in Gent", timeout=RESTART)
        with db.writing() as session:
            bram = session.scalars(select(Person).where(Person.role == "editor")).one()
            pairing.revoke(session, session.get_one(Screen, screen.id), by=bram)
        # By name: while two slides fade there are two headings.
        expect(player.get_by_role("heading", name="Dit scherm is losgekoppeld")).to_be_visible(timeout=RESTART)
    finally:
        again.stop()
    assert refused == []


@pytest.mark.once
@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920), (1280, 720), (1024, 768)])
def test_nothing_leaves_the_screen_and_axe_is_content(player: Page, db: Database, width: int, height: int) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        for title in (
            "Kort",
            "Werkvoorbereiders en productiemedewerkers openen samen de vernieuwde montagehal " * 2,
        ):
            make.item(session, campaign, title=title.strip(), place="Kantoor Gent, derde verdieping")
    player.set_viewport_size({"width": width, "height": height})
    assert Axe().run(player).violations_count == 0
    pair(player, db)
    for number in range(2):
        player.goto(f"{player.url.partition('?')[0]}?slide={number}")
        assert Axe().run(player).violations_count == 0
        scan = player.locator(".layer.above .scan").bounding_box()
        message = player.locator(".layer.above .message").bounding_box()
        assert scan is not None
        assert message is not None
        assert message["y"] + message["height"] <= scan["y"]
        moved = 0.005 * min(width, height)  # the whole picture moves that much, so that nothing burns in
        for part in (".layer.above .scan", ".layer.above .message", ".clock", "#side", ".house"):
            box = player.locator(part).bounding_box()
            assert box is not None
            assert box["x"] >= 0.0499 * width - moved
            assert box["x"] + box["width"] <= 0.9501 * width + moved
            assert box["y"] >= 0.0499 * height - moved
            assert box["y"] + box["height"] <= 0.9501 * height + moved


@pytest.mark.once
def test_it_plays_by_weight_day_and_hour_also_when_nobody_answers(
    app: Starlette, browser: Browser, server: Running, db: Database
) -> None:
    """Saturday evening and the night in which the clock goes back, on a player whose own clock is years behind."""
    evening = datetime(2026, 10, 24, 19, 50, tzinfo=UTC)
    with time_machine.travel(evening), browser.new_context(viewport={"width": 1920, "height": 1080}) as context:
        with db.writing() as session:
            plays(
                session,
                {"title_nl": "Vaak", "weight": 3},
                {"title_nl": "Soms"},
                {"title_nl": "Ook"},
                {"title_nl": "Dan"},
                {"title_nl": "Nachtploeg", "from_minute": 22 * 60, "until_minute": 120, "weekdays": "6"},
            )
        player = context.new_page()
        player.clock.install(time=datetime(2023, 1, 2, 3, 4, tzinfo=UTC))
        player.goto(f"{server.url}/screen")
        screen = pair(player, db, night_from=23, night_until=6)
        title, face = player.locator(".layer.above h1"), player.locator(".clock time")
        expect(face).to_have_text("21:50")
        expect(player.locator("body")).not_to_have_class(NIGHT)
        with db.writing() as session:
            begins = evening + timedelta(minutes=5)
            message = UrgentMessage(title="Verzamel buiten", starts_at=begins, ends_at=begins + timedelta(minutes=2))
            session.add(message)
            session.flush()
            session.add(UrgentScreen(urgent_message_id=message.id, screen_id=screen.id))
            activity.record(session, "screen_changed", screen_id=screen.id)
        turned(player, 6)
        assert sorted(turned(player, 12)) == ["Dan"] * 2 + ["Ook"] * 2 + ["Soms"] * 2 + ["Vaak"] * 6

        server.stop()
        until(player, "21:55")
        for _turn in range(3):
            expect(title).to_have_text("Verzamel buiten")
            player.clock.fast_forward(10_000)
        until(player, "21:57")
        assert set(turned(player, 6)) == {"Vaak", "Soms", "Ook", "Dan"}
        until(player, "22:00")
        assert "Nachtploeg" in turned(player, 8)
        until(player, "01:30")
        expect(player.locator("body")).to_have_class(NIGHT)
        assert "Nachtploeg" in turned(player, 8)
        until(player, "02:30")
        assert "Nachtploeg" not in turned(player, 8)
        player.clock.fast_forward(40 * 60_000)
        expect(face).to_have_text(re.compile("02:1"))  # for the second time: the clock has gone back
        expect(player.locator(".as-of .since")).to_have_text(re.compile("21:5[0-4]"))


@pytest.mark.once
def test_what_cannot_be_shown_is_left_out_and_told(app: Starlette, player: Page, server: Running, db: Database) -> None:
    """A film that cannot be decoded is skipped, a missing picture leaves the scene, and plays are reported."""
    player.clock.install()
    player.route("**/pictures/**", lambda route: route.abort())
    with db.writing() as session:
        film = Film(digest="f" * 64, media_type="video/mp4", body=b"no film at all", created_at=clock.now())
        session.add(film)
        session.flush()
        plays(
            session,
            {"title_nl": "Film", "kind": "video", "film_id": film.id},
            {"title_nl": "Welkom", "picture_digest": "a" * 64},
            {"title_nl": "Morgen taart"},
        )
    player.reload()
    screen = pair(player, db)
    assert set(turned(player, 6)) == {"Welkom", "Morgen taart"}
    expect(player.locator(".layer.above .slide")).to_have_class(re.compile(r"\bbare\b"))
    with player.expect_response(re.compile("/seen$")) as answered:
        player.clock.fast_forward(70_000)
    assert answered.value.status == 204
    with db.reading() as session:
        told = session.get_one(Screen, screen.id)
        assert (told.width, told.height, told.showing[:1]) == (1920, 1080, "s")
        played = session.execute(select(Play.subject, func.sum(Play.times)).group_by(Play.subject)).all()
    assert (min(times for _subject, times in played) >= 2, len(played)) == (True, 2)


@pytest.mark.once
def test_a_new_release_is_loaded_as_soon_as_it_can_be(player: Page, db: Database) -> None:
    player.add_init_script("Math.random = () => 0")  # the first of those who would load it, one after the other
    player.clock.install()
    pair(player, db)
    player.clock.fast_forward(31_000)
    before = player.locator("body").get_attribute("data-release")
    with player.expect_navigation(), db.writing() as session:
        session.scalars(select(Organisation)).one().version += 1
        activity.record(session, "board_changed")
    expect(player.locator("body")).not_to_have_attribute("data-release", before or "")
    expect(player.locator(".layer.above h1")).to_be_visible()


RECORDED = """() => new Promise((done) => {
  const canvas = document.createElement("canvas"), brush = canvas.getContext("2d"), parts = [];
  const recorder = new MediaRecorder(canvas.captureStream(10), { mimeType: "video/webm;codecs=vp8" });
  recorder.ondataavailable = (event) => parts.push(event.data);
  recorder.onstop = () => new Blob(parts).arrayBuffer().then((all) => done(Array.from(new Uint8Array(all))));
  recorder.start();
  let drawn = 0;
  const drawing = setInterval(() => {
    brush.fillStyle = drawn % 2 ? "teal" : "orange";
    brush.fillRect(0, 0, canvas.width, canvas.height);
    if (++drawn > 12) { clearInterval(drawing); recorder.stop(); }
  }, 100);
})"""


@pytest.mark.once
def test_a_film_plays_without_sound_and_ends_by_itself(player: Page, db: Database) -> None:
    body = bytes(player.evaluate(RECORDED))
    with db.writing() as session:
        film = Film(digest=sha256(body).hexdigest(), media_type="video/webm", body=body, created_at=clock.now())
        session.add(film)
        session.flush()
        plays(
            session,
            {"title_nl": "Film", "kind": "video", "film_id": film.id, "seconds": 600},
            {"title_nl": "Morgen taart", "seconds": 1},
        )
    pair(player, db)
    title, video = player.locator(".layer.above h1"), player.locator(".layer.above video")
    expect(title).to_have_text("Film")
    playing = "film => new Promise((go) => { film.ontimeupdate = () => film.currentTime > 0.2 && go(true); })"
    assert video.evaluate(playing)
    assert video.evaluate("film => [film.muted, film.loop, film.error]") == [True, False, None]
    for shown in ("Morgen taart", "Film", "Morgen taart"):
        expect(title).to_have_text(shown, timeout=8000)


@pytest.mark.once
@pytest.mark.parametrize("trouble", ["too old", "does not load", "breaks"])
def test_a_player_too_old_for_the_script_turns_through_all_slides(player: Page, db: Database, trouble: str) -> None:
    with db.writing() as session:
        plays(session, {"title_nl": "Een"}, {"title_nl": "Twee"}, {"title_nl": "Drie"})
    pair(player, db)
    if trouble == "too old":
        player.add_init_script("delete window.EventSource")
    else:
        spoiled = "let ]" if trouble == "breaks" else ""
        player.route("**/js/wall.js?*", lambda route: route.fulfill(body=spoiled, content_type="text/javascript"))
    player.clock.install()
    player.reload()
    seen = []
    for _turn in range(4):
        seen.append(player.locator(".layer.above h1").inner_text())
        with player.expect_navigation():
            player.clock.fast_forward(11_000)
    assert (seen[:3], seen[3]) == (["Een", "Twee", "Drie"], "Een")


@pytest.mark.once
def test_a_day_of_slides_leaves_nothing_behind(player: Page, db: Database) -> None:
    with db.writing() as session:
        plays(session, *({"title_nl": f"Bericht {number}", "seconds": 180} for number in range(12)))
    pair(player, db)
    player.clock.install()
    player.reload()
    player.evaluate(
        "() => { window.turns = 0; new MutationObserver(() => window.turns++).observe("
        "document.querySelector('.layer'), { childList: true }); }"
    )
    measure = player.context.new_cdp_session(player)
    measure.send("Performance.enable")
    pass_time(player, timedelta(hours=1))
    before = measured(measure)
    pass_time(player, timedelta(hours=24))
    after = measured(measure)
    assert player.evaluate("window.turns") > 400
    assert after["Nodes"] <= before["Nodes"] + 100
    assert after["JSEventListeners"] <= before["JSEventListeners"] + 5
    # The test's own clock keeps a list of every jump; one forgotten slide a turn would be several times as much.
    assert after["JSHeapUsedSize"] <= before["JSHeapUsedSize"] + 1_000_000


def pass_time(player: Page, time: timedelta) -> None:
    """One slide after the other."""
    for _slide in range(time // timedelta(minutes=3)):
        player.clock.fast_forward(180_000)


def measured(session: CDPSession) -> dict[str, float]:
    session.send("HeapProfiler.collectGarbage")
    return {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}


def plays(session: Session, *slides: dict[str, Any]) -> None:
    """The house's playlist, of these slides."""
    row = Playlist(name="Huis", is_house=True, created_at=clock.now())
    session.add(row)
    session.flush()
    for place, values in enumerate(slides):
        session.add(Slide(playlist_id=row.id, position=place, **{"kind": "announcement", "seconds": 10} | values))


def turned(player: Page, times: int, *, seconds: int = 10) -> list[str]:
    """The titles of so many turns, each another than the one before."""
    title, titles = player.locator(".layer.above h1"), []
    for _turn in range(times):
        before = title.inner_text()
        player.clock.fast_forward(1000 * seconds)
        expect(title).not_to_have_text(before)
        titles.append(title.inner_text())
    return titles


def until(player: Page, time: str) -> None:
    """Time passes in the player until its clock says so."""
    face = player.locator(".clock time")
    now, wanted = (datetime.strptime(text, "%H:%M").astimezone(UTC) for text in (face.inner_text(), time))
    player.clock.fast_forward(1000 * ((wanted - now).seconds // 60 * 60))
    expect(face).to_have_text(time)
