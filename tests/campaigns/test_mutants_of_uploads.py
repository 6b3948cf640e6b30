"""A thousand broken pictures and as many broken kits: each used or refused in a sentence, soon and in little room."""

import io
import resource
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PIL import Image, ImageDraw

from portal.campaigns import kits, pictures
from portal.campaigns.kit_report import KitRefused
from portal.campaigns.pictures import PictureRefused
from portal.database import Database
from tests.campaigns.drawing import picture
from tests.client import Client
from tests.mutants import mutants

pytestmark = pytest.mark.once

MOST_MEMORY = 300_000
"""Kilobytes by which the process may have grown at any moment."""
CAMPAIGN = """\
starts = "2026-03-01"
ends = "2026-04-30"
announces = true

[goal]
measure = "applications"
number = 12

[nl]
title = "Werken bij ons"
banner = "Bouw mee"
"""
ITEM = """\
+++
kind = "vacancy"
target = "https://noorderhout.example/werken"
picture = "hal.png"
publish = "day 2"
ends = "day 20"
fits = ["linkedin"]

[picture_alt]
nl = "Een hal"

[audience]
languages = ["nl"]
+++

# nl: Timmerman

Joost zoekt een vakmens.

## any

Kun jij timmeren?

---

Wij bouwen binnen.
"""


def drawn_as(kind: str) -> bytes:
    """A picture with something on it, and what a camera writes along."""
    image = Image.new("RGB", (420, 240), "teal")
    ImageDraw.Draw(image).ellipse((50, 20, 380, 210), fill="orange", outline="white", width=9)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x013B] = "Author Name"
    out = io.BytesIO()
    image.save(out, kind, **({} if kind == "GIF" else {"exif": exif.tobytes()}))
    return out.getvalue()


def zipped(item: bytes, how: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        for name, body in {"campaign.toml": CAMPAIGN.encode(), "timmerman.md": item, "hal.png": picture()}.items():
            archive.writestr(f"werken/{name}", body)
    return out.getvalue()


@contextmanager
def within_a_second() -> Iterator[None]:
    # Time of the processor: another test on the same machine must not make this one fail.
    before = time.process_time()
    yield
    assert time.process_time() - before < 1


@contextmanager
def in_little_room() -> Iterator[None]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_MEMORY


def is_used(body: bytes, drawn: set[tuple[object, ...]]) -> bool:
    """Read in whole, or refused in a sentence; what it is drawn from depends on size and mode alone: once for each."""
    try:
        pictures.check(body)
        with Image.open(io.BytesIO(body)) as image:
            kind = (image.size, image.mode, "transparency" in image.info)
        if kind not in drawn:
            drawn.add(kind)
            pictures.render(body)
    except PictureRefused as refusal:
        assert str(refusal).endswith((".", "?"))
        return False
    return True


@pytest.mark.parametrize(("kind", "seed"), [("JPEG", 1), ("PNG", 2), ("WEBP", 3), ("GIF", 4)])
def test_broken_pictures(app: object, kind: str, seed: int) -> None:
    sample, drawn, used = drawn_as(kind), set[tuple[object, ...]](), 0
    pictures.render(sample)
    with in_little_room():
        for mutant in mutants(sample, 250, seed):
            with within_a_second():
                used += is_used(mutant, drawn)
    assert 0 <= used < 250


def status(editor: Client, body: bytes) -> int:
    """What the front door says to a kit that is to be checked."""
    files = {"kit": ("kit.zip", body, "application/zip")}
    answer = editor.post("/campaigns/kits", htmx=True, data={"check": "yes"}, files=files)
    assert 'id="kit-report"' in answer.text
    return answer.status_code


@pytest.mark.parametrize(("how", "seed"), [(zipfile.ZIP_DEFLATED, 5), (zipfile.ZIP_STORED, 6)])
def test_broken_kits(bram: Client, how: int, seed: int) -> None:
    """Each is read; those that can be used go through the front door, and of the others every twentieth."""
    sample = zipped(ITEM.encode(), how)
    assert status(bram, sample) == 200
    with in_little_room():
        for number, mutant in enumerate(mutants(sample, 500, seed)):
            with within_a_second():
                try:
                    kits.read_kit(mutant)
                except KitRefused as refused:
                    assert refused.problems
                    if number % 20 == 0:
                        assert status(bram, mutant) == 422
                else:
                    assert status(bram, mutant) in (200, 422)


def test_broken_words_in_a_whole_zip(bram: Client, db: Database) -> None:
    """Damage to a packed file stops at its checksum: what an editor typed wrong comes in one that is whole."""
    drawn = pictures.render(picture())  # the same in each, because only words are damaged
    found = set()
    for number, mutant in enumerate(mutants(ITEM.encode(), 500, 7)):
        body = zipped(mutant)
        with within_a_second():
            try:
                kit = kits.read_kit(body)
                for item in kit.items:
                    item.drawn = drawn
                with db.writing() as session:
                    kits.rehearse(session, kit, by=session.merge(bram.person))
                outcome = 200
            except KitRefused as refused:
                assert refused.problems
                outcome = 422
            if number % 20 == 0 or outcome not in found:
                assert status(bram, body) == outcome
        found.add(outcome)
    assert found == {200, 422}
