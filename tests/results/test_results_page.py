"""The results as an editor sees them: people first, what was filtered, and nobody singled out."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from portal.campaigns.models import Campaign
from portal.database import Database
from portal.links import codes
from portal.people.models import AuditEntry, Person
from portal.screens.models import Screen
from tests import make
from tests.asked import cost
from tests.client import Client

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def headline(page: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page)
    assert found is not None
    return found.group(1)


def test_only_editors_see_results(ana: Client, bram: Client, dina: Client, client: Client) -> None:
    assert ana.get("/results").status_code == 403
    assert ana.get("/results/items.csv").status_code == 403
    assert client.get("/results").headers["location"] == "/sign-in?next=/results"
    assert (bram.get("/results").status_code, dina.get("/results").status_code) == (200, 200)


def test_an_empty_page_says_what_comes_next(bram: Client) -> None:
    page = bram.get("/results").text
    assert headline(page) == "De eerste bezoekers zijn nog onderweg"
    assert "Nog niets te tellen in deze dagen" in page
    assert 'href="/campaigns"' in page


def test_the_headline_counts_people_and_names_what_they_came_for(bram: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        person = make.person(session)
        make.visits(session, by=person, on=item, times=19)
        make.visits(session, by=person, on=item, times=3, verdict="bot", reason="preview")
        make.visits(session, by=person, on=item, times=2, visitor=4711)
    page = bram.get("/results").text
    assert headline(page) == "20 mensen kwamen via collega’s naar de vacatures kijken"
    assert "24 klikken, waarvan 21 mensen; 3 linkvoorbeelden." in page


def test_the_time_before_is_compared_without_reproach(bram: Client, db: Database) -> None:
    with db.writing() as session:
        item, person = make.item(session), make.person(session)
        make.visits(session, by=person, on=item, times=2)
        make.visits(session, by=person, on=item, times=5, at=NOW - timedelta(days=8))
    page = bram.get("/results").text
    assert headline(page).startswith("2 mensen")
    assert "In de tijd ervoor waren het er 5." in page
    assert headline(bram.get("/results?period=30").text).startswith("7 mensen")


def test_a_click_is_counted_on_the_organisations_day(bram: Client, db: Database) -> None:
    # A quarter past eleven in the evening in Greenwich is the next day in Amsterdam, in winter and in summer.
    with db.writing() as session:
        item, person = make.item(session), make.person(session)
        make.visits(session, by=person, on=item, times=1, at=datetime(2026, 11, 17, 23, 15, tzinfo=UTC))
        make.visits(session, by=person, on=item, times=2, at=datetime(2026, 11, 18, 22, 45, tzinfo=UTC))
        make.visits(session, by=person, on=item, times=4, at=datetime(2026, 11, 18, 23, 15, tzinfo=UTC))
    rows = table(bram.get("/results/days.csv").text)
    assert [row["Mensen"] for row in rows] == ["0", "0", "0", "0", "3", "4", "0"]
    assert [row["Naam"] for row in rows[4:6]] == ["woensdag 18 november", "donderdag 19 november"]


def test_the_night_the_clock_goes_back_has_one_day(bram: Client, db: Database) -> None:
    with db.writing() as session:
        item, person = make.item(session), make.person(session)
        for hour in (22, 23):
            make.visits(session, by=person, on=item, times=1, at=datetime(2026, 10, 24, hour, 30, tzinfo=UTC))
        make.visits(session, by=person, on=item, times=1, at=datetime(2026, 10, 25, 22, 30, tzinfo=UTC))
        make.visits(session, by=person, on=item, times=1, at=datetime(2026, 10, 25, 23, 30, tzinfo=UTC))
    rows = table(bram.get("/results/days.csv?period=custom&from=2026-10-24&to=2026-10-26").text)
    assert [row["Mensen"] for row in rows] == ["0", "3", "1"]


def test_opening_is_not_sharing(bram: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session, title="Timmerman")
        for state in ("opened", "copied", "confirmed", "seen"):
            make.share(session, by=make.person(session), on=item, state=state)
    rows = table(bram.get("/results/items.csv").text)
    assert len(rows) == 1
    assert (rows[0]["Naam"], rows[0]["Gedeeld"]) == ("Timmerman", "2")
    page = bram.get("/results").text
    states = (
        "netwerk geopend",
        "tekst gekopieerd",
        "bevestigd door de collega",
        "gezien door een eerste bezoeker",
    )
    assert ", ".join(f"1 {state}" for state in states) + "." in page


def test_what_works_best_is_only_said_of_enough_shares(bram: Client, db: Database) -> None:
    with db.writing() as session:
        often, once = make.item(session, title="Vaak gedeeld"), make.item(session, title="Eén keer gedeeld")
        people = [make.person(session) for _ in range(3)]
        for person in people:
            make.share(session, by=person, on=often, state="seen")
        make.share(session, by=people[0], on=once, state="seen")
        make.visits(session, by=people[0], on=often, times=6)
        make.visits(session, by=people[0], on=once, times=9)
    page = bram.get("/results").text
    best = page[page.index('aria-labelledby="best"') : page.index('id="by-items"')]
    assert "Vaak gedeeld" in best
    assert "2,0" in best
    assert "Eén keer gedeeld" not in best


def test_teams_under_five_are_counted_together(bram: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        for team, size in (("Productie", 6), ("HR", 2), ("IT", 4)):
            people = [make.person(session, department_name=team) for _ in range(size)]
            make.visits(session, by=people[0], on=item, times=size)
    rows = table(bram.get("/results/departments.csv").text)
    assert [(row["Naam"], row["Mensen"]) for row in rows] == [("Kleine teams samen", "6"), ("Productie", "6")]


def test_a_single_small_team_never_stands_alone(bram: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        marketing = session.get(Person, bram.person.id)
        assert marketing is not None
        for team, size in (("Productie", 7), ("Service", 5)):
            people = [make.person(session, department_name=team) for _ in range(size)]
            make.visits(session, by=people[0], on=item, times=size)
        make.visits(session, by=marketing, on=item, times=1)
    rows = table(bram.get("/results/departments.csv").text)
    assert [(row["Naam"], row["Mensen"]) for row in rows] == [("Productie", "7"), ("Kleine teams samen", "6")]


def test_nobodys_name_is_shown(bram: Client, db: Database) -> None:
    with db.writing() as session:
        person, item = make.person(session, "Sanne Unieknaam"), make.item(session)
        make.share(session, by=person, on=item, state="seen")
        make.visits(session, by=person, on=item, times=3)
    assert "Unieknaam" not in bram.get("/results").text
    for name in ("days", "items", "networks", "departments", "campaigns"):
        assert "Unieknaam" not in bram.get(f"/results/{name}.csv").text


def test_one_campaign_is_shown_by_itself(bram: Client, db: Database) -> None:
    with db.writing() as session:
        first, second = make.campaign(session), make.campaign(session)
        person = make.person(session)
        make.visits(session, by=person, on=make.item(session, first, title="Van de eerste"), times=3)
        make.visits(session, by=person, on=make.item(session, second, title="Van de tweede"), times=4)
    one = table(bram.get(f"/results/items.csv?campaign={first.id}").text)
    assert [(row["Naam"], row["Mensen"]) for row in one] == [("Van de eerste", "3")]
    running = bram.get("/results?period=campaign").text
    assert headline(running).startswith("4 mensen")
    both = table(bram.get("/results/campaigns.csv").text)
    assert [row["Mensen"] for row in both] == ["4", "3"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=2026-11-20&to=2026-11-01", "Deze dag ligt voor de eerste. Draai ze even om."),
        ("from=morgen&to=2026-11-01", "Kies een dag."),
        ("from=&to=", "Kies een dag."),
        ("from=2026-12-01&to=2026-12-02", "Deze dag moet nog komen; er is nog niets te zien."),
        ("from=2021-01-01&to=2026-11-01", "Dat is meer dan drie jaar. Kies een kortere tijd."),
        ("from=0001-01-01&to=9999-12-31", "Kies een dag tussen 2020 en vandaag."),
        ("from=2026-02-30&to=2026-03-01", "Kies een dag."),
    ],
)
def test_impossible_days_are_named(bram: Client, query: str, sentence: str) -> None:
    page = bram.get(f"/results?period=custom&{query}")
    assert page.status_code == 422
    assert sentence in page.text
    assert bram.get(f"/results/days.csv?period=custom&{query}").status_code == 404


@pytest.mark.parametrize(
    "query", ["period=nonsense", "campaign=x", "campaign=99999999999999999999999", "campaign=7&period=7"]
)
def test_what_means_nothing_shows_the_last_seven_days(bram: Client, query: str) -> None:
    page = bram.get(f"/results?{query}")
    assert page.status_code == 200
    assert "14 november tot en met 20 november" in page.text


def test_long_periods_are_cut_into_weeks_and_months(bram: Client, db: Database) -> None:
    with db.writing() as session:
        make.visits(session, by=make.person(session), on=make.item(session), times=1)
    weeks = table(bram.get("/results/days.csv?period=custom&from=2026-09-30&to=2026-11-20").text)
    assert [row["Naam"] for row in weeks[:2]] == ["Week 40, vanaf 30 september", "Week 41, vanaf 5 oktober"]
    assert (len(weeks), weeks[-1]["Mensen"]) == (8, "1")
    months = table(bram.get("/results/days.csv?period=custom&from=2026-01-01&to=2026-11-20").text)
    assert [row["Naam"] for row in months[:2]] == ["januari 2026", "februari 2026"]
    assert (len(months), months[-1]["Mensen"]) == (11, "1")


def test_an_export_holds_no_formula_and_no_path(bram: Client, db: Database) -> None:
    with db.writing() as session:
        campaign = make.campaign(session, slug='../"x";y')
        item = make.item(session, campaign, title='=HYPERLINK("http://evil.example","x")')
        make.visits(session, by=make.person(session), on=item, times=1)
    response = bram.get(f"/results/items.csv?campaign={campaign.id}")
    assert table(response.text)[0]["Naam"] == '\'=HYPERLINK("http://evil.example","x")'
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    name = response.headers["content-disposition"]
    assert re.fullmatch(r'attachment; filename="[\w.-]+\.csv"', name), name
    assert ".." not in name


def test_an_export_is_kept_in_the_record(bram: Client, db: Database) -> None:
    bram.get("/results/networks.csv")
    bram.head("/results/networks.csv")
    assert bram.get("/results/people.csv").status_code == 404
    with db.reading() as session:
        kept = [(row.act, row.person_id, row.detail) for row in session.scalars(select(AuditEntry))]
    assert kept == [("results_exported", bram.person.id, {"table": "networks"})]


def test_hostile_titles_and_networks_are_shown_as_text(bram: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session, title="<script>alert(1)</script>")
        make.visits(session, by=make.person(session), on=item, times=1, network='"><i>')
    page = bram.get("/results").text
    assert "<script>alert" not in page
    assert '"><i>' not in page


def test_fifty_items_cost_as_many_queries_as_one(bram: Client, db: Database) -> None:
    with db.writing() as session:
        campaign, person = make.campaign(session), make.person(session)
        make.visits(session, by=person, on=make.item(session, campaign), times=1)
    one = cost(bram, "/results", db)
    with db.writing() as session:
        row = session.get(Campaign, campaign.id)
        for _ in range(49):
            item = make.item(session, row)
            make.visits(session, by=person, on=item, times=1)
            make.share(session, by=person, on=item, state="seen")
    assert cost(bram, "/results", db) == one


def test_the_page_speaks_english_too(dina: Client, db: Database) -> None:
    with db.writing() as session:
        admin = session.get(Person, dina.person.id)
        assert admin is not None
        admin.language = "en"
        make.visits(session, by=make.person(session), on=make.item(session), times=1)
    page = dina.get("/results").text
    assert headline(page) == "1 person came to see the vacancies through a colleague"
    assert "1 click, of which 1 person." in page


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_an_item_a_network_and_a_screen_have_a_page_of_their_own(bram: Client, db: Database) -> None:
    with db.writing() as session:
        person, campaign = make.person(session), make.campaign(session)
        item, other = make.item(session, campaign, title="Timmerman"), make.item(session, campaign, title="Schilder")
        make.visits(session, by=person, on=item, times=2)
        make.visits(session, by=person, on=item, times=4, network="whatsapp")
        make.visits(session, by=person, on=other, times=8)
        screen = Screen(name="Receptie", audience="public", language="nl", token_hash="x", paired_at=NOW)
        session.add(screen)
        session.flush()
        for _ in range(16):
            make.click(session, codes.screen_link(session, screen_id=screen.id, item_id=item.id))
    for query, count in (
        (f"item={item.id}", 22),
        (f"item={item.id}&network=whatsapp", 4),
        ("network=linkedin", 10),
        (f"screen={screen.id}", 16),
        (f"item={other.id}&campaign={campaign.id}", 8),
        ("network=nonsense&item=x&screen=999&team=999", 30),
    ):
        days = table(bram.get(f"/results/days.csv?{query}").text)
        assert sum(int(row["Mensen"]) for row in days) == count, query
        assert headline(bram.get(f"/results?{query}").text).startswith(f"{count} mensen"), query
    page = bram.get(f"/results?item={item.id}&period=campaign").text
    assert "Timmerman</p>" in page
    assert 'id="by-items"' not in page
    assert f'href="/results?period=campaign&amp;item={item.id}&amp;network=whatsapp"' in page
    screens = table(bram.get("/results/screens.csv").text)
    assert [(row["Naam"], row["Mensen"]) for row in screens] == [("Receptie", "16")]


def test_a_team_is_looked_at_as_a_whole_only(bram: Client, db: Database) -> None:
    with db.writing() as session:
        item, other = make.item(session), make.item(session)
        large, small = make.team(session, "Productie", 6), make.team(session, "HR", 4)
        make.visits(session, by=large[0], on=item, times=2)
        make.visits(session, by=small[0], on=item, times=4)
        make.visits(session, by=large[0], on=other, times=8)
    for team, asked, count in (
        (large[0].department_id, "", 10),
        (large[0].department_id, f"&item={item.id}&network=whatsapp", 10),
        (small[0].department_id, "", 4),
        (bram.person.department_id, "", 4),
    ):
        days = table(bram.get(f"/results/days.csv?team={team}{asked}").text)
        assert sum(int(row["Mensen"]) for row in days) == count
    assert "Kleine teams samen</p>" in bram.get(f"/results?team={small[0].department_id}").text


def test_every_day_unfolds_to_its_ledger(bram: Client, db: Database) -> None:
    with db.writing() as session:
        item, person = make.item(session), make.person(session)
        make.visits(session, by=person, on=item, times=2)
        make.visits(session, by=person, on=item, times=1, verdict="bot", reason="preview", at=NOW - timedelta(days=1))
    page = bram.get("/results").text
    rows = re.findall(r'<th scope="row">([^<]+)</th>.*?</tr>', page, re.DOTALL)
    assert len(rows) == 7
    found = re.findall(r"<summary>(\d+)<span.*?<p>([^<]+)</p></details></td>", page, re.DOTALL)
    assert found == [("1", "1 klik, waarvan 0 mensen; 1 linkvoorbeeld."), ("0", "2 klikken, waarvan 2 mensen.")]
