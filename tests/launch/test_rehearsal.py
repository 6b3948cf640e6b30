"""The rehearsal: feed card, posts, wall, signature and mail as they will be, in both languages."""

import io
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import time_machine
from PIL import Image
from sqlalchemy import select

from portal import clock, settings
from portal.campaigns import announcing, kits
from portal.campaigns.models import Campaign, Item
from portal.database import Database
from portal.i18n import day
from portal.jobs import Job
from portal.paths import data
from tests import make
from tests.client import Client
from tests.feed import reading as pages
from tests.launch.reading import chosen


def page_of(campaign: Campaign) -> str:
    return f"/campaigns/{campaign.id}/launch"


def first_item(db: Database, campaign: Campaign) -> int:
    with db.reading() as session:
        return session.scalars(select(Item.id).where(Item.campaign_id == campaign.id).order_by(Item.id)).first() or 0


def test_it_is_all_there_in_the_language_that_is_asked_for(bram: Client, db: Database, campaign: Campaign) -> None:
    item_id = first_item(db, campaign)
    dutch, english = bram.get(page_of(campaign)).text, bram.get(f"{page_of(campaign)}?language=en").text
    assert ("Wij bouwen binnen, ook als het regent." in dutch, "even when it rains" in dutch) == (True, False)
    assert ("Wij bouwen binnen, ook als het regent." in english, "even when it rains" in english) == (False, True)
    assert ("Ik werk bij Noorderhout." in dutch, "I work at Noorderhout." in english) == (True, True)
    for piece in ("wall", "signature"):
        assert f'src="{page_of(campaign)}/{item_id}/{piece}?language=en"' in english
    assert "frame-src 'self'" in bram.get(page_of(campaign)).headers["content-security-policy"]


def test_the_wall_shows_its_real_slide_in_a_frame_of_ours_only(bram: Client, db: Database, campaign: Campaign) -> None:
    answer = bram.get(f"{page_of(campaign)}/{first_item(db, campaign)}/wall?language=en")
    assert ("Timmerman in Zwolle (en)" in answer.text, "<script" in answer.text) == (True, False)
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert "Scan and share" in answer.text


def test_the_signature_has_the_banner_of_this_campaign(bram: Client, db: Database, campaign: Campaign) -> None:
    base = f"{page_of(campaign)}/{first_item(db, campaign)}"
    answer = bram.get(f"{base}/signature?language=en")
    assert ("Bram de Wit" in answer.text, f'src="{base}/banner.png?language=en"' in answer.text) == (True, True)
    assert "script-src" not in answer.headers["content-security-policy"]
    banners = [bram.get(f"{base}/banner.png?language={language}").content for language in ("nl", "en")]
    assert [Image.open(io.BytesIO(each)).size for each in banners] == [(960, 192), (960, 192)]
    assert banners[0] != banners[1]


def test_what_belongs_to_another_campaign_is_not_rehearsed_here(bram: Client, db: Database, campaign: Campaign) -> None:
    with db.writing() as session:
        other = make.item(session)
    for piece in ("wall", "signature", "banner.png"):
        assert bram.get(f"{page_of(campaign)}/{other.id}/{piece}").status_code == 404


def test_a_rehearsal_writes_nothing(bram: Client, db: Database, campaign: Campaign) -> None:
    item_id = first_item(db, campaign)
    for path in ("", "?language=en", f"/{item_id}/wall", f"/{item_id}/signature", f"/{item_id}/banner.png"):
        assert bram.get(page_of(campaign) + path).status_code == 200
    with db.reading() as session:
        assert session.get_one(Item, item_id).version == 1


def test_the_mail_is_the_one_that_goes_out_and_says_how_many_get_it(
    bram: Client, db: Database, campaign: Campaign
) -> None:
    assert "deze campagne stuurt er geen" in bram.get(page_of(campaign)).text
    with db.writing() as session:
        session.get_one(Campaign, campaign.id).announces = True
        make.person(session, "Eva Smit", mail_asks=True)
    dutch, english = bram.get(page_of(campaign)).text, bram.get(f"{page_of(campaign)}?language=en").text
    assert "voor de 1 collega die dat fijn vindt" in dutch
    assert ("Hoi Bram," in dutch, "Hi Bram," in english) == (True, True)
    assert f"http://localhost:8000/items/{first_item(db, campaign)}" in english


def test_a_sample_campaign_has_a_mail_to_look_at_that_goes_nowhere_without_a_mail_server(
    bram: Client, db: Database
) -> None:
    with db.writing() as session:
        report = kits.load_kit(session, kits.read_kit(data("campaigns", "winterklaar-wonen")), approve=True)
    page = bram.get(f"/campaigns/{report.campaign_id}/launch")
    assert pages.texts(page, ".scene.mail .subject") == ["Winterklaar wonen in hout: nieuw bij Noorderhout"]
    before = settings.current()
    settings.put_in_force(replace(before, mail_url=""))
    try:
        without = bram.get(f"/campaigns/{report.campaign_id}/launch").text
        with time_machine.travel(clock.start_of(clock.today()) + timedelta(hours=10)), db.writing() as session:
            announcing.find_launches(session)
            waiting = session.scalars(select(Job.kind).where(Job.kind.in_(("announce", "send_mail")))).all()
    finally:
        settings.put_in_force(before)
    assert ("er is geen mailserver ingesteld" in without, waiting) == (True, [])


def test_the_choice_stays_while_another_item_or_language_is_looked_at(
    bram: Client, db: Database, campaign: Campaign
) -> None:
    item_id = first_item(db, campaign)
    ticked = f"chosen=yes&show={item_id}&language=nl&item={item_id}"
    piece = bram.get(f"{page_of(campaign)}/checks?{ticked}", headers={"HX-Request": "true"})
    tab = f"{page_of(campaign)}?show={item_id}&language=en&chosen=yes&item={item_id}#stage"
    assert ('id="ways" hx-swap-oob="true"' in piece.text, tab in unescape(piece.text)) == (True, True)
    assert (chosen(piece), chosen(bram.get(tab.partition("#")[0]))) == ([item_id], [item_id])


def test_it_says_what_is_out_and_what_will_be_without_a_launch(bram: Client, db: Database, campaign: Campaign) -> None:
    path = page_of(campaign)
    with db.reading() as session:
        ids = session.scalars(select(Item.id).where(Item.campaign_id == campaign.id).order_by(Item.id)).all()

    def stands(states: tuple[str, str], begins: int) -> str:
        with db.writing() as session:
            session.get_one(Campaign, campaign.id).starts_on = clock.today() + timedelta(days=begins)
            for item_id, state in zip(ids, states, strict=True):
                item = session.get_one(Item, item_id)
                item.state, item.publish_at = state, clock.now() - timedelta(days=1)
        [head] = re.findall(r"netwerken te zien\. (.*?)</p>", bram.get(path).text)
        return str(head)

    first = day(clock.today() + timedelta(days=3))
    planned = f"Wat is goedgekeurd, verschijnt vanzelf op zijn dag, het eerste op {first}."
    assert stands(("approved", "approved"), 3) == f"Er is nog niets live. {planned}"
    assert stands(("approved", "draft"), 3) == f"Er is nog niets live. {planned}"
    assert stands(("draft", "in_review"), 3) == (
        "Er is nog niets live. Er verschijnt niets voor een collega het heeft goedgekeurd."
    )
    assert stands(("approved", "in_review"), -1) == (
        "Een deel is al live. De rest wacht tot een collega het heeft goedgekeurd."
    )
    with db.writing() as session:
        later = session.get_one(Item, ids[1])
        later.state, later.publish_at = "approved", clock.start_of(clock.today() + timedelta(days=3))
    assert f"Een deel is al live. {planned}" in bram.get(path).text
    with db.writing() as session:
        session.get_one(Item, ids[1]).publish_at = clock.now()
    assert re.findall(r"netwerken te zien\. ?(.*?)</p>", bram.get(path).text) == [""]
