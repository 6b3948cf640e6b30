"""Office displays: the player's own pages, and the editor's list of screens."""

import hashlib
import json
from functools import partial
from typing import Any

from anyio import to_thread
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

import portal
from portal import clock, html, i18n, settings, web
from portal.campaigns.queries import live_items, number_live
from portal.database import Database
from portal.i18n import LANGUAGES
from portal.i18n import gettext as _
from portal.links import figures, qr
from portal.people.models import Organisation, Person
from portal.screens import colours, pairing, queries, walls
from portal.screens.events import WallStream
from portal.screens.models import AUDIENCES, Screen
from portal.web import Form, NotFound, action, answer, anyone, editor, page, stream

COOKIE = "screen"
REMEMBERED = 400 * 24 * 3600
"""Seconds a player keeps its token; the longest a browser allows."""
SECONDS = 20
"""How long a slide stays: long enough to take out a phone and scan it."""


def new_screen(request: Request, *, db: Session) -> Response:
    """Where a player starts: on to its own page, the one it had before if that still opens something."""
    token = request.cookies.get(COOKIE, "")
    if not pairing.TOKEN.fullmatch(token) or _is_revoked(queries.find_screen(db, web.token_hash(token))):
        token = web.token()
    response = RedirectResponse(html.url(request, "wall", token=token), status_code=303)
    response.headers["Cache-Control"] = html.NO_STORE
    web.set_cookie(response, COOKIE, token, max_age=REMEMBERED, path="/screen")
    return response


def wall(request: Request, *, db: Session, organisation: Organisation, token: str) -> Response:
    """The player's page: its wall, a code to pair it with, or that it was disconnected; never a sign-in."""
    screen = _screen(db, token)
    if screen is None:
        return _waiting(request, db, organisation, token)
    context: dict[str, Any] = {"release": _release(organisation), "token": token}
    if screen.revoked_at is not None:
        return html.page(request, "screens/disconnected.html", **context)
    i18n.language.set(screen.language)
    queries.note_seen(db, screen, request.headers.get("user-agent", ""))
    walls.mint_links(db, screen)
    shown = walls.of(db, screen, organisation)
    number = web.whole_number(request.query_params.get("slide", "")) or 0
    return html.page(
        request,
        "screens/wall.html",
        wall=shown,
        slide=shown.slides[number % len(shown.slides)],
        number=number,
        following=(number + 1) % max(len(shown.slides), len(shown.notes), 1),
        screen=screen,
        seconds=SECONDS,
        time=clock.local(clock.now()).strftime("%H:%M"),
        zone=settings.current().time_zone,
        **context,
    )


def wall_slides(request: Request, *, db: Session, organisation: Organisation, token: str) -> Response:
    """All a player needs to go on without us for a while, or 304 when it has just that."""
    screen = _screen(db, token)
    told: dict[str, Any] = {"release": _release(organisation), "state": "waiting"}
    if _is_revoked(screen):
        told["state"] = "revoked"
    elif screen is not None:
        i18n.language.set(screen.language)
        shown = walls.of(db, screen, organisation)
        told |= {
            "state": "wall",
            "slides": [
                {
                    "key": slide.key,
                    "ends": slide.ends_at.timestamp() if slide.ends_at else None,
                    "html": html.piece(request, "screens/_slide.html", slide=slide, screen=screen),
                }
                for slide in shown.slides
            ],
            "side": html.piece(request, "screens/_side.html", wall=shown, number=0),
        }
    body = json.dumps(told).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if web.holds(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def wall_seen(request: Request, *, db: Session, token: str) -> Response:
    """A player's sign of life."""
    screen = _screen(db, token)
    if screen is None or _is_revoked(screen):
        raise NotFound
    queries.note_seen(db, screen, request.headers.get("user-agent", ""))
    walls.mint_links(db, screen)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def wall_css(*, organisation: Organisation) -> Response:
    return Response(
        colours.css(organisation.accent),
        media_type="text/css",
        headers={"Cache-Control": "public, max-age=3600"},
    )


async def wall_events(request: Request) -> Response:
    """The stream that tells a wall to look again; 401 for whoever is not a connected screen."""
    database: Database = request.app.state.database
    token_hash = web.token_hash(request.path_params["token"])

    async def screen_id() -> int | None:
        return await to_thread.run_sync(partial(_connected, database, token_hash))

    paired = await screen_id()
    if paired is None:
        return Response(status_code=401, headers={"Cache-Control": "no-store"})
    resumed = web.whole_number(request.headers.get("last-event-id", "") or request.query_params.get("after", ""))
    return WallStream(
        screen_id=paired,
        after=resumed or None,
        tail=request.app.state.tail,
        stopping=request.app.state.stopping,
        is_paired=screen_id,
        release=_release(request.state.organisation),
    )


def screens(request: Request, *, db: Session, organisation: Organisation) -> Response:
    typed = {
        "code": pairing.tidy(request.query_params.get("code", ""))[:20],
        "language": settings.current().language,  # a new screen starts with that of the house
    }
    return _list(request, db, organisation, typed=typed)


def pair_screen(request: Request, *, db: Session, form: Form, me: Person, organisation: Organisation) -> Response:
    code = form.text("code", limit=40)
    wanted = _wanted(form)
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
    return web.see_other(request, "screens")


def change_screen(
    request: Request, *, db: Session, form: Form, me: Person, organisation: Organisation, screen_id: int
) -> Response:
    screen = queries.get_screen(db, screen_id)
    wanted = _wanted(form)
    if form.errors:
        return _list(request, db, organisation, typed=form.raw, errors=form.errors, changing=screen_id)
    pairing.change(db, screen, wanted, by=me)
    web.flash(request, _("Saved. “%(name)s” follows within seconds.", name=screen.name))
    return web.see_other(request, "screens")


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
    changing: int | None = None,
    status: int = 422,
) -> Response:
    return html.page(
        request,
        "screens/index.html",
        status=status if errors else 200,
        section="screens",
        screens=queries.screens(db),
        is_here=queries.is_here,
        came=figures.by(db, figures.by_screen(), figures.of_network("screen")),
        nothing=figures.Figure(),
        printable=queries.printable(db, live_items(db, most=walls.MOST_SLIDES), i18n.language.get()),
        slides=min(number_live(db), walls.MOST_SLIDES),
        has_board=organisation.leaderboard_on,
        start=f"{settings.current().base_url}{html.url(request, 'new_screen')}",
        languages=list(i18n.LANGUAGES.items()),
        typed=typed,
        errors=errors or {},
        changing=changing,
    )


def _waiting(request: Request, db: Session, organisation: Organisation, token: str) -> Response:
    context: dict[str, Any] = {"release": _release(organisation), "token": token, "code": "", "lasts": 60}
    try:
        waiting = pairing.offer(db, web.token_hash(token))
    except pairing.TooManyWaiting:
        return html.page(request, "screens/pairing.html", **context)
    left = waiting.expires_at - pairing.RENEW_BEFORE - clock.now()
    base_url = settings.current().base_url
    context |= {
        "code": waiting.code,
        "lasts": max(int(left.total_seconds()), 1) + 1,
        "where": f"{base_url.partition('://')[2]}/screens",
        "drawing": qr.svg(
            f"{base_url}/screens?code={waiting.code}",
            label=_("QR code that opens the pairing page with this code"),
        ),
    }
    return html.page(request, "screens/pairing.html", **context)


def _wanted(form: Form) -> pairing.Wanted:
    """What was filled in about a display; the form's errors get a sentence for what cannot stay so."""
    wanted = pairing.Wanted(
        name=form.text("name", limit=60),
        place=form.text("place", limit=80),
        audience=form.text("audience"),
        language=form.text("language"),
    )
    if not wanted.name:
        form.errors["name"] = _("Please give the screen a name, such as Canteen.")
    if wanted.audience not in AUDIENCES:
        form.errors["audience"] = _("Please choose who sees this screen.")
    if wanted.language not in LANGUAGES:
        form.errors["language"] = _("Please choose a language.")
    return wanted


def _screen(db: Session, token: str) -> Screen | None:
    """The screen of this token; None while it waits for pairing. NotFound for what cannot be a token."""
    if not pairing.TOKEN.fullmatch(token):
        raise NotFound
    return queries.find_screen(db, web.token_hash(token))


def _is_revoked(screen: Screen | None) -> bool:
    return screen is not None and screen.revoked_at is not None


def _connected(database: Database, token_hash: str) -> int | None:
    with database.reading() as db:
        screen = queries.find_screen(db, token_hash)
        return screen.id if screen is not None and screen.revoked_at is None else None


def _note_guess(database: Database, person_id: int) -> None:
    with database.writing() as db:
        pairing.note_guess(db, person_id)


def _release(organisation: Organisation) -> str:
    """Changes with the code, the wall's own files and the organisation's settings: players then load anew."""
    parts = (portal.__version__, html.static("css/wall.css"), html.static("js/wall.js"), organisation.version)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


routes = [
    page("/screen", new_screen, anyone),
    page("/screen/wall.css", wall_css, anyone),
    answer("/screen/{token}", wall, anyone, writes="the pairing code, when the screen was last seen, and its links"),
    page("/screen/{token}/slides", wall_slides, anyone),
    answer("/screen/{token}/seen", wall_seen, anyone, writes="when the screen was last seen, and its links"),
    stream("/screen/{token}/events", wall_events),
    page("/screens", screens, editor),
    action("/screens", pair_screen, editor),
    action("/screens/{screen_id:int}", change_screen, editor),
    action("/screens/{screen_id:int}/revoke", revoke_screen, editor),
]
