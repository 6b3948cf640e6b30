"""Ten thousand digests due at the same moment, to a mail server that takes only so many a second.

The mail server is a process of its own and refuses, as real ones do, whatever comes faster than it allows. Beside it a
colleague looks at pages: once before, when nothing is sent, and once until everybody has their mail. What is compared
is the page meanwhile with the page before.
"""

import argparse
import asyncio
import http.client
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import insert, update

from benchmarks import campaigns, run
from benchmarks.run import Outcome
from portal import clock, migrations
from portal.database import Database
from portal.jobs import Job
from portal.notifications.models import NotificationChoice
from portal.people.models import Department, Person
from portal.web import token
from tests.postgres import PostgreSQL

PEOPLE, QUICK = 10_000, 200
ALLOWED = 25
"""Mails a second."""
ITEMS = (50, 12)
"""What there is to tell: items, in campaigns."""
BETWEEN = 0.1
"""Seconds between two looks at the page."""
PATIENCE = 60.0
"""Seconds without a mail, after which no more are waited for."""


def measure(kind: str, folder: Path, *, people: int, quiet: float) -> Outcome:
    """`quiet` are the seconds for which the page is looked at before."""
    outcome = Outcome()
    with ExitStack() as stack:
        url = stack.enter_context(_database(kind, folder))
        database = Database(url)
        stack.callback(database.dispose)
        fill(url, database, people=people)
        mailbox = stack.enter_context(Mailbox())
        port = stack.enter_context(_portal(url, folder / "portal", mailbox.port))
        reader = Reader(port)
        before = reader.look_for(quiet)
        release(database)
        meanwhile = reader.look_until(mailbox, people)
        arrived = Counter(mailbox.arrived())
        outcome.figures |= {
            "sent": len(arrived),
            "twice": sum(number - 1 for number in arrived.values()),
            "forgotten": people - len(arrived),
            "seconds": round(mailbox.seconds, 1),
            "a second": round((len(arrived) - 1) / mailbox.seconds, 2) if mailbox.seconds else 0.0,
            "a second, allowed": ALLOWED,
            "refused as too fast": mailbox.too_fast(),
        }
        for name, took in (("before", before), ("meanwhile", meanwhile)):
            outcome.figures[f"page {name}, p50 ms"] = round(1000 * statistics.median(took), 2)
            outcome.figures[f"page {name}, p99 ms"] = round(1000 * p99(took), 2)
        outcome.ratios["pages_meanwhile"] = round(statistics.median(meanwhile) / statistics.median(before), 2)
        outcome.ratios["pages_meanwhile p99"] = round(p99(meanwhile) / p99(before), 2)
        outcome.ratios["of the allowed rate"] = round(outcome.figures["a second"] / ALLOWED, 3)
    outcome.remarks.append(f"{kind}; {people:,} people due at once, a server that takes {ALLOWED} mails a second")
    return outcome


def p99(took: list[float]) -> float:
    return sorted(took)[min(len(took) - 1, int(0.99 * len(took)))]


class Reader:
    """An editor who is signed in and looks at the first page, again and again."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}", "Accept-Encoding": "gzip"}
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._ask("POST", "/practice-sign-in", urlencode({"person": "editor"}), form)
        cookies = [line.partition(";")[0] for line in answer.headers.get_all("Set-Cookie") or []]
        self.headers["Cookie"] = "; ".join(cookies)

    def look(self) -> float:
        """The seconds until all of the page was there; SystemExit when it is not answered."""
        began = time.perf_counter()
        answer = self._ask("GET", "/")
        if answer.status != 200:
            raise SystemExit(f"The first page was answered with {answer.status}.")
        took = time.perf_counter() - began
        time.sleep(BETWEEN)
        return took

    def look_for(self, seconds: float) -> list[float]:
        for _ in range(5):
            self.look()
        until = time.monotonic() + seconds
        took = [self.look()]
        while time.monotonic() < until:
            took.append(self.look())
        return took

    def look_until(self, mailbox: "Mailbox", number: int) -> list[float]:
        """Until so many mails are there, or none has come for a long time."""
        took: list[float] = []
        known, since = 0, time.monotonic()
        while known < number and time.monotonic() - since < PATIENCE:
            took.append(self.look())
            if (now := mailbox.number()) != known:
                known, since = now, time.monotonic()
        return took

    def _ask(
        self, method: str, path: str, body: str | None = None, more: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        self.connection.request(method, path, body, self.headers | (more or {}))
        answer = self.connection.getresponse()
        answer.read()
        return answer


class Mailbox:
    """The mail server's process, asked over a pipe."""

    def __enter__(self) -> "Mailbox":
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, ALLOWED), daemon=True)
        self._process.start()
        self.port: int = self._pipe.recv()
        return self

    def __exit__(self, *error: object) -> None:
        self._pipe.send("end")
        self._process.join(10)

    def number(self) -> int:
        return int(self._asked("number"))

    def arrived(self) -> list[str]:
        return list(self._asked("arrived"))

    def too_fast(self) -> int:
        return int(self._asked("too fast"))

    @property
    def seconds(self) -> float:
        """From the first mail to the last."""
        return float(self._asked("seconds"))

    def _asked(self, what: str) -> Any:
        self._pipe.send(what)
        return self._pipe.recv()


class Limited:
    """Takes so many mails in any second, and remembers whom they were for."""

    def __init__(self, allowed: int) -> None:
        self.allowed = allowed
        self.arrived: list[str] = []
        self.moments: list[float] = []
        self.too_fast = 0

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """One of the last second's places must be free; a tenth of them is spare, as clocks differ a little."""
        last = self.moments[-(self.allowed + self.allowed // 10) :]
        if len(last) > self.allowed and time.monotonic() - last[0] < 1:
            self.too_fast += 1
            return "451 4.7.1 Too fast"
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.arrived += envelope.rcpt_tos
        self.moments.append(time.monotonic())
        return "250 OK"

    def said(self, what: str) -> object:
        seconds = self.moments[-1] - self.moments[0] if self.moments else 0.0
        known: dict[str, object] = {"number": len(self.arrived), "arrived": self.arrived, "too fast": self.too_fast}
        return known.get(what, seconds)


def serve(pipe: Connection, allowed: int) -> None:
    """A mail server on a free port, which it says first; then it answers questions until it is told to end."""
    asyncio.run(_serve(pipe, allowed))


async def _serve(pipe: Connection, allowed: int) -> None:
    loop, mails, over = asyncio.get_running_loop(), Limited(allowed), asyncio.Event()
    server = await loop.create_server(lambda: SMTP(mails, hostname="mail.test", loop=loop), host="127.0.0.1", port=0)
    pipe.send(server.sockets[0].getsockname()[1])

    def answer() -> None:
        what = pipe.recv()
        if what == "end":
            over.set()
        else:
            pipe.send(mails.said(what))

    loop.add_reader(pipe.fileno(), answer)
    await over.wait()
    server.close()


def fill(url: str, database: Database, *, people: int) -> None:
    """Items that are live, and people who chose a digest and are not due yet."""
    migrations.upgrade(url)
    now = clock.now()
    with database.writing() as db:
        connection = db.connection()
        campaigns.write(connection, items=ITEMS[0], campaigns=ITEMS[1])
        teams = [{"id": number, "name": f"Team {number}", "created_at": now} for number in range(1, 21)]
        connection.execute(insert(Department), teams)
        campaigns.put(
            connection,
            Person,
            (
                {
                    **{"name": f"Person {number}", "email": f"person{number}@noorderhout.example"},
                    **{"department_id": number % 20 + 1, "created_at": now, "language": ("nl", "en")[number % 2]},
                }
                for number in range(1, people + 1)
            ),
        )
        # Never quiet: it may be any time of the day.
        chosen = {"digest_rhythm": "daily", "quiet_from": 0, "quiet_until": 0, "days_off": ""}
        choices = ({"person_id": n, "next_digest_at": now + timedelta(days=1), **chosen} for n in range(1, people + 1))
        campaigns.put(connection, NotificationChoice, choices)


def release(database: Database) -> None:
    """It is eight o'clock."""
    with database.writing() as db:
        db.execute(update(NotificationChoice).values(next_digest_at=clock.now()))
        db.execute(update(Job).where(Job.dedupe == "every:find_digests").values(run_at=clock.now()))


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'digests.db'}"
        return
    with PostgreSQL() as server:
        server.create_database("digests")
        yield server.url("digests")


@contextmanager
def _portal(url: str, data_dir: Path, mail_port: int) -> Iterator[int]:
    data_dir.mkdir()
    port = run.free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")} | {
        "PORTAL_DATABASE_URL": url,
        "PORTAL_DATA_DIR": str(data_dir),
        "PORTAL_PORT": str(port),
        "PORTAL_BASE_URL": f"http://localhost:{port}",
        "PORTAL_PRACTICE_SIGN_IN": "1",
        "PORTAL_SECRET": token(),
        "PORTAL_MAIL_URL": f"smtp://127.0.0.1:{mail_port}",
        "PORTAL_MAIL_FROM": "share@noorderhout.example",
        "PORTAL_MAIL_PER_SECOND": str(ALLOWED),
    }
    with run.started([sys.executable, "-m", "portal", "serve"], environment, port, data_dir):
        yield port


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.digests")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} people: less than 50 seconds")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and ratios there")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        people, quiet = (QUICK, 5.0) if chosen.quick else (PEOPLE, 60.0)
        outcome = measure(chosen.database, Path(folder), people=people, quiet=quiet)
    run.show("digests", outcome)
    if chosen.json:
        chosen.json.write_text(json.dumps({"figures": outcome.figures, "ratios": outcome.ratios}, indent=2) + "\n")


if __name__ == "__main__":
    main()
