"""The leaderboard: teams by their average per colleague, and the people who chose to be on it.

Visitors come from tallies that are kept with every click and read in the order of their index: however many clicks
and colleagues there are, nothing is added up here. Shares, of which there are far fewer, are counted when asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal import clock
from portal.campaigns.models import Campaign, Item
from portal.campaigns.queries import running_campaign
from portal.database import lately
from portal.i18n import gettext as _
from portal.i18n import language
from portal.links import figures, periods
from portal.links.figures import Condition, Counts
from portal.links.models import PersonTally, Rollup, TeamTally
from portal.people.models import Department, Person
from portal.people.queries import SMALLEST_TEAM
from portal.sharing.models import SHARED_STATES, Share

PERIODS = ("week", "month", "campaign")
POINTS_FOR_A_VISITOR = 3
POINTS_FOR_A_SHARE = 1
TOP = 5
TOP_PEOPLE = 10
SHOWN_PLACES = 50
"""Beyond it a colleague's own place is not told: it would say nothing kind."""


@dataclass(frozen=True)
class Window:
    """The days a period covers, and its campaign when it is one. `start` counts, `end` does not."""

    start: datetime
    end: datetime
    key: str
    """What the tallies call it."""
    campaign: Campaign | None = None

    @property
    def first_day(self) -> date:
        return clock.local(self.start).date()

    @property
    def last_day(self) -> date:
        return clock.local(self.end - timedelta(microseconds=1)).date()


@dataclass(frozen=True)
class Score:
    """What came of sharing: clicks by people, and shares."""

    visitors: int = 0
    shares: int = 0

    @property
    def points(self) -> int:
        return POINTS_FOR_A_VISITOR * self.visitors + POINTS_FOR_A_SHARE * self.shares

    def __add__(self, other: "Score") -> "Score":
        return Score(self.visitors + other.visitors, self.shares + other.shares)


@dataclass(frozen=True)
class TeamStanding:
    """A team on the board; `departments` holds several ids when small teams are counted together."""

    name: str
    departments: tuple[int, ...]
    members: int
    score: Score

    @property
    def average(self) -> float:
        """Points for each active colleague."""
        return self.score.points / self.members

    @property
    def is_merged(self) -> bool:
        return len(self.departments) > 1

    @property
    def step(self) -> float:
        """How far one more visitor lifts the average."""
        return POINTS_FOR_A_VISITOR / self.members


@dataclass(frozen=True)
class Place:
    """Where one colleague stands by visitors. For that colleague's eyes only."""

    visitors: int
    place: int
    """One more than the number of colleagues through whom more people came."""
    is_last: bool = False
    """Whether nobody has fewer: then it is not told."""


@dataclass(frozen=True)
class PersonStanding:
    """Somebody who chose to be on the board, under the name they chose."""

    name: str
    score: Score


def window(db: Session, period: str) -> Window | None:
    """The days of `period` around today; None for `campaign` while none is running."""
    today = clock.today()
    if period == "week":
        week = periods.week_span(today)
        return Window(week.start, week.end, periods.week_key(today))
    if period == "month":
        month = periods.month_span(today)
        return Window(month.start, month.end, periods.month_key(today))
    if period == "campaign":
        campaign = running_campaign(db, today)
        if campaign is None:
            return None
        run = periods.span(campaign.starts_on, campaign.ends_on)
        return Window(run.start, run.end, periods.campaign_key(campaign.id), campaign)
    raise ValueError(f"{period!r} is not a period")


def teams(db: Session, *, period: str) -> list[TeamStanding]:
    """Every team with its figure, highest average first. Only its `top` and a person's `own` are for showing.

    Teams under five are counted together as one, with the smallest larger ones while they are fewer than five:
    left out, they could be worked out from what everybody did together. Whoever stopped taking part, like whoever
    left, no longer divides: nobody is a burden to their team for staying out of it. What their links still bring
    counts on.
    """
    days = window(db, period)
    if days is None:
        return []
    return lately(db, ("teams", days.key, language.get()), lambda: _teams(db, days))


def top(standings: list[TeamStanding], most: int = TOP) -> list[TeamStanding]:
    """The upper half with points, at most `most`: nobody is shown as last."""
    half = (len(standings) + 1) // 2
    return [team for team in standings[:half] if team.score.points][:most]


def own(standings: list[TeamStanding], department_id: int) -> TeamStanding | None:
    """The team that `department_id` counts for; None when it is too small to be shown."""
    return next((team for team in standings if department_id in team.departments), None)


def together(db: Session, days: Window) -> Score:
    """What the whole organisation brought about, teams of every size and former colleagues included."""
    return lately(db, ("together", days.key), lambda: _together(db, days))


def people(db: Session, *, period: str, most: int = TOP_PEOPLE) -> list[PersonStanding]:
    """The first `most` of those who chose to be shown, under their name or pseudonym, highest points first.

    Whether the organisation allows names at all is for the caller to ask.
    """
    days = window(db, period)
    if days is None:
        return []
    return lately(db, ("people", days.key, most), lambda: _people(db, days, most))


def place(db: Session, person: Person, *, period: str) -> Place | None:
    """Where `person` stands by visitors; None before the first one."""
    days = window(db, period)
    if days is None:
        return None
    mine = select(PersonTally.people).where(PersonTally.period == days.key, PersonTally.person_id == person.id)
    visitors = db.scalar(mine)
    if not visitors:
        return None
    of_period = PersonTally.period == days.key
    above = db.scalar(select(func.count()).where(of_period, PersonTally.people > visitors)) or 0
    below = select(PersonTally.person_id).where(of_period, PersonTally.people < visitors).limit(1)
    return Place(visitors, 1 + above, is_last=db.scalar(below) is None)


def behind(db: Session, days: Window) -> dict[int, Counts]:
    """Every click behind the visitors of each team, robots and repeats included, by department."""
    found = figures.counts_by(db, Rollup.department_id.expression, *clicks_of(days))
    return {department_id: counts for department_id, counts in found.items() if department_id is not None}


def clicks_of(days: Window) -> list[Condition]:
    """The conditions on rollups that the tallies of this window were kept by."""
    if days.campaign is not None:
        return [figures.of_campaign(days.campaign.id)]
    return [figures.within(periods.Span(days.start, days.end))]


def _teams(db: Session, days: Window) -> list[TeamStanding]:
    members = db.execute(
        select(Department.id, Department.name, func.count(Person.id))
        .join(Person, Person.department_id == Department.id)
        .where(Person.deactivated_at.is_(None), Person.stopped_at.is_(None))
        .group_by(Department.id, Department.name)
    ).all()
    scores = _team_scores(db, days)

    def standing(name: str, group: Iterable[tuple[int, int]]) -> TeamStanding:
        ids, sizes = zip(*group, strict=True)
        score = sum((scores.get(each, Score()) for each in ids), Score())
        return TeamStanding(name, ids, sum(sizes), score)

    by_size = sorted(members, key=lambda team: (team[2], team[0]))
    small = [(id, size) for id, _name, size in by_size if size < SMALLEST_TEAM]
    large = by_size[len(small) :]
    while small and large and sum(size for _id, size in small) < SMALLEST_TEAM:
        id, _name, size = large.pop(0)
        small.append((id, size))
    found = [standing(name, [(id, size)]) for id, name, size in large]
    if sum(size for _id, size in small) >= SMALLEST_TEAM:
        found.append(standing(_("Small teams together"), sorted(small)))
    return sorted(found, key=lambda team: (-team.average, team.name))


def _together(db: Session, days: Window) -> Score:
    visitors = db.scalar(select(func.sum(TeamTally.people)).where(TeamTally.period == days.key))
    shares = db.scalar(select(func.count()).select_from(Share).where(*_shares_within(days)))
    return Score(int(visitors or 0), shares or 0)


def _people(db: Session, days: Window, most: int) -> list[PersonStanding]:
    # Whoever is not among the first by visitors is on top only with shares: the two lists hold everybody who can be.
    found = [*_first_by_visitors(db, days, most), *_first_with_shares(db, days, most)]
    ranked = sorted(dict(found).values(), key=lambda person: (-person.score.points, person.name))
    return ranked[:most]


def _first_by_visitors(db: Session, days: Window, most: int) -> list[tuple[int, PersonStanding]]:
    first = (
        select(Person.id, _shown_name(), PersonTally.people)
        .join(Person, Person.id == PersonTally.person_id)
        .where(PersonTally.period == days.key, PersonTally.people > 0, *_willing())
        .order_by(PersonTally.people.desc(), PersonTally.person_id.desc())
        .limit(most)
    )
    found = db.execute(first).all()
    wanted = Share.person_id.in_([person_id for person_id, *_ in found])
    shares = dict(
        db.execute(
            select(Share.person_id, func.count()).where(wanted, *_shares_within(days)).group_by(Share.person_id)
        ).all()
    )
    return [
        (person_id, PersonStanding(name, Score(visitors, shares.get(person_id, 0))))
        for person_id, name, visitors in found
    ]


def _first_with_shares(db: Session, days: Window, most: int) -> list[tuple[int, PersonStanding]]:
    shared = (
        select(Share.person_id, func.count().label("shares"))
        .where(*_shares_within(days))
        .group_by(Share.person_id)
        .subquery()
    )
    people = func.coalesce(PersonTally.people, 0)
    points = POINTS_FOR_A_VISITOR * people + POINTS_FOR_A_SHARE * shared.c.shares
    first = (
        select(Person.id, _shown_name(), people, shared.c.shares)
        .join(shared, shared.c.person_id == Person.id)
        .outerjoin(PersonTally, (PersonTally.person_id == Person.id) & (PersonTally.period == days.key))
        .where(*_willing())
        .order_by(points.desc(), Person.id.desc())
        .limit(most)
    )
    return [
        (person_id, PersonStanding(name, Score(visitors, shares)))
        for person_id, name, visitors, shares in db.execute(first)
    ]


def _willing() -> list[ColumnElement[bool]]:
    """The conditions on people who chose to be shown, under a name there is."""
    return [
        Person.deactivated_at.is_(None),
        Person.stopped_at.is_(None),
        (Person.leaderboard_name == "name") | ((Person.leaderboard_name == "pseudonym") & (Person.pseudonym != "")),
    ]


def _shown_name() -> ColumnElement[str]:
    return case((Person.leaderboard_name == "name", Person.name), else_=Person.pseudonym)


def _team_scores(db: Session, days: Window) -> dict[int, Score]:
    """Scores by department, in two queries however many there are."""
    visitors = db.execute(select(TeamTally.department_id, TeamTally.people).where(TeamTally.period == days.key))
    shares = db.execute(
        select(Share.department_id, func.count()).where(*_shares_within(days)).group_by(Share.department_id)
    )
    scores = {owner: Score(visitors=count) for owner, count in visitors}
    for owner, count in shares:
        scores[owner] = scores.get(owner, Score()) + Score(shares=count)
    return scores


def _shares_within(days: Window) -> list[ColumnElement[bool]]:
    # The moment it became certain: opening the network again later must not carry a share into a new week. One
    # condition for each column, so that each can be found by its index.
    confirmed = _in(days, Share.confirmed_at)
    seen = Share.confirmed_at.is_(None) & _in(days, Share.seen_at)
    posted = Share.confirmed_at.is_(None) & Share.seen_at.is_(None) & _in(days, Share.at)
    conditions: list[ColumnElement[bool]] = [Share.state.in_(SHARED_STATES), confirmed | seen | posted]
    if days.campaign is not None:
        conditions.append(Share.item_id.in_(select(Item.id).where(Item.campaign_id == days.campaign.id)))
    return conditions


def _in(days: Window, at: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    return (at >= days.start) & (at < days.end)
