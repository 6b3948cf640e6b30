"""The portal as an app: manifest, icons, service worker and what is shown offline."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal import html, web
from portal.campaigns import pictures
from portal.people.models import Organisation
from portal.web import NotFound, PortalRoute, anyone, page
from portal.webapp import icons, worker
from portal.webapp.manifest import manifest as told

A_YEAR = 365 * 24 * 3600


def manifest(request: Request, *, organisation: Organisation) -> Response:
    """What a phone needs to keep the portal as an app, and to offer it in its share menu."""
    headers = {"Cache-Control": "private, max-age=3600", "Vary": "Accept-Language, Cookie"}
    return JSONResponse(told(request, organisation), media_type="application/manifest+json", headers=headers)


def app_icon(request: Request, *, db: Session, organisation: Organisation, digest: str, name: str) -> Response:
    """An icon for ever, by what is on it. By an older address comes the one of today."""
    if name not in icons.SHAPES:
        raise NotFound
    is_current = digest == icons.digest(organisation)
    return _icon(request, db, organisation, name, f"public, max-age={A_YEAR}, immutable" if is_current else _BRIEFLY)


def touch_icon(request: Request, *, db: Session, organisation: Organisation) -> Response:
    """Where iPhones look by themselves."""
    return _icon(request, db, organisation, "touch-180", _BRIEFLY)


def _icon(request: Request, db: Session, organisation: Organisation, name: str, kept: str) -> Response:
    headers = {"Cache-Control": kept, "ETag": f'"{icons.digest(organisation)}-{name}"'}
    if web.holds(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)

    def load_logo() -> bytes | None:
        found = pictures.find(db, organisation.logo_digest, "logo")
        return found[0] if found else None

    body = icons.icon(icons.content(organisation), name, load_logo)
    return Response(body, media_type="image/png", headers=headers)


_BRIEFLY = "public, max-age=3600"


def service_worker(request: Request, *, organisation: Organisation) -> Response:
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}
    return Response(worker.script(request, organisation), media_type="text/javascript", headers=headers)


def offline(request: Request) -> Response:
    """What the worker shows in place of a page it has no copy of."""
    return html.page(request, "webapp/offline.html", takes_notices=False)


routes: list[PortalRoute] = [
    page("/manifest.webmanifest", manifest, who=anyone),
    page("/app-icons/{digest}/{name}.png", app_icon, who=anyone),
    page("/apple-touch-icon.png", touch_icon, who=anyone),
    page("/sw.js", service_worker, who=anyone),
    page("/offline", offline, who=anyone),
]
