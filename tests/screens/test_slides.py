"""What each kind of slide says, to whom, and when it is its turn."""

import re
import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from portal import activity, clock
from portal.campaigns.models import Item
from portal.database import Database
from portal.handbook.models import Duty
from portal.people.models import Account, Person
from portal.recognition import weekly
from portal.recognition.models import ShareOfTheWeek
from portal.screens import messages, reading, slides, state
from portal.screens.models import SLIDE_KINDS, Film, Playlist, Screen, Slide, UrgentMessage, UrgentScreen
from portal.screens.source import Walls
from portal.sharing.models import Share
from tests import make
from tests.asked import asked
from tests.client import Client
from tests.screens.test_walls import ADDRESS, screen, told, words

NOON = "2026-11-25T11:00:00+00:00"
"""A Wednesday, noon in Amsterdam."""


@pytest.fixture
def at() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def playlist(db: Database, *rows: dict[str, Any]) -> int:
    with db.writing() as session:
        made = Playlist(name=f"Lijst {make.number()}", created_at=clock.now())
        session.add(made)
        session.flush()
        for position, row in enumerate(rows):
            session.add(Slide(playlist_id=made.id, position=position, **row))
        return made.id


def shown(client: Client) -> list[str]:
    """What the slides say, without what stands beside a QR code."""
    return [re.split(r" Scan en ", words(slide["html"]))[0] for slide in told(client)["slides"]]


def busy_week(db: Database) -> dict[str, Any]:
    """Vera lets walls name her, Stijn does not; both did everything a wall may speak of."""
    with db.writing() as session:
        campaign = make.campaign(session, goal_measure="visits", goal_number=10)
        vacancy = make.item(session, campaign, title="Bouw mee")
        contest = make.item(
            session,
            campaign,
            kind="contest",
            title="Win een moestuin",
            ends_at=clock.now() + timedelta(days=3, hours=5),
        )
        make.team(session, "Service", 5)
        for name, is_named in (("Vera Zichtbaar", True), ("Stijn Geheim", False)):
            person = make.person(session, name, wall_name=is_named, leaderboard_name="name")
            share = make.share(session, by=person, on=vacancy)
            share.text = f"{name} schreef dit."
            make.visits(session, by=person, on=vacancy, times=3)
            session.add(
                Duty(
                    department_id=person.department_id,
                    person_id=person.id,
                    from_day=clock.today(),
                    until_day=clock.today(),
                )
            )
        session.add(
            ShareOfTheWeek(week=weekly.this_week(), share_id=share.id, words="Mooi gezegd, Stijn!", at=clock.now())
        )
        session.add(
            Account(
                department_id=person.department_id, network="facebook", url="https://f.example", name="Huis van hout"
            )
        )
        film = Film(digest="f" * 64, media_type="video/mp4", body=b"film", created_at=clock.now())
        session.add(film)
        session.flush()
        return {"campaign": campaign.id, "item": vacancy.id, "contest": contest.id, "film": film.id}


def of(kind: str, world: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": kind,
        "title_nl": "Welkom in de hal",
        "item_id": world["item"] if kind == "item" else None,
        "campaign_id": world["campaign"] if kind == "campaign" else None,
        "film_id": world["film"],
    }


SAID = {
    "newest": ("Vacature Bouw mee Joost zoekt een vakmens.", True),
    "campaign": ("Vacature Bouw mee Joost zoekt een vakmens.", True),
    "item": ("Vacature Bouw mee Joost zoekt een vakmens.", True),
    "vacancy_of_the_day": ("Vacature van de dag Bouw mee Joost zoekt een vakmens.", True),
    "share_of_the_week": ("Bericht van de week Een collega van Service deelde “Bouw mee”", False),
    "board": (
        "Service 2,9 punten per collega Gedeeld door collega’s Samen deze week Bedankt, allemaal!",
        False,
    ),
    "goal": ("Werken in de huizenfabriek 6 mensen kwamen kijken", True),
    "contest": ("Winactie Win een moestuin 3 dagen 5 uur te gaan", True),
    "thanks": ("Bedankt Bedankt, Vera! Deze week deelden jullie 2 keer iets.", True),
    "welcome": ("Welkom Welkom in de hal", True),
    "announcement": ("Voor jullie allemaal Welkom in de hal", True),
    "clock": ("Noorderhout Woensdag 25 november Vandaag aan de beurt: Vera.", True),
    "on_duty": ("Onze accounts Vera is vandaag aan de beurt Voor Huis van hout.", False),
    "video": ("Welkom in de hal", True),
}


@pytest.mark.parametrize("kind", SLIDE_KINDS)
def test_names_with_consent_and_never_to_visitors(
    client: Client, db: Database, at: time_machine.Traveller, kind: str
) -> None:
    world = busy_week(db)
    row = screen(db, playlist_id=playlist(db, of(kind, world)))
    expected, is_for_visitors = SAID[kind]
    assert expected in " | ".join(shown(client))
    everything = client.get(ADDRESS).text + str(told(client)["slides"])
    assert [name in everything for name in ("Stijn", "Geheim", "Zichtbaar")] == [False] * 3
    with db.writing() as session:
        session.get_one(Screen, row.id).audience = "public"
    everything = client.get(ADDRESS).text + str(told(client))
    assert [name in everything for name in ("Stijn", "Geheim", "Vera", "Zichtbaar", "Samen deze")] == [False] * 5
    assert (told(client)["slides"][0]["kind"] != "house") is is_for_visitors


@pytest.mark.parametrize("kind", ["share_of_the_week", "thanks", "on_duty"])
@pytest.mark.parametrize("left", ["stopped_at", "deactivated_at"])
def test_who_stops_or_leaves_is_not_spoken_of(client: Client, db: Database, kind: str, left: str) -> None:
    world = busy_week(db)
    screen(db, playlist_id=playlist(db, of(kind, world)))
    assert told(client)["slides"][0]["kind"] == kind
    with db.writing() as session:
        for person in session.query(Person):
            setattr(person, left, clock.now())
        activity.record(session, "board_changed")
    assert [slide["kind"] for slide in told(client)["slides"]] == ["house"]


def test_whose_share_is_best_is_quoted_with_consent(client: Client, db: Database) -> None:
    world = busy_week(db)
    with db.writing() as session:
        session.query(Person).filter(Person.name == "Stijn Geheim").one().wall_name = True
        session.query(Share).filter(Share.text.contains("Stijn Geheim")).one().own_words = True
    screen(db, playlist_id=playlist(db, of("share_of_the_week", world)))
    assert shown(client) == ["Bericht van de week “Stijn Geheim schreef dit.” Stijn schreef dit. Dankjewel!"]
    with db.writing() as session:
        session.get_one(Item, world["item"]).state = "recalled"
        activity.record(session, "item_recalled", item_id=world["item"])
    assert [slide["kind"] for slide in told(client)["slides"]] == ["house"]


def test_a_slide_tells_the_player_when_it_is_its_turn(client: Client, db: Database, at: time_machine.Traveller) -> None:
    row = {
        "kind": "welcome",
        "title_nl": "Welkom",
        "seconds": 12,
        "weight": 3,
        "weekdays": "135",
        "from_minute": 480,
        "until_minute": 1020,
        "valid_from": date(2026, 11, 25),
        "valid_until": date(2026, 11, 26),
    }
    screen(db, time_zone="America/New_York", playlist_id=playlist(db, row, {"kind": "clock"}))
    first, second = told(client)["slides"]
    kept = ("kind", "subject", "seconds", "weight", "days", "from", "until", "starts", "ends", "urgent", "alone")
    midnight = 1795582800  # of 25 November in New York
    assert [first[name] for name in kept][2:] == [
        12,
        3,
        [1, 3, 5],
        480,
        1020,
        midnight,
        midnight + 2 * 86400,
        False,
        True,
    ]
    assert [second[name] for name in kept][2:] == [20, 1, [1, 2, 3, 4, 5, 6, 7], 0, 1440, None, None, False, True]
    assert words(client.get(ADDRESS).text).count("06:00") == 2  # only the clock is due before eight
    at.move_to("2026-11-25T14:00:00+00:00")
    titles = [re.findall(r"<h1[^>]*>([^<]+)", client.get(f"{ADDRESS}?slide={n}").text) for n in range(4)]
    assert titles == [["Welkom"], ["Woensdag 25 november"], ["Welkom"], ["Welkom"]]


@pytest.mark.once
@pytest.mark.parametrize(
    ("moment", "is_on"),
    [
        ("2026-11-25T21:59", False),
        ("2026-11-25T22:00", True),
        ("2026-11-26T05:59", True),
        ("2026-11-26T06:00", False),
        ("2026-11-26T23:00", False),
    ],
)
def test_a_part_of_the_day_over_midnight_belongs_to_the_evening(moment: str, is_on: bool) -> None:
    turn = slides.Turn(messages.titled("welcome", "", "Hallo"), days="3", minutes=(1320, 360))
    now = clock.now().fromisoformat(f"{moment}+01:00")
    assert turn.is_on(now) is is_on


def test_it_is_never_blank(client: Client, db: Database, at: time_machine.Traveller) -> None:
    empty = playlist(db)
    row = screen(db, playlist_id=empty)
    assert [slide["kind"] for slide in told(client)["slides"]] == ["house"]
    over = playlist(db, {"kind": "welcome", "title_nl": "Welkom", "until_minute": 60}, {"kind": "video"})
    with db.writing() as session:
        session.get_one(Screen, row.id).playlist_id = over
    assert [slide["kind"] for slide in told(client)["slides"]] == ["welcome", "house"]
    assert "Wij maken het samen" in client.get(ADDRESS).text
    at.move_to("2026-11-25T23:30:00+00:00")
    assert [slide["kind"] for slide in told(client)["slides"]] == ["welcome"]
    assert told(client)["fallback"]["kind"] == "house"


def test_an_urgent_message_is_alone_on_its_screens_until_it_ends(
    client: Client, db: Database, at: time_machine.Traveller
) -> None:
    row = screen(db)
    with db.writing() as session:
        make.item(session, title="Bouw mee")
        other = Screen(name="Hal", token_hash="0" * 64, paired_at=clock.now())
        message = UrgentMessage(
            title="Iedereen naar buiten",
            line="Verzamel bij de poort.",
            starts_at=clock.now(),
            ends_at=clock.now() + timedelta(hours=1),
        )
        session.add_all((other, message))
        session.flush()
        session.add(UrgentScreen(urgent_message_id=message.id, screen_id=row.id))
    assert shown(client)[0] == "Belangrijk Iedereen naar buiten Verzamel bij de poort."
    assert [slide["urgent"] for slide in told(client)["slides"]] == [True, False]
    assert re.findall(r"<h1[^>]*>([^<]+)", client.get(f"{ADDRESS}?slide=1").text) == ["Iedereen naar buiten"]
    with db.reading() as session:
        assert state.group_of(session, other).urgent == ()
    at.shift(timedelta(hours=1))
    assert [slide["kind"] for slide in told(client)["slides"]] == ["vacancy"]


def test_one_vacancy_a_day_and_the_department_s_own_first(
    client: Client, db: Database, at: time_machine.Traveller
) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        rows = [
            make.item(session, campaign, title=f"Vakmens {n}", publish_at=clock.now() - timedelta(hours=n))
            for n in range(3)
        ]
        hall = make.department(session, "Productie")
        make.meant_for(session, rows[2], ("department", hall.id))
    row = screen(db, playlist_id=playlist(db, {"kind": "vacancy_of_the_day"}))
    days = []
    for _ in range(4):
        days += re.findall(r"Vakmens \d", shown(client)[0])
        at.shift(timedelta(days=1))
    assert days[0] == days[3]
    assert sorted(days[:3]) == ["Vakmens 0", "Vakmens 1", "Vakmens 2"]
    with db.writing() as session:
        changed = session.get_one(Screen, row.id)
        changed.department_id, changed.playlist_id = hall.id, playlist_of_newest(session)
    assert [re.findall(r"Vakmens \d", each) for each in shown(client)] == [["Vakmens 2"], ["Vakmens 0"], ["Vakmens 1"]]


def playlist_of_newest(session: Any) -> int:
    made = Playlist(name="Nieuw", created_at=clock.now())
    session.add(made)
    session.flush()
    session.add(Slide(playlist_id=made.id, position=0, kind="newest"))
    return made.id


def test_the_house_grows_with_every_visitor(client: Client, db: Database) -> None:
    with db.writing() as session:
        campaign = make.campaign(session, goal_measure="visits", goal_number=10)
        item = make.item(session, campaign)
        ana = make.person(session)
    screen(db, playlist_id=playlist(db, {"kind": "goal"}))
    parts, titles = [], []
    for came in (0, 1, 8, 1):
        with db.writing() as session:
            make.visits(session, by=session.get_one(Person, ana.id), on=session.get_one(Item, item.id), times=came)
            activity.record(session, "milestone", item_id=item.id, people=10)
        html = told(client)["slides"][0]["html"]
        parts.append(len(re.findall(r'class="(stone|beam|plank|frame|door|tiles|smoke)', html)))
        titles += re.findall(r"<h1[^>]*>([^<]+)", html)
    assert titles == [
        "Wie brengt de eerste balk?",
        "1 persoon kwam kijken",
        "9 mensen kwamen kijken",
        "10 mensen kwamen kijken",
    ]
    assert parts == sorted(set(parts))
    assert parts[0] == 0


def test_no_kind_says_more_than_can_be_read(client: Client, db: Database) -> None:
    world = busy_week(db)
    long = {
        "title_nl": "Een heel lange welkomsttekst " * 10,
        "line_nl": "Dit past nog wel. " + "En dit niet meer " * 20,
    }
    rows = [of(kind, world) | (long if kind in ("welcome", "announcement", "video") else {}) for kind in SLIDE_KINDS]
    screen(db, playlist_id=playlist(db, *rows))
    for each in told(client)["slides"]:
        message = re.search(r'<div class="message">(.*?)</div>', each["html"], re.S)
        assert message is not None
        assert len(words(message[1]).replace("·", "").split()) <= reading.MOST_WORDS + 5 * (each["kind"] == "contest")


def test_screens_alike_share_one_state_that_is_made_once(db: Database, app: Any, at: time_machine.Traveller) -> None:
    rows = [
        screen(db),
        screen(db, name="Hal", token_hash="1" * 64),
        screen(db, name="Gent", token_hash="2" * 64, language="en"),
    ]
    with db.writing() as session:
        item = make.item(session)

    def states() -> list[state.State]:
        with db.reading() as session:
            organisation = app.state.find_organisation(session)
            return [state.state(session, state.group_of(session, row), organisation) for row in rows]

    before = states()
    assert before[0] is before[1]
    assert before[0].etag != before[2].etag
    assert states()[0] is before[0]
    at.shift(timedelta(minutes=1))
    later = states()[0]
    assert (later.etag, later.body == before[0].body) == (before[0].etag, False)  # only since when it holds
    with db.writing() as session:
        session.get_one(Item, item.id).state = "recalled"
        activity.record(session, "item_recalled", item_id=item.id)
    assert states()[0].etag != later.etag


def test_the_board_is_not_that_of_a_moment_ago(client: Client, ana: Client, db: Database) -> None:
    """Another process notes the share; this one has just worked out the board for somebody who looked at it."""
    screen(db)
    with db.writing() as session:
        make.team(session, "Productie", 5)
        item, team = make.item(session), make.team(session, "Montage", 6)
    elsewhere = Database(db.url.render_as_string(hide_password=False))
    try:
        with elsewhere.writing() as session:
            activity.record(session, "item_live", item_id=item.id)
        assert "Montage" not in told(client)["side"]
        shown = [ana.get(f"/leaderboard?period={period}").text for period in ("week", "month")]
        assert ["Montage" in page for page in shown] == [False, False]
        with elsewhere.writing() as session:
            make.share(session, by=team[0], on=item)
            activity.record(session, "share_confirmed", item_id=item.id)
    finally:
        elsewhere.dispose()
    assert "Montage</span>" in told(client)["side"]


def test_walls_made_together_are_made_of_what_is_found_once(db: Database) -> None:
    with db.writing() as session:
        teams = [make.team(session, name, 5) for name in ("Montage", "Service", "Productie")]
        make.share(session, by=teams[0][0], on=make.item(session, title="Bouw mee"))
    shown_by_all = playlist(db, *({"kind": kind} for kind in ("newest", "board", "goal", "thanks")))
    groups = [state.Group(playlist_id=shown_by_all, department_id=team[0].department_id) for team in teams]
    with asked(db) as statements:
        drawn = Walls(db).draw(groups, known=0)
    assert [b"Bouw mee" in look.body and b"Montage" in look.body for look in drawn.looks.values()] == [True] * 3
    for once in ("FROM team_tally", "FROM item JOIN campaign", "FROM rollup", "FROM person JOIN share"):
        assert (once, sum(once in statement for statement in statements)) == (once, 1)


def test_while_much_happens_who_merely_looks_gets_what_there_is(db: Database, app: Any) -> None:
    row = screen(db)
    looked, began = set(), time.monotonic()
    for number in range(15):
        with db.writing() as session:
            make.item(session, title=f"Bericht {number}")
            activity.record(session, "item_live")
        with db.reading() as session:
            group, organisation = state.group_of(session, row), app.state.find_organisation(session)
            looked.add(state.state(session, group, organisation, may_lag=True).etag)
    assert len(looked) <= state.AT_ONCE + state.A_SECOND * (time.monotonic() - began)
    with db.reading() as session:
        newest = state.state(session, group, organisation)
    assert newest.turns[0].message.title == "Bericht 14"
