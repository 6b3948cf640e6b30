"""What stands beside the slides: the board, thanks, a milestone and a goal, as far as the audience may see them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from portal import activity, clock
from portal.campaigns.models import Campaign, Item
from portal.campaigns.queries import running_campaign
from portal.database import lately
from portal.i18n import gettext as _
from portal.i18n import ngettext, number
from portal.links import figures
from portal.people.models import Department, Organisation, Person
from portal.people.queries import SMALLEST_TEAM, department_sizes
from portal.recognition import leaderboard
from portal.screens import reading
from portal.screens.groups import Group
from portal.screens.messages import Board
from portal.sharing.models import Share

MOST_THANKS = 3
THANKS_LAST = timedelta(hours=8)
MILESTONES_LAST = timedelta(days=2)
BOARD_ROWS = 3
FEW = 12
"""Words of a title inside a sentence."""
SHORT = 48
"""Characters of a title inside a sentence of a note."""


@dataclass(frozen=True)
class Note:
    """A box beside the slides: thanks, a milestone, a goal. `share` (0 to 1) draws a bar."""

    kind: str
    title: str
    text: str
    share: float | None = None


@dataclass(frozen=True)
class Side:
    board: Board | None
    notes: list[Note]


def of(db: Session, group: Group, organisation: Organisation, items: list[Item]) -> Side:
    """What stands beside slides of `items`, in the current language."""
    by_id = {item.id: item for item in items}
    notes = [*_thanks(db, group, by_id), *_milestones(db, group, by_id)]
    campaign = running(db)
    if campaign is not None:
        notes.append(_goal(db, campaign, group.language))
    return Side(board(db, group, organisation, BOARD_ROWS), notes)


def board(db: Session, group: Group, organisation: Organisation, rows: int) -> Board | None:
    """This week's top; early in a week without points, this month's; without any, or for visitors, none."""
    if group.is_public or not organisation.leaderboard_on:
        return None
    for period, title in (("week", _("Together this week")), ("month", _("Together this month"))):
        best = leaderboard.top(leaderboard.teams(db, period=period), rows)
        if best:
            return Board(title, best)
    return None


def running(db: Session) -> Campaign | None:
    """The campaign of today, if there is one."""
    today = clock.today()
    return lately(db, ("running on walls", today), lambda: running_campaign(db, today))


def visitors(db: Session, campaign: Campaign) -> int:
    """How many people the campaign brought so far."""
    return lately(
        db, ("visitors on walls", campaign.id), lambda: figures.figure(db, figures.of_campaign(campaign.id)).people
    )


def sizes(db: Session) -> dict[int, int]:
    """How many people work in each department."""
    return lately(db, "sizes on walls", lambda: department_sizes(db))


def _thanks(db: Session, group: Group, items: dict[int, Item]) -> list[Note]:
    """Fresh shares of what is on this wall, by people who still work here."""
    shares = db.execute(
        select(Share, Person)
        .join(Person, Person.id == Share.person_id)
        .where(Share.item_id.in_(items), Share.at > clock.now() - THANKS_LAST, *taking_part())
        .order_by(Share.at.desc(), Share.id.desc())
        .limit(MOST_THANKS)
        .options(joinedload(Person.department))
    ).all()
    active = sizes(db)
    return [
        _thank(
            items[share.item_id].text(group.language).title,
            is_certain=share.is_shared,
            name=person.first_name if person.wall_name and not group.is_public else "",
            team=person.department if active.get(person.department_id, 0) >= SMALLEST_TEAM else None,
        )
        for share, person in shares
    ]


def taking_part() -> tuple[ColumnElement[bool], ...]:
    """The conditions on people a wall may speak of, by name or not: they work here and take part."""
    return Person.deactivated_at.is_(None), Person.stopped_at.is_(None)


def _thank(title: str, *, is_certain: bool, name: str, team: Department | None) -> Note:
    """Thanks for what certainly was passed on; for what a tap only started, that it is under way.

    Without a name it says the team, and nothing when a team is so small that it would be a name.
    """
    what = reading.cut(title, FEW, characters=SHORT)
    if is_certain:
        if name:
            return Note("thanks", _("Thank you, %(name)s!", name=name), _("For passing on “%(title)s”.", title=what))
        heading = _("Thank you, team %(team)s!", team=team.name) if team else _("Thank you, colleague!")
        return Note("thanks", heading, _("Somebody passed on “%(title)s”.", title=what))
    if name:
        heading = _("%(name)s is passing this on", name=name)
    elif team:
        heading = _("A colleague from %(team)s is passing this on", team=team.name)
    else:
        heading = _("A colleague is passing this on")
    return Note("passing", heading, f"“{what}”")


def _milestones(db: Session, group: Group, items: dict[int, Item]) -> list[Note]:
    """The newest round number of visitors that an item on this wall reached."""
    rows = db.scalars(
        select(activity.Activity)
        .where(
            activity.Activity.kind == "milestone",
            activity.Activity.at > clock.now() - MILESTONES_LAST,
            activity.Activity.item_id.in_(items),
        )
        .order_by(activity.Activity.id.desc())
        .limit(1)
    ).all()
    return [
        Note(
            "milestone",
            ngettext("%(num)s person came to look!", "%(num)s people came to look!", _people(row.data)),
            _("At “%(title)s”. Thanks to all of you.", title=_title(items, row, group)),
        )
        for row in rows
    ]


def _goal(db: Session, campaign: Campaign, language: str) -> Note:
    """How far the running campaign is; only visits are counted here, other goals are merely named."""
    came = visitors(db, campaign)
    title = campaign.text(language).title
    said = ngettext("%(num)s person came to look so far.", "%(num)s people came to look so far.", came)
    if campaign.goal_measure == "visits" and campaign.goal_number:
        goal = _("Our goal: %(goal)s.", goal=number(campaign.goal_number))
        return Note("goal", title, f"{said} {goal}" if came else goal, min(came / campaign.goal_number, 1.0))
    if not came:
        return Note("goal", title, _("Pass it on, and see here how many people come to look."))
    return Note("goal", title, said)


def _people(data: dict[str, Any]) -> int:
    return int(data["people"])


def _title(items: dict[int, Item], row: activity.Activity, group: Group) -> str:
    assert row.item_id is not None
    title = items[row.item_id].text(group.language).title
    return reading.cut(title, FEW, characters=SHORT)
