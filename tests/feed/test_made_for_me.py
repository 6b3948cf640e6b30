"""The feed is made for one person: what is new first, the same order all through a visit, and nothing kept of views."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from sqlalchemy import select, update

from portal import clock
from portal.campaigns.models import Approval, Item, ItemText
from portal.database import Database
from portal.feed.models import FeedVisit
from portal.feed.queries import PAGE
from portal.people.models import Department, Person
from portal.sharing.models import Reminder
from portal.tables import microseconds
from tests import make
from tests.client import Client
from tests.feed import reading as pages

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


def titles(who: Client, path: str = "/") -> list[str]:
    return pages.texts(who.get(path), ".item h2")


def shown(text: str) -> list[int]:
    return [int(number) for number in re.findall(r'id="item-(\d+)"', text)]


def older(who: Client) -> list[str]:
    return pages.texts(who.get("/"), ".item.older h2")


def test_what_is_new_comes_first_then_what_i_saw_then_what_i_shared(ana: Client, db: Database) -> None:
    with time_machine.travel(NOON, tick=False) as sky:
        with db.writing() as session:
            campaign = make.campaign(session)
            seen = make.item(session, campaign, title="Gezien", publish_at=NOON - timedelta(days=2))
            shared = make.item(session, campaign, title="Gedeeld", publish_at=NOON - timedelta(days=1))
            make.share(session, by=ana.person, on=shared, state="confirmed", at=NOON - timedelta(minutes=5))
        assert ana.post("/feed/visit").status_code == 204
        sky.shift(timedelta(days=1))
        with db.writing() as session:
            now, team = clock.now(), str(ana.person.department_id)
            topic = make.topic(session, chosen_by=(ana.person,))
            make.item(session, campaign, title="Nieuwst", publish_at=now - timedelta(hours=1))
            soon = clock.end_of(clock.today() + timedelta(days=3))
            make.item(session, campaign, title="Bijna om", publish_at=now - timedelta(hours=4), ends_at=soon)
            mine = make.item(session, campaign, title="Van mijn team", publish_at=now - timedelta(hours=3))
            make.meant_for(session, mine, ("department", team))
            chosen = make.item(session, campaign, title="Door mij gekozen", publish_at=now - timedelta(hours=2))
            make.meant_for(session, chosen, ("topic", topic.id))
            late = make.item(session, campaign, title="Laat goedgekeurd", publish_at=NOON - timedelta(days=3))
            session.add(Approval(item_id=late.id, item_version=1, step="approved", at=now))
        page = ana.get("/")
        new = ["Door mij gekozen", "Van mijn team", "Bijna om", "Nieuwst", "Laat goedgekeurd"]
        assert pages.texts(page, ".item h2") == [*new, "Gezien", "Gedeeld"]
        assert len(pages.texts(page, ".item .fresh")) == len(new)
        assert pages.texts(page, ".item .chip.warn") == ["nog 3 dagen"]
        assert pages.texts(page, ".calm h2") == ["Dat was alles voor vandaag"]
        assert older(ana) == ["Gezien", "Gedeeld"]
        ana.post("/feed/visit")
        sky.shift(timedelta(minutes=31))
        assert pages.texts(ana.get("/"), ".calm h2") == ["Je bent helemaal bij"]
        assert seen.id > 0


def test_a_visit_lasts_until_a_pause_and_two_moments_are_all_that_is_kept(ana: Client, db: Database) -> None:
    def kept() -> tuple[datetime | None, datetime]:
        with db.reading() as session:
            row = session.get_one(FeedVisit, ana.person.id)
            return row.seen_until, row.at

    with time_machine.travel(NOON, tick=False) as sky:
        ana.post("/feed/visit")
        assert kept() == (None, NOON)
        sky.shift(timedelta(minutes=30))
        ana.post("/feed/visit")
        assert kept() == (None, NOON + timedelta(minutes=30))
        sky.shift(timedelta(minutes=31))
        ana.post("/feed/visit")
        ana.post("/feed/visit")
        assert kept() == (NOON + timedelta(minutes=30), NOON + timedelta(minutes=61))
    assert FeedVisit.__table__.columns.keys() == ["person_id", "seen_until", "at"]


def test_without_a_visit_what_appeared_this_week_is_new(ana: Client, db: Database) -> None:
    with db.writing() as session:
        campaign = make.campaign(session, starts_on=clock.today() - timedelta(days=20))
        for days in (6, 9):
            make.item(session, campaign, title=f"Van {days} dagen", publish_at=clock.now() - timedelta(days=days))
    assert titles(ana) == ["Van 6 dagen", "Van 9 dagen"]
    assert older(ana) == ["Van 9 dagen"]


def test_what_i_share_now_keeps_its_place_until_the_next_visit(ana: Client, db: Database) -> None:
    with time_machine.travel(NOON, tick=False) as sky:
        with db.writing() as session:
            campaign = make.campaign(session)
            make.item(session, campaign, title="Onder", publish_at=NOON - timedelta(hours=3))
            top = make.item(session, campaign, title="Boven", publish_at=NOON - timedelta(hours=2))
        ana.post("/feed/visit")
        with db.writing() as session:
            make.share(session, by=ana.person, on=top, state="confirmed", at=NOON)
        assert titles(ana) == ["Boven", "Onder"]
        sky.shift(timedelta(hours=1))
        assert titles(ana) == ["Onder", "Boven"]


def test_five_hundred_items_page_by_page_each_once_whatever_comes_and_goes(ana: Client, db: Database) -> None:
    with db.writing() as session:
        campaign = make.campaign(session, starts_on=clock.today() - timedelta(days=20))
        now = clock.now()
        common = {"campaign_id": campaign.id, "kind": "story", "target_url": "https://noorderhout.example/x"}
        common |= {"state": "approved", "created_at": now, "changed_at": now}
        items = [
            Item(**common, slug=f"n{place}", publish_at=now - timedelta(days=1 + place // 40), ends_at=None)
            for place in range(500)
        ]
        session.add_all(items)
        session.flush()
        session.add_all(ItemText(item_id=item.id, language="nl", title=item.slug) for item in items)
        everything = {item.id for item in items}
    path, found = "/", list[int]()
    for turn in range(500 // PAGE + 1):
        text = ana.get(path).text
        found += shown(text)
        onward = re.findall(r'href="(/\?page=[^"]*)" hx-get="([^"]*)"', text)
        if not onward:
            break
        path = unescape(onward[0][turn % 2])
        if turn == 3:  # a new one on top, and one gone from what was shown: nothing moves for who reads on
            with db.writing() as session:
                make.item(session, campaign, title="Net binnen")
                session.execute(update(Item).where(Item.slug == "n0").values(state="recalled"))
    assert len(found) == len(set(found)) == 500
    assert set(found) == everything
    assert len(shown(ana.get("/?upto=99").text)) == 10 * PAGE


def test_an_edit_a_recall_a_share_and_a_new_name_show_at_once(ana: Client, cleo: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session, title="Eerst")
        for place in range(3):
            make.share(session, by=make.person(session, f"P {place}", department_name="Inkoop"), on=item)
        make.team(session, "Inkoop", 2)
    assert titles(ana) == ["Eerst"]
    with db.writing() as session:
        text = session.scalars(select(ItemText).where(ItemText.item_id == item.id, ItemText.language == "nl")).one()
        text.title = "Daarna"
        session.scalars(select(Department).where(Department.name == "Inkoop")).one().name = "Kopers"
    page = ana.get("/")
    assert pages.texts(page, ".item h2") == ["Daarna"]
    assert pages.texts(page, ".item .passed") == ["3 collega’s deelden dit · Kopers"]
    with db.writing() as session:
        make.share(session, by=cleo.person, on=item, state="confirmed")
        session.get_one(Person, cleo.person.id).leaderboard_name = "name"
    page = ana.get("/")
    assert pages.texts(page, ".item .passed") == ["4 collega’s deelden dit · Kopers en nog 1 team"]
    assert pages.texts(page, ".item .avatar") == ["CB", "+3"]
    with db.writing() as session:
        session.execute(update(Item).where(Item.id == item.id).values(state="recalled"))
    assert titles(ana) == []


def test_my_own_team_is_named_first_when_enough_of_it_did(ana: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        for team, number in (("Service", 3), ("Inkoop", 4)):
            for _ in range(number):
                make.share(session, by=make.person(session, department_name=team), on=item)
        make.team(session, "Service", 1)  # with Ana five: large enough to be named
    passed = "Al gedeeld door 3 collega’s van Service · 7 in totaal"
    assert pages.texts(ana.get("/"), ".item .passed") == [passed]


def test_news_is_offered_only_when_there_is_some(ana: Client, db: Database) -> None:
    since = microseconds(clock.now()) - 60_000_000
    with db.writing() as session:
        make.item(session)
    for path in (f"/feed/news?since={since}", "/feed/news", "/feed/news?since=9999999999999999", "/feed/news?since=x"):
        assert ana.get(path).status_code == 204
    with db.writing() as session:
        make.item(session, publish_at=clock.now())
    answer = ana.get(f"/feed/news?since={since}")
    assert pages.texts(answer, "a.button") == ["1 nieuwe: kijk maar"]


@pytest.mark.parametrize("asked", ["to=9223372036854775807", "to=x&upto=0", "page=2&after=77&since=99999999999999"])
def test_an_address_that_names_nothing_shows_the_feed(ana: Client, db: Database, asked: str) -> None:
    with db.writing() as session:
        make.item(session)
    assert ana.get(f"/?{asked}").status_code == 200


def test_what_waits_for_me_stands_on_top_and_a_question_is_asked_once(ana: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session, title="Open dag")
        hours = clock.now() - timedelta(hours=20)
        opened = make.share(session, by=ana.person, on=item, state="opened", at=hours).id
        planned = Reminder(
            person_id=ana.person.id,
            item_id=item.id,
            network="x",
            language="nl",
            channel="mail",
            state="planned",
            due_at=clock.now() - timedelta(minutes=1),
            created_at=hours,
        )
        session.add(planned)
        session.flush()
        number = planned.id
    page = ana.get("/")
    assert pages.texts(page, ".waiting h2") == ["Open dag", "Heb je “Open dag” geplaatst?"]
    assert pages.attributes(page, ".waiting a", "href") == [f"/items/{item.id}?reminder={number}"]
    assert pages.attributes(page, ".feed", "data-asked") == [str(opened)]
    assert ana.post("/feed/visit", data={"asked": str(opened)}).status_code == 204
    assert pages.texts(ana.get("/"), ".waiting h2") == ["Open dag"]


def test_who_is_new_is_shown_the_first_five_minutes(ana: Client, bram: Client, db: Database) -> None:
    with db.writing() as session:
        make.share(session, by=bram.person, on=make.item(session))
    assert pages.attributes(ana.get("/"), ".waiting a", "href") == ["/welcome"]
    assert pages.attributes(bram.get("/"), ".waiting a", "href") == []
