"""Writing an item, in a form that loses no word to a mistake or another editor, and sending it for approval."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html, settings
from portal.campaigns import (
    approval,
    audience,
    audience_routes,
    disclosure,
    drafts,
    editing,
    forms,
    labels,
    merging,
    pictures,
    placeholders,
    queries,
    rules,
)
from portal.campaigns.audience import Row
from portal.campaigns.drafts import CaptionDraft, ItemDraft
from portal.campaigns.item_page_routes import item_page
from portal.campaigns.merging import Merged
from portal.campaigns.models import (
    ANY_NETWORK,
    CAPTION_NETWORKS,
    KINDS,
    KINDS_THAT_ADVERTISE,
    KINDS_THAT_END,
    KINDS_WITH,
    Campaign,
    Item,
    Picture,
)
from portal.campaigns.pictures import Drawn, PictureRefused
from portal.campaigns.rules import Problems
from portal.i18n import LANGUAGES, language
from portal.i18n import gettext as _
from portal.people.models import Organisation, Person
from portal.people.queries import get_department
from portal.web import Form, action, editor, flash, page, see_other, whole_number


@dataclass(frozen=True)
class Desk:
    """Who writes, and what at: an item of a campaign, or a new one."""

    request: Request
    db: Session
    me: Person
    organisation: Organisation
    campaign: Campaign
    item: Item | None = None


def new_item(request: Request, *, db: Session, me: Person, organisation: Organisation, campaign_id: int) -> Response:
    campaign = queries.get_campaign(db, campaign_id)
    kind = request.query_params.get("kind", "")
    if kind not in KINDS:
        return html.page(request, "campaigns/kinds.html", campaign=campaign, labels=labels, kinds=KINDS)
    draft = ItemDraft(kind=kind, publish_on=max(clock.today(), campaign.starts_on))
    draft.captions = [CaptionDraft(ANY_NETWORK, code, "") for code in LANGUAGES]
    return _item_form(Desk(request, db, me, organisation, campaign), draft)


def create_item(
    request: Request,
    *,
    db: Session,
    me: Person,
    organisation: Organisation,
    form: Form,
    ready: Drawn,
    campaign_id: int,
) -> Response:
    desk = Desk(request, db, me, organisation, queries.get_campaign(db, campaign_id))
    draft, unread = forms.read_item(form)
    if answer := _rows_changed(desk, draft, form):
        return answer
    picture, refused = _picture(db, ready)
    errors = _problems(desk, draft, form, has_picture=picture is not None) | unread | refused
    if errors:
        return _item_form(desk, draft, form=form, errors=errors)
    item = editing.create_item(db, desk.campaign, draft, by=me, picture_id=picture.id if picture else None)
    audience.put(db, item, audience.read(form), by=me)
    return _saved(request, db, me, form, item)


def edit_item(request: Request, *, db: Session, me: Person, organisation: Organisation, item_id: int) -> Response:
    item = queries.get_item(db, item_id)
    return _item_form(Desk(request, db, me, organisation, item.campaign, item), drafts.of_item(item))


def change_item(
    request: Request,
    *,
    db: Session,
    me: Person,
    organisation: Organisation,
    form: Form,
    ready: Drawn,
    item_id: int,
) -> Response:
    item = queries.get_item(db, item_id)
    desk = Desk(request, db, me, organisation, item.campaign, item)
    version = form.number("version") or 0
    draft, unread = forms.read_item(form)
    if answer := _rows_changed(desk, draft, form):
        return answer
    rows = audience.read(form)
    if version == item.version:
        # Chosen on the page that showed what somebody else had written meanwhile.
        merging.take(draft, drafts.of_item(item), form.getlist("take"))
        rows = audience.rows_of(db, item.id) if "audience" in form.getlist("take") else rows
    picture, refused = _picture(db, ready)
    picture_id = picture.id if picture else None if form.is_set("no_picture") else item.picture_id
    errors = _problems(desk, draft, form, has_picture=picture_id is not None) | unread | refused
    if errors:
        return _item_form(desk, draft, form=form, errors=errors)
    try:
        reopened = editing.change_item(db, item, draft, by=me, version=version, picture_id=picture_id)
    except editing.ChangedMeanwhile:
        return _merged_form(desk, draft, form, item_id=item_id, began_at=version)
    audience.put(db, item, rows, by=me)
    if reopened:
        flash(request, _("Saved. A colleague approves the change; until then it is off the feed."))
        return see_other(request, "campaign_item", item_id=item.id)
    return _saved(request, db, me, form, item)


def submit_item(
    request: Request, *, db: Session, me: Person, organisation: Organisation, form: Form, item_id: int
) -> Response:
    item = queries.get_item(db, item_id)
    try:
        return _submitted(request, db, me, item, version=form.number("version"))
    except approval.NotComplete as refused:
        return item_page(request, db, me, organisation, item=item, errors={"submit": str(refused)})


def caption_row(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    """One more empty row for the captions editor, for htmx."""
    code = request.query_params.get("language", "nl")
    caption = CaptionDraft(ANY_NETWORK, code if code in LANGUAGES else "nl", "")
    row = html.piece(
        request,
        "campaigns/_caption.html",
        caption=caption,
        place=f"new-{secrets.token_hex(4)}",
        look="",
        errors={},
        networks=labels.networks(),
        labels=labels,
    )
    return html.swap(request, row, otherwise=html.url(request, "campaigns"))


def _submitted(request: Request, db: Session, me: Person, item: Item, *, version: int | None) -> Response:
    try:
        approval.submit(db, item, by=me, version=version)
        flash(request, _("Sent for approval. A colleague finds it on top of the campaigns page."))
    except approval.AlreadyDone as done:
        flash(request, str(done))
    return see_other(request, "campaign_item", item_id=item.id)


def _saved(request: Request, db: Session, me: Person, form: Form, item: Item) -> Response:
    if form.get("then") == "submit" and item.state == "draft":
        return _submitted(request, db, me, item, version=item.version)
    flash(request, _("Saved."))
    return see_other(request, "campaign_item", item_id=item.id)


def _rows_changed(desk: Desk, draft: ItemDraft, form: Form) -> Response | None:
    """The form with one caption more or less, or looked at once more, when that was asked; nothing is saved."""
    then, rows = form.get("then"), forms.typed_captions(form)
    asked, _hyphen, at = then.rpartition("-")
    if asked == "add-caption":
        at = at if at in LANGUAGES else "nl"
        rows.append(CaptionDraft(ANY_NETWORK, at, ""))
    elif asked == "remove-caption":
        place = whole_number(at)
        if place is not None and place < len(rows):
            at = rows.pop(place).language
    elif "preview" not in (asked, then):
        return None
    return _item_form(desk, replace(draft, captions=rows), form=form, at=at)


def _draw(form: Form) -> Drawn:
    return pictures.drawn(form.file("picture"))


def _picture(db: Session, drawn: Drawn) -> tuple[Picture | None, Problems]:
    if isinstance(drawn, PictureRefused):
        return None, {"picture": str(drawn)}
    return (pictures.keep(db, drawn) if drawn is not None else None), {}


def _problems(desk: Desk, draft: ItemDraft, form: Form, *, has_picture: bool) -> Problems:
    found = rules.item_problems(draft, has_picture=has_picture, campaign_ends_on=desk.campaign.ends_on)
    return found | audience.problems(desk.db, audience.read(form))


def _merged_form(desk: Desk, draft: ItemDraft, form: Form, *, item_id: int, began_at: int) -> Response:
    """The form of whoever saves second: with the other one's changes in it, and a choice where both wrote."""
    desk.db.expire_all()
    item = queries.get_item(desk.db, item_id)
    merged = merging.merge(desk.db, item, draft, began_at=began_at)
    desk = replace(desk, campaign=item.campaign, item=item)
    rows, stored = audience.read(form), audience.rows_of(desk.db, item.id)
    if forms.written_rows(rows) == form.get("audience_was"):
        rows = stored
    elif forms.written_rows(stored) != form.get("audience_was") and rows != stored:
        said = _audience(desk, draft, stored).reach.meant_for
        merged.collisions.append(merging.Difference("audience", labels.field("audience"), said))
    return _item_form(desk, merged.draft, form=form, merged=merged, rows=rows)


def _item_form(
    desk: Desk,
    draft: ItemDraft,
    *,
    form: Form | None = None,
    errors: Problems | None = None,
    merged: Merged | None = None,
    rows: Sequence[Row] | None = None,
    at: str = "",
) -> Response:
    """The form with everything typed; `at` is the language whose captions were at hand.

    When somebody else was first it gets the newest version: saving is a choice.
    """
    item, status = desk.item, forms.status(errors, merged)
    newest = item.version if item else 0
    if rows is None:
        rows = audience.read(form) if form else audience.rows_of(desk.db, item.id) if item else []
    stored = audience.rows_of(desk.db, item.id) if item else []
    return html.page(
        desk.request,
        "campaigns/item_form.html",
        status=status,
        campaign=desk.campaign,
        item=item,
        draft=draft,
        captions=_captions(desk, draft),
        shown=forms.shown(draft, None if merged else form),
        errors=errors or {},
        merged=merged,
        their_name=editing.last_editor(desk.db, item) if item and merged else None,
        version=(form.number("version") or 0) if form and merged is None else newest,
        audience=_audience(desk, draft, list(rows)),
        audience_was=form.get("audience_was") if form and merged is None else forms.written_rows(stored),
        picture_lost=bool(form and forms.has_file(form, "picture")),
        no_picture=bool(form and form.is_set("no_picture")),
        current=pictures.address(item.picture, "card") if item and item.picture else None,
        opening={code: _openings(desk, code) for code in LANGUAGES},
        said=disclosure.said_by(desk.organisation.name),
        labelled=disclosure.LABELLED,
        sharer=_sharer(desk),
        link=f"{settings.current().link_base_url}/r/23456789",
        written=_written(draft),
        open_languages=_open_languages(desk, draft, errors or {}, is_typed=form is not None) | {at},
        labels=labels,
        networks=labels.networks(),
        all_networks=CAPTION_NETWORKS,
        placeholders=placeholders.offered(),
        kinds=KINDS,
        kinds_with=KINDS_WITH,
        kinds_that_end=KINDS_THAT_END,
        kinds_that_advertise=KINDS_THAT_ADVERTISE,
        strength=draft.disclosure if draft.disclosure and draft.kind in KINDS_THAT_ADVERTISE else "advertising",
    )


@dataclass(frozen=True)
class CaptionRow:
    place: int
    caption: CaptionDraft
    look: str
    """The caption as it looks when this editor shares it, without the link."""


def _captions(desk: Desk, draft: ItemDraft) -> list[CaptionRow]:
    names, strength = _sharer(desk), drafts.settled(draft).disclosure
    rows = []
    for place, caption in enumerate(draft.captions):
        words = placeholders.fill(caption.body, **names)
        opening = _openings(desk, caption.language).get(strength, "") if caption.language in LANGUAGES else ""
        look = disclosure.opened(words, opening, desk.organisation.name) if words else ""
        rows.append(CaptionRow(place, caption, look))
    return rows


def _sharer(desk: Desk) -> dict[str, str]:
    """The names a preview is filled in with: those of whoever writes."""
    return {"first_name": desk.me.first_name, "department": get_department(desk.db, desk.me.department_id).name}


def _openings(desk: Desk, code: str) -> dict[str, str]:
    """What a share opens with, by the strength of its disclosure."""
    return {
        strength: disclosure.wordings(desk.organisation, strength, code)[0] for strength in ("usual", "advertising")
    }


def _audience(desk: Desk, draft: ItemDraft, rows: list[Row]) -> audience_routes.Shown:
    return audience_routes.shown(
        desk.request,
        desk.db,
        rows,
        campaign=desk.campaign,
        publish_on=draft.publish_on,
        ends_on=draft.ends_on,
        fits=draft.fits,
    )


def _written(draft: ItemDraft) -> list[str]:
    """The languages somebody wrote in."""
    captions = {caption.language for caption in draft.captions if caption.body}
    return [code for code, words in draft.texts.items() if any(vars(words).values()) or code in captions]


def _open_languages(desk: Desk, draft: ItemDraft, errors: Problems, *, is_typed: bool) -> set[str]:
    """The editor's own language, or the one that is written, stands open; the other while there is work in it.

    That is something that is wrong, or that was typed and is not saved yet.
    """
    written, spoken = _written(draft), language.get()
    first = spoken if spoken in written or not written else written[0]
    wrong = {name.rpartition("_")[2] for name in errors}
    wrong |= {
        draft.captions[int(name.removeprefix("caption-"))].language for name in errors if name.startswith("caption-")
    }
    stored = drafts.of_item(desk.item) if desk.item else ItemDraft()
    changed = {code for code in LANGUAGES if is_typed and _said(draft, code) != _said(stored, code)}
    return {first} | wrong | changed


def _said(draft: ItemDraft, code: str) -> tuple[object, ...]:
    captions = [(each.network, each.body) for each in draft.captions if each.language == code and each.body]
    return (draft.texts[code], captions)


routes = [
    page("/campaigns/{campaign_id:int}/items/new", new_item, who=editor),
    action("/campaigns/{campaign_id:int}/items", create_item, who=editor, ahead=_draw),
    page("/campaigns/captions/new", caption_row, who=editor),
    page("/campaigns/items/{item_id:int}/edit", edit_item, who=editor),
    action("/campaigns/items/{item_id:int}", change_item, who=editor, ahead=_draw),
    action("/campaigns/items/{item_id:int}/submission", submit_item, who=editor),
]
