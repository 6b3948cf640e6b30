"""Lists of campaigns and of a campaign's items, one part at a time, however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from portal import clock
from portal.campaigns import queries
from portal.campaigns.models import Campaign, Item
from portal.campaigns.queries import STANDINGS
from portal.parts import Part, part

PHASES = ("running", "coming", "past", "archived")
CAMPAIGNS_SHOWN = 12
ITEMS_SHOWN = 20
WAITING_SHOWN = 8


@dataclass(frozen=True)
class CampaignCard:
    campaign: Campaign
    phase: str
    """One of `PHASES`."""
    counts: dict[str, int] = field(default_factory=dict)
    """Number of items by where they stand."""

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class CampaignList:
    cards: list[CampaignCard]
    part: Part
    by_phase: dict[str, int]
    """Number of campaigns by phase, whichever are shown."""


def campaign_list(db: Session, day: date, *, phase: str = "", number: int = 1) -> CampaignList:
    """Page `number`, at most the last one, of the campaigns in one phase, or of all that are not archived.

    Those that run on `day` come first, then what is coming, then what is past.
    """
    phase_now = _phase_on(day)
    by_phase = dict(db.execute(select(phase_now, func.count()).group_by(phase_now)).all())
    wanted = [phase] if phase in PHASES else [each for each in PHASES if each != "archived"]
    shown = part(number, total=sum(by_phase.get(each, 0) for each in wanted), size=CAMPAIGNS_SHOWN)
    found = db.scalars(
        select(Campaign)
        .options(selectinload(Campaign.texts))
        .where(phase_now.in_(wanted))
        .order_by(
            case({each: place for place, each in enumerate(PHASES)}, value=phase_now),
            case((phase_now == "coming", Campaign.starts_on)),  # what comes next stands first
            Campaign.starts_on.desc(),
            Campaign.id.desc(),
        )
        .limit(shown.size)
        .offset(shown.skipped)
    ).all()
    counts = _items_by_standing(db, [each.id for each in found])
    cards = [CampaignCard(each, queries.phase(each, day), counts.get(each.id, {})) for each in found]
    return CampaignList(cards, shown, by_phase)


@dataclass(frozen=True)
class ItemList:
    items: list[Item]
    """With texts, captions and picture."""
    part: Part
    by_standing: dict[str, int]
    """Number of items by where they stand, whichever are shown."""

    @property
    def total(self) -> int:
        return sum(self.by_standing.values())


def item_list(db: Session, campaign: Campaign, *, standing: str = "", number: int = 1) -> ItemList:
    """Page `number`, at most the last one, of the campaign's items that stand in one place, or of all."""
    by_standing = _items_by_standing(db, [campaign.id]).get(campaign.id, {})
    wanted = [standing] if standing in STANDINGS else list(STANDINGS)
    shown = part(number, total=sum(by_standing.get(each, 0) for each in wanted), size=ITEMS_SHOWN)
    found = db.scalars(
        select(Item)
        .join(Item.campaign)
        .options(selectinload(Item.texts), selectinload(Item.captions), joinedload(Item.picture))
        .where(Item.campaign_id == campaign.id, _standing_now().in_(wanted))
        .order_by(Item.publish_at, Item.id)
        .limit(shown.size)
        .offset(shown.skipped)
    )
    return ItemList(list(found.unique()), shown, by_standing)


def _phase_on(day: date) -> ColumnElement[str]:
    """As `queries.phase`, for the database."""
    return case(
        (Campaign.archived_at.is_not(None), "archived"),
        (Campaign.starts_on > day, "coming"),
        (Campaign.ends_on < day, "past"),
        else_="running",
    )


def _standing_now() -> ColumnElement[str]:
    """As `queries.standing`, for the database; `Campaign` must be joined."""
    now, today = clock.now(), clock.today()
    is_over = or_(Item.ends_at <= now, Campaign.ends_on < today, Campaign.archived_at.is_not(None))
    return case(
        (Item.state != "approved", Item.state),
        (is_over, "ended"),
        (or_(Item.publish_at > now, Campaign.starts_on > today), "planned"),
        else_="live",
    )


def _items_by_standing(db: Session, campaign_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    stands = _standing_now()
    for campaign_id, standing, number in db.execute(
        select(Item.campaign_id, stands, func.count())
        .join(Item.campaign)
        .where(Item.campaign_id.in_(campaign_ids))
        .group_by(Item.campaign_id, stands)
    ):
        found.setdefault(campaign_id, {})[standing] = number
    return found
