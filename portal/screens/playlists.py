"""Playlists: which slides some screens play, in what order; every change shows on their walls at once."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import activity, clock
from portal.database import one_at_a_time
from portal.people import audit
from portal.people.models import Person
from portal.screens.models import Playlist, Screen, Slide
from portal.web import NotFound

DEFAULT = ("newest", "vacancy_of_the_day", "contest", "goal", "board", "thanks", "share_of_the_week")
"""What the house's own playlist begins with."""
MOST_PLAYLISTS = 200
MOST_SLIDES = 40
LONGEST_NAME = 60
_HOUSE = "the playlist of the house"


class NameTaken(Exception):
    """Another playlist has this name."""


class TooMany(Exception):
    """There are as many playlists, or slides in one, as there may be."""


class Changed(Exception):
    """Somebody else changed the slide since it was read."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is wanted of a slide, as the columns of `Slide` have it."""

    kind: str
    title_nl: str = ""
    title_en: str = ""
    line_nl: str = ""
    line_en: str = ""
    item_id: int | None = None
    campaign_id: int | None = None
    picture_digest: str = ""
    film_id: int | None = None
    seconds: int = 20
    weight: int = 1
    from_minute: int = 0
    until_minute: int = 1440
    weekdays: str = "1234567"
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True)
class Listed:
    """A playlist with how many slides it holds and how many screens play it."""

    playlist: Playlist
    slides: int
    screens: int


def listed(db: Session) -> list[Listed]:
    """Every playlist, the house's first, then by name."""
    slides = dict(db.execute(select(Slide.playlist_id, func.count()).group_by(Slide.playlist_id)).all())
    playing = select(Screen.playlist_id, func.count()).where(Screen.revoked_at.is_(None)).group_by(Screen.playlist_id)
    screens = dict(db.execute(playing).all())
    rows = db.scalars(select(Playlist).order_by(Playlist.is_house.desc(), func.lower(Playlist.name), Playlist.id))
    return [
        Listed(row, slides.get(row.id, 0), screens.get(row.id, 0) + (screens.get(None, 0) if row.is_house else 0))
        for row in rows
    ]


def choices(db: Session) -> list[tuple[int, str]]:
    """The playlists a screen can be given besides the house's own: id and name."""
    rows = select(Playlist.id, Playlist.name).where(Playlist.is_house.is_(False)).order_by(func.lower(Playlist.name))
    return [(row.id, row.name) for row in db.execute(rows)]


def house(db: Session) -> Playlist | None:
    """The house's own playlist; None as long as nobody has changed the one that is built in."""
    return db.scalar(select(Playlist).where(Playlist.is_house).order_by(Playlist.id).limit(1))


def get_playlist(db: Session, playlist_id: int) -> Playlist:
    """The playlist; ends in a 404 when there is none."""
    found = db.get(Playlist, playlist_id)
    if found is None:
        raise NotFound
    return found


def get_slide(db: Session, slide_id: int) -> Slide:
    """The slide; ends in a 404 when there is none."""
    found = db.get(Slide, slide_id)
    if found is None:
        raise NotFound
    return found


def slides_of(db: Session, playlist_id: int) -> list[Slide]:
    """The slides in the order they are played."""
    return list(db.scalars(select(Slide).where(Slide.playlist_id == playlist_id).order_by(Slide.position, Slide.id)))


def make_house(db: Session, name: str, *, by: Person) -> Playlist:
    """The house's own playlist, made from the one that is built in; calling again gives the same one."""
    one_at_a_time(db, _HOUSE)
    if (known := house(db)) is not None:
        return known
    made = _add(db, name, kinds=DEFAULT, is_house=True)
    audit.write(db, "playlist_added", "playlist", made.id, by=by, name=made.name)
    activity.record(db, "playlist_changed", playlist_id=made.id)
    return made


def add(db: Session, name: str, *, by: Person) -> Playlist:
    """A playlist that begins with what is newest. Raises NameTaken and TooMany."""
    if (db.scalar(select(func.count()).select_from(Playlist)) or 0) >= MOST_PLAYLISTS:
        raise TooMany
    made = _add(db, name, kinds=("newest",), is_house=False)
    audit.write(db, "playlist_added", "playlist", made.id, by=by, name=made.name)
    return made


def rename(db: Session, playlist: Playlist, name: str, *, by: Person) -> None:
    """Raises NameTaken."""
    try:
        with db.begin_nested():
            db.execute(update(Playlist).where(Playlist.id == playlist.id).values(name=name))
    except IntegrityError:
        raise NameTaken from None
    audit.write(db, "playlist_changed", "playlist", playlist.id, by=by, name=name)


def remove(db: Session, playlist: Playlist, *, by: Person) -> None:
    """Its screens play the house's playlist again; without that one, what is built in."""
    audit.write(db, "playlist_removed", "playlist", playlist.id, by=by, name=playlist.name)
    db.execute(update(Screen).where(Screen.playlist_id == playlist.id).values(playlist_id=None))
    db.execute(delete(Slide).where(Slide.playlist_id == playlist.id))
    db.execute(delete(Playlist).where(Playlist.id == playlist.id))
    activity.record(db, "playlist_changed", playlist_id=playlist.id)


def add_slide(db: Session, playlist: Playlist, wanted: Wanted, *, by: Person) -> Slide:
    """At the end. Raises TooMany."""
    _turn_page(db, playlist.id)
    number, last = db.execute(
        select(func.count(), func.max(Slide.position)).where(Slide.playlist_id == playlist.id)
    ).one()
    if number >= MOST_SLIDES:
        raise TooMany
    slide = Slide(playlist_id=playlist.id, position=(last or 0) + 1, **asdict(wanted))
    db.add(slide)
    db.flush()
    _tell(db, playlist.id, by, slide=slide.id, kind=slide.kind, what="added")
    return slide


def change_slide(db: Session, slide: Slide, wanted: Wanted, *, version: int | None, by: Person) -> None:
    """`version` is the one that was read. Raises Changed when it is not that any more."""
    _turn_page(db, slide.playlist_id)
    done = db.execute(
        update(Slide)
        .where(Slide.id == slide.id, Slide.version == version)
        .values(**asdict(wanted), version=Slide.version + 1)
    )
    assert isinstance(done, CursorResult)
    if done.rowcount != 1:
        raise Changed
    _tell(db, slide.playlist_id, by, slide=slide.id, kind=slide.kind, what="changed")


def move_slide(db: Session, slide: Slide, places: int, *, by: Person) -> None:
    """One place up (-1) or down (1); at an end it stays where it is."""
    _turn_page(db, slide.playlist_id)
    rows = db.execute(select(Slide.id).where(Slide.playlist_id == slide.playlist_id).order_by(Slide.position, Slide.id))
    order = [row.id for row in rows]
    if slide.id not in order:
        raise NotFound
    here = order.index(slide.id)
    there = here + places
    if not 0 <= there < len(order):
        return
    order[here], order[there] = order[there], order[here]
    for position, each in enumerate(order, start=1):
        db.execute(update(Slide).where(Slide.id == each, Slide.position != position).values(position=position))
    _tell(db, slide.playlist_id, by, slide=slide.id, kind=slide.kind, what="moved")


def remove_slide(db: Session, slide: Slide, *, by: Person) -> None:
    _turn_page(db, slide.playlist_id)
    db.execute(delete(Slide).where(Slide.id == slide.id))
    _tell(db, slide.playlist_id, by, slide=slide.id, kind=slide.kind, what="removed")


def _add(db: Session, name: str, *, kinds: Sequence[str], is_house: bool) -> Playlist:
    made = Playlist(name=name, is_house=is_house, created_at=clock.now())
    try:
        with db.begin_nested():
            db.add(made)
    except IntegrityError:
        raise NameTaken from None
    db.add_all(Slide(playlist_id=made.id, position=place, kind=kind) for place, kind in enumerate(kinds, start=1))
    db.flush()
    return made


def _turn_page(db: Session, playlist_id: int) -> None:
    """Begin a new version of the playlist. Its row is written first: the changes of two editors come one by one."""
    db.execute(update(Playlist).where(Playlist.id == playlist_id).values(version=Playlist.version + 1))


def _tell(db: Session, playlist_id: int, by: Person, **detail: str | int) -> None:
    audit.write(db, "playlist_changed", "playlist", playlist_id, by=by, **detail)
    activity.record(db, "playlist_changed", playlist_id=playlist_id)
