"""What is on record in the journal and not counted yet: how much, since when, and the same in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock, i18n
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.links import journal
from portal.links.models import Click, JournalPosition
from portal.tables import instant

SAMPLE = 65_536
"""Bytes read of a file that waits, to tell how many clicks its rest holds."""
AT_ONCE = timedelta(seconds=10)
"""Waiting no longer than this is how it always is."""


@dataclass(frozen=True)
class Backlog:
    """The state of the journal of this server."""

    waiting_bytes: int
    waiting: int
    """Clicks, estimated from a sample when there are many."""
    oldest: datetime | None
    """When the click came that has waited longest."""
    last: datetime | None
    """When the newest click came that is counted."""
    damaged: int
    """Lines that could not be counted."""

    @property
    def lag(self) -> timedelta:
        """How long the click that has waited longest has been waiting."""
        return max(timedelta(), clock.now() - self.oldest) if self.oldest is not None else timedelta()

    @property
    def is_late(self) -> bool:
        return self.lag > AT_ONCE


class _Told(NamedTuple):
    """What the database says of a journal."""

    positions: dict[str, int]
    last: datetime | None
    damaged: int


_told: dict[Path, _Told] = {}
"""What it said last, by folder: good enough while it is away."""


def look(db: Session, folder: Path) -> Backlog:
    """The backlog of the journal in `folder`."""
    positions = dict(db.execute(select(JournalPosition.file, JournalPosition.offset)).all())
    damaged = db.scalar(select(func.coalesce(func.sum(JournalPosition.damaged), 0))) or 0
    _told[folder] = _Told(positions, db.scalar(select(func.max(Click.at))), int(damaged))
    return look_without_database(folder)


def look_without_database(folder: Path) -> Backlog:
    """The same by what the database told this process last; everything waits when it never did."""
    positions, last, damaged = _told.get(folder, _Told({}, None, 0))
    size, waiting, oldest = 0, 0, None
    for path in journal.files(folder):
        offset = positions.get(path.name, 0)
        try:
            rest = path.stat().st_size - offset
            batch = journal.read(path, offset, SAMPLE) if rest > 0 else None
        except FileNotFoundError:
            continue  # counted to its end and deleted meanwhile
        if batch is None or not batch.records:
            continue
        size += rest
        waiting += len(batch.records) * rest // (batch.next_offset - offset)
        oldest = min(filter(None, (oldest, instant(batch.records[0].at))))
    return Backlog(size, waiting, oldest, last, damaged)


def in_words(found: Backlog) -> str:
    """Such as "All clicks are counted; the last one 2 seconds ago.", in the current language."""
    if found.is_late and found.oldest is not None:
        return ngettext(
            "%(count)s click waits to be counted; it came %(ago)s.",
            "%(count)s clicks wait to be counted; the first of them came %(ago)s.",
            found.waiting,
            count=i18n.number(found.waiting),
            ago=i18n.ago(found.oldest),
        )
    if found.last is None:
        return _("Nobody has clicked a link yet.")
    return _("All clicks are counted; the last one %(ago)s.", ago=i18n.ago(found.last))
