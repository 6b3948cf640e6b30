"""The launch itself: everything that was chosen goes out together, in one transaction, or nothing does."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal import activity, clock
from portal.campaigns import approval
from portal.campaigns.models import Campaign, Item
from portal.i18n import gettext as _
from portal.launch import rehearsal
from portal.people import audit
from portal.people.models import Person


class NotLaunched(ValueError):
    """Nothing went out; the message is a sentence for the person who tried."""


def launch(db: Session, campaign: Campaign, items: Sequence[Item], *, at: datetime, by: Person, version: int) -> None:
    """Let these approved items of the campaign appear at that moment, which is now or later.

    `version` is what `by` saw of the campaign. Of two editors at once, and of two taps, one launches. Raises
    NotLaunched, before anything is written, when the campaign or an item changed meanwhile.
    """
    _hold(db, campaign, items, by=by, version=version)
    on = clock.local(at).date()
    first = _first_day(db, campaign, items, on)
    is_moved = first != campaign.starts_on
    db.execute(
        update(Campaign)
        .where(Campaign.id == campaign.id)
        .values(version=version + 1, starts_on=first)
        .execution_options(synchronize_session=False)
    )
    db.execute(
        update(Item)
        .where(Item.id.in_([item.id for item in items]))
        .values(publish_at=at, changed_at=clock.now(), version=Item.version + 1)
        .execution_options(synchronize_session=False)
    )
    db.refresh(campaign, ["version", "starts_on"])
    for item in items:
        audit.write(db, "item_launched", "item", item.id, by=by, version=item.version, at=at.isoformat())
        db.refresh(item, ["publish_at", "changed_at", "version"])
    launched = [item.id for item in items]
    audit.write(
        db, "campaign_launched", "campaign", campaign.id, by=by, version=version, at=at.isoformat(), items=launched
    )
    activity.record(db, "campaign_changed", campaign_id=campaign.id)
    _tell(db, campaign, items, with_others=is_moved)


def _hold(db: Session, campaign: Campaign, items: Sequence[Item], *, by: Person, version: int) -> None:
    """Keep campaign and items as they were seen until the end of the transaction, or raise NotLaunched."""
    held = db.execute(
        select(Campaign.version, Campaign.archived_at).where(Campaign.id == campaign.id).with_for_update()
    ).one()
    if held.version != version or held.archived_at is not None:
        raise NotLaunched(_what_came_between(db, campaign, by=by, version=version))
    ids = [item.id for item in items]
    rows = select(Item.id, Item.version, Item.state).where(Item.id.in_(ids)).order_by(Item.id).with_for_update()
    seen = {(item.id, item.version, "approved") for item in items}
    if {tuple(row) for row in db.execute(rows)} != seen:
        raise NotLaunched(_("Something in this campaign was changed while you looked. Have another look first."))


def _what_came_between(db: Session, campaign: Campaign, *, by: Person, version: int) -> str:
    before = rehearsal.last_launch(db, campaign.id)
    if before is None or before.version != version:
        return _("The campaign was changed while you looked. Have another look first.")
    if before.by_id == by.id:
        return _("You launched this already. Nothing to do!")
    return _("%(name)s launched this already. Nothing to do!", name=before.by or _("A colleague"))


def _first_day(db: Session, campaign: Campaign, items: Sequence[Item], on: date) -> date:
    """The campaign begins with what it launches: sooner when it has to, later while nothing of it was out."""
    if on <= campaign.starts_on:
        return on
    others = (Item.campaign_id == campaign.id, Item.id.not_in([item.id for item in items]))
    was_out = select(func.count()).where(*others, Item.state.in_(("approved", "recalled")))
    return campaign.starts_on if db.scalar(was_out.where(Item.publish_at < clock.start_of(on))) else on


def _tell(db: Session, campaign: Campaign, items: Sequence[Item], *, with_others: bool) -> None:
    """Tell walls and feeds now or at that moment, also of items that other days of the campaign let in or out."""
    for item in items:
        approval.watch(db, item)
    if with_others:
        ids = [item.id for item in items]
        others = select(Item).where(Item.campaign_id == campaign.id, Item.state == "approved", Item.id.not_in(ids))
        for item in db.scalars(others):
            approval.watch(db, item)
