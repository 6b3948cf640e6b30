"""One message of a wall: what stands on a slide, whatever it is about."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from portal import clock, settings
from portal.campaigns.labels import KINDS_FOR_READERS
from portal.campaigns.models import Item
from portal.campaigns.pictures import address
from portal.i18n import gettext as _
from portal.links import qr
from portal.people.models import Organisation
from portal.recognition.leaderboard import TeamStanding
from portal.screens import reading

ALONE = ("board", "goal", "clock", "on_duty", "welcome", "announcement", "thanks", "video", "urgent")
"""Kinds that fill the wall: nothing stands beside them."""


@dataclass(frozen=True)
class Board:
    """The top of the leaderboard: `best` is the average its longest bar stands for."""

    title: str
    teams: list[TeamStanding]

    @property
    def best(self) -> float:
        return self.teams[0].average


@dataclass(frozen=True)
class Film:
    url: str
    media_type: str


@dataclass(frozen=True)
class Message:
    """What one slide says. `key` changes when that does; `kind` is how it is laid out."""

    key: str
    kind: str
    title: str
    eyebrow: str = ""
    line: str = ""
    subject: str = ""
    """What its showing is counted for, such as `item:7`."""
    picture: str = ""
    item_id: int | None = None
    """The item its QR code leads to; None when it has none, or one that is drawn in `code`."""
    code: Markup | None = None
    scan: str = ""
    """What the QR code is for: `share`, `read` or `come_in`."""
    ends_at: datetime | None = None
    counts_down: bool = False
    board: Board | None = None
    built: float | None = None
    """How much of the house stands that grows with a goal, 0 to 1."""
    film: Film | None = None

    @property
    def size(self) -> str:
        return reading.size(self.title)

    @property
    def is_alone(self) -> bool:
        return self.kind in ALONE and self.item_id is None  # an item may be about a video; that is no film

    @property
    def left(self) -> tuple[int, int]:
        """Whole days and hours until it ends."""
        assert self.ends_at is not None
        hours = max(int((self.ends_at - clock.now()).total_seconds()), 0) // 3600
        return hours // 24, hours % 24


def of_item(item: Item, *, audience: str, language: str, kind: str = "", eyebrow: str = "") -> Message:
    """The item as one message, as `kind` and under `eyebrow` when its own would not do."""
    text = item.text(language)
    own = " · ".join(part for part in (str(KINDS_FOR_READERS[item.kind]), item.place) if part)
    eyebrow = eyebrow or own
    title, line = reading.fitted(eyebrow, text.title, text.summary)
    return Message(
        key=f"{item.id}.{item.version}.{item.campaign.version}",
        kind=kind or item.kind,
        subject=f"item:{item.id}",
        eyebrow=eyebrow,
        title=title,
        line=line,
        picture=address(item.picture, "wall") if item.picture else "",
        item_id=item.id,
        scan="read" if audience == "public" else "share",
        ends_at=item.ends_at,
    )


def house(organisation: Organisation) -> Message:
    """The organisation itself: there is always something to look at, and a way in."""
    return Message(
        key=f"house.{organisation.version}",
        kind="house",
        subject="house",
        eyebrow=organisation.name,
        title=_("We make it together. Tell people!"),
        line=_("New stories to pass on appear here as soon as there are any."),
        code=qr.svg(settings.current().base_url, label=_("QR code that opens the portal on your phone")),
        scan="come_in",
    )


def titled(kind: str, eyebrow: str, title: str, line: str = "", *, key: str = "", picture: str = "") -> Message:
    """A message of words alone, no more of them than can be read."""
    title, line = reading.fitted(eyebrow, title, line)
    return Message(key=key or kind, kind=kind, eyebrow=eyebrow, title=title, line=line, picture=picture)
