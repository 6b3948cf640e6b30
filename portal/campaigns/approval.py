"""An item's way to the feed: submitted, approved or returned, reopened by a change; each step on record."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import activity, clock, jobs
from portal.campaigns import queries, revisions, rules
from portal.campaigns.models import Approval, Campaign, Item
from portal.campaigns.rules import Problems
from portal.i18n import gettext as _
from portal.people import audit, organisation
from portal.people.models import Organisation, Person

LONGEST_NOTE = 400
NOT_RECALLED: dict[str, Any] = {"recalled_at": None, "recall_reason": "", "recall_note": ""}


class StepRefused(ValueError):
    """The step cannot be taken; the message is a sentence for the person who tried."""


class AlreadyDone(StepRefused):
    """Somebody else was first, or the item changed meanwhile: nothing was done."""


class NotComplete(StepRefused):
    """The draft lacks something that its form would ask for: a sentence by field, in `problems`."""

    def __init__(self, problems: Problems) -> None:
        super().__init__(_("It is not complete yet, so it was not sent. Have a look at its form."))
        self.problems = problems


class NotYours(StepRefused):
    """Another pair of eyes has to do this."""


def submit(db: Session, item: Item, *, by: Person | None, note: str = "", version: int | None = None) -> None:
    """Ask colleagues to approve a draft, which has to be complete: an inbox or a copy may have left something out.

    Raises AlreadyDone or NotComplete.
    """
    whole = queries.get_item(db, item.id)
    if whole.state == "draft" and (problems := rules.lacking(whole)):
        raise NotComplete(problems)
    take(db, item, "submitted", by=by, note=note, version=version)
    revisions.keep(db, item, by=by, version=item.version - 1)


def approve(db: Session, item: Item, *, by: Person | None, note: str = "", version: int | None = None) -> None:
    """Let the item go to the feed, now or on its day. Raises AlreadyDone or NotYours.

    `version` is what the approver saw; `by` is None only for the command line.
    """
    if by and (reason := why_not_approve(item, by, organisation.get(db))):
        raise NotYours(reason)
    take(db, item, "approved", by=by, note=note, version=version, **NOT_RECALLED)
    revisions.keep(db, item, by=by, version=item.version - 1)
    watch(db, item)


def return_to_editor(db: Session, item: Item, *, by: Person | None, note: str = "", version: int | None = None) -> None:
    """Hand the item back as a draft, with a note that says what to change."""
    if not note.strip():
        raise StepRefused(_("Write a line about what to change, so your colleague can go on."))
    take(db, item, "returned", by=by, note=note, version=version)


def reopen(db: Session, item: Item, *, by: Person | None, version: int | None = None) -> None:
    """Ask for approval again because an approved item was changed: it leaves the feed meanwhile."""
    take(db, item, "reopened", by=by, version=version)
    announce(db, item)


def why_not_approve(item: Item, person: Person, house: Organisation) -> str | None:
    """The reason `person` cannot approve this item, if there is one."""
    if person.role not in ("editor", "admin"):
        return _("Editors and admins approve items.")
    if house.four_eyes and item.changed_by_id == person.id:
        return _("You made the last change, so a colleague gives the green light.")
    return None


def watch(db: Session, item: Item) -> None:
    """Tell of the item going live or ending: now if it is time, else by a job at that moment."""
    announce(db, item)
    if item.state != "approved":
        return
    campaign = db.get_one(Campaign, item.campaign_id)
    moments = {
        item.publish_at,
        item.ends_at,
        clock.start_of(campaign.starts_on),
        clock.end_of(campaign.ends_on),
    }
    for moment in moments:
        if moment is not None and moment > clock.now():
            jobs.enqueue(
                db,
                "item_window",
                run_at=moment,
                dedupe=f"item:{item.id}:{moment.isoformat()}",
                item_id=item.id,
            )


@jobs.job("item_window")
def item_window(db: Session, *, item_id: int) -> None:
    """At the start or end of an item's days: say so in the activity log."""
    if (item := db.get(Item, item_id)) is not None:
        announce(db, item)


def announce(db: Session, item: Item) -> None:
    """Bring the activity log in line with whether the item is live. Repeating it changes nothing."""
    campaign = db.get_one(Campaign, item.campaign_id)
    live = item.is_published() and campaign.runs_on(clock.today())
    told = db.execute(
        update(Item)
        .where(Item.id == item.id, Item.announced.is_(not live))
        .values(announced=live)
        .execution_options(synchronize_session=False)
        .returning(Item.id)
    ).first()
    if told is not None:
        kind = "item_live" if live else "item_ended"
        activity.record(db, kind, item_id=item.id, campaign_id=item.campaign_id)


# What each step starts from and leads to.
_STEPS = {
    "submitted": (("draft",), "in_review"),
    "approved": (("in_review",), "approved"),
    "returned": (("in_review",), "draft"),
    "recalled": (("approved",), "recalled"),
    "reopened": (("approved",), "in_review"),
    "undone": (("recalled",), "approved"),
}


def take(
    db: Session,
    item: Item,
    step: str,
    *,
    by: Person | None,
    note: str = "",
    version: int | None = None,
    **values: object,
) -> None:
    """Take the step if the item is still where it was: of two people at once, one does and one is told.

    `version` is what `by` saw, else what `item` was read as: nothing is decided about what changed since. `values`
    are columns written along with the step. Raises AlreadyDone, and StepRefused for a note that is too long; then
    nothing was done.
    """
    before, after = _STEPS[step]
    note = " ".join(note.split())
    if len(note) > LONGEST_NOTE:
        raise StepRefused(_("Keep the note to %(most)s characters, please.", most=LONGEST_NOTE))
    db.flush()
    moved = db.execute(
        update(Item)
        .where(Item.id == item.id, Item.state.in_(before), Item.version == (version or item.version))
        .values(state=after, version=Item.version + 1, **values)
        .execution_options(synchronize_session=False)
        .returning(Item.version)
    ).first()
    if moved is None:
        raise AlreadyDone(_why_not(db, item))
    db.refresh(item, ["state", "version", *values])
    db.add(
        Approval(
            item_id=item.id,
            item_version=moved.version - 1,
            step=step,
            note=note,
            by_id=by and by.id,
            at=clock.now(),
        )
    )
    detail = {name: said for name, said in (("note", note), ("reason", values.get("recall_reason"))) if said}
    audit.write(db, f"item_{step}", "item", item.id, by=by, version=moved.version - 1, **detail)


def _why_not(db: Session, item: Item) -> str:
    """What happened instead, in a sentence that names who did it."""
    last = db.execute(
        select(Approval.step, Person.name)
        .outerjoin(Person, Person.id == Approval.by_id)
        .where(Approval.item_id == item.id, Approval.reviewer == "")
        .order_by(Approval.id.desc())
        .limit(1)
    ).first()
    state = db.scalar(select(Item.state).where(Item.id == item.id))
    name = (last.name if last else None) or _("A colleague")
    if last is not None and last.step == "undone":
        return _("%(name)s put this back already. Nothing to do!", name=name)
    if state == "approved":
        return _("%(name)s approved this already. Nothing to do!", name=name)
    if state == "draft":
        return _("%(name)s returned this already; it is a draft again.", name=name)
    if state == "recalled":
        return _("%(name)s recalled this meanwhile.", name=name)
    if last is not None and last.step == "reopened":
        return _("%(name)s changed this meanwhile, so it is off the feed and waits for approval again.", name=name)
    return _("This changed while you were looking. Have another look at it first.")
