"""Marketing's pages in a portal with 50,000 items in 500 campaigns, beside one with 50 items.

Both are real servers with databases of their own, asked in turns. The small one is as full where it is looked at: a
page of the list, a page of a campaign and most days of the month have something on them. So what is compared is the
price of all the rest, not that of a longer page.
"""

import argparse
import http.client
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection, insert, text
from sqlalchemy.orm import DeclarativeBase

from benchmarks import run
from benchmarks.run import Outcome
from portal import clock, migrations
from portal.campaigns.models import Campaign, CampaignText, Caption, Item, ItemText, Picture
from portal.database import Database
from portal.inbox.models import Candidate, Source
from portal.search import index
from portal.web import token
from tests.postgres import PostgreSQL

SMALL = (50, 12)
LARGE = (50_000, 500)
"""Items and campaigns."""
QUICK = (5_000, 50)
SHOWN = 25
"""Items of the campaign that is looked at in the small portal: more than a page of them."""
AT_ONCE = 5_000
"""Rows in one statement."""
PAGES = {
    "list": "/campaigns",
    "campaign": "/campaigns/1",
    "calendar": "/calendar",
    "calendar, week": "/calendar?week={week}",
    "inbox": "/inbox",
    "search": "/search?q=timmerman",
    "search, two words": "/search?q=timmermannen+zwolle",
}
JOBS = ("Timmerman", "Timmerman", "Timmerman", "Monteur", "Planner")
PLACES = ("Zwolle", "Zwolle", "Zwolle", "Zwolle", "Zwolle", "Gent", "Deventer")
STATES = ("approved", "approved", "approved", "approved", "draft", "approved", "in_review", "approved", "recalled")


def measure(kind: str, folder: Path, *, large: tuple[int, int], times: int) -> Outcome:
    outcome = Outcome()
    with ExitStack() as stack:
        urls = stack.enter_context(_databases(kind, folder))
        for name, (items, campaigns) in (("small", SMALL), ("large", large)):
            began = time.perf_counter()
            fill(urls[name], items=items, campaigns=campaigns)
            outcome.figures[f"filling the {name} one, s"] = round(time.perf_counter() - began, 1)
        ports = {name: stack.enter_context(_server(url, folder / name)) for name, url in urls.items()}
        compare(outcome, {name: Visitor(port) for name, port in ports.items()}, times=times)
    outcome.remarks.append(f"{kind}; {large[0]:,} items in {large[1]} campaigns divided by {SMALL[0]} in {SMALL[1]}")
    return outcome


class Visitor:
    """An editor who is signed in, with one connection that stays open."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}", "Accept-Encoding": "gzip"}
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer, _seconds = self.ask("POST", "/practice-sign-in", urlencode({"person": "editor"}), form)
        cookies = [line.partition(";")[0] for line in answer.headers.get_all("Set-Cookie") or []]
        self.headers["Cookie"] = "; ".join(cookies)

    def ask(
        self, method: str, path: str, body: str | None = None, more: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, float]:
        """The answer, and the seconds until all of it was there."""
        began = time.perf_counter()
        self.connection.request(method, path, body, self.headers | (more or {}))
        answer = self.connection.getresponse()
        answer.read()
        return answer, time.perf_counter() - began


def compare(outcome: Outcome, visitors: dict[str, Visitor], *, times: int) -> None:
    """Ask each page of both, in shuffled order; SystemExit when one is not answered with its page."""
    week = f"{clock.today():%G-W%V}"
    took: dict[tuple[str, str], list[float]] = {(page, who): [] for page in PAGES for who in visitors}
    for _ in range(times):
        for page, who in random.sample(list(took), len(took)):
            answer, seconds = visitors[who].ask("GET", PAGES[page].format(week=week))
            if answer.status != 200:
                raise SystemExit(f"{PAGES[page]} was answered with {answer.status}.")
            took[page, who].append(seconds)
    for page in PAGES:
        medians = {who: statistics.median(took[page, who][2:] or took[page, who]) for who in visitors}
        outcome.figures |= {f"{page}, {who}, ms": round(median * 1000, 2) for who, median in medians.items()}
        outcome.ratios[page] = round(medians["large"] / medians["small"], 2)


@contextmanager
def _databases(kind: str, folder: Path) -> Iterator[dict[str, str]]:
    if kind == "sqlite":
        yield {name: f"sqlite:///{folder / name}.db" for name in ("small", "large")}
        return
    with PostgreSQL() as server:
        for name in ("small", "large"):
            server.create_database(name)
        yield {name: server.url(name) for name in ("small", "large")}


@contextmanager
def _server(url: str, data_dir: Path) -> Iterator[int]:
    """The portal on this database, and its port."""
    data_dir.mkdir()
    port = run.free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")} | {
        "PORTAL_DATABASE_URL": url,
        "PORTAL_DATA_DIR": str(data_dir),
        "PORTAL_PORT": str(port),
        "PORTAL_BASE_URL": f"http://localhost:{port}",
        "PORTAL_PRACTICE_SIGN_IN": "1",
        "PORTAL_SECRET": token(),
    }
    with run.started([sys.executable, "-m", "portal", "serve"], environment, port, data_dir):
        yield port


def fill(url: str, *, items: int, campaigns: int) -> None:
    """A portal with so much in it, its index of words included."""
    migrations.upgrade(url)
    database = Database(url)
    try:
        with database.writing() as db:
            write(db.connection(), items=items, campaigns=campaigns)
        for _done in index.rebuild(database):
            pass
        with database.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE"))
    finally:
        database.dispose()


def write(connection: Connection, *, items: int, campaigns: int) -> None:
    """Campaigns of five weeks one after another until two months ahead, and their items; as many candidates wait."""
    now, today = clock.now(), clock.today()
    every = timedelta(days=max(90, 1500 * items // LARGE[0])) / campaigns
    firsts = [today + timedelta(days=-7), *(today + timedelta(days=50) - every * n for n in range(campaigns - 1))]
    spans = {number: (first, first + timedelta(days=34)) for number, first in enumerate(firsts, start=1)}
    about = {"goal_measure": "visits", "goal_number": 100, "created_at": now}
    put(
        connection,
        Campaign,
        (
            {"id": number, "slug": f"campaign-{number}", "starts_on": first, "ends_on": last, **about}
            for number, (first, last) in spans.items()
        ),
    )
    put(
        connection,
        CampaignText,
        (
            {"campaign_id": number, "language": language, "title": f"{JOBS[number % 5]} {number}", "summary": "Lees."}
            for number in spans
            for language in ("nl", "en")
        ),
    )
    picture = {"id": 1, "digest": "0" * 64, "width": 1200, "height": 630, "created_at": now}
    put(connection, Picture, [picture])
    put(connection, Item, (item(number, spans, now) for number in range(1, items + 1)))
    put(connection, ItemText, (words for number in range(1, items + 1) for words in texts(number)))
    put(connection, Caption, (caption for number in range(1, items + 1) for caption in captions(number)))
    site = "https://noorderhout.example"
    source = {"id": 1, "kind": "feed", "url": f"{site}/feed", "name": "Nieuws", "language": "nl"}
    put(connection, Source, [{**source, "next_at": now + timedelta(days=9), "created_at": now}])
    put(
        connection,
        Candidate,
        (
            {
                **{"source_id": 1, "canonical_url": f"{site}/{number}", "url": f"{site}/{number}", "kind": "article"},
                **{"language": "nl", "title": f"Bericht {number}", "at": now - timedelta(minutes=number)},
            }
            for number in range(1, items + 1)
        ),
    )


def item(number: int, spans: dict[int, tuple[date, date]], now: datetime) -> dict[str, Any]:
    """The first ones belong to the campaign that is looked at; the others are spread evenly."""
    campaign = 1 if number <= SHOWN else 1 + number % len(spans)
    first, last = spans[campaign]
    return {
        "id": number,
        "campaign_id": campaign,
        "slug": f"item-{number}",
        "kind": "vacancy" if number % 3 else "article",
        "target_url": f"https://noorderhout.example/{number}",
        "state": STATES[number % len(STATES)],
        "publish_at": clock.start_of(first + timedelta(days=number * 7 % 35)),
        "ends_at": clock.end_of(last) if number % 2 else None,
        "picture_id": 1 if number % 2 else None,
        "created_at": now,
        "changed_at": now,
    }


def texts(number: int) -> Iterator[dict[str, Any]]:
    title = f"{JOBS[number % len(JOBS)]} in {PLACES[number % len(PLACES)]} {number}"
    for language in ("nl", "en"):
        yield {"item_id": number, "language": language, "title": title, "summary": "Een plek voor een vakmens."}


def captions(number: int) -> Iterator[dict[str, Any]]:
    for network, language in (("any", "nl"), ("linkedin", "nl"), ("any", "en")):
        yield {"item_id": number, "network": network, "language": language, "body": f"Kom je ook bouwen? {number}"}


def put(connection: Connection, table: type[DeclarativeBase], rows: Iterable[dict[str, Any]]) -> None:
    remaining = iter(rows)
    while some := list(islice(remaining, AT_ONCE)):
        connection.execute(insert(table), some)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.campaigns")
    parser.add_argument("--quick", action="store_true", help="5,000 items: less than 50 seconds")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and ratios there")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        size = QUICK if chosen.quick else LARGE
        outcome = measure(chosen.database, Path(folder), large=size, times=20 if chosen.quick else 100)
    run.show("campaigns", outcome)
    if chosen.json:
        chosen.json.write_text(json.dumps({"figures": outcome.figures, "ratios": outcome.ratios}, indent=2) + "\n")


if __name__ == "__main__":
    main()
