"""The record of who changed what others depend on."""

from typing import Any

from sqlalchemy.orm import Session

from portal import clock
from portal.people.models import AuditEntry, Person


def write(
    db: Session, act: str, subject_kind: str, subject_id: int | None, *, by: Person | None, **detail: Any
) -> None:
    """Keep that `by` (None: the portal itself) did `act` to one subject, in the caller's transaction.

    `detail` holds words and numbers only, never a secret.
    """
    db.add(
        AuditEntry(
            at=clock.now(),
            person_id=by.id if by else None,
            act=act,
            subject_kind=subject_kind,
            subject_id=subject_id,
            detail=detail,
        )
    )
