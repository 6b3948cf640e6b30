"""What a question finds: newest first, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns import queries as campaigns
from portal.campaigns.models import Campaign, Item
from portal.i18n import language
from portal.inbox.models import Idea
from portal.search import index, words
from portal.search.models import SearchEntry

PAGE = 20


@dataclass(frozen=True)
class Hit:
    """One thing found; `subject` is a row of its kind with its texts."""

    kind: str
    subject: Item | Campaign | Idea
    excerpt: str
    """The sentence that holds what was asked for."""


@dataclass(frozen=True)
class Found:
    hits: Sequence[Hit]
    has_more: bool


def find(db: Session, text: str, *, for_editors: bool, page: int = 1) -> Found:
    """What holds every word of `text`; for colleagues who are no editors, what they can share now.

    Costs the same number of queries however much there is.
    """
    question = words.asked(text)
    if not question:
        return Found((), has_more=False)
    query = index.matching(db, select(SearchEntry.kind, SearchEntry.subject_id), question)
    if not for_editors:
        query = (
            query.join(Item, (SearchEntry.kind == "item") & (Item.id == SearchEntry.subject_id))
            .join(Campaign, Campaign.id == Item.campaign_id)
            .where(*campaigns.live_at(clock.now()))
        )
    wanted = query.order_by(SearchEntry.id.desc()).offset((page - 1) * PAGE).limit(PAGE + 1)
    rows = [(kind, subject_id) for kind, subject_id in db.execute(wanted)]
    return Found(_hits(db, rows[:PAGE], question), has_more=len(rows) > PAGE)


def _hits(db: Session, rows: Sequence[tuple[str, int]], question: list[str]) -> list[Hit]:
    ids = {kind: [id_ for each, id_ in rows if each == kind] for kind in ("item", "campaign", "idea")}
    subjects: dict[tuple[str, int], Item | Campaign | Idea] = {}
    if ids["item"]:
        subjects |= {("item", item.id): item for item in campaigns.items_by_id(db, ids["item"])}
    if ids["campaign"]:
        subjects |= {("campaign", each.id): each for each in campaigns.campaigns_by_id(db, ids["campaign"])}
    if ids["idea"]:
        subjects |= {("idea", idea.id): idea for idea in db.scalars(select(Idea).where(Idea.id.in_(ids["idea"])))}
    found = [(kind, subjects[kind, id_]) for kind, id_ in rows if (kind, id_) in subjects]
    return [Hit(kind, subject, words.excerpt(_texts(subject), question)) for kind, subject in found]


def _texts(subject: Item | Campaign | Idea) -> list[str]:
    """What may be quoted, in the reader's language first; titles stand above it anyway."""
    spoken = language.get()
    if isinstance(subject, Idea):
        return [subject.words]
    if isinstance(subject, Campaign):
        return [text.summary for text in sorted(subject.texts, key=lambda each: each.language != spoken)]
    texts = sorted(subject.texts, key=lambda each: each.language != spoken)
    captions = sorted(subject.captions, key=lambda each: each.language != spoken)
    return [
        *(text.summary for text in texts),
        *(caption.body for caption in captions),
        *(text.conditions for text in texts),
    ]
