"""The one place that renders HTML: whole pages, pieces of them, and answers that swap pieces."""

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple
from urllib.parse import unquote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lucide.jinja import lucide
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Match, Route

from portal import i18n, settings
from portal.paths import data

NO_STORE = "private, no-store"


def page(request: Request, template: str, *, status: int = 200, takes_notices: bool = True, **context: Any) -> Response:
    """A whole page. What it shows of this visitor must not be kept by a cache in between.

    `takes_notices` is False for a page that nobody looks at now: what is to be said waits for the next one.
    """
    notices = take_notices(request) if takes_notices else []
    drawn = _render(request, template, context | {"notices": notices, "parts": _BETWEEN}).split(_BETWEEN)
    parts = [part.encode() for part in drawn]
    body = parts[0] if len(parts) == 1 else _framed(request, drawn[0], *parts[1:], notices=notices)
    return _answer(request, body, status)


def kept_page(request: Request, template: str, shown: Any, **late: object) -> Response:
    """A whole page within the layout, drawn once for all that show the same.

    The template is given the fields of `shown`, a frozen dataclass, and the language, and nothing else of who asks
    and when: what is kept depends on what it is kept by. Values in `late` are put in afterwards.
    """
    key = (template, i18n.language.get(), shown)
    kept = _kept_pages.get(key)
    if kept is None:
        given = {field.name: getattr(shown, field.name) for field in fields(shown)}
        given |= {name: getattr(_SLOT, name) for name in (*late, "nonce")}
        drawn = _draw(request, template, given | {"language": i18n.language.get(), "parts": _BETWEEN})
        its_section, its_title, its_head, its_content = drawn.split(_BETWEEN)
        kept = (its_section, its_title.encode(), _cut(its_head), _cut(its_content))
        if len(_kept_pages) >= _MOST_PAGES:
            _kept_pages.clear()
        _kept_pages[key] = kept
    section, title, head, content = kept
    values = {name: _escaped(value) for name, value in late.items()} | {"nonce": request.state.nonce.encode()}
    notices = take_notices(request)
    filled = (section, title, _filled(head, values), _filled(content, values))
    return _answer(request, _framed(request, *filled, notices=notices), 200)


def piece(request: Request, template: str, **context: Any) -> Markup:
    """A part of a page, exactly as the page includes it."""
    return Markup(_render(request, template, context))


def mail(template: str, **context: Any) -> str:
    """The HTML of a mail, in the current language. Nobody's request made it: every address in it is a whole one."""
    return _templates().get_template(template).render({"language": i18n.language.get()} | context)


def alone(template: str, **context: Any) -> Markup:
    """A piece made for nobody in particular and outside of any request; it may link to nothing."""
    return Markup(_templates().get_template(template).render(context))


def swap(request: Request, *pieces: Markup, otherwise: str) -> Response:
    """The changed pieces for htmx; for a plain form, back to the page `otherwise` that shows them.

    The first piece replaces the form's target. Further ones find their place by id (`hx-swap-oob`).
    """
    if not is_htmx(request):
        return RedirectResponse(otherwise, status_code=303)
    response = HTMLResponse(Markup("\n").join(pieces))
    response.headers["Cache-Control"] = NO_STORE
    return response


def is_htmx(request: Request) -> bool:
    return request.headers.get("HX-Request") == "true"


def static(path: str) -> str:
    """The address of a file in static/, changed whenever the file changes, so that it may be cached for ever."""
    return f"/static/{path}?v={_fingerprint(path)}"


@cache
def script(path: str) -> Markup:
    """A script of static/ as it stands in a page itself, for one that must run though nothing else arrives."""
    return Markup(data("static", path).read_text())


def url(request: Request, name: str, /, **params: Any) -> str:
    """The path of a named route. What the path does not take becomes the query; None leaves a parameter out."""
    route: Route = request.app.state.routes[name]  # by name: the router would look through all of them, link by link
    path = route.url_path_for(name, **{key: value for key, value in params.items() if key in route.param_convertors})
    query = {key: value for key, value in params.items() if key not in route.param_convertors and value is not None}
    return f"{path}?{urlencode(query)}" if query else str(path)


def way_back(request: Request) -> str:
    """The path at which this page, or the one it came from, can be opened again.

    What answered a form may stand at a path that only takes forms. Then it is the page the form was on, or when the
    browser does not say which, as after a form that came back twice, the nearest page above it.
    """
    here = request.url.path
    if request.method == "GET":
        return f"{here}?{request.url.query}" if request.url.query else here
    if is_page(request, here):
        return here
    try:
        came_from = urlsplit(request.headers.get("referer", ""))
    except ValueError:  # no browser sends such an address
        came_from = urlsplit("")
    if came_from.netloc == request.url.netloc and is_page(request, came_from.path):
        return f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
    above = here
    while above and not is_page(request, above):
        above = above.rpartition("/")[0]
    return above or "/"


def is_page(request: Request, path: str) -> bool:
    """Whether a route of ours answers this path, without its query, to a GET."""
    scope = {"type": "http", "method": "GET", "path": unquote(path), "root_path": "", "headers": []}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)


def take_notices(request: Request) -> list[str]:
    """What the action before this page wanted to say; shown once."""
    notices: list[str] = request.app.state.read_notices(request.cookies.get("notice", ""))
    if notices or "notice" in request.cookies:
        request.state.notices_shown = True
    return notices


def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(data("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.policies["ext.i18n.trimmed"] = True
    # Our own gettext already fills in values; escaping happens where a text with markup is marked as such.
    made.globals.update(
        _=_escaped_gettext,
        gettext=_escaped_gettext,
        ngettext=_escaped_ngettext,
        static=static,
        icon=icon,
        day=i18n.day,
        moment=i18n.moment,
        ago=i18n.ago,
        number=i18n.number,
        decimal=i18n.decimal,
    )
    return made


def icon(name: str, size: int = 24) -> Markup:
    """A drawn icon, hidden from screen readers: the words stand beside it."""
    return _icon(name, size)


@cache
def _icon(name: str, size: int) -> Markup:
    return Markup(lucide(name, size=size, aria_hidden="true", focusable="false"))


@cache
def _templates() -> Environment:
    return environment()


def _escaped_gettext(text: str, /, **values: Any) -> Markup:
    """Translated texts may hold our own markup; whatever is filled into them is escaped."""
    translated = Markup(i18n.gettext(text))
    return translated % values if values else translated


def _escaped_ngettext(one: str, many: str, num: int, **values: Any) -> Markup:
    found = i18n.catalog(i18n.language.get()).get(one, (one, many))
    found = found if isinstance(found, tuple) else (found, found)
    return Markup(found[0] if num == 1 else found[1]) % {"num": i18n.number(num), **values}


def _answer(request: Request, body: bytes, status: int) -> Response:
    response = HTMLResponse(body, status_code=status)
    response.headers["Cache-Control"] = NO_STORE
    if getattr(request.state, "notices_shown", False):
        is_https = settings.current().is_https
        response.delete_cookie("notice", path="/", secure=is_https, httponly=True, samesite="lax")
    return response


# The frame around a page is drawn with slots where something differs from one request to the next.


@dataclass(frozen=True)
class _Frame:
    """All that the frame of a page depends on, as `frame` and, for what it says of the organisation, `organisation`."""

    language: str
    section: str
    role: str
    """Of who looks; "" for somebody who is not signed in."""
    name: str
    """Of the organisation."""
    logo: str
    accent: str
    leaderboard_on: bool
    version: int


class _Slots:
    def __getattr__(self, name: str) -> Markup:
        return Markup(f"[{_UNGUESSABLE}:{name}]")


_UNGUESSABLE = secrets.token_hex(8)
_BETWEEN = Markup(f"[{_UNGUESSABLE}]")
_SLOT = _Slots()
_A_SLOT = re.compile(rf"\[{_UNGUESSABLE}:(\w+)\]")


class _Cut(NamedTuple):
    """A drawn text, ready to be sent but for its slots."""

    pieces: list[bytes]
    """Every second one is a slot."""
    names: list[str]
    """Those of the slots, in their order."""


_MOST_FRAMES, _MOST_PAGES = 500, 200
_frames: dict[_Frame, _Cut] = {}
_kept_pages: dict[tuple[str, str, Any], tuple[str, bytes, _Cut, _Cut]] = {}


def _framed(request: Request, section: str, title: bytes, head: bytes, content: bytes, *, notices: list[str]) -> bytes:
    """What a page fills in, with the frame around it."""
    state, me = request.state, getattr(request.state, "me", None)
    organisation = state.organisation
    frame = _Frame(
        language=i18n.language.get(),
        section=section.strip(),
        role=me.role if me else "",
        name=organisation.name,
        logo=organisation.logo,
        accent=organisation.accent,
        leaderboard_on=organisation.leaderboard_on,
        version=organisation.version,
    )
    cut = _frames.get(frame)
    if cut is None:
        given = {"frame": frame, "organisation": frame, "language": frame.language, "slot": _SLOT}
        given |= {"release": request.app.state.release(organisation), "way_back": lambda: _SLOT.way_back}
        cut = _cut(_draw(request, "layout.html", given))
        if len(_frames) >= _MOST_FRAMES:
            _frames.clear()
        _frames[frame] = cut
    values = {
        "title": title,
        "head": head,
        "content": content,
        "nonce": state.nonce.encode(),
        "way_back": _escaped(way_back(request)),
        "notices": b"".join(map(_notice, notices)),
        "swapping": _swapping(state.nonce) if b" hx-" in content else b"",
    }
    if me:
        values |= {"name": _escaped(me.name), "avatar": _avatar(me.name), "owner": _owner(me.id, me.created_at)}
    return _filled(cut, values)


def _swapping(nonce: str) -> bytes:
    """The scripts of a page with parts that change in place. Nearly a third of a first view, so only there."""
    scripts = ("vendor/htmx.min.js", "js/notice.js")
    return "\n".join(f'<script src="{static(each)}" nonce="{nonce}" defer></script>' for each in scripts).encode()


def _cut(text: str) -> _Cut:
    found = _A_SLOT.split(text)
    return _Cut([piece.encode() for piece in found], found[1::2])


def _filled(cut: _Cut, values: dict[str, bytes]) -> bytes:
    pieces = cut.pieces.copy()
    pieces[1::2] = [values[name] for name in cut.names]
    return b"".join(pieces)


def _escaped(value: object) -> bytes:
    return str(escape(value)).encode()


@lru_cache(2000)
def _avatar(name: str) -> bytes:
    return str(_ui().avatar(name)).encode()


def _notice(text: str) -> bytes:
    return str(_ui().notice(text, "ok")).encode()


def _ui() -> Any:
    return _templates().get_template("ui.html").module


@lru_cache(2000)
def _owner(person_id: int, created_at: datetime) -> bytes:
    return b"%d-%d" % (person_id, int(created_at.timestamp()))


def _render(request: Request, template: str, context: dict[str, Any]) -> str:
    state = request.state
    given = {
        "request": request,
        "me": getattr(state, "me", None),
        "organisation": state.organisation,
        "language": i18n.language.get(),
        "nonce": state.nonce,
        "way_back": partial(way_back, request),
    }
    return _draw(request, template, given | context)


def _draw(request: Request, template: str, given: dict[str, Any]) -> str:
    return _templates().get_template(template).render({"url": _url_for(request)} | given)


def _url_for(request: Request) -> Callable[..., str]:
    def build(name: str, /, **params: Any) -> str:
        return url(request, name, **params)

    return build


@cache
def _fingerprint(path: str) -> str:
    return hashlib.sha256(data("static", path).read_bytes()).hexdigest()[:12]
