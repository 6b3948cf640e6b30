"""Two editors write at one item: whoever saves second sees what the first changed, and no word is lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal import clock
from portal.campaigns import audience, queries
from portal.campaigns.models import Item
from portal.database import Database
from tests import make
from tests.campaigns.forms import item_form, typed_from
from tests.client import Client
from tests.feed import reading as pages


@pytest.fixture
def item(db: Database, bram: Client) -> Item:
    """A draft both of them have open, as its first editor saved it."""
    with db.writing() as session:
        campaign = make.campaign(session)
    bram.post(f"/campaigns/{campaign.id}/items", data=item_form(hours="32", recruiter="Joost"))
    return stored(db)


def stored(db: Database) -> Item:
    with db.reading() as session:
        return queries.get_item(session, session.scalars(select(Item.id)).one())


def save(who: Client, item: Item, **values: Any) -> pages.Response:
    return who.post(f"/campaigns/items/{item.id}", data=typed_from(item, **values))


def collisions(answer: pages.Response) -> list[str]:
    return pages.attributes(answer, "#merged [name=take]", "value")


def again(who: Client, item: Item, answer: pages.Response, **values: Any) -> pages.Response:
    """Sends the form of `answer` back, as a browser would, with `values` in place of what stands there."""
    data: dict[str, Any] = {}
    for each in pages.find(answer, "#item-form input"):
        name, kind = each.attributes.get("name", ""), each.attributes.get("type", "text")
        if (kind in ("radio", "checkbox") and "checked" not in each.attributes) or kind == "file":
            continue
        data.setdefault(name, []).append(each.attributes.get("value", ""))
    for each in pages.find(answer, "#item-form textarea"):
        data.setdefault(each.attributes["name"], []).append("".join(each.words).strip())
    for each in pages.find(answer, "#item-form option"):
        if "selected" in each.attributes:
            data.setdefault("caption_network", []).append(each.attributes["value"])
    return who.post(f"/campaigns/items/{item.id}", data=data | {"then": "save"} | values)


def test_changes_that_do_not_touch_each_other_both_stay(db: Database, bram: Client, dina: Client, item: Item) -> None:
    save(bram, item, hours="36", title_nl="De titel van Bram")
    late = save(dina, item, recruiter="Dina", summary_nl="De samenvatting van Dina.")

    assert late.status_code == 409
    assert collisions(late) == []
    assert pages.texts(late, "#merged .theirs .strong") == ["Uren per week", "Titel (Nederlands)"]
    assert pages.texts(late, "#merged .theirs .said") == ["36", "De titel van Bram"]
    assert (stored(db).hours, stored(db).recruiter) == ("36", "Joost")

    assert again(dina, item, late).status_code == 303
    now = stored(db)
    assert (now.hours, now.recruiter) == ("36", "Dina")
    assert (now.text("nl").title, now.text("nl").summary) == ("De titel van Bram", "De samenvatting van Dina.")


def test_where_both_wrote_the_late_one_chooses(db: Database, bram: Client, dina: Client, item: Item) -> None:
    save(bram, item, hours="36", title_nl="De titel van Bram")
    late = save(dina, item, hours="40", title_nl="De titel van Dina")
    assert sorted(collisions(late)) == ["hours", "title_nl"]
    assert pages.attributes(late, "#field-hours", "value") == ["40"]

    assert again(dina, item, late, take=["hours"]).status_code == 303

    assert (stored(db).hours, stored(db).text("nl").title) == ("36", "De titel van Dina")


def test_captions_are_merged_row_by_row(db: Database, bram: Client, dina: Client, item: Item) -> None:
    networks, languages = ["any", "linkedin", "any"], ["nl", "nl", "nl"]
    save(
        bram,
        item,
        caption_network=networks,
        caption_language=languages,
        caption_body=["Kun jij timmeren?", "Wij bouwen binnen, zegt Bram.", "Een nieuwe van Bram."],
    )
    late = save(
        dina,
        item,
        caption_network=networks,
        caption_language=languages,
        caption_body=["Kun jij timmeren? vraagt Dina.", "Wij bouwen binnen.", "Een nieuwe van Dina."],
    )
    rows = [
        "Kun jij timmeren? vraagt Dina.",
        "Een nieuwe van Dina.",
        "Wij bouwen binnen, zegt Bram.",
        "Een nieuwe van Bram.",
    ]
    assert late.status_code == 409
    assert pages.texts(late, "[name=caption_body]") == rows
    assert pages.texts(late, "#merged .theirs .strong") == [
        "Tekst: LinkedIn (Nederlands)",
        "Tekst: Elk netwerk (Nederlands)",
        "Tekst: LinkedIn (Nederlands)",
    ]
    assert pages.texts(late, "#merged .theirs .said") == [
        "Wij bouwen binnen, zegt Bram.",
        "Een nieuwe van Bram.",
        "Wij bouwen binnen.",
    ]
    assert again(dina, item, late).status_code == 303
    assert sorted(caption.body for caption in stored(db).captions) == sorted(rows)


def test_a_caption_the_late_one_took_out_stays_out(db: Database, bram: Client, dina: Client, item: Item) -> None:
    save(bram, item, hours="36")
    late = save(dina, item, caption_network=["any"], caption_language=["nl"], caption_body=["Kun jij timmeren?"])
    assert pages.texts(late, "[name=caption_body]") == ["Kun jij timmeren?"]
    again(dina, item, late)
    assert [caption.body for caption in stored(db).captions] == ["Kun jij timmeren?"]


@pytest.mark.parametrize(
    ("name", "first", "second", "said"),
    [
        ("fits", ["linkedin"], ["x", "linkedin"], "LinkedIn"),
        ("ends_on", 3, 4, None),
        ("target", "https://a.example/", "https://b.example/", "https://a.example/"),
        ("kind", "story", "article", "Verhaal"),
    ],
)
def test_any_field_can_be_the_one_both_changed(
    db: Database, bram: Client, dina: Client, item: Item, name: str, first: Any, second: Any, said: str | None
) -> None:
    def typed(value: Any) -> Any:
        return (clock.today() + timedelta(days=value)).isoformat() if isinstance(value, int) else value

    captions = {"caption_network": ["any"], "caption_language": ["nl"], "caption_body": ["Kun jij timmeren?"]}
    save(bram, item, **captions | {name: typed(first)})
    now = stored(db)
    late = save(dina, item, **captions | {name: typed(second)})

    assert late.status_code == 409
    assert collisions(late) == [name]
    assert said is None or pages.texts(late, "#merged .theirs .said")[0] == said
    again(dina, item, late, take=[name])
    attribute = {"target": "target_url", "ends_on": "ends_at"}.get(name, name)
    assert getattr(stored(db), attribute) == getattr(now, attribute)


def test_for_whom_it_is_meant_is_merged_as_well(db: Database, bram: Client, dina: Client, item: Item) -> None:
    service, marketing = str(dina.person.department_id), str(bram.person.department_id)
    save(bram, item, audience_department=[marketing])
    late = save(dina, item, hours="40")
    assert (late.status_code, collisions(late)) == (409, [])
    again(dina, item, late)
    with db.reading() as session:
        assert audience.rows_of(session, item.id) == [("department", marketing)]

    now = stored(db)
    was = {"audience_was": f"department:{marketing}"}
    save(bram, now, audience_department=[marketing], audience_language=["nl"], **was)
    late = save(dina, now, audience_department=[service], **was)
    assert collisions(late) == ["audience"]
    assert pages.texts(late, "#merged .theirs .said")[-1] == (
        "Voor collega’s die bij Marketing werken en Nederlands lezen."
    )
    again(dina, item, late, take=["audience"])
    with db.reading() as session:
        assert audience.rows_of(session, item.id) == [("department", marketing), ("language", "nl")]


def test_an_older_form_than_anybody_remembers_still_loses_nothing(
    db: Database, bram: Client, dina: Client, item: Item
) -> None:
    save(bram, item, hours="36")
    late = save(dina, item, version="0", hours="40", caption_body=["Van Dina.", "Wij bouwen binnen."])
    assert collisions(late) == ["hours"]
    assert pages.texts(late, "[name=caption_body]") == ["Van Dina.", "Wij bouwen binnen.", "Kun jij timmeren?"]


@pytest.mark.parametrize("take", ["captions", "texts", "material", "__class__", "title_xx", "nonsense", "id_nl"])
def test_nothing_else_can_be_taken(db: Database, dina: Client, item: Item, take: str) -> None:
    assert save(dina, item, hours="40", take=[take]).status_code == 303
    assert (stored(db).hours, len(stored(db).captions)) == ("40", 2)


def test_of_many_saves_at_the_same_moment_one_wins_and_the_others_see_it(
    db: Database, bram: Client, item: Item
) -> None:
    def one(number: int) -> int:
        return save(Client.signed_in(bram.app, bram.person), item, hours=str(number)).status_code

    with ThreadPoolExecutor(6) as pool:
        answers = sorted(pool.map(one, range(6)))

    assert answers == [303, 409, 409, 409, 409, 409]
    assert stored(db).version == item.version + 1
