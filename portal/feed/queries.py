"""What the feed reads: live items page by page, and who passed them on, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Integer, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from portal import clock
from portal.campaigns import audience
from portal.campaigns.models import Campaign, Item, ItemText
from portal.campaigns.pictures import address
from portal.campaigns.queries import live_at, number_live
from portal.feed import words
from portal.inbox import ideas
from portal.people.models import Department, Organisation, Person
from portal.sharing.models import SHARED_STATES, Share

PAGE = 20
FRESH = timedelta(days=7)
FEW = 3
"""Below this many colleagues no team is named: it could point at one person."""
MOST_NAMES = 3


@dataclass
class Colleagues:
    """Who else passed an item on: how many, of which teams, and those who agreed to be named."""

    people: int = 0
    teams: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Card:
    """An item as the feed shows it to one person."""

    item: Item
    text: ItemText
    other_language: str
    """"" when the text is in the person's own language."""
    picture: str
    small_picture: str
    left: str
    colleagues: Colleagues
    is_mine: bool
    """Whether this person passed it on."""
    because: str
    """Why it is on this person's feed; "" for what everybody gets."""
    idea_of: str = ""
    """The first name of whose idea it was, when they agreed to that."""


@dataclass(frozen=True)
class FeedPage:
    cards: list[Card]
    fresh: int
    number: int
    has_more: bool


def feed_page(db: Session, *, me: Person, organisation: Organisation, language: str, number: int) -> FeedPage:
    """Page `number` (from 1) of what is live and meant for this person, newest first."""
    at = clock.now()
    found = _live_items(db, at, number, me=me)
    items, has_more = found[:PAGE], len(found) > PAGE
    ids = [item.id for item in items]
    shared_by_me = select(Share.item_id).where(Share.person_id == me.id, Share.state.in_(SHARED_STATES))
    mine = set(db.scalars(shared_by_me.where(Share.item_id.in_(ids))))
    others = _colleagues(db, ids, me=me, with_names=organisation.names_allowed)
    reasons = audience.because(db, ids, me)
    proposers = ideas.proposer_of(db, ids)
    cards = []
    for item in items:
        text = item.text(language)
        cards.append(
            Card(
                item=item,
                text=text,
                other_language="" if text.language == language else str(words.LANGUAGES[text.language]),
                picture=address(item.picture, "card") if item.picture else "",
                small_picture=address(item.picture, "thumb") if item.picture else "",
                left=words.time_left(item, at),
                colleagues=others.get(item.id, Colleagues()),
                is_mine=item.id in mine,
                idea_of=proposers.get(item.id, ""),
                because=reasons.get(item.id, ""),
            )
        )
    fresh = number_live(db, Item.publish_at > at - FRESH, Item.id.not_in(shared_by_me), audience.for_person(me))
    return FeedPage(cards, fresh, number, has_more)


def _live_items(db: Session, at: datetime, number: int, *, me: Person) -> list[Item]:
    """The items of page `number`, and one more when there is a next page."""
    return list(
        db.scalars(
            select(Item)
            .options(selectinload(Item.texts), joinedload(Item.picture))
            .join(Campaign, Campaign.id == Item.campaign_id)
            .where(*live_at(at), audience.for_person(me))
            .order_by(Item.publish_at.desc(), Item.id.desc())
            .offset((number - 1) * PAGE)
            .limit(PAGE + 1)
        )
    )


def _colleagues(db: Session, ids: Sequence[int], *, me: Person, with_names: bool) -> dict[int, Colleagues]:
    found: dict[int, Colleagues] = {}
    shared = (Share.item_id.in_(ids), Share.state.in_(SHARED_STATES), Share.person_id != me.id)
    people = func.count(Share.person_id.distinct())
    for item_id, team, count in db.execute(
        select(Share.item_id, Department.name, people)
        .join(Department, Department.id == Share.department_id)
        .where(*shared)
        .group_by(Share.item_id, Department.name)
        .order_by(people.desc(), Department.name)
    ):
        passed = found.setdefault(item_id, Colleagues())
        passed.people += count
        passed.teams.append(team)
    latest = func.max(Share.at).desc()
    place = func.row_number(type_=Integer).over(partition_by=Share.item_id, order_by=latest)
    named = (
        select(Share.item_id, Person.name, place.label("place"))
        .join(Person, Person.id == Share.person_id)
        .where(*shared, Person.leaderboard_name == "name", Person.deactivated_at.is_(None))
        .group_by(Share.item_id, Person.id, Person.name)
        .subquery()
    )
    for passed in found.values():
        if passed.people < FEW:
            passed.teams.clear()
    if with_names:
        for item_id, name in db.execute(
            select(named.c.item_id, named.c.name).where(named.c.place <= MOST_NAMES).order_by(named.c.place)
        ):
            found.setdefault(item_id, Colleagues()).names.append(name)
    return found
