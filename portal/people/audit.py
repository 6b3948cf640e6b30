"""The record of who changed what others depend on, and how long it and the log of what happened are kept."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import clock, jobs
from portal.activity import Activity
from portal.people.models import AuditEntry, Person

KEPT = timedelta(days=365)
"""How long it can be looked up who changed what."""
ACTIVITY_KEPT = timedelta(days=90)
"""Longer than any page looks back into the log of what happened."""


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


@jobs.job("forget_the_past", every=timedelta(hours=1))
def forget(db: Session) -> None:
    """Let go of entries of a year ago, and of what the log of activity no longer needs."""
    for table, kept in ((AuditEntry, KEPT), (Activity, ACTIVITY_KEPT)):
        old = select(table.id).where(table.at < clock.now() - kept).order_by(table.id).limit(jobs.FORGOTTEN_AT_ONCE)
        db.execute(
            delete(table).where(table.id.in_(old.scalar_subquery())).execution_options(synchronize_session=False)
        )
