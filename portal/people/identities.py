"""Who somebody at the identity provider is here: bound by issuer and subject, never by address alone."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from portal import clock, settings
from portal.i18n import LANGUAGES
from portal.people import adding, audit, queries
from portal.people.details import LONGEST
from portal.people.models import Identity, Person

LONGEST_KEY = 400


@dataclass(frozen=True)
class Known:
    """What the provider vouches for: its checked claims."""

    issuer: str
    subject: str
    name: str
    email: str
    email_verified: bool
    language: str


class NotLetIn(Exception):
    """The provider knows this person and the portal does not let them in. `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def person_for(db: Session, known: Known) -> Person:
    """The active person this account belongs to; bound or added now where the settings allow that.

    Raises NotLetIn.
    """
    person = find(db, known)
    if person is None:
        person = _bound_by_address(db, known) or _added(db, known)
    if person is None:
        raise NotLetIn("nobody is bound to this account")
    if not person.is_active:
        raise NotLetIn("deactivated")
    return person


def find(db: Session, known: Known) -> Person | None:
    return db.scalar(
        select(Person)
        .join(Identity, Identity.person_id == Person.id)
        .options(joinedload(Person.department))
        .where(Identity.issuer == known.issuer, Identity.subject == known.subject)
    )


def bind(db: Session, person: Person, known: Known) -> None:
    """Make this account `person`'s way in. Raises NotLetIn when it is already somebody else's."""
    owner = find(db, known)
    if owner is not None:
        if owner.id != person.id:
            raise NotLetIn("the account is bound to somebody else")
        return
    try:
        with db.begin_nested():
            db.add(
                Identity(
                    person_id=person.id,
                    issuer=known.issuer,
                    subject=known.subject,
                    created_at=clock.now(),
                )
            )
    except IntegrityError as error:
        raise NotLetIn("the account was bound to somebody else meanwhile") from error
    audit.write(db, "identity_bound", "person", person.id, by=person, issuer=known.issuer)


def _bound_by_address(db: Session, known: Known) -> Person | None:
    """Only where the operator trusts the provider's addresses, and for people without another account."""
    if not settings.current().oidc_link_verified_email or not known.email_verified or not known.email:
        return None
    person = queries.find_by_email(db, known.email)
    if person is None or not person.is_active or queries.has_single_sign_on(db, person):
        return None
    bind(db, person, known)
    return person


def _added(db: Session, known: Known) -> Person | None:
    department = settings.current().oidc_create_people
    if not department:
        return None
    # An address proves nothing unless the provider vouches for it; one that is taken stays where it is.
    is_free = known.email_verified and queries.find_by_email(db, known.email) is None
    email = known.email if is_free else None
    if known.email and email is None:
        return None
    try:
        person = adding.add_person(
            db,
            name=known.name[: LONGEST["name"]] or known.subject[: LONGEST["name"]],
            email=email,
            department=department,
            language=known.language if known.language in LANGUAGES else settings.current().language,
        )
    except adding.NotPossible as error:
        raise NotLetIn(f"the claims cannot be kept: {error}") from error
    bind(db, person, known)
    return person
