"""The short domain: a link leads on and is counted. And the QR code of a link, for its owner."""

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, joinedload
from starlette.requests import Request
from starlette.responses import Response

from portal import html
from portal.campaigns.models import Item
from portal.i18n import gettext as _
from portal.links import clicks, codes, qr
from portal.links.models import Link
from portal.links.onward import closed, on_to
from portal.links.targets import landing
from portal.people.models import Person
from portal.web import Endpoint, NotFound, answer, anyone, member, page


def redirect(request: Request, *, db: Session, code: str) -> Response:
    """On to the item's page. The click is committed before the visitor gets the answer."""
    link = codes.find(db, code)
    if link is None or link.item_id is None:
        return closed(request, "unknown", status=404)
    item = db.scalars(select(Item).options(joinedload(Item.campaign)).where(Item.id == link.item_id)).one()
    onward = landing(link, item)
    if not onward.url:
        return closed(request, onward.closed, status=404 if onward.closed == "resting" else 410)
    clicks.count(db, request, link, item_id=item.id, campaign_id=item.campaign_id)
    return on_to(onward.url)


def link_qr(request: Request, *, db: Session, me: Person, link_id: int, drawn_as: str) -> Response:
    """The QR code of somebody's own link, as a picture to print."""
    link = db.get(Link, link_id)
    if link is None or not _may_print(link, me):
        raise NotFound
    address = codes.address(link)
    headers = {
        "Content-Disposition": f'attachment; filename="{link.code}.{drawn_as}"',
        "Cache-Control": html.NO_STORE,
    }
    if drawn_as == "png":
        return Response(qr.png(address), media_type="image/png", headers=headers)
    if drawn_as == "svg":
        drawing = qr.svg(address, label=_("QR code of %(address)s", address=address))
        return Response(str(drawing), media_type="image/svg+xml", headers=headers)
    raise NotFound


def _may_print(link: Link, me: Person) -> bool:
    if link.person_id == me.id:
        return True
    return link.kind in ("signature", "screen") and me.role in ("editor", "admin")


async def _twice(request: Request, once: Endpoint) -> Response:
    """Try again when the database is busy: nothing was answered yet, so nothing is lost."""
    try:
        return await once(request)
    except (OperationalError, PoolTimeout):
        return await once(request)


routes = [
    answer("/r/{code}", redirect, who=anyone, writes="click").within(_twice),
    page("/links/{link_id:int}/qr.{drawn_as}", link_qr, who=member),
]
