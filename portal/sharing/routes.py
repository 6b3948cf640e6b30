"""From item to network: the share page, what goes with it, and what its person says of it later."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal import html
from portal.campaigns import pictures
from portal.campaigns import queries as campaigns
from portal.i18n import gettext as _
from portal.i18n import language
from portal.links import codes
from portal.links.figures import Ledger
from portal.links.models import Link
from portal.links.queries import ledgers_by_link
from portal.people.models import Organisation, Person
from portal.sharing import networks, over, reminders, share_answers, share_page, shares, texts
from portal.web import Form, Invalid, NotFound, PortalRoute, action, flash, member, page, see_other, whole_number

LONGEST_TEXT = 20_000
"""Characters of a text that somebody says they posted."""


def share(request: Request, *, db: Session, me: Person, organisation: Organisation, item_id: int) -> Response:
    item = campaigns.get_item(db, item_id)
    if (gone := over.of(db, item)) is not None:
        if gone.standing == "resting":
            raise NotFound
        return share_answers.over_page(request, db, item, gone, me=me)
    asked = dict(request.query_params)
    wanted = share_page.wanted_by(db, me, item, whole_number(asked.pop("reminder", "")))
    return share_answers.form_page(request, db, item, me=me, organisation=organisation, wanted=asked | wanted)


def share_item(
    request: Request, *, db: Session, me: Person, organisation: Organisation, form: Form, item_id: int
) -> Response:
    item = campaigns.get_item(db, item_id)
    if (gone := over.of(db, item)) is not None:
        return share_answers.over_page(request, db, item, gone, me=me, typed=form.lines("text"))
    sent = share_page.read(db, form, item, me=me, organisation=organisation)
    if form.errors:
        return share_answers.form_again(request, db, item, me=me, organisation=organisation, form=form, wanted=form.raw)
    link = codes.address(codes.share_link(db, person=me, item_id=item.id, network=sent.network.key))
    text = share_page.fitted(sent, link=link, item=item, organisation=organisation)
    own_words = texts.own_share(f"{sent.own} {sent.body}", sent.body) >= texts.OWN_ENOUGH
    if not share_page.settle_lease(db, sent, item, own_words=own_words, me=me, organisation=organisation):
        again = share_page.without_lease(db, form, sent, item, me=me, organisation=organisation)
        return share_answers.form_again(request, db, item, me=me, organisation=organisation, form=form, wanted=again)
    kept = shares.record(
        db,
        person=me,
        item=item,
        network=sent.network,
        text=text,
        language=sent.language,
        caption_id=sent.caption.id if sent.caption else None,
        own_words=own_words,
        how=shares.how(sent.network.key),
    )
    reminders.use(db, me, item.id, sent.network.key)
    if share_answers.wants_json(request):
        return JSONResponse(
            {
                "text": text,
                "open": share_page.open_url(
                    kept, link, item, organisation, platform=networks.platform_of(request.headers)
                ),
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
    network, platform = networks.get(kept.network), networks.platform_of(request.headers)
    ledger = ledgers_by_link(db, [link.id]).get(link.id, Ledger(0, 0, []))
    return html.page(
        request,
        "sharing/shared.html",
        share=kept,
        item=item,
        network=network,
        link=address,
        open_url=share_page.open_url(kept, address, item, organisation, platform=platform),
        is_alone=share_page.is_alone(network, platform),
        platform=platform,
        picture=pictures.address(item.picture, "card") if item.picture else "",
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


def not_posted(request: Request, *, db: Session, me: Person, share_id: int) -> Response:
    """Not yet: they are not asked again."""
    kept = shares.get_own(db, share_id, person=me)
    shares.asked(db, kept)
    if share_answers.wants_json(request):
        return JSONResponse({})
    flash(request, _("That is fine. Your text waits for you on this page, and we will not ask again."))
    return see_other(request, "shared", item_id=kept.item_id, share_id=kept.id)


def take_back_confirmation(request: Request, *, db: Session, me: Person, share_id: int) -> Response:
    kept = shares.get_own(db, share_id, person=me)
    if shares.take_back(db, kept):
        flash(request, _("Thank you for putting that right. It does not count any more."))
    elif kept.is_shared:
        flash(
            request, _("Somebody followed your link already, so it is out there. You can still take it off your list.")
        )
    return see_other(request, "shared", item_id=kept.item_id, share_id=kept.id)


def correct_share(request: Request, *, db: Session, me: Person, form: Form, share_id: int) -> Response:
    """What was really posted, in the words of its person."""
    kept = shares.get_own(db, share_id, person=me)
    text = form.lines("text", LONGEST_TEXT)
    if not text:
        form.errors["text"] = _("Write here what you posted.")
    if form.errors:
        raise Invalid(form.errors["text"])
    shares.rewrite(db, kept, text)
    flash(request, _("Saved: this is what you posted."))
    return see_other(request, "shared", item_id=kept.item_id, share_id=kept.id)


def remove_share(request: Request, *, db: Session, me: Person, share_id: int) -> Response:
    kept = shares.get_own(db, share_id, person=me)
    shares.remove(db, kept)
    flash(request, _("Taken off your list. If the post is still online, its link keeps working."))
    return see_other(request, "me_page")


routes: list[PortalRoute] = [
    page("/items/{item_id:int}", share, who=member, name="share_page"),
    action("/items/{item_id:int}/shares", share_item, who=member),
    action("/items/{item_id:int}/links", share_link, who=member),
    page("/items/{item_id:int}/shares/{share_id:int}", shared, who=member),
    action("/shares/{share_id:int}/confirmation", confirm_share, who=member),
    action("/shares/{share_id:int}/not-posted", not_posted, who=member),
    action("/shares/{share_id:int}/taking-back", take_back_confirmation, who=member),
    action("/shares/{share_id:int}/text", correct_share, who=member),
    action("/shares/{share_id:int}/removal", remove_share, who=member),
]
