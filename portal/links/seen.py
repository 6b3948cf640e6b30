"""Where the clicks of each visitor are on record, kept in memory: no index finds them in the database.

Visitors are hashes and come in no order, so every entry of an index on them lands on a page of its own: writing those
pages took a third of all storing. What a click is judged by is of the same day and of the last seconds only.
"""

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from datetime import date, datetime
from itertools import chain
from typing import Protocol

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.links.models import Click
from portal.links.verdicts import RULE_VERSION
from portal.tables import instant, microseconds

PLACES = 2**22
"""Visitors share a place by the last digits of their number: 16 MB, and 4 bytes more for each click of the day."""
LATELY = 10_000_000
"""Microseconds for which suspects are remembered at least."""
MOST_LATELY = 100_000
"""Suspects after which the older ones go sooner, so that a flood of them does not fill the memory."""
OUT_OF_ORDER = 20_000
"""Clicks by which the journals of several processes may be stored in another order than they came."""


class Stored(Protocol):
    """What is remembered of a click."""

    @property
    def id(self) -> int: ...
    @property
    def at(self) -> int: ...
    @property
    def visitor(self) -> int | None: ...
    @property
    def verdict(self) -> str: ...
    @property
    def link_id(self) -> int: ...


class Seen:
    """The clicks on record of one day, for one process that stores some while others may as well."""

    def __init__(self) -> None:
        self._since: datetime | None = None
        """From this moment on, every click up to `_last` is known."""
        self._first, self._last = 1, 0
        """Ids of the first and the last click that are known."""
        self._newest = array("I")
        """By place, the newest click of a person there: the how-manieth since `_first`, 0 for none."""
        self._before = array("I")
        """For each click since `_first`, the one before it at the same place."""
        self._may_turn = False
        """Whether a click of the day was judged by older rules: judged again, any may turn out to be a person's."""
        self._suspects = _Suspects()

    def catch_up(self, db: Session, since: datetime, *, lately: int) -> None:
        """Know every click since then, and who was suspect since the moment `lately`."""
        last = db.scalar(select(func.max(Click.id))) or 0
        known = self._since
        if known is None or since < known or _day(known) < _day(since) or last < self._last:
            known = None
        elif last == self._last:
            return
        self._since = None  # what is known in part is not known: should this fail, the next one begins anew
        if known is None:
            known = since
            self._begin(db, since, last)
            unknown = Click.at >= since
        else:
            unknown = Click.id > self._last
        self._note(_people(db, unknown & (Click.id <= last), anyone=self._may_turn))
        self._last = last
        # All of them anew: whoever else stored clicks may have taken back some that were known as a person's.
        self._suspects = _Suspects()
        for visitor, at, link_id in _suspects_since(db, lately):
            self._suspects.add(visitor, microseconds(at), link_id)
        self._since = known

    def stored(self, visits: Sequence[Stored], taken: Iterable[Stored]) -> None:
        """These new clicks, in the order of their ids, are on record, and those taken back turned out suspect."""
        if self._since is None or (visits and visits[0].id != self._last + 1):
            return  # there are some in between that are still to be looked up
        may_turn = self._may_turn
        self._note([(each.id, each.visitor) for each in visits if each.verdict == "human" or may_turn])
        self._last = visits[-1].id if visits else self._last
        for visit in chain(visits, taken):
            if visit.verdict == "suspect" and visit.visitor is not None:
                self._suspects.add(visit.visitor, visit.at, visit.link_id)

    def strangers(self, visitors: Iterable[int]) -> set[int]:
        """Those of these visitors of whom nothing is on record that a click could be judged by."""
        newest = self._newest
        return {visitor for visitor in visitors if not newest[visitor % PLACES]} - self._suspects.visitors()

    def clicks_of(self, visitors: Collection[int]) -> list[int]:
        """The ids of all that people among these visitors clicked, with some of others who share their places."""
        newest, before, first = self._newest, self._before, self._first
        found = []
        for place in {visitor % PLACES for visitor in visitors}:
            number = newest[place]
            while number:
                found.append(first + number - 1)
                number = before[number - 1]
        return found

    def suspects_among(self, visitors: Set[int]) -> Set[int]:
        """Those of these visitors who were suspect lately."""
        return visitors & self._suspects.visitors()

    def suspect_clicks_of(self, visitor: int) -> Iterator[tuple[int, int]]:
        """Moment (µs) and link of what the visitor clicked lately that passed for no person's."""
        return self._suspects.of(visitor)

    def _begin(self, db: Session, since: datetime, last: int) -> None:
        self._first = db.scalar(select(func.min(Click.id)).where(Click.at >= since)) or last + 1
        self._newest, self._before = array("I", bytes(4 * PLACES)), array("I")
        older = select(Click.id).where(Click.at >= since, Click.rule_version < RULE_VERSION).limit(1)
        self._may_turn = db.scalar(older) is not None

    def _note(self, clicks: Iterable[tuple[int, int | None]]) -> None:
        """Add clicks by id and visitor, in the order of their ids."""
        newest, before = self._newest, self._before
        number, first = len(before), self._first
        for id_, visitor in clicks:
            if visitor is None:
                continue
            between = id_ - first - number
            if between:  # of robots, of suspects, of nobody
                before.frombytes(bytes(4 * between))
            number += between + 1
            place = visitor % PLACES
            before.append(newest[place])
            newest[place] = number


class _Suspects:
    """Who was suspect lately: of late and of the time before, so that forgetting costs nothing."""

    def __init__(self) -> None:
        self._late: dict[int, list[tuple[int, int]]] = {}
        self._earlier: dict[int, list[tuple[int, int]]] = {}
        self._since = self._count = 0

    def add(self, visitor: int, at: int, link_id: int) -> None:
        if at - self._since > LATELY or self._count == MOST_LATELY:
            self._earlier, self._late = self._late, {}
            self._since, self._count = at, 0
        self._late.setdefault(visitor, []).append((at, link_id))
        self._count += 1

    def visitors(self) -> Set[int]:
        return self._late.keys() | self._earlier.keys()

    def of(self, visitor: int) -> Iterator[tuple[int, int]]:
        return chain(self._earlier.get(visitor, ()), self._late.get(visitor, ()))


def _people(db: Session, wanted: ColumnElement[bool], *, anyone: bool) -> Iterable[tuple[int, int | None]]:
    """Ids and visitors of the clicks by people, or by anyone: past the ORM, for there may be a million."""
    click = Click.__table__.c
    people = select(click.id, click.visitor).where(wanted, click.visitor.is_not(None)).order_by(click.id)
    if not anyone:
        people = people.where(click.verdict == "human")
    return db.connection().execute(people, execution_options={"yield_per": 10_000})


def _suspects_since(db: Session, moment: int) -> Iterable[tuple[int, datetime, int]]:
    since = instant(moment)
    first = db.scalar(select(Click.id).where(Click.at > since).order_by(Click.at).limit(1))
    if first is None:
        return []
    # From an id on: when the clock was set back, no moment tells how many clicks are newer.
    suspects = (
        select(Click.visitor, Click.at, Click.link_id)
        .where(
            Click.verdict == "suspect", Click.visitor.is_not(None), Click.at > since, Click.id > first - OUT_OF_ORDER
        )
        .order_by(Click.id.desc())
        .limit(MOST_LATELY)
    )
    return db.execute(suspects).all()[::-1]  # type: ignore[return-value]


def _day(moment: datetime) -> date:
    return clock.local(moment).date()
