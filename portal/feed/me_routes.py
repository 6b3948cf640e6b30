"""The page about me: what I passed on, what I chose, and what is kept."""

import json

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html, settings
from portal.feed import me as mine
from portal.feed import notes as shown_notes
from portal.i18n import LANGUAGES, language
from portal.i18n import gettext as _
from portal.people import choices, topics
from portal.people.models import Person
from portal.people.queries import get_department, has_single_sign_on
from portal.sharing import over
from portal.web import Form, PortalRoute, action, flash, member, page, see_other, whole_number


def me_page(request: Request, *, db: Session, me: Person) -> Response:
    return _me_page(request, db, me=me, errors={}, typed={})


def keep_my_choices(request: Request, *, db: Session, me: Person, form: Form) -> Response:
    person = db.get_one(Person, me.id)
    shown, pseudonym = form.text("leaderboard_name"), form.text("pseudonym", 400)
    try:
        choices.set_leaderboard_name(db, person, shown=shown, pseudonym=pseudonym)
    except choices.ChoiceRefused as refused:
        form.errors["pseudonym" if shown == "pseudonym" else "leaderboard_name"] = str(refused)
    spoken = form.text("language")
    if spoken not in LANGUAGES:
        form.errors["language"] = _("Please choose one of the options.")
    if form.errors:
        return _me_page(request, db, me=me, errors=form.errors, typed=form.raw)
    choices.set_wall_name(db, person, shown=form.is_set("wall_name"))
    person.mail_asks = form.is_set("mail_asks")
    person.language = spoken
    language.set(spoken)
    flash(request, _("Saved. You can change this any time."))
    return see_other(request, "me_page")


def choose_my_topics(request: Request, *, db: Session, me: Person, form: Form) -> Response:
    topics.choose(db, me, {number for number in map(whole_number, form.getlist("topic")) if number})
    flash(request, _("Saved. You can change this any time."))
    return see_other(request, "me_page")


def my_data(request: Request, *, db: Session, me: Person) -> Response:
    body = json.dumps(mine.everything(db, me), ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"', "Cache-Control": html.NO_STORE}
    return Response(body, media_type="application/json", headers=headers)


def _me_page(
    request: Request,
    db: Session,
    *,
    me: Person,
    errors: dict[str, str],
    typed: dict[str, str],
) -> Response:
    kept = mine.my_shares(db, me)
    return html.page(
        request,
        "feed/me.html",
        status=422 if errors else 200,
        shares=kept,
        chips=over.CHIPS,
        team=get_department(db, me.department_id).name,
        **shown_notes.shown(db, me, here="me_page"),
        topics=topics.topics(db),
        my_topics=topics.chosen_by(db, me),
        reach=mine.reach(db, kept),
        out=sum(1 for each in kept if each.is_out),
        errors=errors,
        typed=typed,
        has_single_sign_on=has_single_sign_on(db, me),
        offers_single_sign_on=bool(settings.current().oidc_issuer),
    )


routes: list[PortalRoute] = [
    page("/me", me_page, who=member),
    action("/me", keep_my_choices, who=member),
    action("/me/topics", choose_my_topics, who=member),
    page("/me/data.json", my_data, who=member),
]
