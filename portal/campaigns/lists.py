"""Lists of campaigns and of a campaign's items, one part at a time, however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from portal.campaigns import queries
from portal.campaigns.models import STATES, Campaign, Item

PHASES = ("running", "coming", "past", "archived")
CAMPAIGNS_SHOWN = 12
ITEMS_SHOWN = 20
WAITING_SHOWN = 8


@dataclass(frozen=True)
class Part:
    """Which part of a list is shown: page `number` (from 1) of `total` rows, `size` rows to a page."""

    number: int
    total: int
    size: int

    @property
    def skipped(self) -> int:
        return (self.number - 1) * self.size

    @property
    def first(self) -> int:
        return min(self.skipped + 1, self.total)

    @property
    def last(self) -> int:
        return min(self.skipped + self.size, self.total)

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.last < self.total else None


@dataclass(frozen=True)
class CampaignCard:
    campaign: Campaign
    phase: str
    """One of `PHASES`."""
    counts: dict[str, int] = field(default_factory=dict)
    """Number of items by state."""

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
    part = _part(number, sum(by_phase.get(each, 0) for each in wanted), CAMPAIGNS_SHOWN)
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
        .limit(part.size)
        .offset(part.skipped)
    ).all()
    counts = _items_by_state(db, [each.id for each in found])
    cards = [CampaignCard(each, queries.phase(each, day), counts.get(each.id, {})) for each in found]
    return CampaignList(cards, part, by_phase)


@dataclass(frozen=True)
class ItemList:
    items: list[Item]
    """With texts, captions and picture."""
    part: Part
    by_state: dict[str, int]
    """Number of items by state, whichever are shown."""

    @property
    def total(self) -> int:
        return sum(self.by_state.values())


def item_list(db: Session, campaign: Campaign, *, state: str = "", number: int = 1) -> ItemList:
    """Page `number`, at most the last one, of the campaign's items in one state or in all, as they appear."""
    by_state = _items_by_state(db, [campaign.id]).get(campaign.id, {})
    wanted = [state] if state in STATES else list(STATES)
    part = _part(number, sum(by_state.get(each, 0) for each in wanted), ITEMS_SHOWN)
    found = db.scalars(
        select(Item)
        .options(selectinload(Item.texts), selectinload(Item.captions), joinedload(Item.picture))
        .where(Item.campaign_id == campaign.id, Item.state.in_(wanted))
        .order_by(Item.publish_at, Item.id)
        .limit(part.size)
        .offset(part.skipped)
    )
    return ItemList(list(found.unique()), part, by_state)


def _part(number: int, total: int, size: int) -> Part:
    return Part(max(1, min(number, -(-total // size))), total, size)


def _phase_on(day: date) -> ColumnElement[str]:
    """As `queries.phase`, for the database."""
    return case(
        (Campaign.archived_at.is_not(None), "archived"),
        (Campaign.starts_on > day, "coming"),
        (Campaign.ends_on < day, "past"),
        else_="running",
    )


def _items_by_state(db: Session, campaign_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for campaign_id, state, number in db.execute(
        select(Item.campaign_id, Item.state, func.count())
        .where(Item.campaign_id.in_(campaign_ids))
        .group_by(Item.campaign_id, Item.state)
    ):
        found.setdefault(campaign_id, {})[state] = number
    return found
