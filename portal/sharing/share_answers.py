"""What those get who are on their way to share: the page with its form, the same form once more, or why it is over."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal import html, settings
from portal.campaigns.labels import KINDS_FOR_READERS
from portal.campaigns.models import Item
from portal.i18n import language
from portal.people.models import Organisation, Person
from portal.sharing import networks, over, share_page, shares
from portal.web import Form


def form_page(
    request: Request,
    db: Session,
    item: Item,
    *,
    me: Person,
    organisation: Organisation,
    wanted: dict[str, str],
    errors: dict[str, str] | None = None,
) -> Response:
    """The share page, with what was `wanted` filled in and what was wrong with it beside its field."""
    shown = share_page.prepare(db, item, me=me, organisation=organisation, wanted=wanted)
    platform = networks.platform_of(request.headers)
    return html.page(
        request,
        "sharing/share.html",
        status=422 if errors else 200,
        shown=shown,
        kinds=KINDS_FOR_READERS,
        errors=errors or {},
        short_host=settings.current().link_base_url.partition("://")[2],
        platform=platform,
        stays={network.key for network in shown.networks if share_page.stays(network, platform)},
        plan=request.app.state.plan_fold(db, item, me=me, typed=wanted),
        policy_is_read=request.app.state.policy_is_read(db, me),
    )


def form_again(
    request: Request,
    db: Session,
    item: Item,
    *,
    me: Person,
    organisation: Organisation,
    form: Form,
    wanted: dict[str, str],
) -> Response:
    """The same page for a form with errors; scripts get only what is wrong."""
    if wants_json(request):
        return JSONResponse({"errors": form.errors}, status_code=422)
    return form_page(request, db, item, me=me, organisation=organisation, wanted=wanted, errors=form.errors)


def over_page(request: Request, db: Session, item: Item, gone: over.Over, *, me: Person, typed: str = "") -> Response:
    """Why the item cannot be passed on. What this person `typed` comes back with it."""
    status = 404 if gone.standing == "resting" else 410
    if wants_json(request):
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


def wants_json(request: Request) -> bool:
    """Whether a script of ours asks, which shows what it is told in its own way."""
    return "application/json" in request.headers.get("accept", "")
