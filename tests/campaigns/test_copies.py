"""A campaign copied for another time: everything in it as a draft, on shifted days."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from html import unescape
from typing import Any

import pytest
import time_machine
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session, selectinload

from portal import clock
from portal.campaigns import copies
from portal.campaigns.models import Campaign, CampaignText, Item, ItemAudience, Revision
from portal.database import Database
from portal.links.models import Link
from portal.people.models import AuditEntry
from tests import make
from tests.client import Client
from tests.feed import reading as pages


def filled(session: Session, **values: Any) -> Campaign:
    return make.campaign(session, "najaar", starts_on=date(2026, 10, 1), ends_on=date(2026, 11, 30), **values)


def whole(db: Database, campaign_id: int) -> tuple[Campaign, list[Item]]:
    with db.reading() as session:
        campaign = session.scalars(
            select(Campaign).options(selectinload(Campaign.texts)).where(Campaign.id == campaign_id)
        ).one()
        loads = (selectinload(each) for each in (Item.texts, Item.captions, Item.audience))
        items = session.scalars(
            select(Item).options(*loads).where(Item.campaign_id == campaign_id).order_by(Item.publish_at)
        ).all()
        return campaign, list(items)


def copied(bram: Client, campaign: Campaign, **typed: str) -> int:
    form = {"title_nl": "Voorjaar", "title_en": "Spring", "starts_on": "2027-03-01"} | typed
    answer = bram.post(f"/campaigns/{campaign.id}/copy", data=form)
    assert answer.status_code == 303
    return int(answer.headers["location"].rpartition("/")[2])


def test_every_column_of_an_item_is_either_copied_or_begun_anew() -> None:
    known = [*copies.TAKEN_ALONG, *copies.SHIFTED, *copies.BEGUN_ANEW]
    assert sorted(known) == sorted(column.key for column in Item.__table__.columns)


@time_machine.travel(datetime(2026, 11, 22, 12, tzinfo=UTC), tick=False)
def test_a_copy_holds_drafts_of_everything_on_their_new_days(db: Database, bram: Client) -> None:
    with db.writing() as session:
        campaign = filled(session, announces=True, utm_template="utm_source={network}")
        # Nine in the morning in summer is nine in the morning in winter as well, on another hour of UTC.
        nine, last = datetime(2026, 10, 5, 7, tzinfo=UTC), clock.end_of(date(2026, 11, 20))
        values = {"hours": "32", "recruiter": "Joost", "fits": ["linkedin"], "disclosure": "advertising"}
        first = make.item(session, campaign, title="Eerste", publish_at=nine, ends_at=last, **values)
        session.add(ItemAudience(item_id=first.id, kind="language", value="nl"))
        second = make.item(session, campaign, title="Tweede", publish_at=nine + timedelta(days=1), ends_at=None)
        first.successor_id = second.id
        make.item(session, campaign, title="Weg", state="recalled")
        make.link(session, by=bram.person, on=first)

    copy, items = whole(db, copied(bram, campaign))

    assert (copy.starts_on, copy.ends_on) == (date(2027, 3, 1), date(2027, 4, 30))
    assert {text.language: text.title for text in copy.texts} == {"nl": "Voorjaar", "en": "Spring"}
    assert (copy.slug, copy.announces, copy.utm_template) == ("voorjaar", True, "utm_source={network}")
    assert [item.text("nl").title for item in items] == ["Eerste", "Tweede"]
    assert [item.state for item in items] == ["draft", "draft"]
    assert [clock.local(item.publish_at).isoformat() for item in items] == [
        "2027-03-05T09:00:00+01:00",
        "2027-03-06T09:00:00+01:00",
    ]
    assert (items[0].ends_at, items[1].ends_at) == (clock.end_of(date(2027, 4, 20)), None)
    assert {name: getattr(items[0], name) for name in values} == values
    assert [(row.kind, row.value) for row in items[0].audience] == [("language", "nl")]
    _original, before = whole(db, campaign.id)
    assert [c.body for c in items[0].captions] == [c.body for c in before[0].captions]
    assert (items[0].successor_id, items[0].version) == (items[1].id, 1)
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Link)) == 1
        detail = session.scalars(select(AuditEntry.detail).where(AuditEntry.act == "campaign_copied")).one()
        made = session.scalars(select(Revision.content).order_by(Revision.id)).all()
    assert detail == {"source": campaign.id, "items": 2}
    assert [content["publish_on"] for content in made] == ["2027-03-05", "2027-03-06"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"title_nl": "", "title_en": ""}, "Geef de campagne een naam"),
        ({"title_nl": ""}, "Schrijf ook een Nederlandse titel"),
        ({"title_nl": "x" * 121}, "Dit zijn 121 tekens"),
        ({"starts_on": ""}, "Kies de eerste dag van de campagne."),
        ({"starts_on": "morgen"}, "Kies de eerste dag van de campagne."),
        ({"starts_on": "2100-12-30"}, "Deze dag ligt te ver weg"),
        ({"starts_on": "9999-12-31"}, "Kies de eerste dag van de campagne."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_copied(
    db: Database, bram: Client, typed: dict[str, str], sentence: str
) -> None:
    with db.writing() as session:
        campaign = filled(session)
    form = {"title_nl": "Voorjaar", "title_en": "Spring", "starts_on": "2027-03-01"} | typed

    answer = bram.post(f"/campaigns/{campaign.id}/copy", data=form)

    assert answer.status_code == 422
    assert sentence in unescape(answer.text)
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Campaign)) == 1


def test_the_form_proposes_a_name_of_its_own_in_each_language(db: Database, bram: Client) -> None:
    with db.writing() as session:
        campaign = filled(session)

    page = bram.get(f"/campaigns/{campaign.id}/copy")

    names = [pages.attributes(page, f"[name=title_{language}]", "value") for language in ("nl", "en")]
    assert names == [["Werken in de huizenfabriek (kopie)"], ["Work in the house factory (copy)"]]
    assert "De kopie duurt 61 dagen" in page.text


@pytest.mark.parametrize(
    ("title", "proposed"),
    [
        ("Najaar (kopie)", "Najaar (kopie 2)"),
        ("Najaar (kopie 2)", "Najaar (kopie 3)"),
        ("woord " * 19 + "woord", "woord " * 17 + "woord… (kopie)"),
        ("x" * 120, f"{'x' * 111}… (kopie)"),
    ],
)
def test_a_name_is_never_longer_nor_a_copy_twice(db: Database, bram: Client, title: str, proposed: str) -> None:
    with db.writing() as session:
        campaign = filled(session)
        session.execute(update(CampaignText).where(CampaignText.language == "nl").values(title=title))
    page = bram.get(f"/campaigns/{campaign.id}/copy")
    assert pages.attributes(page, "[name=title_nl]", "value") == [proposed]


def test_an_archived_campaign_can_be_copied(db: Database, bram: Client) -> None:
    with db.writing() as session:
        campaign = filled(session, archived_at=clock.now())
        make.item(session, campaign)

    copy, items = whole(db, copied(bram, campaign))

    assert (copy.archived_at, len(items)) == (None, 1)


def test_what_was_copied_is_found(db: Database, bram: Client) -> None:
    with db.writing() as session:
        campaign = filled(session)
        make.item(session, campaign, title="Een zeldzame palingroker")
    _copy, [item] = whole(db, copied(bram, campaign))
    assert f"/campaigns/items/{item.id}" in bram.get("/search?q=palingroker").text


def test_an_item_more_is_hardly_a_statement_more(db: Database, bram: Client) -> None:
    costs = []
    for number in (1, 20):
        with db.writing() as session:
            campaign = make.campaign(session)
            rows = [make.item(session, campaign) for _ in range(number)]
            for row in rows:
                make.meant_for(session, row, ("language", "nl"))
        costs.append(statements(db, partial(copied, bram, campaign)))
    assert costs[1] - costs[0] <= 4 * 19, "itself, its texts and its line in the audit log; the rest is written at once"


def statements(db: Database, act: Callable[[], object]) -> int:
    """How many statements it takes to write what the act writes."""
    found: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        found.append(statement)

    event.listen(db.writer, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(db.writer, "before_cursor_execute", note)
    return len(found)
