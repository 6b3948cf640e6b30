"""The way from a wall to a phone: where its QR codes lead, and the links by which that is counted for each screen."""

from collections.abc import Collection
from dataclasses import replace

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import settings
from portal.campaigns.models import Item
from portal.i18n import gettext as _
from portal.links import codes, qr
from portal.links.models import Link
from portal.screens import messages
from portal.screens.messages import Message
from portal.screens.models import Screen

LONGEST_QR = 200
"""Characters; a longer address makes squares too small to scan from where people stand."""


def slide(item: Item, screen: Screen) -> Message:
    """The item as this screen shows it, its QR code drawn in: for looking at before anything is live."""
    message = messages.of_item(item, audience=screen.audience, language=screen.language)
    return replace(message, code=code(target(item, screen.audience)))


def code(address: str) -> Markup:
    """The QR code of an address, as large as whatever it stands in, with its quiet zone."""
    return qr.svg(address, label=_("QR code that opens this on your phone"))


def target(item: Item, audience: str) -> str:
    """Where a QR code leads without a link of its own: colleagues to the share page, visitors to the page itself."""
    if audience == "public" and len(item.target_url) <= LONGEST_QR:
        return item.target_url
    return f"{settings.current().base_url}/items/{item.id}?from=screen"


def mint_links(db: Session, screen: Screen, items: Collection[int]) -> None:
    """Give what is on a wall its own links, by which visits through its QR codes are counted.

    Called from where a player may write, so that reading a wall stays reading.
    """
    known = select(Link.item_id).where(Link.kind == "screen", Link.screen_id == screen.id)
    for item_id in sorted(set(items).difference(db.scalars(known))):
        codes.screen_link(db, screen_id=screen.id, item_id=item_id)
