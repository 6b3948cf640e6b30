"""The search page, as one types and without any script."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html
from portal.campaigns import labels
from portal.people.models import Person
from portal.search import queries
from portal.web import member, page, whole_number

LONGEST = 200
"""Characters of a question that are read."""
MOST_PAGES = 500


def search(request: Request, *, db: Session, me: Person) -> Response:
    """Everything for editors, what is live for everybody else."""
    asked = " ".join(request.query_params.get("q", "")[:LONGEST].replace("\0", " ").split())
    number = min(max(whole_number(request.query_params.get("page", "")) or 1, 1), MOST_PAGES)
    is_editor = me.role in ("editor", "admin")
    found = queries.find(db, asked, for_editors=is_editor, page=number)
    return html.page(
        request,
        "search/index.html",
        section="search",
        asked=asked,
        found=found,
        number=number,
        for_editors=is_editor,
        labels=labels,
    )


routes = [page("/search", search, who=member)]
