"""What somebody does with the feed besides reading it: keeping items for later, and two minutes for three of them."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html
from portal.campaigns import queries as campaigns
from portal.campaigns.labels import KINDS_FOR_READERS
from portal.feed import choosing, saved, visits
from portal.feed.shown import FURTHEST
from portal.i18n import language
from portal.people.models import Person
from portal.sharing import over
from portal.web import Form, NotFound, PortalRoute, action, go_to, member, page, whole_number


def saved_items(request: Request, *, db: Session, me: Person) -> Response:
    number = whole_number(request.query_params.get("page", "")) or 1
    kept = saved.page(db, me, number=number if number < FURTHEST else 1)
    return html.page(request, "feed/saved.html", shown=kept, kinds=KINDS_FOR_READERS, chips=over.CHIPS)


def save_item(request: Request, *, db: Session, me: Person, item_id: int) -> Response:
    item = campaigns.get_item(db, item_id)
    if not item.is_live():
        raise NotFound
    saved.save(db, me, item)
    return _saving(request, item_id, item.text(language.get()).title, is_saved=True)


def unsave_item(request: Request, *, db: Session, me: Person, form: Form, item_id: int) -> Response:
    """Take it off; once more changes nothing."""
    item = campaigns.get_item(db, item_id)
    kept = saved.is_saved(db, me, item_id)
    if not kept and not item.is_live():
        raise NotFound
    saved.take_off(db, me, item_id)
    if form.get("from") == "saved":
        return go_to(request, html.url(request, "saved_items"))
    return _saving(request, item_id, item.text(language.get()).title, is_saved=False)


def two_minutes(request: Request, *, db: Session, me: Person) -> Response:
    look = visits.look(db, me)
    steps = choosing.steps(db, me, look=look, language=language.get())
    return html.page(
        request,
        "feed/two_minutes.html",
        steps=steps,
        now=next((place for place, step in enumerate(steps) if not step.share_id), None),
        done=sum(1 for step in steps if step.share_id),
        kinds=KINDS_FOR_READERS,
    )


def _saving(request: Request, item_id: int, title: str, *, is_saved: bool) -> Response:
    button = html.piece(request, "feed/_saving.html", item_id=item_id, title=title, saved=is_saved)
    return html.swap(request, button, otherwise=html.url(request, "feed", to=item_id) + f"#item-{item_id}")


routes: list[PortalRoute] = [
    page("/saved", saved_items, who=member),
    action("/items/{item_id:int}/saving", save_item, who=member),
    action("/items/{item_id:int}/unsaving", unsave_item, who=member),
    page("/two-minutes", two_minutes, who=member),
]
