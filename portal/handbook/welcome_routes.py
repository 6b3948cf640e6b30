"""The first five minutes, one step a page; left and taken up again wherever somebody was."""

from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html
from portal.campaigns.labels import KINDS_FOR_READERS
from portal.campaigns.pictures import address
from portal.handbook import ambassadors, passages, policy, practice, welcome
from portal.handbook.models import WELCOME_STEPS
from portal.i18n import LANGUAGES, language
from portal.i18n import gettext as _
from portal.people import choices, topics
from portal.people.models import Organisation, Person
from portal.web import Form, NotFound, PortalRoute, action, flash, member, page, see_other, whole_number


def welcome_page(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    """The step to go on with, or the one that the address asks for."""
    wanted = request.query_params.get("step", "")
    step = wanted if wanted in WELCOME_STEPS else welcome.step_of(db, me)
    return _step_page(request, db, me=me, organisation=organisation, step=step, errors={}, typed={})


def go_on(request: Request, *, db: Session, me: Person, organisation: Organisation, form: Form, step: str) -> Response:
    """Past `step`, with what it asked for; whoever presses Later goes on without."""
    if step not in WELCOME_STEPS:
        raise NotFound
    if not form.is_set("later"):
        if step == "policy" and (version := form.number("version")) is not None:
            policy.accept(db, me, version)
        if step == "choices":
            _keep_choices(db, db.get_one(Person, me.id), form, organisation)
        if form.errors:
            return _step_page(
                request, db, me=me, organisation=organisation, step=step, errors=form.errors, typed=form.raw
            )
    if step == WELCOME_STEPS[-1]:
        welcome.finish(db, me)
        flash(request, _("That was it. Good to have you here, %(name)s!", name=me.first_name))
        return see_other(request, "feed")
    return see_other(request, "welcome", step=welcome.pass_step(db, me, step))


def skip_welcome(request: Request, *, db: Session, me: Person) -> Response:
    welcome.finish(db, me)
    flash(request, _("Fine! Should you want it after all: all of it is in the handbook."))
    return see_other(request, "feed")


def _step_page(
    request: Request,
    db: Session,
    *,
    me: Person,
    organisation: Organisation,
    step: str,
    errors: dict[str, str],
    typed: dict[str, str],
) -> Response:
    shown = {"policy": _policy, "choices": _choices, "practice": _practice, "first": _first}[step]
    return html.page(
        request,
        f"handbook/welcome_{step}.html",
        status=422 if errors else 200,
        step=step,
        place=WELCOME_STEPS.index(step) + 1,
        helper=ambassadors.helper_for(db, me),
        errors=errors,
        typed=typed,
        **shown(db, me, organisation),
    )


def _policy(db: Session, me: Person, organisation: Organisation) -> dict[str, Any]:
    agreed = policy.in_force(db, organisation, language.get())
    sections = passages.sections(agreed.body)
    return {"agreed": agreed, "sections": sections, "read_at": policy.accepted_at(db, me, agreed.version)}


def _choices(db: Session, me: Person, organisation: Organisation) -> dict[str, Any]:
    return {"topics": topics.topics(db), "my_topics": topics.chosen_by(db, me)}


def _practice(db: Session, me: Person, organisation: Organisation) -> dict[str, Any]:
    return {"tried": practice.latest(db, me) is not None}


def _first(db: Session, me: Person, organisation: Organisation) -> dict[str, Any]:
    item = welcome.first_item(db, me)
    return {
        "item": item,
        "picture": address(item.picture, "card") if item is not None and item.picture else "",
        "kinds": KINDS_FOR_READERS,
    }


def _keep_choices(db: Session, person: Person, form: Form, organisation: Organisation) -> None:
    """What the form holds of topics, language and names; adds to `form.errors` and keeps nothing then."""
    spoken = form.text("language")
    if spoken not in LANGUAGES:
        form.errors["language"] = _("Please choose one of the options.")
    if organisation.leaderboard_on and not form.errors:
        shown = form.text("leaderboard_name")
        try:
            choices.set_leaderboard_name(db, person, shown=shown, pseudonym=form.text("pseudonym", 400))
        except choices.ChoiceRefused as refused:
            form.errors["pseudonym" if shown == "pseudonym" else "leaderboard_name"] = str(refused)
    if form.errors:
        return
    choices.set_wall_name(db, person, shown=form.is_set("wall_name"))
    topics.choose(db, person, {number for number in map(whole_number, form.getlist("topic")) if number})
    person.language = spoken
    language.set(spoken)


routes: list[PortalRoute] = [
    page("/welcome", welcome_page, who=member, name="welcome"),
    action("/welcome/skip", skip_welcome, who=member),
    action("/welcome/steps/{step}", go_on, who=member),
]
