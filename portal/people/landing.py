"""Where a form leads back to: only ever a page of this portal."""

from urllib.parse import unquote, urlsplit

from starlette.requests import Request
from starlette.routing import Match

from portal.web import local_path

START = "/"
LONGEST = 500


def landing(request: Request, target: str) -> str:
    """Where somebody goes after signing in: `target` if it is a page of ours that is not about signing in."""
    page = own_page(request, target)
    return START if page.startswith("/sign-in") else page


def own_page(request: Request, target: str) -> str:
    """`target` when it is the path of a page of ours; else the start page."""
    if len(target) > LONGEST or local_path(target) != target:
        return START
    path = unquote(urlsplit(target).path)
    if path.startswith("//") or "\\" in path or any(ord(letter) < 32 for letter in path):
        return START
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    is_page = any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)
    return target if is_page else START
