"""Looking things up: endings, accents and half a word do not matter, and both databases find the same."""

import re
from html import unescape

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError

from portal import clock, settings
from portal.__main__ import main
from portal.campaigns.models import KINDS, Item, ItemAudience
from portal.database import Database
from portal.inbox.models import Idea
from portal.search import words
from portal.search.models import SearchEntry
from tests import make
from tests.asked import asked
from tests.client import Client


def titles(client: Client, question: str, **more: object) -> list[str]:
    """What the page lists, in its order."""
    page = client.get("/search", params={"q": question, **more})
    assert page.status_code == 200
    return [unescape(each) for each in re.findall(r'<p class="strong"><a [^>]*>([^<]*)</a>', page.text)]


@pytest.mark.parametrize(
    ("title", "question"),
    [
        ("Timmerman gezocht", "timmermannen"),
        ("Wij zoeken timmermannen", "timmerman"),
        ("Café vol ideeën", "cafe ideeen"),
        ("Cafe vol ideeen", "CAFÉ Ideeën"),
        ("Two plumbers wanted", "plumber"),
        ("Open dag in Zwolle", "zwolle open"),
        ("Energiecheck voor iedereen", "energie"),
        ("Een huis in 1 dag", "huizen 1"),
        ("Straße & Weg", "strasse"),
        ("Verdubbel je '\"isolatie\"' nu", "isolatie"),
    ],
)
def test_an_item_is_found_by_its_words(db: Database, ana: Client, title: str, question: str) -> None:
    with db.writing() as session:
        make.item(session, title="Iets heel anders")
        make.item(session, title=title)
    assert titles(ana, question) == [title]


def test_captions_conditions_and_places_count_as_well(db: Database, ana: Client) -> None:
    with db.writing() as session:
        item = make.item(session, title="Kom werken")
        item.captions[0].body = "Bij ons ruikt het naar versgezaagd hout. En naar koffie."
        item.place = "Hengelo"
    assert titles(ana, "versgezaagde koffie") == ["Kom werken"]
    assert titles(ana, "hengelo") == ["Kom werken"]
    page = ana.get("/search", params={"q": "versgezaagd"})
    assert "Bij ons ruikt het naar versgezaagd hout." in page.text


def test_every_word_has_to_be_there(db: Database, ana: Client) -> None:
    with db.writing() as session:
        make.item(session, title="Open dag in Zwolle")
        make.item(session, title="Open dag in Gent")
    assert titles(ana, "open dag gent") == ["Open dag in Gent"]
    assert titles(ana, "open dag") == ["Open dag in Gent", "Open dag in Zwolle"]
    assert titles(ana, "open dag rome") == []


def test_colleagues_find_what_they_can_share_and_editors_everything(db: Database, ana: Client, bram: Client) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        campaign.texts[0].title = "Houten winter"
        make.item(session, title="Houten huis", campaign_row=campaign)
        make.item(session, title="Houten concept", campaign_row=campaign, state="draft")
        session.add(
            Idea(words="Houten idee", state="new", at=clock.now(), answer_by=clock.now(), person_id=ana.person.id)
        )
    assert titles(ana, "houten") == ["Houten huis"]
    assert sorted(titles(bram, "houten")) == ["Houten concept", "Houten huis", "Houten idee", "Houten winter"]


def test_what_was_archived_comes_after_all_else_and_says_so(db: Database, bram: Client) -> None:
    with db.writing() as session:
        old = make.campaign(session)
        running = make.campaign(session)
        make.item(session, running, title="Houten huis")
        soon = {"at": clock.now(), "answer_by": clock.now(), "person_id": bram.person.id}
        session.add(Idea(words="Houten idee", state="new", **soon))
        session.flush()
        make.item(session, old, title="Houten brug")
        last = make.campaign(session, archived_at=clock.now())
        old.archived_at = clock.now()
        old.texts[0].title, running.texts[0].title, last.texts[0].title = "Houten oud", "Houten nu", "Houten laatst"
    found = titles(bram, "houten")
    assert (set(found[:3]), set(found[3:])) == (
        {"Houten huis", "Houten idee", "Houten nu"},
        {"Houten brug", "Houten oud", "Houten laatst"},
    )
    page = bram.get("/search?q=houten").text
    assert page.count(">Gearchiveerd</span>") == 3
    assert page.index(f">{found[2]}</a>") < page.index("Gearchiveerd")


def test_colleagues_find_what_is_meant_for_them_and_may_open_the_rest(
    db: Database, ana: Client, cleo: Client, bram: Client
) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        make.item(session, campaign, title="Houten dag voor allen")
        theirs = make.item(session, campaign, title="Houten dag voor Productie")
        session.add(ItemAudience(item_id=theirs.id, kind="department", value=str(cleo.person.department_id)))
    assert titles(ana, "houten dag") == ["Houten dag voor allen"]
    assert titles(cleo, "houten dag") == ["Houten dag voor Productie (en)", "Houten dag voor allen (en)"]
    assert len(titles(bram, "houten dag")) == 2
    assert ana.get(f"/items/{theirs.id}").status_code == 200


def test_what_is_quoted_says_its_language(db: Database, cleo: Client) -> None:
    with db.writing() as session:
        item = make.item(session, title="Huis")
        item.captions[0].body = "Bij ons ruikt het naar versgezaagd hout."
    page = cleo.get("/search?q=versgezaagd").text
    assert '<p class="soft excerpt" lang="nl">Bij ons ruikt het naar versgezaagd hout.</p>' in page
    assert 'lang="en">Huis (en)</a>' in page


def options(client: Client) -> list[str]:
    """The kinds one may keep to."""
    (select,) = re.findall(r'<select [^>]*name="kind".*?</select>', client.get("/search").text, re.DOTALL)
    return re.findall(r'value="([^"]*)"', select)


def test_editors_keep_to_any_kind_and_colleagues_to_those_of_their_feed(
    db: Database, ana: Client, bram: Client
) -> None:
    found: dict[str, str] = {}
    with db.writing() as session:
        campaign = make.campaign(session)
        campaign.texts[0].title = found["campaign"] = "Houten campagne"
        for kind in KINDS:
            found[kind] = make.item(session, campaign, kind=kind, title=f"Houten {kind}").texts[0].title
        found["idea"] = "Houten idee"
        soon = {"at": clock.now(), "answer_by": clock.now(), "person_id": ana.person.id}
        session.add(Idea(words=found["idea"], state="new", **soon))
    assert options(bram) == ["", *KINDS, "campaign", "idea"]
    assert {kind: titles(bram, "houten", kind=kind) for kind in found} == {kind: [it] for kind, it in found.items()}
    assert options(ana) == ["", *KINDS]
    assert titles(ana, "houten", kind="vacancy") == [found["vacancy"]]
    # What she may not look through keeps to nothing, and finds no more than before.
    assert titles(ana, "houten", kind="idea") == titles(ana, "houten")
    assert len(titles(ana, "houten")) == len(KINDS)


def test_a_kind_has_the_word_that_whoever_looks_has_for_it(db: Database, ana: Client, bram: Client) -> None:
    with db.writing() as session:
        make.item(session, kind="promotion", title="Houten aanbod")
    chip = {
        who: re.findall(r'<span class="chip promotion">([^<]*)', who.get("/search?q=houten").text)
        for who in (ana, bram)
    }
    assert (chip[ana], chip[bram]) == (["Aanbod"], ["Actie"])


def test_what_is_changed_is_found_by_its_new_words_only(db: Database, ana: Client) -> None:
    with db.writing() as session:
        item = make.item(session, title="Eerste naam")
    with db.writing() as session:
        found = session.get_one(Item, item.id)
        session.refresh(found, ["texts"])
        for each in found.texts:
            each.title = "Tweede titel"
    assert (titles(ana, "eerste"), titles(ana, "tweede")) == ([], ["Tweede titel"])


def test_a_change_undone_leaves_the_index_as_it_was(db: Database, ana: Client) -> None:
    with db.writing() as session:
        item = make.item(session, title="Eerste naam")
    with pytest.raises(OperationalError), db.writing() as session:
        found = session.get_one(Item, item.id)
        session.refresh(found, ["texts"])
        for each in found.texts:
            each.title = "Tweede titel"
        session.flush()
        raise OperationalError("", {}, Exception("the power went"))
    assert (titles(ana, "eerste"), titles(ana, "tweede")) == (["Eerste naam"], [])


def test_a_lost_index_is_made_anew(db: Database, ana: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.writing() as session:
        make.item(session, title="Houten huis")
        session.execute(delete(SearchEntry))
    with db.writing() as session:
        session.execute(delete(SearchEntry))
    assert titles(ana, "houten") == []
    for name, value in settings.current().as_environment().items():
        monkeypatch.setenv(name, value)
    answer = CliRunner().invoke(main, ["search", "rebuild"])
    assert (answer.exit_code, answer.output.splitlines()[-1]) == (0, "Everything can be found: 2 entries.")
    assert titles(ana, "houten") == ["Houten huis"]


@pytest.mark.parametrize(
    "question",
    [
        "",
        " ",
        "'",
        '"',
        "* OR 1",
        "a:b",
        "NEAR(a b)",
        "-",
        "&|!:*()",
        "\\",
        "%",
        "🙂",
        "de het een",
        "x" * 500,
        "\x00a",
        "１２",
    ],
)
def test_whatever_is_asked_the_page_answers(db: Database, bram: Client, question: str) -> None:
    with db.writing() as session:
        make.item(session, title="Houten huis")
    assert bram.get("/search", params={"q": question}).status_code == 200
    assert bram.get("/search", params={"q": question, "page": "-3"}).status_code == 200


def test_pages_hold_twenty_and_cost_the_same_however_much_there_is(db: Database, bram: Client) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        make.item(session, title="Houten huis 0", campaign_row=campaign)
    with asked(db) as few:
        titles(bram, "houten")
    with db.writing() as session:
        for number in range(1, 45):
            make.item(session, title=f"Houten huis {number}", campaign_row=campaign)
    with asked(db) as many:
        first = titles(bram, "houten")
    assert len(many) == len(few)
    last = titles(bram, "houten", page=3)
    assert (len(first), first[0], last) == (20, "Houten huis 44", [f"Houten huis {n}" for n in (4, 3, 2, 1, 0)])


def test_stems_are_the_same_for_words_that_mean_the_same() -> None:
    assert words.stems(["Vacatures, vacature!"]) == words.stems(["vacature"])
    assert words.stems(["de het een and the"]) == ""


def test_the_index_says_no_more_than_the_words(db: Database) -> None:
    with db.writing() as session:
        make.item(session, title="Houten huis, huis van hout")
    with db.reading() as session:
        kept = session.scalars(select(SearchEntry.stems).where(SearchEntry.kind == "item")).one()
    assert len(kept.split()) == len(set(kept.split()))
