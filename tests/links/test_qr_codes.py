"""QR codes: readable ones, only for those whose link it is."""

import io

import pytest
from PIL import Image

from portal import clock
from portal.database import Database
from portal.links import codes, qr
from portal.screens.models import Screen
from tests import make
from tests.client import Client


@pytest.mark.once
def test_the_drawing_has_four_empty_modules_round_it_and_a_name() -> None:
    drawn = qr.svg("http://localhost:8000/r/bbbbbbbb", label='QR "Timmerman" <b>')
    assert 'viewBox="0 0 37 37"' in drawn
    assert 'aria-label="QR &#34;Timmerman&#34; &lt;b&gt;"' in drawn
    assert 'd="M4 4h7v1h-7z' in drawn
    assert " style=" not in drawn


@pytest.mark.once
def test_the_picture_can_be_printed_on_a_poster() -> None:
    picture = Image.open(io.BytesIO(qr.png("http://localhost:8000/r/bbbbbbbb")))
    assert picture.width == picture.height >= 1000


@pytest.mark.parametrize(("drawn_as", "media_type"), [("svg", "image/svg+xml"), ("png", "image/png")])
def test_the_sharer_downloads_the_code_of_a_link(ana: Client, db: Database, drawn_as: str, media_type: str) -> None:
    with db.writing() as session:
        link = make.link(session, by=ana.person, on=make.item(session))
    response = ana.get(f"/links/{link.id}/qr.{drawn_as}")
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    assert response.headers["content-disposition"] == f'attachment; filename="{link.code}.{drawn_as}"'


def test_nobody_else_gets_it(ana: Client, cleo: Client, bram: Client, client: Client, db: Database) -> None:
    with db.writing() as session:
        link = make.link(session, by=ana.person, on=make.item(session))
    assert cleo.get(f"/links/{link.id}/qr.svg").status_code == 404
    assert bram.get(f"/links/{link.id}/qr.svg").status_code == 404
    assert client.get(f"/links/{link.id}/qr.svg").status_code == 303
    assert ana.get(f"/links/{link.id}/qr.gif").status_code == 404
    assert ana.get("/links/99999999/qr.svg").status_code == 404


def test_an_editor_prints_the_code_of_a_signature(ana: Client, bram: Client, cleo: Client, db: Database) -> None:
    with db.writing() as session:
        link = codes.signature_link(session, person=ana.person)
    assert bram.get(f"/links/{link.id}/qr.png").status_code == 200
    assert cleo.get(f"/links/{link.id}/qr.png").status_code == 404


def test_the_code_of_a_signature_leads_where_its_link_does(ana: Client, client: Client, db: Database) -> None:
    with db.writing() as session:
        link = codes.signature_link(session, person=ana.person)
    drawn = ana.get(f"/links/{link.id}/qr.svg").text
    assert f'aria-label="QR-code van http://localhost:8000/b/{link.code}"' in drawn
    assert client.get(f"/b/{link.code}").status_code == 302


def test_every_link_offers_its_code_with_one_tap(ana: Client, bram: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session, title="Timmerman")
        shared = make.share(session, by=ana.person, on=item)
        signature = codes.signature_link(session, person=ana.person)
        screen = Screen(name="Kantine", language="nl", audience="staff", token_hash="t" * 64, paired_at=clock.now())
        session.add(screen)
        session.flush()
        on_screen = codes.screen_link(session, screen_id=screen.id, item_id=item.id)
    for browser, path, link_id in (
        (ana, "/me", shared.link_id),
        (ana, "/signature", signature.id),
        (bram, f"/screens/{screen.id}", on_screen.id),
    ):
        page = browser.get(path).text
        for drawn_as in ("png", "svg"):
            assert f'href="/links/{link_id}/qr.{drawn_as}" download' in page
            assert browser.get(f"/links/{link_id}/qr.{drawn_as}").status_code == 200
