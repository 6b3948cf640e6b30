"""From an address somebody pastes to a draft of an item, and a second look at where an item leads."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html, i18n
from portal.campaigns import drafts
from portal.campaigns import queries as campaigns
from portal.campaigns.models import Item
from portal.database import one_at_a_time
from portal.i18n import gettext as _
from portal.inbox import addresses, drafting
from portal.inbox.previews import Preview
from portal.inbox.typed_addresses import NO_LIMIT, look_at, look_at_page
from portal.people.models import Person
from portal.web import Form, action, editor, flash, page, see_other


def paste_address(request: Request, *, db: Session) -> Response:
    asked = request.query_params
    return _form(request, db, asked.get("address", "")[: addresses.LONGEST], asked.get("campaign", ""))


def draft_from_address(request: Request, *, db: Session, me: Person, form: Form, ready: Preview | str) -> Response:
    """A draft of what was found, unless an item leads there already or nothing was found: then only if asked again.

    What has no title gets one from whoever makes it.
    """
    campaign_id, anyway = form.number("campaign"), form.is_set("anyway")
    campaign = campaigns.find_campaign(db, campaign_id) if campaign_id else None
    address, chosen = form.text("address", NO_LIMIT), form.text("campaign")
    title = form.text("title", drafts.LONGEST_TITLE)
    errors = form.errors | ({"address": ready} if isinstance(ready, str) else {})
    if campaign is None:
        errors["campaign"] = _("Choose the campaign it belongs to.")
    if isinstance(ready, str) or campaign is None:
        return _form(request, db, address, chosen, errors=errors, title=title)
    one_at_a_time(db, f"draft of {addresses.canonical(ready.url)}")  # or two who paste the same make two
    known = drafting.same_address(db, ready.url)
    named = title or drafting.title_of(ready.page)
    if not ready.answered and not anyway:
        errors["address"] = ready.why
    elif not named and (anyway or known is None):
        errors["title"] = _("We found no title there. What shall it be called?")
    if errors or (known is not None and not anyway):
        return _form(request, db, address, chosen, errors=errors, title=title, known=known, looked=ready)
    item = drafting.from_preview(db, campaign, ready, by=me, title=named)
    flash(request, _("Your draft is ready. Read it over: every word of it can be changed."))
    seen = [each for each in ready.warnings if not (title and each in ("no_title", "title_cut"))]
    return see_other(request, "edit_item", item_id=item.id, seen=",".join(seen) or None)


def check_address(request: Request, *, db: Session, form: Form, ready: Preview | str, item_id: int) -> Response:
    """What is at the item's address now."""
    item = campaigns.get_item(db, item_id)
    if form.text("address", NO_LIMIT) != item.target_url:
        flash(request, _("The address was changed meanwhile. Check it once more."))
        return see_other(request, "campaign_item", item_id=item.id)
    looked, refused = (None, ready) if isinstance(ready, str) else (ready, "")
    if not html.is_htmx(request):
        return html.page(request, "inbox/address.html", item=item, looked=looked, refused=refused)
    piece = html.piece(request, "inbox/_address.html", item=item, looked=looked, refused=refused)
    return html.swap(request, piece, otherwise=html.url(request, "campaign_item", item_id=item.id))


def _form(
    request: Request,
    db: Session,
    address: str,
    campaign: str,
    *,
    errors: dict[str, str] | None = None,
    known: Item | None = None,
    title: str = "",
    looked: Preview | None = None,
) -> Response:
    """The form again. Nothing was made: `known` leads to the address already, or `looked` found too little there."""
    choices = drafting.campaign_choices(db, i18n.language.get())
    return html.page(
        request,
        "inbox/paste.html",
        status=422 if errors else 409 if known else 200,
        address=address,
        campaign=campaign or (str(choices[0][0]) if choices else ""),
        choices=choices,
        errors=errors or {},
        known=known,
        title=title,
        asks_title=looked is not None and not drafting.title_of(looked.page),
        unreachable=looked is not None and not looked.answered,
    )


routes = [
    page("/inbox/paste", paste_address, who=editor),
    action("/inbox/paste", draft_from_address, who=editor, ahead=look_at),
    action("/campaigns/items/{item_id:int}/address", check_address, who=editor, ahead=look_at_page),
]
