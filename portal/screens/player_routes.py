"""What a player asks for: its own page, its slides, its QR codes, a stream of changes; and its sign of life."""

import hashlib
import json
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal import clock, html, i18n, settings, web
from portal.campaigns.queries import find_item
from portal.door import policy
from portal.i18n import gettext as _
from portal.links import codes, qr
from portal.people.models import Organisation
from portal.screens import colours, framing, pairing, plays, queries, state, walls
from portal.screens.models import Screen
from portal.screens.streams import wall_events
from portal.web import Form, NotFound, action, answer, anyone, page, stream

COOKIE = "screen"
PLAIN = "js/wall-plain.js"
"""Stands in every page of a player."""
REMEMBERED = 400 * 24 * 3600
"""Seconds a player keeps its token; the longest a browser allows."""


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
    if screen.revoked_at is not None:
        context: dict[str, Any] = {"release": state.release(organisation), "token": token, "plain": html.script(PLAIN)}
        return framing.allowed(request, html.page(request, "screens/disconnected.html", **context))
    queries.note_seen(db, screen, request.headers.get("user-agent", ""))
    group = state.group_of(db, screen)
    shown = state.state(db, group, organisation, may_lag=True)
    walls.mint_links(db, screen, shown.items)
    base = html.url(request, "wall", token=token)
    return wall_page(request, group, shown, name=screen.name, base=base, frame_ancestors=framing.origins())


def wall_page(
    request: Request,
    group: state.Group,
    shown: state.State,
    *,
    name: str,
    base: str,
    is_preview: bool = False,
    frame_ancestors: str = "'none'",
) -> Response:
    """A wall as a whole page, begun at the slide that the query asks for by its number.

    `base` is the path below which a player finds `/slides` and `/qr/`, without a slash at its end. A preview is the
    same page in a frame of ours; it reports nothing.
    """
    i18n.language.set(group.language)
    number = web.whole_number(request.query_params.get("slide", "")) or 0
    playing = shown.playing(group)
    following = (number + 1) % max(len(playing), len(shown.side.notes), 1)
    response = html.page(
        request,
        "screens/wall.html",
        group=group,
        side=shown.side,
        turn=playing[number % len(playing)],
        number=number,
        name=name,
        base=base,
        following=f"{base}?slide={following}",
        time=group.now.strftime("%H:%M"),
        shift=group.now.minute // 8 % 4,
        now=int(clock.now().timestamp()),
        release=state.release(request.state.organisation),
        plain=html.script(PLAIN),
        is_preview=is_preview,
    )
    response.headers["Content-Security-Policy"] = policy(
        request.state.nonce, frame_ancestors=frame_ancestors, base_uri="'self'", media_src="'self'"
    )
    return response


def wall_slides(request: Request, *, db: Session, organisation: Organisation, token: str) -> Response:
    """All a player needs to go on without us for a while, or 304 when it has just that."""
    screen = _screen(db, token)
    if screen is not None and screen.revoked_at is None:
        shown = state.state(db, state.group_of(db, screen), organisation, may_lag=True)
        return slides_answer(request, shown.body, shown.etag)
    told = {"release": state.release(organisation), "state": "waiting" if screen is None else "revoked"}
    body = json.dumps(told).encode()
    return slides_answer(request, body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def slides_answer(request: Request, body: bytes, etag: str) -> Response:
    """What a player asked for, or that it has it."""
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if web.holds(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def wall_qr(*, db: Session, token: str, item_id: int) -> Response:
    """The QR code of an item through this screen's own link, the same for ever; 404 for what is not to be seen now."""
    screen = _screen(db, token)
    if screen is None or screen.revoked_at is not None:
        raise NotFound
    item = find_item(db, item_id)
    if item is None or not item.is_published():
        raise NotFound
    link = codes.screen_link(db, screen_id=screen.id, item_id=item.id)
    return _drawing(walls.code(codes.address(link)), kept="private, max-age=31536000, immutable")


def preview_qr(*, db: Session, item_id: int) -> Response:
    """The same for a preview, which belongs to no screen: its code leads there untracked."""
    item = find_item(db, item_id)
    if item is None:
        raise NotFound
    return _drawing(walls.code(walls.target(item, "staff")), kept=html.NO_STORE)


def wall_seen(request: Request, *, db: Session, form: Form, token: str) -> Response:
    """A player's sign of life: what it shows, and what it has shown since its last report."""
    screen = _screen(db, token)
    if screen is None or _is_revoked(screen):
        raise NotFound
    plays.take(db, screen, plays.read(form.raw), user_agent=request.headers.get("user-agent", ""))
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def wall_css(*, organisation: Organisation) -> Response:
    return Response(
        colours.css(organisation.accent),
        media_type="text/css",
        headers={"Cache-Control": "public, max-age=3600"},
    )


def _waiting(request: Request, db: Session, organisation: Organisation, token: str) -> Response:
    context: dict[str, Any] = {"release": state.release(organisation), "plain": html.script(PLAIN)}
    context |= {"token": token, "code": "", "lasts": 60}
    try:
        address = request.client.host if request.client else ""
        waiting = pairing.offer(db, web.token_hash(token), address=address)
    except pairing.TooManyWaiting:
        return framing.allowed(request, html.page(request, "screens/pairing.html", **context))
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
    return framing.allowed(request, html.page(request, "screens/pairing.html", **context))


def _screen(db: Session, token: str) -> Screen | None:
    """The screen of this token; None while it waits for pairing. NotFound for what cannot be a token."""
    if not pairing.TOKEN.fullmatch(token):
        raise NotFound
    return queries.find_screen(db, web.token_hash(token))


def _is_revoked(screen: Screen | None) -> bool:
    return screen is not None and screen.revoked_at is not None


def _drawing(svg: Markup, *, kept: str) -> Response:
    return Response(str(svg), media_type="image/svg+xml", headers={"Cache-Control": kept})


routes = [
    page("/screen", new_screen, anyone),
    page("/screen/wall.css", wall_css, anyone),
    answer("/screen/{token}", wall, anyone, writes="the pairing code, when the screen was last seen, its links"),
    page("/screen/{token}/slides", wall_slides, anyone),
    answer("/screen/{token}/qr/{item_id:int}.svg", wall_qr, anyone, writes="the screen's own link to the item"),
    action("/screen/{token}/seen", wall_seen, anyone),
    stream("/screen/{token}/events", wall_events),
]
