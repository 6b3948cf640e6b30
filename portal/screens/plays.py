"""What players report: that they are on, what they show, and how often they showed it: the proof of play."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, delete, func, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.database import insert
from portal.jobs import job
from portal.screens import queries
from portal.screens.models import Play, Screen
from portal.screens.subjects import SUBJECT

KEPT = timedelta(days=90)
PERIODS = (7, 30, 90)
"""Days the page can look back, today among them."""
MOST_IN_A_REPORT = 100
MOST_IN_AN_HOUR = 200
"""Different things one screen can have shown in one hour; what comes beyond that is not kept."""
LONGEST = 86_400
"""Seconds a report may tell of: a player that was offline for a day tells of that day."""
LARGEST_REPORT = 20_000
_MARK = re.compile(r"[A-Za-z0-9._-]{1,40}")
_KEY = re.compile(r"[\w.:-]{1,200}", re.ASCII)
MOST_PIXELS = 20_000
CLOCK_OFF_AT_MOST = 10 * 366 * 86_400


@dataclass(frozen=True)
class Report:
    """What a player told, with everything left out that cannot be so."""

    mark: str = ""
    """What tells this report from the one before; without it plays are not counted."""
    showing: str = ""
    release: str = ""
    width: int | None = None
    height: int | None = None
    clock_off: int | None = None
    plays: tuple[tuple[str, int, int], ...] = ()
    """Subject, times and seconds."""


@dataclass(frozen=True)
class Line:
    """A line of the proof of play: what or where, how often, for how long, and on how many screens or of how many."""

    key: Any
    times: int
    seconds: int
    others: int


def read(told: Mapping[str, Any]) -> Report:
    """A report out of what a player sent; hostile or broken parts of it are as if they had not been sent."""
    text = {name: value if isinstance(value := told.get(name, ""), str) else "" for name in _FIELDS}
    at = _whole(text["at"], 2**40)
    off = at - int(clock.now().timestamp()) if at is not None else None
    return Report(
        mark=text["n"] if _MARK.fullmatch(text["n"]) else "",
        showing=text["showing"] if _KEY.fullmatch(text["showing"]) else "",
        release=text["release"] if _MARK.fullmatch(text["release"]) else "",
        width=_whole(text["width"], MOST_PIXELS),
        height=_whole(text["height"], MOST_PIXELS),
        clock_off=off if off is not None and abs(off) <= CLOCK_OFF_AT_MOST else None,
        plays=_plays(text["plays"]),
    )


def take(db: Session, screen: Screen, report: Report, *, user_agent: str) -> None:
    """Note that the screen is on and what it told. The same report sent again counts nothing twice."""
    queries.note_seen(db, screen, user_agent)
    told = {
        "showing": report.showing,
        "release": report.release,
        "width": report.width,
        "height": report.height,
        "clock_off": report.clock_off,
    }
    known = {name: value for name, value in told.items() if value not in ("", None)}
    if known:
        db.execute(update(Screen).where(Screen.id == screen.id).values(**known))
    if not report.plays or not report.mark:
        return
    # Whoever writes the mark counts: of the same report arriving twice at once only one does.
    taken = db.execute(
        update(Screen).where(Screen.id == screen.id, Screen.reported != report.mark).values(reported=report.mark)
    )
    assert isinstance(taken, CursorResult)
    if taken.rowcount == 1:
        _count(db, screen.id, report.plays)


def by_screen(db: Session, days: int, *, item_id: int | None = None) -> list[Line]:
    """What each screen showed, by screen id; `item_id`: only of that item. The busiest first."""
    rules = [Play.hour >= since(days)]
    if item_id is not None:
        rules.append(Play.subject == f"item:{item_id}")
    return _lines(db, Play.screen_id, Play.subject, rules)


def by_subject(db: Session, days: int, *, screen_id: int | None = None) -> list[Line]:
    """How often each thing was shown, by subject; `screen_id`: only there. The most shown first."""
    rules = [Play.hour >= since(days)]
    if screen_id is not None:
        rules.append(Play.screen_id == screen_id)
    return _lines(db, Play.subject, Play.screen_id, rules)


def by_both(db: Session, days: int) -> list[tuple[int, str, int, int]]:
    """Screen id, subject, times and seconds, for the export."""
    rows = (
        select(Play.screen_id, Play.subject, func.sum(Play.times), func.sum(Play.seconds))
        .where(Play.hour >= since(days))
        .group_by(Play.screen_id, Play.subject)
        .order_by(Play.screen_id, Play.subject)
    )
    return [(row[0], row[1], int(row[2]), int(row[3])) for row in db.execute(rows)]


def by_day(db: Session, days: int, screen_id: int) -> list[tuple[date, str, int, int]]:
    """Of one screen: day, subject, times and seconds, for the export."""
    found: dict[tuple[date, str], list[int]] = {}
    rows = select(Play.hour, Play.subject, Play.times, Play.seconds).where(
        Play.hour >= since(days), Play.screen_id == screen_id
    )
    for hour, subject, times, seconds in db.execute(rows):
        sums = found.setdefault((clock.local(hour).date(), subject), [0, 0])
        sums[0] += times
        sums[1] += seconds
    return [(day, subject, *sums) for (day, subject), sums in sorted(found.items())]  # type: ignore[misc]


def since(days: int) -> datetime:
    """The beginning of the first of so many days, today among them."""
    return clock.start_of(clock.today() - timedelta(days=days - 1))


@job("old_plays", every=timedelta(days=1))
def forget_old(db: Session) -> None:
    """Proof of play is kept for ninety days."""
    db.execute(delete(Play).where(Play.hour < clock.now() - KEPT))


_FIELDS = ("n", "showing", "release", "width", "height", "at", "plays")


def _whole(text: str, most: int) -> int | None:
    fits = text.isascii() and text.isdigit() and len(text) < 16
    return int(text) if fits and 0 < int(text) <= most else None


def _plays(text: str) -> tuple[tuple[str, int, int], ...]:
    if not text or len(text) > LARGEST_REPORT:
        return ()
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    found: dict[str, tuple[int, int]] = {}
    for row in rows[:MOST_IN_A_REPORT] if isinstance(rows, list) else ():
        if not (isinstance(row, list) and len(row) == 3 and isinstance(row[0], str) and SUBJECT.fullmatch(row[0])):
            continue
        subject, times, seconds = row
        if not all(isinstance(each, int | float) and 0 <= each <= LONGEST for each in (times, seconds)):
            continue  # no number, or none that can be: NaN is not within anything
        times, seconds = int(times), round(seconds)
        if times:
            before = found.get(subject, (0, 0))
            found[subject] = (min(before[0] + times, LONGEST), min(before[1] + seconds, LONGEST))
    return tuple((subject, times, seconds) for subject, (times, seconds) in found.items())


def _count(db: Session, screen_id: int, plays: Collection[tuple[str, int, int]]) -> None:
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    known = set(db.scalars(select(Play.subject).where(Play.screen_id == screen_id, Play.hour == hour)))
    room = MOST_IN_AN_HOUR - len(known)
    fresh = {subject for subject, _times, _seconds in plays if subject not in known}
    left_out = set(sorted(fresh)[max(0, room) :])
    rows = [
        {"screen_id": screen_id, "hour": hour, "subject": subject, "times": times, "seconds": seconds}
        for subject, times, seconds in plays
        if subject not in left_out
    ]
    if not rows:
        return
    adding = insert(db, Play).values(rows)
    db.execute(
        adding.on_conflict_do_update(
            index_elements=["screen_id", "hour", "subject"],
            set_={"times": Play.times + adding.excluded.times, "seconds": Play.seconds + adding.excluded.seconds},
        )
    )


def _lines(db: Session, key: Any, other: Any, rules: list[ColumnElement[bool]]) -> list[Line]:
    times = func.sum(Play.times)
    rows = (
        select(key, times, func.sum(Play.seconds), func.count(other.distinct()))
        .where(*rules)
        .group_by(key)
        .order_by(times.desc(), key)
    )
    return [Line(row[0], int(row[1]), int(row[2]), int(row[3])) for row in db.execute(rows)]
