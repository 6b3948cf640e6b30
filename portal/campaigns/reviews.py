"""Somebody outside who reads one item before it goes out: asked by a signed link, whose answer is on record.

An outsider advises. Neither of their answers moves the item or counts as a colleague's approval: whoever approves sees
what was said and decides. The link says which request it is for, signed with the installation's secret. Only a hash of
it is stored: whoever asked can look it up again, and whoever reads the database cannot open it.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadSignature, Signer
from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from portal import clock, i18n, jobs, mail, settings
from portal.campaigns import revisions
from portal.campaigns.approval import LONGEST_NOTE, StepRefused
from portal.campaigns.models import Approval, Item, ReviewRequest, Revision
from portal.i18n import gettext as _
from portal.i18n import in_language
from portal.people import audit
from portal.people.models import Organisation, Person
from portal.web import token_hash

LASTS = timedelta(days=7)
REMEMBERED = timedelta(days=90)
"""How long after its end a request is kept."""
MOST_OPEN = 10
"""Links that work at the same moment for one item: more is a mailing list."""
LONGEST_NAME = 80


class NotOpen(Exception):
    """The link does not work now; the message is answered, withdrawn, expired, over or changed."""


def ask(db: Session, item: Item, *, name: str, email: str, by: Person, organisation: Organisation) -> ReviewRequest:
    """A link for `name`, which goes by mail too when there is an address and a mail server.

    Asking the same name again ends their earlier link. Raises StepRefused when too many links are open.
    """
    now = clock.now()
    theirs = (ReviewRequest.item_id == item.id, func.lower(ReviewRequest.name) == name.lower())
    db.execute(update(ReviewRequest).where(*theirs, *_open_at(now)).values(withdrawn_at=now))
    if len(open_requests(db, item.id)) >= MOST_OPEN:
        raise StepRefused(_("Quite a few people are asked already. Withdraw a link first."))
    revisions.keep(db, item, by=by)
    request = ReviewRequest(
        item_id=item.id,
        item_version=item.version,
        name=name,
        email=email,
        token_hash=secrets.token_hex(32),  # until its id is known, of which the link is made
        by_id=by.id,
        at=now,
        expires_at=now + LASTS,
    )
    db.add(request)
    db.flush()
    request.token_hash = token_hash(token_of(request))
    audit.write(db, "review_asked", "item", item.id, by=by, reviewer=name)
    if email and mail.is_configured():
        jobs.enqueue(
            db,
            "mail_review",
            to=email,
            name=name,
            asker=by.name,
            title=item.text(i18n.language.get()).title,
            house=organisation.name,
            spoken=i18n.language.get(),
            mark=_mark(request),
        )
    return request


@jobs.job("mail_review", outside=True)
def mail_review(*, to: str, name: str, asker: str, title: str, house: str, spoken: str, mark: str) -> None:
    with in_language(spoken):
        text = [
            _("Hi %(name)s,", name=name),
            _(
                "%(asker)s of %(house)s would like you to look at “%(title)s” before it goes out.",
                asker=asker,
                house=house,
                title=title,
            ),
            address(_token(mark)),
            _("The link works for a week and takes one answer. You need no account."),
        ]
        subject = _("Would you look at “%(title)s”?", title=title)
        marked = mail.message_id(f"review {mark}")
        mail.send(to=to, subject=subject, text="\n\n".join(text) + "\n", marked=marked)


def address(token: str) -> str:
    return f"{settings.current().base_url}/review/{token}"


def token_of(request: ReviewRequest) -> str:
    """The secret part of its link, the same every time."""
    return _token(_mark(request))


def find(db: Session, token: str) -> ReviewRequest | None:
    """Whom this link was made for. What we did not sign is refused without asking the database."""
    try:
        _signer().unsign(token)
    except BadSignature:
        return None
    return db.scalar(select(ReviewRequest).where(ReviewRequest.token_hash == token_hash(token)))


def why_closed(db: Session, request: ReviewRequest, item: Item) -> str:
    """answered, withdrawn, expired, over (recalled) or changed since it was asked; "" while the link is open."""
    if request.answered_at is not None:
        return "answered"
    if request.withdrawn_at is not None:
        return "withdrawn"
    if request.expires_at <= clock.now():
        return "expired"
    if item.state == "recalled":
        return "over"
    return "changed" if revisions.changed_since(db, item.id, request.item_version) else ""


def answer(db: Session, request: ReviewRequest, item: Item, *, step: str, note: str) -> None:
    """Put `step` (approved or returned) on record in the reviewer's name; the item stays where it is.

    Raises NotOpen when the link does not work any more, and StepRefused for a return without a note.
    """
    note = " ".join(note.split())
    if step == "returned" and not note:
        raise StepRefused(_("Write a line about what to change, so they can go on."))
    if len(note) > LONGEST_NOTE:
        raise StepRefused(_("Keep the note to %(most)s characters, please.", most=LONGEST_NOTE))
    # An edit holds this row as well: what is answered here is what was read, or the edit comes first and is seen.
    db.refresh(item, ["state", "version"], with_for_update=True)
    if why := why_closed(db, request, item):
        raise NotOpen(why)
    now = clock.now()
    spent = update(ReviewRequest).where(ReviewRequest.id == request.id, *_open_at(now)).values(answered_at=now)
    if db.scalar(spent.returning(ReviewRequest.id)) is None:
        db.refresh(request)
        raise NotOpen(why_closed(db, request, item))
    db.add(
        Approval(
            item_id=item.id, item_version=item.version, step=step, note=note, by_id=None, reviewer=request.name, at=now
        )
    )
    detail = {"note": note} if note else {}
    audit.write(db, f"review_{step}", "item", item.id, by=None, version=item.version, reviewer=request.name, **detail)


def withdraw(db: Session, request: ReviewRequest, *, by: Person) -> None:
    """Let the link work no more. Once it was answered or is over, nothing changes."""
    now = clock.now()
    ended = update(ReviewRequest).where(ReviewRequest.id == request.id, *_open_at(now)).values(withdrawn_at=now)
    if db.scalar(ended.returning(ReviewRequest.id)) is not None:
        audit.write(db, "review_withdrawn", "item", request.item_id, by=by, reviewer=request.name)


@jobs.job("forget_reviewers", every=timedelta(days=1))
def forget(db: Session) -> None:
    """Let go of names and addresses of readers long after their link ended. What they said stays with the item."""
    until = clock.now() - REMEMBERED
    ended = (ReviewRequest.answered_at, ReviewRequest.withdrawn_at, ReviewRequest.expires_at)
    db.execute(delete(ReviewRequest).where(or_(*(moment < until for moment in ended))))


def open_requests(db: Session, item_id: int) -> list[ReviewRequest]:
    """Who was asked about the item and can still answer, unless it was changed since; the latest first."""
    waiting = select(ReviewRequest).where(ReviewRequest.item_id == item_id, *_open_at(clock.now()))
    return list(db.scalars(waiting.order_by(ReviewRequest.id.desc())))


@dataclass(frozen=True)
class Opinion:
    """What somebody outside says about an item as it is now."""

    name: str
    step: str
    """approved or returned"""
    note: str
    at: datetime


def opinions(db: Session, items: Sequence[Item]) -> dict[int, list[Opinion]]:
    """Per item what was said from outside about what it says now, the latest first; in one query."""
    newest = select(func.max(Revision.version)).where(Revision.item_id == Approval.item_id).scalar_subquery()
    rows = db.execute(
        select(Approval)
        .where(
            Approval.item_id.in_([item.id for item in items]),
            Approval.reviewer != "",
            Approval.item_version >= func.coalesce(newest, 0),
        )
        .order_by(Approval.id.desc())
    ).scalars()
    found: dict[int, list[Opinion]] = {}
    for row in rows:
        found.setdefault(row.item_id, []).append(Opinion(row.reviewer, row.step, row.note, row.at))
    return found


def _open_at(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (ReviewRequest.answered_at.is_(None), ReviewRequest.withdrawn_at.is_(None), ReviewRequest.expires_at > at)


def _mark(request: ReviewRequest) -> str:
    # With the moment: after a database was put back from a copy, an id may be used for somebody else.
    return f"{request.id}-{request.at:%Y%m%d%H%M%S%f}"


def _token(mark: str) -> str:
    return _signer().sign(mark).decode()


def _signer() -> Signer:
    return Signer(settings.current().secret, salt="review")
