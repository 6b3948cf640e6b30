"""Who may show a screen in a frame: the signage systems the installation names, and nobody else."""

from starlette.requests import Request
from starlette.responses import Response

from portal import settings
from portal.door import policy


def origins() -> str:
    """As `frame-ancestors` in a Content-Security-Policy has them."""
    return " ".join(settings.current().screen_frames) or "'none'"


def allowed(request: Request, response: Response) -> Response:
    """The same page, which those may frame."""
    response.headers["Content-Security-Policy"] = policy(request.state.nonce, frame_ancestors=origins())
    return response
