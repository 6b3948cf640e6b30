"""The first five minutes: four steps, left and taken up again, past them at any moment, and never a nag."""

import pytest
from sqlalchemy import select

from portal import clock
from portal.database import Database
from portal.handbook import mine, policy, welcome
from portal.handbook.models import Welcome
from portal.people import topics
from portal.people.models import Organisation, Person
from tests import make
from tests.client import Client
from tests.feed import reading as pages
from tests.sharing import making

CHOSEN = {"language": "en", "leaderboard_name": "pseudonym", "pseudonym": "De Specht", "wall_name": "yes"}


def waits(db: Database, who: Client) -> bool:
    with db.reading() as session:
        return welcome.waits_for(session, session.get_one(Person, who.person.id))


def step(who: Client) -> list[str]:
    return pages.texts(who.get("/welcome"), ".way a[aria-current=step]")


def test_the_whole_way(ana: Client, db: Database) -> None:
    with db.writing() as session:
        topic = make.topic(session, "Energie")
        make.item(session, title="Voor iedereen")
        fitting = make.meant_for(session, make.item(session, title="Over energie"), ("topic", topic.id))
    assert (waits(db, ana), step(ana)) == (True, ["1Afspraken"])
    answer = ana.post("/welcome/steps/policy", data={"version": "0"})
    assert answer.headers["location"] == "/welcome?step=choices"
    answer = ana.post("/welcome/steps/choices", data=CHOSEN | {"topic": str(topic.id)})
    with db.reading() as session:
        me = session.get_one(Person, ana.person.id)
        assert (me.language, me.leaderboard_name, me.pseudonym, me.wall_name) == ("en", "pseudonym", "De Specht", True)
        assert (topics.chosen_by(session, me), policy.is_read(session, me)) == ({topic.id}, True)
    assert pages.texts(ana.follow(answer), "h1") == ["First try it where nobody sees it"]
    ana.post("/handbook/practice", data={"text": "I was there myself"})
    assert pages.texts(ana.get("/welcome"), "h1") == ["Well tried!"]
    page = ana.follow(ana.post("/welcome/steps/practice"))
    assert pages.texts(page, ".fitting h2") == ["Over energie (en)"]
    assert f'href="/items/{fitting.id}"' in page.text
    assert waits(db, ana), "left here, it still waits"
    assert ana.post("/welcome/steps/first").headers["location"] == "/"
    assert not waits(db, ana)
    with db.reading() as session:
        kept = mine.kept(session, ana.person)
    assert (kept["first_five_minutes"]["step"], len(kept["policy_read"]), len(kept["practice"])) == ("first", 1, 1)


def test_it_goes_on_where_it_was_left_and_looking_back_takes_nobody_back(ana: Client) -> None:
    ana.post("/welcome/steps/policy", data={"later": "yes"})
    ana.post("/welcome/steps/choices", data={"later": "yes"})
    assert step(ana) == ["3Proberen"]
    assert pages.texts(ana.get("/welcome?step=policy"), ".way a[aria-current=step]") == ["1Afspraken"]
    ana.post("/welcome/steps/policy", data={"later": "yes"})
    assert step(ana) == ["3Proberen"]
    assert ana.post("/welcome/steps/nowhere").status_code == 404


def test_going_past_a_step_agrees_to_nothing_and_chooses_nothing(ana: Client, db: Database) -> None:
    ana.post("/welcome/steps/policy", data={"version": "0", "later": "yes"})
    ana.post("/welcome/steps/choices", data=CHOSEN | {"later": "yes"})
    with db.reading() as session:
        me = session.get_one(Person, ana.person.id)
        assert (policy.is_read(session, me), me.language, me.leaderboard_name) == (False, "nl", "hidden")


def test_whoever_knows_the_way_is_left_alone(ana: Client, cleo: Client, bram: Client, db: Database) -> None:
    assert 'action="/welcome/skip"' in ana.get("/").text
    assert ana.post("/welcome/skip").headers["location"] == "/"
    assert "/welcome" not in ana.get("/").text
    with db.writing() as session:
        making.share(session, by=cleo.person, on=make.item(session), state="opened")
        session.get_one(Person, bram.person.id).stopped_at = clock.now()
    assert [waits(db, who) for who in (ana, cleo, bram)] == [False, False, False]
    assert ana.get("/welcome").status_code == 200, "it can still be read"


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        ({"language": "fr"}, "#field-language-error"),
        ({"pseudonym": ""}, "#field-pseudonym-error"),
        ({"leaderboard_name": "x"}, "#field-leaderboard_name-error"),
    ],
)
def test_choices_that_need_another_look(ana: Client, db: Database, wrong: dict[str, str], at: str) -> None:
    page = ana.post("/welcome/steps/choices", data=CHOSEN | wrong)
    assert (page.status_code, len(pages.texts(page, at))) == (422, 1)
    with db.reading() as session:
        me = session.get_one(Person, ana.person.id)
        assert (me.leaderboard_name, me.wall_name, session.scalar(select(Welcome))) == ("hidden", False, None)


def test_without_a_board_nothing_is_asked_about_it(ana: Client, db: Database) -> None:
    with db.writing() as session:
        house = session.get_one(Organisation, 1)
        house.leaderboard_on = house.names_allowed = False
    page = ana.get("/welcome?step=choices")
    assert ("leaderboard_name" in page.text, "Voorlopig toont Noorderhout helemaal geen namen" in page.text) == (
        False,
        True,
    )
    assert ana.post("/welcome/steps/choices", data={"language": "nl"}).status_code == 303


def test_when_there_is_nothing_to_share_the_way_still_ends(ana: Client, db: Database) -> None:
    assert pages.texts(ana.get("/welcome?step=first"), ".fitting h2") == []
    assert ana.post("/welcome/steps/first").status_code == 303
    assert not waits(db, ana)


def test_the_first_one_is_new_to_them_and_in_their_language(ana: Client, db: Database) -> None:
    with db.writing() as session:
        dutch = make.item(session, title="Nederlands")
        done = make.item(session, title="Al gedeeld")
        making.share(session, by=ana.person, on=done, state="opened")
        english = make.item(session, title="Engels")
        english.texts = [text for text in english.texts if text.language == "en"]
        make.meant_for(session, make.item(session, title="Voor anderen"), ("language", "en"))
        session.flush()
        found = welcome.first_item(session, ana.person)
        assert found is not None
        assert (found.id, english.id > dutch.id) == (dutch.id, True)
