"""What the feed reads: the items of a day, known until something changes; their order for one person; who passed
them on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Date, Integer, Select, bindparam, func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns.models import Approval, Campaign, Item, ItemAudience, ItemText, Picture
from portal.feed import personal
from portal.feed.visits import Look
from portal.people.models import Department, Person
from portal.people.queries import SMALLEST_TEAM, department_sizes
from portal.sharing.models import SHARED_STATES, Share
from portal.tables import Moment
from portal.unchanged import while_unchanged

PAGE = 20
MOST_PAGES = 10
"""Pages that one address shows together."""
MOST_NAMES = 3


@dataclass(frozen=True)
class Colleagues:
    """Who passed an item on: how many, of which teams, and those who agreed to be named."""

    people: int = 0
    teams: tuple[tuple[int, str, int], ...] = ()
    """Id, name and number of people, the largest first."""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Live:
    """An item that is live at some moment of a day, with all that decides who gets it where on their feed."""

    id: int
    kind: str
    campaign_id: int
    publish_at: datetime
    ends_at: datetime | None
    starts_on: date
    """The first day of its campaign."""
    approved_at: datetime | None
    """When it was approved first."""
    digest: str
    """Of its picture; "" without one."""
    texts: tuple[tuple[str, str, str], ...]
    """Language, title and summary; what was written first is first."""
    audience: dict[str, set[str]]
    """By kind the values it is meant for; empty for everybody."""

    def is_for(self, me: Person, topics: frozenset[str]) -> bool:
        """As `audience.for_person`: no kind leaves the person out."""
        is_theirs = {
            "department": lambda values: str(me.department_id) in values,
            "language": lambda values: me.language in values,
            "topic": lambda values: not topics.isdisjoint(values),
        }
        return all(is_theirs[kind](values) for kind, values in self.audience.items())

    def appeared_after(self, since: datetime, day: date) -> bool:
        """By its own moment, its campaign's first day when that is after `day`, or by a late approval."""
        late = self.approved_at is not None and self.approved_at > since
        return self.publish_at > since or late or self.starts_on > day


@dataclass(frozen=True, slots=True)
class Placed:
    """An item at its place on somebody's feed, with what a card says of it in their language."""

    id: int
    kind: str
    campaign_id: int
    ends_at: datetime | None
    title: str
    summary: str
    language: str
    """That of title and summary."""
    digest: str
    has_audience: bool
    part: int
    """0 for what is unseen, 1 for what was seen, 2 for what they are done with."""
    place: int
    """From 1."""
    is_unseen: bool
    is_mine: bool
    is_saved: bool
    fresh: int
    """Of the whole feed: how many are unseen and not shared,"""
    first: int
    """and how many stand before those seen before."""


def live_for(db: Session, me: Person, at: datetime) -> list[Live]:
    """What is live at that moment and meant for `me`, the newest first."""
    day = clock.local(at).date()
    theirs = while_unchanged(db, ("theirs", me.id, day), lambda: _meant_for(db, me, day))
    return [item for item in theirs if item.publish_at <= at and (item.ends_at is None or item.ends_at > at)]


def _meant_for(db: Session, me: Person, day: date) -> list[Live]:
    topics = personal.of(db, me).topics
    items = while_unchanged(db, ("live", day), lambda: _live_on(db, day))
    return [item for item in items if item.is_for(me, topics)]


def feed_rows(
    db: Session, me: Person, *, look: Look, language: str, skip: int = 0, most: int, after: int = 0
) -> list[Placed]:
    """What is on the feed of `me` from place `skip` on, or behind the item `after` while that is on it."""
    ranked = _ranked(db, me, look)
    known = personal.of(db, me)
    fresh = sum(each.is_unseen and each.item.id not in known.shared for each in ranked)
    first = sum(each.part == 0 for each in ranked)
    skip = next((place for place, each in enumerate(ranked, start=1) if each.item.id == after), skip)
    rows = []
    for place, each in enumerate(ranked[skip : skip + most], start=skip + 1):
        item = each.item
        written, title, summary = next((text for text in item.texts if text[0] == language), item.texts[0])
        rows.append(
            Placed(
                id=item.id,
                kind=item.kind,
                campaign_id=item.campaign_id,
                ends_at=item.ends_at,
                title=title,
                summary=summary,
                language=written,
                digest=item.digest,
                has_audience=bool(item.audience),
                part=each.part,
                place=place,
                is_unseen=each.is_unseen,
                is_mine=item.id in known.shared,
                is_saved=item.id in known.saved,
                fresh=fresh,
                first=first,
            )
        )
    return rows


def place_of(db: Session, me: Person, item_id: int, *, look: Look) -> int:
    """The place of an item on the feed of `me`, from 1; 0 when it is not on it."""
    ids = [each.item.id for each in _ranked(db, me, look)]
    return ids.index(item_id) + 1 if item_id in ids else 0


def number_since(db: Session, me: Person, since: datetime) -> int:
    """How many items appeared on the feed of `me` after that moment."""
    day = clock.local(since).date()
    return sum(item.appeared_after(since, day) for item in live_for(db, me, clock.now()))


@dataclass(frozen=True, slots=True)
class _Ranked:
    item: Live
    part: int
    is_unseen: bool
    ahead: bool


def _ranked(db: Session, me: Person, look: Look) -> list[_Ranked]:
    """Every item of somebody's feed in its order: unseen ones first, then seen ones, then what they shared.

    Among the unseen ones, those meant for their team or topics and those that end soon come a bit ahead.
    """
    settled, soon, since = look.settled, look.soon, look.since
    day, shared = clock.local(since).date(), personal.of(db, me).shared
    found = []
    for item in live_for(db, me, look.at):
        is_unseen, shared_at = item.appeared_after(since, day), shared.get(item.id)
        part = 2 if shared_at is not None and shared_at <= settled else 0 if is_unseen else 1
        ends_soon = item.ends_at is not None and item.ends_at <= soon
        is_meant = "department" in item.audience or "topic" in item.audience
        found.append(_Ranked(item, part, is_unseen, part == 0 and (ends_soon or is_meant)))
    found.sort(key=lambda each: (each.part, not each.ahead))  # the newest stay first
    return found


def _live_on(db: Session, day: date) -> list[Live]:
    """Everything that is live at some moment of that day, the newest first."""
    which = {"day": day, "begins": clock.start_of(day), "ends": clock.end_of(day)}
    texts: dict[int, list[tuple[str, str, str]]] = {}
    for item_id, language, title, summary in db.execute(_texts_statement(), which):
        texts.setdefault(item_id, []).append((language, title, summary))
    audiences: dict[int, dict[str, set[str]]] = {}
    for item_id, kind, value in db.execute(_audiences_statement(), which):
        audiences.setdefault(item_id, {}).setdefault(kind, set()).add(value)
    return [
        Live(
            id=row.id,
            kind=row.kind,
            campaign_id=row.campaign_id,
            publish_at=row.publish_at,
            ends_at=row.ends_at,
            starts_on=row.starts_on,
            approved_at=row.approved_at,
            digest=row.digest or "",
            texts=tuple(texts[row.id]),
            audience=audiences.get(row.id, {}),
        )
        for row in db.execute(_items_statement(), which)
        if row.id in texts
    ]


def colleagues(db: Session, ids: Sequence[int], *, without: int = 0, with_names: bool) -> dict[int, Colleagues]:
    """Who passed these items on, the person with the id `without` left out."""
    key = ("colleagues", tuple(ids), without, with_names)
    return while_unchanged(db, key, lambda: _colleagues(db, ids, without, with_names)) if ids else {}


def _colleagues(db: Session, ids: Sequence[int], without: int, with_names: bool) -> dict[int, Colleagues]:
    shared = (Share.item_id.in_(ids), Share.state.in_(SHARED_STATES), Share.person_id != without)
    people = func.count(Share.person_id.distinct())
    teams: dict[int, list[tuple[int, str, int]]] = {}
    sizes = department_sizes(db)
    for item_id, team_id, team, count in db.execute(
        select(Share.item_id, Department.id, Department.name, people)
        .join(Department, Department.id == Share.department_id)
        .where(*shared)
        .group_by(Share.item_id, Department.id, Department.name)
        .order_by(people.desc(), Department.name)
    ):
        shown = team if sizes.get(team_id, 0) >= SMALLEST_TEAM else ""
        teams.setdefault(item_id, []).append((team_id, shown, count))
    names = _names(db, shared) if with_names and teams else {}
    return {
        item_id: Colleagues(sum(count for _, _, count in each), tuple(each), tuple(names.get(item_id, ())))
        for item_id, each in teams.items()
    }


def _names(db: Session, shared: tuple[Any, ...]) -> dict[int, list[str]]:
    """Of each item those who agreed to be named, whoever shared it last first."""
    place = func.row_number(type_=Integer).over(partition_by=Share.item_id, order_by=func.max(Share.at).desc())
    named = (
        select(Share.item_id, Person.name, place.label("place"))
        .join(Person, Person.id == Share.person_id)
        .where(*shared, Person.leaderboard_name == "name", Person.deactivated_at.is_(None))
        .group_by(Share.item_id, Person.id, Person.name)
        .subquery()
    )
    latest = select(named.c.item_id, named.c.name).where(named.c.place <= MOST_NAMES).order_by(named.c.place)
    found: dict[int, list[str]] = {}
    for item_id, name in db.execute(latest):
        found.setdefault(item_id, []).append(name)
    return found


# The statements are built once, for whichever day: building one takes longer than the database needs for it.


def _on_the_day(*columns: Any) -> Select[Any]:
    day: Any = bindparam("day", type_=Date)
    begins: Any = bindparam("begins", type_=Moment)
    ends: Any = bindparam("ends", type_=Moment)
    return (
        select(*columns)
        .select_from(Item)
        .join(Campaign, Campaign.id == Item.campaign_id)
        .where(
            Item.state == "approved",
            Item.publish_at < ends,
            Item.ends_at.is_(None) | (Item.ends_at > begins),
            Campaign.starts_on <= day,
            Campaign.ends_on >= day,
            Campaign.archived_at.is_(None),
        )
    )


@cache
def _items_statement() -> Select[Any]:
    first = select(func.min(Approval.at)).where(Approval.item_id == Item.id, Approval.step == "approved")
    approved = first.correlate(Item).scalar_subquery()
    columns = (Item.id, Item.kind, Item.campaign_id, Item.publish_at, Item.ends_at, Campaign.starts_on)
    items = _on_the_day(*columns, approved.label("approved_at"), Picture.digest)
    return items.outerjoin(Picture, Picture.id == Item.picture_id).order_by(Item.publish_at.desc(), Item.id.desc())


@cache
def _texts_statement() -> Select[Any]:
    texts = _on_the_day(Item.id, ItemText.language, ItemText.title, ItemText.summary)
    return texts.join(ItemText, ItemText.item_id == Item.id).order_by(ItemText.id)


@cache
def _audiences_statement() -> Select[Any]:
    rows = _on_the_day(ItemAudience.item_id, ItemAudience.kind, ItemAudience.value)
    return rows.join(ItemAudience, ItemAudience.item_id == Item.id)
