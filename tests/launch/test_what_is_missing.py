"""The checks before a launch: each in a sentence, with the place where it is put right."""

import re
from datetime import timedelta
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import delete, func, select, update

from portal import clock
from portal.campaigns.models import Campaign, CampaignText, Caption, Item, ItemText
from portal.campaigns.pictures import store
from portal.database import Database
from tests import make
from tests.campaigns.drawing import picture
from tests.client import Client
from tests.launch.conftest import Website
from tests.launch.reading import can_launch, check, chosen


def page_of(campaign: Campaign) -> str:
    return f"/campaigns/{campaign.id}/launch"


def first_item(db: Database, campaign: Campaign) -> int:
    with db.reading() as session:
        return session.scalars(select(func.min(Item.id)).where(Item.campaign_id == campaign.id)).one()


def change(db: Database, table: type[Any], *conditions: Any, **values: object) -> None:
    with db.writing() as session:
        session.execute(update(table).where(*conditions).values(**values))


def test_a_campaign_that_has_everything_can_go(bram: Client, campaign: Campaign) -> None:
    answer = bram.get(f"{page_of(campaign)}/checks", headers={"HX-Request": "true"})
    keys = ("approved", "pictures", "dates", "links", "sender", "languages", "somebody", "captions")
    assert {key: check(answer, key) for key in keys} == {key: ("ok", []) for key in keys}
    assert (can_launch(answer), len(chosen(answer))) == (True, 2)


def test_what_is_not_approved_stops_it_and_says_who_can_do_something(
    bram: Client, db: Database, campaign: Campaign
) -> None:
    item_id = first_item(db, campaign)
    change(db, Item, Item.id == item_id, state="draft")
    answer = bram.get(page_of(campaign))
    draft = "“Timmerman in Zwolle” is nog een concept: vraag om goedkeuring."
    assert (check(answer, "approved"), can_launch(answer)) == (
        ("bad", [f"{draft} -> /campaigns/items/{item_id}#state-title"]),
        False,
    )
    change(db, Item, Item.id == item_id, state="in_review", changed_by_id=bram.person.id)
    state, lines = check(bram.get(page_of(campaign)), "approved")
    assert (state, lines) == (
        "bad",
        [
            "“Timmerman in Zwolle” wacht op goedkeuring. Jij deed de laatste wijziging, dus een collega geeft groen "
            f"licht. -> /campaigns/items/{item_id}#state-title"
        ],
    )


def test_a_picture_that_is_missing_or_small_is_good_to_know_and_one_without_words_is_not(
    bram: Client, db: Database, campaign: Campaign
) -> None:
    item_id = first_item(db, campaign)
    form = f"/campaigns/items/{item_id}/edit"
    change(db, Item, Item.id == item_id, picture_id=None)
    state, lines = check(bram.get(page_of(campaign)), "pictures")
    assert (state, [line.split(" -> ")[1] for line in lines]) == ("warn", [f"{form}#field-picture"])
    with db.writing() as session:
        session.get_one(Item, item_id).picture_id = store(session, picture(size=(400, 210))).id
    state, lines = check(bram.get(page_of(campaign)), "pictures")
    assert (state, lines) == (
        "warn",
        [
            "De afbeelding van “Timmerman in Zwolle” is 400 bij 210: vanaf 1200 bij 630 is hij overal scherp. "
            f"-> {form}#field-picture"
        ],
    )
    change(db, ItemText, ItemText.item_id == item_id, ItemText.language == "en", picture_alt="")
    answer = bram.get(page_of(campaign))
    state, lines = check(answer, "pictures")
    assert (state, lines[0]) == (
        "bad",
        f"Zeg in het Engels wat er op de afbeelding van “Timmerman in Zwolle” staat. -> {form}#field-picture_alt_en",
    )
    assert not can_launch(answer)


def test_what_is_over_before_it_begins_stops_it(bram: Client, db: Database, campaign: Campaign) -> None:
    item_id = first_item(db, campaign)
    change(db, Item, Item.id == item_id, ends_at=clock.start_of(clock.today()))
    answer = bram.get(page_of(campaign))
    state, lines = check(answer, "dates")
    assert (state, [line.split(" -> ")[1] for line in lines]) == (
        "bad",
        [f"/campaigns/items/{item_id}/edit#field-ends_on"],
    )
    change(db, Item, Item.id == item_id, ends_at=None)
    assert check(bram.get(page_of(campaign)), "dates")[0] == "bad"
    later = clock.end_of(campaign.ends_on + timedelta(days=5))
    change(db, Item, Item.id == item_id, ends_at=later)
    assert check(bram.get(page_of(campaign)), "dates")[0] == "warn"
    change(db, Item, Item.id == item_id, ends_at=later, kind="event", happens_at=clock.now() - timedelta(hours=1))
    assert check(bram.get(page_of(campaign)), "dates")[0] == "bad"


def test_a_campaign_that_is_over_or_archived_launches_nothing(bram: Client, db: Database, campaign: Campaign) -> None:
    yesterday = clock.today() - timedelta(days=1)
    change(db, Campaign, Campaign.id == campaign.id, ends_on=yesterday, starts_on=yesterday)
    change(db, Item, Item.campaign_id == campaign.id, publish_at=clock.now() + timedelta(hours=1))
    state, lines = check(bram.get(page_of(campaign)), "dates")
    assert (state, lines[0].split(" -> ")[1]) == ("bad", f"/campaigns/{campaign.id}/edit#field-ends_on")
    change(db, Campaign, Campaign.id == campaign.id, archived_at=clock.now())
    state, lines = check(bram.get(page_of(campaign)), "dates")
    assert (state, lines[0].split(" -> ")[1]) == ("bad", f"/campaigns/{campaign.id}")


@pytest.mark.parametrize(
    ("path", "state", "sentence"),
    [
        ("/gone", "bad", "“Timmerman in Zwolle”: De website zegt dat deze pagina niet bestaat."),
        ("/closed-to-programs", "warn", "“Timmerman in Zwolle”: {why} Open hem zelf om zeker te zijn."),
    ],
)
def test_pages_they_lead_to_are_opened_and_only_one_that_is_gone_stops_it(
    bram: Client, db: Database, campaign: Campaign, website: Website, path: str, state: str, sentence: str
) -> None:
    item_id = first_item(db, campaign)
    change(db, Item, Item.id == item_id, target_url=website.url(path))
    before = bram.get(page_of(campaign))
    assert (check(before, "links"), website.asked) == (("waiting", []), [])
    looked = bram.get(f"{page_of(campaign)}/checks", headers={"HX-Request": "true"})
    found, lines = check(looked, "links")
    words = sentence.format(why="De pagina geeft een foutmelding: 403.")
    assert (found, can_launch(looked)) == (state, state == "warn")
    assert lines == [f"{words} -> /campaigns/items/{item_id}/edit#field-target"]
    assert sorted(website.asked) == sorted([path, "/timmerman"])
    # Found once, it is known for a while: the page itself opens nothing.
    assert check(bram.get(page_of(campaign)), "links")[0] == state
    assert len(website.asked) == 2


def test_without_scripts_the_look_leads_back_to_the_page_that_shows_it(
    bram: Client, campaign: Campaign, website: Website
) -> None:
    answer = bram.get(f"{page_of(campaign)}/checks?chosen=yes")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{page_of(campaign)}?chosen=yes")


def test_what_sells_something_says_so_and_a_contest_has_conditions(
    bram: Client, db: Database, campaign: Campaign
) -> None:
    item_id = first_item(db, campaign)
    change(db, Item, Item.id == item_id, kind="promotion")
    state, lines = check(bram.get(page_of(campaign)), "sender")
    assert (state, lines[0].split(" -> ")[1]) == ("warn", f"/campaigns/items/{item_id}/edit#field-disclosure")
    change(db, Item, Item.id == item_id, kind="contest", disclosure="advertising")
    state, lines = check(bram.get(page_of(campaign)), "sender")
    assert (state, lines[0].split(" -> ")[0]) == ("bad", "“Timmerman in Zwolle” is een winactie zonder voorwaarden.")


def test_a_language_that_is_missing_is_good_to_know(bram: Client, db: Database, campaign: Campaign) -> None:
    item_id = first_item(db, campaign)
    with db.writing() as session:
        session.execute(delete(ItemText).where(ItemText.item_id == item_id, ItemText.language == "en"))
        session.execute(delete(CampaignText).where(CampaignText.language == "en"))
        session.execute(update(CampaignText).values(banner=""))
    assert check(bram.get(page_of(campaign)), "languages") == (
        "warn",
        [
            "Handtekeningen hebben geen eigen regel in het Nederlands: ze laten de naam van de campagne zien. -> "
            f"/campaigns/{campaign.id}/edit#field-banner_nl",
            f"De campagne heeft geen tekst in het Engels. -> /campaigns/{campaign.id}/edit#field-title_en",
            f"“Timmerman in Zwolle” is er niet in het Engels. -> /campaigns/items/{item_id}/edit#field-title_en",
        ],
    )


def test_an_item_for_nobody_stops_it(bram: Client, db: Database, campaign: Campaign) -> None:
    item_id = first_item(db, campaign)
    with db.writing() as session:
        empty = make.department(session, "Zagerij")
        make.meant_for(session, session.get_one(Item, item_id), ("department", empty.id))
    answer = bram.get(page_of(campaign))
    state, lines = check(answer, "somebody")
    assert (state, lines[0].split(" -> ")[1]) == ("bad", f"/campaigns/items/{item_id}/edit#audience")
    assert not can_launch(answer)


def test_captions_are_weighed_against_the_colleagues_who_need_one(
    bram: Client, db: Database, campaign: Campaign
) -> None:
    item_id = first_item(db, campaign)
    with db.writing() as session:
        make.team(session, "Montage", 12)
        session.execute(delete(Caption).where(Caption.item_id == item_id, Caption.language == "en"))
    state, lines = check(bram.get(page_of(campaign)), "captions")
    form = f"/campaigns/items/{item_id}/edit"
    assert (state, lines[:2]) == (
        "warn",
        [
            "“Timmerman in Zwolle” heeft geen teksten in het Engels: collega’s beginnen met een lege regel. "
            f"-> {form}#captions-en",
            "“Timmerman in Zwolle”: 1 tekst in het Nederlands voor 13 collega’s op WhatsApp en 7 andere netwerken. "
            f"Schrijf er nog 4 bij, dan klinkt niemand hetzelfde. -> {form}#captions-nl",
        ],
    )


def test_what_stops_it_comes_first_and_the_head_leads_to_each(bram: Client, db: Database, campaign: Campaign) -> None:
    item_id = first_item(db, campaign)
    change(db, Item, Item.id == item_id, picture_id=None)
    change(db, CampaignText, CampaignText.campaign_id == campaign.id, banner="")
    assert in_short(bram.get(page_of(campaign))) == ["warn check-pictures", "warn check-languages"]
    change(db, Item, Item.id == item_id, ends_at=None)
    page = bram.get(page_of(campaign))
    assert in_short(page) == ["bad check-dates", "warn check-pictures", "warn check-languages"]
    states = re.findall(r'<li class="check-line (\w+)"', page.text)
    assert states == sorted(states, key=["bad", "warn", "waiting", "ok"].index)


def in_short(page: Response) -> list[str]:
    """What the head of the verdict leads to."""
    shown = page.text.partition('<ul class="in-short"')[2].partition("</ul>")[0]
    return [" ".join(each) for each in re.findall(r'<a class="(\w+)" href="#([\w-]+)"', shown)]
