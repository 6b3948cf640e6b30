"""Thanks: a few words to everybody who passed an item on, from an editor or from whoever had the idea for it."""

from datetime import timedelta

from sqlalchemy import ColumnElement, func, insert, literal, select
from sqlalchemy.orm import Session, joinedload

from portal import clock, jobs
from portal.campaigns.models import Item
from portal.campaigns.queries import get_item
from portal.database import one_at_a_time
from portal.i18n import gettext as _
from portal.i18n import in_language, lazy
from portal.inbox.models import Idea
from portal.people import notes
from portal.people.models import Person
from portal.recognition.models import Thanks, ThanksTo
from portal.sharing.models import SHARED_STATES, Share

LONGEST = 200
A_WEEK = timedelta(days=7)
AT_ONCE = 200
"""Notes written in one transaction, so that others who write need not wait long."""

READY = {
    ":gladly": lazy("Thank you for passing this on. It makes a difference!"),
    ":people": lazy("People came to look because of you. Thank you!"),
    ":together": lazy("Look what we can do together. Thank you for joining in!"),
}
"""Sentences to choose from: whoever gets one reads it in their own language."""


class ThanksRefused(ValueError):
    """Nobody is thanked; the message is a sentence for whoever wanted to."""


def may_thank(db: Session, me: Person, item_id: int) -> bool:
    """Editors, and whoever had the idea for the item."""
    if me.role in ("editor", "admin"):
        return True
    return db.scalar(select(Idea.id).where(Idea.item_id == item_id, Idea.person_id == me.id).limit(1)) is not None


def to_thank(db: Session, me: Person, item_id: int) -> int:
    """How many colleagues passed it on, apart from `me`."""
    return db.scalar(select(func.count(Person.id)).where(*_sharers(me, item_id))) or 0


def thank(db: Session, me: Person, item: Item, *, words: str) -> int:
    """Thank everybody who passed the item on so far; how many. `words` are one's own or a key of READY.

    Raises ThanksRefused when there is nobody to thank, or this person thanked them within the week.
    """
    one_at_a_time(db, f"thanks of person {me.id} for item {item.id}")
    if last_week(db, me, item.id):
        raise ThanksRefused(_("You thanked them this week already. Once a week stays special."))
    number = to_thank(db, me, item.id)
    if not number:
        raise ThanksRefused(_("Nobody passed it on yet. Come back once somebody has."))
    row = Thanks(item_id=item.id, from_person_id=me.id, words=words, at=clock.now())
    db.add(row)
    db.flush()
    sharers = select(literal(row.id), Person.id).where(*_sharers(me, item.id))
    db.execute(insert(ThanksTo).from_select(["thanks_id", "person_id"], sharers))
    jobs.enqueue(db, "tell_thanked", thanks_id=row.id, after=0)
    return number


def last_week(db: Session, me: Person, item_id: int) -> bool:
    """Whether `me` thanked for this item within the last seven days."""
    lately = (Thanks.item_id == item_id, Thanks.from_person_id == me.id, Thanks.at > clock.now() - A_WEEK)
    return db.scalar(select(Thanks.id).where(*lately).limit(1)) is not None


def said(words: str, language: str) -> str:
    """The words of thanks as somebody reads them."""
    with in_language(language):
        return str(READY.get(words, words))


def received(db: Session, me: Person, *, most: int) -> list[tuple[Thanks, str]]:
    """The latest thanks somebody got, each with from whom: a team, or "" for a colleague whose idea it was."""
    mine = (
        select(Thanks)
        .join(ThanksTo, ThanksTo.thanks_id == Thanks.id)
        .where(ThanksTo.person_id == me.id)
        .order_by(Thanks.at.desc(), Thanks.id.desc())
        .limit(most)
    )
    found = list(db.scalars(mine))
    senders = {each.from_person_id for each in found} - {None}
    people = select(Person).options(joinedload(Person.department)).where(Person.id.in_(senders))
    names = {person.id: _signed(person) for person in db.scalars(people)}
    return [(each, names.get(each.from_person_id or 0, "")) for each in found]


def number_received(db: Session, me: Person) -> int:
    return db.scalar(select(func.count()).select_from(ThanksTo).where(ThanksTo.person_id == me.id)) or 0


@jobs.job("tell_thanked")
def tell_thanked(db: Session, *, thanks_id: int, after: int) -> None:
    """Leave a note for each who was thanked, with an id above `after`; the rest is a job of its own."""
    row = db.get(Thanks, thanks_id)
    if row is None:
        return
    item = get_item(db, row.item_id)
    sender = None
    if row.from_person_id is not None:
        found = select(Person).options(joinedload(Person.department)).where(Person.id == row.from_person_id)
        sender = db.scalar(found)
    thanked = select(Person).join(ThanksTo, ThanksTo.person_id == Person.id).where(ThanksTo.thanks_id == row.id)
    people = list(db.scalars(thanked.where(Person.id > after).order_by(Person.id).limit(AT_ONCE)))
    for person in people:
        notes.tell(
            db,
            person.id,
            "thanks",
            f"thanks:{row.id}",
            item_id=item.id,
            title=item.text(person.language).title,
            sender=_signed(sender) if sender else "",
            words=said(row.words, person.language),
        )
    if len(people) == AT_ONCE:
        jobs.enqueue(db, "tell_thanked", thanks_id=row.id, after=people[-1].id)


def _sharers(me: Person, item_id: int) -> tuple[ColumnElement[bool], ...]:
    """The conditions on people who passed the item on and can read what is said to them."""
    shared = select(Share.person_id).where(Share.item_id == item_id, Share.state.in_(SHARED_STATES))
    return (Person.id.in_(shared), Person.id != me.id, Person.deactivated_at.is_(None))


def _signed(sender: Person) -> str:
    """Their team: thanks come from more than one person. "" for a colleague whose idea it was."""
    return sender.department.name if sender.role in ("editor", "admin") else ""
