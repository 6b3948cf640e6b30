"""Two minutes: three items that fit somebody, one after the other, and what they did of it just now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns.models import Item
from portal.campaigns.queries import items_by_id
from portal.feed import queries, words
from portal.feed.queries import Placed
from portal.feed.visits import Look
from portal.people.models import Person
from portal.sharing.models import SHARED_STATES, Share

STEPS = 3
JUST_NOW = timedelta(hours=1)
"""What was shared within this time is part of these two minutes: nothing about them is kept anywhere."""
_LOOKED_AT = 60
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Step:
    item_id: int
    kind: str
    title: str
    language: str
    picture: str
    left: str
    is_soon: bool
    share_id: int = 0
    """What this person did with it just now; 0 for nothing yet."""
    is_shared: bool = False
    """Whether they said that it is out."""


def steps(db: Session, me: Person, *, look: Look, language: str) -> list[Step]:
    """What was done just now, in that order, then what could come next; at most three together."""
    done = _done(db, me, language)
    rows = queries.feed_rows(db, me, look=look, language=language, most=_LOOKED_AT)
    free = [row for row in rows if not row.is_mine and row.id not in {step.item_id for step in done}]
    seen = {(row.kind, row.campaign_id) for row in rows if row.id in {step.item_id for step in done}}
    chosen = _different(free, most=STEPS - len(done), beside=seen)
    return [*done, *(_step(row, look) for row in chosen)]


def _different(rows: Sequence[Placed], *, most: int, beside: Iterable[tuple[str, int]]) -> list[Placed]:
    """Unseen ones first, and of these what ends first, but of another kind and campaign each as far as there are."""
    ordered = sorted(rows, key=lambda row: (not row.is_unseen, row.ends_at or _NEVER, row.place))
    kinds, campaigns = {kind for kind, _ in beside}, {campaign for _, campaign in beside}
    chosen: list[Placed] = []
    while ordered and len(chosen) < most:
        best = min(ordered, key=lambda row: (not row.is_unseen, row.kind in kinds, row.campaign_id in campaigns))
        ordered.remove(best)
        kinds.add(best.kind)
        campaigns.add(best.campaign_id)
        chosen.append(best)
    return chosen


def _done(db: Session, me: Person, language: str) -> list[Step]:
    lately = (Share.person_id == me.id, Share.at > clock.now() - JUST_NOW)
    rows = db.scalars(select(Share).where(*lately).order_by(Share.at, Share.id))
    by_item: dict[int, Share] = {}
    for share in rows:
        if share.item_id not in by_item or share.state in SHARED_STATES:
            by_item[share.item_id] = share
    first = list(by_item.values())[:STEPS]
    items = {item.id: item for item in items_by_id(db, [share.item_id for share in first])}
    return [_done_step(items[share.item_id], share, language) for share in first]


def _done_step(item: Item, share: Share, language: str) -> Step:
    text = item.text(language)
    return Step(
        item_id=item.id,
        kind=item.kind,
        title=text.title,
        language=text.language,
        picture=item.picture.digest if item.picture else "",
        left="",
        is_soon=False,
        share_id=share.id,
        is_shared=share.is_shared,
    )


def _step(row: Placed, look: Look) -> Step:
    return Step(
        item_id=row.id,
        kind=row.kind,
        title=row.title,
        language=row.language,
        picture=row.digest,
        left=words.time_left(row.ends_at, look.at),
        is_soon=words.is_soon(row.ends_at, look.at),
    )
