"""Everything killed at random under full load, started again and counted: each request carries an id of its own.

`python -m benchmarks.crash [--rounds N] [--workers N] [--database sqlite|postgresql] [--longest SECONDS] [--quick]
[--json FILE]` prints `answered`, `lost`, `doubled` and `rollups_equal`, and fails unless nothing is lost or doubled.
"""

import argparse
import json
import random
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal.database import Database
from portal.links.models import Click, Rollup
from tests.client import HUMAN
from tests.postgres import PostgreSQL
from tests.process import Browser, PortalProcess, is_over

CONNECTIONS, DEPTH = 16, 50
"""Connections that are kept busy, and requests that each sends before it waits for their answers."""
VISITORS = 5000
SHARERS = (("member", "linkedin"), ("colleague", "whatsapp"), ("editor", "bluesky"))
BETWEEN_DEATHS = 0.02
"""Seconds at most from the end of one process to that of the next: whoever is left goes on, or begins to end."""
COUNTED_WITHIN = 1800.0
"""Seconds the ingest has at the end to count what is on record."""
SETTINGS = {
    "PORTAL_SECRET": "a secret for practice, 0123456789-abcdef",
    "PORTAL_METRICS_TOKEN": "for whoever watches",
    "PORTAL_PRACTICE_SIGN_IN": "1",
    "PORTAL_LOG_FORMAT": "json",
}

_pause = threading.Event()
"""Never set: for waiting."""


@dataclass
class Found:
    """What a run found. `lost` and `doubled` count requests, each by its own id."""

    rounds: int = 0
    answered: int = 0
    recorded: int = 0
    lost: int = 0
    doubled: int = 0
    rollups_equal: bool = False

    @property
    def is_fine(self) -> bool:
        return self.rollups_equal and not self.lost and not self.doubled and self.answered > 0


@dataclass
class Load:
    """Visitors who never stop, over a few connections, until the server is gone."""

    port: int
    codes: list[bytes]
    first: int
    connections: int
    depth: int
    answered: list[range] = field(default_factory=list)
    """The ids of the requests that got their redirect."""
    ends: list[int] = field(default_factory=list)
    """Of each connection, where it would have gone on."""

    def run(self, connection: int) -> None:
        """Be one of the connections; its ids are as far apart as there are connections."""
        dice, number = random.Random(self.first + connection), self.first + connection
        with suppress(OSError):
            while True:  # a connection after which anything but redirects came is left for a new one
                with socket.create_connection(("127.0.0.1", self.port), timeout=10) as wire:
                    ids, count = range(0), 0
                    while count == len(ids):
                        more = min(self.depth, 1 + 2 * count)  # first answers are slow, and many keep others waiting
                        ids = range(number, number + more * self.connections, self.connections)
                        number = ids.stop
                        wire.sendall(b"".join([self._request(dice, id_) for id_ in ids]))
                        count = redirects(wire, more)
                        self.answered.append(ids[:count])
        self.ends.append(number)

    def _request(self, dice: random.Random, number: int) -> bytes:
        return (
            b"GET /r/%b HTTP/1.1\r\nHost: localhost:%d\r\nUser-Agent: %b %d\r\nAccept: text/html\r\n"
            b"Accept-Language: nl\r\nReferer: https://id%d.example/\r\n\r\n"
            % (dice.choice(self.codes), self.port, HUMAN.encode(), number % VISITORS, number)
        )


def redirects(wire: socket.socket, wanted: int) -> int:
    """Read the answers to that many requests: how many are whole redirects, before anything else or the end."""
    said = b""
    while said.count(b"\r\n\r\n") < wanted:
        try:
            more = wire.recv(65_536)
        except OSError:
            more = b""
        if not more:
            break
        said += more
    heads = said.split(b"\r\n\r\n")[:-1]
    other = (number for number, head in enumerate(heads) if not head.startswith(b"HTTP/1.1 302 "))
    return next(other, len(heads))


def crash(
    url: str,
    folder: Path,
    *,
    rounds: int,
    workers: int = 1,
    connections: int = CONNECTIONS,
    depth: int = DEPTH,
    longest: float = 2.0,
    seed: int | None = None,
    beside: Callable[[PortalProcess, int], None] | None = None,
) -> Found:
    """Kill the portal `rounds` times within `longest` seconds of load each, then count.

    `beside(portal, round)` is called in a thread of its own while the load lasts.
    """
    dice = random.Random(seed)
    answered: list[range] = []
    first = 0
    portal = PortalProcess(folder, workers=workers, settings=SETTINGS | {"PORTAL_DATABASE_URL": url})
    with portal:
        codes = [Browser(portal, person).share(network).encode() for person, network in SHARERS]
        portal.command = "serve"  # what a demo prepares is there now
        for turn in range(rounds):
            load = Load(portal.port, codes, first, connections, depth)
            threads = [threading.Thread(target=load.run, args=[number]) for number in range(connections)]
            if beside is not None:
                threads.append(threading.Thread(target=beside, args=[portal, turn]))
            for thread in threads:
                thread.start()
            _pause.wait(dice.uniform(0.1, longest))
            kill(portal, dice)
            for thread in threads:
                thread.join()
            answered += load.answered
            first = max(load.ends)
            portal.start()
        settle(portal)
        end(portal)
    return count(url, answered, first, rounds=rounds)


def kill(portal: PortalProcess, dice: random.Random) -> None:
    """The server, its workers and its ingest, as if the power went; which of them dies first is left to chance."""
    family = portal.family()
    dice.shuffle(family)
    for each in family:
        with suppress(psutil.NoSuchProcess):
            each.kill()
        _pause.wait(dice.choice((0, dice.uniform(0, BETWEEN_DEATHS))))
    portal.kill()
    while not all(is_over(each) for each in family):
        _pause.wait(0.01)


def settle(portal: PortalProcess) -> None:
    """Wait until everything on record is counted."""
    until, monitor = time.monotonic() + COUNTED_WITHIN, Browser(portal)
    key = {"Authorization": f"Bearer {SETTINGS['PORTAL_METRICS_TOKEN']}"}
    while time.monotonic() < until:
        said = monitor.get("/metrics", key)
        if "\nportal_journal_waiting_bytes 0\n" in said.body:
            return
        _pause.wait(0.2)
    raise SystemExit(f"not everything is counted:\n{said.body}")


def end(portal: PortalProcess) -> None:
    if portal.stop() != 0:
        raise SystemExit(f"the server did not end in order:\n{portal.log.read_text()[-2000:]}")


def count(url: str, answered: Iterable[range], above: int, *, rounds: int) -> Found:
    """Compare the ids that were answered, all below `above`, with those on record, and the clicks with the rollups."""
    times, found, database = bytearray(above), Found(rounds), Database(url)
    with database.reading() as db:
        if not database.is_sqlite:
            db.execute(text("SET LOCAL statement_timeout = 0"))
        hosts = select(Click.referrer_host).where(Click.referrer_host.like("id%.example"))
        for host in db.scalars(hosts.execution_options(yield_per=20_000)):
            number = int(host[2:-8])
            times[number] = min(times[number] + 1, 2)
            found.recorded += 1
        found.rollups_equal = clicks(db) == booked(db)
    database.dispose()
    for ids in answered:
        found.answered += len(ids)
        found.lost += times[ids.start : ids.stop : ids.step].count(0)
    found.doubled = times.count(2)
    return found


def clicks(db: Session) -> dict[tuple[int, str, str], int]:
    """How often each link was clicked, by verdict and reason, as the single clicks have it."""
    key = (Click.link_id, Click.verdict, Click.reason)
    return {
        (link, verdict, reason): n for link, verdict, reason, n in db.execute(select(*key, func.count()).group_by(*key))
    }


def booked(db: Session) -> dict[tuple[int, str, str], int]:
    """The same as the rollups have it."""
    key = (Rollup.link_id, Rollup.verdict, Rollup.reason)
    sums = select(*key, func.sum(Rollup.clicks)).group_by(*key)
    return {(link, verdict, reason): int(n) for link, verdict, reason, n in db.execute(sums) if n}


@contextmanager
def database_url(kind: str, folder: Path) -> Iterator[str]:
    """An empty database that keeps what it commits, as in production."""
    if kind == "postgresql":
        with PostgreSQL(fsync=True) as server:
            yield server.create_database("crash")
    else:
        yield f"sqlite:///{folder / 'portal.db'}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crash")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--workers", type=int, default=1, help="processes that answer, of one server")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--longest", type=float, default=2.0, metavar="SECONDS", help="of load in a round")
    parser.add_argument("--quick", action="store_true", help="five rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures there")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crash-") as folder, database_url(chosen.database, Path(folder)) as url:
        rounds = 5 if chosen.quick else chosen.rounds
        found = crash(url, Path(folder), rounds=rounds, workers=chosen.workers, longest=chosen.longest)
    for name, value in asdict(found).items():
        print(f"{name:>15}  {value}")
    if chosen.json:
        chosen.json.write_text(json.dumps({"figures": asdict(found)}, indent=2) + "\n")
    if not found.is_fine:
        sys.exit(1)


if __name__ == "__main__":
    main()
