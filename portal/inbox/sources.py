"""The addresses that are looked at on schedule: added, changed, looked at, and left alone for longer when they fail."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal import clock, jobs, outbound
from portal.campaigns import rules
from portal.database import Database
from portal.i18n import LANGUAGES, in_language
from portal.i18n import gettext as _
from portal.inbox import addresses, candidates, looks
from portal.inbox.looks import LONGEST_WAIT, Look, Question
from portal.inbox.models import SOURCE_KINDS, Candidate, Source
from portal.people import audit
from portal.people.models import Person
from portal.web import NotFound

RHYTHM = {"feed": timedelta(minutes=30), "vacancies": timedelta(hours=2)}
"""How long after a look that went well the next one is."""
MOST_SOURCES = 200
LONGEST_NAME = 120


@dataclass
class SourceDraft:
    """A source as it is typed."""

    kind: str = "feed"
    url: str = ""
    name: str = ""
    language: str = "nl"
    campaign_id: int | None = None
    trusted: bool = False


def problems(db: Session, draft: SourceDraft, *, of: Source | None = None) -> dict[str, str]:
    """What keeps the draft from being a source, by field; `of` is the source it changes."""
    found: dict[str, str] = {}
    if draft.kind not in SOURCE_KINDS:
        found["kind"] = _("Choose what is to be found there.")
    if sentence := _address_problem(draft.url):
        found["url"] = sentence
    elif db.scalar(select(Source.id).where(Source.url == draft.url, Source.id != (of.id if of else 0))):
        found["url"] = _("You look at this address already.")
    if len(draft.name) > LONGEST_NAME:
        found["name"] = _("Keep the name to %(most)s characters, please.", most=LONGEST_NAME)
    if draft.language not in LANGUAGES:
        found["language"] = _("Choose Dutch or English.")
    if draft.trusted and draft.campaign_id is None:
        found["campaign"] = _("Choose the campaign its drafts go to.")
    if of is None and (db.scalar(select(func.count()).select_from(Source)) or 0) >= MOST_SOURCES:
        found.setdefault("url", _("That is a lot to look at: keep at most %(most)s addresses.", most=MOST_SOURCES))
    return found


def _address_problem(url: str) -> str | None:
    """Why this address cannot be looked at: the gateway's reason, before anything is asked."""
    if sentence := rules.target_problem(url):
        return sentence
    try:
        outbound.usual_policy().check(url)
    except outbound.Refused as refused:
        return str(refused)
    return None


def add(db: Session, draft: SourceDraft, *, by: Person) -> Source:
    """A source from a draft without problems, looked at right away."""
    source = Source(url=draft.url, next_at=clock.now(), created_at=clock.now(), paused=False, failures=0, result="")
    _put(draft, source)
    db.add(source)
    db.flush()
    audit.write(db, "source_added", "source", source.id, by=by, url=source.url)
    look_now(db, source)
    return source


def change(db: Session, source: Source, draft: SourceDraft, *, by: Person) -> None:
    """Write a draft without problems. What is new is looked at right away."""
    if (source.url, source.kind) != (draft.url, draft.kind):
        source.etag = source.last_modified = ""
    _put(draft, source)
    audit.write(db, "source_changed", "source", source.id, by=by, url=source.url)
    look_now(db, source)


def of_source(source: Source) -> SourceDraft:
    campaign_id = source.campaign_id
    return SourceDraft(source.kind, source.url, source.name, source.language, campaign_id, source.trusted)


def _put(draft: SourceDraft, source: Source) -> None:
    source.kind, source.url, source.language = draft.kind, draft.url, draft.language
    source.name = draft.name or addresses.canonical(draft.url).removeprefix("https://").split("/")[0]
    source.campaign_id, source.trusted = draft.campaign_id, draft.trusted


def get(db: Session, source_id: int) -> Source:
    """The source; raises NotFound when there is none."""
    found = db.get(Source, source_id)
    if found is None:
        raise NotFound
    return found


def pause(db: Session, source: Source, *, by: Person) -> None:
    """Leave it alone until somebody says otherwise. What came from it stays."""
    source.paused = True
    audit.write(db, "source_paused", "source", source.id, by=by, url=source.url)


def resume(db: Session, source: Source, *, by: Person) -> None:
    source.paused = False
    audit.write(db, "source_resumed", "source", source.id, by=by, url=source.url)
    look_now(db, source)


def remove(db: Session, source: Source, *, by: Person) -> None:
    """Forget it, with what waits on the inbox from it. Drafts and items made of it stay."""
    audit.write(db, "source_removed", "source", source.id, by=by, url=source.url)
    for candidate in db.scalars(select(Candidate).where(Candidate.source_id == source.id, Candidate.state == "new")):
        db.delete(candidate)
    db.delete(source)


def look_now(db: Session, source: Source) -> None:
    """Have it looked at as soon as nothing else is, whatever its back-off says."""
    source.next_at, source.failures = clock.now(), 0
    db.flush()
    if not source.paused:
        _ask_for_look(db, source.id)


@jobs.job("look_at_sources", every=timedelta(minutes=1))
def look_at_sources(db: Session) -> None:
    """Ask for a look at every source whose time has come; end vacancies that are over."""
    candidates.end_what_is_over(db)
    for source_id in db.scalars(select(Source.id).where(Source.next_at <= clock.now(), Source.paused.is_(False))):
        _ask_for_look(db, source_id)


def _ask_for_look(db: Session, source_id: int) -> None:
    jobs.enqueue(db, "look_at_source", dedupe=f"source:{source_id}", source_id=source_id)


@jobs.job("look_at_source", outside=True, slow=True)
def look_at_source(*, source_id: int, database: Database) -> None:
    """Look at one source. While it answers, no transaction is open."""
    with database.reading() as db:
        source = db.get(Source, source_id)
        if source is None or source.paused or source.next_at > clock.now():
            return
        question = _question(db, source)
        language, looked_at = source.language, source.looked_at
    with in_language(language):
        found = looks.look(question)
    with database.writing() as db:
        if (source := _claim(db, source_id, looked_at)) is not None and source.url == question.url:
            _put_down(db, source, found)


def _question(db: Session, source: Source) -> Question:
    known: dict[str, str] = {}
    if source.kind == "vacancies":
        rows = select(Candidate.canonical_url, Candidate.url).where(
            Candidate.source_id == source.id, Candidate.gone_at.is_(None), Candidate.missed == 0, Candidate.url != ""
        )
        known = dict(db.execute(rows).all())
    return Question(source.kind, source.url, source.etag, source.last_modified, known)


def _claim(db: Session, source_id: int, looked_at: datetime | None) -> Source | None:
    """The source, unless somebody else wrote down a look since, when a look took longer than its lease."""
    won = db.execute(
        update(Source)
        .where(Source.id == source_id, Source.looked_at.is_not_distinct_from(looked_at), Source.paused.is_(False))
        .values(looked_at=clock.now())
        .execution_options(synchronize_session=False)
        .returning(Source.id)
    ).first()
    return db.get(Source, source_id) if won is not None else None


def _put_down(db: Session, source: Source, found: Look) -> None:
    new = candidates.keep(db, source, found.entries)
    if found.present is not None:
        candidates.count_missing(db, source, found.present)
        candidates.end_what_is_over(db)
    source.result = f"new {new}" if new else "nothing_new" if found.result == "read" else found.result
    source.failures = source.failures + 1 if found.failed else 0
    source.next_at = clock.now() + max(waiting(source.kind, source.failures), found.wait)
    if not found.failed:
        source.etag, source.last_modified = found.etag, found.last_modified
    if found.moved_to and not db.scalar(select(Source.id).where(Source.url == found.moved_to)):
        source.url = found.moved_to


def waiting(kind: str, failures: int) -> timedelta:
    """How long until the next look: twice as long after each failure in a row, and never more than a day."""
    doubled: int = 2 ** min(failures, 10)
    return min(RHYTHM[kind] * doubled, LONGEST_WAIT)
