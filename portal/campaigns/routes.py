"""The editors' pages: campaigns, what waits for approval, kits; and the pictures everybody sees."""

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from portal import clock, html
from portal.campaigns import (
    announcing,
    approval,
    asks,
    calendar_routes,
    copy_routes,
    drafts,
    editing,
    forms,
    item_page_routes,
    kit_routes,
    labels,
    lists,
    pictures,
    queries,
    review_routes,
    reviews,
    revisions,
    rules,
    tags,
)
from portal.campaigns import item_routes as items
from portal.campaigns.drafts import CampaignDraft
from portal.campaigns.item_page_routes import item_page
from portal.campaigns.models import Campaign, Item
from portal.campaigns.pictures import Drawn, Rendered
from portal.campaigns.rules import Problems
from portal.i18n import gettext as _
from portal.people import organisation as organisations
from portal.people.models import Organisation, Person
from portal.people.queries import names_of
from portal.web import Forbidden, Form, NotFound, action, admin, anyone, editor, flash, page, see_other, whole_number


def campaigns(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    return _campaigns_page(request, db, me, organisation)


def _campaigns_page(
    request: Request,
    db: Session,
    me: Person,
    organisation: Organisation,
    *,
    returned: tuple[int, str, str] | None = None,
) -> Response:
    """The list; `returned` holds the item, the note and the sentence of a return that did not work."""
    waiting = queries.waiting_items(db, most=lists.WAITING_SHOWN)
    number = whole_number(request.query_params.get("page", "")) or 1
    phase = request.query_params.get("show", "")
    phase = phase if phase in lists.PHASES else ""
    found = lists.campaign_list(db, clock.today(), phase=phase, number=number)
    return html.page(
        request,
        "campaigns/index.html",
        status=422 if returned else 200,
        found=found,
        shown=phase,
        tabs=[
            (label, html.url(request, "campaigns", show=key or None), key == phase, number)
            for key, label, number in labels.phases(found.by_phase)
            if number or key == phase
        ],
        pages=_pages(request, "campaigns", show=phase or None),
        waiting=waiting,
        number_waiting=queries.number_waiting(db),
        who=names_of(db, [item.changed_by_id for item in waiting]),
        reasons={item.id: approval.why_not_approve(item, me, organisation) for item in waiting},
        changed=revisions.since_decided(db, waiting),
        opinions=reviews.opinions(db, waiting),
        returned=returned or (0, "", ""),
        labels=labels,
        address=pictures.address,
        last_day=drafts.last_day,
    )


def approve_item(
    request: Request, *, db: Session, me: Person, form: Form, item_id: int, organisation: Organisation
) -> Response:
    item = queries.get_item(db, item_id)
    try:
        approval.approve(db, item, by=me, version=form.number("version"))
    except approval.NotYours as refused:
        raise Forbidden(str(refused)) from None
    except approval.AlreadyDone as done:
        return _decided(request, db, item, form, str(done), kind="info")
    state, chip = labels.standing(item, item.campaign)
    is_live = chip == "ok"
    sentence = (
        _("Approved. It is on the feed and the screens now.") if is_live else _("Approved. %(state)s.", state=state)
    )
    return _decided(request, db, item, form, sentence, kind="ok")


def return_item(
    request: Request, *, db: Session, me: Person, form: Form, item_id: int, organisation: Organisation
) -> Response:
    item = queries.get_item(db, item_id)
    note = form.lines("note", 10_000)
    try:
        approval.return_to_editor(db, item, by=me, note=note, version=form.number("version"))
    except approval.AlreadyDone as done:
        return _decided(request, db, item, form, str(done), kind="info")
    except approval.StepRefused as refused:
        if form.get("from") != "list":
            return item_page(
                request, db, me, organisation, item=item, typed={"note": note}, errors={"note": str(refused)}
            )
        if html.is_htmx(request):
            return HTMLResponse(
                html.piece(
                    request,
                    "campaigns/_waiting.html",
                    item=item,
                    who=names_of(db, [item.changed_by_id]),
                    reason=approval.why_not_approve(item, me, organisation),
                    changed=revisions.since_decided(db, [item]),
                    opinions=reviews.opinions(db, [item]),
                    returned=(item.id, note, str(refused)),
                    labels=labels,
                    address=pictures.address,
                    last_day=drafts.last_day,
                ),
                status_code=422,
            )
        return _campaigns_page(request, db, me, organisation, returned=(item.id, note, str(refused)))
    return _decided(request, db, item, form, _("Returned with your note. It is a draft again."), kind="ok")


def _decided(request: Request, db: Session, item: Item, form: Form, sentence: str, *, kind: str) -> Response:
    """Say what became of it: in place for htmx, else on the page the form was on."""
    from_list = form.get("from") == "list"
    if html.is_htmx(request) and from_list:
        number = queries.number_waiting(db)
        return html.swap(
            request,
            html.piece(request, "campaigns/_decided.html", item=item, sentence=sentence, kind=kind),
            html.piece(request, "campaigns/_waiting_title.html", number=number, swapped=True),
            otherwise=html.url(request, "campaigns"),
        )
    flash(request, sentence)
    if from_list:
        return see_other(request, "campaigns")
    return see_other(request, "campaign_item", item_id=item.id)


def new_campaign(request: Request) -> Response:
    draft = CampaignDraft(starts_on=clock.today())
    return _campaign_form(request, draft, shown=forms.shown(draft))


def create_campaign(request: Request, *, db: Session, me: Person, form: Form) -> Response:
    draft, unread = forms.read_campaign(form)
    errors = _campaign_problems(db, draft) | unread
    if errors:
        return _campaign_form(request, draft, shown=forms.shown(draft, form), errors=errors)
    campaign = editing.create_campaign(db, draft, by=me)
    flash(request, _("Your campaign is ready. Add the first thing to share."))
    return see_other(request, "campaign_page", campaign_id=campaign.id)


def _pages(request: Request, name: str, **params: object) -> Callable[[int], str]:
    """Where the pages of a list are, by their number."""
    return lambda number: html.url(request, name, **params, page=number)


def campaign_page(request: Request, *, db: Session, campaign_id: int) -> Response:
    campaign = queries.get_campaign(db, campaign_id)
    number = whole_number(request.query_params.get("page", "")) or 1
    standing = request.query_params.get("state", "")
    standing = standing if standing in queries.STANDINGS else ""
    found = lists.item_list(db, campaign, standing=standing, number=number)
    ids = [item.id for item in found.items if item.state in ("draft", "recalled")]
    return html.page(
        request,
        "campaigns/campaign.html",
        campaign=campaign,
        found=found,
        tabs=[
            (
                label,
                html.url(request, "campaign_page", campaign_id=campaign.id, state=key or None),
                key == standing,
                number,
            )
            for key, label, number in labels.standings(found.by_standing)
            if number or key == standing
        ],
        pages=_pages(request, "campaign_page", campaign_id=campaign.id, state=standing or None),
        notes=queries.latest_notes(db, ids),
        live=queries.number_live(db, Item.campaign_id == campaign.id),
        asked=asks.spent(db, campaign.id),
        willing=announcing.willing(db),
        phase=queries.phase(campaign, clock.today()),
        labels=labels,
        address=pictures.address,
        last_day=drafts.last_day,
    )


def edit_campaign(request: Request, *, db: Session, campaign_id: int) -> Response:
    campaign = queries.get_campaign(db, campaign_id)
    draft = drafts.of_campaign(campaign)
    return _campaign_form(request, draft, shown=forms.shown(draft), campaign=campaign)


def change_campaign(request: Request, *, db: Session, me: Person, form: Form, campaign_id: int) -> Response:
    campaign = queries.get_campaign(db, campaign_id)
    draft, unread = forms.read_campaign(form)
    shown, version = forms.shown(draft, form), form.number("version") or 0
    if errors := _campaign_problems(db, draft) | unread:
        return _campaign_form(
            request,
            draft,
            shown=shown,
            campaign=campaign,
            errors=errors,
            version=form.number("version"),
        )
    try:
        editing.change_campaign(db, campaign, draft, by=me, version=version)
    except editing.ChangedMeanwhile:
        db.expire_all()
        now = queries.get_campaign(db, campaign_id)
        theirs = editing.differences(drafts.of_campaign(now), draft)
        return _campaign_form(request, draft, shown=shown, campaign=now, theirs=theirs)
    flash(request, _("Saved."))
    return see_other(request, "campaign_page", campaign_id=campaign.id)


def _campaign_problems(db: Session, draft: CampaignDraft) -> Problems:
    return rules.tags_problem(draft, queries.colleagues(db)) | rules.campaign_problems(draft)


def _campaign_form(
    request: Request,
    draft: CampaignDraft,
    *,
    shown: dict[str, str],
    campaign: Campaign | None = None,
    errors: Problems | None = None,
    theirs: Sequence[editing.Difference] | None = None,
    version: int | None = None,
) -> Response:
    return html.page(
        request,
        "campaigns/campaign_form.html",
        status=forms.status(errors, theirs),
        draft=draft,
        shown=shown,
        campaign=campaign,
        errors=errors or {},
        theirs=theirs,
        version=version or (campaign.version if campaign else 0),
        labels=labels,
        usual_tags=tags.USUAL,
    )


def picture(*, db: Session, digest: str, file: str) -> Response:
    size, _dot, ending = file.rpartition(".")
    found = pictures.find(db, digest, size)
    if found is None or ending != ("png" if size == "logo" else "jpg"):
        raise NotFound
    body, media_type = found
    return Response(
        body,
        media_type=media_type,
        headers={
            "Cache-Control": "public, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
            "Content-Disposition": "inline",
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )


def logo_form(request: Request, *, organisation: Organisation) -> Response:
    return _logo_page(request, organisation)


def _draw_logo(form: Form) -> Drawn:
    return None if form.is_set("remove") else pictures.drawn(form.file("logo"), "logo")


def set_logo(
    request: Request,
    *,
    db: Session,
    me: Person,
    form: Form,
    ready: Drawn,
    organisation: Organisation,
) -> Response:
    if form.is_set("remove"):
        digest = ""
    else:
        if not isinstance(ready, Rendered):
            sentence = str(ready or _("Choose a picture of your logo first."))
            return _logo_page(request, organisation, errors={"logo": sentence})
        digest = pictures.keep(db, ready).digest
    organisations.set_logo(db, digest, by=me)
    flash(request, _("The logo is saved.") if digest else _("The logo is gone; your name stands in its place."))
    return see_other(request, "logo_form")


def _logo_page(request: Request, organisation: Organisation, *, errors: Problems | None = None) -> Response:
    return html.page(
        request,
        "campaigns/logo.html",
        status=422 if errors else 200,
        errors=errors or {},
        current=organisation.logo,
    )


routes = [
    page("/campaigns", campaigns, who=editor),
    page("/campaigns/new", new_campaign, who=editor),
    action("/campaigns", create_campaign, who=editor),
    *kit_routes.routes,
    page("/campaigns/{campaign_id:int}", campaign_page, who=editor),
    page("/campaigns/{campaign_id:int}/edit", edit_campaign, who=editor),
    action("/campaigns/{campaign_id:int}", change_campaign, who=editor),
    *copy_routes.routes,
    *calendar_routes.routes,
    *items.routes,
    *item_page_routes.routes,
    *review_routes.routes,
    action("/campaigns/items/{item_id:int}/approval", approve_item, who=editor),
    action("/campaigns/items/{item_id:int}/return", return_item, who=editor),
    page("/pictures/{digest}/{file}", picture, who=anyone),
    page("/settings/logo", logo_form, who=admin),
    action("/settings/logo", set_logo, who=admin, ahead=_draw_logo),
]
