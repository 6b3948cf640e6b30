"""The register of people: who is here, adding and changing them, departments and their accounts."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html, mail, web
from portal.i18n import LANGUAGES, ngettext
from portal.i18n import gettext as _
from portal.people import accounts, adding, audit, leaving, queries, sessions
from portal.people.adding import NotPossible
from portal.people.details import ROLE_NAMES, Details, check
from portal.people.models import Account, Department, Person
from portal.web import Form, NotFound, action, admin, editor, page

FIELDS = ("name", "email", "role", "language", "function", "phone")


def people(request: Request, *, db: Session) -> Response:
    asked = request.query_params
    q = "".join(letter for letter in asked.get("q", "")[:100] if letter.isprintable()).strip()
    department, number = web.whole_number(asked.get("department", "")), web.whole_number(asked.get("page", ""))
    found = queries.register(db, q=q, department_id=department, number=number or 1)

    def address(page_number: int) -> str:
        return html.url(request, "people", q=q or None, department=department, page=page_number)

    return html.page(
        request,
        "people/index.html",
        found=found,
        roles=ROLE_NAMES,
        q=q,
        department=department,
        departments=queries.departments(db),
        pages=address,
        here=address(found.part.number),
    )


def new_person(request: Request, *, db: Session) -> Response:
    typed = {"role": "member", "language": "nl"}
    return _person_form(request, db, person=None, typed=typed, errors={})


def add_person(request: Request, *, db: Session, form: Form, me: Person) -> Response:
    details, department, errors = _read(db, form)
    if not errors and department is not None:
        try:
            person = adding.add(db, details, department=department, by=me)
        except NotPossible as refusal:
            errors = refusal.errors
        else:
            web.flash(request, _("%(name)s is on the list.", name=person.name))
            return web.see_other(request, "person_page", person_id=person.id)
    return _person_form(request, db, person=None, typed=form.raw, errors=errors)


def person_page(request: Request, *, db: Session, me: Person, person_id: int) -> Response:
    person = queries.get_person(db, person_id)
    if me.role != "admin":
        return html.page(request, "people/person.html", person=person, roles=ROLE_NAMES, here=request.url.path)
    return _person_form(request, db, person=person, typed=_current(person), errors={})


def change_person(request: Request, *, db: Session, form: Form, me: Person, person_id: int) -> Response:
    person = queries.get_person(db, person_id)
    details, department, errors = _read(db, form)
    if not errors and department is not None:
        try:
            adding.change(db, person, details, department=department, by=me)
        except NotPossible as refusal:
            errors = refusal.errors
        else:
            web.flash(request, _("Saved."))
            return web.see_other(request, "person_page", person_id=person.id)
    return _person_form(request, db, person=person, typed=form.raw, errors=errors)


def deactivate_person(request: Request, *, db: Session, me: Person, person_id: int) -> Response:
    person = queries.get_person(db, person_id)
    try:
        adding.deactivate(db, person, by=me)
    except NotPossible as refusal:
        return _person_form(request, db, person=person, typed=_current(person), errors=refusal.errors)
    web.flash(request, _("%(name)s is signed out everywhere and can no longer sign in.", name=person.name))
    return web.see_other(request, "person_page", person_id=person.id)


def reactivate_person(request: Request, *, db: Session, me: Person, person_id: int) -> Response:
    person = queries.get_person(db, person_id)
    adding.reactivate(db, person, by=me)
    web.flash(request, _("Welcome back: %(name)s can sign in again.", name=person.name))
    return web.see_other(request, "person_page", person_id=person.id)


def hand_over_record(request: Request, *, db: Session, form: Form, me: Person, person_id: int) -> Response:
    """Mail somebody who left a link to their own record. Nobody here gets to see the link."""
    person = _left(db, person_id)
    try:
        to = mail.address(form.text("record_to", 400))
    except mail.NotAnAddress:
        form.errors["record_to"] = _("This is not a complete mail address.")
    else:
        if queries.someone_else_has(db, to, person):
            form.errors["record_to"] = _("This is the address of a colleague. A record goes to its own person only.")
    if form.errors or not mail.is_configured():
        return _person_form(request, db, person=person, typed=_current(person) | form.raw, errors=form.errors)
    leaving.hand_over_record(db, person, to=to, by=me)
    web.flash(request, _("The link is on its way. It works once, for two weeks."))
    return web.see_other(request, "person_page", person_id=person.id)


def erase_leaver(request: Request, *, db: Session, me: Person, person_id: int) -> Response:
    """Only for who was deactivated before: two steps, by design."""
    person = _left(db, person_id)
    name = person.name
    leaving.erase(db, person, by=me)
    web.flash(
        request, _("%(name)s is gone from here. What their links bring goes on counting for the team.", name=name)
    )
    return web.see_other(request, "people")


def sign_person_out(request: Request, *, db: Session, me: Person, person_id: int) -> Response:
    person = queries.get_person(db, person_id)
    closed = sessions.close_all(db, person)
    request.app.state.end_pushes(db, person)
    audit.write(db, "signed_out_everywhere", "person", person.id, by=me, sessions=closed)
    web.flash(
        request,
        ngettext("Signed out on %(num)s device.", "Signed out on %(num)s devices.", closed),
    )
    return web.see_other(request, "person_page", person_id=person.id)


def departments(request: Request, *, db: Session) -> Response:
    return _departments_page(request, db)


def add_department(request: Request, *, db: Session, form: Form, me: Person) -> Response:
    name = form.text("name", 400)
    try:
        department = adding.add_department(db, name)
    except NotPossible as refusal:
        return _departments_page(request, db, errors=refusal.errors, typed=form.raw)
    audit.write(db, "department_added", "department", department.id, by=me)
    web.flash(request, _("%(name)s is on the list.", name=department.name))
    return web.see_other(request, "departments")


def rename_department(request: Request, *, db: Session, form: Form, me: Person, department_id: int) -> Response:
    department = queries.get_department(db, department_id)
    before = department.name
    try:
        adding.rename_department(db, department, form.text("name", 400))
    except NotPossible as refusal:
        return _departments_page(request, db, errors=refusal.errors, typed=form.raw, at=department_id)
    audit.write(db, "department_renamed", "department", department.id, by=me, before=before)
    web.flash(request, _("Saved."))
    return web.see_other(request, "departments")


def add_account(request: Request, *, db: Session, form: Form, me: Person, department_id: int) -> Response:
    department = queries.get_department(db, department_id)
    network, url, name = form.text("network"), form.text("url", 2000), form.text("name", 400)
    try:
        accounts.add_account(db, department, network=network, url=url, name=name, by=me)
    except NotPossible as refusal:
        errors = {f"account-{field}": sentence for field, sentence in refusal.errors.items()}
        return _departments_page(request, db, errors=errors, typed=form.raw, at=department_id)
    web.flash(request, _("Saved."))
    return web.see_other(request, "departments")


def remove_account(request: Request, *, db: Session, me: Person, account_id: int) -> Response:
    account = db.get(Account, account_id)
    if account is None:
        raise NotFound
    accounts.remove_account(db, account, by=me)
    web.flash(request, _("The account is off the list."))
    return web.see_other(request, "departments")


def _left(db: Session, person_id: int) -> Person:
    """Somebody who was deactivated; ends in a 404 for anybody else."""
    person = queries.get_person(db, person_id)
    if person.is_active:
        raise NotFound
    return person


def _read(db: Session, form: Form) -> tuple[Details, Department | None, dict[str, str]]:
    """What the person form holds, cleaned, and a sentence by field for what cannot stay so."""
    typed = {field: form.text(field, 400) for field in FIELDS}
    details, errors = check(typed, ambassador=form.is_set("ambassador"))
    number = form.number("department")
    department = db.get(Department, number) if number else None
    if department is None:
        errors["department"] = _("Please choose a department from the list.")
    return details, department, form.errors | errors


def _current(person: Person) -> dict[str, str]:
    typed = {field: getattr(person, field) or "" for field in FIELDS}
    return typed | {
        "department": str(person.department_id),
        "ambassador": "yes" if person.ambassador else "",
    }


def _person_form(
    request: Request, db: Session, *, person: Person | None, typed: dict[str, str], errors: dict[str, str]
) -> Response:
    return html.page(
        request,
        "people/edit.html",
        status=422 if errors else 200,
        person=person,
        typed={name: typed.get(name, "") for name in (*FIELDS, "department", "ambassador")},
        errors=errors,
        labels=_labels(),
        departments=queries.departments(db),
        languages=LANGUAGES,
        roles=ROLE_NAMES,
        has_single_sign_on=person is not None and queries.has_single_sign_on(db, person),
        can_mail=mail.is_configured(),
        record_to=typed.get("record_to", typed.get("email", "")),
        erased_on=leaving.erased_on(person) if person is not None and not person.is_active else None,
        here=request.url.path if request.method == "GET" else "/people",
    )


def _departments_page(
    request: Request,
    db: Session,
    *,
    errors: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
    at: int | None = None,
) -> Response:
    """`at` is the department whose form came back with `errors`; None is the form for a new one."""
    return html.page(
        request,
        "people/departments.html",
        status=422 if errors else 200,
        departments=queries.departments(db),
        sizes=queries.department_sizes(db),
        accounts=queries.accounts_by_department(db),
        networks=accounts.NETWORKS,
        errors=errors or {},
        typed=typed or {},
        at=at,
        here="/people/departments",
    )


def _labels() -> dict[str, str]:
    return {
        "name": _("Name"),
        "email": _("E-mail address"),
        "department": _("Department"),
        "role": _("Role"),
        "language": _("Language"),
        "function": _("Function"),
        "phone": _("Phone"),
    }


routes = [
    page("/people", people, editor),
    action("/people", add_person, admin),
    page("/people/new", new_person, admin),
    page("/people/departments", departments, editor),
    action("/people/departments", add_department, admin),
    action("/people/departments/{department_id:int}", rename_department, admin),
    action("/people/departments/{department_id:int}/accounts", add_account, admin),
    action("/people/accounts/{account_id:int}/remove", remove_account, admin),
    page("/people/{person_id:int}", person_page, editor),
    action("/people/{person_id:int}", change_person, admin),
    action("/people/{person_id:int}/deactivate", deactivate_person, admin),
    action("/people/{person_id:int}/reactivate", reactivate_person, admin),
    action("/people/{person_id:int}/record", hand_over_record, admin),
    action("/people/{person_id:int}/erasure", erase_leaver, admin),
    action("/people/{person_id:int}/sign-out", sign_person_out, admin),
]
