"""Adding, changing, deactivating: what keeps the register whole, whoever asks for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import activity, clock
from portal.i18n import gettext as _
from portal.i18n import lazy
from portal.people import audit, mailed_links, sessions, sign_in_links
from portal.people.details import Details, check, unfit
from portal.people.models import Department, Person


class NotPossible(ValueError):
    """The register would not be whole any more. `errors` holds a sentence by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


def add_person(
    db: Session,
    *,
    name: str,
    email: str | None,
    department: str,
    role: str = "member",
    language: str = "nl",
    function: str = "",
    phone: str = "",
    ambassador: bool = False,
    by: Person | None = None,
) -> Person:
    """Add somebody from plain values; the department is made when it is new. Raises NotPossible."""
    typed = {"name": name, "email": email or "", "role": role, "language": language}
    details, errors = check({**typed, "function": function, "phone": phone}, ambassador=ambassador)
    team = " ".join(department.split())
    if not team:
        errors["department"] = _("Please fill in a department.")
    elif sentence := unfit("department", team):
        errors["department"] = sentence
    if errors:
        raise NotPossible(errors)
    return add(db, details, department=department_named(db, team), by=by)


def add(db: Session, details: Details, *, department: Department, by: Person | None) -> Person:
    """Add somebody whose details were checked. Raises NotPossible when the address is taken."""
    _refuse_taken(db, details.email, apart_from=None)
    person = Person(
        **asdict(details),
        department_id=department.id,
        leaderboard_name="hidden",
        pseudonym="",
        wall_name=False,
        created_at=clock.now(),
    )
    person.department = department
    with _unique(db, "email", _ADDRESS_TAKEN):
        db.add(person)
    audit.write(db, "person_added", "person", person.id, by=by, role=person.role)
    return person


def change(db: Session, person: Person, details: Details, *, department: Department, by: Person | None) -> None:
    """Give `person` these checked details.

    Raises NotPossible when the address is taken or no admin would be left.
    """
    _refuse_taken(db, details.email, apart_from=person)
    if person.role == "admin" and details.role != "admin":
        keep_an_admin(db, person)
    changed = [field for field, value in asdict(details).items() if getattr(person, field) != value]
    if person.department_id != department.id:
        changed.append("department")
    if not changed:
        return
    roles = {"role_before": person.role, "role_after": details.role} if "role" in changed else {}
    if "email" in changed:
        sign_in_links.withdraw(db, person)
    with _unique(db, "email", _ADDRESS_TAKEN):
        for field, value in asdict(details).items():
            setattr(person, field, value)
        person.department = department
    audit.write(db, "person_changed", "person", person.id, by=by, fields=changed, **roles)


def deactivate(db: Session, person: Person, *, by: Person | None) -> None:
    """Close the door behind somebody who left: every session ends now, every mailed link is void.

    Raises NotPossible for the last admin.
    """
    if not person.is_active:
        return
    if person.role == "admin":
        keep_an_admin(db, person)
    person.deactivated_at = clock.now()
    sessions.close_all(db, person)
    sign_in_links.withdraw(db, person)
    activity.record(db, "board_changed")
    audit.write(db, "person_deactivated", "person", person.id, by=by)


def reactivate(db: Session, person: Person, *, by: Person | None) -> None:
    if person.is_active:
        return
    person.deactivated_at = None
    mailed_links.withdraw(db, person, leads_to="record")
    audit.write(db, "person_reactivated", "person", person.id, by=by)


def keep_an_admin(db: Session, leaving: Person) -> None:
    """Raise NotPossible when `leaving` is the last active admin."""
    # The lock makes two admins who demote each other at the same moment wait for one another.
    admins = select(Person.id).where(Person.role == "admin", Person.deactivated_at.is_(None))
    if set(db.scalars(admins.order_by(Person.id).with_for_update())) <= {leaving.id}:
        raise NotPossible(
            {"role": _("%(name)s is the only administrator. Make somebody else one first.", name=leaving.name)}
        )


def department_named(db: Session, name: str) -> Department:
    """The department of this name, whatever its capitals; made when there is none."""
    found = find_department(db, name)
    return found if found is not None else add_department(db, name)


def add_department(db: Session, name: str) -> Department:
    """Raises NotPossible for an empty, overlong or taken name."""
    department = Department(name=_fit_department_name(db, name, apart_from=None), created_at=clock.now())
    with _unique(db, "name", _DEPARTMENT_TAKEN):
        db.add(department)
    return department


def rename_department(db: Session, department: Department, name: str) -> None:
    """Raises NotPossible for an empty, overlong or taken name."""
    fit = _fit_department_name(db, name, apart_from=department)
    with _unique(db, "name", _DEPARTMENT_TAKEN):
        department.name = fit


def find_department(db: Session, name: str) -> Department | None:
    # Compared here, not in SQL: SQLite knows the capitals of ASCII letters only.
    wanted = " ".join(name.split()).casefold()
    return next((found for found in db.scalars(select(Department)) if found.name.casefold() == wanted), None)


def _fit_department_name(db: Session, name: str, *, apart_from: Department | None) -> str:
    fit = " ".join(name.split())
    if not fit:
        raise NotPossible({"name": _("Please fill in a name.")})
    if sentence := unfit("department", fit):
        raise NotPossible({"name": sentence})
    found = find_department(db, fit)
    if found is not None and found is not apart_from:
        raise NotPossible({"name": str(_DEPARTMENT_TAKEN)})
    return fit


_ADDRESS_TAKEN = lazy("Somebody else already has this address.")
_DEPARTMENT_TAKEN = lazy("There already is a department of this name.")


def _refuse_taken(db: Session, email: str | None, *, apart_from: Person | None) -> None:
    if email is None:
        return
    taken = select(Person.id).where(Person.email == email)
    if apart_from is not None:
        taken = taken.where(Person.id != apart_from.id)
    if db.scalar(taken) is not None:
        raise NotPossible({"email": str(_ADDRESS_TAKEN)})


@contextmanager
def _unique(db: Session, field: str, sentence: object) -> Iterator[None]:
    """What the block changes is written now; a row of the same key that came in meanwhile becomes a sentence."""
    try:
        # The savepoint comes first: after an error PostgreSQL only goes on from there.
        with db.begin_nested():
            yield
            db.flush()
    except IntegrityError as error:
        raise NotPossible({field: str(sentence)}) from error
