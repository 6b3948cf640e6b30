"""What becomes of a campaign afterwards: it is copied for another time, archived, or brought back."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html
from portal.campaigns import archive, copies, labels, queries
from portal.campaigns.calendar import read_period
from portal.campaigns.models import Campaign
from portal.campaigns.rules import Problems
from portal.i18n import LANGUAGES, ngettext
from portal.i18n import gettext as _
from portal.people.models import Person
from portal.web import Form, action, editor, flash, page, see_other


def copy_form(request: Request, *, db: Session, campaign_id: int) -> Response:
    campaign = queries.get_campaign(db, campaign_id)
    typed = {f"title_{language}": title for language, title in copies.proposed_titles(campaign).items()}
    return _copy_form(request, campaign, typed | {"starts_on": clock.today().isoformat()})


def copy_campaign(request: Request, *, db: Session, me: Person, form: Form, campaign_id: int) -> Response:
    campaign = queries.get_campaign(db, campaign_id)
    first = read_period("day", form.text("starts_on"))
    titles = {language: form.text(f"title_{language}", limit=10_000) for language in LANGUAGES}
    draft = copies.draft_of_copy(campaign, starts_on=first.anchor if first else None, titles=titles)
    if errors := copies.problems(draft):
        return _copy_form(request, campaign, form.raw, errors=errors)
    made = copies.copy_campaign(db, campaign, draft, by=me)
    flash(request, _("Copied. Everything in it is a draft, so nothing appears before you have looked at it."))
    return see_other(request, "campaign_page", campaign_id=made.id)


def _copy_form(
    request: Request, campaign: Campaign, typed: dict[str, str], *, errors: Problems | None = None
) -> Response:
    return html.page(
        request,
        "campaigns/copy.html",
        status=422 if errors else 200,
        campaign=campaign,
        typed=typed,
        errors=errors or {},
        length=(campaign.ends_on - campaign.starts_on).days + 1,
        labels=labels,
    )


def archive_campaign(request: Request, *, db: Session, me: Person, form: Form, campaign_id: int) -> Response:
    """Put a campaign away; what is still live only goes along when the form says so."""
    campaign = queries.get_campaign(db, campaign_id)
    try:
        if form.is_set("end"):
            archive.end_and_archive(db, campaign, by=me)
        else:
            archive.archive(db, campaign, by=me)
    except archive.StillLive as live:
        sentence = ngettext(
            "%(num)s item of it is on the feed, so it was not archived. Have another look.",
            "%(num)s items of it are on the feed, so it was not archived. Have another look.",
            live.number,
        )
        flash(request, sentence)
        return see_other(request, "campaign_page", campaign_id=campaign.id)
    flash(request, _("Archived. Its figures stay, and so do the links people shared."))
    return see_other(request, "campaigns")


def bring_campaign_back(request: Request, *, db: Session, me: Person, campaign_id: int) -> Response:
    campaign = queries.get_campaign(db, campaign_id)
    archive.bring_back(db, campaign, by=me)
    flash(request, _("Here it is again. What is approved appears on its days."))
    return see_other(request, "campaign_page", campaign_id=campaign.id)


routes = [
    page("/campaigns/{campaign_id:int}/copy", copy_form, who=editor),
    action("/campaigns/{campaign_id:int}/copy", copy_campaign, who=editor),
    action("/campaigns/{campaign_id:int}/archive", archive_campaign, who=editor),
    action("/campaigns/{campaign_id:int}/return", bring_campaign_back, who=editor),
]
