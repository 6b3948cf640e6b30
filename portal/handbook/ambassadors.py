"""Stuck? A colleague to ask, by name."""

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.people.models import Person


def helper_for(db: Session, me: Person) -> Person | None:
    """Whom `me` can ask today; None when there is nobody.

    An ambassador of the same team, or one who speaks the same language, or any; without ambassadors somebody from
    marketing. Another one each day, so that it is not always the same colleague who is asked.
    """
    is_ambassador, is_editor = Person.ambassador.is_(True), Person.role == "editor"
    circles: list[ColumnElement[bool]] = [
        and_(is_ambassador, Person.department_id == me.department_id),
        and_(is_ambassador, Person.language == me.language),
        is_ambassador,
        and_(is_editor, Person.language == me.language),
        is_editor,
    ]
    there = (Person.deactivated_at.is_(None), Person.stopped_at.is_(None), Person.id != me.id)
    for circle in circles:
        ids = db.scalars(select(Person.id).where(circle, *there).order_by(Person.id)).all()
        if ids:
            return db.get_one(Person, ids[(clock.today().toordinal() + me.id) % len(ids)])
    return None
