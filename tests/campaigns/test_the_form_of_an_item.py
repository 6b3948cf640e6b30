"""The form of an item asks what its kind needs, keeps what was typed, and loses no word of two editors at once."""

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from portal import clock
from portal.campaigns import audience, queries
from portal.campaigns.models import Campaign, Item
from portal.database import Database
from tests import make
from tests.campaigns.forms import item_form, typed_from
from tests.client import Client
from tests.feed import reading as pages

KINDS = ("vacancy", "promotion", "article", "event", "video", "story", "contest")


@pytest.fixture
def campaign(db: Database) -> Campaign:
    with db.writing() as session:
        return make.campaign(session)


def tomorrow() -> str:
    return f"{clock.today() + timedelta(days=1)}T19:30"


def form_of(kind: str, **values: Any) -> dict[str, Any]:
    """What an editor fills in for that kind, and nothing of other kinds."""
    own: dict[str, dict[str, Any]] = {
        "vacancy": {"hours": "32 tot 40", "recruiter": "Joost", "place": "Zwolle"},
        "promotion": {"conditions_nl": "Zolang de voorraad strekt.", "disclosure": "advertising"},
        "event": {"happens_at": tomorrow(), "place": "Zwolle"},
        "video": {"video_url": "https://video.example/v/7", "target": ""},
        "contest": {"conditions_nl": "Voor iedereen vanaf 18 jaar.", "disclosure": "advertising"},
    }
    return item_form(kind=kind, place="") | own.get(kind, {}) | values


def only_item(db: Database) -> Item:
    with db.reading() as session:
        return queries.get_item(session, session.scalars(select(Item.id)).one())


def kept(db: Database) -> dict[str, object]:
    item = only_item(db)
    names = ("place", "hours", "recruiter", "happens_at", "video_url", "disclosure", "target_url")
    conditions = {"conditions": item.text("nl").conditions}
    return {name: value for name in names if (value := getattr(item, name)) not in ("", None)} | conditions


TARGET = "https://noorderhout.example/werken/timmerman"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("vacancy", {"place": "Zwolle", "hours": "32 tot 40", "recruiter": "Joost", "disclosure": "usual"}),
        ("promotion", {"disclosure": "advertising", "conditions": "Zolang de voorraad strekt."}),
        ("article", {"disclosure": "usual"}),
        ("story", {"disclosure": "usual"}),
        (
            "video",
            {
                "disclosure": "usual",
                "video_url": "https://video.example/v/7",
                "target_url": "https://video.example/v/7",
            },
        ),
        ("contest", {"disclosure": "advertising", "conditions": "Voor iedereen vanaf 18 jaar."}),
    ],
)
def test_every_kind_keeps_its_own_fields(
    db: Database, bram: Client, campaign: Campaign, kind: str, expected: dict[str, object]
) -> None:
    answer = bram.post(f"/campaigns/{campaign.id}/items", data=form_of(kind))

    assert answer.status_code == 303
    assert kept(db) == {"target_url": TARGET, "conditions": ""} | expected


def test_an_event_says_when_it_begins_and_is_over_after_that_day(
    db: Database, bram: Client, campaign: Campaign
) -> None:
    bram.post(f"/campaigns/{campaign.id}/items", data=form_of("event", ends_on=""))

    item, day = only_item(db), clock.today() + timedelta(days=1)
    begins = datetime(day.year, day.month, day.day, 19, 30, tzinfo=clock.zone()).astimezone(UTC)
    assert (item.happens_at, item.ends_at) == (begins, clock.end_of(day))
    again = pages.attributes(bram.get(f"/campaigns/items/{item.id}/edit"), "#field-happens_at", "value")
    assert again == [tomorrow()]


@pytest.mark.parametrize("kind", KINDS)
def test_what_only_other_kinds_have_is_not_kept(db: Database, bram: Client, campaign: Campaign, kind: str) -> None:
    everything: dict[str, Any] = {}
    for each in KINDS:
        everything |= form_of(each)
    bram.post(f"/campaigns/{campaign.id}/items", data=everything | {"kind": kind, "target": TARGET, "place": "Zwolle"})

    fields = {
        "vacancy": {"place", "hours", "recruiter"},
        "promotion": {"conditions"},
        "article": {"place"},
        "event": {"place", "happens_at"},
        "video": {"video_url"},
        "story": {"place"},
        "contest": {"conditions"},
    }
    filled = {name for name, value in kept(db).items() if value}
    assert filled == fields[kind] | {"disclosure", "target_url"}


@pytest.mark.parametrize(
    ("kind", "values", "field", "sentence"),
    [
        ("event", {"happens_at": ""}, "happens_at", "Vertel wanneer het begint."),
        ("event", {"happens_at": "morgenavond"}, "happens_at", "Dit moment kennen we niet."),
        ("event", {"happens_at": "0001-01-01T00:00"}, "happens_at", "Deze dag ligt te ver weg."),
        ("event", {"happens_at": "9999-12-31T23:59"}, "happens_at", "Deze dag ligt te ver weg."),
        ("event", {"happens_at": "2020-01-01T20:00"}, "happens_at", "Op de dag dat dit verschijnt is het al voorbij"),
        ("video", {"video_url": ""}, "video_url", "Plak de link naar de video."),
        (
            "video",
            {"video_url": "javascript:alert(1)"},
            "video_url",
            "Het adres moet met https:// of http:// beginnen.",
        ),
        ("video", {"target": "een pagina"}, "target", "In een adres staan geen spaties"),
        ("contest", {"conditions_nl": ""}, "conditions_nl", "Vertel wie mee kan doen"),
        ("promotion", {"disclosure": "whisper"}, "disclosure", "Kies hoe de tekst begint."),
        ("vacancy", {"hours": "x" * 61}, "hours", "Dit zijn 61 tekens; er passen er hooguit 60."),
        ("vacancy", {"recruiter": "x" * 121}, "recruiter", "Dit zijn 121 tekens; er passen er hooguit 120."),
        ("article", {"fits": ["linkedin", "myspace"]}, "fits", "Kies een netwerk uit de lijst."),
        ("article", {"fits": ["x"]}, "caption-1", "Je gaf aan dat dit niet bij LinkedIn past."),
        ("article", {"title_nl": "Hallo {first_name}"}, "title_nl", "{first_name} wordt alleen ingevuld in de teksten"),
        ("article", {"title_nl": "{" * 50_000}, "title_nl", "Dit zijn 50000 tekens; er passen er hooguit 120."),
        ("article", {"title_nl": "Bij {afdeling}"}, "title_nl", "{afdeling} wordt alleen ingevuld in de teksten"),
        (
            "article",
            {"caption_body": ["Hoi {voornaam} van {department}, {Voornaam} en {{first_name}}", "x"]},
            "caption-0",
            "{Voornaam}, {{first_name}} kunnen we niet invullen. Je kunt {voornaam} en {afdeling} gebruiken.",
        ),
    ],
)
def test_each_kind_says_what_is_wrong_and_keeps_what_was_typed(
    db: Database, bram: Client, campaign: Campaign, kind: str, values: dict[str, Any], field: str, sentence: str
) -> None:
    typed = form_of(kind, title_nl="Een titel", recruiter="Joost") | values
    typed_in_vain = ["whisper"] if field == "disclosure" else []  # what no button of ours sends

    answer = bram.post(f"/campaigns/{campaign.id}/items", data=typed)

    assert answer.status_code == 422
    (error,) = pages.texts(answer, f"#field-{field}-error")
    assert error.startswith(sentence)
    shown = unescape(answer.text)
    assert [value for value in typed.values() if isinstance(value, str) and value not in shown] == typed_in_vain
    with db.reading() as session:
        assert session.scalars(select(Item)).all() == []


def test_problems_are_told_in_english_too(cleo: Client, bram: Client, db: Database, campaign: Campaign) -> None:
    with db.writing() as session:
        session.merge(bram.person).language = "en"
    answer = bram.post(f"/campaigns/{campaign.id}/items", data=form_of("event", happens_at=""))
    assert pages.texts(answer, "#field-happens_at-error") == ["Say when it begins."]


@pytest.mark.parametrize("text", ["{", "{}", "{ }", "{{ 7*7 }}", "{1}", "{a\nb}", "a } b { c"])
def test_braces_that_name_nothing_are_only_text(db: Database, bram: Client, campaign: Campaign, text: str) -> None:
    bram.post(f"/campaigns/{campaign.id}/items", data=item_form(caption_body=[f"Kijk {text}", "x"]))
    assert only_item(db).captions[0].body == f"Kijk {text}".strip()


def test_an_offer_is_advertising_unless_its_editor_decides_otherwise(
    db: Database, bram: Client, campaign: Campaign
) -> None:
    new = bram.get(f"/campaigns/{campaign.id}/items/new?kind=promotion")
    chosen = [each for each in pages.find(new, "[name=disclosure]") if "checked" in each.attributes]
    assert [each.attributes["value"] for each in chosen] == ["advertising"]
    bram.post(f"/campaigns/{campaign.id}/items", data=form_of("promotion", disclosure="usual"))
    assert only_item(db).disclosure == "usual"


def test_a_vacancy_that_becomes_an_offer_says_that_it_is_advertising(db: Database, bram: Client) -> None:
    with db.writing() as session:
        item = queries.get_item(session, make.item(session, state="draft").id)
    page = bram.get(f"/campaigns/items/{item.id}/edit")
    chosen = [each for each in pages.find(page, "[name=disclosure]") if "checked" in each.attributes]
    assert [each.attributes["value"] for each in chosen] == ["advertising"]


def test_where_it_fits_is_kept_in_the_order_of_the_networks(db: Database, bram: Client, campaign: Campaign) -> None:
    bram.post(f"/campaigns/{campaign.id}/items", data=item_form(fits=["x", "linkedin", "x"]))
    item = only_item(db)
    assert item.fits == ["linkedin", "x"]
    page = bram.get(f"/campaigns/items/{item.id}/edit")
    ticked = [each for each in pages.find(page, "[name=fits]") if "checked" in each.attributes]
    assert [each.attributes["value"] for each in ticked] == ["linkedin", "x"]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("vacancy", {"hours": "36"}),
        ("vacancy", {"recruiter": "Dina"}),
        ("vacancy", {"fits": ["linkedin"]}),
        ("event", {"happens_at": "2026-12-01T20:00"}),
        ("video", {"video_url": "https://video.example/v/8"}),
        ("promotion", {"disclosure": "usual"}),
    ],
)
def test_a_change_that_readers_see_goes_back_to_approval(
    db: Database, bram: Client, dina: Client, campaign: Campaign, kind: str, values: dict[str, Any]
) -> None:
    bram.post(f"/campaigns/{campaign.id}/items", data=form_of(kind, then="submit"))
    item = only_item(db)
    dina.post(f"/campaigns/items/{item.id}/approval", data={"version": item.version})
    assert only_item(db).state == "approved"
    version = only_item(db).version

    bram.post(f"/campaigns/items/{item.id}", data=form_of(kind, version=version) | values)

    assert only_item(db).state == "in_review"


def test_the_same_form_again_changes_nothing_that_was_approved(
    db: Database, bram: Client, dina: Client, campaign: Campaign
) -> None:
    for kind in KINDS:
        bram.post(f"/campaigns/{campaign.id}/items", data=form_of(kind, then="submit", title_nl=kind))
    with db.reading() as session:
        waiting = [(item.id, item.version, item.kind) for item in queries.waiting_items(session)]
    for item_id, version, kind in waiting:
        dina.post(f"/campaigns/items/{item_id}/approval", data={"version": version})
        bram.post(f"/campaigns/items/{item_id}", data=form_of(kind, version=version + 1, title_nl=kind))
    with db.reading() as session:
        assert {item.kind: item.state for item in queries.live_items(session)} == dict.fromkeys(KINDS, "approved")


def test_a_caption_is_shown_as_it_will_look_without_a_script(bram: Client, campaign: Campaign) -> None:
    typed = form_of(
        "promotion",
        caption_network=["any"],
        caption_language=["nl"],
        caption_body=["{voornaam} van {department} weet er alles van."],
        then="preview-nl",
    )
    answer = bram.post(f"/campaigns/{campaign.id}/items", data=typed)
    assert answer.status_code == 200
    assert pages.texts(answer, ".caption-look") == [
        "#reclame Ik werk bij Noorderhout. Bram van Marketing weet er alles van."
    ]
    assert pages.texts(answer, "[name=caption_body]") == ["{voornaam} van {department} weet er alles van."]


def test_a_hint_speaks_the_editor_s_language(bram: Client, campaign: Campaign) -> None:
    path = f"/campaigns/{campaign.id}/items/new?kind=story"
    assert "Schrijf {voornaam} of {afdeling}, dan staat daar" in bram.get(path).text
    bram.post("/language", data={"language": "en"})
    assert "Write {first_name} or {department}, and each" in bram.get(path).text


def unfolded(page: pages.Response) -> list[str]:
    """The languages that stand open."""
    return [each.attributes["id"] for each in pages.find(page, "details.language") if "open" in each.attributes]


def test_the_other_language_is_folded_unless_there_is_work_in_it(bram: Client, db: Database) -> None:
    with db.writing() as session:
        item = queries.get_item(session, make.item(session).id)
    path = f"/campaigns/items/{item.id}"
    first = bram.get(f"{path}/edit")
    assert unfolded(first) == ["in-nl"]
    assert pages.texts(first, "#in-en .says") == ["Timmerman in Zwolle (en) · 2 teksten"]
    again = typed_from(item, target="nergens")
    assert unfolded(bram.post(path, data=again)) == ["in-nl"]
    assert unfolded(bram.post(path, data=again | {"title_en": "Another title"})) == ["in-nl", "in-en"]
    bodies = [caption.body for caption in item.captions]
    assert unfolded(bram.post(path, data=again | {"caption_body": [*bodies[:-1], "Another"]})) == ["in-nl", "in-en"]
    assert unfolded(bram.post(path, data=typed_from(item, summary_en=""))) == ["in-nl", "in-en"]
    assert unfolded(bram.post(path, data=typed_from(item, then="add-caption-en"))) == ["in-nl", "in-en"]
    assert unfolded(bram.post(path, data=typed_from(item, then="remove-caption-3"))) == ["in-nl", "in-en"]
    bram.post("/language", data={"language": "en"})
    assert unfolded(bram.get(f"{path}/edit")) == ["in-en"]


def test_an_empty_language_is_folded_and_one_with_something_wrong_is_not(
    bram: Client, campaign: Campaign, db: Database
) -> None:
    assert unfolded(bram.get(f"/campaigns/{campaign.id}/items/new?kind=story")) == ["in-nl"]
    wrong = form_of("story", title_nl="", summary_nl="", caption_body=["", ""], title_en="A story")
    assert unfolded(bram.post(f"/campaigns/{campaign.id}/items", data=wrong)) == ["in-en"]


def test_leaving_the_form_leads_back_where_it_was_opened(bram: Client, campaign: Campaign, db: Database) -> None:
    new = bram.get(f"/campaigns/{campaign.id}/items/new?kind=story")
    assert pages.attributes(new, ".save-bar a", "href") == [f"/campaigns/{campaign.id}"]
    with db.writing() as session:
        item = make.item(session)
    edit = bram.get(f"/campaigns/items/{item.id}/edit")
    assert pages.attributes(edit, ".save-bar a", "href") == [f"/campaigns/items/{item.id}"]


def test_for_whom_it_is_meant_is_saved_with_the_rest(db: Database, bram: Client, campaign: Campaign) -> None:
    team = str(bram.person.department_id)
    bram.post(f"/campaigns/{campaign.id}/items", data=item_form(audience_department=[team], audience_language=["nl"]))
    item = only_item(db)
    with db.reading() as session:
        assert audience.rows_of(session, item.id) == [("department", team), ("language", "nl")]
    bram.post(f"/campaigns/items/{item.id}", data=typed_from(item))
    with db.reading() as session:
        assert audience.rows_of(session, item.id) == []


def test_until_it_is_out_its_page_says_how_many_captions_are_wanted(db: Database, bram: Client) -> None:
    with db.writing() as session:
        make.team(session, "Montage", 12)
        tomorrow = clock.now() + timedelta(days=1)
        ways = ({"state": "draft"}, {"state": "in_review"}, {"publish_at": tomorrow}, {}, {"state": "recalled"})
        items = [make.item(session, **values) for values in ways]
    # Two fit LinkedIn, one of which fits everywhere else as well.
    where = "WhatsApp en 7 andere netwerken"
    wanted = (
        f"1 tekst in het Nederlands voor 13 collega’s op {where}. Schrijf er nog 4 bij, dan klinkt niemand hetzelfde."
    )
    found = [wanted in bram.get(f"/campaigns/items/{item.id}").text for item in items]
    assert found == [True, True, True, False, False]
    assert f"/campaigns/items/{items[0].id}/edit#captions-nl" in bram.get(f"/campaigns/items/{items[0].id}").text
