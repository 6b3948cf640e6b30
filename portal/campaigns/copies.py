"""A campaign once more on other days: everything in it as a draft, for a year later or another place."""

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from portal import clock
from portal.campaigns import drafts, editing, revisions
from portal.campaigns.drafts import CampaignDraft, Problems
from portal.campaigns.models import Campaign, Caption, Item, ItemAudience, ItemText
from portal.campaigns.moving import same_time_on
from portal.people import audit
from portal.people.models import Person

TAKEN_ALONG = (
    *("slug", "kind", "target_url", "place", "hours", "recruiter", "video_url", "disclosure", "fits", "picture_id"),
)
"""Columns a copy of an item has in common with it."""
SHIFTED = ("publish_at", "ends_at", "happens_at")
"""Columns that move by as many days as the campaign."""
BEGUN_ANEW = (
    *("id", "campaign_id", "state", "created_by_id", "changed_by_id", "created_at", "changed_at", "recalled_at"),
    *("recall_reason", "recall_note", "version", "kit_digest", "announced", "successor_id"),
)
"""Columns that tell of the one item's own life; a successor is sought among the copies."""


def draft_of_copy(campaign: Campaign, *, starts_on: date | None, titles: dict[str, str]) -> CampaignDraft:
    """The campaign under other titles, in the languages it is written in, beginning on `starts_on`."""
    draft = drafts.of_campaign(campaign)
    for language, words in draft.texts.items():
        words.title = titles.get(language, "") if words.title else ""
    draft.starts_on, draft.ends_on = starts_on, None
    if starts_on and drafts.FIRST_DAY <= starts_on <= drafts.LAST_DAY:
        draft.ends_on = campaign.ends_on + (starts_on - campaign.starts_on)
    return draft


def problems(draft: CampaignDraft) -> Problems:
    """What keeps the copy from being made, by field of its form; the length of the campaign is not to be chosen."""
    found = drafts.campaign_problems(draft)
    if "ends_on" in found:
        found.setdefault("starts_on", found.pop("ends_on"))
    return found


def copy_campaign(db: Session, campaign: Campaign, draft: CampaignDraft, *, by: Person) -> Campaign:
    """A new campaign out of a draft without problems, with a draft of each item that was not recalled.

    Texts, captions, pictures, audience and networks come along; links, shares, figures and approvals do not.
    """
    made = editing.create_campaign(db, draft, by=by)
    made.announces = campaign.announces
    days = made.starts_on - campaign.starts_on
    originals = db.scalars(
        select(Item)
        .options(selectinload(Item.texts), selectinload(Item.captions), selectinload(Item.audience))
        .where(Item.campaign_id == campaign.id, Item.state != "recalled")
        .order_by(Item.id)
    ).all()
    copies = {original.id: _copy(original, made, days=days, by=by) for original in originals}
    db.add_all(copies.values())
    db.flush()
    for original in originals:
        successor = copies.get(original.successor_id) if original.successor_id else None
        copies[original.id].successor_id = successor.id if successor else None
    db.flush()
    for copy in copies.values():
        revisions.keep(db, copy, by=by)
        audit.write(db, "item_created", "item", copy.id, by=by, slug=copy.slug)
    audit.write(db, "campaign_copied", "campaign", made.id, by=by, source=campaign.id, items=len(copies))
    return made


def _copy(original: Item, campaign: Campaign, *, days: timedelta, by: Person) -> Item:
    now = clock.now()
    return Item(
        **{name: getattr(original, name) for name in TAKEN_ALONG},
        **{name: _shifted(getattr(original, name), days) for name in SHIFTED},
        campaign_id=campaign.id,
        state="draft",
        created_by_id=by.id,
        changed_by_id=by.id,
        created_at=now,
        changed_at=now,
        texts=[ItemText(**_columns(text, but=("id", "item_id"))) for text in original.texts],
        captions=[Caption(**_columns(caption, but=("id", "item_id"))) for caption in original.captions],
        audience=[ItemAudience(kind=row.kind, value=row.value) for row in original.audience],
    )


def _columns(row: ItemText | Caption, *, but: tuple[str, ...]) -> dict[str, object]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns if column.key not in but}


def _shifted(moment: datetime | None, days: timedelta) -> datetime | None:
    return moment and same_time_on(clock.local(moment).date() + days, moment)
