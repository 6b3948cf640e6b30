"""The rota: who minds a department's accounts, and on which days."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import CursorResult, delete, func, select
from sqlalchemy.orm import Session

from portal import activity, clock
from portal.handbook.models import Duty
from portal.i18n import gettext as _
from portal.people import audit
from portal.people.models import Department, Person
from portal.web import NotFound

AHEAD_AT_MOST = timedelta(days=366)
LONGEST = timedelta(days=92)
MOST_PEOPLE = 500


class DutyRefused(ValueError):
    """It cannot be so; `errors` holds a sentence by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(errors)
        self.errors = errors


@dataclass(frozen=True)
class Line:
    """A line of the rota, with the name of whose turn it is."""

    duty: Duty
    name: str

    @property
    def is_now(self) -> bool:
        return self.duty.from_day <= clock.today() <= self.duty.until_day


def lines(db: Session, department_id: int) -> list[Line]:
    """What is not over, by day; without people who left."""
    rows = (
        select(Duty, Person.name)
        .join(Person, Person.id == Duty.person_id)
        .where(Duty.department_id == department_id, Duty.until_day >= clock.today(), Person.deactivated_at.is_(None))
        .order_by(Duty.from_day, Duty.until_day, Duty.id)
    )
    return [Line(duty, name) for duty, name in db.execute(rows)]


def today(db: Session) -> dict[int, list[str]]:
    """By department: who minds its accounts today."""
    day = clock.today()
    rows = (
        select(Duty.department_id, Person.name)
        .join(Person, Person.id == Duty.person_id)
        .where(Duty.from_day <= day, Duty.until_day >= day, Person.deactivated_at.is_(None))
        .order_by(Duty.from_day, Duty.id)
    )
    found: dict[int, list[str]] = {}
    for department_id, name in db.execute(rows):
        found.setdefault(department_id, []).append(name)
    return found


def people(db: Session, department_id: int) -> list[tuple[int, str]]:
    """Who can be given a turn: everybody of the department who works here."""
    rows = (
        select(Person.id, Person.name)
        .where(Person.department_id == department_id, Person.deactivated_at.is_(None))
        .order_by(func.lower(Person.name), Person.id)
        .limit(MOST_PEOPLE)
    )
    return [(row.id, row.name) for row in db.execute(rows)]


def add(
    db: Session,
    department: Department,
    *,
    person_id: int | None,
    from_day: date | None,
    until_day: date | None,
    by: Person,
) -> Duty:
    """Give somebody a turn; without a last day it is one day. Raises DutyRefused."""
    errors: dict[str, str] = {}
    person = db.get(Person, person_id) if person_id is not None else None
    if person is None or not person.is_active or person.department_id != department.id:
        errors["person_id"] = _("Please choose somebody of this department.")
    last = until_day or from_day
    if from_day is None or last is None:
        errors["from_day"] = _("Please choose the first day.")
    elif last < from_day:
        errors["until_day"] = _("The last day lies before the first one.")
    elif last < clock.today():
        errors["until_day"] = _("This day is over already.")
    elif from_day > clock.today() + AHEAD_AT_MOST:
        errors["from_day"] = _("That is more than a year away.")
    elif last - from_day > LONGEST:
        errors["until_day"] = _("A turn is three months at most.")
    elif person is not None and _overlaps(db, department.id, person.id, from_day, last):
        errors["from_day"] = _("They have a turn in these days already.")
    if errors or person is None or from_day is None or last is None:
        raise DutyRefused(errors)
    duty = Duty(department_id=department.id, person_id=person.id, from_day=from_day, until_day=last)
    db.add(duty)
    db.flush()
    _tell(db, department.id, "duty_added", duty.id, by)
    return duty


def remove(db: Session, duty_id: int, *, by: Person) -> int:
    """Take a turn off the rota; the department it was of. Ends in a 404 when it is not there."""
    department_id = db.scalar(select(Duty.department_id).where(Duty.id == duty_id))
    gone = db.execute(delete(Duty).where(Duty.id == duty_id))
    assert isinstance(gone, CursorResult)
    if department_id is None or gone.rowcount != 1:
        raise NotFound
    _tell(db, department_id, "duty_removed", duty_id, by)
    return department_id


def _overlaps(db: Session, department_id: int, person_id: int, first: date, last: date) -> bool:
    theirs = (Duty.department_id == department_id, Duty.person_id == person_id)
    return bool(db.scalar(select(Duty.id).where(*theirs, Duty.from_day <= last, Duty.until_day >= first).limit(1)))


def _tell(db: Session, department_id: int, act: str, duty_id: int, by: Person) -> None:
    audit.write(db, act, "duty", duty_id, by=by, department=department_id)
    activity.record(db, "board_changed", department_id=department_id)
