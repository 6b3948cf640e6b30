"""Playlists: slides put in, changed, moved and taken out, and what their walls make of it."""

import io
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select

from portal import clock, web
from portal.activity import Activity
from portal.database import Database
from portal.screens import films, moments, playlists
from portal.screens.models import SLIDE_KINDS, Film, Playlist, Screen, Slide
from tests import make
from tests.client import Client

WHEN = {"seconds": "20", "weight": "1", "day": list("1234567")}
TOKEN = "p" * 43


def box(name: bytes, content: bytes = b"") -> bytes:
    return (8 + len(content)).to_bytes(4) + name + content


def mp4(codec: bytes = b"avc1", *, mark: bytes = b"") -> bytes:
    """As much of a video as says what is in it."""
    return box(b"ftyp", b"isom0000") + box(b"moov", b"....stsd...." + codec) + box(b"mdat", b"x" * 2000 + mark)


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "#14493a").save(out, "PNG")
    return out.getvalue()


def made(db: Database, bram: Client, name: str = "Receptie", **screen: Any) -> int:
    """A playlist without slides, on one screen."""
    with db.writing() as session:
        row = playlists.add(session, name, by=bram.person)
        session.delete(playlists.slides_of(session, row.id)[0])
        defaults = {"name": "Hal", "token_hash": web.token_hash(TOKEN), "paired_at": clock.now(), "playlist_id": row.id}
        session.add(Screen(**defaults | screen))
        return row.id


def slides(db: Database, playlist_id: int) -> list[Slide]:
    with db.reading() as session:
        return playlists.slides_of(session, playlist_id)


def played(client: Client) -> list[str]:
    return [each["kind"] for each in client.get(f"/screen/{TOKEN}/slides").json()["slides"]]


def test_the_house_s_playlist_is_made_on_the_first_change(bram: Client, db: Database) -> None:
    assert "Niemand heeft hem nog veranderd" in bram.get("/screens/playlists").text
    answers = [bram.post("/screens/playlists/house") for _twice in range(2)]
    with db.reading() as session:
        house = session.scalars(select(Playlist)).one()
    assert (house.is_house, [slide.kind for slide in slides(db, house.id)]) == (True, list(playlists.DEFAULT))
    shown = f"/screens/playlists/{house.id}"
    assert [(answer.status_code, answer.headers["location"]) for answer in answers] == [(303, shown)] * 2
    added = bram.post("/screens/playlists", data={"name": "Receptie"}).headers["location"]
    with db.reading() as session:
        assert added == f"/screens/playlists/{session.scalar(select(Playlist.id).where(Playlist.name == 'Receptie'))}"
    assert "Er is al een afspeellijst met deze naam." in bram.post("/screens/playlists", data={"name": "Receptie"}).text


def test_an_announcement_goes_in_is_changed_moved_and_taken_out_and_walls_follow(
    bram: Client, client: Client, db: Database
) -> None:
    playlist = made(db, bram)
    assert played(client) == ["house"]
    base = f"/screens/playlists/{playlist}/slides"
    first = WHEN | {"kind": "announcement", "title_nl": "Vrijdag taart", "line_nl": "In de kantine."}
    assert bram.post(base, data=first, files={"picture": ("t.png", picture())}).status_code == 303
    assert bram.post(base, data=WHEN | {"kind": "clock"}).status_code == 303
    assert played(client) == ["announcement", "clock"]
    announced, clocked = slides(db, playlist)
    assert len(announced.picture_digest) == 64
    form = bram.get(f"/screens/slides/{announced.id}").text
    assert 'value="Vrijdag taart"' in form
    changed = first | {
        "title_nl": "Maandag taart",
        "version": "1",
        "day": list("12345"),
        "from": "08:00",
        "until": "12:00",
    }
    assert bram.post(f"/screens/slides/{announced.id}", data=changed).status_code == 303
    assert "werkdagen 8:00–12:00" in bram.get(f"/screens/playlists/{playlist}").text
    late = bram.post(f"/screens/slides/{announced.id}", data=changed | {"title_nl": "Toch vrijdag"})
    assert (late.status_code, 'value="Toch vrijdag"' in late.text) == (422, True)
    assert "Iemand heeft deze slide intussen aangepast" in late.text
    assert bram.post(f"/screens/slides/{clocked.id}/move", data={"to": "up"}).status_code == 303
    assert [slide.kind for slide in slides(db, playlist)] == ["clock", "announcement"]
    assert slides(db, playlist)[1].picture_digest == announced.picture_digest
    assert bram.post(f"/screens/slides/{clocked.id}/removal").status_code == 303
    assert [slide.title_nl for slide in slides(db, playlist)] == ["Maandag taart"]
    with db.reading() as session:
        told = session.scalar(select(func.count()).select_from(Activity).where(Activity.kind == "playlist_changed"))
    assert told == 5
    assert bram.post(f"/screens/playlists/{playlist}/removal").status_code == 303
    with db.reading() as session:
        assert session.scalars(select(Screen.playlist_id)).all() == [None]
        assert session.scalars(select(Slide)).all() == []


def test_there_is_a_form_for_every_kind_and_a_slide_of_each(bram: Client, db: Database) -> None:
    playlist = made(db, bram)
    with db.writing() as session:
        item = make.item(session, kind="contest")
    for kind in SLIDE_KINDS:
        assert bram.get(f"/screens/playlists/{playlist}/slides/new?kind={kind}").status_code == 200
        fields = WHEN | {"kind": kind, "item_id": "", "campaign_id": ""}
        fields |= {"item": {"item_id": str(item.id)}, "campaign": {"campaign_id": str(item.campaign_id)}}.get(kind, {})
        fields |= {"title_en": "Welcome, Jan"} if kind in ("welcome", "announcement") else {}
        files = {"film": ("film.mp4", mp4())} if kind == "video" else None
        answer = bram.post(f"/screens/playlists/{playlist}/slides", data=fields, files=files)
        assert (kind, answer.status_code) == (kind, 303)
    assert [slide.kind for slide in slides(db, playlist)] == list(SLIDE_KINDS)
    page = bram.get(f"/screens/playlists/{playlist}").text
    assert "“Timmerman in Zwolle”" in page
    assert page.count("elke dag, de hele dag") == len(SLIDE_KINDS)
    for path in ("preview", "nl-public-portrait-0/preview", "en-staff-landscape-0/preview/slides"):
        assert bram.get(f"/screens/playlists/{playlist}/{path}").status_code == 200
    framed = bram.get(f"/screens/playlists/{playlist}/preview")
    assert "frame-src 'self'" in framed.headers["content-security-policy"]
    wall = bram.get(f"/screens/playlists/{playlist}/nl-staff-landscape-0/preview")
    assert "frame-ancestors 'self'" in wall.headers["content-security-policy"]
    assert bram.get(f"/screens/playlists/0/nl-staff-landscape-0/preview/qr/{item.id}.svg").status_code == 200
    assert bram.get(f"/screens/playlists/{playlist}/nl-boss-landscape-0/preview").status_code == 404


@pytest.mark.once
@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("seconds", "4", "Geef een aantal seconden van 5 tot 120."),
        ("seconds", "", "Geef een aantal seconden van 5 tot 120."),
        ("weight", "6", "Kies hoe vaak hij komt, van 1 tot 5 keer per ronde."),
        ("day", [], "Kies minstens één dag van de week."),
        ("from", "25:00", "Schrijf een tijd als 08:30."),
        ("until", "08:00", "Hij eindigt op het moment dat hij begint."),
        ("valid_from", "31-02-2026", "Kies een dag uit de kalender, of laat dit leeg."),
        ("valid_until", "2020-01-01", "Deze dag is al voorbij."),
        ("title_nl", "", "Schrijf wat er komt te staan, in minstens één taal."),
        ("line_nl", "woord " * 30, "Dit zijn 31 woorden; wie langsloopt leest er 25."),
        ("line_en", "No title", "De regel eronder heeft een titel nodig."),
    ],
)
def test_what_cannot_be_is_told_and_what_was_typed_is_kept(
    bram: Client, db: Database, field: str, value: str, sentence: str
) -> None:
    playlist = made(db, bram)
    fields = WHEN | {"kind": "welcome", "title_nl": "Welkom", "line_nl": "Fijn dat je er bent.", "from": "08:00"}
    answer = bram.post(f"/screens/playlists/{playlist}/slides", data=fields | {field: value})
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert field.startswith("line_nl") or 'value="Fijn dat je er bent."' in answer.text
    assert slides(db, playlist) == []


def test_a_video_is_judged_kept_once_and_served_in_parts(bram: Client, client: Client, db: Database) -> None:
    playlist = made(db, bram)
    base = f"/screens/playlists/{playlist}/slides"
    for body, sentence in (
        (mp4(b"hvc1"), "Oudere schermen kunnen dit soort MP4 niet afspelen."),
        (mp4()[:-5], "Deze video is beschadigd of maar half aangekomen."),
        (b"<html>film.mp4", "We kunnen dit bestand niet als video lezen."),
        (b"\x1a\x45\xdf\xa3....webm....V_AV1", "Veel schermen kunnen dit soort WebM niet afspelen."),
        (b"\x00" * 4 + b"ftyp" + b"x" * 10_100_000, "Deze video is groter dan 10 MB."),
    ):
        answer = bram.post(base, data=WHEN | {"kind": "video"}, files={"film": ("film.mp4", body)})
        assert (sentence, answer.status_code, sentence in answer.text) == (sentence, 422, True)
    for _twice in range(2):
        assert bram.post(base, data=WHEN | {"kind": "video"}, files={"film": ("f", mp4())}).status_code == 303
    with db.reading() as session:
        film = session.scalars(select(Film)).one()
        address = films.address(film)
    whole = client.get(address)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, mp4(), "video/mp4")
    assert "immutable" in whole.headers["cache-control"]
    part = client.get(address, headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, mp4()[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(mp4())}"
    assert client.get(address, headers={"range": "bytes=-7"}).content == mp4()[-7:]
    assert client.get(address, headers={"range": f"bytes={len(mp4())}-"}).status_code == 416
    assert client.get(address, headers={"if-none-match": whole.headers["etag"]}).status_code == 304
    assert client.get(f"/screen/films/{'0' * 64}").status_code == 404
    for slide in slides(db, playlist):
        assert bram.post(f"/screens/slides/{slide.id}", data=WHEN | {"version": "1"}).status_code == 303
        assert bram.post(f"/screens/slides/{slide.id}/removal").status_code == 303
    with db.writing() as session:
        films.forget_unused(session)
        assert session.scalar(select(func.count()).select_from(Film)) == 1
        session.scalars(select(Film)).one().created_at = clock.now() - timedelta(days=2)
        session.flush()
        films.forget_unused(session)
        assert session.scalar(select(func.count()).select_from(Film)) == 0


@pytest.mark.once
@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-", 0, 99), ("bytes=90-500", 90, 99), ("bytes=-200", 0, 99), ("bytes=5-2", 0, 99), ("lines=1-2", 0, 99)],
)
def test_a_range_is_read_as_it_is_meant(asked: str, first: int, last: int) -> None:
    assert films.asked_for(asked, 100) == films.Piece(first, last, 100)


@pytest.mark.once
def test_when_a_slide_is_played_in_words() -> None:
    def said(**values: Any) -> str:
        defaults = {"weekdays": "1234567", "from_minute": 0, "until_minute": 1440}
        return moments.when(Slide(**defaults | values))

    day = clock.today().replace(month=12, day=3)
    assert said() == "elke dag, de hele dag"
    assert said(weekdays="12345", from_minute=480, until_minute=720) == "werkdagen 8:00–12:00"
    assert said(weekdays="67") == "in het weekend, de hele dag"
    assert said(weekdays="135", valid_from=day) == "ma, wo, vr, de hele dag, vanaf 3 december"
    assert said(weekdays="234", from_minute=1320, until_minute=360) == "di–do 22:00–6:00 (tot in de volgende dag)"
    assert said(valid_from=day, valid_until=day) == "elke dag, de hele dag, alleen op 3 december"
