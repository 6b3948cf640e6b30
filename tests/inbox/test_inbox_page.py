"""The inbox page: what came in, one tap from a draft, and the same cost for one find and for hundreds."""

import threading
from datetime import datetime, timedelta

from sqlalchemy import select

from portal import clock
from portal.campaigns.models import Item
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.inbox import candidates
from portal.inbox.models import Candidate
from portal.people.models import Person
from tests import make
from tests.asked import cost
from tests.client import Client


def state_of(db: Database, found: Candidate) -> str:
    with db.reading() as session:
        return session.get_one(Candidate, found.id).state


def test_an_empty_inbox_teaches_the_first_step(bram: Client) -> None:
    page = bram.get("/inbox").text
    assert "Laat het nieuws naar je toe komen" in page
    assert 'href="/inbox/sources/new"' in page
    assert "Laat het nieuws naar je toe komen" in bram.get("/inbox/sources").text


def test_one_with_sources_and_nothing_new_says_so(bram: Client, db: Database) -> None:
    with db.writing() as session:
        make.source(session)
    assert "Helemaal bij" in bram.get("/inbox").text


def test_caught_up_is_said_only_when_nothing_else_waits(bram: Client, ana: Client, db: Database) -> None:
    with db.writing() as session:
        make.source(session, name="Persberichten", failures=3, result="status 403")
        make.source(session, name="Met rust gelaten", failures=3, result="unreachable", paused=True)
    ana.post("/ideas", data={"words": "Kijk dit dak"})
    page = bram.get("/inbox").text
    assert ("Helemaal bij" in page, "Niets nieuws uit je bronnen" in page) == (False, True)
    assert 'href="/inbox/sources#source-1">Persberichten</a>' in page
    assert "De website laat ons niet binnen." in page
    assert "Met rust gelaten" not in page
    assert 'href="/ideas?show=new">1 collega wacht op antwoord op een idee</a>' in page
    bram.post("/ideas/1/answer", data={"state": "taken", "was": "new"})
    bram.post("/inbox/sources/1/pause")
    assert "Helemaal bij" in bram.get("/inbox").text


def test_one_tap_makes_a_draft_in_the_campaign_of_its_source(bram: Client, db: Database) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        make.campaign(session)
        found = make.candidate(session, source_id=make.source(session, campaign_id=campaign.id).id)
    page = bram.get("/inbox").text
    assert f'<input type="hidden" name="campaign" value="{campaign.id}">' in page
    assert "<select" not in page
    piece = bram.post(f"/inbox/candidates/{found.id}/draft", htmx=True, data={"campaign": campaign.id}).text
    with db.reading() as session:
        item = get_item(session, session.scalars(select(Item.id)).one())
    assert (item.state, item.kind, item.campaign_id, item.created_by_id) == (
        "draft",
        "article",
        campaign.id,
        bram.person.id,
    )
    assert (item.text("nl").title, item.text("nl").summary, item.target_url) == (
        "Een dak van twaalf meter",
        "Op één vrachtwagen.",
        found.url,
    )
    assert "Je concept staat klaar." in piece
    assert f'href="/campaigns/items/{item.id}/edit"' in piece
    assert state_of(db, found) == "drafted"
    assert found.title not in bram.get("/inbox").text


def test_without_a_campaign_of_its_own_one_is_chosen(bram: Client, db: Database) -> None:
    with db.writing() as session:
        make.campaign(session)
        second = make.campaign(session)
        found = make.candidate(session)
    assert f'<option value="{second.id}">' in bram.get("/inbox").text
    refused = bram.post(f"/inbox/candidates/{found.id}/draft", data={"campaign": ""})
    assert "Kies de campagne waar het bij hoort." in bram.follow(refused).text
    assert state_of(db, found) == "new"
    drafted = bram.post(f"/inbox/candidates/{found.id}/draft", data={"campaign": second.id})
    with db.reading() as session:
        (item,) = session.scalars(select(Item))
    assert (item.campaign_id, drafted.headers["location"]) == (second.id, f"/campaigns/items/{item.id}/edit")
    assert "Een dak van twaalf meter: Je concept staat klaar." in bram.follow(drafted).text


def test_where_no_campaign_is_open_it_says_what_to_do_first(bram: Client, db: Database) -> None:
    with db.writing() as session:
        make.candidate(session)
    page = bram.get("/inbox").text
    assert ("Begin eerst een campagne" in page, "Maak er een concept van" in page) == (True, False)


def test_not_for_us_and_back_again(bram: Client, db: Database) -> None:
    with db.writing() as session:
        found = make.candidate(session)
    piece = bram.post(f"/inbox/candidates/{found.id}/dismissal", htmx=True).text
    assert ("Uit het postvak gehaald." in piece, state_of(db, found)) == (True, "dismissed")
    piece = bram.post(f"/inbox/candidates/{found.id}/return", htmx=True).text
    assert ("Niets voor ons" in piece, state_of(db, found)) == (True, "new")


def test_what_leads_to_an_item_we_have_is_not_made_twice(bram: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session, target_url="https://www.noorderhout.example/dak/?utm_source=brief")
        url = "https://noorderhout.example/dak"
        found = make.candidate(session, url=url, canonical_url=url)
        campaign = make.campaign(session)
    piece = bram.post(f"/inbox/candidates/{found.id}/draft", htmx=True, data={"campaign": campaign.id}).text
    assert "Deze heb je al." in piece
    with db.reading() as session:
        assert session.scalars(select(Item.id)).all() == [item.id]
        assert session.get_one(Candidate, found.id).item_id == item.id


def test_what_has_no_address_cannot_become_a_draft(bram: Client, db: Database) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        found = make.candidate(session, url="", canonical_url="entry:1")
    assert "Maak er een concept van" not in bram.get("/inbox").text
    piece = bram.post(f"/inbox/candidates/{found.id}/draft", htmx=True, data={"campaign": campaign.id}).text
    assert ("Er zat geen adres bij om te delen." in piece, state_of(db, found)) == (True, "new")


def test_of_two_editors_one_makes_the_draft(bram: Client, db: Database) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        found = make.candidate(session)
    made: list[str] = []

    def draft(by: Person) -> None:
        with db.writing() as session:
            row = session.get_one(Candidate, found.id)
            start.wait(5)
            try:
                candidates.draft(session, row, campaign, by=by)
                made.append("draft")
            except candidates.TakenAlready:
                made.append("late")

    # On SQLite there is one writer at a time, who need not wait for the other.
    start = threading.Barrier(1 if db.is_sqlite else 2)
    threads = [threading.Thread(target=draft, args=(bram.person,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    with db.reading() as session:
        items = session.scalars(select(Item)).all()
    assert (sorted(made), len(items)) == (["draft", "late"], 1)


def test_a_second_tap_says_that_somebody_was_first(bram: Client, db: Database) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        found = make.candidate(session)
    bram.post(f"/inbox/candidates/{found.id}/draft", data={"campaign": campaign.id})
    again = bram.post(f"/inbox/candidates/{found.id}/draft", htmx=True, data={"campaign": campaign.id})
    assert "Een collega was je voor." in again.text
    assert "Een collega was je voor." in bram.post(f"/inbox/candidates/{found.id}/dismissal", htmx=True).text


def test_long_lists_come_in_pages(bram: Client, db: Database) -> None:
    now = datetime(2026, 11, 24, 9, tzinfo=clock.zone())
    with db.writing() as session:
        for number in range(70):
            make.candidate(session, f"Nummer {number:03}", at=now + timedelta(minutes=number // 7))
    shown: list[str] = []
    address = "/inbox"
    while address:
        page = bram.get(address).text
        found = [part[:10] for part in page.split('-title">')[1:] if part.startswith("Nummer")]
        shown += found
        following = page.split('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        address = following if 'rel="next"' in page else ""
    assert shown == [f"Nummer {number:03}" for number in reversed(range(70))]


def test_the_page_costs_the_same_for_one_find_and_for_fifty(bram: Client, db: Database) -> None:
    with db.writing() as session:
        make.campaign(session)
        make.candidate(session, source_id=make.source(session).id)
    one = cost(bram, "/inbox", db)
    sources_one = cost(bram, "/inbox/sources", db)
    with db.writing() as session:
        for _ in range(50):
            make.candidate(session, source_id=make.source(session).id)
    assert (cost(bram, "/inbox", db), cost(bram, "/inbox/sources", db)) == (one, sources_one)


def test_odd_page_numbers_show_the_beginning(bram: Client, db: Database) -> None:
    with db.writing() as session:
        found = make.candidate(session)
    for odd in ("0", "-1", "x", str(2**63), "9" * 400, "%00"):
        assert found.title in bram.get(f"/inbox?after={odd}").text


def test_what_came_in_speaks_english_too(bram: Client, db: Database) -> None:
    with db.writing() as session:
        session.get_one(Person, bram.person.id).language = "en"
        make.campaign(session)
        make.candidate(session, kind="vacancy", place="Zwolle", valid_through=clock.now() + timedelta(days=3))
    page = bram.get("/inbox").text
    assert ("Make it a draft" in page, "Not for us" in page, "open until" in page) == (True, True, True)
