"""The service worker as it is sent: our script behind the names and addresses of this release."""

import hashlib
import json
from functools import cache

from starlette.requests import Request

from portal import html
from portal.i18n import LANGUAGES, in_language
from portal.i18n import gettext as _
from portal.paths import data
from portal.people.models import Organisation
from portal.webapp import icons

FILES = ("js/sw.js", "js/sw-copies.js", "js/sw-push.js")
CORE = (
    "css/tokens.css",
    "css/base.css",
    "css/ui.css",
    "css/layout.css",
    "js/offline.js",
    "img/favicon.svg",
)
"""What the page needs that is shown without a connection."""


def script(request: Request, organisation: Organisation) -> str:
    """The worker. Browsers take another text for another worker, and another release is another text."""
    known = {
        "RELEASE": release(organisation),
        "OFFLINE": html.url(request, "offline"),
        "CORE": [*map(html.static, CORE), html.url(request, "brand_css", v=organisation.version)],
        "NAME": organisation.name,
        "NEWS": {code: _news(code) for code in LANGUAGES},
        "ICON": html.url(request, "app_icon", digest=icons.digest(organisation), name="any-192"),
        "BADGE": html.url(request, "app_icon", digest=icons.digest(organisation), name="badge-96"),
    }
    lines = [f"const {name} = {json.dumps(value)};" for name, value in known.items()]
    return "\n".join(['"use strict";', *lines, *(data("static", name).read_text("utf-8") for name in FILES)])


def _news(code: str) -> str:
    """What a push says that nobody can read any more."""
    with in_language(code):
        return _("There is something new for you.")


def release(organisation: Organisation) -> str:
    """Changes with anything that pages are made of, the organisation's brand among it."""
    brand = f"{organisation.version} {organisation.name} {icons.digest(organisation)}"
    return hashlib.sha256(f"{_made_of()} {brand}".encode()).hexdigest()[:12]


@cache
def _made_of() -> str:
    found = hashlib.sha256()
    for folder in ("static/css", "static/js", "templates", "locale"):
        for path in sorted(data(folder).rglob("*")):
            if path.is_file():
                found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()
