"""For administrators: whether every click is counted, in words."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html, settings
from portal.links import backlog
from portal.web import admin, page


def clicks_page(request: Request, *, db: Session) -> Response:
    found = backlog.look(db, settings.current().journal_folder)
    return html.page(
        request,
        "links/clicks.html",
        found=found,
        sentence=backlog.in_words(found),
        days=settings.current().clicks_kept_days,
        here="/settings/clicks",
    )


routes = [page("/settings/clicks", clicks_page, who=admin)]
