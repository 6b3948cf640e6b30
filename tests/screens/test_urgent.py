"""Urgent messages: on chosen screens or all, from a moment until another, and ended at once."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import event, select

from portal import clock, web
from portal.database import Database
from portal.people.models import AuditEntry
from portal.screens.models import Screen, UrgentMessage, UrgentScreen
from tests.client import Client

FORM = {"title": "Brandoefening", "line": "Iedereen naar buiten.", "lasts": "60", "where": "all"}


def screens(db: Database) -> list[int]:
    """Two that are connected and one that is not any more."""
    with db.writing() as session:
        rows = [
            Screen(name=f"Hal {token}", token_hash=web.token_hash(token * 43), paired_at=clock.now()) for token in "abc"
        ]
        rows[2].revoked_at = clock.now()
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def shown(client: Client, token: str) -> list[dict[str, Any]]:
    found = client.get(f"/screen/{token * 43}/slides").json()["slides"]
    return [each for each in found if each["urgent"]]


def test_a_message_is_alone_on_the_chosen_screen_until_it_is_ended(bram: Client, client: Client, db: Database) -> None:
    first, _second, _gone = screens(db)
    answer = bram.post("/screens/urgent", data=FORM | {"where": "chosen", "screen": [str(first)]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/screens")
    assert [len(shown(client, token)) for token in "ab"] == [1, 0]
    assert "Brandoefening" in shown(client, "a")[0]["html"]
    page = bram.get("/screens").text
    assert "Brandoefening" in page.split("Een scherm koppelen")[0]
    assert "Op 1 scherm: Hal a" in " ".join(page.split())
    with db.reading() as session:
        end = f"/screens/urgent/{session.scalars(select(UrgentMessage.id)).one()}/end"
    assert bram.post(end).status_code == 303
    assert [len(shown(client, token)) for token in "ab"] == [0, 0]
    assert bram.post(end).status_code == 404
    with db.reading() as session:
        acts = session.execute(select(AuditEntry.act, AuditEntry.person_id).order_by(AuditEntry.id)).all()
    assert [tuple(act) for act in acts[-2:]] == [("urgent_sent", bram.person.id), ("urgent_ended", bram.person.id)]


def test_all_are_those_that_are_connected_and_it_ends_by_itself(bram: Client, client: Client, db: Database) -> None:
    ids = screens(db)
    with time_machine.travel("2026-11-23 09:00:00+00:00", tick=False) as time:
        later = FORM | {"from": "2026-11-23T10:30", "lasts": "30"}
        assert bram.post("/screens/urgent", data=later).status_code == 303
        with db.reading() as session:
            message = session.scalars(select(UrgentMessage)).one()
            assert (message.starts_at - clock.now(), message.ends_at - message.starts_at) == (
                timedelta(minutes=30),
            ) * 2
            assert set(session.scalars(select(UrgentScreen.screen_id))) == set(ids[:2])
        assert "Van 23 november 10:30 tot 23 november 11:00" in bram.get("/screens/urgent").text
        time.shift(timedelta(minutes=61))
        assert "Brandoefening" not in bram.get("/screens").text
        assert shown(client, "a") == []


def test_a_message_on_many_screens_costs_each_of_them_no_more(bram: Client, client: Client, db: Database) -> None:
    screens(db)
    bram.post("/screens/urgent", data=FORM)
    of_two = rows_read(client, db)
    with db.writing() as session:
        more = [Screen(name="Hal", token_hash=f"{number:064}", paired_at=clock.now()) for number in range(30)]
        session.add_all(more)
        session.flush()
        message = session.scalars(select(UrgentMessage)).one()
        session.add_all(UrgentScreen(urgent_message_id=message.id, screen_id=row.id) for row in more)
    assert rows_read(client, db) == of_two


def rows_read(client: Client, db: Database) -> int:
    """How many rows the database gives for a screen that asks for its slides, when those are drawn already."""
    assert len(shown(client, "a")) == 1
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_of: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(db.reader, "before_cursor_execute", note)
    try:
        assert len(shown(client, "a")) == 1
    finally:
        event.remove(db.reader, "before_cursor_execute", note)
    with db.reader.connect() as connection:
        return sum(len(connection.exec_driver_sql(*each).all()) for each in asked)


@pytest.mark.once
@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "", "Schrijf wat iedereen moet zien."),
        ("line", "woord " * 30, "Gebruik niet meer dan 25 woorden."),
        ("lasts", "forever", "Kies hoelang het blijft staan."),
        ("lasts", "until", "Zeg tot wanneer, of kies hoelang."),
        ("from", "tomorrow", "Kies een dag en een tijd, of laat dit leeg."),
        ("where", "", "Kies waar het te zien is."),
        ("where", "chosen", "Vink minstens één scherm aan, of kies ze allemaal."),
    ],
)
def test_what_cannot_be_comes_back_with_a_sentence(
    bram: Client, db: Database, field: str, value: str, sentence: str
) -> None:
    answer = bram.post("/screens/urgent", data=FORM | {field: value})
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert field == "title" or 'value="Brandoefening"' in answer.text
    with db.reading() as session:
        assert session.scalars(select(UrgentMessage)).all() == []


def test_members_neither_send_nor_end(ana: Client, db: Database) -> None:
    screens(db)
    assert [ana.get("/screens/urgent").status_code, ana.post("/screens/urgent", data=FORM).status_code] == [403, 403]
