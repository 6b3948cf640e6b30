"""Taking an approved item back at once, with a minute to think better of it."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal import activity, clock, jobs
from portal.campaigns import approval, editing, queries
from portal.campaigns.approval import StepRefused
from portal.campaigns.models import RECALL_REASONS, Item
from portal.i18n import gettext as _
from portal.people.models import Person

UNDO_WITHIN = timedelta(seconds=60)


class TooLate(StepRefused):
    """The minute is over: colleagues who shared it are being told."""


def take_back(
    db: Session,
    item: Item,
    *,
    by: Person | None,
    reason: str = "ended",
    note: str = "",
    successor: Item | None = None,
) -> None:
    """Take an approved item off feed and walls now, whatever was changed about it meanwhile.

    Everything that waits for one of its moments is cancelled, and its links say what became of it. Colleagues who
    shared it are told when the minute for `undo` is over. `successor` is what visitors get instead. Raises AlreadyDone,
    and StepRefused for an unknown reason or a successor that leads back here.
    """
    if reason not in RECALL_REASONS:
        raise StepRefused(_("Choose why you recall it."))
    with db.begin_nested():  # refused halfway, nothing of it is done
        db.refresh(item, ["state", "version"], with_for_update=True)
        now, before = clock.now(), item.successor_id
        approval.take(
            db,
            item,
            "recalled",
            by=by,
            note=note,
            recalled_at=now,
            recall_reason=reason,
            recall_note=note,
            announced=False,
        )
        if successor is not None:
            try:
                editing.set_successor(db, item, successor, by=by)
            except ValueError:
                raise StepRefused(_("These two would lead to each other in a circle. Choose another one.")) from None
        jobs.cancel_all(db, f"item:{item.id}:")
        jobs.enqueue(
            db,
            "recall_stands",
            run_at=now + UNDO_WITHIN,
            dedupe=_mark(item),
            item_id=item.id,
            successor_before=before,
        )
        activity.record(db, "item_recalled", item_id=item.id, campaign_id=item.campaign_id)


def undo(db: Session, item: Item, *, by: Person | None) -> None:
    """Put everything back as it was before the recall. Raises TooLate, or AlreadyDone when it is not recalled now.

    The job that ends the minute decides who was first: whoever gets it takes it, the runner or this.
    """
    if item.state == "recalled" and not can_undo(item):
        raise TooLate(_too_late())
    with db.begin_nested():
        approval.take(db, item, "undone", by=by, **approval.NOT_RECALLED)
        waiting = jobs.cancel(db, _mark(item))
        if waiting is None:
            raise TooLate(_too_late())
        db.execute(update(Item).where(Item.id == item.id).values(successor_id=waiting["successor_before"]))
        approval.watch(db, item)


def can_undo(item: Item) -> bool:
    return item.state == "recalled" and (end := undo_until(item)) is not None and clock.now() < end


def undo_until(item: Item) -> datetime | None:
    """The moment from which a recall stands; None for an item that was not recalled."""
    return item.recalled_at and item.recalled_at + UNDO_WITHIN


@jobs.job("recall_stands")
def recall_stands(db: Session, *, item_id: int, successor_before: int | None) -> None:
    """A minute after the recall: ask for everybody who shared the item to be told, unless it is back already."""
    item = queries.find_item(db, item_id)
    if item is not None and not item.is_published():
        jobs.enqueue(db, "tell_sharers", item_id=item.id, after=0)


def _mark(item: Item) -> str:
    # Not one of the item's moments, which begin with "item:": a recall cancels those.
    return f"recall:{item.id}"


def _too_late() -> str:
    return _("The minute is over, so colleagues who shared it are told. Edit it to bring it back as a draft.")
