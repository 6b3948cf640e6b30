"""Short videos for walls: judged by what is in them, kept once, and served in parts as players ask for them."""

import hashlib
import re
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import clock, settings
from portal.database import Database
from portal.i18n import gettext as _
from portal.jobs import job
from portal.screens.models import Film, Slide

EXTENSIONS = ".mp4,.webm,video/mp4,video/webm"
"""What a file chooser offers."""
LARGEST_PIECE = 512_000
"""Bytes of a film that are read at once: as many get who asks for a part, and as many are kept of a whole one."""
_SENT_AT_ONCE = 64_000
KEPT_UNUSED = timedelta(days=1)
"""How long a video stays that no slide shows any more: walls that are cut off may still be playing it."""
_TOP_BOXES = frozenset((b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"sidx", b"moof", b"mfra"))
_H264 = (b"avc1", b"avc3")
_NOT_EVERYWHERE = (b"hvc1", b"hev1", b"av01", b"vp09", b"dvh1", b"dvhe")
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class FilmRefused(ValueError):
    """The video cannot be shown on walls; the message is a sentence for whoever chose it."""


@dataclass(frozen=True)
class Checked:
    """A video that walls can show."""

    body: bytes
    media_type: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


def check(body: bytes) -> Checked:
    """Judges a file by its content, never by its name. Raises FilmRefused."""
    most = settings.current().max_upload
    if not body:
        raise FilmRefused(_("This file is empty. Choose the video again."))
    if len(body) > most:
        megabytes = max(1, most // 1_000_000)
        raise FilmRefused(_("This video is larger than %(most)s MB. Make it shorter or smaller.", most=megabytes))
    if body[4:8] == b"ftyp":
        _check_mp4(body)
        return Checked(body, "video/mp4")
    if body[:4] == b"\x1a\x45\xdf\xa3" and b"webm" in body[:64]:
        if b"V_VP8" not in body[:65_536] and b"V_VP9" not in body[:65_536]:
            raise FilmRefused(_("Many screens cannot play this kind of WebM. Save the video as MP4 with H.264."))
        return Checked(body, "video/webm")
    raise FilmRefused(_("We cannot read this file as a video. Use MP4 (H.264) or WebM."))


def keep(db: Session, checked: Checked) -> Film:
    """The row of a video; the same one handed in twice is one row."""
    wanted = select(Film).where(Film.digest == checked.digest)
    if (known := db.scalar(wanted)) is not None:
        return known
    film = Film(digest=checked.digest, media_type=checked.media_type, body=checked.body, created_at=clock.now())
    try:
        with db.begin_nested():
            db.add(film)
    except IntegrityError:
        return db.scalars(wanted).one()
    return film


def by_id(db: Session, ids: Collection[int]) -> dict[int, Film]:
    """These videos without their bytes."""
    return {film.id: film for film in db.scalars(select(Film).where(Film.id.in_(ids)))} if ids else {}


def address(film: Film) -> str:
    """Where it is served: public, but the digest in it cannot be guessed."""
    return f"/screen/films/{film.digest}"


@dataclass(frozen=True)
class Piece:
    """The bytes from `first` up to and including `last`, of `total`."""

    first: int
    last: int
    total: int


def is_range(header: str) -> bool:
    """Whether a Range header is one we read: other kinds, and several parts at once, are as if nothing was said."""
    found = _RANGE.fullmatch(header.strip())
    if found is None or not any(found.groups()):
        return False
    first, last = found.groups()
    return not (first and last) or int(first) <= int(last)


def asked_for(header: str, total: int) -> Piece | None:
    """What a Range header asks of `total` bytes; all of them when it is none we read. None: there is no such part."""
    if not is_range(header):
        return Piece(0, total - 1, total)
    first, last = header.strip().removeprefix("bytes=").split("-")
    if not first:  # the last so many bytes
        return Piece(max(0, total - int(last)), total - 1, total) if int(last) else None
    begin, end = int(first), min(int(last), total - 1) if last else total - 1
    return Piece(begin, end, total) if begin < total else None


def find(db: Session, digest: str) -> tuple[int, str, int] | None:
    """The id, media type and size of a video, without its bytes."""
    row = db.execute(select(Film.id, Film.media_type, func.length(Film.body)).where(Film.digest == digest)).first()
    return (row[0], row[1], row[2]) if row else None


def read(db: Session, film_id: int, piece: Piece) -> bytes:
    """That piece of the video; nothing else of it is read from the database."""
    size = piece.last - piece.first + 1
    if db.get_bind().dialect.name == "sqlite":  # of which substr takes all of a film into memory first
        driver: Any = db.connection().connection.driver_connection
        opened = driver.open_blob if hasattr(driver, "open_blob") else driver.blobopen  # of the wheel, and Python's own
        with closing(opened(Film.__tablename__, Film.body.key, film_id, readonly=True)) as body:
            body.seek(piece.first)
            return bytes(body.read(size))
    cut = func.substr(Film.body, piece.first + 1, size)
    return bytes(db.scalars(select(cut).where(Film.id == film_id)).one())


def whole(database: Database, film_id: int, total: int) -> Iterator[bytes]:
    """All of the video, read as it is taken: of a piece that is not taken, no next one is read."""
    for first in range(0, total, LARGEST_PIECE):
        with database.reading() as db:
            body = read(db, film_id, Piece(first, min(first + LARGEST_PIECE, total) - 1, total))
        for place in range(0, len(body), _SENT_AT_ONCE):
            yield body[place : place + _SENT_AT_ONCE]


@job("unused_films", every=timedelta(days=1))
def forget_unused(db: Session) -> None:
    """Videos no slide shows any more are not kept."""
    used = select(Slide.film_id).where(Slide.film_id.is_not(None))
    db.execute(delete(Film).where(Film.id.not_in(used), Film.created_at < clock.now() - KEPT_UNUSED))


def _check_mp4(body: bytes) -> None:
    """That it is whole and says to be H.264, which is what every screen plays."""
    place, moov = 0, b""
    while place + 8 <= len(body):
        size, name = int.from_bytes(body[place : place + 4]), body[place + 4 : place + 8]
        if size == 1 and place + 16 <= len(body):
            size = int.from_bytes(body[place + 8 : place + 16])
        elif size == 0:
            size = len(body) - place
        if size < 8 or name not in _TOP_BOXES or place + size > len(body):
            raise FilmRefused(_("This video is damaged or only half of it arrived. Choose it again."))
        if name == b"moov":
            moov = body[place : place + size]
        place += size
    if not moov:
        raise FilmRefused(_("This video is damaged or only half of it arrived. Choose it again."))
    if any(mark in moov for mark in _NOT_EVERYWHERE) or not any(mark in moov for mark in _H264):
        raise FilmRefused(_("Older screens cannot play this kind of MP4. Save the video with H.264 first."))
