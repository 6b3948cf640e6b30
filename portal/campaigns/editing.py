"""Making and changing campaigns and items, so that two editors never overwrite each other unseen."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import activity, clock
from portal.campaigns import approval, drafts, queries, revisions
from portal.campaigns.drafts import CampaignDraft, ItemDraft
from portal.campaigns.models import Approval, Campaign, Item
from portal.database import one_at_a_time
from portal.i18n import LANGUAGES
from portal.people import audit
from portal.people.models import Person
from portal.people.queries import names_of


class ChangedMeanwhile(ValueError):
    """The row is not the one the edit started from; nothing was written."""


def create_campaign(db: Session, draft: CampaignDraft, *, by: Person | None, slug: str | None = None) -> Campaign:
    """A campaign from a draft without problems."""
    one_at_a_time(db, "campaigns")  # or two of the same title would take the same short name
    campaign = Campaign(
        slug=slug or drafts.slug_of(first_title(draft), queries.slugs_of_campaigns(db)),
        created_by_id=by and by.id,
        created_at=clock.now(),
        version=1,
        texts=[],
    )
    drafts.put_in_campaign(draft, campaign)
    db.add(campaign)
    db.flush()
    activity.record(db, "campaign_changed", campaign_id=campaign.id)
    audit.write(db, "campaign_created", "campaign", campaign.id, by=by)
    return campaign


def change_campaign(db: Session, campaign: Campaign, draft: CampaignDraft, *, by: Person | None, version: int) -> None:
    """Write the draft if the campaign still has `version`. Raises ChangedMeanwhile.

    Items whose days the new period cuts off or opens up are told of at once.
    """
    _claim(db, campaign, version)
    drafts.put_in_campaign(draft, campaign)
    db.flush()
    activity.record(db, "campaign_changed", campaign_id=campaign.id)
    audit.write(db, "campaign_changed", "campaign", campaign.id, by=by, version=version)
    for item in db.scalars(select(Item).where(Item.campaign_id == campaign.id, Item.state == "approved")):
        approval.watch(db, item)


def create_item(
    db: Session,
    campaign: Campaign,
    draft: ItemDraft,
    *,
    by: Person | None,
    picture_id: int | None,
    slug: str | None = None,
) -> Item:
    """An item in state draft, from a draft without problems."""
    one_at_a_time(db, f"items of campaign {campaign.id}")
    now = clock.now()
    item = Item(
        campaign_id=campaign.id,
        slug=slug or drafts.slug_of(first_title(draft), queries.slugs_of_items(db, campaign.id)),
        state="draft",
        picture_id=picture_id,
        created_by_id=by and by.id,
        changed_by_id=by and by.id,
        created_at=now,
        changed_at=now,
        version=1,
        announced=False,
        texts=[],
        captions=[],
    )
    drafts.put_in_item(draft, item)
    db.add(item)
    db.flush()
    revisions.keep(db, item, by=by)
    audit.write(db, "item_created", "item", item.id, by=by, slug=item.slug)
    return item


def change_item(
    db: Session, item: Item, draft: ItemDraft, *, by: Person | None, version: int, picture_id: int | None
) -> bool:
    """Write the draft if the item still has `version`; whether an approval was reopened by it.

    What readers see is approved as it is: changing it takes an approved item off the feed until it is
    approved again. Days and the picture's description may change freely. A recalled item becomes a draft.
    Raises ChangedMeanwhile.
    """
    material = draft.material() != drafts.of_item(item).material() or picture_id != item.picture_id
    _claim(db, item, version)
    drafts.put_in_item(draft, item)
    item.picture_id = picture_id
    item.changed_at = clock.now()
    if material or item.state != "approved":
        item.changed_by_id = by.id if by else None
    if item.state == "recalled":
        item.state = "draft"
    db.flush()
    revisions.keep(db, item, by=by)
    audit.write(db, "item_changed", "item", item.id, by=by, version=version)
    if item.state == "approved" and material:
        approval.reopen(db, item, by=by)
        return True
    approval.watch(db, item)
    return False


def set_successor(db: Session, item: Item, successor: Item | None, *, by: Person | None) -> None:
    """Say what visitors of the item's links are shown once it is over. Its approval and version stay as they are.

    Raises ValueError when the two would lead to each other in a circle.
    """
    seen, next_id = {item.id}, successor.id if successor else None
    while next_id is not None:
        if next_id in seen:
            raise ValueError("an item cannot come after itself")
        seen.add(next_id)
        next_id = db.scalar(select(Item.successor_id).where(Item.id == next_id))
    if item.successor_id == (successor.id if successor else None):
        return
    item.successor_id = successor.id if successor else None
    db.flush()
    audit.write(db, "item_successor", "item", item.id, by=by, successor_id=item.successor_id)


@dataclass(frozen=True)
class Difference:
    """One field that somebody else saved differently meanwhile."""

    field: str
    theirs: str


def differences(theirs: CampaignDraft, mine: CampaignDraft) -> list[Difference]:
    """Where what is stored of a campaign differs from what was typed, field by field; `merging` does it for items."""
    found = []
    for name, value in _flat(theirs).items():
        if value != _flat(mine).get(name, ""):
            found.append(Difference(name, value))
    return found


def first_title(draft: ItemDraft | CampaignDraft) -> str:
    return next((draft.texts[key].title for key in LANGUAGES if draft.texts[key].title), "")


def last_editor(db: Session, item: Item) -> str | None:
    """The name of whoever changed the item or took a step with it last."""
    newest = db.execute(
        select(Approval.by_id, Approval.at)
        .where(Approval.item_id == item.id, Approval.reviewer == "")
        .order_by(Approval.id.desc())
        .limit(1)
    ).first()
    who = newest.by_id if newest and newest.at >= item.changed_at else item.changed_by_id
    return names_of(db, [who]).get(who) if who else None


def _claim(db: Session, row: Campaign | Item, version: int) -> None:
    """Raise the version in one statement that only one of two editors can win."""
    table = type(row)
    won = db.execute(
        update(table)
        .where(table.id == row.id, table.version == version)
        .values(version=version + 1)
        .execution_options(synchronize_session=False)
        .returning(table.id)
    ).first()
    if won is None:
        raise ChangedMeanwhile
    # The row may have been read before somebody else's change was committed.
    db.refresh(row, ["version", *(["state"] if isinstance(row, Item) else [])])


def _flat(draft: CampaignDraft) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in vars(draft).items():
        if name == "texts":
            for language, words in value.items():
                flat |= {f"{key}_{language}": text for key, text in vars(words).items()}
        else:
            flat[name] = "" if value is None else str(value)
    return flat
