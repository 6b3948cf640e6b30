"""Vacancies from a careers page, a sitemap or a feed: drafted with place, hours and last day, and ended when over."""

import gzip
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal import clock
from portal.activity import Activity
from portal.campaigns import drafts
from portal.campaigns.models import Item
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.inbox import sources
from portal.inbox.models import Candidate, Source
from portal.jobs import Runner
from portal.people.models import AuditEntry
from tests import make
from tests.client import Client
from tests.inbox.conftest import Sample
from tests.website import Reply, Request, Website

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=clock.zone())


@pytest.fixture(autouse=True)
def at() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def careers(website: Website, sample: Sample) -> Website:
    """A website with a careers page that leads to two vacancies and a page about the team."""
    website.replies["/werken-bij"] = Reply(sample("careers.html"))
    website.replies["/werken-bij/timmerman"] = Reply(sample("posting.html"))
    website.replies["/werken-bij/werkvoorbereider"] = Reply(sample("posting-graph.html"))
    website.replies["/werken-bij/team"] = Reply(b"<html><body>Dit zijn wij</body></html>")
    return website


def without_timmerman(sample: Sample) -> Reply:
    return Reply(sample("careers.html").replace(b"/werken-bij/timmerman", b"https://elders.example/"))


def add(bram: Client, db: Database, url: str) -> Source:
    form = {"kind": "vacancies", "url": url, "name": "Werken bij", "language": "nl", "campaign": ""}
    assert bram.post("/inbox/sources", data=form).status_code == 303
    Runner(db).run_due()
    return source_of(db)


def source_of(db: Database) -> Source:
    with db.reading() as session:
        return session.scalars(select(Source)).one()


def look(db: Database, at: time_machine.Traveller) -> Source:
    at.move_to(source_of(db).next_at)
    with db.writing() as session:
        sources.look_at_sources(session)  # as the recurring job does each minute
    Runner(db).run_due()
    return source_of(db)


def candidate(db: Database, title: str) -> Candidate:
    with db.reading() as session:
        return session.scalars(select(Candidate).where(Candidate.title == title)).one()


def titles(db: Database) -> list[str]:
    """Of what waits on the inbox."""
    with db.reading() as session:
        return sorted(session.scalars(select(Candidate.title).where(Candidate.state == "new")))


def live_item(bram: Client, db: Database, title: str) -> Item:
    """The item that was drafted of this vacancy on the inbox and then approved."""
    with db.writing() as session:
        campaign = make.campaign(session)
    drafted = bram.post(f"/inbox/candidates/{candidate(db, title).id}/draft", data={"campaign": campaign.id})
    assert drafted.status_code == 303
    with db.writing() as session:
        item = session.scalars(select(Item)).one()
        item.state, item.announced = "approved", True
        return item


def item_of(db: Database) -> Item:
    with db.reading() as session:
        return get_item(session, session.scalars(select(Item.id)).one())


def test_a_careers_page_brings_its_vacancies(bram: Client, db: Database, careers: Website) -> None:
    source = add(bram, db, f"{careers.address}/werken-bij")
    assert (source.result, source.next_at) == ("new 2", NOW + timedelta(hours=2))
    assert titles(db) == ["Timmerman", "Werkvoorbereider & planner"]
    page = bram.get("/inbox").text
    assert "32 tot 40 uur" in page
    assert "open tot en met 18 december" in page


def test_a_vacancy_becomes_a_draft_with_all_it_says(bram: Client, db: Database, careers: Website) -> None:
    add(bram, db, f"{careers.address}/werken-bij")
    live_item(bram, db, "Timmerman")
    item = item_of(db)
    assert (item.kind, item.place, item.hours, drafts.last_day(item)) == (
        "vacancy",
        "Zwolle",
        "Voltijd",
        date(2026, 12, 18),
    )
    assert item.target_url == f"{careers.address}/werken-bij/timmerman"
    assert item.text("nl").title == "Timmerman"
    assert item.text("nl").summary == "Je bouwt binnen, ook als het regent. Vast team Eigen gereedschap"


@pytest.mark.parametrize(
    ("looks", "missed", "has_ended"),
    [(["gone"], 1, False), (["gone", "gone"], 2, True), (["gone", "there", "gone"], 1, False)],
)
def test_one_that_leaves_its_page_ends_by_itself_after_two_whole_looks_in_a_row(
    bram: Client,
    db: Database,
    careers: Website,
    sample: Sample,
    at: time_machine.Traveller,
    looks: list[str],
    missed: int,
    has_ended: bool,
) -> None:
    add(bram, db, f"{careers.address}/werken-bij")
    live_item(bram, db, "Timmerman")
    lists = {"gone": without_timmerman(sample), "there": Reply(sample("careers.html"))}
    for each in looks:
        careers.replies["/werken-bij"] = lists[each]
        look(db, at)
    assert (candidate(db, "Timmerman").missed, item_of(db).has_ended()) == (missed, has_ended)


def test_what_ended_by_itself_is_told(
    bram: Client, db: Database, careers: Website, sample: Sample, at: time_machine.Traveller
) -> None:
    add(bram, db, f"{careers.address}/werken-bij")
    live_item(bram, db, "Timmerman")
    careers.replies["/werken-bij"] = without_timmerman(sample)
    look(db, at)
    look(db, at)
    item = item_of(db)
    assert (item.ends_at, item.announced) == (clock.now(), False)
    with db.reading() as session:
        told = session.execute(select(Activity.kind, Activity.item_id).where(Activity.kind == "item_ended")).all()
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "item_ended")).one()
    assert [tuple(row) for row in told] == [("item_ended", item.id)]
    assert (entry.person_id, entry.subject_id, entry.detail) == (None, item.id, {"why": "left"})
    page = bram.get("/inbox").text
    assert "Vanzelf afgelopen" in page
    assert "Staat niet meer op de website, gezien op 24 november 13:00." in page
    assert titles(db) == ["Werkvoorbereider & planner"]


@pytest.mark.parametrize("reply", [Reply(b"", status=500), Reply(b"", status=404), Reply(b"\x00\x01", "image/png")])
def test_a_website_in_trouble_ends_nothing(
    bram: Client, db: Database, careers: Website, at: time_machine.Traveller, reply: Reply
) -> None:
    add(bram, db, f"{careers.address}/werken-bij")
    live_item(bram, db, "Timmerman")
    careers.replies["/werken-bij"] = reply
    for _ in range(4):
        assert look(db, at).failures > 0
    assert (candidate(db, "Timmerman").missed, item_of(db).has_ended()) == (0, False)


def test_a_page_that_is_gone_counts_even_where_the_list_still_names_it(
    bram: Client, db: Database, careers: Website, at: time_machine.Traveller
) -> None:
    add(bram, db, f"{careers.address}/werken-bij")
    live_item(bram, db, "Timmerman")
    careers.replies["/werken-bij/timmerman"] = Reply(b"", status=410)
    look(db, at)
    careers.replies["/werken-bij/timmerman"] = Reply(status=302, headers={"Location": "/werken-bij"})
    look(db, at)
    assert item_of(db).has_ended()


def test_a_page_that_does_not_answer_says_nothing_about_its_vacancy(
    bram: Client, db: Database, careers: Website, at: time_machine.Traveller
) -> None:
    add(bram, db, f"{careers.address}/werken-bij")
    live_item(bram, db, "Timmerman")
    careers.replies["/werken-bij/timmerman"] = Reply(b"", status=503)
    look(db, at)
    look(db, at)
    assert (candidate(db, "Timmerman").missed, item_of(db).has_ended()) == (0, False)


def test_one_whose_last_day_is_over_ends_without_any_look(
    bram: Client, db: Database, careers: Website, at: time_machine.Traveller
) -> None:
    add(bram, db, f"{careers.address}/werken-bij")
    item = live_item(bram, db, "Timmerman")
    with db.writing() as session:
        session.get_one(Item, item.id).ends_at = clock.now() + timedelta(
            days=90
        )  # an editor thought it open for longer
    asked = len(careers.asked)
    at.move_to(datetime(2026, 12, 19, 0, 0, tzinfo=clock.zone()))
    with db.writing() as session:
        sources.look_at_sources(session)
    assert (item_of(db).has_ended(), len(careers.asked)) == (True, asked)
    with db.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "item_ended")).one()
    assert entry.detail == {"why": "past"}


def test_an_editor_who_opens_it_again_has_the_last_word(
    bram: Client, db: Database, careers: Website, sample: Sample, at: time_machine.Traveller
) -> None:
    add(bram, db, f"{careers.address}/werken-bij")
    live_item(bram, db, "Timmerman")
    careers.replies["/werken-bij"] = without_timmerman(sample)
    look(db, at)
    look(db, at)
    with db.writing() as session:
        session.scalars(select(Item)).one().ends_at = clock.now() + timedelta(days=3)
    look(db, at)
    look(db, at)
    assert not item_of(db).has_ended()


def test_an_edit_under_way_does_not_undo_the_end(
    bram: Client, db: Database, careers: Website, sample: Sample, at: time_machine.Traveller
) -> None:
    add(bram, db, f"{careers.address}/werken-bij")
    before = live_item(bram, db, "Timmerman")
    careers.replies["/werken-bij"] = without_timmerman(sample)
    look(db, at)
    look(db, at)
    assert item_of(db).version == before.version + 1


def test_a_last_day_that_changes_in_the_source_is_followed(
    bram: Client, db: Database, careers: Website, sample: Sample, at: time_machine.Traveller
) -> None:
    add(bram, db, f"{careers.address}/werken-bij")
    live_item(bram, db, "Timmerman")
    sooner = sample("posting.html").replace(b"2026-12-18T23:59:59", b"2026-11-24T08:00:00")
    careers.replies["/werken-bij/timmerman"] = Reply(sooner)
    look(db, at)
    assert item_of(db).has_ended()


def test_a_vacancy_that_is_over_already_does_not_come_in(
    bram: Client, db: Database, careers: Website, sample: Sample
) -> None:
    over = sample("posting.html").replace(b"2026-12-18", b"2026-10-18")
    careers.replies["/werken-bij/timmerman"] = Reply(over)
    add(bram, db, f"{careers.address}/werken-bij")
    assert titles(db) == ["Werkvoorbereider & planner"]


def test_what_nobody_drafted_leaves_the_inbox_and_comes_back_with_its_vacancy(
    bram: Client, db: Database, careers: Website, sample: Sample, at: time_machine.Traveller
) -> None:
    add(bram, db, f"{careers.address}/werken-bij")
    careers.replies["/werken-bij"] = without_timmerman(sample)
    look(db, at)
    look(db, at)
    assert titles(db) == ["Werkvoorbereider & planner"]
    careers.replies["/werken-bij"] = Reply(sample("careers.html"))
    look(db, at)
    assert titles(db) == ["Timmerman", "Werkvoorbereider & planner"]


def test_what_was_not_for_us_stays_away(
    bram: Client, db: Database, careers: Website, sample: Sample, at: time_machine.Traveller
) -> None:
    add(bram, db, f"{careers.address}/werken-bij")
    bram.post(f"/inbox/candidates/{candidate(db, 'Timmerman').id}/dismissal")
    look(db, at)
    careers.replies["/werken-bij"] = without_timmerman(sample)
    look(db, at)
    look(db, at)
    careers.replies["/werken-bij"] = Reply(sample("careers.html"))
    look(db, at)
    assert titles(db) == ["Werkvoorbereider & planner"]


def test_a_list_that_has_not_changed_is_not_sent_again_and_its_pages_are_opened(
    bram: Client, db: Database, careers: Website, sample: Sample, at: time_machine.Traveller
) -> None:
    def answer(request: Request) -> Reply:
        known = request.headers.get("if-none-match") == '"1"'
        return Reply(status=304) if known else Reply(sample("careers.html"), headers={"ETag": '"1"'})

    careers.replies["/werken-bij"] = answer
    add(bram, db, f"{careers.address}/werken-bij")
    live_item(bram, db, "Timmerman")
    careers.replies["/werken-bij/timmerman"] = Reply(b"", status=404)
    assert look(db, at).result == "unchanged"
    assert candidate(db, "Timmerman").missed == 1
    look(db, at)
    assert item_of(db).has_ended()


def test_a_sitemap_brings_its_vacancies(bram: Client, db: Database, website: Website, sample: Sample) -> None:
    website.replies["/sitemap.xml"] = Reply(sample("sitemap.xml"), "application/xml")
    website.replies["/vacatures/timmerman"] = Reply(sample("posting.html"))
    website.replies["/vacatures/schilder"] = Reply(sample("posting-microdata.html"))
    add(bram, db, f"{website.address}/sitemap.xml")
    assert titles(db) == ["Schilder (m/v/x)", "Timmerman"]
    assert website.paths == ["/robots.txt", "/sitemap.xml", "/vacatures/timmerman", "/vacatures/schilder"]


def test_an_index_of_packed_sitemaps_brings_them_too(
    bram: Client, db: Database, website: Website, sample: Sample
) -> None:
    website.replies["/sitemap.xml"] = Reply(sample("sitemap-index.xml"), "application/xml")
    packed = gzip.compress(sample("sitemap.xml"))
    website.replies["/vacature-sitemap.xml.gz"] = Reply(packed, "application/gzip")
    website.replies["/vacatures/timmerman"] = Reply(sample("posting.html"))
    add(bram, db, f"{website.address}/sitemap.xml")
    assert titles(db) == ["Timmerman"]


def test_several_on_one_page_come_one_by_one(bram: Client, db: Database, website: Website, sample: Sample) -> None:
    website.replies["/vacatures"] = Reply(sample("posting-list.html"))
    add(bram, db, f"{website.address}/vacatures")
    assert titles(db) == ["Chauffeur", "Magazijnmedewerker", "Magazijnmedewerker"]


def test_a_feed_of_vacancies_tells_what_its_pages_do_not(
    bram: Client, db: Database, website: Website, sample: Sample, at: time_machine.Traveller
) -> None:
    website.replies["/vacatures.rss"] = Reply(sample("vacancies.rss"), "application/rss+xml")
    website.replies["/vacatures/timmerman"] = Reply(sample("posting.html"))
    website.replies["/vacatures/stage"] = Reply(b"<html><body>Kom stage lopen</body></html>")
    add(bram, db, f"{website.address}/vacatures.rss")
    assert titles(db) == ["Stagiair(e) marketing", "Timmerman"]
    assert candidate(db, "Timmerman").place == "Zwolle"
    live_item(bram, db, "Stagiair(e) marketing")
    shorter = sample("vacancies.rss").replace(b"/vacatures/stage", b"/vacatures/timmerman")
    website.replies["/vacatures.rss"] = Reply(shorter, "application/rss+xml")
    look(db, at)
    look(db, at)
    assert item_of(db).has_ended()


def test_a_page_without_vacancies_says_so(bram: Client, db: Database, website: Website) -> None:
    website.replies["/werken-bij"] = Reply(b"<html><body>Nu even niet</body></html>")
    source = add(bram, db, f"{website.address}/werken-bij")
    assert (source.result, source.failures) == ("no_vacancies", 0)
    assert "Er staan nu geen vacatures." in bram.get("/inbox/sources").text


def test_the_last_one_that_leaves_ends_too(
    bram: Client, db: Database, careers: Website, at: time_machine.Traveller
) -> None:
    add(bram, db, f"{careers.address}/werken-bij")
    live_item(bram, db, "Timmerman")
    careers.replies["/werken-bij"] = Reply(b"<html><body>Nu even niet</body></html>")
    look(db, at)
    look(db, at)
    assert (item_of(db).has_ended(), titles(db)) == (True, [])


def test_pages_on_other_websites_are_not_opened(bram: Client, db: Database, careers: Website) -> None:
    add(bram, db, f"{careers.address}/werken-bij")
    assert sorted(careers.paths) == [
        "/robots.txt",
        "/werken-bij",
        "/werken-bij/team",
        "/werken-bij/timmerman",
        "/werken-bij/werkvoorbereider",
    ]
