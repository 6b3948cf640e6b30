"""Coming in and going out: the sign-in page, mailed links, practice people, signing out."""

from urllib.parse import quote

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html, mail, settings, web
from portal.guesses import Guesses
from portal.i18n import gettext as _
from portal.people import adding, practice, sessions, sign_in_links
from portal.people.details import ROLE_NAMES
from portal.people.landing import landing
from portal.people.models import Person
from portal.web import Form, Invalid, NotFound, TooMany, action, anyone, member, page

ASKED_AT_ONCE, ASKED_EVERY = 600, 4.0
"""Links one network may ask for in a row, and seconds until one more: a whole office, and in no hour all there are."""


def sign_in_page(request: Request, *, me: Person | None) -> Response:
    target = landing(request, request.query_params.get("next", "/"))
    if me is not None:
        return web.go_to(request, target)
    return _sign_in_page(request, target=target)


def ask_sign_in_link(request: Request, *, db: Session, form: Form) -> Response:
    if not mail.is_configured():
        raise NotFound
    if len(form.getlist("email")) != 1:
        raise Invalid(_("Please fill in one e-mail address."))
    target, typed = landing(request, form.text("next", 500)), form.text("email", mail.LONGEST_ADDRESS)
    try:
        email = mail.address(typed)
    except mail.NotAnAddress:
        errors = {"email": _("Please fill in one e-mail address, such as ana@example.org.")}
        return _sign_in_page(request, target=target, email=typed, errors=errors)
    if asked.are_too_many(request.client.host if request.client else ""):
        raise TooMany(_("Very many links were asked for from here. Please try again in a minute."), wait=60)
    sign_in_links.ask(db, email, target=target)
    return web.see_other(request, "sign_in_sent")


def sign_in_sent(request: Request) -> Response:
    return html.page(
        request, "people/link_sent.html", single_sign_on=bool(settings.current().oidc_issuer), here="/sign-in"
    )


def open_sign_in_link(request: Request, *, db: Session, token: str) -> Response:
    """Shows a button and spends nothing: mail scanners open every link they see."""
    if not sign_in_links.is_open(db, token):
        return _secret_page(html.page(request, "people/link_gone.html", status=410))
    target = landing(request, request.query_params.get("next", "/"))
    return _secret_page(html.page(request, "people/link_open.html", token=token, target=target))


def use_sign_in_link(request: Request, *, db: Session, form: Form, token: str) -> Response:
    person = sign_in_links.spend(db, token)
    if person is None:
        return _secret_page(html.page(request, "people/link_gone.html", status=410))
    return let_in(request, db, person, target=landing(request, form.text("next", 500)))


def practice_sign_in(request: Request, *, db: Session, form: Form) -> Response:
    if not settings.current().practice_sign_in:
        raise NotFound
    key = form.text("person")
    if key not in practice.PEOPLE:
        raise Invalid(_("There is no practice person of that name."))
    try:
        person = practice.get_or_add(db, key)
    except adding.NotPossible as refusal:
        raise Invalid(str(refusal)) from refusal
    if not person.is_active:
        raise Invalid(_("%(name)s was deactivated. Choose somebody else.", name=person.name))
    return let_in(request, db, person, target=landing(request, form.text("next", 500)))


def sign_out(request: Request, *, db: Session) -> Response:
    sessions.close(db, request.cookies.get(web.session_cookie(), ""))
    return _out(request, _("You are signed out. See you soon!"))


def sign_out_everywhere(request: Request, *, db: Session, me: Person) -> Response:
    sessions.close_all(db, me)
    request.app.state.end_pushes(db, me)
    return _out(request, _("You are signed out on every device, and nothing is shown there any more."))


def let_in(request: Request, db: Session, person: Person, *, target: str) -> Response:
    """A new session for `person`; the one this browser had before is closed."""
    sessions.close(db, request.cookies.get(web.session_cookie(), ""))
    return web.set_session(web.go_to(request, target), sessions.open(db, person))


def _out(request: Request, notice: str) -> Response:
    web.flash(request, notice)
    return web.clear_session(web.see_other(request, "sign_in_page"))


def _sign_in_page(request: Request, *, target: str, email: str = "", errors: dict[str, str] | None = None) -> Response:
    chosen = settings.current()
    return html.page(
        request,
        "people/sign_in.html",
        status=422 if errors else 200,
        target=target,
        here=f"/sign-in?next={quote(target)}" if target != "/" else "/sign-in",
        single_sign_on=bool(chosen.oidc_issuer),
        provider_name=chosen.oidc_name,
        by_mail=mail.is_configured(),
        practice_people=practice.PEOPLE if chosen.practice_sign_in else {},
        roles=ROLE_NAMES,
        email=email,
        errors=errors or {},
    )


def _secret_page(response: Response) -> Response:
    """The address of this page opens a door: it goes to no other site, and into no cache."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


asked = Guesses(at_once=ASKED_AT_ONCE, refill=ASKED_EVERY)

routes = [
    page("/sign-in", sign_in_page, anyone),
    action("/sign-in/link", ask_sign_in_link, anyone),
    page("/sign-in/sent", sign_in_sent, anyone),
    page("/sign-in/link/{token}", open_sign_in_link, anyone),
    action("/sign-in/link/{token}", use_sign_in_link, anyone),
    action("/practice-sign-in", practice_sign_in, anyone),
    action("/sign-out", sign_out, anyone),
    action("/sign-out/everywhere", sign_out_everywhere, member),
]
