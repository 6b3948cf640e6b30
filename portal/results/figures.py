"""Every number of the results, from one place: people, shares and what was filtered, by what they belong to.

A fixed number of queries, however many items there are. Days are cut in the organisation's zone: the borders
of each step are worked out here and given to the database as moments, on both databases and in any zone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload

from portal.campaigns.models import Campaign, Item
from portal.i18n import gettext as _
from portal.links.models import Click
from portal.links.queries import Ledger, ledger_of
from portal.people.models import Department, Person
from portal.people.queries import SMALLEST_TEAM
from portal.results.periods import Period, Step
from portal.sharing import networks
from portal.sharing.models import SHARED_STATES, STATES, Share

ENOUGH_SHARES = 3
"""Fewer shares than this say nothing about how well an item works."""


@dataclass(frozen=True)
class Line:
    """What came of one step, item, network, team or campaign."""

    name: str
    ledger: Ledger
    states: dict[str, int]
    """Shares by state, every state named."""
    item: Item | None = None
    step: Step | None = None
    per_share: float | None = None
    """People per share, of the shares made in the period; None while there are too few to tell."""

    @property
    def people(self) -> int:
        return self.ledger.people

    @property
    def shares(self) -> int:
        """What is known to be out there; opening a network is not sharing."""
        return sum(self.states[state] for state in SHARED_STATES)

    @property
    def tried(self) -> int:
        """Opened or copied, and not heard of since."""
        return sum(self.states.values()) - self.shares


@dataclass(frozen=True)
class Results:
    period: Period
    campaign: Campaign | None
    total: Line
    visitors: int
    """Different visitors, counted anew each day: who returns on another day cannot be recognised."""
    visitors_before: int
    steps: list[Line] = field(default_factory=list)
    items: list[Line] = field(default_factory=list)
    networks: list[Line] = field(default_factory=list)
    departments: list[Line] = field(default_factory=list)
    campaigns: list[Line] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.total.ledger.total and not sum(self.total.states.values())

    @property
    def kind(self) -> str:
        """The kind of item all visitors came for; "" when there are several."""
        kinds = {line.item.kind for line in self.items if line.item is not None and line.people}
        others = self.total.people - sum(line.people for line in self.items)
        return kinds.pop() if len(kinds) == 1 and not others else ""

    @property
    def best(self) -> list[Line]:
        """Up to three items that bring most people per share, of those with enough shares to say so."""
        telling = [line for line in self.items if line.per_share]
        return sorted(telling, key=lambda line: (-(line.per_share or 0), line.name))[:3]


def results(db: Session, period: Period, *, campaign: Campaign | None, language: str) -> Results:
    """All figures of `period`, of one campaign or of all."""
    clicks, shares = _clicks_in(period, campaign), _shares_in(period, campaign)
    by_step = _Counts(db, _step_of(period, Click.at), clicks, _step_of(period, Share.at), shares)
    by_item = _Counts(db, Click.item_id, clicks, Share.item_id, shares)
    by_network = _Counts(db, Click.network, clicks, Share.network, shares)
    by_department = _Counts(db, Click.department_id, clicks, Share.department_id, shares)
    by_campaign = _Counts(db, Click.campaign_id, clicks, Item.campaign_id, shares)
    return Results(
        period,
        campaign,
        total=by_network.line("", by_network.owners()),
        visitors=_visitors(db, clicks),
        visitors_before=_visitors(db, _clicks_in(period.before, campaign)),
        steps=[by_step.line(step.first.isoformat(), [number], step=step) for number, step in enumerate(period.steps())],
        items=_items(db, by_item, period, campaign=campaign, language=language),
        networks=_by_people(by_network.line(network_name(key), [key]) for key in by_network.owners()),
        departments=_departments(db, by_department),
        campaigns=_campaigns(db, by_campaign, language),
    )


def network_name(key: str) -> str:
    """What a network, or another place a link stands, is called."""
    ours = {"signature": _("Mail signature"), "screen": _("Screen"), "public": _("Public link")}
    found = networks.find(key)
    return ours.get(key) or (str(found.name) if found else key)


class _Counts:
    """Clicks by verdict and shares by state, grouped alike: two queries."""

    def __init__(
        self,
        db: Session,
        click_owner: Any,
        clicks: list[ColumnElement[bool]],
        share_owner: Any,
        shares: list[ColumnElement[bool]],
    ) -> None:
        inner = select(click_owner.label("owner"), Click.verdict, Click.reason).where(*clicks).subquery()
        self.clicks: dict[Any, list[tuple[str, str, int]]] = {}
        for owner, verdict, reason, count in db.execute(
            select(inner.c.owner, inner.c.verdict, inner.c.reason, func.count()).group_by(
                inner.c.owner, inner.c.verdict, inner.c.reason
            )
        ):
            self.clicks.setdefault(owner, []).append((verdict, reason, count))
        of_items = select(share_owner.label("owner"), Share.state).join(Item, Item.id == Share.item_id)
        inner = of_items.where(*shares).subquery()
        self.states: dict[Any, dict[str, int]] = {}
        for owner, state, count in db.execute(
            select(inner.c.owner, inner.c.state, func.count()).group_by(inner.c.owner, inner.c.state)
        ):
            self.states.setdefault(owner, {})[state] = count

    def owners(self) -> list[Any]:
        return list(dict.fromkeys([*self.clicks, *self.states]))

    def line(self, name: str, owners: Iterable[Any], **more: Any) -> Line:
        """The owners' figures added up."""
        owners = list(owners)
        counts = [count for owner in owners for count in self.clicks.get(owner, [])]
        states = {state: sum(self.states.get(owner, {}).get(state, 0) for owner in owners) for state in STATES}
        return Line(name, ledger_of(counts), states, **more)


def _clicks_in(period: Period, campaign: Campaign | None) -> list[ColumnElement[bool]]:
    within = [Click.at >= period.start, Click.at < period.end]
    return [*within, Click.campaign_id == campaign.id] if campaign is not None else within


def _shares_in(period: Period, campaign: Campaign | None) -> list[ColumnElement[bool]]:
    within = [Share.at >= period.start, Share.at < period.end]
    return [*within, Item.campaign_id == campaign.id] if campaign is not None else within


def _step_of(period: Period, at: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """The number of the step a moment falls in, for rows that are within the period."""
    ends = [Period("", step.first, step.last).end for step in period.steps()]
    borders = [(at < end, number) for number, end in enumerate(ends[:-1])]
    return case(*borders, else_=len(borders)) if borders else literal(0)


def _visitors(db: Session, clicks: list[ColumnElement[bool]]) -> int:
    # Rows without a hash cannot be told apart: each stands for itself.
    known, unknown = db.execute(
        select(func.count(Click.visitor.distinct()), func.count(case((Click.visitor.is_(None), 1)))).where(
            *clicks, Click.verdict == "human"
        )
    ).one()
    return int(known + unknown)


def _items(db: Session, counts: _Counts, period: Period, *, campaign: Campaign | None, language: str) -> list[Line]:
    ids = [key for key in counts.owners() if key is not None]
    rows = db.scalars(
        select(Item)
        .options(
            selectinload(Item.texts),
            joinedload(Item.picture),
            joinedload(Item.campaign).selectinload(Campaign.texts),
        )
        .where(Item.id.in_(ids))
    ).unique()
    # People who came through the very shares made in this period: older shares would flatter the newer ones.
    people = dict(
        db.execute(
            select(Share.item_id, func.count(Click.id))
            .join(Item, Item.id == Share.item_id)
            .join(Click, Click.link_id == Share.link_id)
            .where(*_shares_in(period, campaign), Share.state.in_(SHARED_STATES))
            .where(Click.verdict == "human", Click.at >= period.start, Click.at < period.end)
            .group_by(Share.item_id)
        ).all()
    )
    lines = []
    for item in rows:
        line = counts.line(item.text(language).title, [item.id], item=item)
        telling = line.shares >= ENOUGH_SHARES
        per_share = people.get(item.id, 0) / line.shares if telling else None
        lines.append(Line(line.name, line.ledger, line.states, item=item, per_share=per_share))
    return _by_people(lines)


def _departments(db: Session, counts: _Counts) -> list[Line]:
    """Teams of five and more, each apart; all others together, so that no line tells of single people."""
    teams = db.execute(
        select(Department.id, Department.name, func.count(Person.id))
        .outerjoin(Person, (Person.department_id == Department.id) & Person.deactivated_at.is_(None))
        .group_by(Department.id, Department.name)
        .order_by(func.count(Person.id), Department.id)
    ).all()
    small = [team for team in teams if team[2] < SMALLEST_TEAM]
    large = [team for team in teams if team[2] >= SMALLEST_TEAM]
    # Too few even together: without company they could be worked out from the total.
    while small and large and sum(team[2] for team in small) < SMALLEST_TEAM:
        small.append(large.pop(0))
    lines = [counts.line(name, [id]) for id, name, _members in large]
    if small:
        lines.append(counts.line(_("Small teams together"), [team[0] for team in small]))
    if None in counts.owners():
        lines.append(counts.line(_("Screens and links of no team"), [None]))
    return _by_people(line for line in lines if line.ledger.total or sum(line.states.values()))


def _campaigns(db: Session, counts: _Counts, language: str) -> list[Line]:
    ids = [key for key in counts.owners() if key is not None]
    rows = db.scalars(select(Campaign).options(selectinload(Campaign.texts)).where(Campaign.id.in_(ids)))
    lines = [counts.line(row.text(language).title, [row.id]) for row in rows]
    if None in counts.owners():
        lines.append(counts.line(_("Outside any campaign"), [None]))
    return _by_people(lines)


def _by_people(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (-line.people, -line.shares, line.name))
