"""Planning a share for later: from the share page, and on a page with all that somebody planned."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html
from portal.campaigns import queries as campaigns
from portal.i18n import gettext as _
from portal.notifications import choices, entry, planning, times
from portal.notifications import reminding as reminding  # for its job
from portal.people.models import Organisation, Person
from portal.sharing import over, reminders, share_answers, share_page
from portal.sharing.reminders import PlanRefused
from portal.web import Form, PortalRoute, action, flash, member, page, see_other


def plan_share(
    request: Request, *, db: Session, me: Person, organisation: Organisation, form: Form, item_id: int
) -> Response:
    item = campaigns.get_item(db, item_id)
    if (gone := over.of(db, item)) is not None:
        return share_answers.over_page(request, db, item, gone, me=me, typed=form.lines("text"))
    sent = share_page.read(db, form, item, me=me, organisation=organisation)
    choice = choices.of(db, me)
    channel = form.text("channel")
    if channel not in planning.channels(db, me, choice):
        form.errors["channel"] = _("Please choose how we may remind you.")
    due_at = planning.read_moment(db, form, item, me=me)
    if due_at is not None and not form.errors:
        try:
            kept = reminders.plan(
                db,
                me,
                item,
                network=sent.network.key,
                language=sent.language,
                caption_id=sent.caption.id if sent.caption else None,
                own=sent.own,
                disclosure=1 if form.text("disclosure") == "1" else 0,
                channel=channel,
                due_at=due_at,
            )
        except PlanRefused as refusal:
            form.errors["planned_on"] = str(refusal)
        else:
            said = planning.said(kept.due_at, times.zone(choice))
            flash(request, _("Planned for %(moment)s. What you wrote waits for you here.", moment=said))
            return see_other(request, "planned")
    return share_answers.form_again(request, db, item, me=me, organisation=organisation, form=form, wanted=form.raw)


def planned(request: Request, *, db: Session, me: Person) -> Response:
    return _planned_page(request, db, me)


def move_reminder(request: Request, *, db: Session, me: Person, form: Form, reminder_id: int) -> Response:
    mine = reminders.get_own(db, me, reminder_id)
    item = campaigns.get_item(db, mine.item_id)
    if mine.state not in reminders.OPEN or over.of(db, item) is not None:
        flash(request, _("There is nothing to remind you of any more."))
        return see_other(request, "planned")
    due_at = planning.read_moment(db, form, item, me=me)
    try:
        if due_at is not None:
            reminders.move(db, mine, item, due_at)
            said = planning.said(due_at, times.zone(choices.of(db, me)))
            flash(request, _("Moved to %(moment)s.", moment=said))
            return see_other(request, "planned")
    except PlanRefused as refusal:
        form.errors["planned_on"] = str(refusal)
    return _planned_page(request, db, me, wrong=reminder_id, form=form)


def drop_reminder(request: Request, *, db: Session, me: Person, reminder_id: int) -> Response:
    reminders.drop(db, me, reminder_id)
    flash(request, _("Fine, we will not remind you."))
    return see_other(request, "planned")


def reminder_calendar(request: Request, *, db: Session, me: Person, reminder_id: int) -> Response:
    mine = reminders.get_own(db, me, reminder_id)
    item = campaigns.get_item(db, mine.item_id)
    body = entry.document(mine, title=item.text(me.language).title)
    # Shown, not saved: a phone offers it to its calendar at once.
    headers = {"Content-Disposition": f'inline; filename="passalong-{mine.id}.ics"', "Cache-Control": html.NO_STORE}
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


def _planned_page(
    request: Request, db: Session, me: Person, *, wrong: int | None = None, form: Form | None = None
) -> Response:
    """What this person planned; with what was `wrong` in the form of one of them."""
    choice = choices.of(db, me)
    where, rows = times.zone(choice), reminders.planned(db, me)
    return html.page(
        request,
        "notifications/planned.html",
        status=422 if form is not None else 200,
        rows=rows,
        said={row.reminder.id: planning.said(row.reminder.due_at, where) for row in rows},
        shown={row.reminder.id: row.reminder.due_at.astimezone(where) for row in rows},
        standings={row.reminder.id: over.standing(row.item) for row in rows},
        chips=over.CHIPS,
        zone_name=planning.zone_name(choice),
        wrong=wrong,
        typed=form.raw if form is not None else {},
        errors=form.errors if form is not None else {},
    )


routes: list[PortalRoute] = [
    action("/items/{item_id:int}/reminders", plan_share, who=member),
    page("/me/planned", planned, who=member),
    action("/reminders/{reminder_id:int}/moment", move_reminder, who=member),
    action("/reminders/{reminder_id:int}/removal", drop_reminder, who=member),
    page("/reminders/{reminder_id:int}.ics", reminder_calendar, who=member),
]
