"""The search page, as one types and without any script."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html
from portal.campaigns import labels
from portal.i18n import gettext as _
from portal.people.models import Person
from portal.search import queries
from portal.web import member, page, whole_number

LONGEST = 200
"""Characters of a question that are read."""
MOST_PAGES = 500


def search(request: Request, *, db: Session, me: Person) -> Response:
    """Everything for editors, one's own feed for everybody else."""
    asked = " ".join(request.query_params.get("q", "")[:LONGEST].replace("\0", " ").split())
    number = min(max(whole_number(request.query_params.get("page", "")) or 1, 1), MOST_PAGES)
    is_editor = queries.finds_everything(me)
    kinds = _kinds(is_editor)
    wanted = request.query_params.get("kind", "")
    kind = wanted if wanted in kinds else ""
    return html.page(
        request,
        "search/index.html",
        section="search",
        asked=asked,
        found=queries.find(db, asked, me=me, kind=kind, page=number),
        number=number,
        for_editors=is_editor,
        kind=kind,
        kinds=kinds,
        archived=labels.PHASES["archived"],
        standing=labels.standing,
    )


def _kinds(is_editor: bool) -> dict[str, str]:
    """What can be found, by the word that whoever looks has for it: editors know items by other names than readers."""
    if not is_editor:
        return {key: str(word) for key, word in labels.KINDS_FOR_READERS.items()}
    return {key: str(word) for key, word in labels.KINDS.items()} | {
        "campaign": _("Campaign"),
        "idea": _("Idea from a colleague"),
    }


routes = [page("/search", search, who=member)]
