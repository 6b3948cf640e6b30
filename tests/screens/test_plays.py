"""What players report, and the proof of play made of it."""

import csv
import io
import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal import clock, web
from portal.database import Database
from portal.screens import plays
from portal.screens.models import Play, Screen
from tests import make
from tests.client import Client

TOKEN = "r" * 43
SEEN = f"/screen/{TOKEN}/seen"


def screen(db: Database) -> int:
    with db.writing() as session:
        row = Screen(name="Kantine", place="Zwolle", token_hash=web.token_hash(TOKEN), paired_at=clock.now())
        session.add(row)
        session.flush()
        return row.id


def report(number: str, *played: list[object], **more: str) -> dict[str, str]:
    return {"n": number, "plays": json.dumps(played)} | more


def kept(db: Database) -> list[tuple[str, int, int]]:
    with db.reading() as session:
        rows = session.execute(select(Play.subject, Play.times, Play.seconds).order_by(Play.subject))
        return [(row[0], row[1], row[2]) for row in rows]


def test_a_report_is_counted_once_however_often_it_arrives(client: Client, bram: Client, db: Database) -> None:
    screen_id = screen(db)
    with db.writing() as session:
        item = make.item(session)
    subject = f"item:{item.id}"
    now = {"showing": f"s1.1.{item.id}.1.1", "width": "1920", "height": "1080", "release": "abc", "at": "0"}
    for _twice in range(2):
        assert client.post(SEEN, data=report("p.1", [subject, 2, 40], ["house", 1, 20.4], **now)).status_code == 204
    assert kept(db) == [("house", 1, 20), (subject, 2, 40)]
    assert client.post(SEEN, data=report("p.2", [subject, 1, 20])).status_code == 204
    assert kept(db) == [("house", 1, 20), (subject, 3, 60)]
    with db.reading() as session:
        row = session.get_one(Screen, screen_id)
        assert (row.showing, row.width, row.height, row.release) == (now["showing"], 1920, 1080, "abc")
    page = bram.get("/screens").text
    assert "Timmerman in Zwolle</figcaption>" in page
    for path, found in (
        ("/screens/plays", "Timmerman in Zwolle"),
        (f"/screens/plays?screen={screen_id}", "De groet"),
        (f"/screens/plays?item={item.id}&days=30", "Kantine"),
    ):
        assert (path, found in bram.get(path).text) == (path, True)
    answer = bram.get("/screens/plays.csv")
    assert list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))[1:] == [
        ["Kantine", "Zwolle", "De groet", "house", "1", "20"],
        ["Kantine", "Zwolle", "Timmerman in Zwolle", subject, "3", "60"],
    ]
    by_day = bram.get(f"/screens/plays.csv?screen={screen_id}").text
    assert f"{clock.today().isoformat()},Timmerman in Zwolle,{subject},3,60" in by_day


@pytest.mark.parametrize(
    "sent",
    [
        {"plays": '[["item:1",1,20]]'},
        {"n": "x.1", "plays": "["},
        {"n": "x.1", "plays": "[" * 9000},
        {"n": "x.1", "plays": '{"item:1":[1,2]}'},
        {"n": "x.1", "plays": '[["item:1",-1,20],["item:1",1e999,2],["item:1",1,NaN],["item:1"],["<b>",1,2],[1,2,3]]'},
        {"n": "x.1", "plays": json.dumps([["item:1", 1, 20]] * 5000)},
        {"n": "no mark at all", "plays": '[["item:1",1,20]]'},
        {"n": "x.1", "plays": '[["item:99999999999999999999",1,20]]', "width": "9" * 400, "showing": "<script>"},
    ],
)
def test_what_no_player_sends_is_left_out(client: Client, db: Database, sent: dict[str, str]) -> None:
    screen(db)
    assert client.post(SEEN, data=sent).status_code == 204
    assert kept(db) == []
    with db.reading() as session:
        row = session.scalars(select(Screen)).one()
        assert (row.showing, row.width, row.last_seen_at is not None) == ("", None, True)


def test_one_hour_holds_so_many_things_and_ninety_days_are_kept(client: Client, db: Database) -> None:
    screen(db)
    with time_machine.travel("2026-11-22 12:10:00+00:00", tick=False) as time:
        for number in range(3):
            batch = [[f"item:{number * 100 + each}", 1, 20] for each in range(1, 101)]
            assert client.post(SEEN, data=report(f"p.{number}", *batch)).status_code == 204
        assert len(kept(db)) == plays.MOST_IN_AN_HOUR
        time.shift(timedelta(days=89))
        with db.writing() as session:
            plays.forget_old(session)
        assert len(kept(db)) == plays.MOST_IN_AN_HOUR
        time.shift(timedelta(days=2))
        with db.writing() as session:
            plays.forget_old(session)
        assert kept(db) == []


def test_the_clock_of_a_player_is_compared_with_ours(client: Client, db: Database) -> None:
    screen(db)
    with time_machine.travel("2026-11-22 12:10:00+00:00", tick=False):
        for at, off in ((str(int(clock.now().timestamp()) + 600), 600), ("later", 600), ("1", 600)):
            client.post(SEEN, data={"at": at})
            with db.reading() as session:
                assert session.scalars(select(Screen.clock_off)).one() == off
