"""What anybody may see of the organisation, the settings, and the table of everything about people."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html, web
from portal.i18n import LANGUAGES
from portal.i18n import gettext as _
from portal.people import admin_routes, brand, import_routes, organisation, sign_in_routes
from portal.people.landing import own_page
from portal.people.models import Organisation, Person
from portal.web import Form, Invalid, action, admin, anyone, page

A_YEAR = 365 * 24 * 3600


def privacy(request: Request) -> Response:
    return html.page(request, "people/privacy.html", here="/privacy")


def switch_language(request: Request, *, form: Form, me: Person | None) -> Response:
    chosen = form.text("language")
    if chosen not in LANGUAGES:
        raise Invalid(_("Please choose a language from the list."))
    response = web.go_to(request, own_page(request, form.text("next", 500)))
    if me is not None:
        me.language = chosen
    else:
        web.set_cookie(response, "language", chosen, max_age=A_YEAR)
    return response


def brand_css(request: Request, *, organisation: Organisation) -> Response:
    """The accent as a stylesheet; kept by browsers until the settings change."""
    tag = f'"{organisation.version}-{organisation.accent[1:]}"'
    headers = {"Cache-Control": "public, max-age=300", "ETag": tag}
    if request.query_params.get("v") == str(organisation.version):
        headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    if web.holds(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(brand.css(organisation.accent), media_type="text/css", headers=headers)


def settings_page(request: Request, *, organisation: Organisation) -> Response:
    return _settings_page(request, typed=_current(organisation), errors={})


def change_settings(request: Request, *, db: Session, form: Form, me: Person) -> Response:
    texts, errors = organisation.check({name: form.text(name, 400) for name in organisation.TEXTS})
    sent = [name for name in organisation.NUMBERS if name in form]
    numbers, wrong = organisation.check_numbers({name: form.number(name) for name in sent})
    errors = form.errors | errors | wrong
    on = {name for name in organisation.SWITCHES if form.is_set(name)}
    if errors:
        typed: dict[str, object] = {name: form[name] for name in (*organisation.TEXTS, *organisation.NUMBERS)}
        typed |= {name: name in on for name in organisation.SWITCHES}
        return _settings_page(request, typed=typed, errors=errors)
    row = organisation.for_change(db)
    organisation.change(db, row, texts=texts, numbers=numbers, on=on, by=me)
    shown = brand.light(row.accent).brand
    web.flash(
        request,
        _("Saved.")
        if shown == row.accent
        else _("Saved. On light paper your colour is shown a little darker, so that everybody can read it."),
    )
    return web.see_other(request, "settings")


def _settings_page(request: Request, *, typed: dict[str, object], errors: dict[str, str]) -> Response:
    accent = str(typed["accent"])
    known = accent if brand.COLOUR.fullmatch(accent) else brand.DEFAULT
    return html.page(
        request,
        "people/settings.html",
        status=422 if errors else 200,
        typed=typed,
        errors=errors,
        labels=_labels(),
        day=brand.light(known),
        night=brand.dark(known),
        here="/settings",
    )


def _current(row: Organisation) -> dict[str, object]:
    return {name: getattr(row, name) for name in (*organisation.TEXTS, *organisation.NUMBERS, *organisation.SWITCHES)}


def _labels() -> dict[str, str]:
    return {
        "name": _("Name of your organisation"),
        "website": _("Website"),
        "accent": _("Accent colour"),
        "disclosure_nl": _("The sentence in Dutch"),
        "disclosure_en": _("The sentence in English"),
        "mastodon_server": _("Mastodon server"),
        "asks_per_week": _("Times a week one colleague may be asked"),
        "captions_for": _("Colleagues who get the same caption"),
        "ideas_answered_in": _("Days until an idea is answered"),
    }


routes = [
    *sign_in_routes.routes,
    action("/language", switch_language, anyone),
    page("/privacy", privacy, anyone),
    page("/brand.css", brand_css, anyone),
    *import_routes.routes,
    *admin_routes.routes,
    page("/settings", settings_page, admin, name="settings"),
    action("/settings", change_settings, admin),
]
