"""The ask budget: how often one colleague may be asked for something in a week, over every channel that reaches out.

Whatever sends a colleague something they did not ask for at that moment comes by `ask` first, in the transaction that
queues it. What the portal shows to whoever opens it asks nobody.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns.models import Ask
from portal.database import insert, one_at_a_time
from portal.people import organisation as organisations
from portal.people.models import Person

A_WEEK = timedelta(days=7)
"""Any seven days: nobody is asked six times around a Sunday."""


def may_ask(db: Session, person_id: int, at: datetime | None = None) -> bool:
    """Whether this colleague was asked less often than allowed in the seven days before `at`."""
    at = at or clock.now()
    return asked(db, person_id, at) < _budget(db, person_id, at)


def asked(db: Session, person_id: int, at: datetime | None = None) -> int:
    """How often this colleague was asked in the seven days before `at`."""
    since = (at or clock.now()) - A_WEEK
    return db.scalar(select(func.count()).select_from(Ask).where(Ask.person_id == person_id, Ask.at > since)) or 0


def ask(db: Session, *, person_id: int, campaign_id: int | None, channel: str, subject: str) -> bool:
    """Whether this colleague may be asked now. It is on record then, so ask only if so, in this transaction.

    Never twice about one `subject` over one channel. Of many that want to ask at the same moment, no more may than
    the week has room for.
    """
    one_at_a_time(db, f"asks of person {person_id}")
    if not may_ask(db, person_id):
        return False
    row = {"person_id": person_id, "campaign_id": campaign_id, "channel": channel, "subject": subject}
    new = insert(db, Ask).values(**row, at=clock.now()).on_conflict_do_nothing()
    return db.scalar(new.returning(Ask.id)) is not None


def _budget(db: Session, person_id: int, at: datetime) -> int:
    """How often in a week: their own limit, never above the organisation's; none for whoever is not there to ask."""
    house = organisations.get(db).asks_per_week
    person = db.get(Person, person_id)
    if person is None or not person.is_active or person.stopped_at is not None:
        return 0
    if person.paused_until is not None and clock.local(at).date() < person.paused_until:
        return 0
    return house if person.asks_per_week is None else min(person.asks_per_week, house)


@dataclass(frozen=True)
class Spent:
    """What a campaign took of its colleagues' attention so far."""

    times: int
    """Different things they were asked for."""
    people: int


def spent(db: Session, campaign_id: int) -> Spent:
    subject = Ask.channel + ":" + Ask.subject
    counted = select(func.count(distinct(subject)), func.count(distinct(Ask.person_id)))
    return Spent(*db.execute(counted.where(Ask.campaign_id == campaign_id)).one())
