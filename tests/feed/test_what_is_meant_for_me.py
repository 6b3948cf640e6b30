"""The feed shows what is meant for somebody, and says why."""

from sqlalchemy import select

from portal.database import Database
from portal.people.models import PersonTopic
from tests import make
from tests.asked import cost
from tests.client import Client
from tests.feed import reading as pages


def test_the_feed_leaves_out_what_is_meant_for_others(ana: Client, cleo: Client, db: Database) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        make.item(session, campaign, title="Voor iedereen")
        service = make.item(session, campaign, title="Voor Service")
        make.meant_for(session, service, ("department", ana.person.department_id))
        english = make.item(session, campaign, title="Voor wie Engels leest")
        make.meant_for(session, english, ("language", "en"))
    assert sorted(pages.texts(ana.get("/"), ".item h2")) == ["Voor Service", "Voor iedereen"]
    assert sorted(pages.texts(cleo.get("/"), ".item h2")) == ["Voor iedereen (en)", "Voor wie Engels leest (en)"]


def test_what_is_new_counts_only_what_is_mine(ana: Client, cleo: Client, db: Database) -> None:
    with db.writing() as session:
        make.meant_for(session, make.item(session), ("department", ana.person.department_id))
        make.meant_for(session, make.item(session), ("department", cleo.person.department_id))
    assert pages.texts(ana.get("/"), ".hello .lead") == ["Er is iets nieuws dat bij je past."]


def test_a_card_says_why_it_is_there(ana: Client, cleo: Client, db: Database) -> None:
    with db.writing() as session:
        topics = [make.topic(session, name, chosen_by=(ana.person, cleo.person)) for name in ("Energie", "Bouw")]
        item = make.item(session)
        rows = [("topic", topic.id) for topic in topics]
        rows += [("department", who.person.department_id) for who in (ana, cleo)]
        make.meant_for(session, item, *rows, ("language", "nl"), ("language", "en"))
    assert pages.texts(ana.get("/"), ".item .because") == [
        "Je ziet dit omdat je bij Service werkt, je Nederlands leest en je voor “Energie” en “Bouw” koos."
    ]
    assert pages.texts(cleo.get("/"), ".item .because") == [
        "You see this because you work in Productie, you read English and you chose “Energie” and “Bouw”."
    ]


def test_what_is_for_everybody_needs_no_reason(ana: Client, db: Database) -> None:
    with db.writing() as session:
        make.item(session)
    assert pages.texts(ana.get("/"), ".item .because") == []


def test_the_address_works_for_whoever_has_it(ana: Client, cleo: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.meant_for(session, make.item(session), ("department", ana.person.department_id))
    assert cleo.get("/").text.count("/items/") == 0
    assert pages.texts(cleo.get(f"/items/{item.id}"), "h1") == ["Timmerman in Zwolle (en)"]
    data = {"network": "linkedin", "language": "en", "text": "Look at this."}
    assert cleo.post(f"/items/{item.id}/shares", data=data).status_code == 303


def test_a_topic_is_chosen_and_given_up(ana: Client, db: Database) -> None:
    with db.writing() as session:
        energy, building = make.topic(session, "Energie").id, make.topic(session, "Bouw").id
        make.meant_for(session, make.item(session), ("topic", energy))
    assert pages.texts(ana.get("/"), ".item h2") == []
    answer = ana.post("/me/topics", data={"topic": [str(energy), str(building), "9999", "x", "0"]})
    assert pages.texts(ana.follow(answer), ".notices p") == ["Opgeslagen. Je kunt het altijd weer veranderen."]
    assert pages.texts(ana.get("/"), ".item h2") == ["Timmerman in Zwolle"]
    ticked = [box.attributes for box in pages.find(ana.get("/me"), "input[name=topic]") if "checked" in box.attributes]
    assert sorted(each["value"] for each in ticked) == sorted([str(energy), str(building)])
    assert ana.get("/me/data.json").json()["topics"] == [{"topic": "Bouw"}, {"topic": "Energie"}]
    ana.post("/me/topics", data={"topic": str(building)})
    assert pages.texts(ana.get("/"), ".item h2") == []
    ana.post("/me/topics", data={})
    with db.reading() as session:
        assert list(session.scalars(select(PersonTopic.topic_id))) == []


def test_without_topics_nothing_is_asked(ana: Client) -> None:
    assert pages.texts(ana.get("/me"), "#my-topics") == []


def test_fifty_reasons_cost_as_many_queries_as_one(ana: Client, db: Database) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        first = make.topic(session, "Onderwerp", chosen_by=(ana.person,))
        make.meant_for(session, make.item(session, campaign), ("language", "nl"), ("topic", first.id))
    with_one = cost(ana, "/", db)
    with db.writing() as session:
        for number in range(49):
            topic = make.topic(session, f"Onderwerp {number}", chosen_by=(ana.person,))
            row = ("department", ana.person.department_id)
            make.meant_for(session, make.item(session, campaign), row, ("topic", topic.id))
    assert cost(ana, "/", db) == with_one
