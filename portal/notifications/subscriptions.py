"""Browsers that may show somebody a line while they are closed: kept, listed, forgotten."""

import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal import clock, outbound, push
from portal.database import insert, one_at_a_time
from portal.i18n import gettext as _
from portal.notifications.models import PushSubscription
from portal.people.models import Person
from portal.web import NotFound

MOST = 10
"""Browsers of one person; with another one the oldest goes."""
LONGEST_ENDPOINT = 2000
LONGEST_NAME = 100


class SubscriptionRefused(ValueError):
    """What a browser sent is no subscription; the message is a sentence for the person."""


@dataclass(frozen=True)
class Receiver:
    """What it takes to reach one browser."""

    person_id: int
    endpoint: str
    key: str
    secret: str


def keep(db: Session, me: Person, *, endpoint: str, key: str, secret: str, name: str) -> PushSubscription:
    """Have this browser show what is for `me` from now on, and for nobody else. Raises SubscriptionRefused."""
    _check(endpoint, key=key, secret=secret)
    one_at_a_time(db, f"subscriptions of person {me.id}")
    row: dict[str, Any] = {
        "person_id": me.id,
        "endpoint": endpoint,
        "key": key,
        "secret": secret,
        "name": name[:LONGEST_NAME],
        "created_at": clock.now(),
    }
    kept = insert(db, PushSubscription).values(row | {"endpoint_hash": hashed(endpoint)})
    kept = kept.on_conflict_do_update(index_elements=["endpoint_hash"], set_=row)
    number = db.scalar(kept.returning(PushSubscription.id))
    newest = select(PushSubscription.id).where(PushSubscription.person_id == me.id)
    newest = newest.order_by(PushSubscription.created_at.desc(), PushSubscription.id.desc())
    if surplus := db.scalars(newest.offset(MOST)).all():
        db.execute(delete(PushSubscription).where(PushSubscription.id.in_(surplus)))
    return db.get_one(PushSubscription, number, populate_existing=True)


def move(db: Session, me: Person, *, before: str, endpoint: str, key: str, secret: str) -> bool:
    """Reach a browser of mine by another address from now on; False when `before` was the address of none of mine.

    Raises SubscriptionRefused.
    """
    _check(endpoint, key=key, secret=secret)
    one_at_a_time(db, f"subscriptions of person {me.id}")
    mine = (PushSubscription.person_id == me.id, PushSubscription.endpoint_hash == hashed(before))
    number = db.scalar(select(PushSubscription.id).where(*mine))
    if number is None:
        return False
    is_there = (PushSubscription.endpoint_hash == hashed(endpoint), PushSubscription.id != number)
    db.execute(delete(PushSubscription).where(*is_there))
    row = {"endpoint": endpoint, "endpoint_hash": hashed(endpoint), "key": key, "secret": secret}
    db.execute(update(PushSubscription).where(PushSubscription.id == number).values(**row))
    return True


def of(db: Session, person: Person) -> list[PushSubscription]:
    """The person's browsers, in the order in which they came."""
    theirs = select(PushSubscription).where(PushSubscription.person_id == person.id)
    return list(db.scalars(theirs.order_by(PushSubscription.created_at, PushSubscription.id)))


def receiver(db: Session, subscription_id: int) -> Receiver | None:
    """Who is reached through it; None when it is gone, or its person is."""
    columns = (PushSubscription.person_id, PushSubscription.endpoint, PushSubscription.key, PushSubscription.secret)
    found = select(*columns).join(Person, Person.id == PushSubscription.person_id)
    row = db.execute(found.where(PushSubscription.id == subscription_id, Person.deactivated_at.is_(None))).one_or_none()
    return None if row is None else Receiver(*row)


def remove(db: Session, me: Person, subscription_id: int) -> None:
    """Raises NotFound for what is none of mine."""
    mine = (PushSubscription.id == subscription_id, PushSubscription.person_id == me.id)
    if db.scalar(delete(PushSubscription).where(*mine).returning(PushSubscription.id)) is None:
        raise NotFound


def end_all(db: Session, person: Person) -> None:
    """Show nothing on any of the person's browsers any more, such as on a phone that was lost."""
    db.execute(delete(PushSubscription).where(PushSubscription.person_id == person.id))


def gone(db: Session, endpoint_hash: str) -> None:
    """Forget the browser behind this address: its push service knows it no more."""
    db.execute(delete(PushSubscription).where(PushSubscription.endpoint_hash == endpoint_hash))


def hashed(endpoint: str) -> str:
    """What the page knows a browser by, without telling its address."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


def _check(endpoint: str, *, key: str, secret: str) -> None:
    """Raises SubscriptionRefused for what can or may never be pushed to. Asks no name server."""
    refused = SubscriptionRefused(_("Your browser could not be signed up: what it sent is not complete. Try again."))
    if not endpoint.startswith("https://") or len(endpoint) > LONGEST_ENDPOINT or not endpoint.isascii():
        raise refused
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(push.CURVE, push.decoded(key))
        if (len(push.decoded(key)), len(push.decoded(secret))) != (65, 16):
            raise refused
    except ValueError:
        raise refused from None
    try:
        push.way_to(endpoint)
    except outbound.Refused:
        structlog.get_logger().info("push service not in the settings", host=urlsplit(endpoint).hostname)
        raise SubscriptionRefused(
            _("Messages to this browser come by a service that is not used here. A mail or your calendar works.")
        ) from None
