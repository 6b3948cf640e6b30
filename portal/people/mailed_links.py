"""Links that are mailed to one person and work once: a way in, or one's own record.

A token is made from the installation's secret and a random mark. The mark travels to the mail in a job, and only the
token's hash is stored: whoever reads the database cannot use what they find there.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import clock, settings
from portal.people.models import MailedLink, Person
from portal.web import token_hash


def add(db: Session, person: Person, *, leads_to: str, lasts: timedelta) -> str:
    """The mark that the token of a new link is made of. Those sent before go on working."""
    mark, now = secrets.token_urlsafe(24), clock.now()
    db.add(
        MailedLink(
            leads_to=leads_to,
            token_hash=token_hash(token(mark, leads_to=leads_to)),
            person_id=person.id,
            created_at=now,
            expires_at=now + lasts,
        )
    )
    db.flush()
    return mark


def token(mark: str, *, leads_to: str) -> str:
    """What stands in the address that is mailed."""
    key = f"{leads_to} link {settings.current().secret}".encode()
    return hmac.new(key, mark.encode(), hashlib.sha256).hexdigest()


def find(db: Session, secret: str, *, leads_to: str) -> int | None:
    """The person's id while this token would still work. Spends nothing."""
    return db.scalar(select(MailedLink.person_id).where(*_unspent(secret, leads_to)))


def spend(db: Session, secret: str, *, leads_to: str) -> int | None:
    """The person's id, once; None when the token is unknown, spent or too old."""
    spent = update(MailedLink).where(*_unspent(secret, leads_to)).values(used_at=clock.now())
    return db.scalar(spent.returning(MailedLink.person_id))


def withdraw(db: Session, person: Person, *, leads_to: str) -> None:
    """None sent to `person` so far works any more."""
    unused = (MailedLink.person_id == person.id, MailedLink.leads_to == leads_to, MailedLink.used_at.is_(None))
    db.execute(update(MailedLink).where(*unused).values(used_at=clock.now()))


def _unspent(secret: str, leads_to: str) -> tuple[Any, ...]:
    return (
        MailedLink.token_hash == token_hash(secret),
        MailedLink.leads_to == leads_to,
        MailedLink.used_at.is_(None),
        MailedLink.expires_at > clock.now(),
    )
