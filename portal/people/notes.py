"""Lines for one person about what they shared or proposed, shown until they are put away."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from portal import clock, jobs
from portal.database import insert
from portal.people.models import Note, Person
from portal.web import NotFound

KEPT = timedelta(days=90)
"""How long a note waits for somebody who never looks."""
KEPT_READ = timedelta(days=7)
"""How long one that was put away is kept: whoever taps twice, and a job done twice, still finds it."""


def tell(db: Session, person_id: int, kind: str, subject: str, **data: Any) -> None:
    """Leave a note; of the same `kind` and `subject` nobody gets a second one.

    Shown by the piece `feed/_note_{kind}.html`, which finds what to say in `data`: words and numbers, no secrets.
    """
    row = {"person_id": person_id, "kind": kind, "subject": subject, "data": data, "at": clock.now()}
    same = ["person_id", "kind", "subject"]
    db.execute(insert(db, Note).values(row).on_conflict_do_nothing(index_elements=same))


def unread(db: Session, person: Person, *, most: int = 50) -> list[Note]:
    """What this person has not put away yet, the latest first."""
    waiting = select(Note).where(Note.person_id == person.id, Note.read_at.is_(None))
    return list(db.scalars(waiting.order_by(Note.at.desc(), Note.id.desc()).limit(most)))


def put_away(db: Session, person: Person, note_id: int) -> None:
    """Show the note no more. Doing it again changes nothing; raises NotFound for somebody else's."""
    note = db.get(Note, note_id)
    if note is None or note.person_id != person.id:
        raise NotFound
    db.execute(update(Note).where(Note.id == note.id, Note.read_at.is_(None)).values(read_at=clock.now()))


def put_away_about(db: Session, person_id: int, subject: str) -> None:
    """Show this person's note about `subject` no more: there is later news of it."""
    mine = (Note.person_id == person_id, Note.subject == subject, Note.read_at.is_(None))
    db.execute(update(Note).where(*mine).values(read_at=clock.now()).execution_options(synchronize_session=False))


@jobs.job("forget_notes", every=timedelta(days=1))
def forget(db: Session) -> None:
    """Let go of what was put away, and of what nobody looked at for so long that it is no news."""
    now = clock.now()
    db.execute(delete(Note).where(or_(Note.read_at < now - KEPT_READ, Note.at < now - KEPT)))
