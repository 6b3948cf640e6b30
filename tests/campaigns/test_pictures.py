"""What happens to a picture somebody hands in."""

import hashlib
import io
import threading

import pytest
from PIL import Image
from sqlalchemy import func, select

from portal.campaigns import pictures
from portal.campaigns.models import Picture, PictureSize
from portal.campaigns.pictures import PictureRefused
from portal.database import Database
from tests.campaigns.drawing import enormous_png, noise, picture
from tests.client import Client


def sizes(db: Database, digest: str) -> dict[str, Image.Image]:
    with db.reading() as session:
        rows = session.execute(
            select(PictureSize.name, PictureSize.body)
            .join(Picture, Picture.id == PictureSize.picture_id)
            .where(Picture.digest == digest)
        )
        return {name: Image.open(io.BytesIO(body)) for name, body in rows}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_kept_in_every_size_we_serve(db: Database, kind: str) -> None:
    with db.writing() as session:
        stored = pictures.store(session, picture(kind))

    found = sizes(db, stored.digest)

    assert (stored.width, stored.height) == (400, 210)
    assert {name: (image.size, image.format) for name, image in found.items()} == {
        "card": ((1200, 630), "JPEG"),
        "thumb": ((480, 252), "JPEG"),
        "wall": ((1920, 1080), "JPEG"),
        "full": ((400, 210), "JPEG"),
    }


def test_the_address_names_the_content_of_the_card(db: Database) -> None:
    with db.writing() as session:
        stored = pictures.store(session, picture())
        card = pictures.find(session, stored.digest, "card")

    assert card is not None
    assert stored.digest == hashlib.sha256(card[0]).hexdigest()
    assert pictures.address(stored, "thumb") == f"/pictures/{stored.digest}/thumb.jpg"


def test_even_noise_makes_a_light_card(app: object) -> None:
    rendered = pictures.render(noise())

    assert rendered.sizes[0].name == "card"
    assert len(rendered.sizes[0].body) < 300_000


def test_the_same_picture_twice_is_one(db: Database) -> None:
    with db.writing() as session:
        first = pictures.store(session, picture())
        second = pictures.store(session, picture())
        assert first.id == second.id
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(PictureSize)) == 4


def test_the_same_picture_by_two_people_at_once_is_one(db: Database) -> None:
    body, start, ids = picture(), threading.Barrier(2), []

    def hand_in() -> None:
        rendered = pictures.render(body)
        start.wait()
        with db.writing() as session:
            ids.append(pictures.keep(session, rendered).id)

    people = [threading.Thread(target=hand_in) for _ in range(2)]
    for each in people:
        each.start()
    for each in people:
        each.join()

    assert len(ids) == 2
    assert ids[0] == ids[1]


def test_place_and_author_are_gone_and_the_picture_is_upright(app: object) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # taken on its side
    exif[0x013B] = "Author Name"
    exif.get_ifd(0x8825)[1] = "N"

    rendered = pictures.render(picture("JPEG", (600, 400), exif=exif.tobytes(), comment=b"secret comment"))

    assert (rendered.width, rendered.height) == (400, 600)
    for size in rendered.sizes:
        image = Image.open(io.BytesIO(size.body))
        assert dict(image.getexif()) == {}
        assert b"Author Name" not in size.body
        assert b"secret comment" not in size.body
    assert Image.open(io.BytesIO(rendered.sizes[3].body)).size == (400, 600)


def test_see_through_becomes_white_paper(app: object) -> None:
    rendered = pictures.render(picture("PNG", mode="RGBA", colour="#00000000"))

    assert Image.open(io.BytesIO(rendered.sizes[0].body)).getpixel((10, 10)) == (255, 255, 255)


def test_a_grey_picture_of_sixteen_bits_keeps_its_grey(app: object) -> None:
    out = io.BytesIO()
    Image.new("I;16", (400, 210), 32768).save(out, "PNG")

    rendered = pictures.render(out.getvalue())

    assert Image.open(io.BytesIO(rendered.sizes[0].body)).getpixel((10, 10)) == (128, 128, 128)


def test_a_logo_keeps_its_see_through_ground(db: Database) -> None:
    with db.writing() as session:
        stored = pictures.store(session, picture("PNG", (512, 300), mode="RGBA", colour="#ff000080"), "logo")

    logo = sizes(db, stored.digest)["logo"]

    assert (logo.size, logo.mode, logo.format) == ((256, 150), "RGBA", "PNG")
    assert pictures.address(stored, "logo") == f"/pictures/{stored.digest}/logo.png"


UNREADABLE = "We kunnen dit bestand niet als afbeelding lezen. Gebruik een PNG, JPEG, WebP of GIF."
DAMAGED = "Deze afbeelding is beschadigd of maar half aangekomen. Kies hem nog eens."
TOO_MANY = "Deze afbeelding heeft meer dan 40 miljoen pixels. Maak hem eerst kleiner: 2400 pixels breed is ruim genoeg."


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "Dit bestand is leeg. Kies de afbeelding nog eens."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", UNREADABLE),
        (b"<!doctype html><script>alert(1)</script>", UNREADABLE),
        (b"%PDF-1.7 not a picture", UNREADABLE),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", UNREADABLE),
        (picture("TIFF"), UNREADABLE),
        (picture("BMP"), UNREADABLE),
        (picture("JPEG")[:-200], DAMAGED),
        (picture("PNG")[:60], DAMAGED),
        (enormous_png(), TOO_MANY),
        (picture("JPEG") + b"\xff\xda" * 200, UNREADABLE),
        (
            picture("PNG", (1, 1)),
            "Deze afbeelding is 1 bij 1 pixels; hij moet minstens 200 bij 105 zijn om er goed uit te zien.",
        ),
        (
            picture("GIF", save_all=True, append_images=[Image.new("RGB", (400, 210), "red")], duration=50),
            "Deze afbeelding beweegt. Kies er een die stilstaat.",
        ),
    ],
)
def test_what_is_no_picture_for_us_is_refused_in_a_sentence(db: Database, body: bytes, sentence: str) -> None:
    with db.writing() as session, pytest.raises(PictureRefused) as refused:
        pictures.store(session, body)

    assert str(refused.value) == sentence


def test_anybody_may_see_a_picture_and_keep_it_for_ever(db: Database, client: Client) -> None:
    with db.writing() as session:
        stored = pictures.store(session, picture())

    answer = client.get(pictures.address(stored, "card"))

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert hashlib.sha256(answer.content).hexdigest() == stored.digest


@pytest.mark.parametrize("file", ["huge.jpg", "card.png", "card", "logo.png", "..%2Fcard.jpg", "card.svg"])
def test_other_sizes_are_not_there(db: Database, client: Client, file: str) -> None:
    with db.writing() as session:
        stored = pictures.store(session, picture())

    assert client.get(f"/pictures/{stored.digest}/{file}").status_code == 404
    assert client.get(f"/pictures/{'0' * 64}/card.jpg").status_code == 404
