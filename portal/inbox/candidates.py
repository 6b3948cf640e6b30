"""What sources brought: kept once, drafted or left, and ended when a vacancy is over."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import clock, jobs
from portal.campaigns import approval
from portal.campaigns.models import Campaign, Item
from portal.campaigns.queries import find_campaign
from portal.database import Database, insert
from portal.i18n import in_language
from portal.inbox import drafting, postings, previews, robots
from portal.inbox.feeds import Entry
from portal.inbox.models import Candidate, Source
from portal.inbox.previews import Found
from portal.outbound import Failed, Refused
from portal.people import audit
from portal.people.models import Person
from portal.web import NotFound

MOST_MISSED = 2
"""Whole looks in a row that did not find a vacancy before it counts as gone: one may be an accident."""
MOST_DRAFTS = 10
"""Drafts that one look at a trusted source makes; the rest waits on the inbox."""


class TakenAlready(Exception):
    """A colleague was first; nothing was done."""


class NoAddress(Exception):
    """It came without an address that an item could lead to."""


def keep(db: Session, source: Source, entries: list[Entry]) -> int:
    """Put down what a look found, each page once, whichever source brings it first; how many are new.

    Of a trusted source they become drafts, as long as its campaign runs or is still to come.
    """
    now = clock.now()
    # The newest stands first in a feed and is to stand first here, so it comes last.
    rows = [_row(source, each, now) for each in reversed(entries) if not is_over(each.valid_through, now)]
    if not rows:
        return 0
    new = set(
        db.scalars(
            insert(db, Candidate)
            .values(rows)
            .on_conflict_do_nothing(index_elements=["canonical_url"])
            .returning(Candidate.id)
        )
    )
    _refresh(db, source, {each.key: each for each in entries if each.kind == "vacancy"}, new)
    campaign = _open_campaign(db, source)
    if source.trusted and campaign is not None:
        for candidate_id in sorted(new, reverse=True)[:MOST_DRAFTS]:
            candidate = db.get_one(Candidate, candidate_id)
            if candidate.url:
                draft(db, candidate, campaign, by=None)
                jobs.enqueue(db, "picture_of_draft", candidate_id=candidate_id)
    return len(new)


def _row(source: Source, entry: Entry, now: datetime) -> dict[str, Any]:
    return {
        "source_id": source.id,
        "canonical_url": entry.key,
        "url": entry.url,
        "kind": entry.kind,
        "language": source.language,
        "title": entry.title,
        "summary": entry.summary,
        "picture_url": entry.picture_url,
        "place": entry.place,
        "hours": entry.hours,
        "published_at": entry.published_at,
        "valid_through": entry.valid_through,
        "state": "new",
        "missed": 0,
        "at": now,
    }


def _refresh(db: Session, source: Source, entries: dict[str, Entry], new: set[int]) -> None:
    """A vacancy may change while it is open, above all its last day; and a source may bring what another one lost.

    Only its own source says so, and takes over only what stands on its own website: anybody's page can name ours.
    """
    known = select(Candidate).where(
        Candidate.canonical_url.in_(entries),
        Candidate.id.not_in(new),
        (Candidate.source_id == source.id) | Candidate.source_id.is_(None),
    )
    for candidate in db.scalars(known):
        entry = entries[candidate.canonical_url]
        if candidate.source_id is None and urlsplit(candidate.url).hostname != urlsplit(source.url).hostname:
            continue
        candidate.source_id = source.id
        candidate.valid_through = entry.valid_through
        candidate.place, candidate.hours = entry.place or candidate.place, entry.hours or candidate.hours


def count_missing(db: Session, source: Source, present: frozenset[str]) -> None:
    """After a look that saw the whole list: which vacancies it did not find, and which are there again."""
    now = clock.now()
    own = select(Candidate).where(Candidate.source_id == source.id, Candidate.kind == "vacancy")
    open_yet = Candidate.gone_at.is_(None) & (Candidate.state != "dismissed")
    there_again = Candidate.gone_at.is_not(None) & Candidate.canonical_url.in_(present)
    for candidate in db.scalars(own.where(open_yet | there_again)):
        key = candidate.canonical_url
        if key not in present and key.partition("#")[0] not in present:
            candidate.missed += 1
        elif not is_over(candidate.valid_through, now):
            candidate.missed, candidate.gone_at = 0, None
            candidate.state = "new" if candidate.state == "dismissed" else candidate.state


def end_what_is_over(db: Session) -> None:
    """End the vacancies that left their source or passed their last day, and the items made of them. Once each: an
    editor who opens such an item again has the last word."""
    now = clock.now()
    over = (Candidate.missed >= MOST_MISSED) | (Candidate.valid_through <= now)
    found = select(Candidate).where(
        Candidate.state != "dismissed", Candidate.kind == "vacancy", Candidate.gone_at.is_(None), over
    )
    for candidate in db.scalars(found):
        candidate.gone_at = now
        if candidate.state == "new":
            candidate.state = "dismissed"
        elif candidate.item_id is not None:
            _end(db, candidate.item_id, why="past" if is_over(candidate.valid_through, now) else "left")


def _end(db: Session, item_id: int, *, why: str) -> None:
    """Let the item end now unless it has. Its version is raised, so that an edit under way is not saved over this."""
    now = clock.now()
    ended = db.execute(
        update(Item)
        .where(Item.id == item_id, Item.ends_at.is_(None) | (Item.ends_at > now))
        .values(ends_at=now, changed_at=now, version=Item.version + 1)
        .execution_options(synchronize_session=False)
        .returning(Item.id)
    ).first()
    if ended is None:
        return
    item = db.get_one(Item, item_id, populate_existing=True)
    approval.watch(db, item)
    audit.write(db, "item_ended", "item", item_id, by=None, why=why)


def get(db: Session, candidate_id: int) -> Candidate:
    """The candidate; raises NotFound when there is none."""
    found = db.get(Candidate, candidate_id)
    if found is None:
        raise NotFound
    return found


def draft(
    db: Session, candidate: Candidate, campaign: Campaign, *, by: Person | None, found: Found | None = None
) -> tuple[Item, bool]:
    """An item in draft of it, or the item that leads there already; and whether it was made now.

    `found` is the picture of its page. Raises TakenAlready and NoAddress.
    """
    if not candidate.url:
        raise NoAddress
    _move(db, candidate, "new", "drafted")
    known = drafting.same_address(db, candidate.url)
    item = known or drafting.draft(
        db,
        campaign,
        by=by,
        kind=candidate.kind,
        url=candidate.url,
        language=candidate.language,
        title=candidate.title,
        summary=candidate.summary,
        place=candidate.place,
        hours=candidate.hours,
        ends_on=postings.last_day(candidate.valid_through),
        picture=found.picture if found else None,
        picture_alt=found.alt if found else "",
    )
    candidate.item_id = item.id
    return item, known is None


@jobs.job("picture_of_draft", outside=True, slow=True)
def picture_of_draft(*, candidate_id: int, database: Database) -> None:
    """Give the draft that was made of a candidate by itself the picture of its page, where programs may look."""
    with database.reading() as db:
        candidate = db.get(Candidate, candidate_id)
    if candidate is None or candidate.item_id is None:
        return
    try:
        may_look = robots.allow(candidate.url, seconds=previews.SHORT)
    except (Refused, Failed):
        may_look = False
    if not may_look:
        return
    with in_language(candidate.language):
        found = previews.picture_for(candidate.url, spare=candidate.picture_url)
    if found is not None:
        with database.writing() as db:
            if (item := db.get(Item, candidate.item_id)) is not None:
                drafting.illustrate(db, item, found)


def dismiss(db: Session, candidate: Candidate) -> None:
    """Take it off the inbox. Raises TakenAlready."""
    _move(db, candidate, "new", "dismissed")


def bring_back(db: Session, candidate: Candidate) -> None:
    """Put what was taken off the inbox on it again. Raises TakenAlready."""
    _move(db, candidate, "dismissed", "new")


def _move(db: Session, candidate: Candidate, before: str, after: str) -> None:
    moved = db.execute(
        update(Candidate)
        .where(Candidate.id == candidate.id, Candidate.state == before)
        .values(state=after)
        .execution_options(synchronize_session=False)
        .returning(Candidate.id)
    ).first()
    db.refresh(candidate)
    if moved is None:
        raise TakenAlready


def _open_campaign(db: Session, source: Source) -> Campaign | None:
    """The source's campaign unless it is over."""
    campaign = find_campaign(db, source.campaign_id) if source.campaign_id else None
    is_open = campaign is not None and campaign.archived_at is None and campaign.ends_on >= clock.today()
    return campaign if is_open else None


def is_over(valid_through: datetime | None, now: datetime) -> bool:
    """Whether a vacancy's last day is over, as far as it has one."""
    return valid_through is not None and valid_through <= now
