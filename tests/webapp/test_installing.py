"""The portal as an app: its manifest, the icons drawn for it, the worker, and one idea for what is sent twice."""

import io
import json
import re

import pytest
from PIL import Image
from sqlalchemy import func, select

from portal.database import Database
from portal.inbox.models import Idea
from portal.people.models import Organisation
from portal.webapp import icons
from tests.client import Client

pytestmark = pytest.mark.once


def told(client: Client, language: str = "nl") -> dict[str, object]:
    answer = client.get("/manifest.webmanifest", headers={"accept-language": language})
    said: dict[str, object] = json.loads(answer.content)
    return said


def brand(db: Database, **values: object) -> None:
    with db.writing() as session:
        organisation = session.get_one(Organisation, 1)
        for name, value in values.items():
            setattr(organisation, name, value)
        organisation.version += 1


def drawn(client: Client, path: str) -> Image.Image:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    return Image.open(io.BytesIO(answer.content))


def test_the_manifest_bears_the_organisation_s_brand(client: Client, db: Database) -> None:
    brand(db, name="Zeeuwse Bouwmeesters", accent="#c9e265")
    said = told(client)
    assert (said["name"], said["short_name"], said["lang"]) == ("Zeeuwse Bouwmeesters", "Zeeuwse", "nl")
    assert said["theme_color"] != "#c9e265", "white letters could not be read on it"
    assert [icon["purpose"] for icon in said["icons"]] == ["any", "maskable", "any", "maskable"]  # type: ignore[attr-defined]
    assert [one["name"] for one in said["shortcuts"]] == ["Delen", "Ik heb een idee", "Mijn pagina"]  # type: ignore[attr-defined]
    assert told(client, "en")["description"] == "What there is to share at Zeeuwse Bouwmeesters, in your own words."


def test_icons_change_with_the_brand_and_stay_for_ever_otherwise(client: Client, db: Database) -> None:
    before = client.get(f"/app-icons/{now(db)}/maskable-512.png")
    assert before.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (
        client.get(
            f"/app-icons/{now(db)}/maskable-512.png", headers={"if-none-match": before.headers["etag"]}
        ).status_code
        == 304
    )
    old = now(db)
    brand(db, accent="#aa2222")
    assert now(db) != old
    after = client.get(f"/app-icons/{old}/maskable-512.png")
    assert (after.headers["cache-control"], after.content != before.content) == ("public, max-age=3600", True)
    assert drawn(client, f"/app-icons/{now(db)}/maskable-512.png").convert("RGB").getpixel((5, 5)) == (170, 34, 34)
    assert client.get(f"/app-icons/{now(db)}/maskable-9000.png").status_code == 404
    assert drawn(client, "/apple-touch-icon.png").size == (180, 180)
    for name, shape in icons.SHAPES.items():
        assert drawn(client, f"/app-icons/{now(db)}/{name}.png").size == (shape.side, shape.side)


def test_a_logo_stands_in_the_middle_of_what_no_phone_cuts_away(dina: Client, db: Database) -> None:
    out = io.BytesIO()
    logo = Image.new("RGBA", (200, 100), "#00000000")
    logo.paste("#ffffff", (20, 20, 120, 80))
    logo.paste("#f0f0f0", (120, 20, 180, 50))
    logo.save(out, "PNG")
    dina.post("/settings/logo", files={"logo": ("logo.png", out.getvalue(), "image/png")})
    icon = drawn(dina, f"/app-icons/{now(db)}/maskable-512.png").convert("RGB")
    ground = icon.getpixel((0, 0))
    assert ground == (20, 73, 58), "a light logo stands on the accent"
    seen = [(x, y) for x in range(0, 512, 4) for y in range(0, 512, 4) if icon.getpixel((x, y)) != ground]
    assert seen
    assert max((x - 256) ** 2 + (y - 256) ** 2 for x, y in seen) <= (512 * 0.4) ** 2


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Noorderhout", "N"), ("De Gouden Draak", "DG"), ("¡Évora & Zonen!", "ÉZ"), ("木の家", ""), ("!!!", "")],
)
def test_initials(name: str, letters: str) -> None:
    assert icons.initials(name) == letters


def test_the_worker_is_another_one_with_another_release(client: Client, ana: Client, db: Database) -> None:
    answer = client.get("/sw.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert (answer.headers["cache-control"], answer.headers["service-worker-allowed"]) == ("no-cache", "/")
    assert "worker-src 'self'" in answer.headers["content-security-policy"]
    assert client.get("/sw.js").text == answer.text == ana.get("/sw.js").text, "the same for everybody, every time"
    page = re.search(r'<meta name="release" content="(\w+)">', ana.get("/").text)
    assert page is not None
    assert f'const RELEASE = "{page[1]}";' in answer.text
    brand(db, accent="#aa2222")
    assert f'const RELEASE = "{page[1]}";' not in client.get("/sw.js").text


def test_what_the_worker_needs_offline_is_there(client: Client) -> None:
    script = client.get("/sw.js").text
    for name in ("CORE", "OFFLINE", "ICON", "BADGE"):
        found = re.search(rf"^const {name} = (.*);$", script, re.MULTILINE)
        assert found is not None
        value = json.loads(found[1])
        for path in value if isinstance(value, list) else [value]:
            assert (path, client.get(path).status_code) == (path, 200)
    assert "Geen verbinding" in client.get("/offline").text
    assert "No connection" in client.get("/offline", headers={"accept-language": "en"}).text


def test_who_reads_it_and_nobody_else_is_on_the_page(client: Client, ana: Client, cleo: Client) -> None:
    found = [re.search(r'<meta name="owner" content="([^"]+)">', who.get("/").text) for who in (ana, cleo)]
    assert found[0] and found[1] and found[0][1] != found[1][1]
    assert "owner" not in client.get("/offline").text
    assert "sw.js" not in client.get("/sign-in").text


def test_an_idea_that_arrives_twice_is_one_idea(ana: Client, cleo: Client, db: Database) -> None:
    sent = {"words": "Een dak van twaalf meter", "key": "lq3-abc"}
    assert [ana.post("/ideas", data=sent).status_code for _ in range(2)] == [303, 303]
    assert ana.post("/ideas", data=sent | {"words": "Een dak van dertien meter"}).status_code == 303, "changed since"
    assert cleo.post("/ideas", data=sent).status_code == 303
    assert ana.post("/ideas", data={"words": "Zonder"}).status_code == 303
    assert ana.post("/ideas", data={"words": "Zonder", "key": "x" * 300}).status_code == 303
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Idea)) == 5


def now(db: Database) -> str:
    with db.reading() as session:
        return icons.digest(session.get_one(Organisation, 1))
