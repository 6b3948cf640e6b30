"""What waits for somebody at the top of their feed: the first five minutes, what they planned for now, one question."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session, selectinload

from portal.campaigns.models import Item
from portal.feed import personal
from portal.i18n import language
from portal.people.models import Person
from portal.sharing import networks, reminders, shares

MOST_PLANNED = 3


@dataclass(frozen=True)
class Question:
    """Whether something was posted, asked once."""

    share_id: int
    title: str
    network_name: str


def waiting(db: Session, me: Person) -> dict[str, Any]:
    """What the page needs for it. Whether the moment of a plan or a question has come is looked at each time."""
    known = personal.of(db, me)
    return {
        "welcomes": known.welcomes,
        "planned": tuple(reminders.due_for(db, me)[:MOST_PLANNED]) if known.has_plans else (),
        "question": _question(db, me) if known.has_opened else None,
    }


def _question(db: Session, me: Person) -> Question | None:
    share = shares.to_ask(db, me)
    if share is None:
        return None
    item = db.get_one(Item, share.item_id, options=[selectinload(Item.texts)])
    return Question(share.id, item.text(language.get()).title, str(networks.get(share.network).name))
