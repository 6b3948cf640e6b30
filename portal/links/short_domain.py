"""The short domain apart from the portal: it answers links and their pages, and nothing else."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.links.onward import home, nowhere
from portal.settings import Settings
from portal.web import PortalRoute, anyone, page

_SERVED = ("/r/", "/b/", "/pictures/", "/static/")
_SERVED_WHOLE = frozenset(("/privacy", "/language", "/brand.css", "/robots.txt", "/healthz", "/readyz"))
_HOME, _NOWHERE = "/links", "/links/nowhere"


class ShortDomain:
    """Leads what comes by the short domain to its own pages. Does nothing while links have the portal's address."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        short, portal = urlsplit(settings.link_base_url), urlsplit(settings.base_url)
        self._is_apart = short.netloc.lower() != portal.netloc.lower()
        # Behind a proxy the port may differ from the outside's; it only matters when nothing else tells them apart.
        self._by_port = short.hostname == portal.hostname
        self._host = short.netloc.lower() if self._by_port else short.hostname or ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._is_apart and scope["type"] == "http" and self._is_short(scope):
            path = scope["path"]
            if path in ("", "/"):
                scope = {**scope, "path": _HOME, "raw_path": _HOME.encode()}
            elif not path.startswith(_SERVED) and path not in _SERVED_WHOLE:
                scope = {**scope, "path": _NOWHERE, "raw_path": _NOWHERE.encode()}
        await self.app(scope, receive, send)

    def _is_short(self, scope: Scope) -> bool:
        host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1").lower()
        return (host if self._by_port else host.partition(":")[0]) == self._host


def short_home(request: Request) -> Response:
    return home(request)


def short_nowhere(request: Request) -> Response:
    return nowhere(request)


routes: list[PortalRoute] = [
    page(_HOME, short_home, who=anyone),
    page(_NOWHERE, short_nowhere, who=anyone),
]
