"""What can be passed on no more: what became of it, said kindly, and what came after it."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns.models import Item
from portal.campaigns.queries import appears_at, successor_of
from portal.i18n import gettext as _
from portal.i18n import lazy

CHIPS = {
    "recalled": (lazy("Taken back"), "warn", "undo-2"),
    "ended": (lazy("Over"), "", "leaf"),
    "resting": (lazy("Takes a break"), "sky", "coffee"),
}
"""What stands beside its title: words, kind and icon."""


@dataclass(frozen=True)
class Over:
    """Why somebody cannot pass an item on now."""

    standing: str
    heading: str
    sentence: str
    successor: Item | None
    """What came after it, when that can be passed on."""


def standing(item: Item) -> str:
    """recalled, ended or resting; "" for an item that is on the feed. Its campaign must be loaded.

    What is not out yet, or is looked at again, rests.
    """
    if item.is_live():
        return ""
    if item.state == "recalled":
        return "recalled"
    is_past = item.has_ended() or item.campaign.ends_on < clock.today() or item.campaign.archived_at is not None
    return "ended" if item.state == "approved" and is_past else "resting"


def was_out(item: Item) -> bool:
    """Whether its day came before it was taken back or its campaign was put away; its campaign must be loaded."""
    recalled_at = item.recalled_at if item.state == "recalled" else None
    left = min(filter(None, (recalled_at, item.campaign.archived_at, clock.now())))
    return appears_at(item, item.campaign) <= left


def of(db: Session, item: Item) -> Over | None:
    """None for an item that is on the feed."""
    match standing(item):
        case "":
            return None
        case "recalled":
            heading, sentence = _("This was taken back"), _why_recalled(item)
        case "ended":
            heading, sentence = _("This one is over"), _("Its last day is past. Thank you for wanting to pass it on!")
        case _resting:
            heading, sentence = _("This is taking a short break"), _("It is not on the feed right now.")
    after = successor_of(db, item)
    return Over(standing(item), heading, sentence, after if after is not None and after.is_live() else None)


def _why_recalled(item: Item) -> str:
    if item.recall_reason == "filled":
        return _("Somebody has the job now.")
    if item.recall_reason == "corrected":
        return _("Something in it was not right.")
    return _("It no longer holds.")
