"""The redirect with all it does (visitor, journal, ingest beside it) against servers that do less, or the same worse.

`python -m benchmarks.redirect [--quick] [--json FILE] [--peers URL …]`. In one run, in an order shuffled each round:

- `nginx`, `nginx_log`: `return 302`, without and with an access log written at once, the least a C server does;
- `bare_asgi`: a constant 302 from an ASGI function on the same uvicorn;
- `starlette_insert`: a Starlette route that awaits one INSERT into SQLite before it answers, the usual way to count;
- every URL of `--peers`, which is a short link of another system, such as YOURLS or Kutt.

wrk makes the load when it is installed, else our own client, which is slower than the faster servers. The ratios are
speeds: ours divided by theirs, at 64 connections over 1,000 links. At the end our own client, which waits for every
answer, asks some thousand times more, and as many clicks must be on record.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

from sqlalchemy import func, select

import portal.models  # noqa: F401  (every table, so that foreign keys resolve)
from benchmarks import run
from benchmarks.bare import TARGET
from benchmarks.run import Outcome, Server
from portal import clock
from portal.campaigns.queries import live_items
from portal.database import Database
from portal.links import codes
from portal.links.models import Click
from portal.people.models import Person

OURS = "redirect"
LINKS, VISITORS = 1000, 4000
NETWORKS = ("linkedin", "whatsapp", "facebook")
MAIN = (64, LINKS)
"""Connections and links of the load that the ratios and the main figures are about."""
DRAINED_WITHIN = 180.0
"""Seconds the ingest has to bring the clicks of the whole run into the database."""


@dataclass(frozen=True)
class Rival:
    """A server under load, and the requests it gets."""

    host: str
    port: int
    paths: list[str]
    processes: tuple[int, ...] = ()
    """Ids of the processes whose processor time is its own; none when it runs elsewhere."""

    def requests(self, links: int) -> list[str]:
        """As many visitors, each with a browser and an address of their own, spread over that many links."""
        paths = self.paths[:links]
        return [
            run.request(
                paths[number % len(paths)],
                self.port,
                host=f"{self.host}:{self.port}",
                user_agent=f"Mozilla/5.0 (X11; Linux x86_64; rv:{number}.0) Gecko/20100101 Firefox/{number}.0",
                referer="https://www.linkedin.com/",
                x_forwarded_for=f"198.51.{number // 250}.{number % 250 + 1}",
            )
            for number in range(VISITORS)
        ]

    def processor_seconds(self) -> float:
        ticks = 0
        for process in self.processes:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.redirect")
    parser.add_argument("--quick", action="store_true", help="less than 50 seconds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and ratios there")
    parser.add_argument("--peers", nargs="+", default=[], metavar="URL", help="short links of other systems")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        outcome = measure(Path(folder), quick=chosen.quick, peers=chosen.peers)
    run.show("redirect", outcome)
    if chosen.json:
        chosen.json.write_text(json.dumps({"figures": outcome.figures, "ratios": outcome.ratios}, indent=2) + "\n")


def measure(folder: Path, *, quick: bool, peers: list[str]) -> Outcome:
    outcome = Outcome()
    loads = [MAIN, (1, LINKS)] if quick else sorted(product((1, 16, 64, 256), (1, LINKS)))
    times, seconds = (2, 1) if quick else (5, 1)
    with ExitStack() as stack:
        ours = stack.enter_context(run.portal(folder))
        rivals = {OURS: Rival("localhost", ours.port, [f"/r/{code}" for code in mint(ours)], (ours.process.pid,))}
        rivals |= references(stack, folder, rivals[OURS].paths, outcome)
        rivals |= {url: peer(url) for url in peers}
        learn(rivals[OURS])
        before, answered = settled(ours, LINKS), 0
        for connections, links in loads:
            found = rounds(rivals, connections, links=links, times=times, seconds=seconds, folder=folder)
            answered += sum(each["answered"] for each in found[OURS])
            compare(outcome, found, (connections, links))
        # wrk leaves answers under way when its time is up: theirs are clicks too, at most one for each connection.
        extra = settled(ours, before + answered) - before - answered
        if extra > times * sum(connections for connections, _ in loads):
            raise SystemExit(f"{extra} clicks more than redirects answered are on record.")
        exact(outcome, ours, rivals[OURS], folder, quick=quick)
    outcome.remarks.append(f"{answered:,} redirects answered under load, all of them on record.")
    return outcome


def references(stack: ExitStack, folder: Path, paths: list[str], outcome: Outcome) -> dict[str, Rival]:
    """The servers to compare with, as far as this machine has them."""
    found = {}
    if shutil.which("nginx"):
        ports, workers = stack.enter_context(nginx(folder))
        for name, port in zip(("nginx", "nginx_log"), ports, strict=True):
            found[name] = Rival("localhost", port, paths, workers)
    else:
        outcome.remarks.append("nginx is not installed: nothing is said about it.")
    for name, app in (("bare_asgi", "bare_asgi"), ("starlette_insert", "inserting")):
        server = stack.enter_context(run.reference(f"benchmarks.bare:{app}", folder))
        found[name] = Rival("localhost", server.port, paths, (server.process.pid,))
    return found


@contextmanager
def nginx(folder: Path) -> Iterator[tuple[tuple[int, int], tuple[int, ...]]]:
    """nginx with one worker, on a port without and one with an access log; the ports and its worker's id."""
    ports = (run.free_port(), run.free_port())
    redirect = f'location /r/ {{ return 302 "{TARGET}"; }}'
    text = f"""
        daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log;
        {"user root;" if os.getuid() == 0 else ""}
        events {{ worker_connections 2048; }}
        http {{
          keepalive_requests 100000000;
          client_body_temp_path {folder}/n1; proxy_temp_path {folder}/n2; fastcgi_temp_path {folder}/n3;
          uwsgi_temp_path {folder}/n4; scgi_temp_path {folder}/n5;
          server {{ listen {ports[0]}; access_log off; {redirect} }}
          server {{ listen {ports[1]}; access_log {folder}/access.log combined; {redirect} }}
        }}
    """
    (folder / "nginx.conf").write_text(text)
    command = ["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    with run.started(command, dict(os.environ), ports[0], folder) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield ports, tuple(int(child) for child in children)


def peer(url: str) -> Rival:
    """Another system by one of its short links."""
    parts = urlsplit(url)
    return Rival(parts.hostname or "", parts.port or 80, [parts.path or "/"])


def rounds(
    rivals: dict[str, Rival], connections: int, *, links: int, times: int, seconds: int, folder: Path
) -> dict[str, list[dict[str, Any]]]:
    """Load each of them `times` times, in an order shuffled each round; what was found, by name."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in rivals}
    for _ in range(times):
        for name in random.sample(list(rivals), len(rivals)):
            rival = rivals[name]
            before = rival.processor_seconds()
            outcome = load(rival, connections, links=links, seconds=seconds, folder=folder)
            if rival.processes:
                outcome["cpu_us"] = (rival.processor_seconds() - before) / outcome["answered"] * 1e6
            found[name].append(outcome)
    return found


def load(rival: Rival, connections: int, *, links: int, seconds: int, folder: Path) -> dict[str, Any]:
    """What one stretch of load found: `answered`, `per_second`, `p50_ms`, `p99_ms`. Ends on any other status."""
    if not shutil.which("wrk"):
        return own_load(rival, connections, links=links, seconds=seconds, folder=folder)
    script = folder / f"{rival.host}-{rival.port}-{links}.lua"
    if not script.exists():
        listed = ",\n".join(json.dumps(each) for each in rival.requests(links))
        script.write_text(f"local requests = {{\n{listed}\n}}\n{WRK}")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script)]
    said = subprocess.run([*command, f"http://{rival.host}:{rival.port}/"], capture_output=True, text=True, check=True)
    outcome: dict[str, Any] = json.loads(said.stdout.rpartition("outcome ")[2])
    if outcome.pop("bad"):
        raise SystemExit(f"{rival.host}:{rival.port} did not answer every request with a redirect under load.")
    return outcome


WRK = """
local number = 0
request = function()
  number = number % #requests + 1
  return requests[number]
end
done = function(summary, latency)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.timeout
  io.write(string.format(
    'outcome {"answered": %d, "per_second": %f, "p50_ms": %f, "p99_ms": %f, "bad": %d}',
    summary.requests, summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, bad))
end
"""


def own_load(rival: Rival, connections: int, *, links: int, seconds: int, folder: Path) -> dict[str, Any]:
    """The same by our own client, which waits for every answer."""
    file = folder / f"{rival.host}-{rival.port}-{links}.json"
    file.write_text(json.dumps(rival.requests(links)))
    command = [sys.executable, "-m", "benchmarks.load", str(rival.port), str(connections), str(seconds), str(file)]
    said = subprocess.run(command, cwd=run.ROOT, capture_output=True, text=True, check=True)
    outcome: dict[str, Any] = json.loads(said.stdout)
    if any(int(status) not in range(301, 309) for status in outcome.pop("statuses")):
        raise SystemExit(f"{rival.host}:{rival.port} did not answer every request with a redirect under load.")
    return outcome


def compare(outcome: Outcome, found: dict[str, list[dict[str, Any]]], load: tuple[int, int]) -> None:
    """Medians into the figures, and the median of the rounds' ratios of ours to each other one."""
    connections, links = load
    at = f"c={connections}, {links} link{'s' * (links > 1)}"
    for name, outcomes in found.items():
        middle = {key: statistics.median(each[key] for each in outcomes) for key in outcomes[0] if key != "answered"}
        for key, value in middle.items():
            outcome.figures[f"{name}, {key}, {at}"] = round(value, 3)
        if name == OURS:
            if load == MAIN:
                outcome.figures["cpu_us_per_redirect"] = round(middle["cpu_us"], 2)
                outcome.figures["p99_ms"] = round(middle["p99_ms"], 3)
            continue
        pairs = list(zip(found[OURS], outcomes, strict=True))
        speed = round(statistics.median(one["per_second"] / other["per_second"] for one, other in pairs), 4)
        slowest = round(statistics.median(one["p99_ms"] / other["p99_ms"] for one, other in pairs), 3)
        outcome.ratios[name if load == MAIN else f"{name}, {at}"] = speed
        outcome.ratios[f"{name} p99" if load == MAIN else f"{name} p99, {at}"] = slowest


def mint(server: Server) -> list[str]:
    """The codes of links a while old, so that nobody seems to click right after minting."""
    with opened(server) as db, db.writing() as session:
        people = list(session.scalars(select(Person)))
        wanted = random.sample(list(product(people, live_items(session), NETWORKS)), LINKS)
        made = [
            codes.share_link(session, person=person, item_id=item.id, network=network)
            for person, item, network in wanted
        ]
        for link in made:
            link.created_at = clock.now() - timedelta(hours=1)
        return [link.code for link in made]


def learn(rival: Rival) -> None:
    """Ask for every link once, so that the first round is like the others."""
    for path in rival.paths:
        with suppress(HTTPError), build_opener(_Stay).open(f"http://{rival.host}:{rival.port}{path}"):
            pass


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *given: object) -> None:
        """Not to follow it is the point."""


def exact(outcome: Outcome, server: Server, rival: Rival, folder: Path, *, quick: bool) -> None:
    """Every answer of our own client, which waits for each, must be one click on record. SystemExit if not."""
    before = recorded(server)
    answered = own_load(rival, 64, links=LINKS, seconds=2 if quick else 5, folder=folder)["answered"]
    kept = settled(server, before + answered) - before
    outcome.figures |= {"answered": answered, "recorded": kept}
    if kept != answered:
        raise SystemExit(f"{answered} redirects were answered, {kept} clicks are on record.")


def settled(server: Server, least: int) -> int:
    """The clicks on record once the ingest has read everything; SystemExit when they stay fewer than `least`."""
    until, before = time.monotonic() + DRAINED_WITHIN, -1
    while time.monotonic() < until:
        now = recorded(server)
        if now >= least and now == before:
            return now
        before = now
        time.sleep(0.5)
    raise SystemExit(f"{least} redirects were answered, {before} clicks are on record.")


def recorded(server: Server) -> int:
    with opened(server) as db, db.reading() as session:
        return session.scalar(select(func.count()).select_from(Click)) or 0


@contextmanager
def opened(server: Server) -> Iterator[Database]:
    """The server's database, opened beside it for a moment."""
    database = Database(f"sqlite:///{server.data_dir / 'portal.db'}")
    try:
        yield database
    finally:
        database.dispose()


if __name__ == "__main__":
    main()
