"""What is on record in the journal and not counted yet: how much, since when, and the same in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock, i18n
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.links import journal
from portal.links.models import Click, JournalPosition

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


def look(db: Session, folder: Path) -> Backlog:
    """The backlog of the journal in `folder`."""
    positions = dict(db.execute(select(JournalPosition.file, JournalPosition.offset)).all())
    size, waiting, oldest = 0, 0, None
    for path in journal.files(folder):
        try:
            rest = path.stat().st_size - positions.get(path.name, 0)
            batch = journal.read(path, positions.get(path.name, 0), SAMPLE) if rest > 0 else None
        except FileNotFoundError:
            continue  # counted to its end and deleted meanwhile
        if batch is None or not batch.records:
            continue
        read = batch.next_offset - positions.get(path.name, 0)
        size += rest
        waiting += len(batch.records) * rest // read
        oldest = min(filter(None, (oldest, batch.records[0].at)))
    damaged = db.scalar(select(func.coalesce(func.sum(JournalPosition.damaged), 0))) or 0
    return Backlog(size, waiting, oldest, db.scalar(select(func.max(Click.at))), int(damaged))


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
