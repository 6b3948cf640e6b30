"""A campaign once more on other days: everything in it as a draft, for a year later or another place."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import DeclarativeBase, Session, selectinload

from portal import clock
from portal.campaigns import drafts, editing, revisions, rules
from portal.campaigns.drafts import CampaignDraft, ItemDraft
from portal.campaigns.models import Campaign, Caption, Item, ItemAudience, ItemText
from portal.campaigns.moving import same_time_on
from portal.campaigns.rules import Problems
from portal.i18n import gettext as _
from portal.i18n import in_language
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


def proposed_titles(campaign: Campaign) -> dict[str, str]:
    """By language what a copy may be called: "Autumn (copy)", and "Autumn (copy 2)" for a copy of that."""
    return {text.language: _proposed(text.title, text.language) for text in campaign.texts}


def _proposed(title: str, language: str) -> str:
    with in_language(language):
        word = _("copy")
    before = re.search(rf" \({re.escape(word)}(?: (\d{{1,4}}))?\)$", title)
    own = title[: before.start()] if before else title
    addition = f" ({word} {int(before[1] or 1) + 1})" if before else f" ({word})"
    room = drafts.LONGEST_TITLE - len(addition)
    if len(own) > room:
        kept = own[: room - 1]
        own = f"{kept.rpartition(' ')[0] or kept}…"
    return own + addition


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
    found = rules.campaign_problems(draft)
    if "ends_on" in found:
        found.setdefault("starts_on", found.pop("ends_on"))
    return found


def copy_campaign(db: Session, campaign: Campaign, draft: CampaignDraft, *, by: Person) -> Campaign:
    """A new campaign out of a draft without problems, with a draft of each item that was not recalled.

    Texts, captions, pictures, audience and networks come along; links, shares, figures and approvals do not. The rows
    are written together, some statements for all items: hundreds of them keep nobody else from writing for long.
    """
    made = editing.create_campaign(db, draft, by=by)
    made.announces = campaign.announces
    originals = db.scalars(
        select(Item)
        .options(selectinload(Item.texts), selectinload(Item.captions), selectinload(Item.audience))
        .where(Item.campaign_id == campaign.id, Item.state != "recalled")
        .order_by(Item.id)
    ).all()
    _copy_items(db, originals, made, days=made.starts_on - campaign.starts_on, by=by)
    audit.write(db, "campaign_copied", "campaign", made.id, by=by, source=campaign.id, items=len(originals))
    return made


def _copy_items(db: Session, originals: Sequence[Item], campaign: Campaign, *, days: timedelta, by: Person) -> None:
    rows = [_row(original, campaign, days=days, by=by) for original in originals]
    if not rows:
        return
    made = db.scalars(insert(Item).returning(Item.id, sort_by_parameter_order=True), rows)
    copies = dict(zip((original.id for original in originals), made, strict=True))
    # Texts by way of the session: whoever follows what a session writes, as search does, hears of the items by them.
    db.add_all(ItemText(**_columns(text, copies[each.id])) for each in originals for text in each.texts)
    if captions := [_columns(caption, copies[each.id]) for each in originals for caption in each.captions]:
        db.execute(insert(Caption), captions)
    if audience := [_columns(row, copies[each.id]) for each in originals for row in each.audience]:
        db.execute(insert(ItemAudience), audience)
    successors = [(original.id, original.successor_id) for original in originals if original.successor_id in copies]
    if in_line := [{"id": copies[first], "successor_id": copies[then]} for first, then in successors if then]:
        db.execute(update(Item), in_line)
    says = {copies[each.id]: _draft(each, row) for each, row in zip(originals, rows, strict=True)}
    revisions.begin(db, says, pictures={copies[each.id]: each.picture_id for each in originals}, by=by)
    for original in originals:
        audit.write(db, "item_created", "item", copies[original.id], by=by, slug=original.slug)


def _row(original: Item, campaign: Campaign, *, days: timedelta, by: Person) -> dict[str, Any]:
    """The columns of the copy that are not as those of any new item."""
    now = clock.now()
    return {
        **{name: getattr(original, name) for name in TAKEN_ALONG},
        **{name: _shifted(getattr(original, name), days) for name in SHIFTED},
        "campaign_id": campaign.id,
        "state": "draft",
        "created_by_id": by.id,
        "changed_by_id": by.id,
        "created_at": now,
        "changed_at": now,
    }


def _draft(original: Item, row: dict[str, Any]) -> ItemDraft:
    """What the copy with these columns says: as the original, on its own days."""
    moved = Item(**{name: row[name] for name in SHIFTED})
    draft = drafts.of_item(original)
    draft.publish_on, draft.ends_on = clock.local(moved.publish_at).date(), drafts.last_day(moved)
    draft.happens_at = moved.happens_at
    return draft


def _columns(part: DeclarativeBase, item_id: int) -> dict[str, Any]:
    """The columns of a text, caption or row of an audience, for the item with that id."""
    columns = {column.key: getattr(part, column.key) for column in part.__table__.columns if column.key != "id"}
    return columns | {"item_id": item_id}


def _shifted(moment: datetime | None, days: timedelta) -> datetime | None:
    return moment and same_time_on(clock.local(moment).date() + days, moment)
