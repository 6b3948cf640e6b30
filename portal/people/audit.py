"""The record of who changed what others depend on, and how long it, the log of what happened and ways in are kept."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import clock, jobs
from portal.activity import Activity
from portal.people import sessions
from portal.people.models import AuditEntry, MailedLink, Person, WebSession

KEPT = timedelta(days=365)
"""How long it can be looked up who changed what."""
ACTIVITY_KEPT = timedelta(days=90)
"""Longer than any page looks back into the log of what happened."""
LINKS_KEPT = timedelta(days=1)
"""How long it is known of a mailed link that worked no more that there was one."""


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
    """Let go of entries of a year ago, of what the log of activity no longer needs, and of ways in that ran out."""
    now = clock.now()
    for table, is_over in (
        (AuditEntry, AuditEntry.at < now - KEPT),
        (Activity, Activity.at < now - ACTIVITY_KEPT),
        (WebSession, sessions.is_over(now)),
        (MailedLink, MailedLink.expires_at < now - LINKS_KEPT),
    ):
        old = select(table.id).where(is_over).order_by(table.id).limit(jobs.FORGOTTEN_AT_ONCE)
        db.execute(
            delete(table).where(table.id.in_(old.scalar_subquery())).execution_options(synchronize_session=False)
        )
