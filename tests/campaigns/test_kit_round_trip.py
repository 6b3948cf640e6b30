"""Everything of a campaign goes out as a kit and comes back the same, also by way of a text editor."""

import io
import random
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns import audience, drafts, kits, queries
from portal.campaigns.drafts import CaptionDraft, ItemDraft
from portal.campaigns.kit_parts import hour_of
from portal.campaigns.kits import KitRefused
from portal.campaigns.models import Campaign, Caption, Item, ItemAudience, ItemText
from portal.database import Database
from portal.i18n import LANGUAGES, in_language
from portal.people.models import Topic
from tests import make
from tests.campaigns.drawing import picture
from tests.client import Client
from tests.conftest import empty

SLUG = "bouw-mee"
STARTS = clock.start_of(clock.today()).astimezone(UTC)

AGAIN = "1 item that was approved waits for approval again, and appears once it has it."


def departments_and_topics(db: Session) -> dict[str, str]:
    """Rows an item can be meant for, by name, with other numbers each time."""
    made = {name: str(make.department(db, name).id) for name in sorted(("Service", "Hout & Glas", "IT"))}
    topics = [Topic(name_nl="Duurzaam bouwen", name_en="Building green"), Topic(name_nl='Werk "hier"', name_en="Jobs")]
    db.add_all(topics)
    db.flush()
    return made | {topic.name_nl: str(topic.id) for topic in topics}


def rich_campaign(db: Session, values: dict[str, str]) -> None:
    """One of each kind of item, and every field of it filled in."""
    other = make.item(db, make.campaign(db, "vorig-jaar"), slug="oud")
    campaign = make.campaign(db, SLUG, announces=True, utm_template="utm_source={network}", utm_overwrites=True)
    campaign.texts[0].summary = 'Met "aanhalingstekens", een \\ en\n\neen tweede alinea.'
    make.item(
        db,
        campaign,
        slug="timmerman",
        hours="32 tot 40 uur",
        recruiter="Joost (toestel 12)",
        place="Zwolle",
        fits=["linkedin", "email"],
        successor_id=other.id,
        audience=[
            ItemAudience(kind="department", value=values["Hout & Glas"]),
            ItemAudience(kind="topic", value=values['Werk "hier"']),
            ItemAudience(kind="language", value="nl"),
        ],
    )
    offer = make.item(db, campaign, slug="aanbod", kind="promotion", disclosure="usual", hours="")
    offer.texts[0].conditions = "Alleen deze maand.\n\nOp is op."
    begins = datetime(2026, 12, 1, 18, 30, tzinfo=UTC)
    make.item(db, campaign, slug="open-dag", kind="event", happens_at=begins, place="Gent")
    make.item(
        db, campaign, slug="film", kind="video", video_url="https://video.example/1", target_url="https://x.example/"
    )
    make.item(db, campaign, slug="verhaal", kind="story", successor_id=offer.id, place="Zwolle")


def whole(db: Session) -> dict[str, object]:
    """The campaign with all that is in it, without what a row is numbered on this portal."""
    campaign = queries.find_campaign_by_slug(db, SLUG)
    assert campaign is not None
    names = audience.names(db)
    found: dict[str, object] = {"": (drafts.of_campaign(campaign), campaign.archived_at is not None)}
    for item in queries.items_of(db, campaign.id):
        draft = drafts.of_item(item)
        draft.captions.sort(key=lambda each: (each.network, each.language, each.body))
        successor = db.get(Item, item.successor_id) if item.successor_id else None
        meant_for = sorted((kind, names[kind][value]) for kind, value in audience.rows_of(db, item.id))
        found[item.slug] = (draft, hour_of(item), successor and successor.slug, meant_for)
    return found


def exported(db: Session) -> dict[str, bytes]:
    campaign = queries.find_campaign_by_slug(db, SLUG)
    assert campaign is not None
    with zipfile.ZipFile(io.BytesIO(kits.export_kit(db, campaign))) as archive:
        return {name.removeprefix(f"{SLUG}/"): archive.read(name) for name in archive.namelist()}


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, body in files.items():
            archive.writestr(f"{SLUG}/{name}", body)
    return out.getvalue()


def load(db: Session, files: dict[str, bytes]) -> list[str]:
    with in_language("en"):
        return kits.load_kit(db, kits.read_kit(zipped(files))).lines


def test_everything_comes_back_on_another_portal(db: Database) -> None:
    with db.writing() as session:
        rich_campaign(session, departments_and_topics(session))
    with db.writing() as session:
        before, files = whole(session), exported(session)
        assert load(session, files) == ["Everything is loaded already: nothing to do."]
    assert len(before) == 6

    empty(db)
    with db.writing() as session:
        make.department(session, "Another one, so that numbers differ")
        departments_and_topics(session)
        make.item(session, make.campaign(session, "vorig-jaar"), slug="oud")
        load(session, files)
    with db.writing() as session:
        assert whole(session) == before
        assert exported(session) == files
        assert load(session, files) == ["Everything is loaded already: nothing to do."]


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("timmerman.md", 'hours = "32 tot 40 uur"', 'hours = "24 uur"', "timmerman: updated."),
        ("timmerman.md", 'fits = ["linkedin", "email"]', 'fits = ["linkedin"]', "timmerman: updated."),
        ("timmerman.md", 'departments = ["Hout & Glas"]', 'departments = ["IT"]', "timmerman: updated."),
        ("timmerman.md", 'topics = ["Werk \\"hier\\""]', 'topics = ["building GREEN"]', "timmerman: updated."),
        ("aanbod.md", 'disclosure = "usual"\n', "", "aanbod: updated."),
        ("open-dag.md", "19:30", "20:15", "open-dag: updated."),
        ("film.md", "https://video.example/1", "https://video.example/2", "film: updated."),
        ("campaign.toml", "announces = true", "archived = true", f"Campaign {SLUG}: updated."),
    ],
)
def test_what_is_changed_in_a_text_editor_is_what_changes(
    db: Database, file: str, old: str, new: str, changed: str
) -> None:
    with db.writing() as session:
        rich_campaign(session, departments_and_topics(session))
    with db.writing() as session:
        files = exported(session)
        load(session, files)
        before = whole(session)
        assert old in files[file].decode()
        files[file] = files[file].decode().replace(old, new).encode()

        # What readers see of an approved item is approved anew; not for whom it is meant, nor the campaign's own.
        again = [] if old.startswith(("departments", "topics", "announces")) else [AGAIN]
        assert load(session, files) == [changed, *again]

        after = whole(session)
        slug = "" if file == "campaign.toml" else file.removesuffix(".md")
        assert {name for name in after if after[name] != before[name]} == {slug}
        assert load(session, files) == ["Everything is loaded already: nothing to do."]


def test_a_campaign_that_was_put_away_is_brought_back_by_its_kit(db: Database) -> None:
    with db.writing() as session:
        rich_campaign(session, departments_and_topics(session))
    with db.writing() as session:
        files = exported(session)
        load(session, files)
        toml = files["campaign.toml"]
        load(session, files | {"campaign.toml": b"archived = true\n" + toml})
        campaign = session.scalars(select(Campaign).where(Campaign.slug == SLUG)).one()
        assert campaign.archived_at is not None
        load(session, files)
        assert campaign.archived_at is None


def test_an_audience_changed_here_is_not_written_over(db: Database, bram: Client) -> None:
    with db.writing() as session:
        values = departments_and_topics(session)
        rich_campaign(session, values)
    with db.writing() as session:
        files = exported(session)
        load(session, files)
        item = session.scalars(select(Item).where(Item.slug == "timmerman")).one()
        audience.put(session, item, [("department", values["IT"])], by=bram.person)
        files["timmerman.md"] = files["timmerman.md"].replace(b"32 tot 40", b"24 tot 32")

        assert load(session, files) == ["timmerman: edited in the portal since, left as it is."]
        assert audience.rows_of(session, item.id) == [("department", values["IT"])]


def test_names_that_are_not_known_here_are_told_with_file_and_line(db: Database) -> None:
    with db.writing() as session:
        rich_campaign(session, departments_and_topics(session))
    with db.writing() as session:
        files = exported(session)
    wrong = {
        "departments = [": 'departments = ["Zagerij", ',
        "topics = [": 'topics = ["Weer", ',
        "vorig-jaar/": "ooit/",
    }
    for old, new in wrong.items():
        files["timmerman.md"] = files["timmerman.md"].replace(old.encode(), new.encode())
    lines = files["timmerman.md"].decode().split("\n")
    where = {key: number for number, line in enumerate(lines, 1) for key in wrong.values() if key in line}

    with pytest.raises(KitRefused) as refused, db.writing() as session:
        load(session, files)

    with in_language("en"):
        assert refused.value.lines == [
            f"timmerman.md line {where['ooit/']}: successor: There is no item ooit/oud in another campaign here.",
            f"timmerman.md line {where['departments = [' + chr(34) + 'Zagerij' + chr(34) + ', ']}: "
            "audience.departments: Zagerij is not known here. There are: Hout & Glas, IT, Service.",
            f"timmerman.md line {where['topics = [' + chr(34) + 'Weer' + chr(34) + ', ']}: "
            'audience.topics: Weer is not known here. There are: Duurzaam bouwen, Werk "hier".',
        ]


@pytest.mark.parametrize(
    ("kind", "line", "sentence"),
    [
        ("article", 'hours = "32"', "hours: Only these kinds have this: vacancy. Leave it out."),
        ("vacancy", 'happens = "day 3 19:30"', "happens: Only these kinds have this: event. Leave it out."),
        ("vacancy", 'conditions.nl = "x"', "conditions: Only these kinds have this: promotion, contest. Leave it out."),
        ("event", 'happens = "half acht"', 'happens: Write a moment as "day 3 19:30" or as "2026-03-01 19:30".'),
        ("event", "happens = 19:30:00", 'happens: Write a moment as "day 3 19:30" or as "2026-03-01 19:30".'),
        ("article", 'fits = "linkedin"', 'fits: Write this as a list: ["one", "two"].'),
        ("promotion", 'disclosure = "loud"', "disclosure: Use one of: usual, advertising."),
        ("vacancy", 'audience = "Service"', "audience: This has to be a section with keys of its own."),
        (
            "vacancy",
            "audience.people = [1]",
            "audience.people: This key is unknown. Known are: departments, languages, topics.",
        ),
    ],
)
def test_a_mistake_in_a_fact_is_told_in_words(app: object, kind: str, line: str, sentence: str) -> None:
    head = f'+++\nkind = "{kind}"\ntarget = "https://x.example/"\npublish = "day 0"\nends = "day 9"\n{line}\n+++\n'
    files = {"campaign.toml": CAMPAIGN, "a.md": f"{head}\n# nl: Titel\n\nSamenvatting.\n".encode()}
    with in_language("en"):
        with pytest.raises(KitRefused) as refused:
            kits.read_kit(zipped(files))
        assert refused.value.lines == [f"a.md line 6: {sentence}"]


CAMPAIGN = b'starts = "day 0"\nends = "day 30"\n[goal]\nmeasure = "visits"\nnumber = 5\n[nl]\ntitle = "Bouw mee"\n'
SIGNS = (
    *("#", "##", "# nl: ", "## any", "---", "+++", "\\", "\\---", "\\\\# x", '"', '"""', "'''", "[nl]", "= {", "C\\#"),
    *("é", "e\u0301", "😀", "👩‍🚀", "\u2028", "\xa0", "\t", "  ", "a", "Zwolle", "100%", "%(x)s", "<b>"),
)


def nasty(chance: random.Random, tidy: Callable[[str], str], *, lines: int) -> str:
    """Some text made of what a reader of kits could stumble over."""
    text = "\n".join("".join(chance.choices(SIGNS, k=chance.randint(0, 5))) for _ in range(chance.randint(1, lines)))
    return tidy(f"{text} x")


@pytest.mark.parametrize("seed", range(40))
def test_no_text_is_misread(db: Database, seed: int) -> None:
    chance = random.Random(seed)
    one = drafts.tidy_line
    item = Item(slug="a", kind="promotion", state="draft", target_url="https://x.example/", fits=[], **times())
    item.texts = [
        ItemText(
            language=language,
            title=nasty(chance, one, lines=1),
            summary=nasty(chance, drafts.tidy_paragraphs, lines=4),
            conditions=nasty(chance, drafts.tidy_paragraphs, lines=4),
            picture_alt=nasty(chance, one, lines=1),
        )
        for language in LANGUAGES
    ]
    item.captions = [
        Caption(network=network, language=language, body=nasty(chance, drafts.tidy_caption, lines=6) + mark)
        for network in ("any", "linkedin")
        for language in LANGUAGES
        for mark in "12"
    ]
    with db.writing() as session:
        campaign = make.campaign(session, SLUG)
        campaign.texts[0].title = nasty(chance, one, lines=1)
        item.campaign_id = campaign.id
        session.add(item)
        session.flush()
        before, files = drafts.of_item(item), exported(session)
        title = campaign.texts[0].title

    read = kits.read_kit(zipped(files))

    assert read.draft.texts["nl"].title == title
    (again,) = read.items
    assert (again.draft.texts, bodies(again.draft)) == (before.texts, bodies(before))


def bodies(draft: ItemDraft) -> list[CaptionDraft]:
    return sorted(draft.captions, key=lambda each: (each.language, each.network, each.body))


def times() -> dict[str, datetime]:
    return {"publish_at": STARTS, "ends_at": clock.end_of(clock.today()), "created_at": STARTS, "changed_at": STARTS}


def test_a_picture_comes_along(db: Database, bram: Client) -> None:
    with db.writing() as session:
        files = {"campaign.toml": CAMPAIGN, "hal.png": picture()}
        head = '+++\nkind = "article"\ntarget = "https://x.example/"\npublish = "day 0"\npicture = "hal.png"\n'
        files["a.md"] = f'{head}picture_alt.nl = "Een hal"\n+++\n\n# nl: Titel\n\nSamenvatting.\n'.encode()
        load(session, files)
    with db.writing() as session:
        again = exported(session)
        assert list(again) == ["a.jpg", "a.md", "campaign.toml"]
        assert load(session, again) == ["Everything is loaded already: nothing to do."]
