"""From the journal into the database: a million clicks drained, and how late figures are at 30,000 clicks a second.

`python -m benchmarks.ingest [--database sqlite|postgresql] [--quick] [--json FILE]`. The bars: a million in 15 seconds
on SQLite and 30 on PostgreSQL, at most 10 µs of processor time for a click (SQLite), and 99 of 100 clicks in the
figures within a second.
"""

import argparse
import json
import multiprocessing
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks import run
from benchmarks.run import Outcome
from portal import clock, migrations, settings
from portal.database import Database
from portal.links import journal, supervision
from portal.links.ingest import Ingest
from portal.links.journal import Batch, Journal
from portal.links.models import Click, Rollup
from tests import make
from tests.postgres import PostgreSQL

LINKS, PEOPLE, TEAMS, ITEMS = 1000, 500, 25, 40
BACKLOG, QUICK_BACKLOG = 1_000_000, 200_000
PER_SECOND = 30_000
DISTINCT = 0.86
"""How many of the clicks come from a visitor who was not seen before."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--quick", action="store_true", help="less than a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures there")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, database_url(chosen.database, Path(folder)) as url:
        outcome = measure(url, Path(folder), quick=chosen.quick)
    run.show(f"ingest on {chosen.database}", outcome)
    if chosen.json:
        chosen.json.write_text(json.dumps({"figures": outcome.figures, "ratios": outcome.ratios}, indent=2) + "\n")


@contextmanager
def database_url(kind: str, folder: Path) -> Iterator[str]:
    """An empty database that keeps what it commits, as in production."""
    if kind == "postgresql":
        with PostgreSQL(fsync=True) as server:
            yield server.create_database("benchmark")
    else:
        yield f"sqlite:///{folder / 'portal.db'}"


def measure(url: str, folder: Path, *, quick: bool) -> Outcome:
    outcome = Outcome()
    settings.put_in_force(settings.load({}, data_dir=folder, secret="0123456789abcdef" * 4))
    migrations.upgrade(url)
    supervision.rarely_collect()
    database = Database(url, checkpoints=False)
    codes = fill(database)
    size = QUICK_BACKLOG if quick else BACKLOG
    write(folder / "backlog", codes, size)
    drain(database, folder / "backlog", size, outcome)
    follow(database, folder / "live", codes, 5 if quick else 20, outcome)
    with database.reading() as db:
        clicks = db.scalar(select(func.count()).select_from(Click))
        booked = db.scalar(select(func.sum(Rollup.clicks)))
    outcome.figures["rollups_equal"] = float(clicks == booked)
    database.dispose()
    return outcome


def fill(database: Database) -> list[bytes]:
    """A thousand links, by people of many teams; their codes."""
    with database.writing() as db:
        people = [make.person(db, department_name=f"Team {number % TEAMS}") for number in range(PEOPLE)]
        items = [make.item(db) for _ in range(ITEMS)]
        pairs = random.sample([(person, item) for person in people for item in items], LINKS)
        links = [make.link(db, by=person, on=item) for person, item in pairs]
        for link in links:
            link.created_at = clock.now() - timedelta(days=1)
        return [link.code.encode() for link in links]


AGENTS = [
    f"Mozilla/5.0 (iPhone; CPU iPhone OS {major}_{minor} like Mac OS X) AppleWebKit/605.1.15 Safari/604.1".encode()
    for major in range(12, 19)
    for minor in range(50)
] + [b"LinkedInBot/1.0 (compatible; Mozilla/5.0)", b"facebookexternalhit/1.1", b"curl/8.5.0"]


def lines(codes: list[bytes], dice: random.Random) -> Iterator[tuple[bytes, int, bytes]]:
    """Code, visitor and browser name without end: mostly new visitors, some who come again, and robots."""
    seen = [dice.getrandbits(62) for _ in range(1000)]
    while True:
        if dice.random() < DISTINCT:
            seen[dice.randrange(1000)] = who = dice.getrandbits(62)
        else:
            who = dice.choice(seen)
        yield dice.choice(codes), who, AGENTS[who % len(AGENTS)]


def line(code: bytes, who: int, agent: bytes, at: float) -> bytes:
    return journal.line(
        at=int(at * 1e6),
        code=code,
        visitor=who,
        agent=agent,
        language=b"nl,en;q=0.7",
        accept=b"text/html,application/xhtml+xml,*/*;q=0.8",
        fetch_mode=b"navigate",
        fetch_dest=b"document",
        referrer_host=b"www.linkedin.com",
    )


def write(folder: Path, codes: list[bytes], size: int) -> None:
    """Journal files of `size` clicks that came in the last minutes."""
    kept, begin = Journal(folder, sync="off"), time.time() - size / PER_SECOND
    for number, (code, who, agent) in zip(range(size), lines(codes, random.Random(1)), strict=False):
        kept.append(line(code, who, agent, begin + number / PER_SECOND))
    kept.close()


def drain(database: Database, folder: Path, size: int, outcome: Outcome) -> None:
    began, used = time.monotonic(), time.process_time()
    reading = Ingest(database, folder)
    stored, longest = 0, 0.0
    while stored < size:
        before = time.monotonic()
        stored += reading.run_once(reading.limit())
        longest = max(longest, time.monotonic() - before)
        reading.checkpoint()
    database.checkpoint()
    took = time.monotonic() - began
    outcome.figures["clicks_per_second"] = stored / took
    outcome.figures["seconds_per_million"] = took / stored * 1e6
    outcome.figures["cpu_us_per_click"] = (time.process_time() - used) / stored * 1e6
    outcome.figures["longest_batch_ms"] = longest * 1000


def follow(database: Database, folder: Path, codes: list[bytes], seconds: int, outcome: Outcome) -> None:
    """Read while another process writes as many clicks a second as it should bear."""
    folder.mkdir()
    writer = multiprocessing.get_context("spawn").Process(target=keep_writing, args=(folder, codes, seconds))
    over = threading.Event()
    writer.start()
    reading = Timed(database, folder)
    threading.Thread(target=lambda: (writer.join(), over.set())).start()
    reading.run(over.wait)
    lags = sorted(reading.lags)
    count = sum(clicks for _, clicks in lags)
    reached = 0
    for lag, clicks in lags:
        reached += clicks
        for name, share in (("lag_p50_ms", 0.5), ("lag_p99_ms", 0.99)):
            if reached >= share * count and name not in outcome.figures:
                outcome.figures[name] = lag * 1000
    outcome.figures["followed_per_second"] = count / seconds


class Timed(Ingest):
    """Notes, when a batch is in the figures, how long ago its oldest click came."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.lags: list[tuple[float, int]] = []

    def _store(self, name: str, offset: int, batch: Batch, *, one_by_one: bool = False) -> None:
        super()._store(name, offset, batch, one_by_one=one_by_one)
        self.lags.append((time.time() - batch.records[0].at / 1e6, len(batch.records)))


def keep_writing(folder: Path, codes: list[bytes], seconds: int) -> None:
    kept, endless = Journal(folder), lines(codes, random.Random(2))
    ready = [next(endless) for _ in range(100_000)]
    began, written = time.time(), 0
    while (passed := time.time() - began) < seconds:
        for _ in range(int(passed * PER_SECOND) - written):
            code, who, agent = ready[written % len(ready)]
            kept.append(line(code, who + written // len(ready), agent, time.time()))
            written += 1
        time.sleep(0.001)
    kept.close()


if __name__ == "__main__":
    main()
