"""What the inbox shows, each in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session, selectinload

from portal import clock
from portal.campaigns.models import Campaign, Item
from portal.inbox.models import Candidate, Source
from portal.tables import LARGEST_ID

ON_A_PAGE = 30
TOLD_FOR = timedelta(days=14)
"""How long the inbox tells of an item that ended by itself."""
MOST_TOLD = 10


@dataclass(frozen=True)
class Waiting:
    """A page of what waits, and where the next one begins."""

    candidates: list[Candidate]
    next: int | None


def waiting(db: Session, *, after: int | None = None) -> Waiting:
    """What sources brought and nobody decided about, newest first; `after` is the last of the page before."""
    query = select(Candidate).where(Candidate.state == "new")
    if after is not None and 0 < after <= LARGEST_ID and (last := db.get(Candidate, after)) is not None:
        query = query.where(tuple_(Candidate.at, Candidate.id) < (last.at, last.id))
    found = list(db.scalars(query.order_by(Candidate.at.desc(), Candidate.id.desc()).limit(ON_A_PAGE + 1)))
    has_more = len(found) > ON_A_PAGE
    return Waiting(found[:ON_A_PAGE], found[ON_A_PAGE - 1].id if has_more else None)


def sources(db: Session) -> list[Source]:
    return list(db.scalars(select(Source).order_by(Source.name, Source.id)))


def sources_of(db: Session, candidates: Sequence[Candidate]) -> dict[int, Source]:
    """The sources of these candidates, by id."""
    ids = {each.source_id for each in candidates if each.source_id is not None}
    return {each.id: each for each in db.scalars(select(Source).where(Source.id.in_(ids)))} if ids else {}


def failing_sources(db: Session) -> list[Source]:
    """Those whose last look failed, what fails longest first; what somebody paused is meant to be silent."""
    failing = select(Source).where(Source.failures > 0, Source.paused.is_(False))
    return list(db.scalars(failing.order_by(Source.failures.desc(), Source.name, Source.id).limit(MOST_TOLD)))


def has_sources(db: Session) -> bool:
    return db.scalar(select(Source.id).limit(1)) is not None


def open_campaigns(db: Session, *, most: int = 100) -> list[Campaign]:
    """Campaigns that something can still be added to, with their texts; what runs first, the latest first."""
    today = clock.today()
    return list(
        db.scalars(
            select(Campaign)
            .options(selectinload(Campaign.texts))
            .where(Campaign.archived_at.is_(None), Campaign.ends_on >= today)
            .order_by(Campaign.starts_on > today, Campaign.starts_on.desc(), Campaign.id.desc())
            .limit(most)
        )
    )


@dataclass(frozen=True)
class Ended:
    """An item that ended by itself, and the vacancy it was made of."""

    candidate: Candidate
    item: Item

    @property
    def is_past(self) -> bool:
        """Whether its last day is over; else it left its source."""
        valid_through, gone_at = self.candidate.valid_through, self.candidate.gone_at
        return valid_through is not None and gone_at is not None and valid_through <= gone_at


def ended_lately(db: Session) -> list[Ended]:
    """Items that ended by themselves in the last days, the latest first."""
    rows = db.execute(
        select(Candidate, Item)
        .join(Item, Item.id == Candidate.item_id)
        .options(selectinload(Item.texts))
        .where(Candidate.state == "drafted", Candidate.gone_at > clock.now() - TOLD_FOR)
        .order_by(Candidate.gone_at.desc(), Candidate.id.desc())
        .limit(MOST_TOLD)
    )
    return [Ended(candidate, item) for candidate, item in rows]
