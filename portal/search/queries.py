"""What a question finds: newest first, what was archived after all else, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns import audience
from portal.campaigns import queries as campaigns
from portal.campaigns.models import KINDS, Campaign, Item
from portal.i18n import language
from portal.inbox.models import Idea
from portal.people.models import Person
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
    spoken: str
    """The language of that sentence; "" when nobody said, as of an idea."""


@dataclass(frozen=True)
class Found:
    hits: Sequence[Hit]
    has_more: bool


def finds_everything(me: Person) -> bool:
    """Whether this person looks through everything, rather than through their feed."""
    return me.role in ("editor", "admin")


def find(db: Session, text: str, *, me: Person, kind: str = "", page: int = 1) -> Found:
    """What holds every word of `text`: of everything for editors, for others of what is on their own feed now.

    `kind` keeps to one kind of item, or to campaigns or ideas. Costs the same number of queries however much there is.
    """
    question = words.asked(text)
    if not question:
        return Found((), has_more=False)
    query = index.matching(db, select(SearchEntry.kind, SearchEntry.subject_id), question)
    for_everything = finds_everything(me)
    is_item = (SearchEntry.kind == "item") & (Item.id == SearchEntry.subject_id)
    query = query.join(Item, is_item, isouter=for_everything and kind not in KINDS)
    if kind:
        query = query.where(Item.kind == kind if kind in KINDS else SearchEntry.kind == kind)
    if for_everything:
        its_campaign = func.coalesce(Item.campaign_id, case((SearchEntry.kind == "campaign", SearchEntry.subject_id)))
        query = query.outerjoin(Campaign, Campaign.id == its_campaign).order_by(Campaign.archived_at.is_not(None))
    else:
        query = query.join(Campaign, Campaign.id == Item.campaign_id)
        query = query.where(*campaigns.live_at(clock.now()), audience.for_person(me))
    wanted = query.order_by(SearchEntry.id.desc()).offset((page - 1) * PAGE).limit(PAGE + 1)
    rows = [(each, subject_id) for each, subject_id in db.execute(wanted)]
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
    return [Hit(kind, subject, *_excerpt(subject, question)) for kind, subject in found]


def _excerpt(subject: Item | Campaign | Idea, question: list[str]) -> tuple[str, str]:
    """The first sentence that holds a word of the question, with its language."""
    for spoken, text in _texts(subject):
        if said := words.excerpt(text, question):
            return said, spoken
    return "", ""


def _texts(subject: Item | Campaign | Idea) -> list[tuple[str, str]]:
    """What may be quoted, each with its language, the reader's first; titles stand above it anyway."""
    reads = language.get()
    if isinstance(subject, Idea):
        return [("", subject.words)]
    if isinstance(subject, Campaign):
        said = sorted(subject.texts, key=lambda each: each.language != reads)
        return [(text.language, text.summary) for text in said]
    texts = sorted(subject.texts, key=lambda each: each.language != reads)
    captions = sorted(subject.captions, key=lambda each: each.language != reads)
    return [
        *((text.language, text.summary) for text in texts),
        *((caption.language, caption.body) for caption in captions),
        *((text.language, text.conditions) for text in texts),
    ]
