"""What somebody chose to be told, and how: the page, their browsers, and a push to try."""

from datetime import timedelta

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html, push
from portal.i18n import gettext as _
from portal.notifications import choices, devices, new_items, pushing, subscriptions
from portal.people.models import Organisation, Person
from portal.web import Form, Invalid, PortalRoute, action, flash, member, page, see_other

JOBS = (new_items, pushing)
"""Modules whose jobs are known as soon as this one is."""


def notifications_page(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    return _page(request, db, organisation, me=me, form=None)


def choose_notifications(
    request: Request, *, db: Session, me: Person, organisation: Organisation, form: Form
) -> Response:
    person = db.get_one(Person, me.id)
    if form.is_set("end_pause"):
        choices.end_pause(person)
        flash(request, _("Your break is over."))
        return see_other(request, "notifications_page")
    choices.keep(db, person, organisation, form)
    if form.errors:
        return _page(request, db, organisation, me=me, form=form)
    flash(request, _("Saved. You can change this any time."))
    return see_other(request, "notifications_page")


def subscribe_push(request: Request, *, db: Session, me: Person, form: Form) -> Response:
    """Scripts ask it too, without a tap, when a browser got another address or our key is another one now.

    Somebody else may be signed in by then: without a tap the browser stays with whom it was, and what was
    `instead_of` this address must have been theirs.
    """
    sent = {
        "endpoint": form.text("endpoint", subscriptions.LONGEST_ENDPOINT),
        "key": form.text("key"),
        "secret": form.text("secret"),
    }
    try:
        if form.is_set("tapped"):
            had_some = bool(subscriptions.of(db, me))
            subscriptions.keep(db, me, **sent, name=devices.name(request.headers.get("user-agent", "")))
            if not had_some:
                choices.turn_push_on(db, me)
            flash(request, _("It is on. Send yourself one to see how it looks."))
        else:
            before = form.text("instead_of", subscriptions.LONGEST_ENDPOINT)
            subscriptions.move(db, me, before=before, **sent)
    except subscriptions.SubscriptionRefused as refused:
        raise Invalid(str(refused)) from None
    return see_other(request, "notifications_page")


def unsubscribe_push(request: Request, *, db: Session, me: Person, subscription_id: int) -> Response:
    subscriptions.remove(db, me, subscription_id)
    flash(request, _("Nothing is shown there any more."))
    return see_other(request, "notifications_page")


def try_push(request: Request, *, db: Session, me: Person) -> Response:
    if not subscriptions.of(db, me):
        said = _("First turn it on, on the device where you want it.")
    elif pushing.try_out(db, me):
        said = _("It is on its way.")
    else:
        said = _("One was sent just now. Wait a minute before you try again.")
    flash(request, said)
    return see_other(request, "notifications_page")


def _page(request: Request, db: Session, organisation: Organisation, *, me: Person, form: Form | None) -> Response:
    choice = choices.of(db, me)
    shown = choices.shown(choice, me) if form is None else choices.typed(form)
    browsers, this_one = subscriptions.of(db, me), devices.name(request.headers.get("user-agent", ""))
    return html.page(
        request,
        "notifications/index.html",
        status=422 if form is not None else 200,
        shown=shown,
        errors=form.errors if form is not None else {},
        paused_until=me.paused_until if me.paused_until and me.paused_until > clock.today() else None,
        was_refused=choice.refused_at is not None,
        browsers=browsers,
        is_likely_on=any(each.name == this_one for each in browsers),  # the browser itself knows, a moment later
        push_key=push.public_key(),
        weekdays=choices.weekdays(),
        hours=choices.hours(),
        zones=choices.zones(choice.time_zone),
        budgets=choices.budgets(organisation),
        earliest=clock.today() + timedelta(days=1),
        latest=clock.today() + choices.LONGEST_PAUSE,
    )


routes: list[PortalRoute] = [
    page("/me/notifications", notifications_page, who=member),
    action("/me/notifications", choose_notifications, who=member),
    action("/me/push", subscribe_push, who=member),
    action("/me/push/test", try_push, who=member),
    action("/me/push/{subscription_id:int}/removal", unsubscribe_push, who=member),
]
