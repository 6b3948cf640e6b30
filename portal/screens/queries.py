"""Which screens there are, which one a token opens, and when each was last seen."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns.models import Item
from portal.campaigns.queries import live_at, titles_of
from portal.links.models import Link
from portal.parts import Part, part
from portal.people.models import Department
from portal.screens.models import Playlist, Screen
from portal.web import NotFound

MOST_PRINTABLE = 12
"""Codes offered for printing at once."""
HERE = timedelta(minutes=3)
"""A screen tells once a minute that it is on; after three silent ones it counts as off."""
NOTED_EVERY = timedelta(minutes=1)
PAGE = 24
"""Screens on one page of the list."""


@dataclass(frozen=True)
class Row:
    """A screen on the list, with the names of its department and its playlist; "" for none and for the house's."""

    screen: Screen
    department: str
    playlist: str


@dataclass(frozen=True)
class Register:
    """A part of the connected screens, by place and name. `everywhere` is how many there are in all."""

    rows: list[Row]
    part: Part
    everywhere: int


def register(db: Session, *, q: str = "", number: int = 1) -> Register:
    """A page of the screens whose name, place or department holds `q`; at most the last page."""
    asked = _asked(q)
    joined = select(func.count()).select_from(Screen).outerjoin(Department, Department.id == Screen.department_id)
    everywhere = db.scalar(select(func.count()).select_from(Screen).where(Screen.revoked_at.is_(None))) or 0
    total = (db.scalar(joined.where(*asked)) or 0) if q else everywhere
    shown = part(number, total=total, size=PAGE)
    found = _rows().where(*asked).order_by(func.lower(Screen.place), func.lower(Screen.name), Screen.id)
    rows = db.execute(found.limit(shown.size).offset(shown.skipped))
    return Register([_row(each) for each in rows], shown, everywhere)


def screens(db: Session) -> list[Screen]:
    """Every connected screen, by name."""
    return list(db.scalars(select(Screen).where(Screen.revoked_at.is_(None)).order_by(Screen.name, Screen.id)))


def get_row(db: Session, screen_id: int) -> Row:
    """The connected screen as the list has it; raises NotFound when there is none."""
    found = db.execute(_rows().where(Screen.id == screen_id, Screen.revoked_at.is_(None))).first()
    if found is None:
        raise NotFound
    return _row(found)


def get_screen(db: Session, screen_id: int) -> Screen:
    """The connected screen; raises NotFound when there is none."""
    found = db.scalar(select(Screen).where(Screen.id == screen_id, Screen.revoked_at.is_(None)))
    if found is None:
        raise NotFound
    return found


def find_screen(db: Session, token_hash: str) -> Screen | None:
    """The screen this token was given to, revoked or not."""
    return db.scalar(select(Screen).where(Screen.token_hash == token_hash))


def printable(db: Session, screen_id: int, language: str) -> list[tuple[int, str]]:
    """The screen's newest links to live items, for printing their QR codes, each with the title of its item."""
    links = db.scalars(
        select(Link)
        .join(Item, Item.id == Link.item_id)
        .join(Item.campaign)
        .where(Link.kind == "screen", Link.screen_id == screen_id, *live_at(clock.now()))
        .order_by(Link.id.desc())
        .limit(MOST_PRINTABLE)
    ).all()
    titles = titles_of(db, {link.item_id for link in links if link.item_id is not None}, language)
    return [(link.id, titles[link.item_id]) for link in links if link.item_id is not None]


def is_here(screen: Screen) -> bool:
    return screen.last_seen_at is not None and screen.last_seen_at > clock.now() - HERE


def note_seen(db: Session, screen: Screen, user_agent: str) -> None:
    """Note that the screen is on, at most once a minute, and what it runs."""
    now = clock.now()
    db.execute(
        update(Screen)
        .where(Screen.id == screen.id)
        .where(or_(Screen.last_seen_at.is_(None), Screen.last_seen_at <= now - NOTED_EVERY))
        .values(last_seen_at=now, engine=engine(user_agent))
    )


def engine(user_agent: str) -> str:
    """What a player is, in a few words: such as "Tizen, Chromium 69"."""
    maker = re.search(r"\b(Tizen|Web0S|BrightSign|CrKey|Android)\b", user_agent)
    browser = re.search(r"\b(Chrome|Firefox|Version)/(\d{1,4})", user_agent)
    names = {"Web0S": "webOS", "CrKey": "Chromecast", "Chrome": "Chromium", "Version": "Safari"}
    parts = [names.get(maker[1], maker[1])] if maker else []
    parts += [f"{names.get(browser[1], browser[1])} {browser[2]}"] if browser else []
    return ", ".join(parts)


def _rows() -> Select[Screen, str | None, str | None, bool | None]:
    return (
        select(Screen, Department.name, Playlist.name, Playlist.is_house)
        .outerjoin(Department, Department.id == Screen.department_id)
        .outerjoin(Playlist, Playlist.id == Screen.playlist_id)
    )


def _row(found: Any) -> Row:
    screen, department, playlist, is_house = found
    return Row(screen, department or "", "" if is_house else playlist or "")


def _asked(q: str) -> list[ColumnElement[bool]]:
    here: list[ColumnElement[bool]] = [Screen.revoked_at.is_(None)]
    if q:
        columns = (Screen.name, Screen.place, Department.name)
        here.append(or_(*(column.icontains(q, autoescape=True) for column in columns)))
    return here


def version(engine: str) -> int:
    """The version of Chromium in what `engine` made; 1000 for any other browser, which we know nothing against."""
    found = re.search(r"Chromium (\d+)", engine)
    return int(found[1]) if found else 1000
