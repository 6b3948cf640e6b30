"""Which colleagues a wall speaks of: by first name only with their consent, and never to visitors."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from portal import clock
from portal.campaigns.models import Item
from portal.campaigns.queries import find_item
from portal.database import lately
from portal.handbook.models import Duty
from portal.people.models import Department, Person
from portal.people.queries import SMALLEST_TEAM
from portal.recognition import weekly
from portal.recognition.models import ShareOfTheWeek
from portal.screens.groups import Group
from portal.screens.side import sizes, taking_part
from portal.sharing.models import SHARED_STATES, Share

MOST_NAMES = 4
MOST_TEAMS = 3
THANKS_LAST = timedelta(days=7)
MOST_SHARES = 500

A_WEEK = timedelta(days=7)
"""As long as a pick is still the latest: that of last week until there is one of this week."""


@dataclass(frozen=True)
class Colleagues:
    """Some colleagues as one wall may name them; `teams` are those of everybody it may not."""

    names: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    times: int = 0
    departments: tuple[int, ...] = ()

    @property
    def is_somebody(self) -> bool:
        return bool(self.departments)


@dataclass(frozen=True)
class Best:
    """The share of the week; `name` and all that was written only where its person may be named."""

    id: int
    item: Item
    name: str
    team: str
    text: str
    words: str


def share_of_the_week(db: Session, group: Group) -> Best | None:
    """The latest week's, while its item is live and its person takes part. Nothing to visitors."""
    if group.is_public:
        return None
    row = db.execute(
        select(ShareOfTheWeek, Share, Person)
        .outerjoin(Share, Share.id == ShareOfTheWeek.share_id)
        .outerjoin(Person, Person.id == Share.person_id)
        .where(ShareOfTheWeek.week.in_([weekly.name(day) for day in (clock.today(), clock.today() - A_WEEK)]))
        .order_by(ShareOfTheWeek.week.desc())
        .limit(1)
        .options(joinedload(Person.department))
    ).first()
    if row is None or row.Share is None or row.Person is None or not row.Share.is_shared:
        return None
    picked, share, person = row
    item = find_item(db, share.item_id)
    if item is None or not item.is_live() or person.stopped_at is not None or not person.is_active:
        return None
    is_named = person.wall_name
    return Best(
        picked.id,
        item,
        name=person.first_name if is_named else "",
        team=_large_teams(db, [person])[0] if _large_teams(db, [person]) else "",
        text=weekly.without_links(share.text) if is_named and share.own_words else "",
        words=picked.words if is_named else "",
    )


def thanked(db: Session, group: Group, items: Collection[int]) -> Colleagues:
    """Who passed on any of `items` in the last days, the group's own department first."""
    people = lately(db, ("thanked on walls", frozenset(items)), lambda: _sharers(db, items))
    own_first = sorted(people, key=lambda person: person.department_id != group.department_id)
    return _spoken_of(db, group, own_first, times=len(people))


def _sharers(db: Session, items: Collection[int]) -> Sequence[Person]:
    return db.scalars(
        select(Person)
        .join(Share, Share.person_id == Person.id)
        .where(
            Share.item_id.in_(items),
            Share.state.in_(SHARED_STATES),
            Share.at > clock.now() - THANKS_LAST,
            *taking_part(),
        )
        .order_by(Share.at.desc(), Share.id.desc())
        .limit(MOST_SHARES)
        .options(joinedload(Person.department))
    ).all()


def on_duty(db: Session, group: Group) -> Colleagues:
    """Who minds the accounts today: of the group's department, or of all of them. Nobody to visitors."""
    if group.is_public:
        return Colleagues()
    query = (
        select(Person)
        .join(Duty, Duty.person_id == Person.id)
        .where(Duty.from_day <= group.today, Duty.until_day >= group.today, *taking_part())
        .order_by(Duty.department_id, Duty.from_day, Duty.id)
        .options(joinedload(Person.department))
    )
    minded = select(Duty.department_id).where(Duty.from_day <= group.today, Duty.until_day >= group.today)
    if group.department_id is not None:
        query = query.where(Duty.department_id == group.department_id)
        minded = minded.where(Duty.department_id == group.department_id)
    people = list(db.scalars(query))
    if not people:
        return Colleagues()
    found = _spoken_of(db, group, people)
    return Colleagues(found.names, found.teams, departments=tuple(sorted(set(db.scalars(minded)))))


def _spoken_of(db: Session, group: Group, people: list[Person], *, times: int = 0) -> Colleagues:
    named = [person.first_name for person in people if person.wall_name] if not group.is_public else []
    return Colleagues(
        names=tuple(dict.fromkeys(named))[:MOST_NAMES],
        teams=tuple(_large_teams(db, people))[:MOST_TEAMS],
        times=times,
        departments=tuple(sorted({person.department_id for person in people})),
    )


def _large_teams(db: Session, people: list[Person]) -> list[str]:
    """The names of their teams, but of those so small that it would name a person."""
    active = sizes(db)
    teams: list[Department] = [person.department for person in people]
    return list(dict.fromkeys(team.name for team in teams if active.get(team.id, 0) >= SMALLEST_TEAM))
