"""What a phone is told about the app: its name, colours, icons, and its place in the share menu."""

from typing import Any

from starlette.requests import Request

from portal import html
from portal.i18n import gettext as _
from portal.i18n import language
from portal.people import brand
from portal.people.models import Organisation
from portal.webapp import icons

SHORT = 12
"""Characters that fit below an icon."""


def manifest(request: Request, organisation: Organisation) -> dict[str, Any]:
    name = organisation.name
    shown = [
        {
            "src": html.url(request, "app_icon", digest=icons.digest(organisation), name=f"{purpose}-{side}"),
            "sizes": f"{side}x{side}",
            "type": "image/png",
            "purpose": purpose,
        }
        for side in (192, 512)
        for purpose in ("any", "maskable")
    ]
    return {
        "id": "/",
        "name": name,
        "short_name": name if len(name) <= SHORT else _first_words(name),
        "description": _("What there is to share at %(name)s, in your own words.", name=name),
        "lang": language.get(),
        "dir": "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": brand.LIGHT_GROUNDS[0],
        "theme_color": brand.light(organisation.accent).brand,
        "categories": ["business", "social"],
        "icons": shown,
        "shortcuts": [
            _shortcut(request, organisation, _("Share"), "feed"),
            _shortcut(request, organisation, _("I have an idea"), "new_idea"),
            _shortcut(request, organisation, _("My page"), "me_page"),
        ],
        "share_target": {
            "action": html.url(request, "new_idea"),
            "method": "GET",
            "params": {"title": "title", "text": "text", "url": "url"},
        },
    }


def _shortcut(request: Request, organisation: Organisation, name: str, route: str) -> dict[str, Any]:
    address = html.url(request, "app_icon", digest=icons.digest(organisation), name="any-192")
    icon = {"src": address, "sizes": "192x192", "type": "image/png"}
    return {"name": name, "url": html.url(request, route), "icons": [icon]}


def _first_words(name: str) -> str:
    """As many whole words as fit, else as many letters."""
    kept = name[: SHORT + 1].rpartition(" ")[0]
    return kept or name[:SHORT].strip()
