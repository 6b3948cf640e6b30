"""People from a CSV file: read, compared with who is known, and applied as a whole or not at all."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from portal import clock
from portal.csv_export import unguarded
from portal.i18n import gettext as _
from portal.people import audit, sign_in_links
from portal.people.details import check, unfit
from portal.people.models import Department, Person

MOST_ROWS = 10_000
LARGEST_FILE = 2_000_000
"""Bytes."""

COLUMNS = ("name", "email", "department", "role", "language", "function", "phone", "ambassador")
SAME_COLUMN = {
    "naam": "name",
    "e-mail": "email",
    "mail": "email",
    "e-mailadres": "email",
    "afdeling": "department",
    "rol": "role",
    "taal": "language",
    "functie": "function",
    "telefoon": "phone",
    "ambassadeur": "ambassador",
}
SAME_VALUE = {
    "role": {"lid": "member", "redacteur": "editor", "beheerder": "admin"},
    "language": {"nederlands": "nl", "dutch": "nl", "engels": "en", "english": "en"},
    "ambassador": dict.fromkeys(("yes", "ja", "true", "1", "x"), "yes")
    | dict.fromkeys(("no", "nee", "false", "0"), "no"),
}


class ImportRefused(ValueError):
    """Nothing was imported; the message is a sentence that says why."""


@dataclass(frozen=True)
class Row:
    """What one line of the file would do. Numbers count lines as an editor shows them."""

    line: int
    outcome: str
    """new, changed, unchanged or error."""
    name: str = ""
    email: str = ""
    person_id: int | None = None
    changes: tuple[tuple[str, str, str], ...] = ()
    """(field, before, after)"""
    problem: str = ""
    """A sentence naming the line and the column."""


@dataclass
class Plan:
    """What an import would do, line by line, and what a later one can be compared with."""

    rows: list[Row] = field(default_factory=list)
    new_departments: list[str] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        return Counter(row.outcome for row in self.rows)

    @property
    def problems(self) -> list[Row]:
        return [row for row in self.rows if row.outcome == "error"]

    @property
    def changes_something(self) -> bool:
        return any(row.outcome in ("new", "changed") for row in self.rows)

    @property
    def digest(self) -> str:
        shown = [(row.line, row.outcome, row.person_id, row.name, row.email, row.changes) for row in self.rows]
        return hashlib.sha256(repr((shown, self.new_departments)).encode()).hexdigest()


def load_people(db: Session, csv_text: str, *, by: Person | None = None) -> Plan:
    """Import everybody in `csv_text`; what was done. Raises ImportRefused with every problem it has."""
    plan = compare(db, csv_text)
    apply(db, plan, by=by)
    return plan


def read(body: bytes) -> str:
    """The text of an uploaded file in UTF-8 or in Windows' own encoding. Raises ImportRefused."""
    if len(body) > LARGEST_FILE:
        raise ImportRefused(_("This file is larger than 2 MB. Split it into several files."))
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = body.decode("cp1252")
        except UnicodeDecodeError:
            text = "\x00"
    if "\x00" in text:
        raise ImportRefused(_("This is not a CSV file. In a spreadsheet, choose “Save as” and then CSV."))
    return text


def compare(db: Session, csv_text: str) -> Plan:
    """What `csv_text` would do. Raises ImportRefused when it cannot be read as a table of people at all."""
    lines = list(_lines(csv_text))
    book = _Book(db, (cells for _line, cells in lines))
    plan = Plan()
    for line, cells in lines:
        plan.rows.append(book.row(line, cells))
    plan.new_departments = sorted(book.new_departments.values())
    return _with_an_admin_left(plan, book)


def apply(db: Session, plan: Plan, *, by: Person | None) -> None:
    """Do what `plan` says, all of it. Raises ImportRefused when a line of it has a problem."""
    if plan.problems:
        raise ImportRefused("\n".join(row.problem for row in plan.problems))
    teams = {department.name.casefold(): department for department in db.scalars(select(Department))}
    for name in plan.new_departments:
        teams[name.casefold()] = Department(name=name, created_at=clock.now())
        db.add(teams[name.casefold()])
    db.flush()
    known = _people_by_id(db, [row.person_id for row in plan.rows if row.outcome == "changed" and row.person_id])
    for row in plan.rows:
        values: dict[str, Any] = {column: after for column, _before, after in row.changes}
        if "department" in values:
            values["department_id"] = teams[values.pop("department").casefold()].id
        if "ambassador" in values:
            values["ambassador"] = values["ambassador"] == "yes"
        if row.outcome == "new":
            db.add(Person(name=row.name, email=row.email or None, created_at=clock.now(), **_complete(values)))
        elif row.outcome == "changed" and row.person_id is not None:
            for column, value in values.items():
                setattr(known[row.person_id], column, value)
            if "role" in values:
                sign_in_links.withdraw(db, known[row.person_id])
    db.flush()
    counts = plan.counts
    audit.write(db, "people_imported", "person", None, by=by, added=counts["new"], changed=counts["changed"])


def _lines(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, cell by column) for every line that is not blank."""
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        columns = _columns(next(reader, []))
        for number, cells in enumerate(reader, start=1):
            if number > MOST_ROWS:
                raise ImportRefused(_("This file has more than 10,000 lines. Split it into several files."))
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(columns):
                # Kept as a cell nobody can mean: its line gets a sentence of its own.
                cells = [*cells[: len(columns)], ""]
            named = dict(zip(columns, (unguarded(cell.strip()) for cell in cells), strict=False))
            if len(cells) > len(columns):
                named[""] = "more"
            yield reader.line_num, named
    except csv.Error as error:
        raise ImportRefused(_("Line %(line)s cannot be read as CSV.", line=reader.line_num)) from error


def _columns(header: list[str]) -> list[str]:
    columns = []
    for cell in header:
        heading = " ".join(cell.split()).lower()
        columns.append(SAME_COLUMN.get(heading, heading))
    unknown = [cell.strip() for cell, column in zip(header, columns, strict=True) if column not in COLUMNS]
    if unknown or "name" not in columns:
        allowed = ", ".join(COLUMNS)
        if unknown:
            raise ImportRefused(
                _(
                    "Line 1: “%(column)s” is not a column we know. Use: %(allowed)s.",
                    column=unknown[0][:40],
                    allowed=allowed,
                )
            )
        raise ImportRefused(
            _("Line 1 must name the columns, and “name” among them. Use: %(allowed)s.", allowed=allowed)
        )
    doubled = [column for column, times in Counter(columns).items() if times > 1]
    if doubled:
        raise ImportRefused(_("Line 1: the column “%(column)s” is there twice.", column=doubled[0]))
    return columns


class _Book:
    """Who is known already, read once for the whole file; then each line is looked up in it."""

    def __init__(self, db: Session, lines: Iterable[dict[str, str]]) -> None:
        asked = list(lines)
        emails = {cells.get("email", "").lower() for cells in asked} - {""}
        names = {" ".join(cells.get("name", "").split()) for cells in asked if not cells.get("email")} - {""}
        self.by_email = {person.email: person for person in _people_where(db, Person.email, emails)}
        self.without_email: dict[tuple[str, str], list[Person]] = {}
        for person in _people_where(db, Person.name, names):
            if person.email is None:
                key = (person.name, person.department.name.casefold())
                self.without_email.setdefault(key, []).append(person)
        self.departments = {name.casefold(): name for name in db.scalars(select(Department.name))}
        self.new_departments: dict[str, str] = {}
        self.admins = set(db.scalars(select(Person.id).where(Person.role == "admin", Person.deactivated_at.is_(None))))
        self.seen: dict[object, int] = {}

    def row(self, line: int, cells: dict[str, str]) -> Row:
        if "" in cells:
            return _error(line, cells, "name", _("there are more cells than columns."))
        typed = dict(cells)
        for column, same in SAME_VALUE.items():
            if typed.get(column):
                typed[column] = same.get(typed[column].lower(), typed[column].lower())
        details, errors = check(typed)
        ambassador = typed.get("ambassador", "")
        if ambassador not in ("", "yes", "no"):
            errors["ambassador"] = _("Please write yes or no.")
        team = " ".join(typed.get("department", "").split())
        if sentence := unfit("department", team):
            errors["department"] = sentence
        if errors:
            column, sentence = next(iter(errors.items()))
            return _error(line, cells, column, sentence)
        key: object = details.email or (details.name, team.casefold())
        if key in self.seen:
            return _error(
                line,
                cells,
                "email" if details.email else "name",
                _("This is the same person as in line %(line)s.", line=self.seen[key]),
            )
        self.seen[key] = line
        known = self._known(details.email, details.name, team)
        if known is None and not team:
            return _error(line, cells, "department", _("Please fill in a department."))
        if team and team.casefold() not in self.departments:
            self.departments[team.casefold()] = self.new_departments[team.casefold()] = team
        wished = {
            "name": details.name,
            "department": self.departments[team.casefold()] if team else "",
            "role": details.role if typed.get("role") else "",
            "language": details.language if typed.get("language") else "",
            "function": details.function,
            "phone": details.phone,
            "ambassador": ambassador,
        }
        return _outcome(line, wished, email=details.email or "", known=known)

    def _known(self, email: str | None, name: str, team: str) -> Person | None:
        if email is not None:
            return self.by_email.get(email)
        found = self.without_email.get((name, team.casefold()), [])
        return found[0] if len(found) == 1 else None


def _outcome(line: int, wished: dict[str, str], *, email: str, known: Person | None) -> Row:
    """An empty cell changes nothing: what a file does not say stays as it is."""
    if known is None:
        given = tuple((column, "", value) for column, value in wished.items() if value and column != "name")
        return Row(line, "new", wished["name"], email, None, given)
    current = {
        "name": known.name,
        "department": known.department.name,
        "role": known.role,
        "language": known.language,
        "function": known.function,
        "phone": known.phone,
        "ambassador": "yes" if known.ambassador else "no",
    }
    changes = tuple(
        (column, current[column], value) for column, value in wished.items() if value and value != current[column]
    )
    return Row(line, "changed" if changes else "unchanged", wished["name"], email, known.id, changes)


def _with_an_admin_left(plan: Plan, book: _Book) -> Plan:
    demoted = {
        row.person_id
        for row in plan.rows
        if row.person_id in book.admins and any(column == "role" for column, _before, _after in row.changes)
    }
    made = any(
        after == "admin" and row.outcome == "new" for row in plan.rows for _column, _before, after in row.changes[:3]
    )
    if not demoted or book.admins - demoted or made:
        return plan
    sentence = _("Nobody would be administrator any more.")
    plan.rows = [
        _error(row.line, {"name": row.name, "email": row.email}, "role", sentence) if row.person_id in demoted else row
        for row in plan.rows
    ]
    return plan


def _error(line: int, cells: dict[str, str], column: str, sentence: str) -> Row:
    problem = _("Line %(line)s, column %(column)s: %(sentence)s", line=line, column=column, sentence=sentence)
    return Row(line, "error", cells.get("name", "")[:120], cells.get("email", "")[:120], problem=problem)


def _complete(values: dict[str, Any]) -> dict[str, Any]:
    defaults = {"role": "member", "language": "nl", "function": "", "phone": "", "ambassador": False}
    return {**defaults, "leaderboard_name": "hidden", "pseudonym": "", "wall_name": False, **values}


def _people_where(db: Session, column: Any, values: set[str]) -> Iterator[Person]:
    found = sorted(values)
    for start in range(0, len(found), 500):
        part = column.in_(found[start : start + 500])
        yield from db.scalars(select(Person).options(joinedload(Person.department)).where(part))


def _people_by_id(db: Session, ids: list[int]) -> dict[int, Person]:
    found: dict[int, Person] = {}
    for start in range(0, len(ids), 500):
        part = Person.id.in_(ids[start : start + 500])
        found |= {person.id: person for person in db.scalars(select(Person).where(part))}
    return found
