"""Visitors of links that lead nowhere (now): a helpful way on, in their language, nothing about colleagues."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from portal.campaigns.models import Campaign, Item
from portal.database import Database
from portal.guesses import MOST_KNOWN, REFILL, Guesses
from portal.links.models import Link
from tests import make
from tests.client import Client

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
ENGLISH = {"accept-language": "en"}


@pytest.fixture(autouse=True)
def at_that_moment() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def _over(db: Database, **item: Any) -> tuple[Link, Campaign]:
    """The link of Ana Dekker to an item that is over."""
    with db.writing() as session:
        campaign = make.campaign(session)
        row = make.item(session, campaign, title="Timmerman", **({"ends_at": NOW - timedelta(days=1)} | item))
        return make.link(session, by=make.person(session, "Ana Dekker"), on=row), campaign


def _follow_up(db: Database, link: Link, campaign: Campaign | None = None, **item: Any) -> Item:
    with db.writing() as session:
        row = make.item(session, campaign, **({"title": "Voorman", "target_url": "https://a.example/voorman"} | item))
        assert link.item_id is not None
        session.get_one(Item, link.item_id).successor_id = row.id
    return row


@pytest.mark.parametrize(
    ("item", "heading"),
    [
        ({"kind": "vacancy"}, "This vacancy is closed"),
        ({"kind": "event"}, "This has come to its end"),
        ({"state": "recalled"}, "This is no longer on offer"),
    ],
)
def test_what_is_over_answers_the_campaign_s_page(
    client: Client, db: Database, item: dict[str, Any], heading: str
) -> None:
    link, campaign = _over(db, **item)
    with db.writing() as session:
        make.item(session, campaign, title="Open dag", slug="open-dag", target_url="https://a.example/open?x=1#nu")
        make.item(session, title="Van een andere campagne")
        make.item(session, campaign, title="Nog niet klaar", state="draft")
    response = client.get(f"/r/{link.code}", headers=ENGLISH)
    assert response.status_code == 410
    assert f"<h1>{heading}</h1>" in response.text
    assert '<h2 id="others-title">Also in Work in the house factory</h2>' in response.text
    assert (
        f'<a href="https://a.example/open?x=1&amp;utm_source=linkedin&amp;utm_medium=employee-advocacy'
        f'&amp;utm_campaign={campaign.slug}&amp;utm_content=open-dag#nu" rel="noopener">Open dag (en)</a>'
    ) in response.text
    for never in ("Ana", "Dekker", "Timmerman", "andere campagne", "Nog niet klaar", "Go to Noorderhout"):
        assert never not in response.text


def test_the_successor_comes_first(client: Client, db: Database) -> None:
    link, campaign = _over(db)
    successor = _follow_up(db, link, campaign, slug="voorman")
    page = client.get(f"/r/{link.code}").text
    target = (
        "https://a.example/voorman?utm_source=linkedin&amp;utm_medium=employee-advocacy"
        f"&amp;utm_campaign={campaign.slug}&amp;utm_content={successor.slug}"
    )
    assert page.count("Voorman") == 1, "the button leads there, and the list below leaves it out"
    assert f'<a class="button primary" href="{target}" rel="noopener">' in page
    assert "Dit kwam erna" in page


@pytest.mark.parametrize(
    ("reason", "heading", "sentence"),
    [
        ("filled", "Somebody has this job now", "The place has been taken. Thank you for wanting to see it."),
        ("ended", "This has come to its end", "What this link led to is over. Thank you for wanting to see it."),
        (
            "corrected",
            "This has been corrected",
            "Something in it was not right, so it was taken back. That is nobody’s mistake but ours.",
        ),
    ],
)
def test_what_was_recalled_says_why_and_keeps_the_editors_note_to_itself(
    client: Client, db: Database, reason: str, heading: str, sentence: str
) -> None:
    link, _campaign = _over(db, state="recalled", recall_reason=reason, recall_note="Joost is boos", ends_at=None)
    response = client.get(f"/r/{link.code}", headers=ENGLISH)
    assert response.status_code == 410
    assert f"<h1>{heading}</h1>" in response.text
    assert sentence in response.text
    assert "Joost" not in response.text


def test_what_was_corrected_leads_to_how_it_is(client: Client, db: Database) -> None:
    link, campaign = _over(db, state="recalled", recall_reason="corrected", ends_at=None)
    _follow_up(db, link, campaign)
    page = client.get(f"/r/{link.code}").text
    assert "Er klopte iets niet, dus dit is teruggehaald. Zo zit het wel:" in page
    assert "De juiste" in page
    assert "https://a.example/voorman?" in page


def test_a_successor_that_is_over_itself_passes_the_visitor_on(client: Client, db: Database) -> None:
    link, _campaign = _over(db)
    middle = _follow_up(db, link, title="Tussenman", ends_at=NOW - timedelta(hours=1))
    with db.writing() as session:
        last = make.item(session, title="Laatste man")
        session.get_one(Item, middle.id).successor_id = last.id
    page = client.get(f"/r/{link.code}").text
    assert "Laatste man" in page
    assert "Tussenman" not in page


def test_successors_in_a_circle_end(client: Client, db: Database) -> None:
    link, _campaign = _over(db)
    other = _follow_up(db, link, title="Andere man", state="recalled")
    with db.writing() as session:
        session.get_one(Item, other.id).successor_id = link.item_id
    response = client.get(f"/r/{link.code}")
    assert response.status_code == 410
    assert 'href="https://noorderhout.example"' in response.text


@pytest.mark.parametrize("item", [{"state": "draft"}, {"publish_at": NOW + timedelta(days=1)}])
def test_a_successor_nobody_may_see_yet_is_not_shown(client: Client, db: Database, item: dict[str, Any]) -> None:
    link, _campaign = _over(db)
    _follow_up(db, link, **item)
    assert "Voorman" not in client.get(f"/r/{link.code}").text


def test_a_successor_with_a_hostile_address_is_not_offered(client: Client, db: Database) -> None:
    link, campaign = _over(db)
    _follow_up(db, link, campaign, target_url="javascript:alert(1)")
    page = client.get(f"/r/{link.code}").text
    assert "javascript:" not in page
    assert 'href="https://noorderhout.example"' in page


def test_without_anything_else_the_website_is_the_way_on(client: Client, db: Database) -> None:
    link, _campaign = _over(db)
    page = client.get(f"/r/{link.code}", headers=ENGLISH).text
    assert page.count('class="button primary"') == 1
    assert '<a class="button primary" href="https://noorderhout.example">' in page


def test_what_rests_says_so_and_offers_the_rest_of_the_campaign(client: Client, db: Database) -> None:
    link, campaign = _over(db, state="in_review", ends_at=None)
    with db.writing() as session:
        make.item(session, campaign, title="Open dag")
    response = client.get(f"/r/{link.code}", headers=ENGLISH)
    assert response.status_code == 404
    assert "<h1>This is taking a short break</h1>" in response.text
    assert "Open dag (en)" in response.text


def test_at_most_six_others_are_offered(client: Client, db: Database) -> None:
    link, campaign = _over(db)
    with db.writing() as session:
        for number in range(9):
            make.item(session, campaign, title=f"Aanbod {number}")
    assert client.get(f"/r/{link.code}").text.count('<li class="offer"') == 6


def test_somebody_who_tries_many_codes_has_to_wait(client: Client, db: Database) -> None:
    with db.writing() as session:
        real = make.link(session, by=make.person(session, "Ana Dekker"), on=make.item(session))
    answers = [client.get(f"/r/bbbbbb{first}{second}") for first in "bcdfg" for second in "bcdfg"]
    assert [each.status_code for each in answers] == [404] * 20 + [429] * 5
    assert answers[-1].headers["retry-after"] == "30"
    assert "<h1>Even iets rustiger aan</h1>" in answers[-1].text
    assert client.get(f"/r/{real.code}").status_code == 302, "a colleague at the same address is not kept out"


def test_waiting_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [0.0]
    monkeypatch.setattr("portal.guesses.time.monotonic", lambda: seconds[0])
    guesses = Guesses()
    assert [guesses.are_too_many("192.0.2.1") for _ in range(100)] == [False] * 20 + [True] * 80
    assert guesses.are_too_many("192.0.2.2") is False
    seconds[0] += 2 * REFILL
    assert [guesses.are_too_many("192.0.2.1") for _ in range(3)] == [False, True, True]


@pytest.mark.once
def test_a_network_of_ipv6_is_one_visitor() -> None:
    guesses = Guesses()
    tried = [guesses.are_too_many(f"2001:db8:0:1::{number:x}") for number in range(25)]
    assert tried == [False] * 20 + [True] * 5
    assert guesses.are_too_many("2001:db8:0:2::1") is False


@pytest.mark.once
def test_visitors_are_remembered_up_to_a_number_and_not_by_their_address() -> None:
    guesses = Guesses()
    for number in range(MOST_KNOWN + 500):
        guesses.are_too_many(f"10.0.{number // 250}.{number % 250}")
    assert len(guesses) == MOST_KNOWN
    assert all(len(who) == 12 for who in guesses._tries)
