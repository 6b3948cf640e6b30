"""The share of the week: which one an editor picked, with what is good about it."""

import re
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from portal import activity, clock
from portal.campaigns.models import Item
from portal.campaigns.queries import items_by_id
from portal.database import insert
from portal.links import periods
from portal.people import audit
from portal.people.models import Department, Person
from portal.people.queries import SMALLEST_TEAM, department_sizes
from portal.recognition.models import ShareOfTheWeek
from portal.sharing.models import SHARED_STATES, Share
from portal.web import NotFound

LONGEST_WORDS = 200
MOST_OFFERED = 40
_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Told:
    """A share as others may know it: only of people who agreed that walls name and quote them."""

    share: Share
    item: Item
    name: str
    team: str
    """"" when the team is so small that it would be a name."""
    text: str


def name(day: date) -> str:
    """The week `day` is in, such as `2026-W47`."""
    return periods.week_key(day).removeprefix("week:")


def this_week() -> str:
    return name(clock.today())


def monday(week: str) -> date | None:
    """The first day of a week such as `2026-W47`; None for what is no week."""
    found = _WEEK.fullmatch(week)
    try:
        first = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else None
    except ValueError:
        return None
    return first if first is not None and 2000 <= first.year <= 2199 else None


def offered(db: Session, week: str) -> list[Told]:
    """What became a share in that week, by people who agreed that walls name them; their own words first."""
    first = monday(week)
    if first is None:
        raise NotFound
    days = periods.week_span(first)
    rows = db.execute(
        _shares()
        .where(Share.at >= days.start, Share.at < days.end)
        .order_by(Share.own_words.desc(), Share.at.desc(), Share.id.desc())
        .limit(MOST_OFFERED)
    ).all()
    return _told(db, [(share, person, team) for share, person, team in rows])


def picked(db: Session, week: str) -> tuple[ShareOfTheWeek, Told | None] | None:
    """What was picked for that week; without the share when it is gone or its person takes no part any more."""
    row = db.scalar(select(ShareOfTheWeek).where(ShareOfTheWeek.week == week))
    if row is None:
        return None
    found = db.execute(_shares().where(Share.id == row.share_id)).first() if row.share_id is not None else None
    told = _told(db, [(found[0], found[1], found[2])]) if found is not None else []
    return row, told[0] if told else None


def pick(db: Session, week: str, share_id: int, words: str, *, by: Person) -> None:
    """Picking again replaces what was picked. Raises NotFound for a share that was not offered."""
    if share_id not in {each.share.id for each in offered(db, week)}:
        raise NotFound
    values = {"share_id": share_id, "words": words, "picked_by_id": by.id, "at": clock.now()}
    adding = insert(db, ShareOfTheWeek).values(week=week, **values)
    db.execute(adding.on_conflict_do_update(index_elements=["week"], set_=values))
    _tell(db, week, "share_of_the_week_picked", by)


def take_back(db: Session, week: str, *, by: Person) -> None:
    """Then there is none for that week; doing so twice changes nothing."""
    db.execute(delete(ShareOfTheWeek).where(ShareOfTheWeek.week == week))
    _tell(db, week, "share_of_the_week_taken_back", by)


def without_links(text: str) -> str:
    """What somebody wrote, as it may be quoted: their link is theirs."""
    return _LINK.sub("", text).strip()


def _shares() -> Select[Share, Person, Department]:
    return (
        select(Share, Person, Department)
        .join(Person, Person.id == Share.person_id)
        .join(Department, Department.id == Person.department_id)
        .where(
            # Whoever did not agree to be named is not even offered: nobody looks through single shares here.
            Person.wall_name.is_(True),
            Share.state.in_(SHARED_STATES),
            Person.deactivated_at.is_(None),
            Person.stopped_at.is_(None),
        )
    )


def _told(db: Session, rows: list[tuple[Share, Person, Department]]) -> list[Told]:
    items = {item.id: item for item in items_by_id(db, [share.item_id for share, _person, _team in rows])}
    sizes = department_sizes(db)
    return [
        Told(
            share,
            items[share.item_id],
            name=person.first_name,
            team=team.name if sizes.get(team.id, 0) >= SMALLEST_TEAM else "",
            text=without_links(share.text),
        )
        for share, person, team in rows
        if share.item_id in items
    ]


def _tell(db: Session, week: str, act: str, by: Person) -> None:
    audit.write(db, act, "week", None, by=by, week=week)
    activity.record(db, "board_changed")
