"""From item to network: the share page, what goes with it, and what its person says of it later."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal import html, settings
from portal.campaigns import queries as campaigns
from portal.campaigns.labels import KINDS_FOR_READERS
from portal.campaigns.models import Item
from portal.i18n import gettext as _
from portal.i18n import language
from portal.links import codes
from portal.links.figures import Ledger
from portal.links.models import Link
from portal.links.queries import ledgers_by_link
from portal.people.models import Organisation, Person
from portal.sharing import networks, over, share_page, shares, texts
from portal.web import Form, NotFound, PortalRoute, action, flash, member, page, see_other

_HOW = {"copy": "copied", "sheet": "sheet"}


def share(request: Request, *, db: Session, me: Person, organisation: Organisation, item_id: int) -> Response:
    item = campaigns.get_item(db, item_id)
    if (gone := over.of(db, item)) is not None:
        if gone.standing == "resting":
            raise NotFound
        return _over_page(request, db, item, gone, me=me)
    return _share_page(request, db, item, me=me, organisation=organisation, wanted=dict(request.query_params))


def share_item(
    request: Request, *, db: Session, me: Person, organisation: Organisation, form: Form, item_id: int
) -> Response:
    item = campaigns.get_item(db, item_id)
    if (gone := over.of(db, item)) is not None:
        return _over_page(request, db, item, gone, me=me, typed=form.lines("text"))
    sent = share_page.read(db, form, item, me=me, organisation=organisation)
    if form.errors:
        return _share_form_again(request, db, item, me=me, organisation=organisation, form=form, wanted=form.raw)
    link = codes.address(codes.share_link(db, person=me, item_id=item.id, network=sent.network.key))
    text = share_page.fitted(sent, link=link, item=item, organisation=organisation)
    own_words = texts.own_share(f"{sent.own} {sent.body}", sent.body) >= texts.OWN_ENOUGH
    if not share_page.settle_lease(db, sent, item, own_words=own_words, me=me, organisation=organisation):
        again = share_page.without_lease(db, form, sent, item, me=me, organisation=organisation)
        return _share_form_again(request, db, item, me=me, organisation=organisation, form=form, wanted=again)
    kept = shares.record(
        db,
        person=me,
        item=item,
        network=sent.network,
        text=text,
        language=sent.language,
        caption_id=sent.caption.id if sent.caption else None,
        own_words=own_words,
        how=_HOW.get(sent.network.key, "opened"),
    )
    if _wants_json(request):
        return JSONResponse(
            {
                "text": text,
                "open": share_page.open_url(kept, link, item, organisation),
                "page": html.url(request, "shared", item_id=item.id, share_id=kept.id),
            }
        )
    return see_other(request, "shared", item_id=item.id, share_id=kept.id)


def share_link(request: Request, *, db: Session, me: Person, item_id: int) -> Response:
    """The link for the phone's share sheet, which must know it before it opens."""
    item = campaigns.get_item(db, item_id)
    if not item.is_live():
        raise NotFound
    link = codes.share_link(db, person=me, item_id=item.id, network="sheet")
    return JSONResponse({"link": codes.address(link)})


def shared(
    request: Request, *, db: Session, me: Person, organisation: Organisation, item_id: int, share_id: int
) -> Response:
    kept = shares.get_own(db, share_id, person=me)
    if kept.item_id != item_id:
        raise NotFound
    item = campaigns.get_item(db, item_id)
    link = db.get_one(Link, kept.link_id)
    address = codes.address(link)
    network = networks.get(kept.network)
    ledger = ledgers_by_link(db, [link.id]).get(link.id, Ledger(0, 0, []))
    return html.page(
        request,
        "sharing/shared.html",
        share=kept,
        item=item,
        network=network,
        link=address,
        open_url=share_page.open_url(kept, address, item, organisation),
        count=network.count(kept.text),
        is_out=kept.is_shared,
        clicks=ledger.people,
        ledger=ledger,
        over=over.of(db, item),
        title=item.text(language.get()).title,
        chips=over.CHIPS,
    )


def confirm_share(request: Request, *, db: Session, me: Person, share_id: int) -> Response:
    kept = shares.get_own(db, share_id, person=me)
    shares.confirm(db, kept)
    flash(request, _("Thank you, %(name)s! We will tell you how many people it brings.", name=me.first_name))
    return see_other(request, "shared", item_id=kept.item_id, share_id=kept.id)


def remove_share(request: Request, *, db: Session, me: Person, share_id: int) -> Response:
    kept = shares.get_own(db, share_id, person=me)
    shares.remove(db, kept)
    flash(request, _("Taken off your list. If the post is still online, its link keeps working."))
    return see_other(request, "me_page")


def _over_page(request: Request, db: Session, item: Item, gone: over.Over, *, me: Person, typed: str = "") -> Response:
    """Why the item cannot be passed on. What this person `typed` comes back with it."""
    status = 404 if gone.standing == "resting" else 410
    if _wants_json(request):
        return JSONResponse({"errors": {"item": f"{gone.heading}. {gone.sentence}"}}, status_code=status)
    kept = shares.of_item(db, me, item.id)
    return html.page(
        request,
        "sharing/over.html",
        status=status,
        over=gone,
        item=item,
        # Of what was never out, and is none of theirs, not even the title is told.
        title=item.text(language.get()).title if kept or (status == 410 and over.was_out(item)) else "",
        chips=over.CHIPS,
        typed=typed,
        mine=kept,
        network_names={share.network: networks.get(share.network).name for share in kept},
    )


def _share_page(
    request: Request,
    db: Session,
    item: Item,
    *,
    me: Person,
    organisation: Organisation,
    wanted: dict[str, str],
    errors: dict[str, str] | None = None,
) -> Response:
    shown = share_page.prepare(db, item, me=me, organisation=organisation, wanted=wanted)
    return html.page(
        request,
        "sharing/share.html",
        status=422 if errors else 200,
        shown=shown,
        kinds=KINDS_FOR_READERS,
        errors=errors or {},
        short_host=settings.current().link_base_url.partition("://")[2],
    )


def _share_form_again(
    request: Request,
    db: Session,
    item: Item,
    *,
    me: Person,
    organisation: Organisation,
    form: Form,
    wanted: dict[str, str],
) -> Response:
    if _wants_json(request):
        return JSONResponse({"errors": form.errors}, status_code=422)
    return _share_page(request, db, item, me=me, organisation=organisation, wanted=wanted, errors=form.errors)


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


routes: list[PortalRoute] = [
    page("/items/{item_id:int}", share, who=member, name="share_page"),
    action("/items/{item_id:int}/shares", share_item, who=member),
    action("/items/{item_id:int}/links", share_link, who=member),
    page("/items/{item_id:int}/shares/{share_id:int}", shared, who=member),
    action("/shares/{share_id:int}/confirmation", confirm_share, who=member),
    action("/shares/{share_id:int}/removal", remove_share, who=member),
]
