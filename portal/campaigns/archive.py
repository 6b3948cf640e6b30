"""Archiving instead of deleting: a campaign leaves every list and the feed; its figures and its links stay."""

from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from portal import activity, clock
from portal.campaigns import approval, queries
from portal.campaigns.models import Campaign, Item
from portal.people import audit
from portal.people.models import Person


class StillLive(ValueError):
    """Items of the campaign are on the feed; nothing was done."""

    def __init__(self, number: int) -> None:
        super().__init__(f"{number} items are live")
        self.number = number


def archive(db: Session, campaign: Campaign, *, by: Person) -> None:
    """Put the campaign away, once nothing of it is on the feed. Raises StillLive; twice is as good as once."""
    if number := queries.number_live(db, Item.campaign_id == campaign.id):
        raise StillLive(number)
    end_and_archive(db, campaign, by=by)


def end_and_archive(db: Session, campaign: Campaign, *, by: Person | None) -> None:
    """Put the campaign away; what is live leaves the feed and the walls at once."""
    if not _change(db, campaign, Campaign.archived_at.is_(None), archived_at=clock.now()):
        return
    audit.write(db, "campaign_archived", "campaign", campaign.id, by=by)
    for item in db.scalars(select(Item).where(Item.campaign_id == campaign.id, Item.announced.is_(True))):
        approval.announce(db, item)


def bring_back(db: Session, campaign: Campaign, *, by: Person | None) -> None:
    """Undo the archiving: what is approved and within its days is live again."""
    if not _change(db, campaign, Campaign.archived_at.is_not(None), archived_at=None):
        return
    audit.write(db, "campaign_brought_back", "campaign", campaign.id, by=by)
    for item in db.scalars(select(Item).where(Item.campaign_id == campaign.id, Item.state == "approved")):
        approval.watch(db, item)


def _change(db: Session, campaign: Campaign, before: ColumnElement[bool], *, archived_at: datetime | None) -> bool:
    """Set the moment if it was `before`; of two people at once, one does."""
    changed = db.execute(
        update(Campaign)
        .where(Campaign.id == campaign.id, before)
        .values(archived_at=archived_at, version=Campaign.version + 1)
        .execution_options(synchronize_session=False)
        .returning(Campaign.id)
    ).first()
    if changed is None:
        return False
    db.refresh(campaign, ["archived_at", "version"])
    activity.record(db, "campaign_changed", campaign_id=campaign.id)
    return True
