"""Where a form leads back to: only ever a page of this portal."""

from urllib.parse import unquote, urlsplit

from starlette.requests import Request

from portal import html
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
    path = urlsplit(target).path
    plain = unquote(path)
    if plain.startswith("//") or "\\" in plain or any(ord(letter) < 32 for letter in plain):
        return START
    return target if html.is_page(request, path) else START
