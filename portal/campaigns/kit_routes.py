"""Kits in the browser: a ZIP handed in is checked or loaded, and any campaign goes out as one."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from portal import html, settings
from portal.campaigns import kits, queries
from portal.campaigns.kit_report import KitRefused, Problem
from portal.i18n import gettext as _
from portal.people import audit
from portal.people.models import Person
from portal.web import Form, action, editor, page


def load_kit_form(request: Request) -> Response:
    return _page(request)


def _unpack(form: Form) -> kits.Kit | KitRefused:
    """The kit with its pictures drawn, which can take seconds, or why it cannot be used."""
    body = form.file("kit")
    try:
        if not body:
            raise KitRefused([Problem(_("Choose the ZIP file of a kit first."))])
        return kits.with_pictures_drawn(kits.read_kit(body))
    except KitRefused as refused:
        return refused


def load_kit(request: Request, *, db: Session, me: Person, form: Form, ready: kits.Kit | KitRefused) -> Response:
    only_check = form.is_set("check")
    try:
        if isinstance(ready, KitRefused):
            raise ready
        report = kits.rehearse(db, ready, by=me) if only_check else kits.load_kit(db, ready, by=me)
    except KitRefused as refused:
        return _page(request, refused=refused)
    if not only_check:
        audit.write(db, "kit_loaded", "campaign", report.campaign_id, by=me, changed=report.changed)
    return _page(request, report=report)


def _page(request: Request, *, refused: KitRefused | None = None, report: kits.Report | None = None) -> Response:
    """The page, or its report alone for the script that showed how far the upload was."""
    status = 422 if refused else 200
    if html.is_htmx(request):
        piece = html.piece(request, "campaigns/_kit_report.html", refused=refused, report=report)
        return HTMLResponse(piece, status, headers={"Cache-Control": html.NO_STORE})
    most = settings.current().max_upload
    return html.page(request, "campaigns/kits.html", status=status, refused=refused, report=report, most=most)


def campaign_kit(*, db: Session, campaign_id: int) -> Response:
    campaign = queries.get_campaign(db, campaign_id)
    return Response(
        kits.export_kit(db, campaign),
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{campaign.slug}.zip"',
            "Cache-Control": html.NO_STORE,
        },
    )


routes = [
    page("/campaigns/kits", load_kit_form, who=editor),
    action("/campaigns/kits", load_kit, who=editor, ahead=_unpack),
    page("/campaigns/{campaign_id:int}/kit.zip", campaign_kit, who=editor),
]
