"""Digests: found when they are due, sent one after another, never twice, and without forgetting anybody.

Whoever is due at 08:00 may be one of ten thousand, and a mail server takes only so many a second. So nothing is queued
for each of them: `next_digest_at` is the queue. Short jobs send what is due until it is done, and let other slow work
come in between.

A digest is put on record as `sending`, and the next one planned, in the last moment before the mail server can have it.
What is cut short after that may have arrived and is never sent again; as only a digest that was `sent` counts as told,
what it would have said comes in the next one.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage

import structlog
from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from portal import clock, jobs, mail
from portal.campaigns import asks, letters
from portal.campaigns.models import Ask, Item
from portal.database import Database, insert
from portal.i18n import in_language
from portal.notifications import digest_items, times
from portal.notifications.digest_items import NEWS
from portal.notifications.models import Digest, NotificationChoice
from portal.people import organisation as organisations
from portal.people.models import Organisation, Person

AT_ONCE = 20
"""People looked at in one transaction; what their mails tell is that old at most."""
A_TURN = 8.0
"""Seconds one job sends for: others get their turn, and whoever stops the portal does not wait long."""
FIRST_WAIT, LONGEST_WAIT, MOST_TRIES = timedelta(minutes=5), timedelta(hours=2), 6
"""How long a mail that was put off waits, doubled each time; after so many tries the next digest tells it."""
LONGEST_RHYTHM = timedelta(days=8)
"""Nobody's next digest lies further ahead, unless they paused."""
IN_A_ROW = 3
"""Refused addresses after which it is rather us whom the server refuses."""


@jobs.job("find_digests", every=timedelta(minutes=1))
def find_digests(db: Session) -> None:
    """Begin to send when somebody is due and nothing is being sent yet."""
    if not mail.is_configured() or mail.rests():
        return
    now = clock.now()
    _plan_anew(db, now)
    if _due(db, now, most=1) and not jobs.waits(db, "send_digests"):
        jobs.enqueue(db, "send_digests")


@jobs.job("send_digests", outside=True, slow=True)
def send_digests(*, database: Database) -> None:
    """Send what is due for a while, and leave the rest to another job."""
    if not mail.is_configured():
        return
    until = time.monotonic() + A_TURN
    with mail.Line() as line:
        while not mail.rests() and (letters_now := _prepare(database)) is not None:
            refused = 0
            for letter in letters_now:
                refused = refused + 1 if _deliver(database, line, letter) == "refused" else 0
                if mail.rests() or refused >= IN_A_ROW:
                    return
                if time.monotonic() > until:
                    break
            if time.monotonic() > until:
                with database.writing() as db:
                    jobs.enqueue(db, "send_digests")
                return


@jobs.job("forget_digests", every=timedelta(days=1))
def forget_digests(db: Session) -> None:
    """What was told so long ago is news no more, so it need not be known that it was told."""
    db.execute(delete(Digest).where(Digest.at < clock.now() - NEWS))


@dataclass(frozen=True)
class _Letter:
    """A digest that is ready to go."""

    person_id: int
    message: EmailMessage
    due_at: datetime
    next_at: datetime | None
    at: datetime
    """When it was written: what appeared up to then is told."""

    @property
    def subject(self) -> str:
        """What the ask budget knows it by."""
        return f"digest:{self.due_at:%Y-%m-%dT%H:%M:%S}"


def _due(db: Session, at: datetime, *, most: int) -> Sequence[tuple[NotificationChoice, Person]]:
    """Who is due, those first who wait longest."""
    rows = db.execute(
        select(NotificationChoice, Person)
        .join(Person, Person.id == NotificationChoice.person_id)
        .where(NotificationChoice.next_digest_at <= at)
        .order_by(NotificationChoice.next_digest_at, NotificationChoice.person_id)
        .limit(most)
    )
    return [(choice, person) for choice, person in rows]


def _prepare(database: Database) -> list[_Letter] | None:
    """Mails for the next who are due; None when nobody is. Who gets none has their next moment planned."""
    at = clock.now()
    ready: list[_Letter] = []
    moved: list[tuple[NotificationChoice, datetime | None, str]] = []
    with database.reading() as db:
        due = _due(db, at, most=AT_ONCE)
        if not due:
            return None
        organisation, known = organisations.get(db), dict[int, Item]()
        since = digest_items.told_until(db, [person.id for _choice, person in due], at)
        for choice, person in due:
            planned = _elsewhen(choice, person, at)
            following = times.next_digest(choice, at)
            if planned != at:
                moved.append((choice, planned, ""))
            elif not asks.may_ask(db, person.id):
                moved.append((choice, following, ""))
            else:
                news = digest_items.news_for(db, person, since=since[person.id], at=at, known=known)
                if news.items:
                    ready.append(_written(choice, person, news, organisation, at=at, following=following))
                else:
                    moved.append((choice, following, "nothing"))
    if moved:
        with database.writing() as db:
            for choice, then, state in moved:
                if _move(db, choice.person_id, was=choice.next_digest_at, to=then) and state:
                    _put_down(db, choice.person_id, choice.next_digest_at, state=state)
    return ready


def _elsewhen(choice: NotificationChoice, person: Person, at: datetime) -> datetime | None:
    """When to look at this person next: `at` when a mail may come now, None when none is wanted or can come."""
    if not person.is_active or person.stopped_at is not None or choice.refused_at is not None:
        return None
    if choice.digest_rhythm == "never" or not mail.is_address(person.email):
        return None
    welcome = times.welcome_at(choice, person, at)
    is_paused = person.paused_until is not None and at.astimezone(times.zone(choice)).date() < person.paused_until
    if welcome is not None and is_paused:
        return times.next_digest(choice, welcome - timedelta(seconds=1))
    return welcome


def _written(
    choice: NotificationChoice,
    person: Person,
    news: digest_items.News,
    organisation: Organisation,
    *,
    at: datetime,
    following: datetime | None,
) -> _Letter:
    assert choice.next_digest_at is not None
    with in_language(person.language):
        letter = digest_items.letter(person, news, house=organisation.name)
        message = mail.compose(
            to=person.email or "",
            subject=letter.subject,
            text=letters.as_text(letter),
            html=letters.as_html(letter, organisation=organisation),
            unsubscribe=letter.unsubscribe,
            marked=mail.message_id(f"digest {person.id} {choice.next_digest_at.isoformat()}"),
        )
    return _Letter(person.id, message, due_at=choice.next_digest_at, next_at=following, at=at)


def _deliver(database: Database, line: mail.Line, letter: _Letter) -> str:
    """Send one; `sent`, `refused` when nobody has that address, or "" for anything else."""
    claimed: list[int] = []

    def claim() -> bool:
        with database.writing() as db:
            found = _claim(db, letter)
        claimed.extend(found)
        return bool(found)

    try:
        if not line.deliver(letter.message, before_text=claim):
            return ""
    except mail.Unknown as error:
        _log().warning("a digest may have arrived or not", person=letter.person_id, error=str(error))
        return ""
    except mail.NotTaken as refusal:
        with database.writing() as db:
            return _not_taken(db, letter, refusal, claimed)
    with database.writing() as db:
        db.execute(update(Digest).where(Digest.id.in_(claimed)).values(state="sent", at=clock.now()))
    return "sent"


def _claim(db: Session, letter: _Letter) -> list[int]:
    """Put on record that it may be on its way, and plan the next one; the row's id, or none when it must not go."""
    if not _move(db, letter.person_id, was=letter.due_at, to=letter.next_at):
        return []
    row = _put_down(db, letter.person_id, letter.due_at, state="sending", newest_at=letter.at)
    if row is None:
        return []
    if not asks.ask(db, person_id=letter.person_id, campaign_id=None, channel="mail", subject=letter.subject):
        db.execute(delete(Digest).where(Digest.id == row))
        return []
    return [row]


def _not_taken(db: Session, letter: _Letter, refusal: mail.NotTaken, claimed: list[int]) -> str:
    """The server has it not, for certain: nothing was asked, and what to do next depends on why."""
    if claimed:
        db.execute(delete(Digest).where(Digest.id.in_(claimed)))
        spent = (Ask.person_id == letter.person_id, Ask.channel == "mail", Ask.subject == letter.subject)
        db.execute(delete(Ask).where(*spent))
    is_theirs = NotificationChoice.person_id == letter.person_id
    is_planned = NotificationChoice.next_digest_at == (letter.next_at if claimed else letter.due_at)
    theirs = update(NotificationChoice).where(is_theirs, is_planned)
    _log().warning("a digest was not taken", person=letter.person_id, reason=str(refusal))
    if isinstance(refusal, mail.AddressRefused):
        db.execute(theirs.values(refused_at=clock.now(), next_digest_at=None, digest_tries=0))
        _put_down(db, letter.person_id, letter.due_at, state="refused")
        return "refused"
    if isinstance(refusal, mail.MailRefused):
        db.execute(theirs.values(next_digest_at=letter.next_at, digest_tries=0))
        _put_down(db, letter.person_id, letter.due_at, state="refused")
    elif isinstance(refusal, mail.Later) and refusal.of_mail:
        tries = db.scalar(select(NotificationChoice.digest_tries).where(is_theirs, is_planned)) or 0
        if tries >= MOST_TRIES:
            db.execute(theirs.values(next_digest_at=letter.next_at, digest_tries=0))
        else:
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2**tries)
            db.execute(theirs.values(next_digest_at=clock.now() + wait, digest_tries=tries + 1))
    return ""


def _move(db: Session, person_id: int, *, was: datetime | None, to: datetime | None) -> bool:
    """Plan the next moment, if the person has not chosen another one meanwhile."""
    moved = db.execute(
        update(NotificationChoice)
        .where(NotificationChoice.person_id == person_id, NotificationChoice.next_digest_at == was)
        .values(next_digest_at=to, digest_tries=0)
        .returning(NotificationChoice.person_id)
        .execution_options(synchronize_session=False)
    )
    return moved.first() is not None


def _put_down(
    db: Session, person_id: int, due_at: datetime | None, *, state: str, newest_at: datetime | None = None
) -> int | None:
    """A row for this person and moment; None when there is one."""
    row = {"person_id": person_id, "due_at": due_at, "state": state, "at": clock.now(), "newest_at": newest_at}
    return db.scalar(insert(db, Digest).values(row).on_conflict_do_nothing().returning(Digest.id))


def _plan_anew(db: Session, now: datetime) -> None:
    """A clock that ran ahead for a while had digests planned far off: those are brought back."""
    reachable = or_(Person.paused_until.is_(None), Person.paused_until <= clock.today())
    far = (NotificationChoice.next_digest_at > now + LONGEST_RHYTHM, reachable)
    choices = select(NotificationChoice).join(Person, Person.id == NotificationChoice.person_id).where(*far)
    for choice in db.scalars(choices.limit(1000)):
        choice.next_digest_at = times.next_digest(choice, now)


def _log() -> structlog.stdlib.BoundLogger:
    log: structlog.stdlib.BoundLogger = structlog.get_logger()
    return log
