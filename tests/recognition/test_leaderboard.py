"""The leaderboard: exact figures, small teams, periods and their borders, and who is named."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from portal import clock
from portal.database import Database
from portal.people.models import Organisation
from portal.recognition import leaderboard
from portal.recognition.leaderboard import Score
from tests import make
from tests.asked import asked, cost
from tests.client import Client
from tests.feed import reading as pages

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
WEDNESDAY = datetime(2026, 11, 18, 12, tzinfo=AMSTERDAM)


def shown(db: Database, period: str = "week") -> list[tuple[str, float]]:
    with db.reading() as session:
        return [(each.name, each.average) for each in leaderboard.teams(session, period=period)]


def test_a_visitor_is_three_points_a_share_one_and_the_team_divides(db: Database) -> None:
    with db.writing() as session:
        service, production = make.team(session, "Service", 5), make.team(session, "Productie", 10)
        item = make.item(session)
        make.visits(session, by=service[0], on=item, times=4)
        make.share(session, by=service[1], on=item)
        make.visits(session, by=production[0], on=item, times=5)
        make.share(session, by=production[1], on=item, state="seen")
        make.share(session, by=production[2], on=item, state="posted")
    assert shown(db) == [("Service", 13 / 5), ("Productie", 17 / 10)]


def test_robots_opened_networks_and_people_who_left_do_not_count(db: Database) -> None:
    with db.writing() as session:
        service = [*make.team(session, "Service", 5), make.person(session, deactivated_at=clock.now())]
        item = make.item(session)
        make.visits(session, by=service[0], on=item, times=2, verdict="bot", reason="list")
        make.visits(session, by=service[0], on=item, times=2, verdict="suspect", reason="burst")
        for person, state in zip(service, ("opened", "copied", "sheet"), strict=False):
            make.share(session, by=person, on=item, state=state)
        make.visits(session, by=service[5], on=item)
    # Somebody who left no longer divides; what their links still bring counts for the team.
    assert shown(db) == [("Service", 3 / 5)]


def test_teams_under_five_are_counted_together(db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        make.team(session, "Service", 5)
        make.visits(session, by=make.team(session, "HR", 3)[0], on=item)
        make.visits(session, by=make.team(session, "IT", 4)[0], on=item)
    with db.reading() as session:
        standings = leaderboard.teams(session, period="week")
    assert [(each.name, each.members, each.score, each.is_merged) for each in standings] == [
        ("Kleine teams samen", 7, Score(visitors=2), True),
        ("Service", 5, Score(), False),
    ]


def test_small_teams_that_stay_under_five_together_get_company(db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        make.visits(session, by=make.team(session, "HR", 3)[0], on=item)
        make.team(session, "Service", 5)
        make.team(session, "Productie", 6)
    # Left out, what HR did would be what everybody did less what the others did.
    assert shown(db) == [("Kleine teams samen", 3 / 8), ("Productie", 0.0)]
    with db.reading() as session:
        assert leaderboard.people(session, period="week") == []


def test_fewer_than_five_people_in_all_are_no_team(db: Database) -> None:
    with db.writing() as session:
        make.visits(session, by=make.team(session, "HR", 3)[0], on=make.item(session))
    assert shown(db) == []


def test_only_the_upper_half_with_points_is_on_top(db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        for number in range(7):
            make.visits(session, by=make.team(session, f"Team {number}", 5)[0], on=item, times=number)
    with db.reading() as session:
        standings = leaderboard.teams(session, period="week")
    assert [each.name for each in leaderboard.top(standings)] == ["Team 6", "Team 5", "Team 4", "Team 3"]
    assert [each.name for each in leaderboard.top(standings, 3)] == ["Team 6", "Team 5", "Team 4"]
    assert leaderboard.top(standings[-1:]) == []


@pytest.mark.parametrize(
    ("moment", "visitors"),
    [
        (datetime(2026, 11, 15, 23, 59, 59, tzinfo=AMSTERDAM), 0),
        (datetime(2026, 11, 16, 0, 0, tzinfo=AMSTERDAM), 1),
        (datetime(2026, 11, 22, 23, 59, 59, tzinfo=AMSTERDAM), 1),
        (datetime(2026, 11, 23, 0, 0, tzinfo=AMSTERDAM), 0),
    ],
)
def test_a_week_runs_from_monday_to_sunday_on_our_clock(db: Database, moment: datetime, visitors: int) -> None:
    with time_machine.travel(WEDNESDAY, tick=False):
        with db.writing() as session:
            make.visits(session, by=make.team(session, "Service", 5)[0], on=make.item(session), at=moment)
        assert shown(db) == [("Service", 3 * visitors / 5)]


@pytest.mark.parametrize(
    ("today", "start", "end"),
    [
        # Clocks go forward on 29 March 2026 and back on 25 October 2026: those weeks are an hour off.
        (date(2026, 3, 29), datetime(2026, 3, 22, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 18, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)),
        (date(2027, 1, 1), datetime(2026, 12, 27, 23, tzinfo=UTC), datetime(2027, 1, 3, 23, tzinfo=UTC)),
    ],
)
def test_a_week_with_a_clock_change_is_still_seven_days(
    db: Database, today: date, start: datetime, end: datetime
) -> None:
    noon = datetime(today.year, today.month, today.day, 12, tzinfo=AMSTERDAM)
    with time_machine.travel(noon, tick=False), db.reading() as session:
        days = leaderboard.window(session, "week")
    assert days is not None
    assert (days.start, days.end) == (start, end)
    assert (days.last_day - days.first_day).days == 6


@pytest.mark.parametrize("today", [date(2026, 2, 28), date(2026, 12, 31), date(2028, 2, 29), date(2026, 11, 1)])
def test_a_month_is_a_calendar_month(db: Database, today: date) -> None:
    noon = datetime(today.year, today.month, today.day, 12, tzinfo=AMSTERDAM)
    with time_machine.travel(noon, tick=False), db.reading() as session:
        days = leaderboard.window(session, "month")
    assert days is not None
    assert days.first_day == today.replace(day=1)
    assert (days.last_day.month, (days.last_day + timedelta(days=1)).day) == (today.month, 1)


def test_a_campaign_counts_its_own_items_only(db: Database) -> None:
    assert shown(db, "campaign") == []
    with db.writing() as session:
        service = make.team(session, "Service", 5)
        earlier = make.campaign(session, starts_on=clock.today() - timedelta(days=20))
        running = make.campaign(session, starts_on=clock.today() - timedelta(days=2))
        for campaign, times in ((earlier, 5), (running, 2)):
            item = make.item(session, campaign)
            make.visits(session, by=service[0], on=item, times=times)
            make.share(session, by=service[1], on=item)
    assert shown(db, "campaign") == [("Service", 7 / 5)]
    assert shown(db, "week") == [("Service", 23 / 5)]


def test_opening_a_network_again_does_not_carry_a_share_into_a_new_week(db: Database) -> None:
    with time_machine.travel(WEDNESDAY, tick=False):
        with db.writing() as session:
            old = make.share(
                session, by=make.team(session, "Service", 5)[0], on=make.item(session), at=WEDNESDAY - timedelta(days=7)
            )
            old.at = clock.now()
        assert shown(db) == [("Service", 0.0)]


def test_people_are_there_by_their_own_choice_under_their_own_choice_of_name(db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        people = make.team(session, "Service", 6)
        for number, person in enumerate(people):
            make.visits(session, by=person, on=item, times=number + 1)
        people[1].leaderboard_name = "name"
        people[2].leaderboard_name, people[2].pseudonym = "pseudonym", "De Stille Zager"
        people[3].leaderboard_name, people[3].pseudonym = "pseudonym", ""
        people[4].leaderboard_name, people[4].deactivated_at = "name", clock.now()
    with db.reading() as session:
        found = leaderboard.people(session, period="week")
    assert [(each.name, each.score.points) for each in found] == [("De Stille Zager", 9), ("Service 1", 6)]


def test_one_team_costs_as_many_queries_as_fifty(ana: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        make.visits(session, by=make.team(session, "Service", 5)[0], on=item)
    few = cost(ana, "/leaderboard", db)
    with db.writing() as session:
        for number in range(50):
            make.visits(session, by=make.team(session, f"Team {number}", 5)[0], on=item)
    assert cost(ana, "/leaderboard", db) == few


def switch(db: Database, **values: bool) -> None:
    with db.writing() as session:
        organisation = session.get_one(Organisation, 1)
        for name, value in values.items():
            setattr(organisation, name, value)


def test_the_page_shows_the_top_and_encourages_the_own_team(ana: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        make.team(session, "Service", 4)
        for number in range(3):
            make.visits(session, by=make.team(session, f"Team {number}", 5)[0], on=item, times=number + 1)
    page = ana.get("/leaderboard").text
    board = page[page.index("standings") : page.index("Zo tellen we")]
    assert [name for name in ("Team 2", "Team 1", "Team 0", "Service") if name in board] == [
        "Team 2",
        "Team 1",
    ]
    assert "één keer delen die één bezoeker brengt, tilt jullie team al 0,6 omhoog" in page
    assert "3 punten voor iedereen die kwam kijken, 1 voor elke keer delen" in page


def test_people_are_not_named_when_the_organisation_does_not_allow_it(ana: Client, db: Database) -> None:
    with db.writing() as session:
        person = make.team(session, "Productie", 5)[0]
        person.leaderboard_name = "name"
        make.visits(session, by=person, on=make.item(session))
    assert "Productie 0" in ana.get("/leaderboard").text
    switch(db, names_allowed=False)
    assert "Productie 0" not in ana.get("/leaderboard").text


def test_switched_off_the_page_says_so_and_figures_are_not_there(ana: Client, db: Database) -> None:
    switch(db, leaderboard_on=False)
    page = ana.get("/leaderboard")
    assert page.status_code == 200
    assert "Hier is geen teambord" in page.text
    assert [ana.get(f"/leaderboard?period={period}").status_code for period in leaderboard.PERIODS] == [404] * 3


@pytest.mark.parametrize("period", ["year", "", "week'", "../week"])
def test_a_period_we_do_not_know_is_not_found(ana: Client, period: str) -> None:
    assert ana.get("/leaderboard", params={"period": period}).status_code == 404


def test_hostile_names_stay_text(ana: Client, db: Database) -> None:
    with db.writing() as session:
        person = make.team(session, '<script>alert("x")</script>', 5)[0]
        person.leaderboard_name, person.pseudonym = "pseudonym", "</li><img src=x onerror=alert(1)>"
        make.visits(session, by=person, on=make.item(session))
    page = ana.get("/leaderboard").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_without_a_session_the_page_asks_to_sign_in(client: Client) -> None:
    assert client.get("/leaderboard").headers["location"] == "/sign-in?next=/leaderboard"


def test_my_place_is_one_more_than_those_above_me(db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        people = make.team(session, "Service", 5)
        for person, times in zip(people, (1, 3, 3, 5), strict=False):
            make.visits(session, by=person, on=item, times=times)
            make.visits(session, by=person, on=item, times=9, at=clock.now() - timedelta(days=400))
    with db.reading() as session:
        found = [leaderboard.place(session, person, period="week") for person in people]
        assert leaderboard.place(session, people[0], period="campaign") == leaderboard.Place(10, 4, is_last=True)
    assert [each and (each.visitors, each.place) for each in found] == [(1, 4), (3, 2), (3, 2), (5, 1), None]


def test_nobody_is_told_to_be_last(ana: Client, cleo: Client, dina: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        for colleague, times in ((ana, 3), (cleo, 2), (dina, 1)):
            make.visits(session, by=colleague.person, on=item, times=times)
    own_places = "section[aria-labelledby=through-me] p"
    assert [pages.texts(each.get("/leaderboard?period=week"), own_places)[0] for each in (ana, cleo, dina)] == [
        "Er kwamen 3 mensen kijken. Niemand bracht er meer. Dank je wel!",
        "2 people came to look. That puts you at place 2.",
        "Er kwam 1 mens kijken. Dank je wel: iedereen telt.",
    ]


def test_shares_lift_somebody_without_visitors_past_those_with_few(db: Database) -> None:
    with db.writing() as session:
        people = make.team(session, "Service", 12, leaderboard_name="name")
        items = [make.item(session) for _ in range(5)]
        for person in people[1:]:
            make.visits(session, by=person, on=items[0])
        for item in items:
            make.share(session, by=people[0], on=item)
        make.share(session, by=people[5], on=items[0])
    with db.reading() as session:
        found = leaderboard.people(session, period="week", most=2)
    assert [(each.name, each.score) for each in found] == [
        ("Service 0", Score(0, 5)),
        ("Service 5", Score(1, 1)),
    ]


def test_every_figure_of_the_board_unfolds(ana: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        make.team(session, "Service", 4)
        team = make.team(session, "Productie", 5)
        make.visits(session, by=team[0], on=item, times=4)
        make.visits(session, by=team[0], on=item, times=2, verdict="bot", reason="preview")
        make.visits(session, by=ana.person, on=item, times=1)
        make.visits(session, by=ana.person, on=item, times=1, verdict="suspect", reason="repeat")
    page = ana.get("/leaderboard").text
    assert "Er kwam 1 mens kijken." in page
    assert 'href="/leaderboard/ledger?period=week"' in page
    ledgers = ana.get("/leaderboard/ledger?period=week").text
    found = re.findall(r"<h2[^>]*>([^<]+)</h2>\s*<dl class=\"ledger\">(.*?)</dl>", ledgers, re.DOTALL)
    assert [(name, re.findall(r"<dd[^>]*>(\d+)</dd>", rows)) for name, rows in found] == [
        ("Wij allemaal", ["5", "2", "1", "8"]),
        ("Productie", ["4", "2", "6"]),
        ("Service", ["1", "1", "2"]),
        ("Via jou; dit zie alleen jij", ["1", "1", "2"]),
    ]
    switch(db, leaderboard_on=False)
    assert ana.get("/leaderboard/ledger").status_code == 404


def test_the_page_does_not_add_up_clicks(ana: Client, db: Database) -> None:
    with db.writing() as session:
        make.visits(session, by=make.team(session, "Productie", 5)[0], on=make.item(session))
    ana.get("/leaderboard")
    with asked(db) as statements:
        ana.get("/leaderboard")
    assert [each for each in statements if "FROM rollup" in each or "FROM click" in each] == []
