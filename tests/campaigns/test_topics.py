"""Topics: made, renamed and removed by administrators."""

from typing import Any

import pytest
from sqlalchemy import select

from portal import clock
from portal.database import Database
from portal.people import topics
from portal.people.models import AuditEntry, PersonTopic, Topic
from tests import make
from tests.asked import cost
from tests.client import Client
from tests.feed import reading as pages


def named(db: Database) -> list[tuple[str, str]]:
    with db.reading() as session:
        return [(topic.name_nl, topic.name_en) for topic in session.scalars(select(Topic).order_by(Topic.id))]


def test_an_administrator_makes_and_renames_topics(dina: Client, db: Database) -> None:
    answer = dina.post("/settings/topics", data={"name_nl": " Energie  thuis ", "name_en": "Energy"})
    assert pages.texts(dina.follow(answer), ".notices p") == ["Energie thuis staat op de lijst."]
    dina.post("/settings/topics", data={"name_nl": "", "name_en": "Working here"})
    assert named(db) == [("Energie thuis", "Energy"), ("Working here", "Working here")]
    with db.reading() as session:
        second = session.scalars(select(Topic.id).order_by(Topic.id.desc())).first()
    answer = dina.post(f"/settings/topics/{second}", data={"name_nl": "Werken bij ons", "name_en": "Working here"})
    assert pages.texts(dina.follow(answer), "section h2") == ["Energie thuis", "Werken bij ons"]
    with db.reading() as session:
        acts = list(session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)))
    assert acts == ["topic_added", "topic_added", "topic_renamed"]


def test_only_administrators_may(bram: Client, dina: Client, db: Database) -> None:
    assert bram.get("/settings/topics").status_code == 403
    assert bram.post("/settings/topics", data={"name_nl": "Energie"}).status_code == 403
    assert pages.attributes(dina.get("/settings"), "a[href=/settings/topics]", "href") == ["/settings/topics"]
    assert named(db) == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name_nl": " "}, "Vul een naam in."),
        ({"name_nl": "ENERGIE"}, "Er is al een onderwerp met deze naam."),
        ({"name_nl": "Wonen", "name_en": "energy"}, "Er is al een onderwerp met deze naam."),
        ({"name_nl": "w" * 41, "name_en": "Home"}, "Dat is te lang: hier passen hooguit 40 tekens."),
        ({"name_nl": "Zw\u202eart", "name_en": "Black"}, "Laat tekens weg die je niet kunt zien."),
    ],
)
def test_a_name_must_be_there_free_and_short(dina: Client, db: Database, typed: dict[str, Any], said: str) -> None:
    with db.writing() as session:
        first = make.topic(session, "Energie", name_en="Energy").id
        other = make.topic(session, "Klussen", name_en="Building").id
    for path in ("/settings/topics", f"/settings/topics/{other}"):
        answer = dina.post(path, data=typed)
        assert (answer.status_code, pages.texts(answer, ".field .error")) == (422, [said])
    assert named(db) == [("Energie", "Energy"), ("Klussen", "Building")]
    assert dina.post(f"/settings/topics/{first}", data={"name_nl": "energie", "name_en": "Energy"}).status_code == 303


def test_there_are_no_more_topics_than_somebody_reads_through(dina: Client, db: Database) -> None:
    with db.writing() as session:
        made = [make.topic(session, f"Onderwerp {number}") for number in range(topics.MOST)]
    answer = dina.post("/settings/topics", data={"name_nl": "Nog een"})
    assert pages.texts(answer, ".field .error") == ["Er zijn al 60 onderwerpen. Haal er eerst een weg."]
    renamed = dina.post(f"/settings/topics/{made[0].id}", data={"name_nl": "Anders", "name_en": "Other"})
    assert renamed.status_code == 303


def test_a_removed_topic_leaves_everybody_s_choices(ana: Client, dina: Client, db: Database) -> None:
    with db.writing() as session:
        topic = make.topic(session, chosen_by=(ana.person,))
        over = make.item(session, ends_at=clock.now())
        make.meant_for(session, over, ("topic", topic.id))
    answer = dina.post(f"/settings/topics/{topic.id}/removal")
    assert pages.texts(dina.follow(answer), ".notices p") == ["Energie is van de lijst gehaald."]
    assert dina.post(f"/settings/topics/{topic.id}/removal").status_code == 404
    with db.reading() as session:
        assert list(session.scalars(select(PersonTopic.person_id))) == []


def test_a_topic_that_items_are_meant_for_stays(dina: Client, db: Database) -> None:
    with db.writing() as session:
        topic = make.topic(session)
        make.meant_for(session, make.item(session), ("topic", topic.id))
        make.meant_for(session, make.item(session, state="draft"), ("topic", topic.id))
    answer = dina.post(f"/settings/topics/{topic.id}/removal")
    assert answer.status_code == 422
    assert pages.texts(answer, ".notice p") == [
        "2 items zijn voor dit onderwerp bedoeld. Kies daarvoor eerst andere lezers."
    ]
    assert named(db) == [("Energie", "Energie")]


def test_a_topic_tells_how_many_chose_it(ana: Client, dina: Client, db: Database) -> None:
    with db.writing() as session:
        gone = make.person(session, deactivated_at=clock.now())
        topic = make.topic(session, chosen_by=(ana.person, dina.person, gone))
        make.meant_for(session, make.item(session), ("topic", topic.id))
    assert pages.texts(dina.get("/settings/topics"), "section .small") == ["2 collega’s · 1 item"]


def test_fifty_topics_cost_as_many_queries_as_one(dina: Client, db: Database) -> None:
    with db.writing() as session:
        make.topic(session)
    with_one = cost(dina, "/settings/topics", db)
    with db.writing() as session:
        for number in range(49):
            topic = make.topic(session, f"Onderwerp {number}", chosen_by=(dina.person,))
            make.meant_for(session, make.item(session), ("topic", topic.id))
    assert cost(dina, "/settings/topics", db) == with_one
