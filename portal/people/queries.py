"""Reads about people and departments."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from portal.parts import Part, part
from portal.people.models import Account, Department, Identity, Person
from portal.web import NotFound

PAGE = 50
SMALLEST_TEAM = 5
"""Figures of a team with fewer colleagues would tell what single people do: small teams are counted together."""


@dataclass(frozen=True)
class Register:
    """A part of the register."""

    people: list[Person]
    part: Part


def get_person(db: Session, person_id: int) -> Person:
    """The person with their department; ends in a 404 when there is none."""
    found = db.scalar(select(Person).options(joinedload(Person.department)).where(Person.id == person_id))
    if found is None:
        raise NotFound
    return found


def find_by_email(db: Session, email: str) -> Person | None:
    return db.scalar(select(Person).options(joinedload(Person.department)).where(Person.email == email.strip().lower()))


def register(db: Session, *, q: str, department_id: int | None, number: int) -> Register:
    """Fifty people by name, of those whose name, address or function holds `q`; at most the last page."""
    asked = _matching(q, department_id)
    total = db.scalar(select(func.count()).select_from(Person).where(*asked)) or 0
    shown = part(number, total=total, size=PAGE)
    people = db.scalars(
        select(Person)
        .options(joinedload(Person.department))
        .where(*asked)
        .order_by(Person.deactivated_at.is_not(None), func.lower(Person.name), Person.id)
        .limit(shown.size)
        .offset(shown.skipped)
    )
    return Register(list(people), shown)


def everybody(db: Session) -> list[Person]:
    """For the export: all people with their departments, by name."""
    return list(
        db.scalars(select(Person).options(joinedload(Person.department)).order_by(func.lower(Person.name), Person.id))
    )


def names_of(db: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """The names of people by id, in one query."""
    wanted = {each for each in ids if each is not None}
    if not wanted:
        return {}
    return dict(db.execute(select(Person.id, Person.name).where(Person.id.in_(wanted))).all())


def departments(db: Session) -> list[Department]:
    return list(db.scalars(select(Department).order_by(func.lower(Department.name))))


def get_department(db: Session, department_id: int) -> Department:
    """The department; ends in a 404 when there is none."""
    found = db.get(Department, department_id)
    if found is None:
        raise NotFound
    return found


def department_sizes(db: Session) -> dict[int, int]:
    """Active people by department id; departments without any are left out."""
    counted = select(Person.department_id, func.count()).where(Person.deactivated_at.is_(None))
    return {row[0]: row[1] for row in db.execute(counted.group_by(Person.department_id))}


def accounts_by_department(db: Session) -> dict[int, list[Account]]:
    found: dict[int, list[Account]] = {}
    for account in db.scalars(select(Account).order_by(Account.network, Account.id)):
        found.setdefault(account.department_id, []).append(account)
    return found


def has_single_sign_on(db: Session, person: Person) -> bool:
    """Whether an account at the identity provider is bound to `person`."""
    return db.scalar(select(Identity.id).where(Identity.person_id == person.id).limit(1)) is not None


def _matching(q: str, department_id: int | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if q:
        fields = (Person.name, Person.email, Person.function)
        conditions.append(or_(*(field.icontains(q, autoescape=True) for field in fields)))
    if department_id is not None:
        conditions.append(Person.department_id == department_id)
    return conditions


def someone_else_has(db: Session, address: str, person: Person) -> bool:
    """Whether another active person is reached at this mail address."""
    others = (Person.email == address, Person.id != person.id, Person.deactivated_at.is_(None))
    return db.scalar(select(Person.id).where(*others)) is not None
