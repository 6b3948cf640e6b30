"""An item on the editors' pages: written, previewed, sent for approval, recalled."""

import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html, i18n, settings
from portal.campaigns import approval, drafts, editing, forms, labels, pictures, queries
from portal.campaigns.drafts import CaptionDraft, ItemDraft, Problems
from portal.campaigns.models import ANY_NETWORK, KINDS, KINDS_THAT_END, Campaign, Item, Picture
from portal.campaigns.pictures import Drawn, PictureRefused
from portal.i18n import LANGUAGES
from portal.i18n import gettext as _
from portal.people.models import Organisation, Person
from portal.people.queries import names_of
from portal.web import Form, action, editor, flash, page, see_other, whole_number


def campaign_item(request: Request, *, db: Session, me: Person, organisation: Organisation, item_id: int) -> Response:
    item = queries.get_item(db, item_id)
    return item_page_again(request, db, me, organisation, item=item)


def item_page_again(
    request: Request,
    db: Session,
    me: Person,
    organisation: Organisation,
    *,
    item: Item,
    note: str = "",
    errors: Problems | None = None,
) -> Response:
    """The item's page; with `errors` it answers a form on it that needs another look."""
    return html.page(
        request,
        "campaigns/item.html",
        status=422 if errors else 200,
        item=item,
        state=labels.standing(item, item.campaign),
        reason=approval.why_not_approve(item, me, organisation),
        history=queries.history(db, item.id),
        who=names_of(db, [item.created_by_id, item.changed_by_id]),
        note=note,
        errors=errors or {},
        labels=labels,
        networks=dict(labels.networks()),
        address=pictures.address,
        last_day=drafts.last_day(item),
        link_host=_host_of(settings.current().link_base_url),
        target_host=_host_of(item.target_url),
        successors=[("", _("Only the rest of the campaign")), *_choices(queries.possible_successors(db, item))],
    )


def _host_of(url: str) -> str:
    return urlsplit(url).hostname or url


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
        return item_page_again(request, db, me, organisation, item=item, errors=errors)
    try:
        editing.set_successor(db, item, successor, by=me)
    except ValueError:
        errors = {"successor": _("These two would lead to each other in a circle. Choose another one.")}
        return item_page_again(request, db, me, organisation, item=item, errors=errors)
    flash(request, _("Saved."))
    return see_other(request, "campaign_item", item_id=item.id)


def new_item(request: Request, *, db: Session, campaign_id: int) -> Response:
    campaign = queries.get_campaign(db, campaign_id)
    kind = request.query_params.get("kind", "")
    if kind not in KINDS:
        return html.page(request, "campaigns/kinds.html", campaign=campaign, labels=labels, kinds=KINDS)
    draft = ItemDraft(kind=kind, publish_on=max(clock.today(), campaign.starts_on))
    return _item_form(request, campaign, draft)


def create_item(request: Request, *, db: Session, me: Person, form: Form, ready: Drawn, campaign_id: int) -> Response:
    campaign = queries.get_campaign(db, campaign_id)
    draft, unread = forms.read_item(form)
    if answer := _rows_changed(request, campaign, draft, form):
        return answer
    picture, refused = _picture(db, ready)
    errors = _problems(draft, campaign, unread | refused, has_picture=picture is not None)
    if errors:
        return _item_form(request, campaign, draft, form=form, errors=errors)
    item = editing.create_item(db, campaign, draft, by=me, picture_id=picture.id if picture else None)
    return _saved(request, db, me, form, item)


def edit_item(request: Request, *, db: Session, item_id: int) -> Response:
    item = queries.get_item(db, item_id)
    return _item_form(request, item.campaign, drafts.of_item(item), item=item)


def change_item(request: Request, *, db: Session, me: Person, form: Form, ready: Drawn, item_id: int) -> Response:
    item = queries.get_item(db, item_id)
    campaign, version = item.campaign, form.number("version") or 0
    draft, unread = forms.read_item(form)
    if answer := _rows_changed(request, campaign, draft, form, item=item):
        return answer
    picture, refused = _picture(db, ready)
    picture_id = picture.id if picture else None if form.is_set("no_picture") else item.picture_id
    errors = _problems(draft, campaign, unread | refused, has_picture=picture_id is not None)
    if errors:
        return _item_form(request, campaign, draft, form=form, item=item, errors=errors)
    try:
        reopened = editing.change_item(db, item, draft, by=me, version=version, picture_id=picture_id)
    except editing.ChangedMeanwhile:
        db.expire_all()
        now = queries.get_item(db, item_id)
        theirs = editing.differences(drafts.of_item(now), draft)
        editor_name = editing.last_editor(db, now)
        return _item_form(request, campaign, draft, form=form, item=now, theirs=theirs, their_name=editor_name)
    if reopened:
        flash(request, _("Saved. A colleague approves the change; until then it is off the feed."))
        return see_other(request, "campaign_item", item_id=item.id)
    return _saved(request, db, me, form, item)


def submit_item(request: Request, *, db: Session, me: Person, form: Form, item_id: int) -> Response:
    item = queries.get_item(db, item_id)
    return _submitted(request, db, me, item, version=form.number("version"))


def recall_item(
    request: Request, *, db: Session, me: Person, form: Form, item_id: int, organisation: Organisation
) -> Response:
    item = queries.get_item(db, item_id)
    note = form.lines("note", 10_000)
    try:
        approval.recall(db, item, by=me, note=note)
        flash(request, _("Recalled. It is off the feed and the screens; links people shared keep working."))
    except approval.AlreadyDone as done:
        flash(request, str(done))
    except approval.StepRefused as refused:
        errors = {"recall_note": str(refused)}
        return item_page_again(request, db, me, organisation, item=item, note=note, errors=errors)
    return see_other(request, "campaign_item", item_id=item.id)


def caption_row(request: Request) -> Response:
    """One more empty row for the captions editor, for htmx."""
    language = request.query_params.get("language", "nl")
    caption = CaptionDraft(ANY_NETWORK, language if language in LANGUAGES else "nl", "")
    row = html.piece(
        request,
        "campaigns/_caption.html",
        caption=caption,
        place=f"new-{secrets.token_hex(4)}",
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


def _rows_changed(
    request: Request, campaign: Campaign, draft: ItemDraft, form: Form, *, item: Item | None = None
) -> Response | None:
    """The form with one caption more or less, when that button was pressed; nothing is saved."""
    then, rows = form.get("then"), forms.typed_captions(form)
    if then.startswith("add-caption-"):
        language = then.removeprefix("add-caption-")
        rows.append(CaptionDraft(ANY_NETWORK, language if language in LANGUAGES else "nl", ""))
    elif then.startswith("remove-caption-"):
        place = whole_number(then.removeprefix("remove-caption-"))
        if place is not None and place < len(rows):
            del rows[place]
    elif then != "preview":
        return None
    lost = forms.has_file(form, "picture")
    return _item_form(request, campaign, draft, form=form, item=item, rows=rows, picture_lost=lost)


def _draw(form: Form) -> Drawn:
    return pictures.drawn(form.file("picture"))


def _picture(db: Session, drawn: Drawn) -> tuple[Picture | None, Problems]:
    if isinstance(drawn, PictureRefused):
        return None, {"picture": str(drawn)}
    return (pictures.keep(db, drawn) if drawn is not None else None), {}


def _problems(draft: ItemDraft, campaign: Campaign, unread: Problems, *, has_picture: bool) -> Problems:
    found = drafts.item_problems(draft, has_picture=has_picture, campaign_ends_on=campaign.ends_on)
    return found | unread


def _item_form(
    request: Request,
    campaign: Campaign,
    draft: ItemDraft,
    *,
    form: Form | None = None,
    item: Item | None = None,
    errors: Problems | None = None,
    rows: Sequence[CaptionDraft] | None = None,
    theirs: Sequence[editing.Difference] | None = None,
    their_name: str | None = None,
    picture_lost: bool = False,
) -> Response:
    """The form with everything typed. A stale edit (`theirs`) gets the newest version: saving is a choice."""
    sent = form.number("version") if form else None
    is_stale = theirs is not None
    status = forms.status(errors, theirs)
    rows = list(rows if rows is not None else draft.captions)
    for language in LANGUAGES:
        if form is None and item is None and not any(row.language == language for row in rows):
            rows.append(CaptionDraft(ANY_NETWORK, language, ""))
    return html.page(
        request,
        "campaigns/item_form.html",
        status=status,
        campaign=campaign,
        item=item,
        draft=draft,
        rows=rows,
        shown=forms.shown(draft, form),
        errors=errors or {},
        theirs=theirs,
        their_name=their_name,
        version=item.version if item and (is_stale or sent is None) else sent or 0,
        picture_lost=picture_lost or bool(form and status >= 400 and forms.has_file(form, "picture")),
        no_picture=bool(form and form.is_set("no_picture")),
        current=pictures.address(item.picture, "card") if item and item.picture else None,
        labels=labels,
        networks=labels.networks(),
        kinds=[(kind, labels.KINDS[kind]) for kind in KINDS],
        kinds_that_end=KINDS_THAT_END,
    )


routes = [
    page("/campaigns/{campaign_id:int}/items/new", new_item, who=editor),
    action("/campaigns/{campaign_id:int}/items", create_item, who=editor, ahead=_draw),
    page("/campaigns/captions/new", caption_row, who=editor),
    page("/campaigns/items/{item_id:int}", campaign_item, who=editor),
    page("/campaigns/items/{item_id:int}/edit", edit_item, who=editor),
    action("/campaigns/items/{item_id:int}", change_item, who=editor, ahead=_draw),
    action("/campaigns/items/{item_id:int}/submission", submit_item, who=editor),
    action("/campaigns/items/{item_id:int}/recall", recall_item, who=editor),
    action("/campaigns/items/{item_id:int}/successor", choose_successor, who=editor),
]
