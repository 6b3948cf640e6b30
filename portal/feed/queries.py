"""What the feed reads: one statement for what is on somebody's feed and in which order, and who passed it on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import (
    CTE,
    BigInteger,
    Date,
    Integer,
    Row,
    Select,
    String,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns import audience
from portal.campaigns.models import Approval, Campaign, Item, ItemAudience, ItemText, Picture
from portal.campaigns.queries import live_at
from portal.database import lately
from portal.feed.models import SavedItem
from portal.feed.visits import Look
from portal.people.models import Department, Person
from portal.sharing.models import SHARED_STATES, Share
from portal.tables import Moment

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


def feed_rows(
    db: Session, me: Person, *, look: Look, language: str, skip: int = 0, most: int, after: int = 0
) -> Sequence[Row[Any]]:
    """What is on the feed of `me` from place `skip` on, or behind the item `after` while that is on it.

    Each row has what a card says of its item in `language`, and of the whole feed: `fresh`, how many are unseen and
    not shared, and `first`, how many stand before those seen before.
    """
    values = _values(me, look) | {"reading": language, "skip": skip, "most": most, "after": after}
    return db.execute(_cards_statement(), values).all()


def place_of(db: Session, me: Person, item_id: int, *, look: Look) -> int:
    """The place of an item on the feed of `me`, from 1; 0 when it is not on it."""
    return db.scalar(_place_statement(), _values(me, look) | {"after": item_id}) or 0


def number_since(db: Session, me: Person, since: datetime) -> int:
    """How many items appeared on the feed of `me` after that moment."""
    return db.scalar(_news_statement(), _values(me, Look(clock.now(), since))) or 0


def colleagues(db: Session, ids: Sequence[int], *, without: int = 0, with_names: bool) -> dict[int, Colleagues]:
    """Who passed these items on, the person with the id `without` left out."""
    key = ("feed colleagues", tuple(ids), without, with_names)
    return lately(db, key, lambda: _colleagues(db, ids, without, with_names)) if ids else {}


def _colleagues(db: Session, ids: Sequence[int], without: int, with_names: bool) -> dict[int, Colleagues]:
    shared = (Share.item_id.in_(ids), Share.state.in_(SHARED_STATES), Share.person_id != without)
    people = func.count(Share.person_id.distinct())
    teams: dict[int, list[tuple[int, str, int]]] = {}
    for item_id, team_id, team, count in db.execute(
        select(Share.item_id, Department.id, Department.name, people)
        .join(Department, Department.id == Share.department_id)
        .where(*shared)
        .group_by(Share.item_id, Department.id, Department.name)
        .order_by(people.desc(), Department.name)
    ):
        teams.setdefault(item_id, []).append((team_id, team, count))
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


# The statements are built once, for whoever looks whenever: building one takes longer than the database needs for it.

_me: Any = bindparam("me", type_=BigInteger)
_at: Any = bindparam("at", type_=Moment)
_day: Any = bindparam("day", type_=Date)
_since: Any = bindparam("since", type_=Moment)
_since_day: Any = bindparam("since_day", type_=Date)
_settled: Any = bindparam("settled", type_=Moment)
_soon: Any = bindparam("soon", type_=Moment)
_after: Any = bindparam("after", type_=BigInteger)
_whoever = cast(
    Person,
    SimpleNamespace(
        id=_me, department_id=bindparam("team", type_=BigInteger), language=bindparam("speaks", type_=String)
    ),
)
"""Stands for the person where the audience asks for one."""


def _values(me: Person, look: Look) -> dict[str, Any]:
    return {
        "me": me.id,
        "team": me.department_id,
        "speaks": me.language,
        "at": look.at,
        "day": clock.local(look.at).date(),
        "since": look.since,
        "since_day": clock.local(look.since).date(),
        "settled": look.settled,
        "soon": look.soon,
    }


def _unseen() -> Any:
    """The condition that an item appeared after `since`: by its day, its campaign's, or by a late approval."""
    approved = (Approval.item_id == Item.id, Approval.step == "approved")
    late = exists().where(*approved, Approval.at > _since) & ~exists().where(*approved, Approval.at <= _since)
    return or_(Item.publish_at > _since, Campaign.starts_on > _since_day, late)


def _became_shared() -> Any:
    earliest = case(
        (Share.confirmed_at <= Share.seen_at, Share.confirmed_at),
        else_=func.coalesce(Share.seen_at, Share.confirmed_at, Share.at),
    )
    mine = (Share.person_id == _me, Share.state.in_(SHARED_STATES))
    return select(Share.item_id, func.min(earliest).label("at")).where(*mine).group_by(Share.item_id).subquery("mine")


def _ranked() -> CTE:
    """Every item of somebody's feed with its place: unseen ones first, then seen ones, then what they shared.

    Among the unseen ones, those meant for their team or topics and those that end soon come a bit ahead.
    """
    mine = _became_shared()
    meant = exists().where(ItemAudience.item_id == Item.id, ItemAudience.kind.in_(("department", "topic")))
    theirs = (
        select(
            *(Item.id, Item.publish_at, mine.c.at.label("shared_at")),
            case((_unseen(), 1), else_=0).label("is_unseen"),
            case((or_(Item.ends_at <= _soon, meant), 0), else_=1).label("behind"),
        )
        .join(Campaign, Campaign.id == Item.campaign_id)
        .outerjoin(mine, mine.c.item_id == Item.id)
        .where(*_live(), audience.for_person(_whoever))
        .cte("theirs")
    )
    has = theirs.c
    part = case((has.shared_at <= _settled, 2), (has.is_unseen == 1, 0), else_=1)
    parted = select(has.id, has.publish_at, has.shared_at, has.is_unseen, has.behind, part.label("part")).cte("parted")
    has = parted.c
    ahead = case((has.part == 0, has.behind), else_=0)
    return select(
        *(has.id, has.part, has.is_unseen, has.shared_at.is_not(None).label("is_mine")),
        func.row_number().over(order_by=(has.part, ahead, has.publish_at.desc(), has.id.desc())).label("place"),
        func.sum(case((has.shared_at.is_(None), has.is_unseen), else_=0)).over().label("fresh"),
        func.sum(case((has.part == 0, 1), else_=0)).over().label("first"),
    ).cte("ranked")


def _live() -> tuple[Any, ...]:
    # The same conditions as everywhere; their moment and day are those of the look, given with each use.
    return live_at(_at, day=_day)


@cache
def _cards_statement() -> Select[Any]:
    ranked = _ranked()
    text = (
        select(ItemText.id)
        .where(ItemText.item_id == Item.id)
        .order_by(case((ItemText.language == bindparam("reading", type_=String), 0), else_=1), ItemText.id)
        .limit(1)
        .correlate(Item)
        .scalar_subquery()
    )
    saved = exists().where(SavedItem.person_id == _me, SavedItem.item_id == Item.id)
    behind = select(ranked.c.place).where(ranked.c.id == _after).scalar_subquery()
    return (
        select(
            *(Item.id, Item.kind, Item.campaign_id, Item.ends_at),
            *(ItemText.title, ItemText.summary, ItemText.language, Picture.digest),
            *(ranked.c.part, ranked.c.place, ranked.c.is_unseen, ranked.c.is_mine, ranked.c.fresh, ranked.c.first),
            saved.label("is_saved"),
        )
        .select_from(ranked)
        .join(Item, Item.id == ranked.c.id)
        .join(ItemText, ItemText.id == text)
        .outerjoin(Picture, Picture.id == Item.picture_id)
        .where(ranked.c.place > func.coalesce(behind, bindparam("skip", type_=Integer)))
        .order_by(ranked.c.place)
        .limit(bindparam("most", type_=Integer))
    )


@cache
def _place_statement() -> Select[Any]:
    ranked = _ranked()
    return select(ranked.c.place).where(ranked.c.id == _after)


@cache
def _news_statement() -> Select[Any]:
    live = select(func.count()).select_from(Item).join(Campaign, Campaign.id == Item.campaign_id)
    return live.where(*_live(), _unseen(), audience.for_person(_whoever))
