"""Whether a wall can be read from afar: every kind of slide, with the longest words, on screens of every shape."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from portal import activity, clock
from portal.campaigns import pictures
from portal.database import Database
from portal.handbook.models import Duty
from portal.people.models import Account
from portal.recognition import weekly
from portal.recognition.models import ShareOfTheWeek
from portal.screens.models import SLIDE_KINDS, Film, UrgentMessage, UrgentScreen
from tests import make
from tests.screens.test_the_player import RECORDED, pair, plays

pytestmark = [pytest.mark.browser, pytest.mark.once]

SIZES = [(1920, 1080), (1080, 1920), (3840, 2160), (1280, 720), (1024, 768)]
LONG = "Werkvoorbereiders en productiemedewerkers openen samen de vernieuwde montagehal van de houtskeletbouwfabriek"
TEAM = "Werkvoorbereiding en productieondersteuning"

MEASURE = """() => {
  const wrong = [], width = innerWidth, height = innerHeight, least = Math.min(width, height);
  document.querySelectorAll("video").forEach((film) => film.pause());
  const slide = document.querySelector(".layer.above .slide"), kind = document.body.dataset.kind;
  const isSeen = (each) => {
    for (let at = each; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.display === "none" || style.opacity === "0") return false;
    }
    return each.getClientRects().length > 0;
  };
  const all = (where, chosen) => Array.from(where.querySelectorAll(chosen)).filter(isSeen);
  const say = (what, each) => wrong.push([kind, what, each.className.baseVal || each.className || each.tagName,
    each.textContent.trim().slice(0, 60)].join(": "));

  // The whole picture moves by half a hundredth, so that nothing burns in.
  const boxes = {}, moved = 0.005 * least + 0.5;
  const parts = all(slide, ".message, .scan, .standings, .emblem, .growing");
  parts.push(...all(document, ".clock, .house, .box"));
  parts.forEach((each) => {
    const box = boxes[each.className.baseVal || each.className] = each.getBoundingClientRect();
    if (box.left < 0.05 * width - moved || box.right > 0.95 * width + moved ||
        box.top < 0.05 * height - moved || box.bottom > 0.95 * height + moved) say("leaves the screen", each);
    parts.forEach((other) => {
      const its = other.getBoundingClientRect(), drawn = /emblem|growing/;
      if (each.contains(other) || other.contains(each)) return;
      if (drawn.test(each.classList) || drawn.test(other.classList)) return;
      const beside = box.left >= its.right - 1 || its.left >= box.right - 1;
      if (!beside && box.top < its.bottom - 1 && its.top < box.bottom - 1) say("covers " + other.className, each);
    });
  });

  const told = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const straight = (part) => part <= 0.04045 ? part / 12.92 : Math.pow((part + 0.055) / 1.055, 2.4);
    const [r, g, b] = told(colour).map((part) => straight(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (each) => {
    for (let at = each; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor, [, , , through] = told(colour);
      if (through === undefined || through > 0) return colour;
    }
  };
  all(document, ".layer.above .slide *, .clock *, .house *, .box *").forEach((each) => {
    const own = Array.from(each.childNodes).some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || each.closest("svg, .side .team")) return; // a long name beside its figure ends in three dots
    const style = getComputedStyle(each), tones = [light(style.color), light(behind(each))];
    if ((Math.max(...tones) + 0.05) / (Math.min(...tones) + 0.05) < 7) say("is too faint", each);
    if (parseFloat(style.fontSize) < 0.0249 * least) say("is too small", each);
    for (let at = each; at !== document.body; at = at.parentElement) {
      const cuts = getComputedStyle(at).overflowX === "hidden", more = at.scrollHeight - at.clientHeight;
      if (cuts && (at.scrollWidth > at.clientWidth + 1 || more > 0.006 * least)) say("is cut", at);
    }
  });
  const message = slide.querySelector(".message"), words = message.innerText.replace(/·/g, "").trim().split(/\\s+/);
  if (words.length > 25 + (kind === "contest" ? 5 : 0)) say("says too much", message);
  const isPictured = slide.querySelector(".picture") && !slide.classList.contains("bare");
  const code = slide.querySelector(".code img");
  return {
    wrong,
    boxes: Object.keys(boxes).filter((name) => name !== "clock").sort().map((name) =>
      [name, boxes[name].x / least, boxes[name].y / least, boxes[name].width / least]),
    pictured: isPictured && message.getBoundingClientRect().toJSON(),
    code: code && [code.currentSrc || code.src, code.getBoundingClientRect().width / least]
  };
}"""


def test_every_kind_of_slide_can_be_read_from_afar(player: Page, db: Database) -> None:
    assert Axe().run(player).violations_count == 0
    with db.writing() as session:
        rows = everything(session, film=bytes(player.evaluate(RECORDED)))
        plays(session, *rows)
    player.clock.install()
    player.reload()
    screen = pair(player, db, is_still=True)
    seen: set[str | None] = set()
    codes: dict[str, float] = {}
    for _turn in range(2 * len(rows)):
        key = player.locator(".layer.above .slide").get_attribute("id")
        if key not in seen:
            seen.add(key)
            codes |= looked_at(player)
        player.clock.fast_forward(60_000)
        expect(player.locator(".layer.above .slide")).not_to_have_attribute("id", key or "")
    assert len(seen) == len(rows)
    with db.writing() as session:
        now = clock.now()
        message = UrgentMessage(title=LONG, line=LONG, starts_at=now, ends_at=now + timedelta(hours=1))
        session.add(message)
        session.flush()
        session.add(UrgentScreen(urgent_message_id=message.id, screen_id=screen.id))
        activity.record(session, "screen_changed", screen_id=screen.id)
    expect(player.locator("body")).to_have_attribute("data-kind", "urgent")
    looked_at(player)
    for code, width in codes.items():
        can_be_scanned(player, code, width)


def everything(session: Session, *, film: bytes) -> list[dict[str, Any]]:
    """All kinds of slides with the longest they may have to say, each with something to show."""
    campaign = make.campaign(session, goal_measure="visits", goal_number=10_000)
    photo = pictures.store(session, white())
    vacancy = make.item(session, campaign, title=LONG, place="Kantoor Gent, derde verdieping", picture_id=photo.id)
    ends = clock.now() + timedelta(days=13, hours=23)
    contest = make.item(session, campaign, kind="contest", title=LONG, ends_at=ends)
    film_item = make.item(session, campaign, kind="video", title="Vraag het Gerrit: 34 jaar hout in zes minuten film")
    shown = Film(digest="f" * 64, media_type="video/webm", body=film, created_at=clock.now())
    session.add(shown)
    for number, name in enumerate(("Anne-Fleur-Wilhelmina", "Bartholomeus", "Christoffelina", "Diederik-Jan")):
        make.team(session, f"{TEAM} {number}", 5)
        person = make.person(session, f"{name} Wit", department_name=f"{TEAM} {number}", wall_name=True)
        share = make.share(session, by=person, on=vacancy)
        share.text, share.own_words = LONG + ".", True
        make.visits(session, by=person, on=vacancy, times=3)
        today = clock.today()
        session.add(Duty(department_id=person.department_id, person_id=person.id, from_day=today, until_day=today))
    network = {"department_id": person.department_id, "network": "facebook", "url": "https://f.example"}
    session.add(Account(name="Noorderhout Productieondersteuning", **network))
    session.add(ShareOfTheWeek(week=weekly.this_week(), share_id=share.id, words="Mooi gezegd!", at=clock.now()))
    session.flush()
    words = {"title_nl": LONG, "line_nl": "Neem gerust iemand mee."}
    own = {
        "item": {"item_id": film_item.id},
        "campaign": None,
        "newest": None,
        "contest": {"item_id": contest.id},
        "welcome": words | {"picture_digest": photo.digest},
        "announcement": words,
        "video": words | {"film_id": shown.id},
    }
    return [
        {"kind": kind, "seconds": 60} | (own.get(kind) or {}) for kind in SLIDE_KINDS if own.get(kind, {}) is not None
    ]


def looked_at(player: Page) -> dict[str, float]:
    """The addresses of its QR codes, and how wide they are at least, as a part of the screen's shorter side."""
    codes: dict[str, float] = {}
    at_1080: Any = None
    for width, height in SIZES:
        player.set_viewport_size({"width": width, "height": height})
        found = player.evaluate(MEASURE)
        assert (width, height, found["wrong"]) == (width, height, [])
        if found["code"]:
            address, part = found["code"]
            codes[address] = min(part, codes.get(address, 1.0))
        if (width, height) == (1920, 1080):
            at_1080 = found["boxes"]
        if (width, height) == (3840, 2160):
            for one, other in zip(at_1080, found["boxes"], strict=True):
                assert one == [other[0], *(pytest.approx(each, abs=0.004) for each in other[1:])]
        if height in (1080, 1920) and found["pictured"]:
            assert darkness_behind(player, found["pictured"]) >= 7
    player.set_viewport_size({"width": 1920, "height": 1080})
    return codes


def darkness_behind(player: Page, message: dict[str, float]) -> float:
    """The contrast of the words with the lightest spot behind them, where the picture is as white as can be."""
    hidden = ".layer.above .message, .side, .scan { visibility: hidden }"
    player.evaluate(
        "rule => { const sheet = new CSSStyleSheet(); sheet.insertRule(rule); document.adoptedStyleSheets = [sheet]; }",
        hidden,
    )
    clip: Any = message
    with Image.open(BytesIO(player.screenshot(clip=clip))) as shot:
        bands = [band.histogram() for band in shot.convert("RGB").split()]
        lightest = [max(tone for tone, times in enumerate(band) if times) for band in bands]
    player.evaluate("() => { document.adoptedStyleSheets = []; }")
    return (light(248, 243, 232) + 0.05) / (light(*lightest) + 0.05)


def light(*colour: float) -> float:
    """Relative luminance, as WCAG has it."""
    parts = [part / 255 for part in colour]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def can_be_scanned(player: Page, address: str, width: float) -> None:
    """Four modules of nothing round it, and the code itself large enough for a metre and a half at 55 inches."""
    drawing = player.request.get(address).text()
    found = re.search(r'viewBox="0 0 (\d+) \1"', drawing)
    assert found is not None
    side = int(found[1])
    path = re.findall(r"M(\d+) (\d+)h(\d+)v1", drawing)
    columns = [int(x) for x, _y, _length in path] + [int(x) + int(length) for x, _y, length in path]
    rows = [int(y) for _x, y, _length in path]
    quiet = min(columns), min(rows), side - max(columns), side - 1 - max(rows)
    assert min(quiet) >= 4
    assert width * (side - 8) / side * 1080 >= 240
    assert width / side * 1080 >= 6


def white() -> bytes:
    out = BytesIO()
    Image.new("RGB", (1920, 1080), "white").save(out, "PNG")
    return out.getvalue()
