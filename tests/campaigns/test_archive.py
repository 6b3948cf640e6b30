"""Archiving a campaign: off every list and the feed, while figures and links stay."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from threading import Barrier

from sqlalchemy import select

from portal import clock
from portal.activity import Activity
from portal.campaigns import lists, queries
from portal.campaigns.models import Campaign, Item
from portal.database import Database
from portal.people.models import AuditEntry
from tests import make
from tests.client import Client


def running(db: Database) -> tuple[Campaign, Item]:
    with db.writing() as session:
        campaign = make.campaign(session)
        return campaign, make.item(session, campaign, announced=True)


def archived(db: Database, campaign: Campaign) -> bool:
    with db.reading() as session:
        return session.get_one(Campaign, campaign.id).archived_at is not None


def test_while_something_is_live_it_takes_a_clear_yes(db: Database, bram: Client) -> None:
    campaign, _item = running(db)

    answer = bram.post(f"/campaigns/{campaign.id}/archive")

    assert "1 item ervan staat op de feed" in unescape(bram.follow(answer).text)
    assert not archived(db, campaign)
    page = unescape(bram.get(f"/campaigns/{campaign.id}").text)
    assert "Er staat nu 1 item op de feed; dat gaat er meteen af." in page
    assert '<input type="hidden" name="end" value="yes">' in page


def test_what_is_archived_is_nowhere_to_be_seen(db: Database, bram: Client, ana: Client) -> None:
    campaign, item = running(db)
    with db.writing() as session:
        make.item(session, campaign, title="Wacht nog", state="in_review")

    answer = bram.post(f"/campaigns/{campaign.id}/archive", data={"end": "yes"})

    assert "De cijfers blijven" in bram.follow(answer).text
    with db.reading() as session:
        assert queries.live_items(session) == []
        assert queries.running_campaign(session, clock.today()) is None
        assert queries.number_waiting(session) == 0
        kinds = session.execute(select(Activity.kind, Activity.item_id).order_by(Activity.id)).all()
        acts = session.scalars(select(AuditEntry.act)).all()
    assert [tuple(row) for row in kinds] == [("campaign_changed", None), ("item_ended", item.id)]
    assert acts == ["campaign_archived"]
    assert "Timmerman" not in ana.get("/").text
    assert f'id="campaign-{campaign.id}"' not in bram.get("/campaigns").text
    assert f'id="campaign-{campaign.id}"' in bram.get("/campaigns?show=archived").text
    assert "Timmerman" not in bram.get("/calendar").text


def test_links_of_an_archived_campaign_lead_on_and_its_figures_stay(db: Database, bram: Client, ana: Client) -> None:
    campaign, item = running(db)
    with db.writing() as session:
        link = make.link(session, by=ana.person, on=item)
        make.visits(session, by=ana.person, on=item, times=3)
    bram.post(f"/campaigns/{campaign.id}/archive", data={"end": "yes"})

    assert ana.get(f"/r/{link.code}").headers["location"].startswith(item.target_url)
    figures = bram.get(f"/results?period=campaign&campaign={campaign.id}").text
    assert f'id="of-item-{item.id}"' in figures


def test_it_can_be_brought_back(db: Database, bram: Client, ana: Client) -> None:
    campaign, item = running(db)
    bram.post(f"/campaigns/{campaign.id}/archive", data={"end": "yes"})
    assert "Deze campagne is gearchiveerd" in bram.get(f"/campaigns/{campaign.id}").text

    bram.post(f"/campaigns/{campaign.id}/return")

    assert not archived(db, campaign)
    assert "Timmerman" in ana.get("/").text
    with db.reading() as session:
        kinds = session.scalars(select(Activity.kind).where(Activity.item_id == item.id).order_by(Activity.id)).all()
    assert kinds == ["item_ended", "item_live"]


def test_of_editors_who_archive_at_once_one_does(db: Database, bram: Client) -> None:
    campaign, _item = running(db)
    browsers = [Client.signed_in(bram.app, bram.person) for _ in range(4)]
    ready = Barrier(4)

    def go(browser: Client) -> int:
        ready.wait()
        return browser.post(f"/campaigns/{campaign.id}/archive", data={"end": "yes"}).status_code

    with ThreadPoolExecutor(4) as pool:
        answers = Counter(pool.map(go, browsers))

    assert answers == {303: 4}
    with db.reading() as session:
        assert session.scalars(select(AuditEntry.act)).all() == ["campaign_archived"]


def test_an_edit_that_began_before_is_told(db: Database, bram: Client) -> None:
    campaign, _item = running(db)
    with db.reading() as session:
        before = session.get_one(Campaign, campaign.id).version
    bram.post(f"/campaigns/{campaign.id}/archive", data={"end": "yes"})

    with db.reading() as session:
        assert session.get_one(Campaign, campaign.id).version == before + 1
        assert lists.campaign_list(session, clock.today()).by_phase == {"archived": 1}
