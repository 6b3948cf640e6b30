"""The leaderboard: teams by their average per colleague, and the people who chose to be on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal import clock
from portal.campaigns.models import Campaign, Item
from portal.campaigns.queries import running_campaign
from portal.i18n import gettext as _
from portal.links.models import Click
from portal.people.models import Department, Person
from portal.people.queries import SMALLEST_TEAM
from portal.sharing.models import SHARED_STATES, Share

PERIODS = ("week", "month", "campaign")
POINTS_FOR_A_VISITOR = 3
POINTS_FOR_A_SHARE = 1
TOP = 5
TOP_PEOPLE = 10


@dataclass(frozen=True)
class Window:
    """The days a period covers, and its campaign when it is one. `start` counts, `end` does not."""

    start: datetime
    end: datetime
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
class PersonStanding:
    """Somebody who chose to be on the board, under the name they chose."""

    name: str
    score: Score


def window(db: Session, period: str) -> Window | None:
    """The days of `period` around today; None for `campaign` while none is running."""
    today = clock.today()
    if period == "week":
        monday = today - timedelta(days=today.weekday())
        return Window(clock.start_of(monday), clock.start_of(monday + timedelta(days=7)))
    if period == "month":
        first = today.replace(day=1)
        return Window(clock.start_of(first), clock.start_of((first + timedelta(days=31)).replace(day=1)))
    if period == "campaign":
        campaign = running_campaign(db, today)
        if campaign is None:
            return None
        return Window(clock.start_of(campaign.starts_on), clock.end_of(campaign.ends_on), campaign)
    raise ValueError(f"{period!r} is not a period")


def teams(db: Session, *, period: str) -> list[TeamStanding]:
    """Every team with its figure, highest average first. Only its `top` and a person's `own` are for showing.

    Teams under five are counted together as one, with the smallest larger ones while they are fewer than five:
    left out, they could be worked out from what everybody did together.
    """
    days = window(db, period)
    if days is None:
        return []
    members = db.execute(
        select(Department.id, Department.name, func.count(Person.id))
        .join(Person, Person.department_id == Department.id)
        .where(Person.deactivated_at.is_(None))
        .group_by(Department.id, Department.name)
    ).all()
    scores = _scores(db, days, Click.department_id, Share.department_id)

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


def top(standings: list[TeamStanding], most: int = TOP) -> list[TeamStanding]:
    """The upper half with points, at most `most`: nobody is shown as last."""
    half = (len(standings) + 1) // 2
    return [team for team in standings[:half] if team.score.points][:most]


def own(standings: list[TeamStanding], department_id: int) -> TeamStanding | None:
    """The team that `department_id` counts for; None when it is too small to be shown."""
    return next((team for team in standings if department_id in team.departments), None)


def together(db: Session, days: Window) -> Score:
    """What the whole organisation brought about, teams of every size and former colleagues included."""
    visitors = db.scalar(select(func.count()).select_from(Click).where(*_clicks_within(days), *_by_colleagues()))
    shares = db.scalar(select(func.count()).select_from(Share).where(*_shares_within(days)))
    return Score(visitors or 0, shares or 0)


def people(db: Session, *, period: str, most: int = TOP_PEOPLE) -> list[PersonStanding]:
    """The first `most` of those who chose to be shown, under their name or pseudonym, highest points first.

    Whether the organisation allows names at all is for the caller to ask.
    """
    days = window(db, period)
    if days is None:
        return []
    willing = db.execute(
        select(Person.id, Person.name, Person.pseudonym, Person.leaderboard_name)
        .where(Person.deactivated_at.is_(None))
        .where(
            (Person.leaderboard_name == "name") | ((Person.leaderboard_name == "pseudonym") & (Person.pseudonym != ""))
        )
    ).all()
    scores = _scores(db, days, Click.person_id, Share.person_id)
    found = [
        PersonStanding(row.name if row.leaderboard_name == "name" else row.pseudonym, scores[row.id])
        for row in willing
        if row.id in scores
    ]
    return sorted(found, key=lambda person: (-person.score.points, person.name))[:most]


def _scores(
    db: Session,
    days: Window,
    click_owner: InstrumentedAttribute[int | None],
    share_owner: InstrumentedAttribute[int | None] | InstrumentedAttribute[int],
) -> dict[int, Score]:
    """Scores by owner, two queries however many owners there are."""
    clicks = db.execute(
        select(click_owner, func.count()).where(*_clicks_within(days), *_by_colleagues()).group_by(click_owner)
    )
    shares = db.execute(select(share_owner, func.count()).where(*_shares_within(days)).group_by(share_owner))
    scores: dict[int, Score] = {}
    for owner, count in clicks:
        if owner is not None:
            scores[owner] = Score(visitors=count)
    for owner, count in shares:
        if owner is not None:
            scores[owner] = scores.get(owner, Score()) + Score(shares=count)
    return scores


def _clicks_within(days: Window) -> list[ColumnElement[bool]]:
    conditions = [Click.verdict == "human", Click.at >= days.start, Click.at < days.end]
    if days.campaign is not None:
        conditions.append(Click.campaign_id == days.campaign.id)
    return conditions


def _by_colleagues() -> list[ColumnElement[bool]]:
    """A screen's own QR is nobody's work; links of people who left still count for their team."""
    return [Click.department_id.is_not(None)]


def _shares_within(days: Window) -> list[ColumnElement[bool]]:
    # The moment it became certain: opening the network again later must not carry a share into a new week.
    certain_at = func.coalesce(Share.confirmed_at, Share.seen_at, Share.at)
    conditions = [Share.state.in_(SHARED_STATES), certain_at >= days.start, certain_at < days.end]
    if days.campaign is not None:
        conditions.append(Share.item_id.in_(select(Item.id).where(Item.campaign_id == days.campaign.id)))
    return conditions
