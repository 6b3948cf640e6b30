"""The reference: what the same server and framework answer when there is nothing to do."""

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

_body = Path(os.environ["BARE_BODY"]).read_bytes() if "BARE_BODY" in os.environ else b"<p>nothing</p>"


async def redirect(request: Request) -> Response:
    return RedirectResponse("https://noorderhout.example/werken", status_code=302)


async def page(request: Request) -> Response:
    return HTMLResponse(_body)


app = Starlette(routes=[Route("/r/{code}", redirect), Route("/", page)])
