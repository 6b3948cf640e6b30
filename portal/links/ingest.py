"""From the journal into the database: clicks are judged in the light of what came before, kept and booked.

`store` does it for any records; `Ingest` reads them from journal files and moves its position in each file within the
transaction that stores what it read, so that every line is counted exactly once, whatever dies when.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import structlog
from sqlalchemy import delete, exists, func, select
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from portal import activity, clock, jobs
from portal.campaigns.models import Item
from portal.database import Database, insert, one_at_a_time
from portal.links import booking, bulk, journal, periods
from portal.links.booking import Sums
from portal.links.journal import Batch, Record
from portal.links.looks import (
    BURST_WITHIN,
    Looks,
    Source,
    Visit,
    first_look,
    is_too_soon,
    judged_by_since,
    may_be_too_soon,
)
from portal.links.models import Click, JournalPosition, Link, Rollup
from portal.links.seen import Seen
from portal.links.verdicts import RULE_VERSION
from portal.links.visitors import device
from portal.people.models import Person, WebSession
from portal.tables import microseconds

STORING = 7_308_605
"""The lock that lets one transaction at a time judge clicks: each must see what the one before it decided."""
IDLE = 0.05
"""Seconds between looks at journals in which nothing happens."""
LEAST, MOST = 256_000, 6_000_000
"""Bytes of a batch, when there are as many: small ones keep the database free for others, large ones cost less."""
CHECKPOINT = 1.0
"""Seconds between checkpoints on SQLite, where no other process does any."""
LONGEST_WAIT = 5.0
"""Seconds between attempts while the database is away."""
DRAIN_WITHIN = 10.0
"""Seconds a drain goes on trying when the database does not answer."""
SETTLED = 10.0
"""Seconds without a line before a file is looked at for deletion: a new one is locked a moment after it is made."""

LINKS_HOLD = 1.0
"""Seconds for which a link is not looked up again. If its person is removed meanwhile, the database says so."""
UNFIT = (DataError, IntegrityError, OverflowError)
"""What the database says of a row it cannot take, as against not working at all."""

Led = Mapping[str, tuple[int | None, int | None]]
"""Item and campaign by code, for links whose own row does not say where they led."""


class Outcome(NamedTuple):
    """What became of a batch."""

    visits: Sequence[Visit]
    """The clicks that were stored."""
    taken: Sequence[Visit]
    """Those stored earlier that turned out to be part of a burst."""


def store(
    db: Session,
    records: Sequence[Record],
    *,
    seen: Seen,
    led: Led | None = None,
    known_links: dict[str, Source] | None = None,
) -> Outcome:
    """Judge, keep and book the clicks in `records`, in this order, in the caller's transaction.

    `seen` knows where the clicks of visitors are; tell it what was stored once that is sure, or let it look.
    `known_links` are not looked up again, and what was looked up is added to them. A record of a link nobody has is
    not stored.
    """
    one_at_a_time(db, STORING)
    sources = _sources(db, records, led or {}, {} if known_links is None else known_links)
    _hold_people(db, sources)
    known = [record for record in records if record.code in sources]
    hour_of = periods.Hours().of
    visits = [Visit(sources[code], at, hour_of(at), visitor, first_look(said)) for at, code, visitor, said in known]
    _look_at_sharers(db, visits, known, sources)
    looks = Looks()
    for visit in looks.recall(db, visits, seen):
        looks.judge(visit)
    seen_first = _first_seen(db, visits, sources)
    sums = Sums()
    for changed, clicks, visitors in looks.corrections():
        sums.add(changed, clicks=clicks, visitors=visitors)
    for visit in visits:
        sums.add(visit, visitors=int(visit.is_first))
    _keep(db, visits, known)
    bulk.change(
        db,
        Click,
        ("verdict", "reason", "rule_version"),
        [(visit.verdict, visit.reason, RULE_VERSION, visit.id) for visit, _ in looks.taken],
    )
    people = sums.keep(db)
    if looks.taken:
        booking.drop_zeros(db, sums)
    _tell(db, seen_first, people)
    return Outcome(visits, [visit for visit, _ in looks.taken])


def is_milestone(people: int) -> bool:
    """10, 25, 50, 100, 250, 500, 1000 and so on."""
    while people >= 100 and people % 10 == 0:
        people //= 10
    return people in (10, 25, 50)


class Ingest:
    """Reads the journal files of one folder into the database."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self._offsets: dict[str, int] = {}
        """How far each file has been read, by name, as the database last said."""
        self._turn: dict[str, int] = {}
        """The moment of the last click read from each file, to take them in the order in which clicks came."""
        self._links: dict[str, Source] = {}
        self._seen = Seen()
        self._looked_up = 0.0
        self._checkpointed = 0.0
        self._log = structlog.get_logger()

    def run(self, wait: Callable[[float], bool]) -> None:
        """Read until `wait(seconds)` says that it is time to stop, then read what is left."""
        pause = IDLE
        with suppress(SQLAlchemyError):  # it will be tried again, only later than would be good
            self.prepare()
        while not wait(pause):
            try:
                while self.run_once(self.limit()) and not wait(0):
                    self.checkpoint()
                self.checkpoint()
                pause = IDLE
            except (SQLAlchemyError, OSError) as error:
                pause = min(LONGEST_WAIT, max(0.25, pause * 2))
                self._log.warning("clicks wait in the journal", error=repr(error)[:300], wait=pause)
        self.drain()

    def prepare(self) -> None:
        """Know who is on record today before the first click waits for it: a second for a million of them."""
        with self.database.reading() as db:
            newest = microseconds(db.scalar(select(func.max(Click.at))) or clock.now())
            self._seen.catch_up(db, judged_by_since(microseconds(clock.now())), lately=newest - BURST_WITHIN)

    def checkpoint(self) -> None:
        """On SQLite, now and then, bring what was written into the file: no other process does."""
        if time.monotonic() - self._checkpointed > CHECKPOINT:
            self.database.checkpoint()
            self._checkpointed = time.monotonic()

    def drain(self) -> int:
        """Read everything there is; how many clicks. Gives up after a while when the database does not answer."""
        stored, until = 0, time.monotonic() + DRAIN_WITHIN
        while True:
            try:
                found = self.run_once(self.limit())
                stored += found
                if not found and not self._unread():
                    return stored
                self.checkpoint()
            except (SQLAlchemyError, OSError) as error:
                if time.monotonic() > until:
                    self._log.warning("clicks stay in the journal for the next start", error=repr(error)[:300])
                    return stored
                time.sleep(0.2)

    def run_once(self, limit_bytes: int = LEAST) -> int:
        """Store one batch of the file whose turn it is; the number of clicks in it, damaged lines included."""
        for name, path, offset in self._unread():
            batch = journal.read(path, offset, limit_bytes)
            if batch.next_offset == offset:
                self._end(name, path)  # a line without an end, which nobody may be about to finish
                continue
            try:
                self._store(name, offset, batch)
            except _Moved:
                self._offsets.pop(name)
                continue
            except UNFIT:
                self._links.clear()
                self._store(name, offset, batch, one_by_one=True)
            self._offsets[name] = batch.next_offset
            if batch.records:
                self._turn[name] = batch.records[-1].at
            return len(batch.records) + batch.damaged
        return 0

    def _unread(self) -> list[tuple[str, Path, int]]:
        """Name, path and position of the files with something to read, the one that is furthest behind first."""
        sizes: dict[str, tuple[Path, int]] = {}
        for path in journal.files(self.folder):
            sizes[path.name] = (path, path.stat().st_size)
        new = sizes.keys() - self._offsets.keys()
        if new:
            self._look_up(new)
        for gone in self._offsets.keys() - sizes.keys():
            del self._offsets[gone]
            self._turn.pop(gone, None)
        unread = []
        for name, (path, size) in sizes.items():
            if size > self._offsets[name]:
                unread.append((name, path, self._offsets[name]))
            else:
                self._end(name, path)
        return sorted(unread, key=lambda each: (self._turn.get(each[0], 0), each[0]))

    def _look_up(self, names: set[str]) -> None:
        with self.database.reading() as db:
            found = select(JournalPosition.file, JournalPosition.offset).where(JournalPosition.file.in_(names))
            self._offsets |= dict.fromkeys(names, 0) | dict(db.execute(found).all())

    def limit(self) -> int:
        """Bytes of the next batch: all that waits, within bounds."""
        waiting = sum(path.stat().st_size - offset for _, path, offset in self._unread())
        return min(max(waiting, LEAST), MOST)

    def _store(self, name: str, offset: int, batch: Batch, *, one_by_one: bool = False) -> None:
        with self.database.writing() as db:
            if time.monotonic() - self._looked_up > LINKS_HOLD:
                self._links.clear()
                self._looked_up = time.monotonic()
            if one_by_one:
                outcome = self._store_each(db, batch.records)
            else:
                outcome = store(db, batch.records, seen=self._seen, known_links=self._links)
            lost = batch.damaged + len(batch.records) - len(outcome.visits)
            if lost:
                self._log.error("lines of the journal could not be counted", file=name, offset=offset, lines=lost)
            self._move(db, name, offset, to=batch.next_offset, damaged=lost)
        self._seen.stored(outcome.visits, outcome.taken)

    def _store_each(self, db: Session, records: Sequence[Record]) -> Outcome:
        """One after another, so that a record the database refuses keeps no other from being stored."""
        visits: list[Visit] = []
        taken: list[Visit] = []
        seen = Seen()  # another one: it gets to know clicks of a transaction that may still fail
        for record in records:
            try:
                with db.begin_nested():
                    outcome = store(db, [record], seen=seen)
            except UNFIT as error:
                self._log.error("the database refuses a click", code=record.code, error=repr(error)[:300])
            else:
                visits += outcome.visits
                taken += outcome.taken
        return Outcome(visits, taken)

    def _move(self, db: Session, name: str, offset: int, *, to: int, damaged: int) -> None:
        """Go on in a file; _Moved when somebody else did meanwhile, which undoes the transaction."""
        row = {"file": name, "offset": to, "damaged": damaged, "read_at": clock.now()}
        moved = (
            insert(db, JournalPosition)
            .values(row)
            .on_conflict_do_update(
                index_elements=["file"],
                set_={**row, "damaged": JournalPosition.damaged + damaged},
                where=JournalPosition.offset == offset,
            )
            .returning(JournalPosition.offset)
        )
        if db.scalar(moved) is None:
            raise _Moved

    def _end(self, name: str, path: Path) -> None:
        """Delete a file that was read to its end, once nobody can add to it any more."""
        if time.time() - path.stat().st_mtime < SETTLED or journal.is_being_written(path):
            return
        path.unlink()
        journal.sync_folder(self.folder)  # a file that came back after a power cut would be read anew
        with self.database.writing() as db:
            # A file with damage leaves its row behind: what could not be counted stays told.
            db.execute(delete(JournalPosition).where(JournalPosition.file == name, JournalPosition.damaged == 0))
        self._offsets.pop(name, None)


class _Moved(Exception):
    """Another ingest stored this batch."""


def _sources(db: Session, records: Sequence[Record], led: Led, found: dict[str, Source]) -> dict[str, Source]:
    """The links of the records by code, each with where it leads now, added to those in `found`."""
    codes = {record.code for record in records} - found.keys()
    if codes:
        columns = (Link.id, Link.kind, Link.person_id, Link.department_id, Link.network, Link.created_at, Link.item_id)
        wanted = (
            select(Link.code, *columns, Item.campaign_id)
            .outerjoin(Item, Item.id == Link.item_id)
            .where(Link.code.in_(codes))
        )
        for code, id_, kind, person_id, department_id, network, made, item_id, campaign_id in db.execute(wanted):
            owner = (person_id, department_id)
            found[code] = Source(id_, kind, *owner, network, microseconds(made), item_id, campaign_id)
    for code, (led_item, led_campaign) in led.items():
        if code in found:
            found[code] = found[code]._replace(item_id=led_item, campaign_id=led_campaign)
    return found


def _hold_people(db: Session, sources: dict[str, Source]) -> None:
    """Keep the people of these links from being removed before the end of the transaction; forget those who were."""
    people = {source.person_id for source in sources.values() if source.person_id is not None}
    if not people:
        return
    held = select(Person.id).where(bulk.among(db, Person.id, people)).with_for_update(read=True, key_share=True)
    gone = people - set(db.scalars(held.order_by(Person.id)))
    for code, source in sources.items():
        if source.person_id in gone:
            sources[code] = source._replace(person_id=None)


def _look_at_sharers(
    db: Session, visits: Sequence[Visit], records: Sequence[Record], sources: Mapping[str, Source]
) -> None:
    """Who opens their own link, and what comes the moment a link is made, does not count."""
    sessions = {record.said.session for record in records if record.said.session}
    people: dict[str, int] = {}
    if sessions:
        signed_in = select(WebSession.token_hash, WebSession.person_id).where(WebSession.token_hash.in_(sessions))
        people = dict(db.execute(signed_in).all())
    earliest = min((record.at for record in records), default=0)
    if not people and not any(may_be_too_soon(source, earliest) for source in sources.values()):
        return  # as nearly always
    for visit, record in zip(visits, records, strict=True):
        if visit.verdict != "human":
            continue
        session = record.said.session
        if session and visit.person_id is not None and people.get(session) == visit.person_id:
            visit.verdict, visit.reason = "suspect", "own"
        elif is_too_soon(sources[record.code], record):
            visit.verdict, visit.reason = "suspect", "too_soon"


def _keep(db: Session, visits: Sequence[Visit], records: Sequence[Record]) -> None:
    rows: list[bulk.Row] = []
    for id_, visit, record in zip(bulk.new_ids(db, Click, len(visits)), visits, records, strict=True):
        visit.id = id_
        said = record.said
        # fmt: off
        rows.append((
            id_, visit.link_id, visit.at, visit.verdict, visit.reason, RULE_VERSION, visit.visitor,
            visit.item_id, visit.campaign_id, visit.department_id, visit.person_id, visit.network,
            said.referrer_host, device(said.agent), said.agent,
        ))
        # fmt: on
    bulk.append(db, Click, _CLICK, rows)


_CLICK = (
    *("id", "link_id", "at", "verdict", "reason", "rule_version", "visitor"),
    *("item_id", "campaign_id", "department_id", "person_id", "network"),
    *("referrer_host", "device", "agent"),
)


def _first_seen(db: Session, visits: Sequence[Visit], sources: Mapping[str, Source]) -> list[int]:
    """The share links among these that a person followed for the first time. Ask before they are booked."""
    links = {visit.link_id for visit in visits if visit.verdict == "human"}
    links -= {source.link_id for source in sources.values() if source.kind != "share"}
    if not links:
        return []
    before = exists().where(Rollup.link_id == Link.id, Rollup.verdict == "human")
    return list(db.scalars(select(Link.id).where(bulk.among(db, Link.id, links), ~before).order_by(Link.id)))


def _tell(db: Session, seen_first: Sequence[int], people: Mapping[int, tuple[int, int]]) -> None:
    """People came: say so to whoever waits for the first one, and for the round numbers."""
    for link_id in seen_first:
        jobs.enqueue(db, "share_seen", dedupe=f"share_seen:{link_id}", link_id=link_id)
    for item_id, (before, now) in people.items():
        for number in range(before + 1, now + 1):
            if is_milestone(number):
                activity.record(db, "milestone", item_id=item_id, people=number)
