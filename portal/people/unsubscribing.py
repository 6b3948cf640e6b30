"""Ending a kind of mail from within the mail: a signed address that asks for no sign-in and ends nothing else."""

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from portal import settings
from portal.people.models import Person
from portal.tables import LARGEST_ID

DIGESTS, ASKS = "digests", "asks"
"""What can be ended: the mail with what is new, and the one that tells of a campaign."""


def address(person: Person, kind: str) -> str:
    """Where the mails of this `kind` to this person are ended. It never runs out: old mails are read late."""
    return f"{settings.current().base_url}/unsubscribe/{_signer().dumps([person.id, kind])}"


def read(db: Session, token: str) -> tuple[Person, str] | None:
    """Whose mails of which kind this token ends; None when we did not sign it, or for somebody who is gone."""
    try:
        person_id, kind = _signer().loads(token)
    except (BadSignature, TypeError, ValueError):
        return None
    if kind not in (DIGESTS, ASKS) or not isinstance(person_id, int) or not 0 < person_id <= LARGEST_ID:
        return None
    person = db.get(Person, person_id)
    return (person, kind) if person is not None else None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings.current().secret, salt="unsubscribe")
