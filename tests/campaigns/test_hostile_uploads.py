"""Files nobody should send, each beside a good one that goes the same way: refused with a sentence, nothing kept."""

import asyncio
import io
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select
from starlette.applications import Starlette

from portal.campaigns.models import Campaign, Item, Picture, PictureSize
from portal.database import Database
from tests import make
from tests.campaigns.drawing import enormous_png, picture
from tests.campaigns.forms import item_form
from tests.client import Client, in_a_loop

MEGABYTE = 1_000_000


@pytest.fixture
def campaign(db: Database) -> Campaign:
    with db.writing() as session:
        return make.campaign(session)


@pytest.fixture
def temporary(tmp_path: Path) -> Iterator[Path]:
    """Where this process puts temporary files while the test runs."""
    before = tempfile.tempdir
    tempfile.tempdir = str(tmp_path)
    yield tmp_path
    tempfile.tempdir = before


def hand_in(who: Client, campaign: Campaign, body: bytes, name: str = "huis.jpg") -> int:
    answer = who.post(
        f"/campaigns/{campaign.id}/items",
        data=item_form(picture_alt_nl="Een huis"),
        files={"picture": (name, body, "image/jpeg")},
    )
    return answer.status_code


def rows(db: Database, table: Any) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def fits() -> bytes:
    cards = ["SIMPLE  =                    T", "BITPIX  =                    8", "NAXIS   =                    2"]
    cards += ["NAXIS1  =                  400", "NAXIS2  =                  210", "END"]
    return "".join(card.ljust(80) for card in cards).ljust(2880).encode() + bytes(2880 * 30)


def psd() -> bytes:
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 210, 400, 8, 3)
    return head + bytes(12) + struct.pack(">H", 0) + bytes(3 * 210 * 400)


KNOWN_TO_THE_LIBRARY = {
    "EPS": picture("EPS"),
    "TIFF": picture("TIFF"),
    "BMP": picture("BMP"),
    "FITS": fits(),
    "PSD": psd(),
}
"""Formats the picture library would read if it were let."""
NO_PICTURES = {
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='400' height='210'><script>alert(1)</script></svg>",
    "html": b"<!doctype html><title>x</title><script>alert(1)</script>",
    "pdf": picture("PDF"),
    "empty": b"",
    "half": picture("JPEG")[:-300],
    "one pixel": picture("PNG", (1, 1)),
    "moving": picture("GIF", save_all=True, append_images=[Image.new("RGB", (400, 210), "red")], duration=50),
    "900 million pixels": enormous_png(),
}


def test_a_good_picture_is_taken_whatever_it_is_called(db: Database, bram: Client, campaign: Campaign) -> None:
    assert hand_in(bram, campaign, picture("PNG"), "huis.jpg") == 303
    assert (rows(db, Item), rows(db, Picture)) == (1, 1)


@pytest.mark.parametrize("kind", KNOWN_TO_THE_LIBRARY)
def test_formats_with_a_dangerous_reader_are_not_even_opened(
    db: Database, bram: Client, campaign: Campaign, kind: str
) -> None:
    body = KNOWN_TO_THE_LIBRARY[kind]
    assert Image.open(io.BytesIO(body)).format == kind
    assert hand_in(bram, campaign, body) == 422
    assert (rows(db, Item), rows(db, Picture)) == (0, 0)


@pytest.mark.parametrize("what", NO_PICTURES)
def test_what_is_no_picture_is_refused_by_its_content(
    db: Database, bram: Client, campaign: Campaign, what: str
) -> None:
    assert hand_in(bram, campaign, NO_PICTURES[what], "huis.png") == 422
    assert (rows(db, Item), rows(db, Picture)) == (0, 0)


@pytest.mark.parametrize(
    "name",
    ["../../canary.png", "/canary.png", "..\\..\\canary.png", "C:\\canary.png", "canary.png\x00.exe", "a" * 400],
)
def test_a_file_is_kept_under_our_own_name(
    db: Database, bram: Client, campaign: Campaign, temporary: Path, data_dir: Path, name: str
) -> None:
    before = sorted(data_dir.rglob("*"))
    body = picture()

    status = hand_in(bram, campaign, body, name)

    # A name with a zero in it comes from no browser; the form parser may refuse the whole of it.
    assert status in ((303, 400) if "\x00" in name else (303,))
    with db.reading() as session:
        digests = list(session.scalars(select(Picture.digest)))
    assert [len(digest) for digest in digests] == [64] * (status == 303)
    assert sorted(data_dir.rglob("*")) == before
    assert list(temporary.iterdir()) == []


def test_what_a_camera_wrote_along_is_not_served(db: Database, bram: Client, campaign: Campaign) -> None:
    exif = Image.Exif()
    exif[0x013B] = "Author Name"
    exif.get_ifd(0x8825)[1] = "N"
    body = picture("JPEG", exif=exif.tobytes(), comment=b"secret comment")
    assert (b"Author Name" in body, b"secret comment" in body) == (True, True)

    assert hand_in(bram, campaign, body) == 303

    with db.reading() as session:
        served = list(session.scalars(select(PictureSize.body)))
    assert len(served) == 4
    assert [dict(Image.open(io.BytesIO(each)).getexif()) for each in served] == [{}] * 4
    assert [each for each in served if b"Author Name" in each or b"secret comment" in each] == []


@pytest.mark.parametrize(("megabytes", "status", "most_taken"), [(9, 422, 10), (1000, 413, 12)])
def test_an_endless_upload_is_cut_off_and_leaves_no_file(
    app: Starlette, bram: Client, temporary: Path, megabytes: int, status: int, most_taken: int
) -> None:
    """The first is within the limit: it is read whole, and refused for being no ZIP."""
    head = b'--x\r\ncontent-disposition: form-data; name="kit"; filename="kit.zip"\r\n\r\n'
    chunks = iter([head, *[bytes(MEGABYTE)] * megabytes, b"\r\n--x--\r\n"])
    taken, answered = 0, 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        body = next(chunks, b"")
        taken += len(body)
        return {"type": "http.request", "body": body, "more_body": bool(body)}

    async def send(message: Any) -> None:
        nonlocal answered
        answered = message.get("status", answered)

    cookie = f"portal={bram.cookies['portal']}"
    headers = {"host": "localhost:8000", "origin": "http://localhost:8000", "cookie": cookie}
    headers |= {"content-type": "multipart/form-data; boundary=x", "sec-fetch-site": "same-origin"}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/campaigns/kits",
        "raw_path": b"/campaigns/kits",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 8000),
    }
    in_a_loop(lambda: asyncio.wait_for(app(scope, receive, send), 60))

    assert answered == status
    assert taken <= most_taken * MEGABYTE
    assert list(temporary.iterdir()) == []
