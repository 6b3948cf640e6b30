"""The page of the rota: everybody sees whose turn it is, editors arrange it."""

from datetime import date

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html
from portal.handbook import rota
from portal.i18n import gettext as _
from portal.people.models import Department, Person
from portal.people.queries import departments, get_department
from portal.web import Form, action, editor, flash, member, page, see_other, whole_number


def rota_page(request: Request, *, db: Session, me: Person) -> Response:
    """Of the department the query names, else of one's own."""
    asked = whole_number(request.query_params.get("department", ""))
    return _page(request, db, me, get_department(db, me.department_id if asked is None else asked))


def add_duty(request: Request, *, db: Session, form: Form, me: Person, department_id: int) -> Response:
    department = get_department(db, department_id)
    errors: dict[str, str] = {}
    days = {name: _day(form, name, errors) for name in ("from_day", "until_day")}
    try:
        duty = rota.add(db, department, person_id=form.number("person_id"), by=me, **days)
    except rota.DutyRefused as refused:
        return _page(request, db, me, department, typed=form.raw, errors=refused.errors | errors)
    if errors:
        return _page(request, db, me, department, typed=form.raw, errors=errors)
    name = dict(rota.people(db, department_id)).get(duty.person_id, "")
    flash(request, _("%(name)s is on the rota.", name=name))
    return see_other(request, "rota_page", department=department_id)


def remove_duty(request: Request, *, db: Session, me: Person, duty_id: int) -> Response:
    department_id = rota.remove(db, duty_id, by=me)
    flash(request, _("That turn is off the rota."))
    return see_other(request, "rota_page", department=department_id)


def _day(form: Form, name: str, errors: dict[str, str]) -> date | None:
    text = form.get(name).strip()
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        found = None
    if text and (found is None or found.year > 2199):
        errors[name] = _("Please choose a day from the calendar.")
        return None
    return found


def _page(
    request: Request,
    db: Session,
    me: Person,
    department: Department,
    *,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    on_duty = rota.today(db)
    return html.page(
        request,
        "handbook/rota.html",
        status=422 if errors else 200,
        section="together",
        department=department,
        departments=[(team.id, team.name) for team in departments(db)],
        lines=rota.lines(db, department.id),
        names=on_duty.get(department.id, []),
        people=rota.people(db, department.id) if editor.admits(me) else [],
        may_arrange=editor.admits(me),
        today=clock.today().isoformat(),
        typed=typed or {},
        errors=errors or {},
    )


routes = [
    page("/rota", rota_page, member),
    action("/rota/{department_id:int}", add_duty, editor),
    action("/rota/turns/{duty_id:int}/removal", remove_duty, editor),
]
