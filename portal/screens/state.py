"""The whole state of a group's walls: made once, sent to each of its screens, and kept until something changes."""

import hashlib
import json
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import portal
from portal import activity, clock, html, i18n
from portal.database import Lately
from portal.people.models import Organisation
from portal.screens import messages, side, slides
from portal.screens.groups import Group as Group
from portal.screens.groups import group_of as group_of
from portal.screens.models import Playlist, Slide
from portal.screens.side import Side
from portal.screens.slides import Playing, Turn

A_SECOND = 2.0
"""How often walls that are merely looked at are made anew in the long run; what the log told of always is."""
AT_ONCE = 4.0
MOST_KEPT = 500
"""Groups whose state is kept; the one that was asked for longest ago goes first."""

Version = tuple[int, ...]


@dataclass(frozen=True)
class State:
    """What the screens of one group show. `etag` (quotes included) differs when that does."""

    body: bytes
    """As JSON; of it only `as_of` and `position` may differ under one tag, which it names without its quotes."""
    position: int
    """Of the log from which it was made, or an earlier one: of two states the greater is the newer."""
    etag: str
    turns: list[Turn]
    """Everything to be played, at its time."""
    side: Side
    fallback: Turn
    """What to show when nothing else may be."""
    items: frozenset[int]
    """The items whose QR codes are on it."""

    def playing(self, group: Group) -> list[Turn]:
        """One round of what may be shown at this moment; never empty."""
        return slides.in_a_round(slides.on_now(self.turns, group)) or [self.fallback]


@dataclass
class _Kept:
    state: State | None = None
    version: Version = ()
    building: threading.Lock = field(default_factory=threading.Lock)
    allowance: float = AT_ONCE
    spent_at: float = 0.0

    def holds(self, version: Version) -> bool:
        # The log only grows: whoever began to read before the last change, or where it has not arrived yet, must not
        # undo it.
        return self.state is not None and (self.version == version or self.version[:2] > version[:2])

    def may_rest(self) -> bool:
        """Whether it was made so often lately that what there is must do for whoever merely looks."""
        now = time.monotonic()
        self.allowance = min(AT_ONCE, self.allowance + (now - self.spent_at) * A_SECOND)
        self.spent_at = now
        return self.state is not None and (self.allowance < 1 or self.building.locked())


_kept: OrderedDict[tuple[str, Group], _Kept] = OrderedDict()
_keeping = threading.Lock()


def state(db: Session, group: Group, organisation: Organisation, *, may_lag: bool = False) -> State:
    """What the screens of `group` show now, made by one thread at a time and only when something changed.

    With `may_lag` it may be the one of half a second ago while very much is happening.
    """
    kept = _of(db, group)
    version = _version(db, group, organisation)
    if kept.holds(version) or (may_lag and kept.may_rest()):
        assert kept.state is not None
        return kept.state
    with kept.building:
        if not kept.holds(version):
            kept.state, kept.version = make(db, group, organisation), version
            kept.allowance -= 1
        assert kept.state is not None
        return kept.state


def forget() -> None:
    """Keep nothing: the database is another one now."""
    with _keeping:
        _kept.clear()


def make(db: Session, group: Group, organisation: Organisation) -> State:
    """The state as it is at this moment, kept nowhere: for looking at a playlist before any screen has it."""
    position = activity.last_id(db)  # before anything else: what is read after it is no older
    _find_anew(db, position)
    with i18n.in_language(group.language):
        playing = Playing(db, group, organisation)
        turns = slides.turns(playing)
        fallback = Turn(messages.house(organisation))
        beside = side.of(db, group, organisation, playing.live[: slides.MOST])
        shown = turns if slides.on_now(turns, group) else [*turns, fallback]
        told: dict[str, Any] = {
            "release": release(organisation),
            "state": "wall",
            "slides": [_told(turn) for turn in shown],
            "side": html.alone("screens/_side.html", side=beside, number=0),
            "fallback": _told(fallback),
            "screen": {
                "language": group.language,
                "zone": str(group.zone),
                "orientation": group.orientation,
                "still": group.is_still,
                "night_from": group.night_from,
                "night_until": group.night_until,
            },
        }
    tag = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]
    return State(
        body=json.dumps(told | {"as_of": int(clock.now().timestamp()), "position": position, "tag": tag}).encode(),
        position=position,
        etag=f'"{tag}"',
        turns=turns,
        side=beside,
        fallback=fallback,
        items=frozenset(turn.message.item_id for turn in turns if turn.message.item_id is not None),
    )


def _find_anew(db: Session, position: int) -> None:
    """Have `lately` give only what is found from here on, once for all walls that are made at this `position`.

    What others found a moment ago may be older than what a wall says of itself, and would stay on it. And what is
    found goes with the session, so that it may be rows of it.
    """
    moment = (db.get_transaction(), position)
    if db.info.get("made_at") != moment:
        db.info["made_at"], db.info["lately"] = moment, Lately()


def release(organisation: Organisation) -> str:
    """Changes with the code, the wall's own files and the organisation's settings: players then load anew."""
    scripts = [html.static(f"js/{name}.js") for name in ("wall-plain", "wall-clock", "wall-slides", "wall")]
    parts = (portal.__version__, html.static("css/wall.css"), scripts, organisation.version)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def _told(turn: Turn) -> dict[str, Any]:
    message = turn.message
    return {
        "key": message.key,
        "subject": message.subject,
        "kind": message.kind,
        "alone": message.is_alone,
        "html": html.alone("screens/_slide.html", slide=message, time=""),
        "seconds": turn.seconds,
        "weight": turn.weight,
        "days": [int(day) for day in turn.days],
        "from": turn.minutes[0],
        "until": turn.minutes[1],
        "starts": turn.starts.timestamp() if turn.starts else None,
        "ends": turn.ends.timestamp() if turn.ends else None,
        "picture": message.picture,
        "film": message.film.url if message.film else "",
        "urgent": turn.is_urgent,
    }


def _of(db: Session, group: Group) -> _Kept:
    key = (str(db.get_bind().engine.url), group)
    with _keeping:
        kept = _kept.setdefault(key, _Kept())
        _kept.move_to_end(key)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return kept


def _version(db: Session, group: Group, organisation: Organisation) -> Version:
    """What a state depends on: the log, the organisation's settings, its playlist, and the minute for live figures."""
    playlist: tuple[int, ...] = ()
    if group.playlist_id is not None:
        of_it = Slide.playlist_id == group.playlist_id
        row = db.execute(
            select(
                select(Playlist.version).where(Playlist.id == group.playlist_id).scalar_subquery(),
                select(func.count()).where(of_it).scalar_subquery(),
                select(func.sum(Slide.version)).where(of_it).scalar_subquery(),
                select(func.max(Slide.id)).where(of_it).scalar_subquery(),
            )
        ).one()
        playlist = tuple(int(each or 0) for each in row)
    return (activity.last_id(db), organisation.version, int(clock.now().timestamp()) // 60, *playlist)
