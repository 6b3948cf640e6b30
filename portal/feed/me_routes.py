"""The page about me: what I passed on, what came of it, what I chose, and the ways to everything else that is mine."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html, settings
from portal.feed import leaving_routes
from portal.feed import me as mine
from portal.feed import notes as shown_notes
from portal.i18n import LANGUAGES, language
from portal.i18n import gettext as _
from portal.people import choices, topics
from portal.people.models import Organisation, Person
from portal.people.queries import get_department, has_single_sign_on
from portal.recognition.thanks import number_received
from portal.sharing import over
from portal.web import Form, PortalRoute, action, flash, member, page, see_other, whole_number


def me_page(request: Request, *, db: Session, me: Person) -> Response:
    return _me_page(request, db, me=me, errors={}, typed={})


def keep_my_choices(request: Request, *, db: Session, me: Person, form: Form, organisation: Organisation) -> Response:
    """Where no board is shown, nothing is asked about it, and what was chosen before stays."""
    person = db.get_one(Person, me.id)
    if organisation.leaderboard_on:
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
    person.language = spoken
    language.set(spoken)
    flash(request, _("Saved. You can change this any time."))
    return see_other(request, "me_page")


def choose_my_topics(request: Request, *, db: Session, me: Person, form: Form) -> Response:
    topics.choose(db, me, {number for number in map(whole_number, form.getlist("topic")) if number})
    flash(request, _("Saved. You can change this any time."))
    return see_other(request, "me_page")


def my_links(request: Request, *, db: Session, me: Person) -> Response:
    return html.page(request, "feed/my_links.html", found=mine.my_links(db, me, number=_number(request)))


def _me_page(
    request: Request,
    db: Session,
    *,
    me: Person,
    errors: dict[str, str],
    typed: dict[str, str],
) -> Response:
    return html.page(
        request,
        "feed/me.html",
        status=422 if errors else 200,
        found=mine.my_shares(db, me, number=_number(request)),
        reach=mine.reach(db, me),
        thanks=mine.thanks_received(db, me),
        number_of_thanks=number_received(db, me),
        of_my_ideas=mine.ideas_to_thank_for(db, me),
        chips=over.CHIPS,
        team=get_department(db, me.department_id).name,
        **shown_notes.shown(db, me, here="me_page"),
        topics=topics.topics(db),
        my_topics=topics.chosen_by(db, me),
        errors=errors,
        typed=typed,
        has_single_sign_on=has_single_sign_on(db, me),
        offers_single_sign_on=bool(settings.current().oidc_issuer),
    )


def _number(request: Request) -> int:
    return whole_number(request.query_params.get("page", "")) or 1


routes: list[PortalRoute] = [
    page("/me", me_page, who=member),
    action("/me", keep_my_choices, who=member),
    action("/me/topics", choose_my_topics, who=member),
    page("/me/links", my_links, who=member),
    *leaving_routes.routes,
]
