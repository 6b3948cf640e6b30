"""Moving an item to another day, from the calendar."""

from datetime import date, datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns import approval, drafts, revisions
from portal.campaigns.drafts import FIRST_DAY, LAST_DAY
from portal.campaigns.editing import ChangedMeanwhile
from portal.campaigns.models import Campaign, Item
from portal.i18n import day as said
from portal.i18n import gettext as _
from portal.people import audit
from portal.people.models import Person

PLANNED = ("draft", "in_review", "approved")
"""States of what is on the calendar; what was recalled is not."""


class MoveRefused(ValueError):
    """The item cannot appear on that day; the message is a sentence for the person who tried."""


def move(db: Session, item: Item, day: date, *, by: Person, version: int) -> None:
    """Let the item, with its campaign loaded, appear on another day, at the same time of it.

    Days may change freely: an approval stays. Raises MoveRefused, or ChangedMeanwhile when the item no longer
    has `version`; nothing was written then.
    """
    if reason := _why_not(item, day):
        raise MoveRefused(reason)
    moved = db.execute(
        update(Item)
        .where(Item.id == item.id, Item.version == version, Item.state.in_(PLANNED))
        .values(publish_at=same_time_on(day, item.publish_at), changed_at=clock.now(), version=version + 1)
        .execution_options(synchronize_session=False)
        .returning(Item.id)
    ).first()
    if moved is None:
        raise ChangedMeanwhile
    db.refresh(item, ["publish_at", "changed_at", "version", "state"])
    revisions.keep(db, item, by=by)
    audit.write(db, "item_moved", "item", item.id, by=by, version=version, day=day.isoformat())
    approval.watch(db, item)


def leeway(campaign: Campaign, state: str, publish_at: datetime, ends_at: datetime | None) -> tuple[date, date]:
    """The first and the last day an item of these columns may be moved to; in reverse when there is none."""
    if state not in PLANNED or campaign.archived_at or (state == "approved" and publish_at <= clock.now()):
        return LAST_DAY, FIRST_DAY
    last = campaign.ends_on
    if ends_at is not None:
        last = min(last, clock.local(ends_at - timedelta(seconds=1)).date())
    return max(campaign.starts_on, clock.today()), last


def _why_not(item: Item, day: date) -> str | None:
    campaign, last_day = item.campaign, drafts.last_day(item)
    if item.state == "recalled":
        return _("This was recalled. Edit it to make it a draft again, then choose its day.")
    if campaign.archived_at:
        return _("Its campaign is archived. Bring that back first.")
    if item.state == "approved" and item.publish_at <= clock.now():
        return _("It is out already, since %(day)s. Its days can be changed with Edit.", day=said(item.publish_at))
    if day < clock.today():
        return _("That day is over. Choose today or later.")
    if not campaign.starts_on <= day <= campaign.ends_on:
        return _(
            "Its campaign runs from %(first)s to %(last)s: choose a day in between.",
            first=said(campaign.starts_on),
            last=said(campaign.ends_on),
        )
    if last_day and day > last_day:
        return _("Its last day is %(day)s: choose an earlier one.", day=said(last_day))
    return None


def same_time_on(day: date, moment: datetime) -> datetime:
    """`moment` on another day: the same time on the organisation's clock, whether it is summer or winter there."""
    return datetime.combine(day, clock.local(moment).time(), tzinfo=clock.zone()).astimezone(moment.tzinfo)
