"""What the handbook keeps about one person, for their own copy."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.handbook.models import PolicyAcceptance, PracticeShare, Welcome
from portal.people.models import Person


def kept(db: Session, me: Person) -> dict[str, Any]:
    """Which versions of the policy they said they read and when, how far they came, what they tried today."""
    begun = db.get(Welcome, me.id)
    read = select(PolicyAcceptance).where(PolicyAcceptance.person_id == me.id).order_by(PolicyAcceptance.version)
    tried = select(PracticeShare).where(PracticeShare.person_id == me.id).order_by(PracticeShare.id)
    return {
        "policy_read": [{"version": each.version, "at": each.at.isoformat()} for each in db.scalars(read)],
        "first_five_minutes": None
        if begun is None
        else {
            "step": begun.step,
            "started_at": begun.started_at.isoformat(),
            "finished_at": begun.finished_at.isoformat() if begun.finished_at else None,
        },
        "practice": [{"at": each.at.isoformat(), "text": each.text} for each in db.scalars(tried)],
    }
