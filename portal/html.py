"""The one place that renders HTML: whole pages, pieces of them, and answers that swap pieces."""

import hashlib
from collections.abc import Callable
from functools import cache, partial
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lucide.jinja import lucide
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Match, Route

from portal import i18n, settings
from portal.paths import data

NO_STORE = "private, no-store"


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """A whole page. What it shows of this visitor must not be kept by a cache in between."""
    body = _render(request, template, context | {"notices": take_notices(request)})
    response = HTMLResponse(body, status_code=status)
    response.headers["Cache-Control"] = NO_STORE
    if getattr(request.state, "notices_shown", False):
        is_https = settings.current().is_https
        response.delete_cookie("notice", path="/", secure=is_https, httponly=True, samesite="lax")
    return response


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


def _render(request: Request, template: str, context: dict[str, Any]) -> str:
    state = request.state
    return (
        _templates()
        .get_template(template)
        .render(
            {
                "request": request,
                "me": getattr(state, "me", None),
                "organisation": state.organisation,
                "language": i18n.language.get(),
                "nonce": state.nonce,
                "url": _url_for(request),
                "way_back": partial(way_back, request),
            }
            | context
        )
    )


def _url_for(request: Request) -> Callable[..., str]:
    def build(name: str, /, **params: Any) -> str:
        return url(request, name, **params)

    return build


@cache
def _fingerprint(path: str) -> str:
    return hashlib.sha256(data("static", path).read_bytes()).hexdigest()[:12]
