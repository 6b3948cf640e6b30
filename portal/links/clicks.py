"""Counting a click: the verdict with what came before in view, the row, the tally, and who is told.

Judging a request is `verdicts`; this is the storage, so that another way to store can take its place.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from starlette.requests import Request

from portal import activity, clock, jobs, settings
from portal.database import insert, one_at_a_time
from portal.links.models import Click, ItemTally, Link
from portal.links.verdicts import RULE_VERSION, Verdict, judge
from portal.links.visitors import device, referrer_host, salt_of, visitor

REPEAT_WITHIN = timedelta(hours=1)
BURST_WITHIN = timedelta(seconds=5)
BURST_LINKS = 3
TOO_SOON = timedelta(seconds=2)


@dataclass(frozen=True)
class Visit:
    """What one request tells, once its address has been turned into a hash."""

    verdict: Verdict
    visitor: int
    at: datetime
    referrer_host: str
    device: str
    may_be_opened: bool
    """Whether somebody may have opened the link by hand: on https browsers say so, on http none can."""


def count(db: Session, request: Request, link: Link, *, item_id: int | None, campaign_id: int | None) -> Verdict:
    """Record in the caller's transaction that `link` was opened. A HEAD is judged but leaves no row."""
    verdict = judge(request.method, request.headers)
    if request.method != "GET":
        return verdict
    visit = _visit(db, request, verdict)
    if verdict.verdict == "human":
        me = getattr(request.state, "me", None)
        one_at_a_time(db, visit.visitor)  # two taps at once must not both pass for the first
        verdict = _second_look(db, link, visit, me_id=me.id if me is not None else None)
    _keep(db, link, visit, verdict, item_id=item_id, campaign_id=campaign_id)
    if verdict.verdict == "human":
        _tell(db, link, item_id)
    return verdict


def _visit(db: Session, request: Request, verdict: Verdict) -> Visit:
    agent = request.headers.get("user-agent", "")
    who = visitor(
        salt_of(db, clock.today()),
        address=request.client.host if request.client else "",
        agent=agent,
        domain=settings.current().link_base_url,
    )
    referrer = referrer_host(request.headers.get("referer", ""))
    says_so = request.headers.get("sec-fetch-mode") == "navigate"
    may_be_opened = says_so or not settings.current().link_base_url.startswith("https://")
    return Visit(verdict, who, clock.now(), referrer, device(agent), may_be_opened)


def _second_look(db: Session, link: Link, visit: Visit, *, me_id: int | None) -> Verdict:
    """The verdict on what looks like a person, knowing who made the link and what this visitor did before."""
    if me_id is not None and me_id == link.person_id:
        return Verdict("suspect", "own")
    if link.kind == "share" and visit.at - link.created_at < TOO_SOON and not visit.may_be_opened:
        return Verdict("suspect", "too_soon")
    before = db.scalar(
        select(Click.id)
        .where(
            Click.link_id == link.id,
            Click.visitor == visit.visitor,
            Click.verdict == "human",
            Click.at > visit.at - REPEAT_WITHIN,
        )
        .limit(1)
    )
    if before is not None:
        return Verdict("suspect", "repeat")
    if _is_burst(db, link, visit):
        _take_back(db, visit)
        return Verdict("suspect", "burst")
    return visit.verdict


def _is_burst(db: Session, link: Link, visit: Visit) -> bool:
    links = db.scalars(
        select(Click.link_id).distinct().where(Click.visitor == visit.visitor, Click.at > visit.at - BURST_WITHIN)
    )
    return len({*links, link.id}) >= BURST_LINKS


def _take_back(db: Session, visit: Visit) -> None:
    """The first clicks of a burst passed for people, before anybody could know: they are judged anew."""
    items = db.scalars(
        update(Click)
        .where(Click.visitor == visit.visitor, Click.at > visit.at - BURST_WITHIN, Click.verdict == "human")
        .values(verdict="suspect", reason="burst", rule_version=RULE_VERSION)
        .returning(Click.item_id)
    ).all()
    for item_id in sorted(item for item in items if item is not None):
        db.execute(update(ItemTally).where(ItemTally.item_id == item_id).values(people=ItemTally.people - 1))


def _keep(
    db: Session, link: Link, visit: Visit, verdict: Verdict, *, item_id: int | None, campaign_id: int | None
) -> None:
    db.add(
        Click(
            link_id=link.id,
            at=visit.at,
            verdict=verdict.verdict,
            reason=verdict.reason,
            rule_version=RULE_VERSION,
            visitor=visit.visitor,
            item_id=item_id,
            campaign_id=campaign_id,
            department_id=link.department_id,
            person_id=link.person_id,
            network=link.network,
            referrer_host=visit.referrer_host,
            device=visit.device,
        )
    )
    db.flush()


def _tell(db: Session, link: Link, item_id: int | None) -> None:
    """A person came: say so to whoever waits for the first one, and for the round numbers."""
    if link.kind == "share":
        people = select(func.count()).where(Click.link_id == link.id, Click.verdict == "human")
        if db.scalar(people) == 1:
            jobs.enqueue(db, "share_seen", dedupe=f"share_seen:{link.id}", link_id=link.id)
    if item_id is not None:
        people_now = add_to_tally(db, item_id)
        if is_milestone(people_now):
            activity.record(db, "milestone", item_id=item_id, people=people_now)


def add_to_tally(db: Session, item_id: int, people: int = 1) -> int:
    """Count `people` more clicks by people on the item; how many it has now."""
    added = (
        insert(db, ItemTally)
        .values(item_id=item_id, people=people)
        .on_conflict_do_update(index_elements=["item_id"], set_={"people": ItemTally.people + people})
        .returning(ItemTally.people)
    )
    return db.execute(added).scalar_one()


def is_milestone(people: int) -> bool:
    """10, 25, 50, 100, 250, 500, 1000 and so on."""
    while people >= 100 and people % 10 == 0:
        people //= 10
    return people in (10, 25, 50)
