"""What makes walls look alike: screens of one group are sent the very same bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.screens.models import Playlist, Screen, UrgentMessage, UrgentScreen

AHEAD = timedelta(hours=24)
"""How long before it begins an urgent message is sent along, so that it is there when the network is not."""


@dataclass(frozen=True)
class Group:
    """Everything that decides what a screen shows, and nothing that tells one screen from the next."""

    audience: str = "staff"
    language: str = "nl"
    playlist_id: int | None = None
    department_id: int | None = None
    time_zone: str = ""
    """An IANA name; "" for the organisation's."""
    orientation: str = "landscape"
    is_still: bool = False
    night_from: int | None = None
    night_until: int | None = None
    urgent: tuple[int, ...] = ()
    """The urgent messages for these screens that are not over."""

    @property
    def is_public(self) -> bool:
        return self.audience == "public"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone) if self.time_zone else clock.zone()

    @property
    def now(self) -> datetime:
        """This moment on the screens' own clock."""
        return clock.now().astimezone(self.zone)

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def is_night(self) -> bool:
        """Whether these are the hours in which the screens are dimmed."""
        begins, ends, hour = self.night_from, self.night_until, self.now.hour
        if begins is None or ends is None or begins == ends:
            return False
        return begins <= hour < ends if begins < ends else hour >= begins or hour < ends


def group_of(db: Session, screen: Screen) -> Group:
    """The group `screen` belongs to at this moment."""
    return groups_of(db, [screen])[screen.id]


def groups_of(db: Session, screens: Sequence[Screen]) -> dict[int, Group]:
    """The groups of many screens by their ids, in two queries."""
    now = clock.now()
    house = db.scalar(select(Playlist.id).where(Playlist.is_house).order_by(Playlist.id).limit(1))
    urgent: dict[int, list[int]] = {}
    rows = db.execute(
        select(UrgentScreen.screen_id, UrgentMessage.id)
        .join(UrgentMessage, UrgentMessage.id == UrgentScreen.urgent_message_id)
        .where(UrgentScreen.screen_id.in_([screen.id for screen in screens]))
        .where(UrgentMessage.ends_at > now, UrgentMessage.starts_at < now + AHEAD)
        .order_by(UrgentMessage.id)
    )
    for screen_id, message_id in rows:
        urgent.setdefault(screen_id, []).append(message_id)
    return {
        screen.id: Group(
            audience=screen.audience,
            language=screen.language,
            playlist_id=house if screen.playlist_id is None else screen.playlist_id,
            department_id=screen.department_id,
            time_zone=screen.time_zone,
            orientation=screen.orientation,
            is_still=screen.is_still,
            night_from=screen.night_from,
            night_until=screen.night_until,
            urgent=tuple(urgent.get(screen.id, ())),
        )
        for screen in screens
    }
