"""An item's own page for editors: how it looks, where it stands, and what can be done with it."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html, i18n, mail
from portal.campaigns import (
    approval,
    audience_routes,
    drafts,
    editing,
    labels,
    pictures,
    queries,
    recall,
    reviews,
    revisions,
    rules,
    shortage,
)
from portal.campaigns.models import Item
from portal.campaigns.rules import Problems
from portal.campaigns.shortage import Shortages
from portal.i18n import gettext as _
from portal.people.models import Organisation, Person
from portal.people.queries import names_of
from portal.web import Form, action, editor, flash, page, see_other


def campaign_item(request: Request, *, db: Session, me: Person, organisation: Organisation, item_id: int) -> Response:
    return item_page(request, db, me, organisation, item=queries.get_item(db, item_id))


def item_page(
    request: Request,
    db: Session,
    me: Person,
    organisation: Organisation,
    *,
    item: Item,
    typed: Mapping[str, str] | None = None,
    errors: Problems | None = None,
) -> Response:
    """The item's page; with `errors` it answers a form on it that needs another look, with what was `typed`."""
    waits, stands = item.state in ("draft", "in_review"), queries.standing(item, item.campaign)
    return html.page(
        request,
        "campaigns/item.html",
        status=422 if errors else 200,
        item=item,
        state=labels.standing(item, item.campaign),
        lacks=rules.lacking(item) if item.state == "draft" else {},
        short=_short(request, db, organisation, item) if stands in ("draft", "in_review", "planned") else {},
        reason=approval.why_not_approve(item, me, organisation),
        changed=revisions.since_decided(db, [item]).get(item.id) if waits else None,
        opinions=reviews.opinions(db, [item]).get(item.id, []) if waits else [],
        asked=reviews.open_requests(db, item.id) if waits else [],
        says_this_since=revisions.latest_version(db, item.id),
        can_mail=mail.is_configured(),
        undo_until=recall.undo_until(item) if recall.can_undo(item) else None,
        now=clock.now(),
        history=queries.history(db, item.id, most=SHOWN_OF_HISTORY),
        who=names_of(db, [item.created_by_id, item.changed_by_id]),
        typed=typed or {},
        errors=errors or {},
        labels=labels,
        networks=dict(labels.networks()),
        address=pictures.address,
        last_day=drafts.last_day(item),
        reach=None if item.state == "recalled" or item.has_ended() else audience_routes.reach_of(request, db, item),
        link_host=labels.host_of_links(),
        target_host=labels.host_of(item.target_url),
        successors=[("", _("Only the rest of the campaign")), *_choices(queries.possible_successors(db, item))],
    )


def _short(request: Request, db: Session, organisation: Organisation, item: Item) -> dict[str, str]:
    """By language the sentence that more captions are wanted; one without any captions says so itself."""
    found: Shortages = request.app.state.shortages
    return {
        short.language: shortage.sentence(short)
        for short in found(db, item, organisation=organisation)
        if short.captions
    }


SHOWN_OF_HISTORY = 8
"""Steps on the item's page; all of them are on its trail."""


def _choices(items: Sequence[Item]) -> list[tuple[int, str]]:
    spoken = i18n.language.get()
    return [(each.id, f"{each.text(spoken).title} · {each.campaign.text(spoken).title}") for each in items]


def choose_successor(
    request: Request, *, db: Session, me: Person, form: Form, item_id: int, organisation: Organisation
) -> Response:
    """Say what visitors are shown once the item is over; its approval stays as it is."""
    item = queries.get_item(db, item_id)
    wanted = form.number("successor")
    successor = queries.find_item(db, wanted) if wanted else None
    if form.text("successor") and successor is None:
        errors = {"successor": _("That item is not there any more. Choose another one.")}
        return item_page(request, db, me, organisation, item=item, errors=errors)
    try:
        editing.set_successor(db, item, successor, by=me)
    except ValueError:
        errors = {"successor": _("These two would lead to each other in a circle. Choose another one.")}
        return item_page(request, db, me, organisation, item=item, errors=errors)
    flash(request, _("Saved."))
    return see_other(request, "campaign_item", item_id=item.id)


routes = [
    page("/campaigns/items/{item_id:int}", campaign_item, who=editor),
    action("/campaigns/items/{item_id:int}/successor", choose_successor, who=editor),
]
