"""Counting a click where the database is at hand anyway: the same as by way of the journal, only at once."""

from sqlalchemy.orm import Session
from starlette.requests import Request

from portal import clock, settings, web
from portal.links import ingest, journal
from portal.links.journal import Record, Said
from portal.links.models import Link
from portal.links.visitors import referrer_host, salt_of, visitor
from portal.tables import microseconds


def count(db: Session, request: Request, link: Link, *, item_id: int | None, campaign_id: int | None) -> None:
    """Record in the caller's transaction that `link` was opened and led there. A HEAD leaves nothing."""
    if request.method != "GET":
        return
    seen = request.app.state.desk.seen
    ingest.store(db, [_record(db, request, link)], seen=seen, led={link.code: (item_id, campaign_id)})


def _record(db: Session, request: Request, link: Link) -> Record:
    headers, cookie = request.headers, request.cookies.get(web.session_cookie(), "")
    agent = headers.get("user-agent", "")
    who = visitor(
        salt_of(db, clock.today()),
        address=request.client.host if request.client else "",
        agent=agent,
        domain=settings.current().link_base_url,
    )
    purposes = (headers.get(name, "") for name in ("sec-purpose", "purpose", "x-purpose", "x-moz"))
    said = Said(
        agent=agent,
        language=headers.get("accept-language", ""),
        accept=headers.get("accept", ""),
        fetch_mode=headers.get("sec-fetch-mode", "").lower(),
        fetch_dest=headers.get("sec-fetch-dest", "").lower(),
        purpose=next(filter(None, purposes), "").lower(),
        referrer_host=referrer_host(headers.get("referer", "")),
        session=web.token_hash(cookie) if cookie else "",
    )
    record = Record(microseconds(clock.now()), link.code, who, said)
    # Through the journal's own form, so that nothing is kept which the journal would have cut or cleaned.
    return journal.decode(journal.encode(record)) or record
