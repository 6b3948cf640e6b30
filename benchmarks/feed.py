"""The feed as a signed-in colleague gets it, beside the same page the plain way and beside its bytes, ready made.

`python -m benchmarks.feed [--database sqlite|postgresql] [--quick] [--json FILE]`. All of them are the portal itself,
on the same server software, with one route changed (`plain_feed`), asked for by the same colleague in the same run:

`async_orm`, as most would write it: an asynchronous handler and ORM session, on aiosqlite or psycopg, and the whole
page drawn each time. `plain_orm`: the same, synchronous as the portal is.

`ready_bytes`: what is left when nothing has to be found out: the same application, middleware and route line, which
still finds out who asks and whether they may, and a handler that answers the page's bytes from memory. That is the
fairest reading of "ready": it is everything a page here costs before it shows anything. `bare_bytes` are the same
bytes from a Starlette application with one route and nothing else, which looks nobody up: for orientation.

`feed while others write` is our page while another process commits ten times a second: then nothing that was kept in
memory holds for long. The quiet feed is the one that is compared.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from sqlalchemy import select

import portal.models  # noqa: F401 (every table, so that they find each other)
from benchmarks import run
from benchmarks.run import ROOT, Outcome, Server
from portal import clock
from portal.campaigns.models import Item, ItemText
from portal.database import Database
from tests.postgres import PostgreSQL

OURS = "feed"
REFERENCES = {"async_orm": "async", "plain_orm": "orm", "ready_bytes": "ready"}
"""Each with the form of `plain_feed` it is."""
BARE = "bare_bytes"
BUSY = "feed while others write"
WRITES_PER_SECOND = 10
MORE_ITEMS = 50
"""Beside those of the sample: three pages of them."""
MAIN = 16
"""Connections at which the ratios are taken that have no number in their name."""


def measure(kind: str, folder: Path, *, rounds: int, seconds: float) -> Outcome:
    outcome = Outcome()
    with _database(kind, folder) as url, _portal(folder, url) as ours:
        _fill(url)
        cookie = sign_in(ours)
        body = _page(ours, cookie)
        ready = folder / "ready.html"
        ready.write_bytes(body)
        with ExitStack() as stack:
            servers = {OURS: ours, BARE: stack.enter_context(run.bare(folder, body=body))}
            for name, form in REFERENCES.items():
                servers[name] = stack.enter_context(_plain(form, folder, ours, url, ready))
                if abs(len(_page(servers[name], cookie)) - len(body)) > len(body) / 5:
                    raise SystemExit(f"{name} shows another page: nothing can be compared.")
            asked = {name: (each, [run.request("/", each.port, cookie=cookie)]) for name, each in servers.items()}
            for connections in (1, MAIN):
                at = f"c={connections}"
                found = _rounds(asked, connections, rounds, seconds, folder)
                for reference in (*REFERENCES, BARE):
                    run.compare(outcome, found, ours=OURS, reference=reference, at=at)
                with _writing(url):
                    busy = _rounds({BUSY: asked[OURS]}, connections, rounds, seconds, folder)
                run.compare(outcome, busy | {OURS: found[OURS]}, ours=BUSY, reference=OURS, at=f"busy, {at}")
    for reference in (*REFERENCES, BARE):
        outcome.ratios[reference] = outcome.ratios[f"{reference}, c={MAIN}"]
    outcome.figures["bytes of the page"] = len(body)
    return outcome


def _rounds(
    servers: dict[str, tuple[Server, list[str]]], connections: int, rounds: int, seconds: float, folder: Path
) -> dict[str, list[dict[str, Any]]]:
    found = run.rounds(servers, connections=connections, seconds=seconds, times=rounds, folder=folder)
    strange = {status for each in found.values() for one in each for status in one["statuses"]} - {"200"}
    if strange:
        raise SystemExit(f"Under load the answer was {', '.join(sorted(strange))}.")
    return found


@contextmanager
def _writing(url: str) -> Iterator[None]:
    """Another process that commits again and again until the end of the block."""
    command = [sys.executable, "-m", "benchmarks.feed_writer", url, str(WRITES_PER_SECOND)]
    writer = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert writer.stdout is not None
    writer.stdout.readline()  # it has begun
    try:
        yield
    finally:
        writer.terminate()
        writer.communicate()


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'portal.db'}"
        return
    with PostgreSQL() as server:
        server.create_database("benchmark")
        yield server.url("benchmark")


@contextmanager
def _portal(folder: Path, url: str) -> Iterator[Server]:
    port, data_dir = run.free_port(), folder / "portal"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    environment |= {
        "PORTAL_PORT": str(port),
        "PORTAL_DATA_DIR": str(data_dir),
        "PORTAL_DATABASE_URL": url,
        "PORTAL_BASE_URL": f"http://localhost:{port}",
        "PORTAL_PRACTICE_SIGN_IN": "1",
        "PORTAL_TRUSTED_PROXIES": "127.0.0.1",  # what uvicorn believes by itself, and so the references do
    }
    with run.started([sys.executable, "-m", "portal", "demo", "--quiet"], environment, port, folder) as process:
        yield Server(port, process, data_dir)


@contextmanager
def _plain(form: str, folder: Path, ours: Server, url: str, ready: Path) -> Iterator[Server]:
    port, data_dir = run.free_port(), folder / form
    command = [sys.executable, "-m", "uvicorn", "benchmarks.plain_feed:app", "--port", str(port), "--no-access-log"]
    where = {"PLAIN_DATA_DIR": str(data_dir), "PLAIN_DATABASE": url, "PLAIN_BASE_URL": ours.origin}
    where |= {"PLAIN_FORM": form, "PLAIN_READY": str(ready)}
    data_dir.mkdir()
    with run.started(command, os.environ | where, port, folder) as process:
        yield Server(port, process, folder)


def _fill(url: str) -> None:
    """More items than one page shows, as new as those of the sample."""
    database = Database(url, checkpoints=False)
    with database.writing() as db:
        sample = db.scalars(select(Item).where(Item.state == "approved").order_by(Item.id)).first()
        assert sample is not None
        for number in range(MORE_ITEMS):
            item = Item(
                campaign_id=sample.campaign_id,
                slug=f"more-{number}",
                kind="story",
                target_url="https://noorderhout.example/verhaal",
                state="approved",
                publish_at=clock.now() - timedelta(hours=2 + number),
                picture_id=sample.picture_id,
                created_at=clock.now(),
                changed_at=clock.now(),
            )
            item.texts = [
                ItemText(
                    language=language, title=f"Een verhaal uit de fabriek, deel {number}", summary="Lees het zelf."
                )
                for language in ("nl", "en")
            ]
            db.add(item)
    database.dispose()


def _page(server: Server, cookie: str) -> bytes:
    with build_opener().open(Request(f"{server.origin}/", headers={"Cookie": cookie})) as answer:
        return bytes(answer.read())


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *given: object) -> None:
        """Keep the answer that sets the session instead of following it."""


def sign_in(server: Server) -> str:
    """The cookie of the practice member."""
    form = Request(f"{server.origin}/practice-sign-in", data=b"person=member", headers={"Origin": server.origin})
    try:
        with build_opener(_Stay).open(form) as answer:
            headers = answer.headers
    except HTTPError as error:
        headers = error.headers
    jar: SimpleCookie = SimpleCookie()
    for line in headers.get_all("Set-Cookie", []):
        jar.load(line)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.feed")
    parser.add_argument("--quick", action="store_true", help="less than two minutes")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and ratios there")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        rounds, seconds = (3, 1.5) if chosen.quick else (7, 4)
        outcome = measure(chosen.database, Path(folder), rounds=rounds, seconds=seconds)
    run.show(f"feed on {chosen.database}", outcome)
    if chosen.json:
        chosen.json.write_text(json.dumps({"figures": outcome.figures, "ratios": outcome.ratios}, indent=2) + "\n")


if __name__ == "__main__":
    main()
