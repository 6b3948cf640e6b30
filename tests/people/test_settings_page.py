"""What an admin makes of the portal: name, colour, sentences and switches."""

import pytest
from sqlalchemy import select

from portal.people import organisation
from portal.people.models import AuditEntry, Organisation
from tests.client import Client

GOOD = {
    "name": "Noorderhout",
    "website": "https://noorderhout.example",
    "accent": "#7A1F4D",
    "disclosure_nl": "Ik werk bij Noorderhout en ben daar trots op.",
    "disclosure_en": "",
    "mastodon_server": "https://Mastodon.example/",
    "leaderboard_on": "yes",
}


def _row(db) -> Organisation:
    with db.reading() as reading:
        return organisation.get(reading)


def test_only_admins_see_or_change_them(bram: Client, dina: Client, db) -> None:
    assert bram.get("/settings").status_code == 403
    assert bram.post("/settings", data=GOOD).status_code == 403
    assert dina.get("/settings").status_code == 200
    assert _row(db).version == 1


def test_a_change_is_kept_recorded_and_visible_at_once(dina: Client, db) -> None:
    answer = dina.post("/settings", data=GOOD | {"name": "  Noorder  hout "})
    assert "Opgeslagen." in dina.follow(answer).text
    row = _row(db)
    assert (row.name, row.accent, row.mastodon_server) == ("Noorder hout", "#7a1f4d", "mastodon.example")
    assert (row.leaderboard_on, row.names_allowed, row.four_eyes, row.version) == (True, False, False, 2)
    assert row.disclosure("nl") == "Ik werk bij Noorderhout en ben daar trots op."
    assert row.disclosure("en") == "I work at Noorder hout."
    with db.reading() as reading:
        entry = reading.scalars(select(AuditEntry)).one()
        assert (entry.act, entry.person_id) == ("settings_changed", dina.person.id)
        assert entry.detail["four_eyes"] is False
        assert "website" not in entry.detail


def test_saving_without_a_change_changes_nothing(dina: Client, db) -> None:
    dina.post("/settings", data=GOOD)
    dina.post("/settings", data=GOOD)
    assert _row(db).version == 2


def test_how_little_is_asked_of_everybody_is_set_in_numbers(dina: Client, db) -> None:
    dina.post("/settings", data=GOOD | {"asks_per_week": "1", "captions_for": "25", "ideas_answered_in": "10"})
    row = _row(db)
    assert (row.asks_per_week, row.captions_for, row.ideas_answered_in) == (1, 25, 10)
    for field, value in [
        ("asks_per_week", "21"),
        ("captions_for", "0"),
        ("ideas_answered_in", ""),
        ("captions_for", "x"),
    ]:
        answer = dina.post("/settings", data=GOOD | {field: value})
        assert (answer.status_code, f'href="#field-{field}"' in answer.text) == (422, True)
    assert _row(db).version == row.version


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "n" * 81),
        ("website", "javascript:alert(1)"),
        ("website", "noorderhout.example"),
        ("website", "https://user:secret@noorderhout.example"),
        ("website", "https://[oops"),
        ("website", "https://noorderhout.example/" + "a" * 200),
        ("accent", "red"),
        ("accent", "#12345"),
        ("accent", "#14493a; } body { display: none"),
        ("disclosure_nl", "z" * 161),
        ("disclosure_en", "z" * 161),
        ("mastodon_server", "geen server"),
        ("mastodon_server", "mastodon.example/pad"),
        ("mastodon_server", "m" * 300 + ".example"),
    ],
)
def test_what_cannot_be_kept_gets_a_sentence_and_loses_nothing(dina: Client, db, field: str, value: str) -> None:
    answer = dina.post("/settings", data=GOOD | {field: value})
    assert answer.status_code == 422
    assert f'href="#field-{field}"' in answer.text
    assert f'id="field-{field}-error"' in answer.text
    if field != "disclosure_nl":
        assert "Ik werk bij Noorderhout en ben daar trots op." in answer.text
    assert _row(db).version == 1


def test_an_accent_too_light_to_read_is_corrected_and_that_is_said(dina: Client, db) -> None:
    page = dina.follow(dina.post("/settings", data=GOOD | {"accent": "#ffee00"})).text
    assert "iets donkerder" in page
    assert _row(db).accent == "#ffee00"


def test_the_stylesheet_follows_the_settings_and_is_kept_by_browsers(dina: Client, client: Client) -> None:
    before = client.get("/brand.css")
    assert before.headers["content-type"] == "text/css; charset=utf-8"
    assert client.get("/brand.css", headers={"if-none-match": before.headers["etag"]}).status_code == 304
    dina.post("/settings", data=GOOD)
    after = client.get("/brand.css", headers={"if-none-match": before.headers["etag"]})
    assert after.status_code == 200
    assert "--brand: #7a1f4d;" in after.text
    assert client.get("/brand.css?v=2").headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/brand.css?v=1").headers["cache-control"] == "public, max-age=300"


def test_before_anything_was_set_there_is_a_name(db, client: Client) -> None:
    with db.writing() as writing:
        writing.delete(organisation.get(writing))
    assert "Passalong" in client.get("/sign-in").text
    with db.writing() as writing:
        organisation.for_change(writing).name = "Noorderhout"
    with db.writing() as writing:
        assert organisation.for_change(writing).name == "Noorderhout"
