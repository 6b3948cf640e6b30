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
from portal.links.targets import landing
from portal.people.models import Person
from portal.web import NotFound, PortalRoute, answer, anyone, member, page

ONWARD = {
    # Each visit comes back to us to be counted, is nobody else's to keep, and is no page of ours to be found.
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex, nofollow",
    # The campaign's page learns from which network a visitor came, never from which post or chat.
    "Referrer-Policy": "strict-origin-when-cross-origin",
}


def redirect(request: Request, *, db: Session, code: str) -> Response:
    """On to the item's page. The click is committed before the visitor gets the answer."""
    link = codes.find(db, code)
    if link is None or link.item_id is None:
        return _closed(request, "unknown", 404)
    item = db.scalars(select(Item).options(joinedload(Item.campaign)).where(Item.id == link.item_id)).one()
    onward = landing(link, item)
    if not onward.url:
        return _closed(request, onward.closed, 404 if onward.closed == "resting" else 410)
    clicks.count(db, request, link, item_id=item.id, campaign_id=item.campaign_id)
    return Response(status_code=302, headers={"Location": onward.url, **ONWARD})


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


def _closed(request: Request, reason: str, status: int) -> Response:
    """A page that says what is the matter and where to go; never what the link was for or whose it is."""
    response = html.page(request, "links/closed.html", status=status, reason=reason)
    response.headers["X-Robots-Tag"] = ONWARD["X-Robots-Tag"]
    return response


def _tried_twice(route: PortalRoute) -> PortalRoute:
    """The same route, tried again when the database is busy: nothing was answered yet, so nothing is lost."""
    once = route.endpoint

    async def endpoint(request: Request) -> Response:
        try:
            response: Response = await once(request)
        except (OperationalError, PoolTimeout):
            response = await once(request)
        return response

    again = PortalRoute(route.path, endpoint, methods=["GET"], name=route.name)
    again.who, again.writes = route.who, route.writes
    return again


routes = [
    _tried_twice(answer("/r/{code}", redirect, who=anyone, writes="click")),
    page("/links/{link_id:int}/qr.{drawn_as}", link_qr, who=member),
]
