"""What is on the feed, and what it costs to ask."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from portal import clock
from portal.campaigns import queries
from portal.database import Database
from portal.web import NotFound
from tests import make
from tests.asked import asked
from tests.client import Client


def test_only_approved_items_inside_their_days_and_their_campaign(db: Database) -> None:
    now, today, day = clock.now(), clock.today(), timedelta(days=1)
    with db.writing() as session:
        running = make.campaign(session)
        live = make.item(session, running, publish_at=now - 2 * day)
        endless = make.item(session, running, publish_at=now - 3 * day, ends_at=None, kind="article")
        for state in ("draft", "in_review", "recalled"):
            make.item(session, running, state=state)
        make.item(session, running, publish_at=now + day)
        make.item(session, running, ends_at=now)
        past = make.campaign(session, starts_on=today - 9 * day, ends_on=today - day)
        coming = make.campaign(session, starts_on=today + day, ends_on=today + 9 * day)
        make.item(session, past)
        make.item(session, coming)

    with db.reading() as session:
        found = queries.live_items(session)

    assert [item.id for item in found] == [live.id, endless.id]
    assert found[0].campaign.text("nl").title == "Werken in de huizenfabriek"
    assert len(found[0].captions_for("linkedin", "nl")) == 2
    assert found[0].picture is None


def test_the_running_campaign_is_the_one_that_started_last(db: Database) -> None:
    today, day = clock.today(), timedelta(days=1)
    with db.writing() as session:
        make.campaign(session, starts_on=today - 9 * day)
        latest = make.campaign(session, starts_on=today - day)
        make.campaign(session, starts_on=today + day)

    with db.reading() as session:
        found = queries.running_campaign(session, today)
        assert found is not None
        assert found.id == latest.id
        assert queries.running_campaign(session, today - 30 * day) is None


@pytest.mark.parametrize("item_id", [0, 999_999, 2**63, 2**80])
def test_an_item_that_is_not_there(db: Database, item_id: int) -> None:
    with db.reading() as session:
        assert queries.find_item(session, item_id) is None
        with pytest.raises(NotFound):
            queries.get_item(session, item_id)


@pytest.mark.parametrize("read", [queries.live_items, queries.waiting_items])
def test_fifty_items_cost_as_much_as_one(db: Database, read: Callable[..., list[object]]) -> None:
    costs = []
    for number in (1, 49):
        with db.writing() as session:
            campaign = make.campaign(session)
            for _ in range(number):
                make.item(session, campaign)
                make.item(session, campaign, state="in_review")
        with asked(db) as statements, db.reading() as session:
            assert len(read(session)) in (1, 50)
        costs.append(len(statements))
    assert costs[0] == costs[1]


def test_the_pages_cost_as_much_for_fifty_as_for_one(db: Database, bram: Client) -> None:
    costs = []
    with db.writing() as session:
        campaign = make.campaign(session)
    for number in (1, 49):
        with db.writing() as session:
            for _ in range(number):
                make.item(session, campaign, state="in_review", changed_by_id=bram.person.id)
                make.item(session, make.campaign(session))
        with asked(db) as statements:
            assert bram.get("/campaigns").status_code == 200
            assert bram.get(f"/campaigns/{campaign.id}").status_code == 200
        costs.append(len(statements))
    assert costs[0] == costs[1]
