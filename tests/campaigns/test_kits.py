"""Campaign kits: checked with every problem named, loaded once, exported and loaded elsewhere."""

import io
import shutil
import stat
import struct
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import func, select

from portal import clock, i18n
from portal.campaigns import drafts, kits, queries
from portal.campaigns.kits import KitRefused
from portal.campaigns.models import Campaign, Item, Picture
from portal.database import Database
from portal.paths import data
from tests.campaigns.drawing import picture
from tests.campaigns.forms import typed_from
from tests.client import Client
from tests.conftest import empty

CAMPAIGN = """\
starts = "day 0"
ends = "day 30"

[goal]
measure = "applications"
number = 12

[nl]
title = "Werken bij ons"
summary = "Kom erbij."
banner = "Bouw mee"
"""
ITEM = """\
+++
kind = "vacancy"
target = "https://noorderhout.example/werken"
picture = "hal.png"
publish = "day 2"
ends = "day 20"
place = "Zwolle"
hours = "32 tot 40 uur"

[picture_alt]
nl = "Een hal"
+++

# nl: Timmerman

Joost zoekt
een vakmens.

## any

Kun jij timmeren?

Kom kijken.

---

Wij bouwen binnen.

## linkedin

\\---
\\# geen titel
"""


@pytest.fixture
def english() -> Iterator[None]:
    before = i18n.language.set("en")
    yield
    i18n.language.reset(before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    kit = tmp_path / "werken-bij-ons"
    kit.mkdir()
    (kit / "campaign.toml").write_text(CAMPAIGN)
    (kit / "timmerman.md").write_text(ITEM)
    (kit / "hal.png").write_bytes(picture())
    (kit / "README.md").write_text("# Not an item")
    return kit


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, body in files.items():
            archive.writestr(zipfile.ZipInfo(name), body)
    return out.getvalue()


def load(db: Database, source: Path | bytes, *, approve: bool = False) -> kits.Report:
    with db.writing() as session:
        return kits.load_kit(session, kits.read_kit(source), approve=approve)


def items(db: Database) -> list[Item]:
    with db.reading() as session:
        ids = session.scalars(select(Item.id).order_by(Item.id)).all()
        return [queries.get_item(session, each) for each in ids]


def count(db: Database, table: type) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def problems(source: Path | bytes) -> list[str]:
    with pytest.raises(KitRefused) as refused:
        kits.read_kit(source)
    return refused.value.lines


def test_a_kit_becomes_a_campaign(db: Database, folder: Path) -> None:
    load(db, folder)

    (item,) = items(db)
    today = clock.today()
    assert (item.campaign.slug, item.campaign.starts_on, item.campaign.ends_on) == (
        "werken-bij-ons",
        today,
        today + timedelta(days=30),
    )
    assert (item.slug, item.state, item.place, item.kind) == ("timmerman", "in_review", "Zwolle", "vacancy")
    assert item.publish_at == clock.start_of(today + timedelta(days=2))
    assert item.ends_at == clock.end_of(today + timedelta(days=20))
    text = item.text("nl")
    assert (text.title, text.summary, text.conditions, text.picture_alt) == (
        "Timmerman",
        "Joost zoekt een vakmens.",
        "",
        "Een hal",
    )
    assert [(each.network, each.body) for each in item.captions] == [
        ("any", "Kun jij timmeren?\n\nKom kijken."),
        ("any", "Wij bouwen binnen."),
        ("linkedin", "---\n# geen titel"),
    ]
    assert item.picture is not None


def test_loading_it_again_changes_nothing_not_even_days_later(db: Database, folder: Path, english: None) -> None:
    load(db, folder)
    before = items(db)[0]
    with time_machine.travel(clock.now() + timedelta(days=3), tick=False):
        report = load(db, folder)

    after = items(db)[0]
    assert report.lines == ["Everything is loaded already: nothing to do."]
    assert (after.version, after.publish_at, after.changed_at) == (
        before.version,
        before.publish_at,
        before.changed_at,
    )
    assert count(db, Picture) == 1


def test_a_changed_kit_updates_and_asks_for_approval_again(db: Database, folder: Path, english: None) -> None:
    load(db, folder, approve=True)
    assert items(db)[0].state == "approved"
    (folder / "timmerman.md").write_text(ITEM.replace("# nl: Timmerman", "# nl: Meestertimmerman"))
    (folder / "campaign.toml").write_text(CAMPAIGN.replace("number = 12", "number = 15"))

    with db.writing() as session:
        # Checking it says the same, and whoever may approve at once has nothing waiting.
        foretold = kits.rehearse(session, kits.read_kit(folder)).lines
        attempt = session.begin_nested()
        approved = kits.load_kit(session, kits.read_kit(folder), approve=True).lines
        attempt.rollback()
    report = load(db, folder)

    (item,) = items(db)
    updated = ["Campaign werken-bij-ons: updated.", "timmerman: updated."]
    again = "1 item that was approved waits for approval again, and appears once it has it."
    assert (report.lines, foretold, approved) == ([*updated, again], [*updated, again], updated)
    assert (item.text("nl").title, item.state, item.campaign.goal_number) == (
        "Meestertimmerman",
        "in_review",
        15,
    )


def test_what_was_edited_in_the_portal_is_kept_and_reported(
    db: Database, folder: Path, bram: Client, english: None
) -> None:
    load(db, folder)
    item = items(db)[0]
    bram.post(f"/campaigns/items/{item.id}", data=typed_from(item, title_nl="In het portaal bewerkt"))
    (folder / "timmerman.md").write_text(ITEM.replace("# nl: Timmerman", "# nl: Meestertimmerman"))
    (folder / "tweede.md").write_text(ITEM)

    report = load(db, folder)

    assert report.lines == ["timmerman: edited in the portal since, left as it is.", "tweede: created."]
    assert [each.text("nl").title for each in items(db)] == ["In het portaal bewerkt", "Timmerman"]


@pytest.mark.parametrize("name", ["werken-in-de-huizenfabriek", "weten-van-hout", "winterklaar-wonen"])
def test_a_shipped_kit_goes_round_and_comes_back_the_same(db: Database, english: None, name: str) -> None:
    load(db, data("campaigns", name), approve=True)
    with db.reading() as session:
        campaign = queries.find_campaign_by_slug(session, name)
        assert campaign is not None
        first = kits.export_kit(session, campaign)
        assert kits.export_kit(session, campaign) == first
    before = {item.slug: (drafts.of_item(item), item.picture is None) for item in items(db)}

    # In the portal it came from, there is nothing to do.
    assert load(db, first).lines == ["Everything is loaded already: nothing to do."]

    empty(db)
    load(db, first)
    after = {item.slug: (drafts.of_item(item), item.picture is None) for item in items(db)}
    for slug, (draft, has_no_picture) in before.items():
        draft.captions.sort(key=lambda each: (each.network, each.language, each.body))
        after[slug][0].captions.sort(key=lambda each: (each.network, each.language, each.body))
        assert after[slug] == (draft, has_no_picture)
    assert load(db, first).lines == ["Everything is loaded already: nothing to do."]


def test_every_problem_is_told_at_once_with_file_line_and_key(folder: Path, english: None, app: object) -> None:
    (folder / "campaign.toml").write_text(CAMPAIGN.replace("number = 12", "number = 0\nsize = 3"))
    (folder / "timmerman.md").write_text(
        ITEM.replace('kind = "vacancy"', 'kind = "job"\ncolour = "red"')
        .replace("hal.png", "weg.png")
        .replace("## linkedin", "## myspace")
        .replace("https://noorderhout.example/werken", "javascript:alert(1)")
    )
    (folder / "half.md").write_bytes(b"+++\nkind = \xff\n+++\n")
    (folder / "leeg.md").write_text("geen gegevens")

    assert problems(folder) == [
        "campaign.toml line 6: goal.number: Fill in a whole number from 1 to 1,000,000.",
        "campaign.toml line 7: goal.size: This key is unknown. Known are: measure, number.",
        "half.md line 2: This file is not UTF-8: save it once more as UTF-8.",
        "leeg.md line 1: The file starts with its facts between two lines of +++.",
        "timmerman.md line 2: kind: Choose what kind of item this is.",
        "timmerman.md line 3: colour: This key is unknown. Known are: audience, conditions, disclosure, ends, fits, "
        "happens, hours, kind, picture, picture_alt, place, publish, recruiter, successor, target, video.",
        "timmerman.md line 4: target: The address has to start with https:// or http://.",
        "timmerman.md line 5: picture: There is no picture weg.png in the kit.",
        "timmerman.md line 30: myspace is not a network. Use one of: any, linkedin, whatsapp, x, facebook, "
        "bluesky, mastodon, threads, email, teams.",
    ]


@pytest.mark.parametrize(
    ("picture_name", "sentence"),
    [
        ("../hal.png", "timmerman.md line 4: picture: The picture lies outside the kit."),
        ("/etc/passwd", "timmerman.md line 4: picture: The picture lies outside the kit."),
        ("..\\\\hal.png", "timmerman.md line 4: picture: The picture lies outside the kit."),
        ("C:hal.png", "timmerman.md line 4: picture: The picture lies outside the kit."),
        ("kein.png", "timmerman.md line 4: picture: There is no picture kein.png in the kit."),
        (
            "nep.png",
            "timmerman.md line 4: picture: nep.png: We cannot read this file as a picture. Use a PNG, JPEG, "
            "WebP or GIF.",
        ),
    ],
)
def test_a_picture_that_cannot_be_used(
    folder: Path, english: None, app: object, picture_name: str, sentence: str
) -> None:
    (folder / "nep.png").write_text("<html>")
    (folder / "timmerman.md").write_text(ITEM.replace("hal.png", picture_name))

    assert problems(folder) == [sentence]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("+++\n\n# nl", "+++\n\nlos\n# nl", "timmerman.md line 14: This text stands before the first title."),
        ("# nl: Timmerman", "# fr: Menuisier", "timmerman.md line 14: Write # nl: or # en: before a title."),
        (
            'kind = "vacancy"',
            "kind = vacancy",
            "timmerman.md line 2: This cannot be read as TOML: Invalid value.",
        ),
        (
            'publish = "day 2"',
            'publish = "soon"',
            'timmerman.md line 5: publish: Write a day as "day 3" or as "2026-03-01".',
        ),
        (
            'ends = "day 20"',
            'ends = "day 1"',
            "timmerman.md line 6: ends: The last day is before the day it appears: choose a later one.",
        ),
        ('place = "Zwolle"', "place = 3", "timmerman.md line 7: place: Write this between quotes."),
    ],
)
def test_a_mistake_in_an_item_names_its_line(
    folder: Path, english: None, app: object, old: str, new: str, sentence: str
) -> None:
    assert old in ITEM
    (folder / "timmerman.md").write_text(ITEM.replace(old, new))

    assert sentence in problems(folder)


def test_a_link_to_another_place_is_refused(folder: Path, tmp_path: Path, english: None, app: object) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "extra.png").symlink_to(tmp_path / "secret.txt")

    assert problems(folder) == ["extra.png: This is a link to another place: put the file itself in the kit."]


def link_entry() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("kit/hal.png")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("campaign.toml", CAMPAIGN)
        archive.writestr("hal.png", bytes(60_000_000))
    return out.getvalue()


def lying_bomb() -> bytes:
    """An entry that unpacks to more than it says."""
    body = bomb()
    real, claimed = (60_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little")
    assert body.count(real) == 2
    return body.replace(real, claimed)


def million_entries() -> bytes:
    """A table of contents that would take hundreds of megabytes once read, in a ZIP of a few."""
    one = zipped({"a": ""})
    start, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    table = one[start:end] * 100_000
    return one[:start] + table + b"PK\x05\x06" + struct.pack("<4xHHIIH", 65535, 65535, len(table), start, 0)


def with_flag(flag: int) -> bytes:
    """An entry that says of itself what only its bits say, such as that it is locked."""
    body = bytearray(zipped({"hal.png": "x"}))
    body[body.index(b"PK\x01\x02") + 8] |= flag
    return bytes(body)


def twice() -> bytes:
    """Two files of one name, which Python itself warns of when it is asked to make them."""
    return zipped({"kit/hal.png": "x", "kit/HAL.png": "y"}).replace(b"HAL", b"hal")


def renamed(name: bytes) -> bytes:
    return zipped({"a" * len(name): "x"}).replace(b"a" * len(name), name)


def test_what_a_zip_may_not_hold(db: Database, bram: Client, english: None, tmp_path: Path) -> None:
    outside = "%s: A file in a kit may not lie outside it."
    wrong = {
        zipped({"../canary": "x"}): [outside % "../canary"],
        zipped({"kit/../../canary": "x"}): [outside % "kit/../../canary"],
        zipped({"/canary": "x", "C:canary": "x"}): [outside % "/canary", outside % "C:canary"],
        link_entry(): ["kit/hal.png: This is a link to another place: put the file itself in the kit."],
        zipped({f"{number}.md": "" for number in range(201)}): ["This kit has more than 200 files."],
        bomb(): ["This kit is larger than 50 MB unpacked."],
        lying_bomb(): ["hal.png: This file in the ZIP is damaged."],
        million_entries(): ["This kit has more than 200 files."],
        with_flag(1): ["hal.png: This file is locked with a password. Make the ZIP without one."],
        zipped({"kit/hal.png": "x", "kit/HAL.PNG": "y"}): ["kit/hal.png: This file is in the ZIP twice."],
        twice(): ["kit/hal.png: This file is in the ZIP twice."],
        zipped({"e\u0301.png": "x", "\xe9.png": "y"}): ["\xe9.png: This file is in the ZIP twice."],
        renamed(b"..\\canary"): [outside % "..\\canary"],
        renamed(b"hal.png\x00.exe"): [outside % "hal.png?.exe"],
        b"": ["This is not a ZIP file, or only a part of one arrived."],
        b"PK\x03\x04 half": ["This is not a ZIP file, or only a part of one arrived."],
        zipped({"hal.png": "x"}): ["campaign.toml: This file is missing; it holds the period, the goal and the name."],
    }
    for body, sentences in wrong.items():
        assert problems(body) == sentences
        answer = bram.post("/campaigns/kits", files={"kit": ("kit.zip", body, "application/zip")})
        assert answer.status_code == 422
    assert (count(db, Campaign), count(db, Item)) == (0, 0)
    assert list(tmp_path.iterdir()) == []
    fine = zipped({"kit/campaign.toml": CAMPAIGN, "kit/timmerman.md": ITEM, "kit/hal.png": picture()})
    assert bram.post("/campaigns/kits", files={"kit": ("kit.zip", fine, "application/zip")}).status_code == 200
    assert (count(db, Campaign), count(db, Item)) == (1, 1)


def test_a_kit_can_be_checked_without_being_loaded(db: Database, bram: Client) -> None:
    fine = zipped({"kit/campaign.toml": CAMPAIGN, "kit/timmerman.md": ITEM, "kit/hal.png": picture()})
    files = {"kit": ("kit.zip", fine, "application/zip")}

    answer = bram.post("/campaigns/kits", data={"check": "yes"}, files=files)

    assert (answer.status_code, "Deze kit is in orde" in answer.text) == (200, True)
    assert "timmerman: gemaakt." in answer.text
    assert (count(db, Campaign), count(db, Item), count(db, Picture)) == (0, 0, 0)
    # What shows how far an upload is gets the report alone.
    assert bram.post("/campaigns/kits", htmx=True, data={"check": "yes"}, files=files).text.startswith('<div id="kit-r')


def test_a_kit_with_one_wrong_item_leaves_nothing_behind(db: Database, folder: Path, bram: Client) -> None:
    (folder / "tweede.md").write_text(ITEM.replace("hal.png", "weg.png"))
    body = shutil.make_archive(str(folder), "zip", folder.parent, folder.name)

    answer = bram.post("/campaigns/kits", files={"kit": ("kit.zip", Path(body).read_bytes(), "application/zip")})

    assert answer.status_code == 422
    assert "<b>regel 4: picture</b>: Er zit geen afbeelding weg.png in de kit." in answer.text
    assert "<code>tweede.md</code>" in answer.text
    assert (count(db, Campaign), count(db, Item), count(db, Picture)) == (0, 0, 0)


def test_an_editor_loads_a_zip_and_reads_what_happened(db: Database, folder: Path, bram: Client) -> None:
    body = Path(shutil.make_archive(str(folder), "zip", folder.parent, folder.name)).read_bytes()

    first = bram.post("/campaigns/kits", files={"kit": ("kit.zip", body, "application/zip")})
    second = bram.post("/campaigns/kits", files={"kit": ("kit.zip", body, "application/zip")})

    assert (first.status_code, second.status_code) == (200, 200)
    assert "Campagne werken-bij-ons: gemaakt." in first.text
    assert "Alles is al geladen: er is niets te doen." in second.text
    (item,) = items(db)
    assert (item.state, item.changed_by_id) == ("in_review", bram.person.id)


def test_an_editor_downloads_a_campaign_as_a_kit(db: Database, folder: Path, bram: Client) -> None:
    load(db, folder)
    campaign_id = items(db)[0].campaign_id

    answer = bram.get(f"/campaigns/{campaign_id}/kit.zip")

    assert answer.headers["content-disposition"] == 'attachment; filename="werken-bij-ons.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == [
            "werken-bij-ons/campaign.toml",
            "werken-bij-ons/timmerman.jpg",
            "werken-bij-ons/timmerman.md",
        ]
    kit = kits.read_kit(answer.content)
    assert kit.slug == "werken-bij-ons"
    assert kit.starts.on == clock.today()


def test_what_the_command_says(db: Database, folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.zip"

    assert kits.check(folder) == (["werken-bij-ons: 1 item, fine."], True)
    assert kits.load(folder) == (["Campaign werken-bij-ons: created.", "timmerman: created."], True)
    assert kits.load(folder) == (["Everything is loaded already: nothing to do."], True)
    assert kits.export("werken-bij-ons", target) == ([f"Written to {target}."], True)
    assert kits.export("werken-bij-ons", target) == (
        [f"{target} is there already. Choose another name."],
        False,
    )
    assert kits.export("anders", target) == (
        ["There is no campaign anders. There are: werken-bij-ons."],
        False,
    )
    assert kits.check(target) == (["werken-bij-ons: 1 item, fine."], True)
    assert kits.check(tmp_path / "nergens") == (
        [f"There is no kit at {tmp_path / 'nergens'}: give a folder or a ZIP file.", "1 thing to repair."],
        False,
    )


def test_days_are_counted_from_the_loading_day_or_written_out(db: Database, folder: Path) -> None:
    (folder / "campaign.toml").write_text(CAMPAIGN.replace('"day 0"', '"2026-03-01"').replace('"day 30"', "2026-04-30"))

    load(db, folder)

    (item,) = items(db)
    assert (item.campaign.starts_on, item.campaign.ends_on) == (date(2026, 3, 1), date(2026, 4, 30))
    assert item.publish_at == clock.start_of(date(2026, 3, 3))


def test_a_kit_brings_tags_and_what_comes_after(db: Database, tmp_path: Path, english: None) -> None:
    folder = tmp_path / "werken"
    folder.mkdir()
    tags = '[tags]\ntemplate = "utm_source={network}&utm_campaign=winter"\noverwrite = true\n\n[nl]'
    (folder / "campaign.toml").write_text(CAMPAIGN.replace("[nl]", tags))
    (folder / "hal.png").write_bytes(picture())
    (folder / "timmerman.md").write_text(ITEM.replace("[picture_alt]", 'successor = "voorman"\n\n[picture_alt]'))
    (folder / "voorman.md").write_text(ITEM)
    with db.writing() as session:
        kits.load_kit(session, kits.read_kit(folder))
    with db.writing() as session:
        again = kits.load_kit(session, kits.read_kit(folder))
        campaign = session.scalars(select(Campaign)).one()
        items = {item.slug: item for item in session.scalars(select(Item))}
        exported = zipfile.ZipFile(io.BytesIO(kits.export_kit(session, queries.get_campaign(session, campaign.id))))
    assert (campaign.utm_template, campaign.utm_overwrites) == ("utm_source={network}&utm_campaign=winter", True)
    assert items["timmerman"].successor_id == items["voorman"].id
    assert items["voorman"].successor_id is None
    assert again.changed == 0
    read = kits.read_kit(zip_of(exported))
    assert (read.draft.utm_template, read.draft.utm_overwrites) == (campaign.utm_template, True)
    assert [(item.slug, item.successor) for item in read.items] == [("timmerman", "voorman"), ("voorman", "")]


def zip_of(archive: zipfile.ZipFile) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in archive.namelist():
            made.writestr(name, archive.read(name))
    return out.getvalue()


def test_what_an_editor_chose_stays_until_the_kit_says_something_new(
    db: Database, tmp_path: Path, english: None
) -> None:
    folder = tmp_path / "werken"
    folder.mkdir()
    (folder / "campaign.toml").write_text(CAMPAIGN)
    (folder / "hal.png").write_bytes(picture())
    for name in ("timmerman", "voorman", "leerling"):
        (folder / f"{name}.md").write_text(ITEM)
    with db.writing() as session:
        kits.load_kit(session, kits.read_kit(folder))
        items = {item.slug: item for item in session.scalars(select(Item))}
        items["timmerman"].successor_id = items["leerling"].id
    with db.writing() as session:
        kits.load_kit(session, kits.read_kit(folder))
        kept = session.scalars(select(Item.successor_id).where(Item.slug == "timmerman")).one()
    (folder / "timmerman.md").write_text(ITEM.replace("[picture_alt]", 'successor = "voorman"\n\n[picture_alt]'))
    with db.writing() as session:
        kits.load_kit(session, kits.read_kit(folder))
        changed = session.scalars(select(Item.successor_id).where(Item.slug == "timmerman")).one()
    assert (kept, changed) == (items["leerling"].id, items["voorman"].id)


@pytest.mark.parametrize(
    ("successors", "expected"),
    [
        ({"timmerman": "niemand"}, "timmerman.md line 9: successor: There is no other item niemand in the kit."),
        ({"timmerman": "timmerman"}, "timmerman.md line 9: successor: There is no other item timmerman in the kit."),
        (
            {"timmerman": "voorman", "voorman": "timmerman"},
            "voorman.md line 9: successor: These items come after one another in a circle.",
        ),
    ],
)
def test_what_cannot_come_after(
    db: Database, tmp_path: Path, english: None, successors: dict[str, str], expected: str
) -> None:
    folder = tmp_path / "werken"
    folder.mkdir()
    (folder / "campaign.toml").write_text(CAMPAIGN)
    (folder / "hal.png").write_bytes(picture())
    for name in ("timmerman", "voorman"):
        line = f'successor = "{successors[name]}"\n' if name in successors else ""
        (folder / f"{name}.md").write_text(ITEM.replace("\n[picture_alt]", f"{line}\n[picture_alt]"))
    with pytest.raises(KitRefused) as refused, db.writing() as session:
        kits.load_kit(session, kits.read_kit(folder))
    assert refused.value.lines == [expected]


def test_a_kit_may_not_name_a_colleague_in_its_tags(db: Database, tmp_path: Path, english: None, ana: Client) -> None:
    folder = tmp_path / "werken"
    folder.mkdir()
    (folder / "campaign.toml").write_text(CAMPAIGN + '\n[tags]\ntemplate = "utm_term=ana-dekker"\noverwrite = 1\n')
    with pytest.raises(KitRefused) as refused:
        kits.read_kit(folder)
    assert refused.value.lines == ["campaign.toml line 15: tags.overwrite: Write true or false, without quotes."]
    (folder / "campaign.toml").write_text(CAMPAIGN + '\n[tags]\ntemplate = "utm_term=ana-dekker"\n')
    with pytest.raises(KitRefused) as refused, db.writing() as session:
        kits.load_kit(session, kits.read_kit(folder))
    assert refused.value.lines == [
        "campaign.toml line 14: tags.template: “Ana Dekker” is a colleague. Everybody who clicks would see that name: "
        "leave it out."
    ]


def test_the_time_at_which_an_item_appears_comes_along(db: Database, folder: Path, english: None) -> None:
    file = folder / "timmerman.md"
    text = file.read_text()

    def appears(publish: str) -> str:
        file.write_text(text.replace('publish = "day 2"', f"publish = {publish}"))
        with db.writing() as session:
            kits.load_kit(session, kits.read_kit(folder))
        with db.reading() as session:
            item = session.scalars(select(Item).where(Item.slug == "timmerman")).one()
        assert clock.local(item.publish_at).date() == clock.today() + timedelta(days=2)
        return f"{clock.local(item.publish_at):%H:%M}"

    assert [appears(each) for each in ('"day 2 09:30"', '"day 2 10:00"')] == ["09:30", "10:00"]
    assert appears('"day 2"') == "10:00", "what the kit says nothing about stays"
    assert appears(f"{clock.today() + timedelta(days=2)}T08:15:00") == "08:15"
    with pytest.raises(KitRefused) as refused:
        appears('"day 2 25:00"')
    assert 'publish: Write a day as "day 3" or as "2026-03-01".' in str(refused.value)
