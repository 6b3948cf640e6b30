"""What came of it, put together: figures of clicks beside shares, by what they belong to.

A fixed number of queries, however many items there are. Clicks come from `links.figures`, which reads rollups by
hour; shares are counted here. Both are folded into days of the organisation's calendar.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload

from portal.campaigns.models import Campaign, Item
from portal.i18n import gettext as _
from portal.links import figures as clicks
from portal.links.figures import Condition, Counts, Figure, Ledger
from portal.links.models import Rollup
from portal.links.periods import span
from portal.results.periods import Period, Step
from portal.results.subjects import Subject, is_network, network_name, teams
from portal.screens.models import Screen
from portal.sharing.models import SHARED_STATES, STATES, Share

ENOUGH_SHARES = 3
"""Fewer shares than this say nothing about how well an item works."""


@dataclass(frozen=True)
class Line:
    """What came of one step, item, network, team or campaign."""

    name: str
    figure: Figure
    states: dict[str, int]
    """Shares by state, every state named."""
    item: Item | None = None
    step: Step | None = None
    narrower: dict[str, str] = field(default_factory=dict)
    """What to add to an address to see this line by itself; empty when it cannot be."""
    per_share: float | None = None
    """People per share, of the shares made in the period; None while there are too few to tell."""

    @property
    def ledger(self) -> Ledger:
        return self.figure.ledger

    @property
    def people(self) -> int:
        return self.figure.people

    @property
    def visitors(self) -> int:
        """Different people on each link, counted anew each day: who returns on another day cannot be recognised."""
        return self.figure.visitors

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
    subject: Subject
    total: Line
    visitors_before: int
    steps: list[Line] = field(default_factory=list)
    items: list[Line] = field(default_factory=list)
    networks: list[Line] = field(default_factory=list)
    departments: list[Line] = field(default_factory=list)
    campaigns: list[Line] = field(default_factory=list)
    screens: list[Line] = field(default_factory=list)

    @property
    def visitors(self) -> int:
        return self.total.visitors

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


def results(db: Session, period: Period, *, subject: Subject, language: str) -> Results:
    """All figures of `period` about `subject`."""
    counted = _clicks_in(period, subject)
    shared = _shares_in(period, subject)
    steps = [(step.first, step.last) for step in period.steps()]
    by_step = _Counts(db, clicks.by_step(steps), counted, _step_of(period, Share.at), shared)
    by_item = _Counts(db, clicks.by_item(), counted, Share.item_id, shared)
    by_network = _Counts(db, Rollup.network.expression, counted, Share.network, shared)
    by_department = _Counts(db, Rollup.department_id.expression, counted, Share.department_id, shared)
    by_campaign = _Counts(db, clicks.by_campaign(), counted, Item.campaign_id, shared)
    return Results(
        period,
        subject,
        total=by_network.line("", by_network.owners()),
        visitors_before=clicks.figure(db, *_clicks_in(period.before, subject)).visitors,
        steps=[by_step.line(step.first.isoformat(), [number], step=step) for number, step in enumerate(period.steps())],
        items=_items(db, by_item, counted, shared, language=language),
        networks=_by_people(
            by_network.line(network_name(key), [key], narrower={"network": key} if is_network(key) else {})
            for key in by_network.owners()
        ),
        departments=_departments(db, by_department),
        campaigns=_campaigns(db, by_campaign, language),
        screens=_screens(db, clicks.by(db, clicks.by_screen(), *counted, Rollup.network == "screen")),
    )


class _Counts:
    """Clicks by verdict and shares by state, grouped alike: two queries."""

    def __init__(
        self,
        db: Session,
        click_owner: ColumnElement[Any],
        counted: list[Condition],
        share_owner: Any,
        shares: list[ColumnElement[bool]],
    ) -> None:
        self.clicks: dict[Any, Counts] = clicks.counts_by(db, click_owner, *counted)
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
        return Line(name, clicks.figure_of(counts), states, **more)


def _clicks_in(period: Period, subject: Subject) -> list[Condition]:
    return [clicks.within(span(period.first, period.last)), *subject.clicks()]


def _shares_in(period: Period, subject: Subject) -> list[ColumnElement[bool]]:
    return [Share.at >= period.start, Share.at < period.end, *subject.shares()]


def _step_of(period: Period, at: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """The number of the step a moment falls in, for rows that are within the period."""
    ends = [Period("", step.first, step.last).end for step in period.steps()]
    borders = [(at < end, number) for number, end in enumerate(ends[:-1])]
    return case(*borders, else_=len(borders)) if borders else literal(0)


def _items(
    db: Session, counts: _Counts, counted: list[Condition], shared: list[ColumnElement[bool]], *, language: str
) -> list[Line]:
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
    of_shares = select(Share.link_id).join(Item, Item.id == Share.item_id).where(*shared)
    through = Rollup.link_id.in_(of_shares.where(Share.state.in_(SHARED_STATES)))
    people = clicks.by(db, clicks.by_item(), *counted, through)
    lines = []
    for item in rows:
        line = counts.line(item.text(language).title, [item.id], item=item, narrower={"item": str(item.id)})
        telling = line.shares >= ENOUGH_SHARES
        per_share = people.get(item.id, Figure()).people / line.shares if telling else None
        lines.append(replace(line, per_share=per_share))
    return _by_people(lines)


def _departments(db: Session, counts: _Counts) -> list[Line]:
    lines = [
        counts.line(team.name, team.departments, narrower={"team": str(team.departments[0])}) for team in teams(db)
    ]
    if None in counts.owners():
        lines.append(counts.line(_("Screens and links of no team"), [None]))
    return _by_people(line for line in lines if line.ledger.total or sum(line.states.values()))


def _screens(db: Session, figures: dict[int | None, Figure]) -> list[Line]:
    rows = db.execute(select(Screen.id, Screen.name).where(Screen.id.in_(id for id in figures if id is not None)))
    nothing = dict.fromkeys(STATES, 0)
    return _by_people(
        Line(name, figures[screen_id], nothing, narrower={"screen": str(screen_id)}) for screen_id, name in rows
    )


def _campaigns(db: Session, counts: _Counts, language: str) -> list[Line]:
    ids = [key for key in counts.owners() if key is not None]
    rows = db.scalars(select(Campaign).options(selectinload(Campaign.texts)).where(Campaign.id.in_(ids)))
    lines = [counts.line(row.text(language).title, [row.id], narrower={"campaign": str(row.id)}) for row in rows]
    if None in counts.owners():
        lines.append(counts.line(_("Outside any campaign"), [None]))
    return _by_people(lines)


def _by_people(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (-line.people, -line.shares, line.name))
