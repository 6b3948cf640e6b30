"""The calendar: campaigns and items of a month, a week or a day, gaps and crowds, and moving an item."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from html import unescape
from threading import Barrier
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.activity import Activity
from portal.campaigns.calendar import MOST_ENTRIES, Period, calendar, read_period, written
from portal.campaigns.models import Campaign, Item
from portal.database import Database
from portal.people.models import AuditEntry
from tests import make
from tests.client import Client

SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("november")


@pytest.fixture
def november() -> Any:
    """It is the 22nd of November 2026, a Sunday."""
    with time_machine.travel(SUNDAY, tick=False):
        yield


def planned(session: Session, campaign: Campaign, day: date, **values: Any) -> Item:
    return make.item(session, campaign, **{"publish_at": clock.start_of(day), "ends_at": None} | values)


def autumn(session: Session, **values: Any) -> Campaign:
    return make.campaign(session, **{"starts_on": date(2026, 11, 2), "ends_on": date(2026, 12, 20)} | values)


def day_of(db: Database, item: Item) -> date:
    with db.reading() as session:
        return clock.local(session.get_one(Item, item.id).publish_at).date()


def move(who: Client, item: Item, day: date | str, *, htmx: bool = False, **values: str) -> Any:
    form = {"item": str(item.id), "version": str(item.version), "day": str(day), "view": "month", "shown": "2026-11"}
    return who.post("/calendar/moves", data=form | values, htmx=htmx)


@pytest.mark.parametrize(
    ("view", "text", "first", "last"),
    [
        ("month", "2026-11", date(2026, 10, 26), date(2026, 12, 6)),
        ("month", "2027-02", date(2027, 2, 1), date(2027, 2, 28)),
        ("week", "2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
        ("week", "2027-W01", date(2027, 1, 4), date(2027, 1, 10)),
        ("day", "2026-11-22", date(2026, 11, 22), date(2026, 11, 22)),
    ],
)
def test_a_period_is_read_and_written(view: str, text: str, first: date, last: date) -> None:
    period = read_period(view, text)

    assert period is not None
    assert (period.first, period.last, written(period)) == (first, last, text)


@pytest.mark.parametrize(
    ("view", "text"),
    [
        ("month", ""),
        ("month", "2026-13"),
        ("month", "1999-12"),
        ("week", "2026-W54"),
        ("week", "W1"),
        ("day", "2026-02-30"),
        ("year", "2026"),
        ("day", "9999-12-31"),
        ("week", "9999-W52"),
    ],
)
def test_what_is_no_period_is_none(bram: Client, view: str, text: str) -> None:
    assert read_period(view, text) is None
    assert "November 2026" in bram.get("/calendar", params={view: text}).text


def test_one_month_leads_to_the_next_until_the_calendar_ends() -> None:
    period = Period("month", date(2026, 12, 31))
    assert period.next is not None
    assert written(period.next) == "2027-01"
    last, first = Period("month", date(2100, 12, 1)), Period("month", date(2000, 1, 1))
    assert (last.next, first.previous) == (None, None)


def test_campaigns_are_bars_and_items_stand_on_their_days(db: Database, bram: Client) -> None:
    with db.writing() as session:
        campaign = autumn(session, starts_on=date(2026, 11, 18), ends_on=date(2026, 11, 24))
        item = planned(session, campaign, date(2026, 11, 24))
        planned(session, campaign, date(2026, 11, 23), title="Teruggehaald", state="recalled")

    page = bram.get("/calendar").text

    bars = re.findall(r'<li class="run ([^"]+) hue-\d"', page)
    assert bars == ["from-3 to-7 goes-on", "from-1 to-2 came"]
    day = re.search(r'data-day="2026-11-24">(.*?)</li>\s*<li class="day', page, re.DOTALL)
    assert day is not None
    assert f'id="entry-{item.id}"' in day[1]
    assert "Teruggehaald" not in page
    assert re.findall(r'class="day today[^"]*" data-day="([\d-]+)"', page) == ["2026-11-22"]


def test_a_day_begins_at_midnight_here_not_in_greenwich(db: Database) -> None:
    with db.writing() as session:
        campaign = autumn(session)
        late = datetime(2026, 11, 23, 22, 59, tzinfo=UTC)
        planned(session, campaign, date(2026, 11, 23), publish_at=late)
        planned(session, campaign, date(2026, 11, 23), publish_at=late + timedelta(minutes=1))

    with db.reading() as session:
        found = calendar(session, Period("week", date(2026, 11, 23)), language="nl")

    assert [day.number for day in found.days] == [1, 1, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("view", ["month", "week"])
def test_a_full_day_shows_some_and_counts_the_rest(db: Database, bram: Client, view: str) -> None:
    most = MOST_ENTRIES[view]
    with db.writing() as session:
        campaign = autumn(session)
        for number in range(most + 4):
            planned(session, campaign, date(2026, 11, 24), title=f"Item {number}")
        planned(session, campaign, date(2026, 11, 24), title="Om negen uur", publish_at=SUNDAY + timedelta(days=2))

    with db.reading() as session:
        found = calendar(session, Period(view, date(2026, 11, 24)), language="nl")
        (full,) = [day for day in found.days if day.number]
    page = bram.get("/calendar", params={view: {"month": "2026-11", "week": "2026-W48"}[view]}).text

    assert (full.date, full.number, len(full.entries), full.hidden) == (date(2026, 11, 24), most + 5, most, 5)
    assert "en nog 5" in page
    assert bram.get("/calendar?day=2026-11-24").text.count('class="entry ') == most + 5


def test_gaps_and_crowds_are_said_in_words(db: Database, bram: Client, dina: Client) -> None:
    with db.writing() as session:
        campaign = autumn(session)
        for day in (22, 26, 30):
            planned(session, campaign, date(2026, 11, day))
        for _ in range(4):
            planned(session, campaign, date(2026, 12, 2))
        planned(session, campaign, date(2026, 12, 10))

    december = unescape(bram.get("/calendar?month=2026-12").text)
    november = unescape(bram.get("/calendar").text)

    assert "Er verschijnt niets van 3 tot en met 9 december." in december
    assert "Op 2 december verschijnen meer dan 3 items." in december
    assert re.findall(r'class="day [^"]*crowded[^"]*" data-day="([\d-]+)"', november) == ["2026-12-02"]
    dina.post("/language", data={"language": "en", "next": "/"})


def silences_on(who: Client, path: str) -> list[str]:
    page = unescape(who.get(path).text)
    return re.findall(r"<p>(Er verschijnt niets van [^<]+|Vanaf [^<]+ nog niets gepland\.)</p>", page)


@pytest.mark.parametrize(
    "path", ["?month=2026-11", "?month=2026-12", "?week=2026-W49", "?week=2026-W50", "?day=2026-12-04"]
)
def test_a_silence_is_told_whole_however_little_of_it_is_shown(db: Database, bram: Client, path: str) -> None:
    with db.writing() as session:
        campaign = autumn(session)
        for day in (date(2026, 11, 25), date(2026, 11, 29), date(2026, 12, 2), date(2026, 12, 13), date(2026, 12, 17)):
            planned(session, campaign, day)
        hidden = autumn(session, archived_at=clock.now())
        planned(session, hidden, date(2026, 12, 6))
        planned(session, campaign, date(2026, 12, 7), state="recalled")

    assert "Er verschijnt niets van 3 tot en met 12 december." in silences_on(bram, f"/calendar{path}")


def test_a_silence_without_end_and_one_that_began_long_ago(db: Database, bram: Client) -> None:
    assert silences_on(bram, "/calendar?month=2027-02") == ["Vanaf vandaag is er nog niets gepland."]
    with db.writing() as session:
        campaign = autumn(session, ends_on=date(2027, 12, 31))
        planned(session, campaign, date(2026, 11, 1))
        planned(session, campaign, date(2027, 3, 1))

    assert silences_on(bram, "/calendar?month=2027-01") == [
        "Er verschijnt niets van 22 november tot en met 28 februari 2027."
    ]
    assert silences_on(bram, "/calendar?week=2027-W20") == ["Vanaf 2 maart 2027 is er nog niets gepland."]
    assert silences_on(bram, "/calendar?month=2026-10") == []


def test_a_day_is_named_once(db: Database, bram: Client) -> None:
    with db.writing() as session:
        planned(session, autumn(session), date(2026, 11, 24))
    page = bram.get("/calendar?day=2026-11-24").text
    assert ("Dinsdag 24 november 2026" in page, '<p class="date">' in page) == (True, False)


def test_what_is_past_is_not_reproached(db: Database, bram: Client) -> None:
    with db.writing() as session:
        autumn(session)

    page = unescape(bram.get("/calendar?month=2026-10").text)

    assert "Er verschijnt niets" not in page


def test_in_english_it_speaks_english(db: Database, dina: Client) -> None:
    with db.writing() as session:
        session.get_one(type(dina.person), dina.person.id).language = "en"
        campaign = autumn(session)
        planned(session, campaign, date(2026, 12, 2))
        planned(session, campaign, date(2026, 12, 10))

    page = unescape(dina.get("/calendar?month=2026-12").text)

    assert "Nothing appears from 3 to 9 December." in page
    assert "December 2026" in page


def test_moving_changes_the_day_and_keeps_the_approval(db: Database, bram: Client) -> None:
    with db.writing() as session:
        nine = clock.start_of(date(2026, 11, 24)) + timedelta(hours=9)
        item = planned(session, autumn(session), date(2026, 11, 24), publish_at=nine)

    answer = move(bram, item, "2026-12-03")

    assert answer.headers["location"] == "/calendar?month=2026-11"
    assert "‘Timmerman in Zwolle’ verschijnt nu op donderdag 3 december." in unescape(bram.follow(answer).text)
    with db.reading() as session:
        now = session.get_one(Item, item.id)
        audit = session.execute(select(AuditEntry.act, AuditEntry.detail)).one()
    assert clock.local(now.publish_at).isoformat() == "2026-12-03T09:00:00+01:00"
    assert (now.state, now.version) == ("approved", item.version + 1)
    assert tuple(audit) == ("item_moved", {"version": item.version, "day": "2026-12-03"})


def test_moving_to_today_puts_an_approved_item_on_the_feed(db: Database, bram: Client, ana: Client) -> None:
    with db.writing() as session:
        item = planned(session, autumn(session), date(2026, 11, 24))

    move(bram, item, "2026-11-22")

    assert "Timmerman in Zwolle" in ana.get("/").text
    with db.reading() as session:
        assert session.scalars(select(Activity.kind)).all() == ["item_live"]


def test_where_it_went_is_shown_when_it_left_the_month(db: Database, bram: Client) -> None:
    with db.writing() as session:
        item = planned(session, autumn(session), date(2026, 11, 24))

    assert move(bram, item, "2026-12-18").headers["location"] == "/calendar?month=2026-12"


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("2026-12-21", "De campagne loopt van 2 november tot en met 20 december: kies een dag daartussen."),
        ("2026-11-21", "Die dag is voorbij. Kies vandaag of later."),
        ("2026-12-11", "De laatste dag is 10 december: kies een eerdere."),
        ("", "Kies de dag waarop dit moet verschijnen."),
        ("gisteren", "Kies de dag waarop dit moet verschijnen."),
        ("9999-12-31", "Kies de dag waarop dit moet verschijnen."),
    ],
)
@pytest.mark.parametrize("htmx", [False, True], ids=["form", "script"])
def test_a_day_that_does_not_fit_is_refused_kindly(
    db: Database, bram: Client, day: str, sentence: str, htmx: bool
) -> None:
    with db.writing() as session:
        ends_at = clock.end_of(date(2026, 12, 10))
        item = planned(session, autumn(session), date(2026, 11, 24), ends_at=ends_at)

    answer = move(bram, item, day, htmx=htmx)

    assert answer.status_code == (200 if htmx else 422)
    assert sentence in unescape(answer.text)
    assert ('id="calendar"' in answer.text) is htmx
    assert day_of(db, item) == date(2026, 11, 24)


def test_of_two_editors_who_move_the_second_is_told(db: Database, bram: Client, dina: Client) -> None:
    with db.writing() as session:
        item = planned(session, autumn(session), date(2026, 11, 24))
    move(bram, item, "2026-11-25")

    late = move(dina, item, "2026-11-26")

    assert late.status_code == 422
    assert "Dit item is veranderd terwijl je keek" in late.text
    assert f'name="version" value="{item.version + 1}"' in late.text
    assert day_of(db, item) == date(2026, 11, 25)


def test_of_editors_who_move_at_once_one_does(db: Database, bram: Client) -> None:
    with db.writing() as session:
        item = planned(session, autumn(session), date(2026, 11, 24))
    days = [date(2026, 11, 25) + timedelta(days=number) for number in range(4)]
    ready = Barrier(len(days))

    def go(day: date) -> int:
        browser = Client.signed_in(bram.app, bram.person)
        ready.wait()
        status: int = move(browser, item, day).status_code
        return status

    with ThreadPoolExecutor(len(days)) as pool:
        answers = dict(zip(days, pool.map(go, days), strict=True))

    assert sorted(answers.values()) == [303, 422, 422, 422]
    assert answers[day_of(db, item)] == 303


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"publish_at": SUNDAY - timedelta(days=1)}, "Het staat al online, sinds 21 november."),
        ({"state": "recalled"}, "Dit is teruggehaald."),
    ],
)
def test_what_has_its_day_already_stays(db: Database, bram: Client, values: dict[str, Any], sentence: str) -> None:
    with db.writing() as session:
        item = planned(session, autumn(session), date(2026, 11, 24), **values)
    before = day_of(db, item)

    answer = move(bram, item, "2026-11-25")

    assert sentence in unescape(answer.text)
    assert "ligt vast" in bram.get(f"/calendar/items/{item.id}/move").text
    assert day_of(db, item) == before
    assert f'data-item="{item.id}"' not in bram.get("/calendar").text


def test_a_script_gets_the_calendar_and_the_sentence_apart(db: Database, bram: Client) -> None:
    with db.writing() as session:
        item = planned(session, autumn(session), date(2026, 11, 24))

    answer = move(bram, item, "2026-11-25", htmx=True)

    assert answer.status_code == 200
    assert answer.text.startswith('<section class="calendar month')
    assert '<div id="calendar-says" hx-swap-oob="true">' in answer.text
    assert "verschijnt nu op woensdag 25 november" in unescape(answer.text)


def test_the_form_without_scripts_leads_back_to_where_it_came_from(db: Database, bram: Client) -> None:
    with db.writing() as session:
        item = planned(session, autumn(session), date(2026, 11, 24))

    page = bram.get(f"/calendar/items/{item.id}/move?week=2026-W48").text

    assert 'href="/calendar?week=2026-W48"' in page
    assert 'min="2026-11-22" max="2026-12-20"' in page
    answer = move(bram, item, "2026-11-25", view="week", shown="2026-W48")
    assert answer.headers["location"] == "/calendar?week=2026-W48"


def test_an_empty_calendar_says_what_it_is_for(bram: Client) -> None:
    page = bram.get("/calendar").text

    assert "Ruimte voor iets moois" in page


def test_many_campaigns_in_one_week_are_counted(db: Database, bram: Client) -> None:
    with db.writing() as session:
        for _ in range(7):
            autumn(session)

    assert "en nog 3 campagnes" in bram.get("/calendar").text
