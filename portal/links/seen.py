"""Which visitors may be on record already, so that for the many who are new the database need not be asked."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.links.models import Click

BITS = 2**27
"""One for each visitor, by the last digits of their number: 16 MB, in which one new visitor of a hundred is taken for
a known one once 1.3 million came that day."""


class Seen:
    """The visitors of clicks that one process stores, and whoever else stored some before its transaction."""

    def __init__(self) -> None:
        self._bits = bytearray(BITS // 8)
        self._since: datetime | None = None
        """From this moment on, the visitors of all clicks up to `_last` are known."""
        self._last = 0

    def catch_up(self, db: Session, since: datetime) -> None:
        """Know the visitors of every click since then, in a transaction that keeps others from storing any."""
        last = db.scalar(select(func.max(Click.id))) or 0
        moved_on = self._since is not None and clock.local(self._since).date() < clock.local(since).date()
        if self._since is None or since < self._since or moved_on:
            self._bits = bytearray(BITS // 8)
            self._since = since
            self._note(db.scalars(select(Click.visitor).where(Click.at >= since)).yield_per(10_000))
            self._last = last
        elif last > self._last:
            self._note(db.scalars(select(Click.visitor).where(Click.id > self._last)).yield_per(10_000))
            self._last = last

    def stored(self, visitors: Iterable[int | None], last: int) -> None:
        """These came with clicks whose ids end at `last`. Say it once their transaction is over."""
        self._note(visitors)
        self._last = last

    def may_hold(self, visitor: int) -> bool:
        """False when no click of this visitor is on record."""
        place = visitor & (BITS - 1)
        return bool(self._bits[place >> 3] & 1 << (place & 7))

    def _note(self, visitors: Iterable[int | None]) -> None:
        bits = self._bits
        for visitor in visitors:
            if visitor is not None:
                place = visitor & (BITS - 1)
                bits[place >> 3] |= 1 << (place & 7)
