"""The feed: what is new, and what happened to what somebody shared or proposed."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html
from portal.campaigns.labels import KINDS_FOR_READERS
from portal.feed import notes as shown_notes
from portal.feed import queries, words
from portal.i18n import language
from portal.people import notes
from portal.people.models import Organisation, Person
from portal.people.queries import get_department
from portal.web import Form, PortalRoute, action, member, page, whole_number

MOST_PAGES = 100_000


def feed(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    shown = _feed_page(request, db, me=me, organisation=organisation)
    return html.page(
        request,
        "feed/index.html",
        shown=shown,
        kinds=KINDS_FOR_READERS,
        team=get_department(db, me.department_id).name,
        greeting=words.greeting(me.first_name, clock.now()),
        news=words.news(shown.fresh),
        **shown_notes.shown(db, me, here="feed"),
    )


def more_items(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    """The next cards, to be hung below those already there."""
    shown = _feed_page(request, db, me=me, organisation=organisation)
    body = html.piece(request, "feed/_cards.html", shown=shown, kinds=KINDS_FOR_READERS)
    return Response(body, media_type="text/html", headers={"Cache-Control": html.NO_STORE})


def put_away_note(request: Request, *, db: Session, me: Person, form: Form, note_id: int) -> Response:
    notes.put_away(db, me, note_id)
    here = "me_page" if form.get("from") == "me_page" else "feed"
    left = html.piece(request, "feed/_notes.html", **shown_notes.shown(db, me, here=here))
    return html.swap(request, left, otherwise=html.url(request, here))


def _feed_page(request: Request, db: Session, *, me: Person, organisation: Organisation) -> queries.FeedPage:
    asked = whole_number(request.query_params.get("page", "")) or 1
    number = asked if asked < MOST_PAGES else 1
    return queries.feed_page(db, me=me, organisation=organisation, language=language.get(), number=number)


routes: list[PortalRoute] = [
    page("/", feed, who=member),
    page("/feed/more", more_items, who=member),
    action("/notes/{note_id:int}/putting-away", put_away_note, who=member),
]
