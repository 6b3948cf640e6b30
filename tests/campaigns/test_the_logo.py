"""The organisation's logo, set by an administrator."""

from sqlalchemy import func, select

from portal.campaigns.models import Picture
from portal.database import Database
from portal.people.models import Organisation
from tests.campaigns.drawing import picture
from tests.client import Client


def logo(db: Database) -> str:
    with db.reading() as session:
        return session.get_one(Organisation, 1).logo


def test_an_administrator_sets_it_and_takes_it_away(db: Database, dina: Client) -> None:
    body = picture("PNG", (300, 120), mode="RGBA", colour="#14493aff")

    answer = dina.post("/settings/logo", files={"logo": ("logo.png", body, "image/png")})

    assert answer.status_code == 303
    assert logo(db).endswith("/logo.png")
    assert "/logo.png" in dina.follow(answer).text
    dina.post("/settings/logo", data={"remove": "yes"})
    assert logo(db) == ""


def test_an_svg_is_refused_and_nothing_is_kept(db: Database, dina: Client) -> None:
    answer = dina.post("/settings/logo", files={"logo": ("logo.svg", b"<svg/>", "image/svg+xml")})

    assert answer.status_code == 422
    assert "We kunnen dit bestand niet als afbeelding lezen." in answer.text
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Picture)) == 0


def test_without_a_file_it_says_so(dina: Client) -> None:
    answer = dina.post("/settings/logo", data={})

    assert answer.status_code == 422
    assert "Kies eerst een afbeelding van je logo." in answer.text


def test_an_editor_may_not(bram: Client) -> None:
    assert bram.get("/settings/logo").status_code == 403
