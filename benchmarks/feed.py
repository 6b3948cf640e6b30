"""The feed as a signed-in colleague gets it, beside the same page the plain way and beside its bytes, ready made.

`python -m benchmarks.feed [--database sqlite|postgresql] [--quick] [--json FILE]`. The plain way (`plain_orm`) is the
portal itself with one route written as most would write it: rows and everything they lead to by the ORM, and the whole
page drawn each time. It is synchronous as the portal is: an asynchronous one would need a driver nobody else needs.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from sqlalchemy import select

import portal.models  # noqa: F401 (every table, so that they find each other)
from benchmarks import run
from benchmarks.run import Outcome, Server
from portal import clock
from portal.campaigns.models import Item, ItemText
from portal.database import Database
from tests.postgres import PostgreSQL

OURS, PLAIN, READY = "feed", "plain_orm", "ready_bytes"
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
        with _plain(folder, ours, url) as plain, run.bare(folder, body=body) as ready:
            servers = {
                name: (server, [run.request("/", server.port, cookie=cookie)])
                for name, server in ((OURS, ours), (PLAIN, plain), (READY, ready))
            }
            if abs(len(_page(plain, cookie)) - len(body)) > len(body) / 5:
                raise SystemExit("The plain way shows another page: nothing can be compared.")
            for connections in (1, MAIN):
                found = run.rounds(
                    servers,
                    connections=connections,
                    seconds=seconds,
                    times=rounds,
                    folder=folder,
                )
                strange = {status for each in found.values() for one in each for status in one["statuses"]} - {"200"}
                if strange:
                    raise SystemExit(f"Under load the answer was {', '.join(sorted(strange))}.")
                for reference in (PLAIN, READY):
                    run.compare(outcome, found, ours=OURS, reference=reference, at=f"c={connections}")
    for reference in (PLAIN, READY):
        outcome.ratios[reference] = outcome.ratios[f"{reference}, c={MAIN}"]
    outcome.figures["bytes of the page"] = len(body)
    return outcome


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
def _plain(folder: Path, ours: Server, url: str) -> Iterator[Server]:
    port = run.free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.plain_feed:app", "--port", str(port), "--no-access-log"]
    where = {"PLAIN_DATA_DIR": str(folder / "plain"), "PLAIN_DATABASE": url, "PLAIN_BASE_URL": ours.origin}
    (folder / "plain").mkdir()
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
    parser.add_argument("--quick", action="store_true", help="less than 50 seconds")
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
