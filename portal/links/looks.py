"""The second look at a click that could be a person's: what else this visitor did, and whose link it was.

The first look, at the request alone, is `verdicts`. Here the order matters: clicks are judged one after another as they
are kept, and a burst also takes back the clicks that passed for people before anybody could know.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock, settings
from portal.links import bulk, periods
from portal.links.journal import Record, Said
from portal.links.models import Click
from portal.links.seen import Seen
from portal.links.verdicts import Verdict, judge
from portal.tables import instant, microseconds

SECOND = 1_000_000
"""Moments are microseconds since 1970 here: numbers are quicker to compare than dates."""
REPEAT_WITHIN = 3600 * SECOND
BURST_WITHIN = 5 * SECOND
BURST_LINKS = 3
TOO_SOON = 2 * SECOND


class Source(NamedTuple):
    """The link a click came through, and what it led to at that moment."""

    link_id: int
    kind: str
    person_id: int | None
    department_id: int | None
    network: str
    created_at: int
    item_id: int | None
    campaign_id: int | None


class Visit:
    """One click while it is judged: what `booking` wants to know, and whether its row is there already."""

    __slots__ = (
        *("at", "campaign_id", "department_id", "hour", "id", "is_first", "is_kept", "item_id", "link_id", "network"),
        *("person_id", "reason", "verdict", "visitor"),
    )

    def __init__(self, source: Source, at: int, hour: datetime, visitor: int | None, verdict: Verdict) -> None:
        self.link_id, _, self.person_id, self.department_id, self.network, _, self.item_id, self.campaign_id = source
        self.at = at
        self.hour = hour
        self.visitor = visitor
        self.verdict, self.reason = verdict
        self.id = 0
        self.is_kept = False
        self.is_first = False
        """Whether it is its visitor's first by a person on this link that day."""

    def under(self, verdict: Verdict) -> "Visit":
        """The same click with another verdict."""
        other = Visit(_NOBODY, self.at, self.hour, self.visitor, verdict)
        for name in ("link_id", "person_id", "department_id", "network", "item_id", "campaign_id", "id"):
            setattr(other, name, getattr(self, name))
        return other


_NOBODY = Source(0, "", None, None, "", 0, None, None)


class Looks:
    """What the visitors of a batch did, as far as it matters for judging them."""

    def __init__(self) -> None:
        self._people: dict[int, list[Visit]] = {}
        """By visitor, what passed for a person today, in the order in which it was kept, burst or not."""
        self._recent: dict[int, list[tuple[int, int]]] = {}
        """By visitor, moment and link of whatever they opened within seconds, not what their browser fetched ahead."""
        self.taken: list[tuple[Visit, Verdict]] = []
        """Rows kept earlier that turned out to be part of a burst, with the verdict they had."""

    def expect(self, visits: Iterable[Visit]) -> set[int]:
        """Follow the visitors of these clicks, as far as one could be a person; who they are."""
        visitors = {visit.visitor for visit in visits if visit.verdict == "human" and visit.visitor is not None}
        self._recent |= {visitor: [] for visitor in visitors}
        return visitors

    def recall(self, db: Session, visits: Sequence[Visit], seen: Seen) -> Sequence[Visit]:
        """Look up what the visitors of these clicks did before; the clicks that are to be judged by it, in order.

        The others stand alone: their visitors' only ones, and those of people are marked as the day's first.
        """
        begin = min((visit.at for visit in visits if visit.verdict == "human"), default=None)
        if begin is None:
            return []
        today = judged_by_since(begin)
        lately = begin - BURST_WITHIN
        seen.catch_up(db, today, lately=lately)
        times = Counter([visit.visitor for visit in visits if visit.verdict != "bot"])
        alone = seen.strangers([who for who, number in times.items() if number == 1 and who is not None])
        followed = []
        for visit in visits:
            if visit.visitor not in alone:
                followed.append(visit)
            elif visit.verdict == "human":
                visit.is_first = True
        visitors = self.expect(followed)
        for visitor in seen.suspects_among(visitors):
            self._recent[visitor] += [each for each in seen.suspect_clicks_of(visitor) if each[0] > lately]
        ids = seen.clicks_of(visitors)
        if not ids:
            return followed
        columns = (
            *(Click.id, Click.at, Click.visitor, Click.reason, Click.link_id, Click.person_id, Click.department_id),
            *(Click.network, Click.item_id, Click.campaign_id),
        )
        by_people = (bulk.among(db, Click.id, ids), Click.verdict == "human", Click.at >= today)
        for id_, at, who, reason, link_id, person_id, department_id, network, *led in db.execute(
            select(*columns).where(*by_people).order_by(Click.id)
        ):
            if who not in visitors:
                continue
            source = Source(link_id, "", person_id, department_id, network, 0, led[0], led[1])
            moment = microseconds(at)
            visit = Visit(source, moment, periods.hour_of(at), who, Verdict("human", reason))
            visit.id, visit.is_kept = id_, True
            self._people.setdefault(who, []).append(visit)
            if moment > lately:
                self._recent[who].append((moment, link_id))
        return followed

    def judge(self, visit: Visit) -> None:
        """Decide about the next click: whether it repeats another or belongs to a burst."""
        visitor = visit.visitor
        recent = self._recent.get(visitor) if visitor is not None else None
        if visitor is None or recent is None or visit.verdict == "bot":
            return
        if visit.verdict == "human":
            people = self._people.get(visitor)
            if recent or people:
                self._judge(visit, recent, people or ())
            if visit.verdict == "human":
                if people is None:
                    self._people[visitor] = [visit]
                else:
                    people.append(visit)
        recent.append((visit.at, visit.link_id))
        if len(recent) > _MANY:
            recent[:] = [each for each in recent if abs(each[0] - visit.at) < BURST_WITHIN][-_MANY // 2 :]

    def _judge(self, visit: Visit, recent: list[tuple[int, int]], people: Sequence[Visit]) -> None:
        at, link_id = visit.at, visit.link_id
        for other in people:
            if other.link_id == link_id and other.verdict == "human" and abs(at - other.at) < REPEAT_WITHIN:
                visit.verdict, visit.reason = "suspect", "repeat"
                return
        if not _is_burst(at, link_id, recent):
            return
        visit.verdict, visit.reason = "suspect", "burst"
        for other in people:
            if other.verdict == "human" and abs(at - other.at) < BURST_WITHIN:
                if other.is_kept:
                    self.taken.append((other, Verdict(other.verdict, other.reason)))
                other.verdict, other.reason = "suspect", "burst"

    def corrections(self) -> Iterator[tuple[Visit, int, int]]:
        """What changes in figures booked earlier: a click, and how many clicks and visitors more. Ask once, at the end.

        Marks the new clicks that are their visitor's first of the day.
        """
        for visit, before in self.taken:
            yield visit.under(before), -1, 0
            yield visit, 1, 0
        had = {visit.id: before for visit, before in self.taken}
        for visits in self._people.values():
            if len(visits) == 1 and not visits[0].is_kept:
                visits[0].is_first = visits[0].verdict == "human"
                continue
            for same in _by_link_and_day(visits):
                counted = next((visit for visit in same if visit.is_kept), None)
                counts = next((visit for visit in same if visit.verdict == "human"), None)
                if counted is counts:
                    continue
                if counted is not None:
                    yield counted.under(had.get(counted.id, Verdict(counted.verdict, counted.reason))), 0, -1
                if counts is not None and counts.is_kept:
                    yield counts, 0, 1
                elif counts is not None:
                    counts.is_first = True


def _is_burst(at: int, link_id: int, recent: Sequence[tuple[int, int]]) -> bool:
    """Whether this link and what was opened around its moment are too many links for a reader."""
    links = {link_id}
    for moment, link in reversed(recent):  # the latest first: of a flood these settle it, not thousands
        if abs(at - moment) < BURST_WITHIN:
            links.add(link)
            if len(links) == BURST_LINKS:
                return True
    return False


_MANY = 4096
"""Clicks of one visitor within seconds beyond which the oldest are forgotten."""


def _by_link_and_day(visits: Sequence[Visit]) -> Iterable[list[Visit]]:
    groups: dict[tuple[int, date], list[Visit]] = {}
    for visit in visits:
        groups.setdefault((visit.link_id, clock.local(visit.hour).date()), []).append(visit)
    return groups.values()


def judged_by_since(at: int) -> datetime:
    """The moment since which clicks matter for one at this moment: all of the day, and of the hour before."""
    midnight = clock.start_of(clock.local(instant(at)).date())
    return min(midnight, instant(at - REPEAT_WITHIN))


def is_too_soon(source: Source, record: Record) -> bool:
    """Whether a share was opened right after it was made, and no browser says that somebody did it by hand.

    On https browsers say so; on http none can.
    """
    return (
        may_be_too_soon(source, record.at)
        and record.said.fetch_mode != "navigate"
        and settings.current().link_base_url.startswith("https://")
    )


def may_be_too_soon(source: Source, at: int) -> bool:
    """Whether the moment says so; true of no later one when it is false."""
    return source.kind == "share" and at - source.created_at < TOO_SOON


@lru_cache(maxsize=16_384)
def first_look(said: Said) -> Verdict:
    """The verdict on the request alone."""
    headers: Mapping[str, str] = {
        "user-agent": said.agent,
        "accept-language": said.language,
        "accept": said.accept,
        "sec-fetch-mode": said.fetch_mode,
        "sec-fetch-dest": said.fetch_dest,
        **dict.fromkeys(("sec-purpose", "purpose", "x-purpose", "x-moz"), said.purpose),
    }
    return judge("GET", {name: value for name, value in headers.items() if value})
