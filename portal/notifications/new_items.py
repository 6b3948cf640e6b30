"""One push a day at most for what is new to share, for whoever chose it, within the ask budget."""

from datetime import datetime, timedelta

from sqlalchemy import Select, and_, case, exists, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from portal import clock, jobs
from portal.activity import Activity
from portal.campaigns import asks, audience, queries
from portal.campaigns.models import Ask, Campaign, Item
from portal.database import Database, one_at_a_time
from portal.i18n import gettext as _
from portal.i18n import in_language, ngettext
from portal.notifications import pushing, times
from portal.notifications.models import FeedVisit, NotificationChoice, PushSubscription
from portal.people.models import Person
from portal.sharing.models import Share

NEW_FOR = timedelta(days=3)
"""So long what came in somebody's quiet hours and days off is still told afterwards."""
MOST_ITEMS = 30
"""New items looked at; an import of hundreds is told of by its newest."""
AT_ONCE = 20
"""Colleagues in one transaction, so that nobody who shares meanwhile waits long."""
IN_A_ROW = 500
"""Colleagues told by one job, which so comes to its end before its lease."""
TAG = "new-items"
"""One on a device: what is new today takes the place of what was new yesterday."""


@jobs.job("find_new_items", every=timedelta(minutes=5))
def find_new_items(db: Session) -> None:
    """Begin to tell of items that went live and of which somebody has not heard."""
    if _new(db):
        jobs.enqueue(db, "tell_new_items", dedupe="tell_new_items", after=0)


@jobs.job("tell_new_items", outside=True)
def tell_new_items(*, after: int, database: Database) -> None:
    """Push to the next colleagues who may be reached now, those whose ids come `after`; leave the rest to another.

    Cut short, the next look finds whoever was not told yet.
    """
    now = clock.now()
    with database.reading() as db:
        new = _new(db)
        items = {item.id: item for item in queries.items_by_id(db, list(new))}
        found = db.execute(_waiting(db, new).where(Person.id > after).order_by(Person.id)) if new else ()
        welcome = [(person.id, since) for person, choice, since in found if _is_welcome(choice, person, now)]
    for start in range(0, min(len(welcome), IN_A_ROW), AT_ONCE):
        with database.writing() as db:
            for number, since in welcome[start : start + AT_ONCE]:
                _tell(db, db.get_one(Person, number), [items[each] for each, at in new.items() if at > since])
    if len(welcome) > IN_A_ROW:
        with database.writing() as db:
            further = welcome[IN_A_ROW - 1][0]
            jobs.enqueue(db, "tell_new_items", dedupe=f"tell_new_items:{further}", after=further)


def _new(db: Session) -> dict[int, datetime]:
    """When each item that can be shared now went live, of those that did so lately."""
    now, began = clock.now(), func.max(Activity.at)
    went_live = (
        select(Item.id, began)
        .join(Activity, and_(Activity.item_id == Item.id, Activity.kind == "item_live"))
        .join(Campaign, Campaign.id == Item.campaign_id)
        .where(*queries.live_at(now), Activity.at > now - NEW_FOR)
        .group_by(Item.id)
        .order_by(began.desc(), Item.id.desc())
        .limit(MOST_ITEMS)
    )
    return {row[0]: row[1] for row in db.execute(went_live)}


def _waiting(db: Session, new: dict[int, datetime]) -> Select[Person, NotificationChoice, datetime]:
    """Who chose push, was told nothing today, and has something new on their feed since the moment beside them.

    What was there when they last looked at their feed is not new.
    """
    of_items = (Ask.channel == "push", Ask.subject.startswith("item:"), Ask.at > clock.now() - 2 * NEW_FOR)
    told = select(Ask.person_id, func.max(Ask.at).label("at")).where(*of_items).group_by(Ask.person_id).subquery()
    first = func.min(PushSubscription.created_at).label("at")
    subscribed = select(PushSubscription.person_id, first).group_by(PushSubscription.person_id).subquery()
    heard = func.coalesce(told.c.at, subscribed.c.at)
    since = type_coerce(case((FeedVisit.at > heard, FeedVisit.at), else_=heard), Ask.at.type)
    newest: dict[tuple[audience.Row, ...], datetime] = {}
    for number, at in new.items():
        rows = tuple(audience.rows_of(db, number))
        newest[rows] = max(at, newest.get(rows, at))
    return (
        select(Person, NotificationChoice, since)
        .join(NotificationChoice, NotificationChoice.person_id == Person.id)
        .join(subscribed, subscribed.c.person_id == Person.id)
        .outerjoin(told, told.c.person_id == Person.id)
        .outerjoin(FeedVisit, FeedVisit.person_id == Person.id)
        .where(
            NotificationChoice.push,
            Person.deactivated_at.is_(None),
            Person.stopped_at.is_(None),
            told.c.at.is_(None) | (told.c.at < clock.start_of(clock.today())),
            or_(*(and_(since < at, audience.people(rows)) for rows, at in newest.items())),
        )
    )


def _is_welcome(choice: NotificationChoice, person: Person, now: datetime) -> bool:
    return times.welcome_at(choice, person, now) == now


def _tell(db: Session, person: Person, new: list[Item]) -> None:
    """One push about those of these items that are on the person's feed and that they did not pass on already."""
    one_at_a_time(db, f"asks of person {person.id}")
    today = (Ask.channel == "push", Ask.subject.startswith("item:"), Ask.at >= clock.start_of(clock.today()))
    if db.scalar(select(Ask.id).where(Ask.person_id == person.id, *today).limit(1)) is not None:
        return
    shared = exists().where(Share.item_id == Item.id, Share.person_id == person.id)
    theirs = select(Item.id).where(Item.id.in_([item.id for item in new]), audience.for_person(person), ~shared)
    fitting = set(db.scalars(theirs))
    items = [item for item in new if item.id in fitting]
    if not items:
        return
    newest = items[0]
    subject = f"item:{newest.id}"
    if not asks.ask(db, person_id=person.id, campaign_id=newest.campaign_id, channel="push", subject=subject):
        return
    with in_language(person.language):
        names = [item.text(person.language).title for item in items]
        alone = len(items) == 1
        pushing.push(
            db,
            person.id,
            title=_("New to share") if alone else ngettext("%(num)s new thing", "%(num)s new things", len(items)),
            text=names[0] if alone else _("%(title)s, and more.", title=names[0]),
            url=f"/items/{newest.id}" if alone else "/",
            tag=TAG,
            urgency="low",
        )
