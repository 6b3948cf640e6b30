"""For whom an item is: who gets it, how many that are, and what an editor is told of it."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.datastructures import FormData

from portal import clock
from portal.campaigns import audience
from portal.campaigns.models import Item
from portal.database import Database
from portal.people import topics
from portal.people.models import AuditEntry, Person
from portal.web import Form
from tests import make
from tests.asked import asked
from tests.campaigns.forms import item_form
from tests.client import Client
from tests.feed import reading as pages
from tests.sharing.phone import held_by

TEAMS = ("Service", "Productie")
LANGUAGES = ("nl", "en")
Rows = list[tuple[str, str]]


def counted(bram: Client, campaign_id: int, **chosen: Any) -> Any:
    return bram.get(f"/campaigns/{campaign_id}/reach", params=chosen, headers={"HX-Request": "true"})


@pytest.fixture
def campaign_id(db: Database) -> int:
    with db.writing() as session:
        return make.campaign(session).id


def test_the_feed_of_each_person_and_the_number_agree_for_every_choice(db: Database) -> None:
    """Two teams, two languages and two topics, chosen in every combination, for people of every kind."""
    with db.writing() as session:
        offered = {
            "department": [str(make.department(session, name).id) for name in TEAMS],
            "language": list(LANGUAGES),
            "topic": [str(make.topic(session, name).id) for name in ("Energie", "Klussen")],
        }
        everybody = [colleague(session, *kind) for kind in product(TEAMS, LANGUAGES, subsets(offered["topic"]))]
        make.person(session, deactivated_at=clock.now())
        campaign, meant = make.campaign(session), dict[int, Rows]()
        for chosen in product(*(subsets([(kind, value) for value in offered[kind]]) for kind in offered)):
            rows = [row for part in chosen for row in part]
            meant[make.meant_for(session, make.item(session, campaign), *rows).id] = rows
    with db.reading() as session:
        for person, is_in in everybody:
            theirs = set(session.scalars(select(Item.id).where(audience.for_person(person))))
            assert theirs == {item_id for item_id, rows in meant.items() if fits(rows, is_in)}, is_in
        for rows in meant.values():
            found = set(session.scalars(select(Person.id).where(audience.people(rows))))
            assert found == {person.id for person, is_in in everybody if fits(rows, is_in)}, rows
            assert audience.reach(session, rows) == len(found)


def colleague(session: Session, team: str, spoken: str, follows: list[str]) -> tuple[Person, set[tuple[str, str]]]:
    """Somebody, with every row that names them."""
    person = make.person(session, department_name=team, language=spoken)
    topics.choose(session, person, map(int, follows))
    own = {("department", str(person.department_id)), ("language", spoken)}
    return person, own | {("topic", topic) for topic in follows}


def subsets(pair: list[Any]) -> list[list[Any]]:
    return [[], pair[:1], pair[1:], pair]


def fits(rows: Rows, is_in: set[tuple[str, str]]) -> bool:
    """The rule once more, said plainly: of each kind that is chosen, one has to fit."""
    return all(any(row in is_in for row in rows if row[0] == kind) for kind in {kind for kind, _ in rows})


@pytest.mark.parametrize("number", [0, 1, 500])
def test_active_colleagues_are_counted(bram: Client, db: Database, campaign_id: int, number: int) -> None:
    with db.writing() as session:
        team = make.department(session, "Montage").id
        make.team(session, "Montage", number)
        make.team(session, "Montage", 3, deactivated_at=clock.now())
    answer = counted(bram, campaign_id, audience_department=team)
    said = {1: "1 collega krijgt dit te zien.", 500: "500 collega’s krijgen dit te zien."}
    assert pages.texts(answer, "#reach .strong") == ([said[number]] if number else [])
    nobody = "Niemand krijgt dit te zien: geen enkele collega past bij alles wat je koos. Kies meer, of helemaal niets."
    assert pages.texts(answer, "#reach .notice") == ([] if number else [nobody])


def test_an_editor_reads_for_whom_it_is(bram: Client, db: Database, campaign_id: int) -> None:
    with db.writing() as session:
        teams = [make.department(session, name).id for name in ("HR", "Service")]
        topic = make.topic(session, "Energie").id
    said = counted(bram, campaign_id, audience_department=teams, audience_language="en", audience_topic=topic)
    assert pages.texts(said, "#reach p")[-1] == (
        "Voor collega’s die bij HR of Service werken, Engels lezen en voor “Energie” kozen."
    )
    assert pages.texts(counted(bram, campaign_id), "#reach p")[-1] == "Voor iedereen."


def test_of_many_departments_the_first_are_named(bram: Client, db: Database, campaign_id: int) -> None:
    with db.writing() as session:
        teams = [make.department(session, f"Team {number}").id for number in range(8)]
    said = counted(bram, campaign_id, audience_department=teams)
    assert pages.texts(said, "#reach p")[-1] == (
        "Voor collega’s die bij Team 0, Team 1, Team 2, Team 3 of 4 andere werken."
    )


def test_how_many_of_them_write_where(bram: Client, db: Database, campaign_id: int) -> None:
    with db.writing() as session:
        item = make.item(session)
        montage = make.team(session, "Montage", 6)
        for person in montage[:4]:
            make.share(session, by=person, on=item)
            make.share(session, by=person, on=make.item(session))
        for person in montage[:3]:
            make.share(session, by=person, on=item, network="whatsapp")
        for person in montage[:2]:
            make.share(session, by=person, on=item, network="x")
        make.share(session, by=montage[5], on=item, state="opened")
        make.share(session, by=montage[4], on=item, at=clock.now() - timedelta(days=181))
        make.share(session, by=make.person(session), on=item)
        team = montage[0].department_id
    told = counted(bram, campaign_id, audience_department=team)
    assert pages.texts(told, "#reach p")[:2] == [
        "6 collega’s krijgen dit te zien, 4 van hen schrijven voor LinkedIn.",
        "Anderen schrijven voor WhatsApp (3). Geteld over het afgelopen halfjaar.",
    ]
    only = counted(bram, campaign_id, audience_department=team, fits="whatsapp")
    assert pages.texts(only, "#reach .strong") == [
        "6 collega’s krijgen dit te zien, 3 van hen schrijven voor WhatsApp."
    ]


def test_what_few_colleagues_do_is_not_told(bram: Client, db: Database, campaign_id: int) -> None:
    with db.writing() as session:
        small = make.team(session, "Directie", 4)
        for person in small:
            make.share(session, by=person, on=make.item(session))
        team = small[0].department_id
    told = counted(bram, campaign_id, audience_department=team)
    assert pages.texts(told, "#reach .strong") == ["4 collega’s krijgen dit te zien."]


@pytest.mark.parametrize(
    ("first", "last", "archived", "said"),
    [
        (0, 3, False, []),
        (30, 40, False, ["Niemand krijgt dit te zien: het valt buiten de dagen van de campagne."]),
        (-20, -10, False, ["Niemand krijgt dit te zien: het valt buiten de dagen van de campagne."]),
        (-6, -1, False, ["Niemand krijgt dit te zien: de laatste dag is voorbij."]),
        (0, 3, True, ["Niemand krijgt dit te zien: de campagne is gearchiveerd."]),
    ],
)
def test_days_on_which_nobody_sees_it(
    bram: Client, db: Database, first: int, last: int, archived: bool, said: list[str]
) -> None:
    today = clock.today()
    days = {"publish_on": today + timedelta(days=first), "ends_on": today + timedelta(days=last)}
    with db.writing() as session:
        put_away = clock.now() if archived else None
        campaign = make.campaign(session, archived_at=put_away)
    told = counted(bram, campaign.id, **{name: day.isoformat() for name, day in days.items()})
    assert pages.texts(told, "#reach .notice") == said


@pytest.mark.parametrize(
    "choice",
    [
        {"audience_department": "999999"},
        {"audience_department": "one"},
        {"audience_language": "fr"},
        {"audience_topic": ["-1", "9" * 400]},
        {"audience_language": "\x00"},
        {"publish_on": "2026-02-31", "audience_topic": ""},
    ],
)
def test_choices_nobody_was_offered_reach_nobody(
    bram: Client, db: Database, campaign_id: int, choice: dict[str, Any]
) -> None:
    answer = counted(bram, campaign_id, **choice)
    assert (answer.status_code, len(pages.find(answer, "#reach .notice"))) == (200, 1)
    sent = [(name, one) for name, value in choice.items() for one in (value if isinstance(value, list) else [value])]
    rows = audience.read(Form(FormData(sent)))
    with db.reading() as session:
        assert list(audience.problems(session, rows)) == ["audience"]


def test_the_count_is_for_editors(ana: Client, bram: Client, campaign_id: int) -> None:
    assert ana.get(f"/campaigns/{campaign_id}/reach").status_code == 403
    assert bram.get("/campaigns/9999/reach").status_code == 404
    plain = bram.get(f"/campaigns/{campaign_id}/reach")
    assert (plain.status_code, plain.headers["location"]) == (303, f"/campaigns/{campaign_id}")


def test_a_choice_is_kept_recorded_and_asks_for_no_approval(bram: Client, db: Database) -> None:
    with db.writing() as session:
        item, topic = make.item(session), str(make.topic(session).id)
        rows = [("language", "en"), ("topic", topic)]
        assert audience.put(session, item, rows, by=bram.person) is True
        assert audience.put(session, item, rows, by=bram.person) is False
        assert audience.put(session, item, [("language", "nl"), ("topic", topic)], by=bram.person) is True
    with db.reading() as session:
        kept = session.get_one(Item, item.id)
        assert (kept.state, kept.version) == ("approved", 1)
        assert audience.rows_of(session, item.id) == [("language", "nl"), ("topic", topic)]
        entries = session.scalars(select(AuditEntry).where(AuditEntry.act == "item_audience").order_by(AuditEntry.id))
        assert [(entry.person_id, entry.subject_id, entry.detail) for entry in entries] == [
            (bram.person.id, item.id, {"before": [], "after": ["language: en", f"topic: {topic}"]}),
            (
                bram.person.id,
                item.id,
                {"before": ["language: en", f"topic: {topic}"], "after": ["language: nl", f"topic: {topic}"]},
            ),
        ]


def test_the_form_keeps_who_it_is_for(bram: Client, db: Database, campaign_id: int) -> None:
    with db.writing() as session:
        team = make.department(session, "Montage").id
        topic = make.topic(session).id
    chosen = {"audience_department": [str(team)], "audience_language": ["nl"], "audience_topic": [str(topic)]}
    bram.post(f"/campaigns/{campaign_id}/items", data=item_form(**chosen))
    with db.reading() as session:
        item = session.scalars(select(Item)).one()
        assert audience.rows_of(session, item.id) == [
            ("department", str(team)),
            ("language", "nl"),
            ("topic", str(topic)),
        ]
    form = bram.get(f"/campaigns/items/{item.id}/edit")
    ticked = [box.attributes for box in pages.find(form, "#audience input") if "checked" in box.attributes]
    assert [(box["name"], box["value"]) for box in ticked] == [
        ("audience_department", str(team)),
        ("audience_language", "nl"),
        ("audience_topic", str(topic)),
    ]
    assert len(pages.find(form, "#reach .notice")) == 1


def test_the_form_counts_without_scripts_and_keeps_nothing(bram: Client, db: Database, campaign_id: int) -> None:
    typed = item_form(audience_department=[str(bram.person.department_id)], then="preview")
    answer = bram.post(f"/campaigns/{campaign_id}/items", data=typed)
    assert pages.texts(answer, "#reach .strong") == ["1 collega krijgt dit te zien."]
    assert pages.attributes(answer, "#audience noscript button", "value") == ["preview"]
    with db.reading() as session:
        assert list(session.scalars(select(Item.id))) == []


def test_a_choice_that_is_gone_comes_back_with_a_sentence(bram: Client, db: Database, campaign_id: int) -> None:
    with db.writing() as session:
        item = make.meant_for(session, make.item(session), ("topic", 9999))
    answer = bram.post(f"/campaigns/{campaign_id}/items", data=item_form(audience_topic=["9999"]))
    said = "Iets wat je hier koos bestaat niet meer. Haal het weg."
    assert (answer.status_code, pages.texts(answer, "#field-audience")) == (422, [said])
    form = bram.get(f"/campaigns/items/{item.id}/edit")
    assert pages.texts(form, "#audience .pill")[-1] == "bestaat niet meer"
    assert pages.texts(form, "#reach p")[-1] == "Voor collega’s die voor iets wat niet meer bestaat kozen."


def test_the_page_of_an_item_tells_whom_it_reaches(bram: Client, db: Database) -> None:
    with db.writing() as session:
        nobody = make.meant_for(session, make.item(session), ("language", "en"))
        some = make.meant_for(session, make.item(session, state="draft"), ("language", "nl"))
        over = make.item(session, ends_at=clock.now())
    warned = bram.get(f"/campaigns/items/{nobody.id}")
    assert pages.texts(warned, "#audience p") == [
        "Niemand krijgt dit te zien: geen enkele collega past bij alles wat je koos. Kies meer, of helemaal niets.",
        "Voor collega’s die Engels lezen.",
    ]
    assert pages.texts(bram.get(f"/campaigns/items/{some.id}"), "#reach .strong") == ["1 collega krijgt dit te zien."]
    assert pages.texts(bram.get(f"/campaigns/items/{over.id}"), "#audience p") == []


def test_the_number_follows_what_is_ticked(bram: Client, app: Starlette, db: Database, browser: Browser) -> None:
    with db.writing() as session:
        make.team(session, "Montage", 7)
        item = make.item(session)
    with held_by(bram, app, browser) as phone:
        page = phone.new_page()
        page.goto(f"/campaigns/items/{item.id}/edit")
        said = page.locator("#reach .strong")
        expect(said).to_have_text("8 collega’s krijgen dit te zien.")
        page.locator("#audience summary").first.tap()
        page.get_by_label("Montage").check()
        expect(said).to_have_text("7 collega’s krijgen dit te zien.")
        page.get_by_label("English").evaluate("box => box.click()")
        expect(page.locator("#reach .notice")).to_be_visible()
        page.get_by_label("English").evaluate("box => box.click()")
        page.locator("#field-ends_on").fill((clock.today() - timedelta(days=1)).isoformat())
        page.locator("#field-ends_on").blur()
        expect(page.locator("#reach .notice")).to_have_text("Niemand krijgt dit te zien: de laatste dag is voorbij.")


def test_the_count_costs_as_many_queries_for_one_choice_as_for_twenty(
    bram: Client, db: Database, campaign_id: int
) -> None:
    with db.writing() as session:
        first = make.team(session, "Team 0", 6)[0].department_id
    with asked(db) as one:
        counted(bram, campaign_id, audience_department=first)
    with db.writing() as session:
        teams = [make.team(session, f"Team {number}", 6)[0].department_id for number in range(20)]
    with asked(db) as many:
        counted(bram, campaign_id, audience_department=teams)
    assert len(many) == len(one)
