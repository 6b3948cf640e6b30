"""The employee's pages: what is new, sharing it in your own words, and what came of it."""

import json
from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal import clock, html, settings
from portal.campaigns import queries as campaigns
from portal.campaigns.labels import KINDS_FOR_READERS
from portal.campaigns.models import Item
from portal.feed import me as mine
from portal.feed import over, queries, share_page, words
from portal.i18n import LANGUAGES, language
from portal.i18n import gettext as _
from portal.links import codes
from portal.links.figures import Ledger
from portal.links.models import Link
from portal.links.queries import ledgers_by_link
from portal.people import choices, notes, topics
from portal.people.models import Organisation, Person
from portal.people.queries import get_department, has_single_sign_on
from portal.sharing import networks, shares, texts
from portal.web import Form, NotFound, PortalRoute, action, flash, member, page, see_other, whole_number

MOST_PAGES = 100_000
_HOW = {"copy": "copied", "sheet": "sheet"}


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
        **_notes(db, me, here="feed"),
    )


def more_items(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    """The next cards, to be hung below those already there."""
    shown = _feed_page(request, db, me=me, organisation=organisation)
    body = html.piece(request, "feed/_cards.html", shown=shown, kinds=KINDS_FOR_READERS)
    return Response(body, media_type="text/html", headers={"Cache-Control": html.NO_STORE})


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


def me_page(request: Request, *, db: Session, me: Person) -> Response:
    return _me_page(request, db, me=me, errors={}, typed={})


def keep_my_choices(request: Request, *, db: Session, me: Person, form: Form) -> Response:
    person = db.get_one(Person, me.id)
    shown, pseudonym = form.text("leaderboard_name"), form.text("pseudonym", 400)
    try:
        choices.set_leaderboard_name(db, person, shown=shown, pseudonym=pseudonym)
    except choices.ChoiceRefused as refused:
        form.errors["pseudonym" if shown == "pseudonym" else "leaderboard_name"] = str(refused)
    spoken = form.text("language")
    if spoken not in LANGUAGES:
        form.errors["language"] = _("Please choose one of the options.")
    if form.errors:
        return _me_page(request, db, me=me, errors=form.errors, typed=form.raw)
    choices.set_wall_name(db, person, shown=form.is_set("wall_name"))
    person.mail_asks = form.is_set("mail_asks")
    person.language = spoken
    language.set(spoken)
    flash(request, _("Saved. You can change this any time."))
    return see_other(request, "me_page")


def choose_my_topics(request: Request, *, db: Session, me: Person, form: Form) -> Response:
    topics.choose(db, me, {number for number in map(whole_number, form.getlist("topic")) if number})
    flash(request, _("Saved. You can change this any time."))
    return see_other(request, "me_page")


def put_away_note(request: Request, *, db: Session, me: Person, form: Form, note_id: int) -> Response:
    notes.put_away(db, me, note_id)
    here = "me_page" if form.get("from") == "me_page" else "feed"
    left = html.piece(request, "feed/_notes.html", **_notes(db, me, here=here))
    return html.swap(request, left, otherwise=html.url(request, here))


def _notes(db: Session, me: Person, *, here: str) -> dict[str, Any]:
    """What the notes on the page `here` need: the latest few on the feed, many more on one's own page."""
    shown = NOTES_ON_THE_FEED if here == "feed" else NOTES_ON_MY_PAGE
    found = notes.unread(db, me, most=shown + 1)
    return {"notes": found[:shown], "has_more": here == "feed" and len(found) > shown, "here": here}


NOTES_ON_THE_FEED = 3
NOTES_ON_MY_PAGE = 50


def my_data(request: Request, *, db: Session, me: Person) -> Response:
    body = json.dumps(mine.everything(db, me), ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"', "Cache-Control": html.NO_STORE}
    return Response(body, media_type="application/json", headers=headers)


def _feed_page(request: Request, db: Session, *, me: Person, organisation: Organisation) -> queries.FeedPage:
    asked = whole_number(request.query_params.get("page", "")) or 1
    number = asked if asked < MOST_PAGES else 1
    return queries.feed_page(db, me=me, organisation=organisation, language=language.get(), number=number)


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


def _me_page(
    request: Request,
    db: Session,
    *,
    me: Person,
    errors: dict[str, str],
    typed: dict[str, str],
) -> Response:
    kept = mine.my_shares(db, me)
    return html.page(
        request,
        "feed/me.html",
        status=422 if errors else 200,
        shares=kept,
        chips=over.CHIPS,
        team=get_department(db, me.department_id).name,
        **_notes(db, me, here="me_page"),
        topics=topics.topics(db),
        my_topics=topics.chosen_by(db, me),
        reach=mine.reach(db, kept),
        out=sum(1 for each in kept if each.is_out),
        errors=errors,
        typed=typed,
        has_single_sign_on=has_single_sign_on(db, me),
        offers_single_sign_on=bool(settings.current().oidc_issuer),
    )


routes: list[PortalRoute] = [
    page("/", feed, who=member),
    page("/feed/more", more_items, who=member),
    page("/items/{item_id:int}", share, who=member, name="share_page"),
    action("/items/{item_id:int}/shares", share_item, who=member),
    action("/items/{item_id:int}/links", share_link, who=member),
    page("/items/{item_id:int}/shares/{share_id:int}", shared, who=member),
    action("/shares/{share_id:int}/confirmation", confirm_share, who=member),
    action("/shares/{share_id:int}/removal", remove_share, who=member),
    page("/me", me_page, who=member),
    action("/me", keep_my_choices, who=member),
    action("/me/topics", choose_my_topics, who=member),
    action("/notes/{note_id:int}/putting-away", put_away_note, who=member),
    page("/me/data.json", my_data, who=member),
]
