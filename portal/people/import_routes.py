"""People in and out as CSV: upload, look at what it would do, confirm exactly that; and the download."""

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html, settings, web
from portal.csv_export import csv_response
from portal.database import one_at_a_time
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.people import audit, imports, queries
from portal.people.imports import ImportRefused, Plan
from portal.people.models import Person
from portal.web import LARGEST_FIELD, Form, action, admin, answer, page

CHECKED_FOR = 3600
"""Seconds a checked file may wait for its confirmation."""
SHOWN = 200
"""Unchanged and new rows a dry run lists; rows with a problem are all listed up to this number too."""


def import_people(request: Request) -> Response:
    return _upload_page(request)


def check_import(request: Request, *, db: Session, form: Form) -> Response:
    body = form.file("file")
    if not body:
        return _upload_page(request, error=_("Please choose a file first."))
    try:
        text = imports.read(body)
        plan = imports.compare(db, text)
    except ImportRefused as refusal:
        return _upload_page(request, error=str(refusal))
    if not plan.rows:
        return _upload_page(request, error=_("There are no people in this file."))
    return _dry_run(request, plan, text)


def confirm_import(request: Request, *, db: Session, form: Form, me: Person) -> Response:
    try:
        text, digest = _memory().loads("".join(form.getlist("checked")), max_age=CHECKED_FOR)
    except BadSignature:
        return _upload_page(request, error=_("That took a while. Please choose the file once more."))
    one_at_a_time(db, "people import")
    plan = imports.compare(db, text)
    if plan.problems or plan.digest != digest:
        return _dry_run(request, plan, text, changed_meanwhile=True)
    imports.apply(db, plan, by=me)
    added, changed = plan.counts["new"], plan.counts["changed"]
    web.flash(
        request,
        " ".join(
            [
                ngettext("%(num)s person added.", "%(num)s people added.", added),
                ngettext("%(num)s person changed.", "%(num)s people changed.", changed),
            ]
        ),
    )
    return web.see_other(request, "people")


def people_csv(*, db: Session, me: Person) -> Response:
    people = queries.everybody(db)
    audit.write(db, "people_exported", "person", None, by=me, count=len(people))
    rows = (
        (
            person.name,
            person.email or "",
            person.department.name,
            person.role,
            person.language,
            person.function,
            person.phone,
            "yes" if person.ambassador else "no",
        )
        for person in people
        if person.is_active
    )
    return csv_response(f"people-{clock.today().isoformat()}.csv", imports.COLUMNS, rows)


def _upload_page(request: Request, *, error: str = "") -> Response:
    errors = {"file": error} if error else {}
    return html.page(
        request,
        "people/import.html",
        status=422 if error else 200,
        errors=errors,
        columns=imports.COLUMNS,
        here="/people/import",
    )


def _dry_run(request: Request, plan: Plan, text: str, *, changed_meanwhile: bool = False) -> Response:
    """What the file would do. The checked text travels in the form, signed: just this can be confirmed."""
    is_good = not plan.problems and plan.changes_something
    checked = _memory().dumps([text, plan.digest]) if is_good else ""
    size = LARGEST_FIELD - 1000
    order = {"error": 0, "changed": 1, "new": 2, "unchanged": 3}
    rows = sorted(plan.rows, key=lambda row: (order[row.outcome], row.line))
    return html.page(
        request,
        "people/dry_run.html",
        status=422 if plan.problems or changed_meanwhile else 200,
        plan=plan,
        counts=plan.counts,
        rows=rows[:SHOWN],
        more=len(rows) - len(rows[:SHOWN]),
        pieces=[checked[start : start + size] for start in range(0, len(checked), size)],
        changed_meanwhile=changed_meanwhile,
        here="/people/import",
    )


def _memory() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.current().secret, salt="people import")


routes = [
    page("/people/import", import_people, admin),
    action("/people/import", check_import, admin),
    action("/people/import/confirm", confirm_import, admin),
    answer("/people.csv", people_csv, admin, writes="who took the list of people is recorded"),
]
