"""Whoever passed something on hears that it was taken back, on their own pages, with a line for their own post."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from portal.campaigns import queries, recall
from portal.campaigns.models import Item
from portal.database import Database
from portal.jobs import Runner
from portal.links import codes
from portal.links.models import Link
from portal.people.models import Note, Organisation, Person
from portal.sharing import recalls
from portal.sharing.models import Share
from tests import make
from tests.client import Client

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def an_item(db: Database, **values: Any) -> Item:
    with db.writing() as session:
        return make.item(session, **values)


def passed_on(db: Database, item: Item, person: Person, network: str = "linkedin", **values: Any) -> Share:
    with db.writing() as session:
        return make.share(session, by=session.merge(person, load=False), on=item, network=network, **values)


def recalled(db: Database, item: Item, clock: time_machine.Traveller, **values: Any) -> None:
    """Taken back, and the minute over."""
    with db.writing() as session:
        recall.take_back(session, queries.get_item(session, item.id), by=None, **values)
    clock.shift(recall.UNDO_WITHIN)
    Runner(db).run_due()


def notes(db: Database, person: Person) -> list[dict[str, Any]]:
    with db.reading() as session:
        return list(session.scalars(select(Note.data).where(Note.person_id == person.id).order_by(Note.id)))


def test_each_share_gets_a_note_and_nobody_else_does(
    db: Database, ana: Client, cleo: Client, bram: Client, clock: time_machine.Traveller
) -> None:
    item, other = an_item(db), an_item(db)
    passed_on(db, item, ana.person)
    passed_on(db, item, ana.person, "whatsapp")
    passed_on(db, other, cleo.person)

    recalled(db, item, clock, reason="filled")

    assert [(note["network"], note["reason"], note["is_shared"]) for note in notes(db, ana.person)] == [
        ("linkedin", "filled", True),
        ("whatsapp", "filled", True),
    ]
    assert notes(db, cleo.person) == notes(db, bram.person) == []


def test_the_feed_and_my_page_show_it_until_it_is_put_away(
    db: Database, ana: Client, clock: time_machine.Traveller
) -> None:
    item = an_item(db, title="Timmerman in Zwolle")
    passed_on(db, item, ana.person)
    recalled(db, item, clock, reason="filled")

    for path in ("/", "/me"):
        page = ana.get(path).text
        assert "De vacature is vervuld, dus dit is teruggehaald." in page
        assert "Je deelde het via LinkedIn." in page
        assert "Update: deze vacature is vervuld. Bedankt voor alle reacties!" in page
        assert 'href="https://www.linkedin.com/in/me/recent-activity/all/"' in page

    with db.reading() as session:
        note_id = session.scalar(select(func.max(Note.id)))
    answer = ana.post(f"/notes/{note_id}/putting-away", data={"from": "me_page"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    assert "dus dit is teruggehaald" not in ana.get("/").text + ana.get("/me").text


def test_whoever_only_opened_a_network_is_not_told_that_they_shared(
    db: Database, ana: Client, clock: time_machine.Traveller
) -> None:
    item = an_item(db)
    passed_on(db, item, ana.person, state="opened")
    recalled(db, item, clock)
    page = ana.get("/").text
    assert "Je opende er LinkedIn mee." in page
    assert "Je deelde het" not in page
    assert "Had je het gedeeld?" in page


@pytest.mark.parametrize(
    ("reason", "language", "said"),
    [
        ("filled", "nl", "Update: deze vacature is vervuld. Bedankt voor alle reacties! Dit kwam erna: {link}"),
        ("ended", "en", "Update: this is over now. Thank you for having a look! This came after it: {link}"),
        (
            "corrected",
            "nl",
            "Even rechtzetten: in mijn bericht klopte iets niet. Sorry daarvoor! Zo zit het wel: {link}",
        ),
    ],
)
def test_the_line_for_their_post_is_in_its_language_with_their_own_link_to_what_came_after(
    db: Database, ana: Client, clock: time_machine.Traveller, reason: str, language: str, said: str
) -> None:
    item, after = an_item(db), an_item(db, title="Voorman")
    share = passed_on(db, item, ana.person)
    with db.writing() as session:
        session.get_one(Share, share.id).language = language

    recalled(db, item, clock, reason=reason, successor=after)

    with db.reading() as session:
        link = session.scalars(select(Link).where(Link.item_id == after.id, Link.person_id == ana.person.id)).one()
    assert link.network == "linkedin"
    assert [note["suggestion"] for note in notes(db, ana.person)] == [said.format(link=codes.address(link))]


def test_what_comes_after_but_is_not_out_yet_gets_no_link(
    db: Database, ana: Client, clock: time_machine.Traveller
) -> None:
    item, after = an_item(db), an_item(db, state="draft")
    passed_on(db, item, ana.person)
    recalled(db, item, clock, reason="corrected", successor=after)
    [note] = notes(db, ana.person)
    assert note["suggestion"] == "Even rechtzetten: in mijn bericht klopte iets niet. Sorry daarvoor!"


def test_people_read_it_in_their_own_language(db: Database, cleo: Client, clock: time_machine.Traveller) -> None:
    item = an_item(db, title="Timmerman")
    passed_on(db, item, cleo.person, "copy")
    recalled(db, item, clock, reason="corrected")
    page = cleo.get("/").text
    assert "Timmerman (en)" in page
    assert "Something in it was not right, so this was taken back." in page
    assert "You took its text along." in page


def test_the_server_of_the_organisation_is_where_its_posts_on_mastodon_are(
    db: Database, ana: Client, clock: time_machine.Traveller
) -> None:
    first, second = an_item(db), an_item(db)
    passed_on(db, first, ana.person, "mastodon")
    passed_on(db, second, ana.person, "mastodon")
    recalled(db, first, clock)
    with db.writing() as session:
        session.get_one(Organisation, 1).mastodon_server = "mastodon.example"
    recalled(db, second, clock)
    assert [note["posts"] for note in notes(db, ana.person)] == ["", "https://mastodon.example/home"]


def test_whoever_left_is_not_told(db: Database, ana: Client, clock: time_machine.Traveller) -> None:
    item = an_item(db)
    passed_on(db, item, ana.person)
    with db.writing() as session:
        session.get_one(Person, ana.person.id).deactivated_at = NOW
    recalled(db, item, clock)
    assert notes(db, ana.person) == []


def test_recalled_once_more_is_told_once_more_and_a_repeated_job_is_not(
    db: Database, ana: Client, clock: time_machine.Traveller
) -> None:
    item = an_item(db)
    passed_on(db, item, ana.person)
    recalled(db, item, clock, reason="ended")
    with db.writing() as session:
        recalls.tell_sharers(session, item_id=item.id, after=0)
    assert len(notes(db, ana.person)) == 1
    clock.shift(timedelta(days=1))
    with db.writing() as session:
        session.get_one(Item, item.id).state = "approved"
    recalled(db, item, clock, reason="filled")
    assert [note["reason"] for note in notes(db, ana.person)] == ["ended", "filled"]


def test_many_are_told_a_few_at_a_time(
    db: Database, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recalls, "AT_ONCE", 3)
    item = an_item(db)
    with db.writing() as session:
        people = make.team(session, "Zagerij", 7)
    for person in people:
        passed_on(db, item, person)
    recalled(db, item, clock)
    assert [len(notes(db, person)) for person in people] == [1] * 7
