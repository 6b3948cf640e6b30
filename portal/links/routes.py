"""The short domain: a link leads on and is counted. And the QR code of a link, for its owner."""

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, joinedload
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from portal import html
from portal.campaigns.models import Item
from portal.i18n import gettext as _
from portal.links import cards, codes, qr
from portal.links.answers import Answer
from portal.links.desk import Desk
from portal.links.models import Link
from portal.links.onward import nowhere, on_to, over
from portal.links.targets import landing
from portal.links.verdicts import is_preview_fetcher, purpose
from portal.people.models import Person
from portal.web import Endpoint, NotFound, anyone, member, page, session_cookie, token_hash

P = ParamSpec("P")
T = TypeVar("T")


def redirect(request: Request, *, db: Session, code: str) -> Response:
    """What is said of a link that leads nowhere now; the others were answered before it came to this."""
    link = codes.find(db, code)
    if link is None or link.item_id is None:
        return nowhere(request)
    item = db.scalars(select(Item).options(joinedload(Item.campaign)).where(Item.id == link.item_id)).one()
    onward = landing(link, item, of_colleagues=codes.is_of_colleagues(db, link))
    if onward.url:  # it opened this very moment: come again and be counted
        return Response(status_code=302, headers={"Location": f"/r/{code}", "Cache-Control": html.NO_STORE})
    return over(request, db, link=link, item=item, reason=onward.closed)


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


async def _on_at_once(request: Request, otherwise: Endpoint) -> Response:
    """On to the item's page, or its card for who draws previews, the click on record first.

    The database is asked only about links not met before. The fast path gives plain requests the same answer, byte for
    byte; this is the reference. What cannot be put on record is not answered as if it were.
    """
    desk: Desk = request.app.state.desk
    code = request.path_params["code"]
    answer = desk.answers.find(code)
    if answer is None or not answer.holds_at(time.time()):
        answer = await _twice(desk.answers.load, code)
    if answer is None:
        return await otherwise(request)
    if request.method == "GET":
        await _put_on_record(request, desk, answer)
    if answer.has_card and is_preview_fetcher(request.headers.get("user-agent", "")):
        card = await run_in_threadpool(cards.answer, request, request.app.state.database, answer.item_id)
        if card is not None:
            return card
    request.state.answer = answer
    return on_to(answer.location)


async def _put_on_record(request: Request, desk: Desk, answer: Answer) -> None:
    """In the journal, or in the database when the journal cannot take it. Raises what the database raises."""
    now = time.time()
    if not desk.has_key(now):
        await _twice(desk.load_key)
    cookie = request.cookies.get(session_cookie(), "")
    written = desk.line(
        answer.code,
        dict(reversed(request.scope["headers"])),  # of two headers by one name the first speaks
        address=request.client.host if request.client else "",
        now=now,
        purpose=purpose(request.headers).encode(),
        session=token_hash(cookie).encode() if cookie else b"",
    )
    if not desk.journal.append(written):
        await _twice(desk.store, written)


async def _twice(call: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
    """Call in a thread, and again when the database is busy: nothing was answered yet, so nothing is lost."""
    try:
        return await run_in_threadpool(call, *args, **more)
    except (OperationalError, PoolTimeout):
        return await run_in_threadpool(call, *args, **more)


routes = [
    page("/r/{code}", redirect, who=anyone).within(_on_at_once, writes="click"),
    page("/links/{link_id:int}/qr.{drawn_as}", link_qr, who=member),
]
