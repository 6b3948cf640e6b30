"""Everything killed at random under full load, started again and counted: each request carries an id of its own.

`python -m benchmarks.crash [--rounds N] [--workers N] [--database sqlite|postgresql] [--quick] [--json FILE]`
prints `answered`, `lost`, `doubled` and `rollups_equal`, and fails unless nothing is lost or doubled.
"""

import argparse
import http.client
import json
import random
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil
from sqlalchemy import func, select

from portal.database import Database
from portal.links.models import Click, Rollup
from tests.client import HUMAN
from tests.postgres import PostgreSQL
from tests.process import Browser, PortalProcess

CONNECTIONS = 16
SHARERS = (("member", "linkedin"), ("colleague", "whatsapp"), ("editor", "bluesky"))


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
    """Visitors who never stop, over a few connections; `answered` holds the ids of requests with a redirect."""

    port: int
    codes: list[str]
    first: int
    answered: list[int] = field(default_factory=list)

    def run(self, connection: int, step: int) -> None:
        dice, number = random.Random(self.first + connection), self.first + connection
        try:
            wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            while True:
                wire.putrequest("GET", f"/r/{dice.choice(self.codes)}", skip_host=True, skip_accept_encoding=True)
                for name, value in (
                    ("Host", f"localhost:{self.port}"),
                    ("User-Agent", f"{HUMAN} {number % 500}"),
                    ("Accept", "text/html"),
                    ("Accept-Language", "nl"),
                    ("Referer", f"https://id{number}.example/"),
                ):
                    wire.putheader(name, value)
                wire.endheaders()
                response = wire.getresponse()
                response.read()
                if response.status == 302:
                    self.answered.append(number)
                number += step
        except (OSError, http.client.HTTPException):
            wire.close()


def crash(
    url: str,
    folder: Path,
    *,
    rounds: int,
    connections: int = CONNECTIONS,
    workers: int = 1,
    longest: float = 2.0,
    seed: int | None = None,
    beside: Callable[[PortalProcess, int], None] | None = None,
) -> Found:
    """Kill the portal `rounds` times within `longest` seconds of load each, then count.

    `beside(portal, round)` is called in a thread of its own while the load lasts.
    """
    dice, found = random.Random(seed), Found(rounds)
    settings = {"PORTAL_DATABASE_URL": url, "PORTAL_LOG_FORMAT": "json"}
    folders = [folder / f"server-{number}" for number in range(workers)]
    for each in folders:
        each.mkdir(exist_ok=True)
    secret = {"PORTAL_SECRET": "a secret for practice, 0123456789-abcdef"}
    # Several workers are several servers with a journal and an ingest each, on one database.
    portals = [PortalProcess(each, settings=settings | secret) for each in folders]
    answered: list[int] = []
    pause = threading.Event()
    with ExitStack() as stack:
        for portal in portals:
            stack.enter_context(portal)
        codes = [Browser(portals[0], person).share(network) for person, network in SHARERS]
        first = 0
        for turn in range(rounds):
            load = [Load(portal.port, codes, first + number * connections) for number, portal in enumerate(portals)]
            threads = [
                threading.Thread(target=each.run, args=(connection, workers * connections))
                for each in load
                for connection in range(connections)
            ]
            if beside is not None:
                threads.append(threading.Thread(target=beside, args=(portals[0], turn)))
            for thread in threads:
                thread.start()
            pause.wait(dice.uniform(0.1, longest))
            for portal in portals:
                kill(portal, dice)
            for thread in threads:
                thread.join()
            for each in load:
                answered += each.answered
            first = max([first, *answered]) + 2 * workers * connections
            for portal in portals:
                portal.start()
        for portal in portals:
            if portal.stop() != 0:
                raise SystemExit(f"a server did not end in order:\n{portal.log.read_text()[-2000:]}")
    found.answered = len(answered)
    count(url, set(answered), found)
    return found


def kill(portal: PortalProcess, dice: random.Random) -> None:
    """The server and its ingest, as if the power went; which of them dies first is left to chance."""
    assert portal.process is not None
    family = [psutil.Process(portal.process.pid)]
    family += family[0].children(recursive=True)
    dice.shuffle(family)
    for each in family:
        each.kill()
    portal.process.wait()
    psutil.wait_procs(family, timeout=10)


def count(url: str, answered: set[int], found: Found) -> None:
    database = Database(url)
    with database.reading() as db:
        hosts = Counter(db.scalars(select(Click.referrer_host).where(Click.referrer_host.like("id%.example"))))
        clicks = dict(db.execute(select(Click.link_id, func.count()).group_by(Click.link_id)).all())
        booked = dict(db.execute(select(Rollup.link_id, func.sum(Rollup.clicks)).group_by(Rollup.link_id)).all())
    database.dispose()
    recorded = Counter({int(host.removeprefix("id").removesuffix(".example")): n for host, n in hosts.items()})
    found.recorded = recorded.total()
    found.lost = len(answered - recorded.keys())
    found.doubled = sum(1 for n in recorded.values() if n > 1)
    found.rollups_equal = clicks == {link: int(n) for link, n in booked.items()}


@contextmanager
def database_url(kind: str, folder: Path) -> Iterator[str]:
    if kind == "postgresql":
        with PostgreSQL(fsync=True) as server:
            yield server.create_database("crash")
    else:
        yield f"sqlite:///{folder / 'server-0' / 'portal.db'}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crash")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--workers", type=int, default=1, help="servers on one database; SQLite takes one")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--quick", action="store_true", help="five rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures there")
    chosen = parser.parse_args()
    if chosen.workers > 1 and chosen.database == "sqlite":
        raise SystemExit("Several servers need PostgreSQL.")
    with tempfile.TemporaryDirectory(prefix="crash-") as folder, database_url(chosen.database, Path(folder)) as url:
        rounds = 5 if chosen.quick else chosen.rounds
        found = crash(url, Path(folder), rounds=rounds, workers=chosen.workers)
    for name, value in asdict(found).items():
        print(f"{name:>15}  {value}")
    if chosen.json:
        chosen.json.write_text(json.dumps({"figures": asdict(found)}, indent=2) + "\n")
    if not found.is_fine:
        sys.exit(1)


if __name__ == "__main__":
    main()
