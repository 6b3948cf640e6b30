"""The editor's screens: the list, letting one in, and what each is set to; the rest of their pages by name."""

from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy.orm import Session
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html, i18n, settings, web
from portal.database import Database
from portal.i18n import LANGUAGES
from portal.i18n import gettext as _
from portal.links import figures
from portal.people.models import Department, Organisation, Person
from portal.people.queries import departments
from portal.screens import (
    helping,
    pairing,
    play_routes,
    playlist_routes,
    playlists,
    preview_routes,
    queries,
    slide_routes,
    subjects,
    urgent,
    urgent_routes,
)
from portal.screens.models import AUDIENCES, ORIENTATIONS, Playlist, Screen
from portal.web import Form, action, editor, page

ZONES = (
    "Europe/Amsterdam",
    "Europe/Brussels",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Lisbon",
    "Europe/Madrid",
    "Europe/Rome",
    "Europe/Copenhagen",
    "Europe/Stockholm",
    "Europe/Warsaw",
    "Europe/Athens",
    "Europe/Istanbul",
    "Atlantic/Canary",
    "America/Curacao",
    "America/Aruba",
    "America/Paramaribo",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "UTC",
)
"""Offered to choose from; a screen may have any other that the clock knows."""


def screens(request: Request, *, db: Session, organisation: Organisation) -> Response:
    typed = {
        "code": pairing.tidy(request.query_params.get("code", ""))[:20],
        "language": settings.current().language,  # a new screen starts with that of the house
    }
    return _list(request, db, organisation, typed=typed)


def pair_screen(request: Request, *, db: Session, form: Form, me: Person, organisation: Organisation) -> Response:
    code = form.text("code", limit=40)
    wanted = _wanted(db, form)
    if not code:
        form.errors["code"] = _("Please type the code that the screen shows.")
    if form.errors:
        return _list(request, db, organisation, typed=form.raw, errors=form.errors)
    try:
        screen = pairing.pair(db, code, wanted, by=me)
    except pairing.TooManyGuesses:
        errors = {"code": _("Those were many codes that did not fit. Have a coffee, and try again in ten minutes.")}
        return _list(request, db, organisation, typed=form.raw, errors=errors, status=429)
    except pairing.WrongCode:
        errors = {"code": _("No screen shows this code. Codes are renewed every few minutes: look once more.")}
        response = _list(request, db, organisation, typed=form.raw, errors=errors)
        # What a refused form did is undone, and this must not be: so it is noted by itself, afterwards.
        response.background = BackgroundTask(_note_guess, request.app.state.database, me.id)
        return response
    web.flash(request, _("“%(name)s” is connected. In a few seconds it shows its wall.", name=screen.name))
    return web.see_other(request, "screen_page", screen_id=screen.id)


def screen_page(request: Request, *, db: Session, organisation: Organisation, screen_id: int) -> Response:
    row = queries.get_row(db, screen_id)
    return _screen_page(request, db, organisation, row)


def change_screen(
    request: Request, *, db: Session, form: Form, me: Person, organisation: Organisation, screen_id: int
) -> Response:
    row = queries.get_row(db, screen_id)
    wanted = _wanted(db, form)
    if form.errors:
        return _screen_page(request, db, organisation, row, typed=form.raw, errors=form.errors)
    pairing.change(db, row.screen, wanted, by=me)
    web.flash(request, _("Saved. “%(name)s” follows within seconds.", name=wanted.name))
    return web.see_other(request, "screen_page", screen_id=screen_id)


def revoke_screen(request: Request, *, db: Session, me: Person, screen_id: int) -> Response:
    screen = queries.get_screen(db, screen_id)
    pairing.revoke(db, screen, by=me)
    web.flash(request, _("“%(name)s” is disconnected.", name=screen.name))
    return web.see_other(request, "screens")


def _list(
    request: Request,
    db: Session,
    organisation: Organisation,
    *,
    typed: dict[str, str],
    errors: dict[str, str] | None = None,
    status: int = 422,
) -> Response:
    q = request.query_params.get("q", "").strip()[:60]
    found = queries.register(db, q=q, number=web.whole_number(request.query_params.get("page", "")) or 1)
    shown = [row.screen for row in found.rows]
    return html.page(
        request,
        "screens/index.html",
        status=status if errors else 200,
        found=found,
        q=q,
        cards=subjects.cards(db, shown, i18n.language.get()),
        wrong={screen.id: helping.wrong_with(screen, organisation) for screen in shown},
        is_here=queries.is_here,
        urgent=urgent.running(db),
        start=f"{settings.current().base_url}{html.url(request, 'new_screen')}",
        typed=typed,
        errors=errors or {},
        **_choices(db),
    )


def _screen_page(
    request: Request,
    db: Session,
    organisation: Organisation,
    row: queries.Row,
    *,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    screen = row.screen
    came = figures.by(db, figures.by_screen(), figures.of_screen(screen.id))
    return html.page(
        request,
        "screens/screen.html",
        status=422 if errors else 200,
        screen=screen,
        card=subjects.cards(db, [screen], i18n.language.get())[screen.id],
        wrong=helping.wrong_with(screen, organisation),
        is_here=queries.is_here(screen),
        figure=came.get(screen.id, figures.Figure()),
        printable=queries.printable(db, screen.id, i18n.language.get()),
        local_time=clock.now().astimezone(ZoneInfo(screen.time_zone) if screen.time_zone else clock.zone()),
        typed=typed if typed is not None else _filled(screen),
        errors=errors or {},
        **_choices(db, zone=screen.time_zone),
    )


def _choices(db: Session, *, zone: str = "") -> dict[str, Any]:
    """What there is to choose from in the form of a screen."""
    house = settings.current().time_zone
    zones = sorted({*ZONES, zone} - {house, ""})
    return {
        "languages": list(LANGUAGES.items()),
        "departments": [("", _("None in particular")), *((team.id, team.name) for team in departments(db))],
        "playlists": [("", _("The house’s playlist")), *playlists.choices(db)],
        "zones": [("", _("As in the house (%(zone)s)", zone=house)), *((each, each) for each in zones)],
        "hours": [("", _("never")), *((hour, f"{hour}:00") for hour in range(24))],
    }


def _filled(screen: Screen) -> dict[str, str]:
    """The form's fields for a screen as it is."""
    columns = ("name", "place", "audience", "language", "orientation", "time_zone")
    numbers = ("department_id", "playlist_id", "night_from", "night_until")
    found = {name: str(getattr(screen, name)) for name in columns}
    found |= {name: str(value if (value := getattr(screen, name)) is not None else "") for name in numbers}
    return found | ({"is_still": "yes"} if screen.is_still else {})


def _wanted(db: Session, form: Form) -> pairing.Wanted:
    """What was filled in about a display; the form's errors get a sentence for what cannot stay so."""
    wanted = pairing.Wanted(
        name=form.text("name", limit=60),
        place=form.text("place", limit=80),
        audience=form.text("audience"),
        language=form.text("language"),
        department_id=form.number("department_id"),
        playlist_id=form.number("playlist_id"),
        time_zone=form.text("time_zone"),
        orientation=form.text("orientation") or "landscape",
        is_still=form.is_set("is_still"),
        night_from=form.number("night_from"),
        night_until=form.number("night_until"),
    )
    if not wanted.name:
        form.errors["name"] = _("Please give the screen a name, such as Canteen.")
    if wanted.audience not in AUDIENCES:
        form.errors["audience"] = _("Please choose who sees this screen.")
    if wanted.language not in LANGUAGES:
        form.errors["language"] = _("Please choose a language.")
    if wanted.orientation not in ORIENTATIONS:
        form.errors["orientation"] = _("Please choose how the screen hangs.")
    if wanted.time_zone and wanted.time_zone not in available_timezones():
        form.errors["time_zone"] = _("Please choose a time zone from the list.")
    for name, table in (("department_id", Department), ("playlist_id", Playlist)):
        chosen = getattr(wanted, name)
        if (chosen is None and form.get(name)) or (chosen is not None and db.get(table, chosen) is None):
            form.errors[name] = _("This is not there any more. Please choose again.")
    begins, ends = wanted.night_from, wanted.night_until
    if any(hour is not None and hour > 23 for hour in (begins, ends)):
        form.errors["night_from"] = _("Please choose the hours from the list.")
    elif (begins is None) != (ends is None) or (begins is not None and begins == ends):
        form.errors["night_from"] = _("Please choose when the night begins and when it ends, or twice never.")
    return wanted


def _note_guess(database: Database, person_id: int) -> None:
    with database.writing() as db:
        pairing.note_guess(db, person_id)


routes = [
    page("/screens", screens, editor),
    action("/screens", pair_screen, editor),
    page("/screens/{screen_id:int}", screen_page, editor),
    action("/screens/{screen_id:int}", change_screen, editor),
    action("/screens/{screen_id:int}/revoke", revoke_screen, editor),
    *playlist_routes.routes,
    *slide_routes.routes,
    *preview_routes.routes,
    *urgent_routes.routes,
    *play_routes.routes,
]
