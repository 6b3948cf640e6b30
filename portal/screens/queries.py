"""Which screens there are, which one a token opens, and when each was last seen."""

import re
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns.models import Item
from portal.links.models import Link
from portal.screens.models import Screen
from portal.web import NotFound

HERE = timedelta(minutes=3)
"""A screen tells once a minute that it is on; after three silent ones it counts as off."""
NOTED_EVERY = timedelta(minutes=1)


def screens(db: Session) -> list[Screen]:
    """Every connected screen, by name."""
    return list(db.scalars(select(Screen).where(Screen.revoked_at.is_(None)).order_by(Screen.name, Screen.id)))


def get_screen(db: Session, screen_id: int) -> Screen:
    """The connected screen; raises NotFound when there is none."""
    found = db.scalar(select(Screen).where(Screen.id == screen_id, Screen.revoked_at.is_(None)))
    if found is None:
        raise NotFound
    return found


def find_screen(db: Session, token_hash: str) -> Screen | None:
    """The screen this token was given to, revoked or not."""
    return db.scalar(select(Screen).where(Screen.token_hash == token_hash))


def printable(db: Session, items: Sequence[Item], language: str) -> dict[int, list[tuple[int, str]]]:
    """By screen: the link of each of these items on it, for printing its QR code, with the item's title."""
    titles = {item.id: item.text(language).title for item in items}
    links = select(Link).where(Link.kind == "screen", Link.item_id.in_(titles)).order_by(Link.id.desc())
    found: dict[int, list[tuple[int, str]]] = {}
    for link in db.scalars(links):
        if link.screen_id is not None and link.item_id is not None:
            found.setdefault(link.screen_id, []).append((link.id, titles[link.item_id]))
    return found


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
