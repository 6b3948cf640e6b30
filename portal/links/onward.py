"""What a visitor of a link is answered: on to another address, or a page that says why not."""

from starlette.requests import Request
from starlette.responses import Response

from portal import html

NOT_FOUND_BY_SEARCH = "noindex, nofollow"
HEADERS = {
    # Each visit comes back to us to be counted, is nobody else's to keep, and is no page of ours to be found.
    "Cache-Control": html.NO_STORE,
    "X-Robots-Tag": NOT_FOUND_BY_SEARCH,
    # The campaign's page learns from which network a visitor came, never from which post or chat.
    "Referrer-Policy": "strict-origin-when-cross-origin",
}


def on_to(url: str) -> Response:
    """On to `url`, which must be one that `targets.landing` or `targets.tagged` gave."""
    return Response(status_code=302, headers={"Location": url, **HEADERS})


def closed(request: Request, reason: str, *, status: int) -> Response:
    """A page that says what is the matter and where to go; never what the link was for or whose it is.

    `reason` is `unknown` or one of those of `targets.Landing`.
    """
    response = html.page(request, "links/closed.html", status=status, reason=reason)
    response.headers["X-Robots-Tag"] = NOT_FOUND_BY_SEARCH
    return response
