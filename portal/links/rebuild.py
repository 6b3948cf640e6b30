"""Every figure of clicks made anew: from the rows of single clicks as far as these are kept, else as it stands.

Clicks judged by older rules are judged again, as far as what is kept of them allows. It goes day by day, each in a
transaction of its own, while new clicks keep coming in.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import case, delete, func, insert, literal, select, text
from sqlalchemy.orm import Session

from portal import clock, settings
from portal.database import Database, one_at_a_time
from portal.jobs import job
from portal.links import bulk, periods
from portal.links.ingest import STORING
from portal.links.looks import Looks, Source, Visit
from portal.links.models import Click, ItemTally, PersonTally, Rollup, TeamTally
from portal.links.periods import HOUR, Span
from portal.links.verdicts import RULE_VERSION, Verdict, judge
from portal.tables import Moment, microseconds

AT_ONCE = 20_000
"""Clicks destroyed in one transaction."""


@dataclass(frozen=True)
class Step:
    """One day done."""

    day: date
    judged: int
    """Clicks that got another verdict."""

    def __str__(self) -> str:
        return self.day.isoformat()


def steps(database: Database) -> "Steps":
    """What there is to do, day by day; it is done while one goes through it."""
    with database.reading() as db:
        oldest = db.scalar(select(func.min(Click.at)))
    today = clock.today()
    begin = _complete_from(database, oldest) if oldest is not None else clock.end_of(today)
    days = list(periods.days(clock.local(begin).date(), today))
    return Steps(database, begin, days)


@dataclass(frozen=True)
class Steps:
    database: Database
    begin: datetime
    days: Sequence[date]

    def __len__(self) -> int:
        return len(self.days)

    def __iter__(self) -> Iterator[Step]:
        for day in self.days:
            span = periods.day_span(day)
            with self.database.writing() as db:
                _take_time(db)
                judged = _judge_again(db, span)
                recount(db, Span(max(span.start, self.begin), span.end))
            yield Step(day, judged)
        with self.database.writing() as db:
            _take_time(db)
            tally(db)


def recount(db: Session, span: Span) -> None:
    """Make the rollups of these hours of one day anew from single clicks."""
    within = (Click.at >= span.start, Click.at < span.end)
    day = periods.day_span(clock.local(span.start).date())
    firsts = (
        select(func.min(Click.id))
        .where(Click.verdict == "human", Click.visitor.is_not(None), Click.at >= day.start, Click.at < day.end)
        .group_by(Click.link_id, Click.visitor)
    )
    hours = [span.start + HOUR * number for number in range(span.hours)]
    hour = case(*((Click.at < each + HOUR, literal(each, Moment())) for each in hours))
    is_first = (Click.verdict == "human") & (Click.visitor.is_(None) | Click.id.in_(firsts))
    hourly = (
        select(
            Click.link_id,
            hour.label("hour"),
            func.coalesce(Click.item_id, 0).label("item_id"),
            func.coalesce(Click.campaign_id, 0).label("campaign_id"),
            Click.verdict,
            Click.reason,
            Click.network,
            Click.department_id,
            Click.person_id,
            case((is_first, 1), else_=0).label("is_first"),
        )
        .where(*within)
        .subquery()
    )
    key = (
        *(hourly.c.link_id, hourly.c.hour, hourly.c.item_id, hourly.c.campaign_id),
        *(hourly.c.verdict, hourly.c.reason),
    )
    owners = (func.max(hourly.c.network), func.max(hourly.c.department_id), func.max(hourly.c.person_id))
    counted = select(*key, func.count(), func.sum(hourly.c.is_first), *owners).group_by(*key)
    names = (
        *("link_id", "hour", "item_id", "campaign_id", "verdict", "reason", "clicks", "visitors"),
        *("network", "department_id", "person_id"),
    )
    db.execute(delete(Rollup).where(Rollup.hour >= span.start, Rollup.hour < span.end))
    db.execute(insert(Rollup).from_select(names, counted))


def tally(db: Session) -> None:
    """Make every tally anew from the rollups."""
    items: Counter[int] = Counter()
    people: Counter[tuple[str, int]] = Counter()
    teams: Counter[tuple[str, int]] = Counter()
    owners = (Rollup.hour, Rollup.item_id, Rollup.campaign_id, Rollup.person_id, Rollup.department_id)
    found = select(*owners, func.sum(Rollup.clicks)).where(Rollup.verdict == "human").group_by(*owners)
    for hour, item_id, campaign_id, person_id, department_id, clicks in db.execute(found):
        if item_id:
            items[item_id] += clicks
        for period in periods.keys_of(hour, campaign_id):
            if person_id is not None:
                people[period, person_id] += clicks
            if department_id is not None:
                teams[period, department_id] += clicks
    for table in (ItemTally, PersonTally, TeamTally):
        db.execute(delete(table))
    bulk.append(db, ItemTally, ("item_id", "people"), sorted(items.items()))
    bulk.append(db, PersonTally, ("period", "person_id", "people"), [(*key, n) for key, n in sorted(people.items())])
    bulk.append(db, TeamTally, ("period", "department_id", "people"), [(*key, n) for key, n in sorted(teams.items())])


def _take_time(db: Session) -> None:
    """Nobody judges clicks meanwhile, and PostgreSQL's limits for what a visitor waits for do not apply."""
    if not bulk.is_sqlite(db):
        for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            db.execute(text(f"SET LOCAL {limit} = 0"))
    one_at_a_time(db, STORING)


@job("destroy_clicks", every=timedelta(minutes=10))
def destroy_clicks(db: Session) -> None:
    """Destroy single clicks that have been kept for their time, some each time: figures keep what they say."""
    until = clock.start_of(clock.today() - timedelta(days=settings.current().clicks_kept_days))
    old = select(Click.id).where(Click.at < until).order_by(Click.at).limit(AT_ONCE)
    db.execute(delete(Click).where(Click.id.in_(old)))


def _complete_from(database: Database, oldest: datetime) -> datetime:
    """The first hour of which every click is kept: some of the oldest one's may be destroyed already."""
    hour = periods.hour_of(oldest)
    with database.reading() as db:
        kept = db.scalar(select(func.count()).where(Click.at >= hour, Click.at < hour + HOUR))
        booked = db.scalar(select(func.sum(Rollup.clicks)).where(Rollup.hour == hour))
        is_first = db.scalar(select(Rollup.hour).where(Rollup.hour < hour).limit(1)) is None
    return hour if kept == booked or is_first else hour + HOUR


def _judge_again(db: Session, span: Span) -> int:
    """Judge the day's clicks by today's rules if some were judged by older ones; how many change."""
    within = (Click.at >= span.start, Click.at < span.end)
    if db.scalar(select(Click.id).where(*within, Click.rule_version < RULE_VERSION).limit(1)) is None:
        return 0
    columns = (Click.id, Click.at, Click.visitor, Click.verdict, Click.reason, Click.link_id, Click.agent)
    visits, before = [], []
    for id_, at, visitor, verdict, reason, link_id, agent in db.execute(
        select(*columns).where(*within).order_by(Click.id)
    ):
        source = Source(link_id, "", None, None, "", 0, None, None)
        first_look = _first_look(Verdict(verdict, reason), agent)
        visit = Visit(source, microseconds(at), periods.hour_of(at), visitor, first_look)
        visit.id = id_
        visits.append(visit)
        before.append((verdict, reason))
    looks = Looks()
    looks.expect(visits)
    for visit in visits:
        looks.judge(visit)
    changed = [visit for visit, old in zip(visits, before, strict=True) if (visit.verdict, visit.reason) != old]
    bulk.change(db, Click, ("verdict", "reason"), [(each.verdict, each.reason, each.id) for each in changed])
    bulk.change(db, Click, ("rule_version",), [(RULE_VERSION, visit.id) for visit in visits])
    return len(changed)


def _first_look(found: Verdict, agent: str | None) -> Verdict:
    """What today's rules say of the request, as far as its name says it; its other headers are not kept."""
    if agent is None or found.reason == "prefetch":
        return found
    named = judge("GET", {"user-agent": agent, "accept-language": "nl", "accept": "text/html"})
    if named.verdict == "bot":
        return named
    if found.reason in ("own", "too_soon"):
        return found
    if named.reason == "person" and found.reason in ("no_language", "not_a_page", "not_navigated"):
        return found
    return named
