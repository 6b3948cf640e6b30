"""What somebody keeps for later: only they know, and it waits until they take it off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns.models import Item
from portal.campaigns.queries import items_by_id
from portal.database import insert
from portal.feed import words
from portal.feed.models import SavedItem
from portal.people.models import Person
from portal.sharing import over
from portal.sharing.models import SHARED_STATES, Share

PAGE = 50


@dataclass(frozen=True)
class Saved:
    """One of them, and whether it can still be passed on."""

    item: Item
    at: datetime
    left: str
    is_soon: bool
    is_mine: bool
    over: over.Over | None


@dataclass(frozen=True)
class SavedPage:
    saved: list[Saved]
    number: int
    has_more: bool


def save(db: Session, me: Person, item: Item) -> None:
    """Keep an item for later; it may be kept already."""
    row = {"person_id": me.id, "item_id": item.id, "at": clock.now()}
    db.execute(insert(db, SavedItem).values(row).on_conflict_do_nothing())


def take_off(db: Session, me: Person, item_id: int) -> None:
    db.execute(delete(SavedItem).where(SavedItem.person_id == me.id, SavedItem.item_id == item_id))


def is_saved(db: Session, me: Person, item_id: int) -> bool:
    return db.get(SavedItem, (me.id, item_id)) is not None


def page(db: Session, me: Person, *, number: int) -> SavedPage:
    """What `me` keeps, the latest first."""
    rows = db.execute(
        select(SavedItem.item_id, SavedItem.at)
        .where(SavedItem.person_id == me.id)
        .order_by(SavedItem.at.desc(), SavedItem.item_id.desc())
        .offset((number - 1) * PAGE)
        .limit(PAGE + 1)
    ).all()
    has_more, rows = len(rows) > PAGE, rows[:PAGE]
    ids = [row.item_id for row in rows]
    items, mine, now = {item.id: item for item in items_by_id(db, ids)}, _shared(db, me, ids), clock.now()
    kept = []
    for row in rows:
        item = items[row.item_id]
        gone = over.of(db, item) if over.standing(item) else None
        left = "" if gone else words.time_left(item.ends_at, now)
        soon = not gone and words.is_soon(item.ends_at, now)
        kept.append(Saved(item, row.at, left, soon, row.item_id in mine, gone))
    return SavedPage(kept, number, has_more)


def _shared(db: Session, me: Person, ids: Sequence[int]) -> set[int]:
    mine = (Share.person_id == me.id, Share.state.in_(SHARED_STATES), Share.item_id.in_(ids))
    return set(db.scalars(select(Share.item_id).where(*mine)))
