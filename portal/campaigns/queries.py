"""What pages, walls and mails read of campaigns and items, each in a fixed number of queries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from portal import clock
from portal.campaigns.models import Approval, Campaign, Item
from portal.people.models import Person
from portal.tables import LARGEST_ID
from portal.web import NotFound


def find_item(db: Session, item_id: int) -> Item | None:
    """The item with texts, captions, picture and campaign, in whatever state it is."""
    if not 0 < item_id <= LARGEST_ID:
        return None
    return db.scalars(_items().where(Item.id == item_id)).unique().one_or_none()


def get_item(db: Session, item_id: int) -> Item:
    """As find_item; raises NotFound when there is none."""
    item = find_item(db, item_id)
    if item is None:
        raise NotFound
    return item


def live_items(db: Session, at: datetime | None = None, *, most: int | None = None) -> list[Item]:
    """Approved items inside their own days and their campaign's, newest first, with all that is shown.

    At most the `most` newest of them; None for all.
    """
    query = _items().join(Item.campaign).where(*live_at(at or clock.now()))
    return list(db.scalars(query.order_by(Item.publish_at.desc(), Item.id.desc()).limit(most)).unique())


def number_live(db: Session, *conditions: ColumnElement[bool]) -> int:
    """How many items are live now, of those that meet `conditions` (over `Item`)."""
    live = select(func.count()).select_from(Item).join(Item.campaign).where(*live_at(clock.now()), *conditions)
    return db.scalar(live) or 0


def live_at(at: datetime, *, day: date | None = None) -> tuple[ColumnElement[bool], ...]:
    """The conditions on an item and its campaign for being shown and shared at that moment, on the `day` it lies in."""
    day = clock.local(at).date() if day is None else day
    return (
        Item.state == "approved",
        Item.publish_at <= at,
        Item.ends_at.is_(None) | (Item.ends_at > at),
        Campaign.starts_on <= day,
        Campaign.ends_on >= day,
        Campaign.archived_at.is_(None),
    )


def running_campaign(db: Session, day: date) -> Campaign | None:
    """The campaign that runs on `day`; the one that started last when there are several."""
    return db.scalars(
        _campaigns()
        .where(Campaign.starts_on <= day, Campaign.ends_on >= day, Campaign.archived_at.is_(None))
        .order_by(Campaign.starts_on.desc(), Campaign.id.desc())
        .limit(1)
    ).one_or_none()


def get_campaign(db: Session, campaign_id: int) -> Campaign:
    """The campaign with its texts; raises NotFound when there is none."""
    found = find_campaign(db, campaign_id)
    if found is None:
        raise NotFound
    return found


def find_campaign(db: Session, campaign_id: int) -> Campaign | None:
    if not 0 < campaign_id <= LARGEST_ID:
        return None
    return db.scalar(_campaigns().where(Campaign.id == campaign_id))


def find_campaign_by_slug(db: Session, slug: str) -> Campaign | None:
    return db.scalar(_campaigns().where(Campaign.slug == slug))


def campaigns(db: Session) -> list[Campaign]:
    """Every campaign with its texts, the one that starts last first."""
    return list(db.scalars(_campaigns().order_by(Campaign.starts_on.desc(), Campaign.id.desc())))


def items_of(db: Session, campaign_id: int) -> list[Item]:
    """All items of a campaign in the order they appear on the feed."""
    return list(db.scalars(_items().where(Item.campaign_id == campaign_id).order_by(Item.publish_at, Item.id)).unique())


def items_by_id(db: Session, ids: Sequence[int]) -> list[Item]:
    """These items with all that is shown, in no particular order."""
    return list(db.scalars(_items().where(Item.id.in_(ids))).unique())


def items_with_words(db: Session, ids: Collection[int]) -> dict[int, Item]:
    """These items by id, with their texts and campaign and no more: enough to name each and say where it stands."""
    loaded = select(Item).options(selectinload(Item.texts), joinedload(Item.campaign)).where(Item.id.in_(ids))
    return {item.id: item for item in db.scalars(loaded)}


def titles_of(db: Session, ids: Collection[int], language: str) -> dict[int, str]:
    """The titles of these items by id."""
    return {item_id: item.text(language).title for item_id, item in items_with_words(db, ids).items()}


def campaigns_by_id(db: Session, ids: Sequence[int]) -> list[Campaign]:
    """These campaigns with their texts, in no particular order."""
    return list(db.scalars(_campaigns().where(Campaign.id.in_(ids))))


def waiting_items(db: Session, *, most: int | None = None) -> list[Item]:
    """What waits for approval in campaigns that are not archived; what appears first comes first."""
    return list(db.scalars(_items().where(*_waiting()).order_by(Item.publish_at, Item.id).limit(most)).unique())


def number_waiting(db: Session) -> int:
    return db.scalar(select(func.count()).select_from(Item).where(*_waiting())) or 0


def _waiting() -> tuple[ColumnElement[bool], ...]:
    # Not a join, from which a database may begin with all campaigns: few are archived, and items lie in order.
    archived = select(Campaign.id).where(Campaign.archived_at.is_not(None))
    return (Item.state == "in_review", Item.campaign_id.not_in(archived))


@dataclass(frozen=True)
class Step:
    step: str
    note: str
    by: str | None
    at: datetime
    reviewer: str
    """Who took the step from outside; "" for a colleague."""


def history(db: Session, item_id: int, *, most: int | None = None) -> list[Step]:
    """The item's way so far, latest step first, with the names of those who took it."""
    rows = db.execute(
        select(Approval.step, Approval.note, Person.name, Approval.at, Approval.reviewer)
        .outerjoin(Person, Person.id == Approval.by_id)
        .where(Approval.item_id == item_id)
        .order_by(Approval.id.desc())
        .limit(most)
    )
    return [Step(*row) for row in rows]


def latest_notes(db: Session, ids: Sequence[int]) -> dict[int, str]:
    """Per item the note of a colleague's latest step, for items that were returned or recalled."""
    if not ids:
        return {}
    of_these = (Approval.item_id.in_(ids), Approval.reviewer == "")
    last = select(func.max(Approval.id)).where(*of_these).group_by(Approval.item_id)
    rows = db.execute(select(Approval.item_id, Approval.note).where(Approval.id.in_(last), Approval.note != ""))
    return dict(rows.all())


def colleagues(db: Session) -> list[tuple[str, str]]:
    """The name and mail address of everybody, for keeping them out of addresses that anybody can see."""
    return [(name, email or "") for name, email in db.execute(select(Person.name, Person.email))]


def successor_of(db: Session, item: Item, at: datetime | None = None) -> Item | None:
    """What came after the item and is open now, however many steps later."""
    seen, next_id = {item.id}, item.successor_id
    while next_id is not None and next_id not in seen:
        seen.add(next_id)
        found = find_item(db, next_id)
        if found is None or found.is_published(at):
            return found
        next_id = found.successor_id
    return None


def possible_successors(db: Session, item: Item, *, most: int = 200) -> list[Item]:
    """What could come after the item: not over yet, the latest first, this campaign's before others."""
    return list(
        db.scalars(
            _items()
            .join(Item.campaign)
            .where(
                Item.id != item.id,
                (Item.state != "recalled")
                & (Item.ends_at.is_(None) | (Item.ends_at > clock.now()))
                & Campaign.archived_at.is_(None)
                | (Item.id == item.successor_id),
            )
            .order_by(Item.campaign_id != item.campaign_id, Item.publish_at.desc(), Item.id.desc())
            .limit(most)
        ).unique()
    )


def slugs_of_campaigns(db: Session) -> set[str]:
    return set(db.scalars(select(Campaign.slug)))


def slugs_of_items(db: Session, campaign_id: int) -> set[str]:
    return set(db.scalars(select(Item.slug).where(Item.campaign_id == campaign_id)))


def phase(campaign: Campaign, day: date) -> str:
    """running, coming, past or archived."""
    if campaign.archived_at is not None:
        return "archived"
    if campaign.runs_on(day):
        return "running"
    return "coming" if campaign.starts_on > day else "past"


STANDINGS = ("live", "in_review", "planned", "draft", "ended", "recalled")
"""Where an item can stand on a given day, those first that an editor looks for first."""


def standing(item: Item, campaign: Campaign, at: datetime | None = None) -> str:
    """One of `STANDINGS`: the item's state, and of what is approved whether its days have begun or are over."""
    at = at or clock.now()
    if item.state != "approved":
        return item.state
    closes = min(filter(None, (item.ends_at, campaign.archived_at, clock.end_of(campaign.ends_on))))
    if closes <= at:
        return "ended"
    return "planned" if appears_at(item, campaign) > at else "live"


def appears_at(item: Item, campaign: Campaign) -> datetime:
    """When it is on the feed first, once it is approved: on its own day, but not before its campaign begins."""
    return max(item.publish_at, clock.start_of(campaign.starts_on))


def _campaigns() -> Select[Campaign]:
    return select(Campaign).options(selectinload(Campaign.texts))


def _items() -> Select[Item]:
    return select(Item).options(*_whole_item())


def _whole_item() -> tuple[ORMOption, ...]:
    texts: Any = joinedload(Item.campaign).selectinload(Campaign.texts)
    return (selectinload(Item.texts), selectinload(Item.captions), joinedload(Item.picture), texts)
