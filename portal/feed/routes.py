"""The feed: what is new for somebody, what they saw before, and what happened to what they shared or proposed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html
from portal.feed import notes as shown_notes
from portal.feed import own_routes, personal, queries, shown, visits, waiting, words
from portal.feed.shown import Shown
from portal.people import notes
from portal.people.models import Organisation, Person
from portal.sharing import shares
from portal.sharing.reminders import DueReminder
from portal.tables import instant, microseconds
from portal.web import Form, PortalRoute, action, member, page, whole_number


@dataclass(frozen=True)
class View:
    """Everything the feed shows but notes and the moment of looking: equal ones are the same page."""

    house: str
    team: str
    greeting: str
    news: str
    shown: Shown
    welcomes: bool
    planned: tuple[DueReminder, ...]
    question: waiting.Question | None
    notes: tuple[()] = ()


def feed(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    look = visits.look(db, me, since=_since(request))
    wanted = shown.asked(request, db, me, look=look)
    pages = shown.pages(request, db, wanted, me=me, organisation=organisation, look=look)
    view = View(
        house=organisation.name,
        team=me.department.name,
        greeting=words.greeting(me.first_name, look.at),
        news=words.news(pages.fresh),
        shown=pages,
        **waiting.waiting(db, me),
    )
    now = microseconds(look.at)
    if personal.of(db, me).has_notes:  # what notes say changes with the time
        theirs = shown_notes.shown(db, me, here="feed")
        return html.page(request, "feed/index.html", **vars(view) | theirs, now=now)
    return html.kept_page(request, "feed/index.html", view, now=now)


def more_items(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    """The next cards, to be hung below those already there."""
    look = visits.look(db, me, since=_since(request))
    wanted = shown.asked(request, db, me, look=look)
    pages = shown.pages(request, db, wanted, me=me, organisation=organisation, look=look)
    return _piece(html.piece(request, "feed/_cards.html", shown=pages))


def feed_news(request: Request, *, db: Session, me: Person) -> Response:
    """What appeared since `since`, as something to tap; 204 when that is nothing."""
    since = _since(request)
    new = queries.number_since(db, me, since) if since else 0
    return _piece(html.piece(request, "feed/_news.html", new=new)) if new else Response(status_code=204)


def visit_feed(*, db: Session, me: Person, form: Form) -> Response:
    """The browser says that somebody looks, and which question it showed: nothing is asked twice."""
    visits.beat(db, me)
    if share_id := form.number("asked"):
        shares.asked(db, shares.get_own(db, share_id, person=me))
    return Response(status_code=204)


def put_away_note(request: Request, *, db: Session, me: Person, form: Form, note_id: int) -> Response:
    notes.put_away(db, me, note_id)
    here = "me_page" if form.get("from") == "me_page" else "feed"
    left = html.piece(request, "feed/_notes.html", **shown_notes.shown(db, me, here=here))
    return html.swap(request, left, otherwise=html.url(request, here))


def _since(request: Request) -> datetime | None:
    """The moment the address names, in microseconds since 1970; None for one that is still to come."""
    since = whole_number(request.query_params.get("since", ""))
    return instant(since) if since is not None and since <= microseconds(clock.now()) else None


def _piece(body: str) -> Response:
    return Response(body, media_type="text/html", headers={"Cache-Control": html.NO_STORE})


routes: list[PortalRoute] = [
    page("/", feed, who=member),
    page("/feed/more", more_items, who=member),
    page("/feed/news", feed_news, who=member),
    action("/feed/visit", visit_feed, who=member),
    action("/notes/{note_id:int}/putting-away", put_away_note, who=member),
    *own_routes.routes,
]
