"""What a wall shows: slides of live items, beside them the board, thanks and figures its audience may see."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from portal import activity, clock, settings
from portal.campaigns.labels import KINDS_FOR_READERS
from portal.campaigns.models import Campaign, Item
from portal.campaigns.pictures import address
from portal.campaigns.queries import live_items, running_campaign
from portal.i18n import gettext as _
from portal.i18n import ngettext, number
from portal.links import codes, figures, qr
from portal.links.models import Link
from portal.people.models import Department, Organisation, Person
from portal.people.queries import SMALLEST_TEAM, department_sizes
from portal.recognition import leaderboard
from portal.recognition.leaderboard import TeamStanding
from portal.screens.models import Screen
from portal.sharing.models import Share

MOST_SLIDES = 12
MOST_WORDS = 25
"""In the message of one slide: what somebody reads while walking past."""
LONGEST_TITLE = 120
LONGEST_QR = 200
"""Characters; a longer address makes squares too small to scan from where people stand."""
MOST_THANKS = 3
THANKS_LAST = timedelta(hours=8)
MILESTONES_LAST = timedelta(days=2)
BOARD_ROWS = 3


@dataclass(frozen=True)
class Slide:
    """One message. `key` changes when its content does; `size` is the class its title is set in."""

    key: str
    kind: str
    eyebrow: str
    title: str
    line: str
    size: str
    picture: str
    code: Markup
    ends_at: datetime | None


@dataclass(frozen=True)
class Note:
    """A box beside the slides: thanks, a milestone, a goal. `share` (0 to 1) draws a bar."""

    kind: str
    title: str
    text: str
    share: float | None = None


@dataclass(frozen=True)
class Board:
    """The top of the leaderboard: `best` is the average its longest bar stands for."""

    title: str
    teams: list[TeamStanding]

    @property
    def best(self) -> float:
        return self.teams[0].average


@dataclass(frozen=True)
class Wall:
    slides: list[Slide]
    board: Board | None
    notes: list[Note]


def of(db: Session, screen: Screen, organisation: Organisation) -> Wall:
    """The wall of `screen` as it is now, in the current language."""
    items = live_items(db, most=MOST_SLIDES)
    tracked = _tracked(db, screen, items)
    slides = [slide(item, screen, tracked.get(item.id, "")) for item in items] or [_nothing_live(organisation)]
    by_id = {item.id: item for item in items}
    notes = [*_thanks(db, screen, by_id), *_milestones(db, screen, by_id)]
    campaign = running_campaign(db, clock.today())
    if campaign is not None:
        notes.append(_goal(db, campaign, screen.language))
    with_board = screen.audience == "staff" and organisation.leaderboard_on
    return Wall(slides, _board(db) if with_board else None, notes)


def title_size(title: str) -> str:
    """The class that sets `title` as large as it fits: by its length and its longest word."""
    longest = max((len(word) for word in title.split()), default=0)
    for size, characters, word in (("huge", 34, 14), ("large", 58, 18), ("middle", 88, 22)):
        if len(title) <= characters and longest <= word:
            return size
    return "small"


def shortened(text: str, words: int) -> str:
    """What of `text` fits in `words`: all, its first sentence, or cut with an ellipsis; "" below four."""
    text = " ".join(text.split())
    if words < 4 or not text:
        return ""
    if len(text.split()) <= words:
        return text
    first = re.split(r"(?<=[.!?])\s", text)[0]
    if len(first.split()) <= words:
        return first
    return " ".join(text.split()[:words]).rstrip(",;:.–- ") + "…"


def mint_links(db: Session, screen: Screen) -> None:
    """Give what is on a public wall its own links, by which visits through its QR codes are counted.

    Called from where a player may write, so that reading a wall stays reading.
    """
    if screen.audience != "public":
        return
    items = live_items(db, most=MOST_SLIDES)
    tracked = _tracked(db, screen, items)
    for item in items:
        if item.id not in tracked:
            codes.screen_link(db, screen_id=screen.id, item_id=item.id)


def _tracked(db: Session, screen: Screen, items: list[Item]) -> dict[int, str]:
    """The addresses of the screen's own links, by item; none on a wall for colleagues."""
    if screen.audience != "public":
        return {}
    links = db.scalars(
        select(Link).where(
            Link.kind == "screen", Link.screen_id == screen.id, Link.item_id.in_([item.id for item in items])
        )
    )
    return {link.item_id: codes.address(link) for link in links if link.item_id is not None}


def target(item: Item, audience: str, tracked: str = "") -> str:
    """Where the QR code leads: colleagues to the share page, visitors to what needs no signing in.

    `tracked` is the screen's own link to the item; until there is one, visitors go straight to its page.
    """
    if audience == "public" and tracked:
        return tracked
    if audience == "public" and len(item.target_url) <= LONGEST_QR:
        return item.target_url
    return f"{settings.current().base_url}/items/{item.id}?from=screen"


def slide(item: Item, screen: Screen, tracked: str = "") -> Slide:
    """The item as one message of this screen; `tracked` is the screen's own link to it, as `target` has it."""
    text = item.text(screen.language)
    title = text.title if len(text.title) <= LONGEST_TITLE else text.title[: LONGEST_TITLE - 1].rsplit(" ", 1)[0] + "…"
    eyebrow = " · ".join(part for part in (str(KINDS_FOR_READERS[item.kind]), item.place) if part)
    room = MOST_WORDS - len(f"{eyebrow.replace('·', '')} {title}".split())
    return Slide(
        key=f"{item.id}.{item.version}.{item.campaign.version}{'.tracked' if tracked else ''}",
        kind=item.kind,
        eyebrow=eyebrow,
        title=title,
        line=shortened(text.summary, room),
        size=title_size(title),
        picture=address(item.picture, "wall") if item.picture else "",
        code=qr.svg(target(item, screen.audience, tracked), label=_("QR code that opens this on your phone")),
        ends_at=item.ends_at,
    )


def _nothing_live(organisation: Organisation) -> Slide:
    """There is always something to look at, and a way in."""
    title = _("We make it together. Tell people!")
    return Slide(
        key=f"house.{organisation.version}",
        kind="house",
        eyebrow=organisation.name,
        title=title,
        line=_("New stories to pass on appear here as soon as there are any."),
        size=title_size(title),
        picture="",
        code=qr.svg(settings.current().base_url, label=_("QR code that opens the portal on your phone")),
        ends_at=None,
    )


def _board(db: Session) -> Board | None:
    """This week's top; early in a week without points, this month's; without any, none."""
    for period, title in (("week", _("Together this week")), ("month", _("Together this month"))):
        best = leaderboard.top(leaderboard.teams(db, period=period), BOARD_ROWS)
        if best:
            return Board(title, best)
    return None


def _thanks(db: Session, screen: Screen, items: dict[int, Item]) -> list[Note]:
    """Fresh shares of what is on this wall, by people who still work here."""
    shares = db.execute(
        select(Share, Person)
        .join(Person, Person.id == Share.person_id)
        .where(Share.item_id.in_(items), Share.at > clock.now() - THANKS_LAST, Person.deactivated_at.is_(None))
        .order_by(Share.at.desc(), Share.id.desc())
        .limit(MOST_THANKS)
        .options(joinedload(Person.department))
    ).all()
    sizes = department_sizes(db)
    return [
        _thank(
            items[share.item_id].text(screen.language).title,
            is_certain=share.is_shared,
            name=person.first_name if person.wall_name and screen.audience == "staff" else "",
            team=person.department if sizes[person.department_id] >= SMALLEST_TEAM else None,
        )
        for share, person in shares
    ]


def _thank(title: str, *, is_certain: bool, name: str, team: Department | None) -> Note:
    """Thanks for what certainly was passed on; for what a tap only started, that it is under way.

    Without a name it says the team, and nothing when a team is so small that it would be a name.
    """
    what = shortened(title, 12) or title
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


def _milestones(db: Session, screen: Screen, items: dict[int, Item]) -> list[Note]:
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
            _("At “%(title)s”. Thanks to all of you.", title=shortened(_title(items, row, screen), 12)),
        )
        for row in rows
    ]


def _goal(db: Session, campaign: Campaign, language: str) -> Note:
    """How far the running campaign is; only visits are counted here, other goals are merely named."""
    came = figures.figure(db, figures.of_campaign(campaign.id)).people
    title = campaign.text(language).title
    visitors = ngettext("%(num)s person came to look so far.", "%(num)s people came to look so far.", came)
    if campaign.goal_measure == "visits" and campaign.goal_number:
        goal = _("Our goal: %(goal)s.", goal=number(campaign.goal_number))
        return Note("goal", title, f"{visitors} {goal}" if came else goal, min(came / campaign.goal_number, 1.0))
    if not came:
        return Note("goal", title, _("Pass it on, and see here how many people come to look."))
    return Note("goal", title, visitors)


def _people(data: dict[str, Any]) -> int:
    return int(data["people"])


def _title(items: dict[int, Item], row: activity.Activity, screen: Screen) -> str:
    assert row.item_id is not None
    title = items[row.item_id].text(screen.language).title
    return shortened(title, 12) or title
