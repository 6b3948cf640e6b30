"""The whole application on one screen: routes, layers, errors, and what runs beside it."""

import asyncio
import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

import portal.campaigns.audience_routes
import portal.campaigns.routes
import portal.campaigns.topic_routes
import portal.feed.me_routes
import portal.feed.routes
import portal.handbook.rota_routes
import portal.handbook.routes
import portal.inbox.idea_routes
import portal.inbox.paste_routes
import portal.inbox.routes
import portal.launch.routes
import portal.links.admin_routes
import portal.links.routes
import portal.links.short_domain
import portal.metrics
import portal.notifications.digest_routes
import portal.notifications.reminder_routes
import portal.notifications.routes
import portal.people.routes
import portal.recognition.routes
import portal.recognition.weekly_routes
import portal.results.routes
import portal.screens.player_routes
import portal.screens.routes
import portal.search.routes
import portal.sharing.recalls
import portal.sharing.routes
import portal.signatures.routes
import portal.webapp.routes
from portal import clock, door, html, i18n, migrations, settings, web
from portal.activity import Tail
from portal.database import Database
from portal.door import Door
from portal.handbook import policy
from portal.jobs import Runner
from portal.links.desk import Desk
from portal.links.short_domain import ShortDomain
from portal.notifications import planning, subscriptions
from portal.paths import data
from portal.people import organisation, sessions
from portal.people.single_sign_on import sign_on_routes
from portal.screens import framing
from portal.screens.hub import Hub
from portal.screens.source import Walls
from portal.screens.streams import Takeover
from portal.search import index as search
from portal.settings import Settings
from portal.sharing.leases import shortages
from portal.sharing.writers import writers
from portal.stopping import Stopping
from portal.webapp.worker import release

mimetypes.add_type("font/ttf", ".ttf")

CAPABILITIES = (
    portal.feed.routes,
    portal.feed.me_routes,
    portal.sharing.routes,
    portal.notifications.routes,
    portal.notifications.digest_routes,
    portal.notifications.reminder_routes,
    portal.handbook.routes,
    portal.handbook.rota_routes,
    portal.webapp.routes,
    portal.links.routes,
    portal.links.admin_routes,
    portal.links.short_domain,
    portal.campaigns.routes,
    portal.campaigns.audience_routes,
    portal.campaigns.topic_routes,
    portal.inbox.routes,
    portal.inbox.paste_routes,
    portal.inbox.idea_routes,
    portal.recognition.routes,
    portal.recognition.weekly_routes,
    portal.screens.player_routes,
    portal.screens.routes,
    portal.search.routes,
    portal.signatures.routes,
    portal.results.routes,
    portal.launch.routes,
    portal.people.routes,
    portal.metrics,
)


def create_app(chosen: Settings, *, background: bool = True) -> Starlette:
    """The portal for these settings; `background` False leaves due jobs to `portal worker`."""
    settings.put_in_force(chosen)
    search.follow()
    clock.set_zone(chosen.time_zone)
    database = Database(chosen.database_url, checkpoints=not background)  # beside a server, the ingest does them
    desk = Desk(database, chosen)
    routes: list[BaseRoute] = [
        Route("/healthz", _alive, name="healthz"),
        Route("/readyz", _ready, name="readyz"),
        Route("/robots.txt", _robots, name="robots"),
        Mount("/static", _Static(directory=data("static")), name="static"),
        *sign_on_routes(chosen, database),
    ]
    for capability in CAPABILITIES:
        routes += capability.routes

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.stopping = Stopping()
        app.state.tail = Tail(database)
        app.state.hub = hub = Hub(app.state.tail, Walls(database))
        app.state.takeover = Takeover(hub, chosen, desk.hosts)
        closing = asyncio.create_task(hub.close_when(app.state.stopping.wait))
        desk.start()
        runner = Runner(database)
        if background:
            runner.start()
        try:
            yield
        finally:
            app.state.stopping.set()
            await closing
            app.state.tail.close()
            await run_in_threadpool(runner.stop)
            await run_in_threadpool(desk.close)
            database.dispose()

    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(Door, settings=chosen),
            Middleware(ShortDomain, settings=chosen),
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5),
        ],
        exception_handlers={
            HTTPException: _refused,
            OperationalError: _unavailable,
            PoolTimeout: _unavailable,
            DBAPIError: _database_error,
            Exception: _unexpected,
        },
        lifespan=lifespan,
        max_body_size=chosen.max_upload + 1_000_000,
    )
    app.state.settings = chosen
    app.state.database = database
    app.state.desk = desk
    app.state.find_person = sessions.finder(database)
    app.state.find_organisation = organisation.get
    app.state.writers = writers
    app.state.shortages = shortages
    app.state.plan_fold = planning.fold
    app.state.end_pushes = subscriptions.end_all
    app.state.policy_is_read = policy.is_read
    app.state.read_notices = web.notice_reader(chosen.secret)
    app.state.release = release
    app.state.routes = {route.name: route for route in routes if isinstance(route, Route)}
    return app


def _alive(request: Request) -> Response:
    return PlainTextResponse("alive\n")


def _ready(request: Request) -> Response:
    """200 when pages can be served; 503 with the reason otherwise."""
    database: Database = request.app.state.database
    try:
        database.ping()
        behind = migrations.difference(database)
    except Exception as error:  # any reason not to answer is the answer here
        return PlainTextResponse(f"the database does not answer ({type(error).__name__})\n", 503, {"Retry-After": "5"})
    if behind:
        return PlainTextResponse(behind + "\n", 503, {"Retry-After": "5"})
    return PlainTextResponse("ready\n")


def _robots(request: Request) -> Response:
    # Preview fetchers obey this file, so links stay open to them; noindex headers keep them out of search.
    return PlainTextResponse("User-agent: *\nDisallow: /sign-in\nDisallow: /screen\n")


class _Static(StaticFiles):
    """Static files for ever: their address carries a fingerprint of their content."""

    async def get_response(self, path: str, scope: Any) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            fingerprinted = b"v=" in scope.get("query_string", b"")
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if fingerprinted else "no-cache"
            # A page has twenty of them, and none is a page: the whole policy would be a tenth of a first view.
            response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        return response


def _error_page(request: Request, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    # Whoever asked is read again: what the failed transaction had loaded is gone with it.
    try:
        web.prepare_anonymous(request)
    except (DBAPIError, PoolTimeout):
        request.state.me = None
        request.state.organisation = organisation.unknown()
        i18n.language.set(web.language_of(request))
    name = f"errors/{status}.html" if data("templates", "errors", f"{status}.html").exists() else _OTHER[status // 100]
    response = html.page(request, name, status=status, message=message)
    response.headers.update(headers or {})
    if (status == 429 or status >= 500) and f"{request.url.path}/".startswith("/screen/"):
        # A player comes here with nobody near, perhaps in a frame and without scripts: it has to come back by itself.
        response.headers["Refresh"] = "15"
        return framing.allowed(request, response)
    return response


_OTHER = {4: "errors/400.html", 5: "errors/500.html"}


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    # Our own sentences, not the standard phrases Starlette fills in.
    message = "" if error.detail == HTTPStatus(error.status_code).phrase else error.detail
    return _error_page(request, error.status_code, message, dict(error.headers or {}))


def _unavailable(request: Request, error: Exception) -> Response:
    structlog.get_logger().warning("database unavailable", error=repr(error)[:300])
    return _error_page(request, 503, "", {"Retry-After": "5"})


def _database_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)
    if error.connection_invalidated or type(error.orig).__name__ in ("QueryCanceled", "LockNotAvailable"):
        return _unavailable(request, error)
    raise error


def _unexpected(request: Request, error: Exception) -> Response:
    structlog.get_logger().error("unexpected error", exc_info=error)
    response = _error_page(request, 500, "")
    # Starlette sends this answer past the door, which puts these on every other.
    response.headers.setdefault("Content-Security-Policy", door.policy(request.state.nonce))
    for name, value in Door(response, request.app.state.settings).headers:
        response.headers.setdefault(name, value)
    return response
