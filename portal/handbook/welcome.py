"""The first five minutes: what we agreed on, what you choose, trying it, and the first real share."""

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from portal import clock
from portal.campaigns import audience
from portal.campaigns.models import Item
from portal.campaigns.queries import live_at
from portal.database import insert
from portal.handbook.models import WELCOME_STEPS, Welcome
from portal.people.models import Person
from portal.sharing.models import Share

LOOKED_THROUGH = 30
"""Of the newest items, so many are considered for a first share."""


def waits_for(db: Session, me: Person) -> bool:
    """Whether the first five minutes are still ahead of `me`, or half done.

    Whoever came to the end, said that they know the way, passed something on already or takes no part is left alone.
    """
    if me.stopped_at is not None:
        return False
    finished = exists().where(Welcome.person_id == me.id, Welcome.finished_at.is_not(None))
    shared = exists().where(Share.person_id == me.id)
    return not db.scalar(select(or_(finished, shared)))


def find(db: Session, me: Person) -> Welcome | None:
    """How far `me` came; None before the first step."""
    return db.get(Welcome, me.id)


def step_of(db: Session, me: Person) -> str:
    """The step to go on with."""
    kept = find(db, me)
    return kept.step if kept is not None else WELCOME_STEPS[0]


def after(step: str) -> str:
    """The step that follows; the last one stays the last."""
    place = WELCOME_STEPS.index(step)
    return WELCOME_STEPS[min(place + 1, len(WELCOME_STEPS) - 1)]


def pass_step(db: Session, me: Person, step: str) -> str:
    """Go on past `step`; the step to show now. Doing an earlier one over again takes nobody back."""
    kept = _begun(db, me)
    reached = after(step)
    if WELCOME_STEPS.index(reached) > WELCOME_STEPS.index(kept.step):
        kept.step = reached
    return reached


def finish(db: Session, me: Person) -> None:
    """The end, by coming there or by knowing the way; from now on nothing points here any more."""
    kept = _begun(db, me)
    if kept.finished_at is None:
        kept.finished_at = clock.now()


def first_item(db: Session, me: Person) -> Item | None:
    """Something to begin with: live, meant for `me`, not passed on by them yet; in their language if there is one.

    What is meant for their team or their topics comes before what is for everybody, newer before older.
    """
    mine = select(Share.item_id).where(Share.person_id == me.id)
    found = db.scalars(
        select(Item)
        .join(Item.campaign)
        .options(selectinload(Item.texts), joinedload(Item.picture))
        .where(*live_at(clock.now()), audience.for_person(me), Item.id.not_in(mine))
        .order_by(Item.publish_at.desc(), Item.id.desc())
        .limit(LOOKED_THROUGH)
    ).all()
    meant = audience.because(db, [item.id for item in found], me)

    def fitness(item: Item) -> tuple[bool, bool]:
        return me.language in [text.language for text in item.texts], item.id in meant

    return max(found, key=fitness, default=None)


def _begun(db: Session, me: Person) -> Welcome:
    row = {"person_id": me.id, "step": WELCOME_STEPS[0], "started_at": clock.now()}
    db.execute(insert(db, Welcome).values(row).on_conflict_do_nothing())
    return db.get_one(Welcome, me.id)
