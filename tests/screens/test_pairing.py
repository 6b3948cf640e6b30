"""Letting a display in: codes, their limits, and what a token opens."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from sqlalchemy import func, select

from portal import clock, settings, web
from portal.database import Database
from portal.people.models import AuditEntry, Organisation
from portal.screens import helping, pairing, playlists, queries
from portal.screens.models import Pairing, PairingGuess, Screen
from portal.screens.state import release
from tests import make
from tests.asked import cost
from tests.client import Client

FORM = {"name": "Kantine", "place": "Zwolle", "audience": "staff", "language": "nl"}


def start(player: Client) -> str:
    """The address a player ends up at."""
    return str(player.get("/screen").headers["location"])


def code_on(player: Client, address: str) -> str:
    found = re.search(r'class="digits" aria-label="(\w+)"', player.get(address).text)
    assert found is not None
    return found[1]


def state(player: Client, address: str) -> str:
    return str(player.get(f"{address}/slides").json()["state"])


def test_a_player_gets_its_own_address_and_keeps_it(client: Client) -> None:
    address = start(client)
    assert re.fullmatch(r"/screen/[A-Za-z0-9_-]{43}", address)
    assert start(client) == address
    cookie = client.get("/screen").headers["set-cookie"]
    assert [part in cookie for part in ("HttpOnly", "Path=/screen", "SameSite=lax")] == [True] * 3


def test_a_player_without_cookies_gets_a_fresh_address_each_time(client: Client) -> None:
    first = start(client)
    client.cookies.clear()
    assert start(client) != first


def test_the_code_has_no_letters_that_look_alike_and_its_qr_leads_to_the_form(client: Client) -> None:
    address = start(client)
    page = client.get(address)
    code = code_on(client, address)
    assert page.status_code == 200
    assert re.fullmatch(r"[A-HJKMNP-Z2-9]{6}", code)
    assert "http://localhost:8000/screens" not in code
    assert code_on(client, address) == code
    assert "<form" not in page.text


def test_an_editor_pairs_it_and_the_player_shows_its_wall(client: Client, bram: Client, db: Database) -> None:
    address = start(client)
    code = code_on(client, address)
    assert state(client, address) == "waiting"
    answer = bram.post("/screens", data=FORM | {"code": f" {code[:3].lower()}-{code[3:]} "})
    assert (answer.status_code, answer.headers["location"]) == (303, "/screens/1")
    assert state(client, address) == "wall"
    assert "“Kantine” is gekoppeld" in bram.follow(answer).text
    with db.reading() as session:
        screen = session.scalars(select(Screen)).one()
        assert (screen.name, screen.place, screen.audience, screen.language) == (
            "Kantine",
            "Zwolle",
            "staff",
            "nl",
        )
        assert screen.paired_by_id == bram.person.id
        assert session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()[-1:] == ["screen_paired"]


def test_only_a_hash_of_the_token_is_kept(client: Client, bram: Client, db: Database) -> None:
    address = start(client)
    token = address.removeprefix("/screen/")
    code = code_on(client, address)
    with db.reading() as session:
        assert session.scalars(select(Pairing.token_hash)).all() == [web.token_hash(token)]
    bram.post("/screens", data=FORM | {"code": code})
    with db.reading() as session:
        assert session.scalars(select(Screen.token_hash)).all() == [web.token_hash(token)]
        assert session.scalars(select(Pairing)).all() == []


def test_a_code_works_once(client: Client, bram: Client, db: Database) -> None:
    code = code_on(client, start(client))
    assert bram.post("/screens", data=FORM | {"code": code}).status_code == 303
    assert bram.post("/screens", data=FORM | {"code": code}).status_code == 422
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Screen)) == 1


def test_a_code_ends_and_the_player_renews_it_by_itself(client: Client, bram: Client) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        address = start(client)
        old = code_on(client, address)
        time.shift(timedelta(minutes=8))
        assert code_on(client, address) == old
        time.shift(timedelta(minutes=2))
        assert bram.post("/screens", data=FORM | {"code": old}).status_code == 422
        fresh = code_on(client, address)
        assert fresh != old
        assert bram.post("/screens", data=FORM | {"code": fresh}).status_code == 303


def test_a_wrong_code_keeps_what_was_typed(bram: Client) -> None:
    answer = bram.post("/screens", data=FORM | {"code": "KF7Q2M", "audience": "public"})
    assert answer.status_code == 422
    assert "Geen enkel scherm toont deze code" in answer.text
    assert 'value="KF7Q2M"' in answer.text
    assert 'value="Kantine"' in answer.text
    assert 'value="public" checked' in answer.text


def test_after_ten_wrong_codes_even_the_right_one_waits_ten_minutes(client: Client, bram: Client, dina: Client) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        address = start(client)
        tries = [bram.post("/screens", data=FORM | {"code": "WRQNGX"}).status_code for _ in range(11)]
        assert tries == [422] * 10 + [429]
        assert bram.post("/screens", data=FORM | {"code": code_on(client, address)}).status_code == 429
        time.shift(timedelta(minutes=10, seconds=1))
        assert bram.post("/screens", data=FORM | {"code": code_on(client, address)}).status_code == 303


def test_another_editor_is_not_held_up_until_everybody_together_guessed_too_often(
    client: Client, bram: Client, dina: Client, db: Database
) -> None:
    code = code_on(client, start(client))
    with db.writing() as session:
        for _guess in range(pairing.GUESSES_TOGETHER - 1):
            pairing.note_guess(session, bram.person.id)
    assert dina.post("/screens", data=FORM | {"code": "WRQNGX"}).status_code == 422
    assert dina.post("/screens", data=FORM | {"code": code}).status_code == 429
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(PairingGuess)) == pairing.GUESSES_TOGETHER
    with time_machine.travel(clock.now() + timedelta(days=1, seconds=1), tick=False), db.writing() as session:
        pairing.forget_guesses(session)
        assert session.scalar(select(func.count()).select_from(PairingGuess)) == 0


def test_so_many_waiting_screens_that_strangers_cannot_fill_the_table(
    client: Client, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing, "MOST_WAITING", 2)
    pages = []
    for _player in range(3):
        client.cookies.clear()
        pages.append(client.get(start(client)).text)
    assert ['class="digits"' in page for page in pages] == [True, True, False]
    assert "Er wachten nu veel schermen" in pages[2]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("code", "", "Typ de code die op het scherm staat."),
        ("name", "", "Geef het scherm een naam"),
        ("name", "x" * 61, "60"),
        ("place", "x" * 81, "80"),
        ("audience", "everybody", "Kies wie dit scherm ziet."),
        ("language", "fr", "Kies een taal."),
    ],
)
def test_a_form_that_is_not_right_comes_back(bram: Client, field: str, value: str, sentence: str) -> None:
    answer = bram.post("/screens", data={"code": "KF7Q2M"} | FORM | {field: value})
    assert answer.status_code == 422
    assert sentence in answer.text


def test_members_neither_see_nor_pair_screens(ana: Client, client: Client) -> None:
    code = code_on(client, start(client))
    assert ana.get("/screens").status_code == 403
    assert ana.post("/screens", data=FORM | {"code": code}).status_code == 403
    assert client.get(f"/screens?code={code}").headers["location"] == f"/sign-in?next=/screens%3Fcode%3D{code}"


def test_the_form_opened_from_the_qr_code_has_the_code_filled_in(bram: Client) -> None:
    assert 'value="KF7Q2M"' in bram.get("/screens?code=kf7q2m").text
    assert parse_qs(urlsplit("http://localhost:8000/screens?code=KF7Q2M").query) == {"code": ["KF7Q2M"]}


@pytest.mark.parametrize("token", ["short", "x" * 44, "x" * 42 + "%00", "x" * 5000])
def test_what_cannot_be_a_token_is_not_found(client: Client, token: str) -> None:
    assert client.get(f"/screen/{token}").status_code == 404


def test_a_revoked_screen_says_so_calmly_and_then_offers_a_fresh_code(
    client: Client, bram: Client, db: Database
) -> None:
    address = start(client)
    bram.post("/screens", data=FORM | {"code": code_on(client, address)})
    with db.reading() as session:
        screen_id = session.scalars(select(Screen.id)).one()
    assert bram.post(f"/screens/{screen_id}/revoke").status_code == 303
    assert bram.post(f"/screens/{screen_id}/revoke").status_code == 404
    assert state(client, address) == "revoked"
    assert "Dit scherm is losgekoppeld" in client.get(address).text
    fresh = start(client)
    assert fresh != address
    assert len(code_on(client, fresh)) == 6
    assert "Kantine" not in bram.get("/screens").text.split("Gekoppelde schermen")[1]


def test_a_screen_is_renamed_and_follows(client: Client, bram: Client, db: Database) -> None:
    address = start(client)
    bram.post("/screens", data=FORM | {"code": code_on(client, address)})
    with db.reading() as session:
        screen_id = session.scalars(select(Screen.id)).one()
    changed = {"name": "Receptie", "place": "", "audience": "public", "language": "en"}
    assert bram.post(f"/screens/{screen_id}", data=changed).status_code == 303
    assert '<html lang="en">' in client.get(address).text
    wrong = bram.post(f"/screens/{screen_id}", data=changed | {"name": ""})
    assert wrong.status_code == 422
    with db.reading() as session:
        assert session.get_one(Screen, screen_id).name == "Receptie"


def test_when_a_screen_was_last_seen_is_noted_at_most_once_a_minute(client: Client, bram: Client, db: Database) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        address = start(client)
        bram.post("/screens", data=FORM | {"code": code_on(client, address)})
        assert "Nog niet gezien" in bram.get("/screens").text
        player = {"user-agent": "Mozilla/5.0 (SMART-TV; Linux; Tizen 5.5) Chrome/69.0.3497.106 TV Safari/537.36"}
        client.get(address, headers=player)
        first = clock.now()
        time.shift(timedelta(seconds=40))
        assert client.post(f"{address}/seen").status_code == 204
        with db.reading() as session:
            screen = session.scalars(select(Screen)).one()
            assert (screen.last_seen_at, screen.engine) == (first, "Tizen, Chromium 69")
        page = bram.get("/screens").text
        assert "Zojuist gezien" in page
        assert "Tizen, Chromium 69" in page
        time.shift(timedelta(seconds=40))
        client.post(f"{address}/seen")
        with db.reading() as session:
            assert session.scalars(select(Screen.last_seen_at)).one() == clock.now()
        time.shift(timedelta(hours=2))
        assert "Offline sinds" in bram.get("/screens").text


def test_only_a_connected_screen_gives_signs_of_life(client: Client) -> None:
    assert client.post(f"{start(client)}/seen").status_code == 404


def test_one_address_takes_twenty_places_at_most_and_gets_them_back(
    client: Client, bram: Client, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing, "MOST_WAITING_EACH", 2)
    codes = []
    for _player in range(2):
        client.cookies.clear()
        codes.append(code_on(client, start(client)))
    client.cookies.clear()
    third = start(client)
    assert "Er wachten nu veel schermen" in client.get(third).text
    with db.writing() as session:
        assert pairing.offer(session, "e" * 64, address="192.0.2.7").token_hash == "e" * 64
    assert bram.post("/screens", data=FORM | {"code": codes[0]}).status_code == 303
    assert len(code_on(client, third)) == 6
    assert all(len(who) == 12 for who in pairing.places._waiting)


def test_everything_about_a_screen_is_set_and_shown(bram: Client, db: Database) -> None:
    with db.writing() as session:
        team = make.department(session, "Service")
        playlist = playlists.add(session, "Receptie", by=bram.person)
        row = Screen(name="Kantine", token_hash="t" * 64, paired_at=clock.now())
        session.add(row)
    chosen = FORM | {
        "department_id": str(team.id),
        "playlist_id": str(playlist.id),
        "time_zone": "Europe/London",
        "orientation": "portrait",
        "is_still": "yes",
        "night_from": "19",
        "night_until": "7",
    }
    assert bram.post(f"/screens/{row.id}", data=chosen).status_code == 303
    with db.reading() as session:
        screen = session.get_one(Screen, row.id)
        assert (screen.department_id, screen.playlist_id, screen.time_zone) == (team.id, playlist.id, "Europe/London")
        assert (screen.orientation, screen.is_still, screen.night_from, screen.night_until) == ("portrait", True, 19, 7)
    listed = bram.get("/screens").text
    assert "Alleen collega’s · Service · Receptie · Staand · Europe/London" in " ".join(listed.split())
    for field, value, sentence in (
        ("time_zone", "Europe/Atlantis", "Kies een tijdzone uit de lijst."),
        ("orientation", "askew", "Kies hoe het scherm hangt."),
        ("night_until", "", "Kies wanneer de nacht begint en eindigt, of twee keer nooit."),
        ("playlist_id", "999", "Dit is er niet meer. Kies opnieuw."),
    ):
        answer = bram.post(f"/screens/{row.id}", data=chosen | {field: value})
        assert (field, answer.status_code, sentence in answer.text) == (field, 422, True)


def test_five_hundred_screens_come_a_page_at_a_time_with_as_many_queries_as_one(bram: Client, db: Database) -> None:
    with db.writing() as session:
        session.add(Screen(name="Scherm", token_hash="t", paired_at=clock.now(), showing="s1.1..nl"))
    alone = cost(bram, "/screens", db)
    with db.writing() as session:
        session.add_all(
            Screen(name=f"{each:03}", place=f"Hal {each % 9}", token_hash=f"t{each}", paired_at=clock.now())
            for each in range(499)
        )
    assert cost(bram, "/screens", db) == alone
    page = bram.get("/screens").text
    assert (page.count('class="card pad screen"'), "1–24 van 500" in page) == (queries.PAGE, True)
    found = bram.get("/screens?q=Hal+3&page=3").text
    assert "49–56 van 56" in found
    assert "Geen scherm dat zo heet" in bram.get("/screens?q=nergens").text


def test_what_is_wrong_with_a_screen_is_a_sentence(bram: Client, db: Database) -> None:
    with time_machine.travel("2026-11-22 13:00:00+00:00", tick=False) as time:
        now = clock.now()
        with db.writing() as session:
            house = session.get_one(Organisation, 1)
            common: dict[str, Any] = {"paired_at": now - timedelta(days=9), "last_seen_at": now}
            common["release"] = release(house)
            found = [
                Screen(name="A", token_hash="a", **common | {"last_seen_at": now - timedelta(hours=23)}),
                Screen(name="B", token_hash="b", **common | {"release": "old"}),
                Screen(name="C", token_hash="c", clock_off=-600, **common),
                Screen(name="D", token_hash="d", showing="house.1", **common),
                Screen(name="E", token_hash="e", showing="s1.1..nl", width=1920, height=1080, **common),
            ]
            session.add_all(found)
            session.flush()
            sentences = [helping.wrong_with(screen, house) for screen in found]
        assert sentences == [
            ["Niets meer gehoord sinds gisteren 15:00: staat het aan, en is het online?"],
            ["Het draait nog een oudere versie. Dat gaat vanzelf over; zo niet, herstart het morgen."],
            ["De klok loopt 10 minuten achter."],
            ["Er staat alleen een groet op: in de afspeellijst valt nu niets te tonen."],
            [],
        ]
        time.shift(timedelta(days=3))
        assert "Niets meer gehoord sinds 22 november 14:00" in bram.get("/screens").text


@pytest.mark.once
def test_screens_are_framed_by_listed_systems_only(client: Client, db: Database) -> None:
    address = start(client)
    assert "frame-ancestors 'none'" in client.get(address).headers["content-security-policy"]
    origins = ("https://cms.example.org", "http://10.0.0.7:8080")
    settings.put_in_force(replace(settings.current(), screen_frames=origins))
    with db.writing() as session:
        session.add(Screen(name="Hal", token_hash=web.token_hash("f" * 43), paired_at=clock.now()))
    for path in (address, f"/screen/{'f' * 43}"):
        headers = client.get(path).headers
        assert "frame-ancestors https://cms.example.org http://10.0.0.7:8080" in headers["content-security-policy"]
        assert "x-frame-options" not in headers
    assert "frame-ancestors 'none'" in client.get("/sign-in").headers["content-security-policy"]
    wrong = settings.wrong_with(replace(settings.current(), screen_frames=("https://a.example; script-src *",)))
    assert [each for each in wrong if "PORTAL_SCREEN_FRAMES" in each] != []


def test_the_help_gives_each_visit_an_address_of_its_own(bram: Client, client: Client) -> None:
    found = [re.search(r"/screen/[A-Za-z0-9_-]{43}", bram.get("/screens/players").text) for _visit in range(2)]
    assert found[0] and found[1] and found[0][0] != found[1][0]
    assert len(code_on(client, found[0][0])) == 6
