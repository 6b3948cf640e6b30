"""The page where somebody makes their mail signature, and the banner below what they send."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html, i18n, settings
from portal.campaigns.models import Item
from portal.door import policy
from portal.i18n import LANGUAGES, in_language
from portal.i18n import gettext as _
from portal.links import clicks, codes, figures
from portal.links.models import Link
from portal.links.onward import closed, nowhere, on_to
from portal.links.targets import is_safe, landing, plain, tagged
from portal.people import brand
from portal.people.models import Organisation, Person
from portal.people.queries import get_department
from portal.signatures import banners, lead, queries
from portal.signatures.models import Signature
from portal.signatures.signature import (
    MOST,
    Addresses,
    Details,
    Rendered,
    host_of,
    of_person,
    of_row,
    read,
    render,
)
from portal.web import Endpoint, Form, PortalRoute, action, answer, anyone, go_to, holds, member, page, see_other

PICTURE = {
    # Mail programs and their proxies ask again each time, and get 304 as long as the banner is the same.
    "Cache-Control": "no-cache, max-age=0",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Robots-Tag": "noindex",
}
FRAME_MAY = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
"""What the preview's frame may do: let our page select it for copying, and open its links in a new tab."""


@dataclass(frozen=True)
class Shown:
    """One state of the page: what is filled in, what is wrong with it, and what it looks like."""

    details: Details
    errors: dict[str, str]
    drawn: Rendered
    is_kept: bool
    """Whether exactly this is what was kept, so that it may be copied."""


def signature_page(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    return _page(request, db, me=me, organisation=organisation, form=_typed(request))


def signature_draft(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    """What is typed right now, as it would look: swapped in beside the form."""
    shown = _shown(request, db, me=me, organisation=organisation, form=_typed(request))
    piece = html.piece(request, "signatures/_preview.html", **_parts(request, shown))
    return html.swap(request, piece, otherwise=_address(request, "signature", shown.details))


def signature_preview(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    """The signature alone, in a frame of the page: the one answer with styles in its HTML, as mail needs."""
    shown = _shown(request, db, me=me, organisation=organisation, form=_typed(request))
    response = _alone(request, shown, in_frame=True)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src 'self' {settings.current().link_base_url}; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox {FRAME_MAY}"
    )
    return response


def signature_file(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    """The kept signature as a file, for Outlook's folder of signatures."""
    if queries.find_signature(db, me.id) is None:
        return see_other(request, "signature")
    shown = _shown(request, db, me=me, organisation=organisation, form=None)
    response = _alone(request, shown, in_frame=False)
    name = plain(organisation.name) or "signature"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.htm"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def signature_banner(request: Request, *, db: Session, organisation: Organisation) -> Response:
    """The banner of today, for previews in a language that is not kept yet."""
    wanted = request.query_params.get("language", "")
    spoken = wanted if wanted in LANGUAGES else i18n.language.get()
    response = _picture(request, _todays_banner(db, organisation, spoken))
    response.headers["Cache-Control"] = html.NO_STORE
    return response


def save_signature(request: Request, *, db: Session, me: Person, organisation: Organisation, form: Form) -> Response:
    details = read(form)
    if not form.errors:
        # The link comes first: minting it holds the person's row, so two taps at once keep one signature.
        codes.signature_link(db, person=me)
        drawn = _draw(request, db, me=me, organisation=organisation, details=details, is_kept=True)
        if drawn.is_too_long:
            form.errors["with_accounts"] = _too_long(drawn)
    if form.errors:
        return _page(request, db, me=me, organisation=organisation, form=form)
    row = queries.find_signature(db, me.id)
    if row is None:
        row = Signature(person_id=me.id)
        db.add(row)
    row.name, row.function, row.phone = details.name, details.function, details.phone
    row.language, row.changed_at = details.language, clock.now()
    row.with_accounts, row.with_banner = details.with_accounts, details.with_banner
    return go_to(request, html.url(request, "signature") + "#signature-shown")


def banner_picture(request: Request, *, db: Session, organisation: Organisation, code: str) -> Response:
    """The banner below somebody's mails. Nothing is noted: a picture that loads is not a person who looks."""
    link = _signature_link(db, code)
    if link is None:
        return _picture(request, _default_banner(organisation))
    row = queries.find_signature(db, link.person_id)
    spoken = row.language if row is not None else settings.current().language
    return _picture(request, _todays_banner(db, organisation, spoken))


def banner_link(request: Request, *, db: Session, organisation: Organisation, code: str) -> Response:
    """On to what the running campaign leads with. The click is committed before the visitor is answered."""
    link = _signature_link(db, code)
    if link is None:
        return nowhere(request)
    item = queries.find_lead_item(db)
    onward = _onward(link, item, organisation)
    clicks.count(
        db,
        request,
        link,
        item_id=item.id if item is not None else None,
        campaign_id=item.campaign_id if item is not None else None,
    )
    if not onward:
        return closed(request, "resting", status=200)
    return on_to(onward)


def _onward(link: Link, item: Item | None, organisation: Organisation) -> str:
    url = landing(link, item).url if item is not None else ""
    if not url and is_safe(organisation.website):
        url = tagged(organisation.website, link=link, campaign="", content="")
    return url


def _signature_link(db: Session, code: str) -> Link | None:
    link = codes.find(db, code)
    return link if link is not None and link.kind == "signature" else None


def _todays_banner(db: Session, organisation: Organisation, spoken: str) -> banners.Drawn:
    item = queries.find_lead_item(db)
    return lead.banner(db, item, organisation, spoken) if item is not None else _default_banner(organisation)


def _default_banner(organisation: Organisation) -> banners.Drawn:
    return banners.banner(banners.Content(organisation.accent, organisation.name, host_of(organisation.website)))


def _picture(request: Request, drawn: banners.Drawn) -> Response:
    headers = {**PICTURE, "ETag": drawn.etag}
    if holds(request, drawn.etag):
        return Response(status_code=304, headers=headers)
    return Response(drawn.body, media_type="image/png", headers=headers)


async def _always_a_picture(request: Request, once: Endpoint) -> Response:
    """A plain banner while the database is away: mail proxies remember errors."""
    try:
        return await once(request)
    except (DBAPIError, PoolTimeout):
        drawn = await run_in_threadpool(banners.banner, banners.Content(brand.DEFAULT, ""))
        return _picture(request, drawn)


def _typed(request: Request) -> Form | None:
    """What the form sent along in the address; None when the page is simply opened."""
    if "name" not in request.query_params:
        return None
    return Form(FormData(list[tuple[str, str | UploadFile]](request.query_params.multi_items())))


def _page(request: Request, db: Session, *, me: Person, organisation: Organisation, form: Form | None) -> Response:
    shown = _shown(request, db, me=me, organisation=organisation, form=form)
    item = queries.find_lead_item(db)
    through = figures.of_signature(me.id)
    link = queries.find_link(db, me)
    response = html.page(
        request,
        "signatures/index.html",
        status=422 if shown.errors else 200,
        **_parts(request, shown),
        accounts=[account.name for account in queries.accounts_of(db, me.department_id)],
        department=get_department(db, me.department_id).name,
        languages=list(LANGUAGES.items()),
        line=lead.line(item, shown.details.language) if item is not None else "",
        until=item.campaign.ends_on if item is not None else None,
        link_id=link.id if link is not None else None,
        came=figures.figure(db, through),
        lately=figures.lately(db, through),
    )
    response.headers["Content-Security-Policy"] = policy(request.state.nonce, frame_src="'self'")
    return response


def _shown(request: Request, db: Session, *, me: Person, organisation: Organisation, form: Form | None) -> Shown:
    """The typed values, else the kept ones, else what is known of the person."""
    row = queries.find_signature(db, me.id)
    kept = of_row(row) if row is not None else None
    errors: dict[str, str] = {}
    if form is not None:
        details = read(form)
        errors = form.errors
    else:
        details = kept or of_person(me)
    is_kept = details == kept and not errors
    drawn = _draw(request, db, me=me, organisation=organisation, details=details, is_kept=is_kept)
    if drawn.is_too_long:
        errors.setdefault("with_accounts", _too_long(drawn))
    return Shown(details, errors, drawn, is_kept)


def _draw(
    request: Request, db: Session, *, me: Person, organisation: Organisation, details: Details, is_kept: bool
) -> Rendered:
    link = queries.find_link(db, me)
    base = settings.current().link_base_url
    own = html.url(request, "signature_banner", language=details.language)
    return render(
        request,
        details,
        organisation=organisation,
        department=get_department(db, me.department_id).name,
        accounts=queries.accounts_of(db, me.department_id),
        banner=Addresses(
            picture=f"{base}/b/{link.code}.png" if link is not None and is_kept else own,
            link=f"{base}/b/{link.code}" if link is not None else base,
        ),
    )


def _parts(request: Request, shown: Shown) -> dict[str, Any]:
    with in_language(shown.details.language):
        greeting = _("Kind regards,")
    return {
        "shown": shown,
        "greeting": greeting,
        "most": MOST,
        "frame": _address(request, "signature_preview", None if shown.is_kept else shown.details),
        "frame_may": FRAME_MAY,
    }


def _address(request: Request, name: str, details: Details | None) -> str:
    """A page of ours with `details` as its form sends them."""
    if details is None:
        return html.url(request, name)
    return html.url(
        request,
        name,
        **{
            "name": details.name,
            "function": details.function,
            "phone": details.phone,
            "language": details.language,
            "with_accounts": "yes" if details.with_accounts else None,
            "with_banner": "yes" if details.with_banner else None,
        },
    )


def _alone(request: Request, shown: Shown, *, in_frame: bool) -> Response:
    body = html.piece(
        request,
        "signatures/_signature_alone.html",
        signature=shown.drawn.html,
        name=shown.details.name,
        language=shown.details.language,
        in_frame=in_frame,
    )
    return Response(body, media_type="text/html", headers={"Cache-Control": html.NO_STORE})


def _too_long(drawn: Rendered) -> str:
    return _(
        "This signature is %(length)s characters of HTML, and Gmail takes at most %(most)s. Leave out the "
        "accounts or shorten a line.",
        length=i18n.number(drawn.length),
        most=i18n.number(MOST),
    )


routes: list[PortalRoute] = [
    page("/signature", signature_page, who=member, name="signature"),
    action("/signature", save_signature, who=member),
    page("/signature/draft", signature_draft, who=member),
    page("/signature/preview", signature_preview, who=member),
    page("/signature/banner.png", signature_banner, who=member),
    page("/signature.htm", signature_file, who=member),
    page("/b/{code}.png", banner_picture, who=anyone).within(_always_a_picture),
    answer("/b/{code}", banner_link, who=anyone, writes="click"),
]
