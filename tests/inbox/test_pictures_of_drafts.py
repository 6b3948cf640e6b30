"""The picture of a draft that was made of what a source brought: its page's own, and never a reason to fail."""

import re

import pytest
from sqlalchemy import select

from portal import jobs
from portal.campaigns.models import Item
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.inbox.models import Candidate
from portal.jobs import Runner
from tests import make
from tests.campaigns.drawing import picture
from tests.client import Client
from tests.inbox.test_pasting_an_address import article
from tests.website import Reply, Website

JPEG = Reply(picture("JPEG", (1600, 900)), "image/jpeg")


def tap(bram: Client, campaign: int) -> int:
    """Press the button of the only candidate on the inbox, with all that its form holds."""
    page = bram.get("/inbox").text
    path, inside = re.findall(r'action="(/inbox/candidates/\d+/draft)"(.*?)</form>', page, re.DOTALL)[0]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', inside))
    return bram.post(path, data={"campaign": campaign, **fields}).status_code


def item_of(db: Database) -> Item:
    with db.reading() as session:
        return get_item(session, session.scalars(select(Item.id)).one())


def found_at(db: Database, url: str, **values: str) -> int:
    """A candidate that leads to `url`; the campaign it may go to."""
    with db.writing() as session:
        make.candidate(session, url=url, canonical_url=url, **values)
        return make.campaign(session).id


def test_one_tap_brings_the_picture_of_the_page(bram: Client, db: Database, website: Website) -> None:
    website.replies["/huis"] = article(head='<meta property="og:image:alt" content="De hal">')
    website.replies["/hal.jpg"] = JPEG
    assert tap(bram, found_at(db, f"{website.address}/huis")) == 303
    item = item_of(db)
    assert (item.picture_id is not None, item.texts[0].picture_alt) == (True, "De hal")
    assert item.texts[0].title == "Een dak van twaalf meter"  # the words stay those of the source


def test_a_page_without_one_leaves_it_to_the_feed(bram: Client, db: Database, website: Website) -> None:
    website.replies["/huis"] = Reply(b"<title>Een huis</title>")
    website.replies["/uit-de-feed.jpg"] = JPEG
    spare = f"{website.address}/uit-de-feed.jpg"
    assert tap(bram, found_at(db, f"{website.address}/huis", picture_url=spare)) == 303
    assert item_of(db).picture_id is not None


@pytest.mark.parametrize(
    "reply", [Reply(status=500), Reply(b"<svg/>", "image/svg+xml"), Reply(b"\xff" * 5_000_001, "image/jpeg")]
)
def test_without_a_picture_the_draft_is_made_all_the_same(
    bram: Client, db: Database, website: Website, reply: Reply
) -> None:
    website.replies["/huis"] = article()
    website.replies["/hal.jpg"] = reply
    assert tap(bram, found_at(db, f"{website.address}/huis", picture_url="http://10.0.0.1/x.jpg")) == 303
    assert item_of(db).picture_id is None


def test_only_the_candidates_own_page_lends_a_picture(bram: Client, db: Database, website: Website) -> None:
    website.replies["/elders"] = article()
    website.replies["/hal.jpg"] = JPEG
    form = {"campaign": found_at(db, f"{website.address}/huis"), "address": f"{website.address}/elders"}
    assert bram.post("/inbox/candidates/1/draft", data=form).status_code == 303
    assert item_of(db).picture_id is None


@pytest.mark.parametrize("is_welcome", [True, False])
def test_a_trusted_source_gives_its_drafts_pictures_too(
    bram: Client, db: Database, website: Website, is_welcome: bool
) -> None:
    with db.writing() as session:
        campaign = make.campaign(session).id
    entry = f"<item><title>Huis</title><link>{website.address}/huis</link></item>"
    feed = f"<rss version='2.0'><channel>{entry}</channel></rss>".encode()
    website.replies["/feed.xml"] = Reply(feed, "application/rss+xml")
    website.replies["/huis"] = article()
    website.replies["/hal.jpg"] = JPEG
    if not is_welcome:
        website.replies["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /huis", "text/plain")
    form = {"kind": "feed", "url": f"{website.address}/feed.xml", "language": "nl", "campaign": str(campaign)}
    bram.post("/inbox/sources", data=form | {"trusted": "yes"})
    Runner(db).run_due()
    item = item_of(db)
    alt = "Huis" if is_welcome else ""
    assert (item.picture_id is not None, item.texts[0].picture_alt, item.version) == (is_welcome, alt, 1)
    assert ("/huis" in website.paths) is is_welcome


def test_what_somebody_is_at_work_on_keeps_its_own(bram: Client, db: Database, website: Website) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        source = make.source(session, campaign_id=campaign.id, trusted=True)
        url = f"{website.address}/huis"
        found = make.candidate(session, url=url, canonical_url=url, source_id=source.id, state="drafted")
        session.get_one(Candidate, found.id).item_id = make.item(session, campaign, state="draft", version=2).id
        jobs.enqueue(session, "picture_of_draft", candidate_id=found.id)
    website.replies["/huis"] = article()
    website.replies["/hal.jpg"] = JPEG
    Runner(db).run_due()
    assert item_of(db).picture_id is None
