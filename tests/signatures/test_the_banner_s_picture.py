"""The banner below mails is always there, always of one size, and always about what runs now."""

import dataclasses
import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from PIL import Image, ImageChops
from sqlalchemy import func, select, update
from starlette.applications import Starlette

from portal import clock, settings
from portal.activity import Activity
from portal.app import create_app
from portal.campaigns import pictures
from portal.campaigns.models import CampaignText
from portal.database import Database
from portal.links import codes
from portal.links.models import Click
from portal.people import brand
from portal.people.models import Organisation, Person
from portal.signatures import banners
from portal.signatures.models import Signature
from tests import make
from tests.client import Client


def signature_code(db: Database, person: Person, *, language: str = "nl") -> str:
    with db.writing() as session:
        session.add(Signature(person_id=person.id, name=person.name, language=language, changed_at=clock.now()))
        return codes.signature_link(session, person=person).code


def photo(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1200, 630), colour).save(out, "PNG")
    return out.getvalue()


def picture(browser: Client, code: str) -> bytes:
    answer = browser.get(f"/b/{code}.png")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    image = Image.open(io.BytesIO(answer.content))
    image.load()
    assert (image.format, image.size) == ("PNG", (960, 192))
    return answer.content


@pytest.mark.parametrize("code", ["x", "unknown-code", "bcdfghjk", "a" * 500, "%F0%9F%8E%89", "..%2e", "b.png"])
def test_an_unknown_code_gets_the_organisation_s_own_banner(client: Client, code: str) -> None:
    assert picture(client, code) == picture(client, "another")


def test_the_code_of_another_kind_of_link_is_unknown_here(client: Client, ana: Client, db: Database) -> None:
    with db.writing() as session:
        code = make.link(session, by=ana.person, on=make.item(session)).code
    assert picture(client, code) == picture(client, "another")


def test_it_follows_the_running_campaign_and_keeps_its_size(client: Client, ana: Client, db: Database) -> None:
    code = signature_code(db, ana.person)
    default = picture(client, "unknown")
    assert picture(client, code) == default
    with db.writing() as session:
        shown = pictures.store(session, photo("orange"))
        item = make.item(session, picture_id=shown.id)
    first = picture(client, code)
    assert first != default
    with db.writing() as session:
        later = make.campaign(session, starts_on=clock.today())
    assert picture(client, code) == first, "a campaign without a live item has nothing to say yet"
    with db.writing() as session:
        make.item(session, later, picture_id=pictures.store(session, photo("teal")).id)
    second = picture(client, code)
    assert second not in (first, default)
    with time_machine.travel(clock.now() + timedelta(days=40), tick=False):
        assert picture(client, code) == default
    assert item.state == "approved"


def test_only_what_is_approved_and_live_is_shown(client: Client, ana: Client, db: Database) -> None:
    code = signature_code(db, ana.person)
    now = clock.now()
    with db.writing() as session:
        run = make.campaign(session)
        make.item(session, run, state="draft")
        make.item(session, run, state="in_review")
        make.item(session, run, state="recalled")
        make.item(session, run, publish_at=now + timedelta(days=1))
        make.item(session, run, ends_at=now - timedelta(minutes=1))
        make.item(session, make.campaign(session, ends_on=clock.today() - timedelta(days=1)))
        make.item(session, make.campaign(session, starts_on=clock.today() + timedelta(days=1)))
    assert picture(client, code) == picture(client, "unknown")


def test_it_speaks_the_signature_s_language(client: Client, ana: Client, cleo: Client, db: Database) -> None:
    dutch, english = signature_code(db, ana.person), signature_code(db, cleo.person, language="en")
    with db.writing() as session:
        make.item(session)
    expected = {
        language: banners.banner(banners.Content("#14493a", line, button)).body
        for language, line, button in (("nl", "Bouw mee", "Bekijk"), ("en", "Build with us", "See more"))
    }
    assert expected == {"nl": picture(client, dutch), "en": picture(client, english)}
    assert picture(client, english) == cleo.get("/signature/banner.png?language=en").content
    assert picture(client, dutch) == cleo.get("/signature/banner.png?language=nl").content


def test_it_changes_with_the_organisation(client: Client, db: Database) -> None:
    before = picture(client, "x")
    seen = {before}
    for values in (
        {"accent": "#ffe000"},
        {"name": "Noorderhout en Zonen, Timmerwerken en Huizenbouw Zwolle-Gent sinds 1911 " * 5},
        {"name": "🏠🌲 Wood"},
        {"name": "Дерево"},  # no letters for it: the website stands alone
        {"website": ""},
    ):
        with db.writing() as session:
            session.execute(update(Organisation).values(**values))
        seen.add(picture(client, "x"))
    assert len(seen) == 6


@pytest.mark.parametrize(
    "line",
    [
        "B",
        "Bouw mee aan een huis per dag",
        "Eerlijke antwoorden over bouwen met hout nu",
        "W" * 42,
        "Een " * 100,
        "Hottentottententententoonstellingsmakersgildevergadering",
        "🎉 Kom kijken 🎉",
        "\u202eachterstevoren",
        "<script>alert(1)</script>",
    ],
)
def test_every_line_fits(client: Client, ana: Client, db: Database, line: str) -> None:
    code = signature_code(db, ana.person)
    with db.writing() as session:
        make.item(session)
        session.execute(update(CampaignText).values(banner=line[:400]))
    with_words, without = (
        Image.open(io.BytesIO(body))
        for body in (picture(client, code), banners.banner(banners.Content("#14493a", "")).body)
    )
    changed = ImageChops.difference(with_words, without).convert("RGB").getbbox()
    assert changed is not None
    left, top, right, bottom = changed
    assert (left >= 40, top >= 10, right <= 584, bottom <= 182) == (True, True, True, True), changed


def test_a_campaign_without_a_banner_line_shows_its_title(client: Client, ana: Client, db: Database) -> None:
    code = signature_code(db, ana.person)
    with db.writing() as session:
        make.item(session)
        session.execute(update(CampaignText).values(banner=""))
    title = banners.Content("#14493a", "Werken in de huizenfabriek", "Bekijk")
    assert picture(client, code) == banners.banner(title).body


@pytest.mark.parametrize("accent", ["#14493a", "#ffe000", "#ffffff", "#000000", "#f2a72e", "#7fffd4"])
def test_letters_can_be_read_on_any_accent(accent: str) -> None:
    body = banners.banner(banners.Content(accent, "")).body
    ground = Image.open(io.BytesIO(body)).convert("RGB").getpixel((40, 96))
    assert isinstance(ground, tuple)
    colour = "#" + "".join(f"{channel:02x}" for channel in ground)
    assert brand.contrast(colour, brand.WHITE) >= 4.5


def test_mail_programs_are_told_to_ask_again(client: Client, ana: Client, db: Database) -> None:
    code = signature_code(db, ana.person)
    first = client.get(f"/b/{code}.png")
    assert first.headers["cache-control"] == "no-cache, max-age=0"
    assert first.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "set-cookie" not in first.headers
    etag = first.headers["etag"]
    for sent in (etag, f'"other", W/{etag}'):
        again = client.get(f"/b/{code}.png", headers={"If-None-Match": sent})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    with db.writing() as session:
        make.item(session)
    assert client.get(f"/b/{code}.png", headers={"If-None-Match": etag}).status_code == 200
    assert client.head(f"/b/{code}.png").status_code == 200


def test_a_picture_that_loads_is_noted_nowhere(client: Client, ana: Client, db: Database) -> None:
    code = signature_code(db, ana.person)
    picture(client, code)
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Click)) == 0
        assert session.scalar(select(func.count()).select_from(Activity)) == 0


def test_it_lives_on_when_its_person_leaves(client: Client, ana: Client, db: Database) -> None:
    code = signature_code(db, ana.person)
    with db.writing() as session:
        make.item(session)
        session.get_one(Person, ana.person.id).deactivated_at = clock.now()
    assert picture(client, code) != picture(client, "unknown")


@pytest.fixture
def app_without_database(app: Starlette, chosen: settings.Settings) -> Iterator[Starlette]:
    """The portal while its database is nowhere to be found."""
    away = dataclasses.replace(chosen, database_url=f"sqlite:///{chosen.data_dir / 'gone' / 'portal.db'}")
    yield create_app(away, background=False)
    settings.put_in_force(chosen)


@pytest.mark.once
def test_it_is_there_while_the_database_is_away(app_without_database: Starlette) -> None:
    client = Client(app_without_database, raise_errors=False)
    assert client.get("/b/bcdfghjk").status_code == 503
    assert len(picture(client, "bcdfghjk")) > 0
