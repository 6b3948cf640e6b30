"""How a handler is called: route lines that name their audience, forms, origin check, one transaction, sessions.

A handler is a plain function. It asks by name for what it needs: `request`, `db`, `me`, `form`, `organisation` and
the parameters of its path. It returns an answer and never commits: below status 400 the transaction is committed
before the answer is sent, otherwise everything it did is undone.
"""

import hashlib
import inspect
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from portal import html, i18n, settings
from portal.i18n import gettext as _
from portal.tables import LARGEST_ID

MOST_FIELDS = 1000
LARGEST_FIELD = 200_000
"""Characters in one form field, long before any field's own limit speaks."""


@dataclass(frozen=True)
class Audience:
    """Who a route is for. `roles` None means anybody, signed in or not."""

    name: str
    roles: frozenset[str] | None

    def admits(self, person: Any) -> bool:
        return self.roles is None or (person is not None and person.role in self.roles)


anyone = Audience("anyone", None)
member = Audience("member", frozenset({"member", "editor", "admin"}))
editor = Audience("editor", frozenset({"editor", "admin"}))
admin = Audience("admin", frozenset({"admin"}))


class NotFound(HTTPException):
    def __init__(self) -> None:
        super().__init__(404)


class Forbidden(HTTPException):
    """The person may not do this; `message` says why, in a sentence."""

    def __init__(self, message: str = "") -> None:
        super().__init__(403, message)


class Gone(HTTPException):
    def __init__(self, message: str = "") -> None:
        super().__init__(410, message)


class Invalid(HTTPException):
    """What was sent cannot have come from our own form; `message` says what is wrong, in a sentence."""

    def __init__(self, message: str) -> None:
        super().__init__(422, message)


class TooMany(HTTPException):
    """Tried too often; `message` says when to come back."""

    def __init__(self, message: str, *, wait: int = 600) -> None:
        super().__init__(429, message, {"Retry-After": str(wait)})


@dataclass
class Form:
    """What a form sent. `errors` collects a sentence by field name while fields are read."""

    data: FormData
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, limit: int = 200) -> str:
        """One line, trimmed; "" when missing. Too long adds to `errors` and returns what was typed."""
        value = self._value(name).translate(_PASTED_IN_A_LINE).strip()
        if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
            raise Invalid(_("A line of text came with line breaks or invisible characters in it."))
        return self._within(name, value, limit)

    def lines(self, name: str, limit: int = 3000) -> str:
        """Text of several lines, ends trimmed, with plain line breaks."""
        value = self._value(name).replace("\r\n", "\n").translate(_PASTED_IN_A_TEXT).strip()
        if any(ord(letter) < 32 and letter not in "\n\t" for letter in value):
            raise Invalid(_("A text came with invisible characters in it."))
        return self._within(name, value, limit)

    def is_set(self, name: str) -> bool:
        """Whether a checkbox or a button of this name was sent."""
        return bool(self._value(name))

    def number(self, name: str) -> int | None:
        """A whole number between 0 and the largest id; None when missing or something else."""
        return whole_number(self._value(name).strip())

    def getlist(self, name: str) -> list[str]:
        return [value for value in self.data.getlist(name) if isinstance(value, str)]

    def file(self, name: str) -> bytes | None:
        """The content of an uploaded file; None when none was chosen."""
        value = self.data.get(name)
        if not isinstance(value, UploadFile) or (not value.filename and not value.size):
            return None
        return value.file.read()

    @property
    def raw(self) -> dict[str, str]:
        """Everything typed, for showing the form again."""
        return {name: value for name, value in self.data.items() if isinstance(value, str)}

    def __contains__(self, name: str) -> bool:
        return name in self.data

    def get(self, name: str, default: str = "") -> str:
        return self._value(name) or default

    def __getitem__(self, name: str) -> str:
        return self._value(name)

    def _value(self, name: str) -> str:
        value = self.data.get(name, "")
        if not isinstance(value, str):
            raise Invalid(_("A file came where a text was expected."))
        return value

    def _within(self, name: str, value: str, limit: int) -> str:
        if len(value) > limit:
            self.errors[name] = _(
                "Please keep this to %(limit)s characters; it is %(length)s now.",
                limit=i18n.number(limit),
                length=i18n.number(len(value)),
            )
        return value


def whole_number(text: str) -> int | None:
    """The number that `text` from a form, an address or a header writes in digits, up to the largest id."""
    is_number = text.isascii() and text.isdigit() and len(text) < 20
    return int(text) if is_number and int(text) <= LARGEST_ID else None


# Tabs come along when a cell is pasted; vertical tabs and form feeds are what slides and documents break lines with.
_PASTED_IN_A_LINE = str.maketrans("\t\v\f", "   ")
_PASTED_IN_A_TEXT = str.maketrans("\r\v\f", "\n\n\n")


class _RowNumber(IntegerConvertor):
    """An id in a path: digits few enough to be read as a number."""

    regex = "[0-9]{1,19}"


register_url_convertor("int", _RowNumber())

FROM_ANYWHERE = "from anywhere"
"""What `writes` says of a route that is open to every site."""
Handler = Callable[..., Response]
Endpoint = Callable[[Request], Awaitable[Response]]


class PortalRoute(Route):
    """A route that knows its audience and whether it may write."""

    who: Audience
    writes: str
    """Why this route may change something; "" for a page, which the database keeps from writing."""

    def within(self, around: Callable[[Request, Endpoint], Awaitable[Response]], *, writes: str = "") -> "PortalRoute":
        """The same route, answered by `around`, which is given the request and what would have answered it.

        `writes` says what `around` itself changes, if anything.
        """
        once: Endpoint = self.endpoint

        async def endpoint(request: Request) -> Response:
            return await around(request, once)

        route = PortalRoute(self.path, endpoint, methods=self.methods, name=self.name)
        route.who, route.writes = self.who, writes or self.writes
        return route


def page(path: str, handler: Handler, who: Audience, *, name: str | None = None) -> PortalRoute:
    """A GET that only reads."""
    return _route(path, handler, who, methods=["GET"], writes="", name=name)


def action(
    path: str,
    handler: Handler,
    who: Audience,
    *,
    name: str | None = None,
    ahead: Callable[[Form], Any] | None = None,
) -> PortalRoute:
    """A POST of a form from our own pages.

    `ahead` does what takes long, such as drawing pictures, while nobody waits for the database: before the
    transaction begins, for whom the action is for. The handler gets what it returns as `ready`.
    """
    return _route(path, handler, who, methods=["POST"], writes="form", name=name, ahead=ahead)


def by_token(path: str, handler: Handler, *, name: str | None = None) -> PortalRoute:
    """A POST that the token in its path permits, wherever it comes from, such as a mail program's own button.

    Who is signed in with that browser plays no part: its cookie is not read, so that no other site can use it.
    """
    return _route(path, handler, anyone, methods=["POST"], writes=FROM_ANYWHERE, name=name)


def answer(path: str, handler: Handler, who: Audience, *, writes: str, name: str | None = None) -> PortalRoute:
    """A GET that must write, such as a redirect that counts; `writes` says what."""
    return _route(path, handler, who, methods=["GET"], writes=writes, name=name)


def stream(path: str, handler: Callable[[Request], Awaitable[Response]], *, name: str | None = None) -> PortalRoute:
    """An asynchronous GET for anyone, without a transaction: an event stream."""

    async def endpoint(request: Request) -> Response:
        await run_in_threadpool(prepare_anonymous, request)
        i18n.language.set(language_of(request, request.state.me))  # what a thread sets stays in that thread
        return await handler(request)

    route = PortalRoute(path, endpoint, methods=["GET"], name=name or handler.__name__)
    route.who, route.writes = anyone, ""
    return route


def see_other(request: Request, name: str, /, **params: Any) -> Response:
    """Go on to the page `name`."""
    return go_to(request, html.url(request, name, **params))


def go_to(request: Request, path: str) -> Response:
    """Go on to a path of ours, by redirect or, when htmx asks, by telling it to."""
    if html.is_htmx(request):
        return _with_notices(request, Response(status_code=200, headers={"HX-Redirect": path}))
    return _with_notices(request, RedirectResponse(path, status_code=303))


def local_path(text: str) -> str:
    """`text` if it is a path on this portal, else "/": nobody is sent elsewhere by a parameter."""
    is_path = text.startswith("/") and not text.startswith("//") and len(text) <= 2000
    clean = all(32 < ord(letter) < 127 for letter in text) and "\\" not in text
    return text if is_path and clean else "/"


def flash(request: Request, message: str) -> None:
    """Say `message` on the next page this browser sees."""
    request.state.said = [*getattr(request.state, "said", []), str(message)]


def token() -> str:
    """A secret for an address or a cookie: 256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(secret: str) -> str:
    """What is stored in place of a secret token."""
    return hashlib.sha256(secret.encode()).hexdigest()


def session_cookie() -> str:
    """The cookie's name; browsers tie the `__Host-` one to this host and to https."""
    return "__Host-portal" if settings.current().is_https else "portal"


def set_session(response: Response, secret: str) -> Response:
    set_cookie(response, session_cookie(), secret, max_age=30 * 24 * 3600)
    return response


def clear_session(response: Response) -> Response:
    clear_cookie(response, session_cookie())
    return response


def set_cookie(response: Response, name: str, value: str, *, max_age: int | None = None, path: str = "/") -> None:
    """A cookie as all of ours are: out of reach of scripts, not sent along from other sites' forms.

    `max_age` in seconds; None until the browser is closed.
    """
    is_https = settings.current().is_https
    response.set_cookie(name, value, max_age, path=path, secure=is_https, httponly=True, samesite="lax")


def clear_cookie(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=settings.current().is_https, httponly=True, samesite="lax")


def holds(request: Request, etag: str) -> bool:
    """Whether the browser already holds the version `etag`, quotes included, so that 304 will do."""
    known = request.headers.get("if-none-match", "").split(",")
    return etag in [tag.strip().removeprefix("W/") for tag in known]


def notice_reader(secret: str) -> Callable[[str], list[str]]:
    """Reads the cookie that `flash` wrote; anything else reads as no notice."""
    serializer = URLSafeSerializer(secret, salt="notice")

    def read(cookie: str) -> list[str]:
        try:
            said = serializer.loads(cookie) if cookie else []
        except BadSignature:
            return []
        return [str(line) for line in said]

    return read


def refuse_foreign(request: Request) -> None:
    """Raise Forbidden unless the browser says the form is ours.

    Sec-Fetch-Site is sent on https and localhost; on plain http only Origin tells. Without either, a request that
    carries a session is refused. Scripts without one have nothing a foreign page could abuse.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    ours = {settings.current().base_url, f"{request.url.scheme}://{request.headers.get('host', '')}"}
    if site is not None:
        trusted = site in ("same-origin", "none") and (origin is None or origin in ours | {"null"})
        trusted = trusted and not (origin == "null" and site != "same-origin")
    elif origin is not None:
        trusted = origin in ours
    else:
        trusted = session_cookie() not in request.cookies
    if not trusted:
        raise Forbidden(_("This form was sent from another site, so nothing was done. Open the page again here."))


def _route(
    path: str,
    handler: Handler,
    who: Audience,
    *,
    methods: Sequence[str],
    writes: str,
    name: str | None,
    ahead: Callable[[Form], Any] | None = None,
) -> PortalRoute:
    wanted = frozenset(inspect.signature(handler).parameters)

    async def endpoint(request: Request) -> Response:
        _refuse_impossible_ids(request)
        form = None
        if methods == ["POST"]:
            if writes != FROM_ANYWHERE:
                refuse_foreign(request)
            form = await _read_form(request)
        try:
            return await run_in_threadpool(_run, request, form)
        finally:
            if form is not None:
                await form.data.close()

    def _run(request: Request, form: Form | None) -> Response:
        database = request.app.state.database
        with_transaction = database.writing if writes else database.reading
        ready = None
        if ahead is not None and form is not None:
            with database.reading() as db:
                refusal = _prepare(request, db, who)
            if refusal is not None:
                return _with_notices(request, refusal)
            ready = ahead(form)
        try:
            with with_transaction() as db:
                try:
                    refusal = _prepare(request, db, who, by_cookie=writes != FROM_ANYWHERE)
                    if refusal is not None:
                        return refusal
                    offered = {
                        "request": request,
                        "db": db,
                        "me": request.state.me,
                        "form": form,
                        "ready": ready,
                        "organisation": request.state.organisation,
                        **request.path_params,
                    }
                    response = handler(**{key: value for key, value in offered.items() if key in wanted})
                except BaseException:
                    db.expunge_all()  # the error page still shows who asks, after the rollback
                    raise
                if response.status_code >= 400:
                    raise _Undo(response)
        except _Undo as undo:
            return _with_notices(request, undo.response)
        return _with_notices(request, response)

    route = PortalRoute(path, endpoint, methods=methods, name=name or handler.__name__)
    route.who, route.writes = who, writes
    return route


class _Undo(Exception):
    """Carries an answer out of a transaction that must not be kept."""

    def __init__(self, response: Response) -> None:
        self.response = response


def _prepare(request: Request, db: Session, who: Audience, *, by_cookie: bool = True) -> Response | None:
    """Find out who asks and in which language; the answer that refuses them, if any."""
    app = request.app.state
    cookie = request.cookies.get(session_cookie(), "") if by_cookie else ""
    me = app.find_person(db, cookie) if cookie else None
    request.state.me, request.state.organisation = me, app.find_organisation(db)
    i18n.language.set(language_of(request, me))
    if who.admits(me):
        return None
    if me is not None:
        raise Forbidden(_("This page is for colleagues with another role. Ask an administrator if you need it."))
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = "/sign-in" + (f"?next={quote(here)}" if request.method == "GET" and here != "/" else "")
    if html.is_htmx(request):
        return Response(status_code=200, headers={"HX-Redirect": target})
    return RedirectResponse(target, status_code=303)


def prepare_anonymous(request: Request) -> None:
    """Find out who asks, for an answer that has no transaction of its own. Raises what the database raises."""
    with request.app.state.database.reading() as db:
        _prepare(request, db, anyone)


def language_of(request: Request, me: Any = None) -> str:
    """The person's choice, else what this browser chose in the footer, else what it asks for."""
    if me is not None:
        return str(me.language)
    chosen = request.cookies.get("language", "")
    if chosen in i18n.LANGUAGES:
        return chosen
    return i18n.preferred(request.headers.get("accept-language", ""), settings.current().language)


async def _read_form(request: Request) -> Form:
    """Raises Invalid for what no browser makes of a form of ours, and refuses too much of it with a 400."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        try:
            data = await request.form(max_files=4, max_fields=MOST_FIELDS, max_part_size=LARGEST_FIELD)
        except UnicodeError:  # it names an encoding that says nothing of the kind
            raise HTTPException(400) from None
    else:
        data = _url_encoded(await request.body() if kind == "application/x-www-form-urlencoded" else b"")
    if not all(_is_text(part) for field in data.multi_items() for part in field if isinstance(part, str)):
        await data.close()
        raise Invalid(_("A text came with invisible characters in it."))
    return Form(data)


def _url_encoded(body: bytes) -> FormData:
    """The fields of an ordinary form. They are counted before any is read, which takes far longer."""
    if body.count(b"&") >= MOST_FIELDS:
        raise HTTPException(400)
    fields = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
    if any(len(value) > LARGEST_FIELD for _name, value in fields):
        raise HTTPException(400)
    return FormData([*fields])


def _is_text(value: str) -> bool:
    """Whether every sign can be stored and sent: no NUL, and no half of a pair."""
    return "\x00" not in value and (value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value))


def _refuse_impossible_ids(request: Request) -> None:
    if any(isinstance(value, int) and value > LARGEST_ID for value in request.path_params.values()):
        raise NotFound


def _with_notices(request: Request, response: Response) -> Response:
    said = getattr(request.state, "said", [])
    if said and response.status_code < 400:
        serializer = URLSafeSerializer(settings.current().secret, salt="notice")
        value = serializer.dumps(said[-3:])
        set_cookie(response, "notice", value)
        request.state.said = []
    return response
