"""Everything that happened to one item: who did what when, and what each edit changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.campaigns import revisions
from portal.campaigns.revisions import Change
from portal.parts import Part, part
from portal.people.models import AuditEntry, Person

PAGE = 50


@dataclass(frozen=True)
class Happening:
    act: str
    """As the audit log calls it, such as item_approved."""
    at: datetime
    by: str | None
    """The name of the colleague; None for the portal itself, for somebody outside or for who was removed."""
    detail: Mapping[str, Any]
    changes: list[Change]


@dataclass(frozen=True)
class Trail:
    """A part of what happened, the latest first."""

    happenings: list[Happening]
    part: Part


def trail(db: Session, item_id: int, *, number: int = 1) -> Trail:
    """Page `number` of what happened to the item, the latest first; at most the last page."""
    about = (AuditEntry.subject_kind == "item", AuditEntry.subject_id == item_id)
    total = db.scalar(select(func.count()).select_from(AuditEntry).where(*about)) or 0
    shown = part(number, total=total, size=PAGE)
    rows = db.execute(
        select(AuditEntry.act, AuditEntry.at, Person.name, AuditEntry.detail)
        .outerjoin(Person, Person.id == AuditEntry.person_id)
        .where(*about)
        .order_by(AuditEntry.id.desc())
        .limit(shown.size)
        .offset(shown.skipped)
    ).all()
    # An edit is noted with the version it began from; what it made is the one after.
    made = [row.detail["version"] + 1 for row in rows if row.act == "item_changed"]
    changes = revisions.by_edit(db, item_id, made)
    happenings = [
        Happening(
            row.act,
            row.at,
            row.name,
            row.detail,
            changes.get(row.detail["version"] + 1, []) if row.act == "item_changed" else [],
        )
        for row in rows
    ]
    return Trail(happenings, shown)
