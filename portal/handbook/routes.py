"""The handbook: what we agreed on, examples, somebody to ask, and a square to practise on."""

from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html
from portal.handbook import ambassadors, editing_routes, examples, passages, policy, practice, welcome, welcome_routes
from portal.handbook.feedback import feedback
from portal.handbook.practice_form import PracticeForm
from portal.i18n import gettext as _
from portal.i18n import language
from portal.people.models import Organisation, Person
from portal.sharing import texts
from portal.web import Form, PortalRoute, action, flash, member, page, see_other


def handbook(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    """With `large` in the address it is shown part by part, in large letters, for a meeting."""
    agreed = policy.in_force(db, organisation, language.get())
    return html.page(
        request,
        "handbook/index.html",
        agreed=agreed,
        sections=passages.sections(agreed.body),
        read_at=policy.accepted_at(db, me, agreed.version),
        examples=examples.shown(db, language=language.get(), organisation=organisation.name),
        helper=ambassadors.helper_for(db, me),
        waits=welcome.waits_for(db, me),
        is_large="large" in request.query_params,
    )


def accept_policy(request: Request, *, db: Session, me: Person, form: Form) -> Response:
    version = form.number("version")
    if version is not None:
        policy.accept(db, me, version)
    flash(request, _("Thank you, %(name)s. We noted the day, and will not ask again.", name=me.first_name))
    return see_other(request, "handbook")


def practice_page(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    """The form; with what was tried today above it, unless the address asks for a `fresh` sheet."""
    kept = None if "fresh" in request.query_params else practice.latest(db, me)
    if kept is None:
        return _practice_page(request, db, me=me, shown=PracticeForm.fresh(organisation, language.get()))
    attempt = practice.taken_apart(kept.text, organisation=organisation, language=language.get())
    shown, answers = PracticeForm.of(attempt, organisation, language.get()), practice.replies(kept)
    return _practice_page(request, db, me=me, shown=shown, tried=attempt, said=feedback(attempt), replies=answers)


def practise(request: Request, *, db: Session, me: Person, form: Form, organisation: Organisation) -> Response:
    shown = PracticeForm.read(form, organisation, language.get())
    if not form.errors and not shown.words:
        form.errors["text"] = _("Write something first: half a sentence will do. Nobody else sees it.")
    if form.errors:
        return _practice_page(request, db, me=me, shown=shown, errors=form.errors)
    practice.keep(db, me, shown.fitted)
    return see_other(request, "practice_page")


def _practice_page(
    request: Request,
    db: Session,
    *,
    me: Person,
    shown: PracticeForm,
    errors: dict[str, str] | None = None,
    **tried: Any,
) -> Response:
    none: dict[str, Any] = {"tried": None, "said": None, "replies": []}
    return html.page(
        request,
        "handbook/practice.html",
        status=422 if errors else 200,
        shown=shown,
        errors=errors or {},
        link=practice.LINK,
        limit=practice.LIMIT,
        longest=texts.LONGEST_OWN,
        helper=ambassadors.helper_for(db, me),
        waits=welcome.waits_for(db, me),
        **(none | tried),
    )


routes: list[PortalRoute] = [
    page("/handbook", handbook, who=member),
    action("/handbook/acceptance", accept_policy, who=member),
    page("/handbook/practice", practice_page, who=member),
    action("/handbook/practice", practise, who=member),
    *editing_routes.routes,
    *welcome_routes.routes,
]
