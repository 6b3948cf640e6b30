"""The redirect with all it does (visitor, journal, ingest beside it) against servers that do less, or the same worse.

`python -m benchmarks.redirect [--quick] [--json FILE] [--peers NAME=URL …]`. In one run, its order shuffled each round:

- `nginx`, `nginx_log`: `return 302`, without and with an access log written at once, the least a C server does;
- `bare_asgi`: a constant 302 from an ASGI function on the same uvicorn;
- `starlette_insert`: a Starlette route that awaits one INSERT into SQLite before it answers, the usual way to count;
- every one of `--peers`, by the address of a short link of another system, such as `yourls=http://localhost:8080/a`.

wrk makes the load when it is installed, else our own client, which is slower than the faster servers. The ratios are
speeds: ours divided by theirs, at 64 connections over 1,000 links. One more, `distinct_agents`, is about ours alone: a
sender with another browser name in each request, divided by one that keeps its name. At the end our own client, which
waits for every answer, asks some thousand times more, and as many clicks must be on record.
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
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select

import portal.models  # noqa: F401  (every table, so that foreign keys resolve)
from benchmarks import run
from benchmarks.bare import TARGET
from benchmarks.run import Outcome, Server
from portal import clock
from portal.campaigns.queries import live_items
from portal.database import Database
from portal.links import backlog, codes
from portal.links.models import Click
from portal.people.models import Person

OURS = "redirect"
LINKS, VISITORS = 1000, 4000
NETWORKS = ("linkedin", "whatsapp", "facebook")
MAIN = (64, LINKS)
"""Connections and links of the load that the ratios and the main figures are about."""
FRESH_NAMES = 10**9
"""More than any memory of browser names holds, and more than any run asks with."""
DRAINED_WITHIN = 180.0
"""Seconds the ingest has to bring the clicks of the whole run into the database."""


@dataclass(frozen=True)
class Plan:
    """How much load, and how long."""

    loads: tuple[tuple[int, int], ...]
    """Connections and links, `MAIN` among them."""
    rounds: int
    seconds: float
    """Of one stretch of load; wrk knows whole ones only."""
    exact_seconds: float
    with_wrk: bool


@dataclass(frozen=True)
class Rival:
    """A server under load, and the requests it gets."""

    host: str
    port: int
    paths: list[str]
    processes: tuple[int, ...] = ()
    """Ids of the processes whose processor time is its own; none when it runs elsewhere."""
    names: int = 0
    """As how many browsers one and the same sender comes by turns; 0 for many senders with a browser each."""

    def requests(self, links: int) -> list[str]:
        """As many visitors, each with a browser and an address of their own, spread over that many links."""
        paths = self.paths[:links]
        if self.names:
            name, address = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/@name@", "198.51.100.7"
            return [self._request(path, user_agent=name, x_forwarded_for=address) for path in paths]
        return [
            self._request(
                paths[number % len(paths)],
                user_agent=f"Mozilla/5.0 (X11; Linux x86_64; rv:{number}.0) Gecko/20100101 Firefox/{number}.0",
                x_forwarded_for=f"198.51.{number // 250}.{number % 250 + 1}",
            )
            for number in range(VISITORS)
        ]

    def _request(self, path: str, **headers: str) -> str:
        host = self.host if self.port == 80 else f"{self.host}:{self.port}"
        return run.request(path, self.port, host=host, referer="https://www.linkedin.com/", **headers)

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
    parser.add_argument(
        "--peers", nargs="+", type=peer, default=[], metavar="NAME=URL", help="short links of other systems"
    )
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        outcome = measure(Path(folder), plan(quick=chosen.quick), dict(chosen.peers))
    run.show("redirect", outcome)
    if chosen.json:
        chosen.json.write_text(json.dumps({"figures": outcome.figures, "ratios": outcome.ratios}, indent=2) + "\n")


def plan(*, quick: bool) -> Plan:
    with_wrk = shutil.which("wrk") is not None
    if quick:
        return Plan((MAIN, (1, LINKS)), rounds=2, seconds=1, exact_seconds=2, with_wrk=with_wrk)
    everything = tuple(sorted(product((1, 16, 64, 256), (1, LINKS))))
    return Plan(everything, rounds=5, seconds=1, exact_seconds=5, with_wrk=with_wrk)


def measure(folder: Path, plan: Plan, peers: dict[str, Rival]) -> Outcome:
    outcome = Outcome()
    if not plan.with_wrk:
        outcome.remarks.append("Without wrk our own client makes the load, which is slower than the faster servers.")
    with ExitStack() as stack:
        ours = stack.enter_context(run.portal(folder))
        rivals = {OURS: Rival("localhost", ours.port, [f"/r/{code}" for code in mint(ours)], (ours.process.pid,))}
        rivals |= references(stack, folder, rivals[OURS].paths, outcome)
        rivals |= peers
        for name in (OURS, *peers):
            learn(name, rivals[name])
        before, answered = settled(ours, LINKS), 0
        for connections, links in plan.loads:
            found = rounds(rivals, connections, links=links, plan=plan, folder=folder)
            answered += sum(each["answered"] for each in found[OURS])
            compare(outcome, found, (connections, links))
        answered += fresh_names(outcome, rivals[OURS], plan, folder)
        # wrk leaves answers under way when its time is up: theirs are clicks too, at most one for each connection.
        extra = settled(ours, before + answered) - before - answered
        if extra > plan.rounds * (2 * MAIN[0] + sum(connections for connections, _ in plan.loads)):
            raise SystemExit(f"{extra} clicks more than redirects answered are on record.")
        exact(outcome, ours, rivals[OURS], plan, folder)
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


def peer(said: str) -> tuple[str, Rival]:
    """Another system by NAME=URL, the address of one of its short links. ArgumentTypeError when it is no such thing."""
    name, _, url = said.partition("=")
    parts = urlsplit(url)
    if not name or parts.scheme != "http" or not parts.hostname:
        raise argparse.ArgumentTypeError(f"{said!r} is not NAME=http://HOST[:PORT]/SHORT-LINK")
    if name in (OURS, "nginx", "nginx_log", "bare_asgi", "starlette_insert", "distinct_agents"):
        raise argparse.ArgumentTypeError(f"{name!r} is the name of something else here")
    path = f"{parts.path or '/'}{'?' * bool(parts.query)}{parts.query}"
    return name, Rival(parts.hostname, parts.port or 80, [path])


def rounds(
    rivals: dict[str, Rival], connections: int, *, links: int, plan: Plan, folder: Path
) -> dict[str, list[dict[str, Any]]]:
    """Load each of them in each round, in an order shuffled each round; what was found, by name."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in rivals}
    for _ in range(plan.rounds):
        for name in random.sample(list(rivals), len(rivals)):
            rival = rivals[name]
            before = rival.processor_seconds()
            outcome = load(rival, connections, links=links, plan=plan, folder=folder)
            if rival.processes:
                outcome["cpu_us"] = (rival.processor_seconds() - before) / outcome["answered"] * 1e6
            found[name].append(outcome)
    return found


def load(rival: Rival, connections: int, *, links: int, plan: Plan, folder: Path) -> dict[str, Any]:
    """What one stretch of load found: `answered`, `per_second`, `p50_ms`, `p99_ms`. Ends on any other status."""
    if not plan.with_wrk:
        return own_load(rival, connections, links=links, seconds=plan.seconds, folder=folder)
    script = folder / f"{rival.host}-{rival.port}-{links}-{rival.names}.lua"
    if not script.exists():
        listed = ",\n".join(json.dumps(each) for each in rival.requests(links))
        script.write_text(f"local names, requests = {rival.names}, {{\n{listed}\n}}\n{WRK}")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{plan.seconds:.0f}s", "-s", str(script)]
    said = subprocess.run([*command, f"http://{rival.host}:{rival.port}/"], capture_output=True, text=True, check=True)
    outcome: dict[str, Any] = json.loads(said.stdout.rpartition("outcome ")[2])
    if outcome.pop("bad"):
        raise SystemExit(f"{rival.host}:{rival.port} did not answer every request with a redirect under load.")
    return outcome


WRK = """
local number, parts = 0, {}
if names > 0 then
  for i, request in ipairs(requests) do
    local from, to = request:find("@name@", 1, true)
    parts[i] = {request:sub(1, from - 1), request:sub(to + 1)}
  end
end
request = function()
  number = number + 1
  local i = number % #requests + 1
  if names == 0 then return requests[i] end
  return parts[i][1] .. number % names .. parts[i][2]
end
done = function(summary, latency)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.timeout
  io.write(string.format(
    'outcome {"answered": %d, "per_second": %f, "p50_ms": %f, "p99_ms": %f, "bad": %d}',
    summary.requests, summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, bad))
end
"""


def own_load(rival: Rival, connections: int, *, links: int, seconds: float, folder: Path) -> dict[str, Any]:
    """The same by our own client, which waits for every answer."""
    file = folder / f"{rival.host}-{rival.port}-{links}.json"
    file.write_text(json.dumps(rival.requests(links)))
    given = (rival.host, rival.port, connections, seconds, file, rival.names)
    command = [sys.executable, "-m", "benchmarks.load", *(str(each) for each in given)]
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


def fresh_names(outcome: Outcome, ours: Rival, plan: Plan, folder: Path) -> int:
    """One sender under ever new names against one that keeps its name; how many redirects were answered."""
    rivals = {"same": replace(ours, names=1), "fresh": replace(ours, names=FRESH_NAMES)}
    found = rounds(rivals, MAIN[0], links=MAIN[1], plan=plan, folder=folder)
    pairs = zip(found["fresh"], found["same"], strict=True)
    speed = statistics.median(fresh["per_second"] / same["per_second"] for fresh, same in pairs)
    outcome.ratios["distinct_agents"] = round(speed, 4)
    for name, outcomes in found.items():
        used = statistics.median(each["cpu_us"] for each in outcomes)
        outcome.figures[f"{name} browser name, cpu_us"] = round(used, 2)
    return sum(each["answered"] for outcomes in found.values() for each in outcomes)


def learn(name: str, rival: Rival) -> None:
    """Ask for every link once, so that the first round is like the others. SystemExit when one does not lead on."""
    with closing(HTTPConnection(rival.host, rival.port, timeout=10)) as connection:
        for path in rival.paths:
            try:
                connection.request("GET", path)
                with connection.getresponse() as answer:
                    answer.read()
            except (OSError, HTTPException) as error:
                raise SystemExit(f"{name} does not answer at {rival.host}:{rival.port}: {error}") from error
            if answer.status not in range(301, 309):
                raise SystemExit(f"{name} answers {path} with {answer.status}, not with a redirect.")


def exact(outcome: Outcome, server: Server, rival: Rival, plan: Plan, folder: Path) -> None:
    """Every answer of our own client, which waits for each, must be one click on record. SystemExit if not."""
    before = recorded(server)
    answered = own_load(rival, 64, links=LINKS, seconds=plan.exact_seconds, folder=folder)["answered"]
    kept = settled(server, before + answered) - before
    outcome.figures |= {"answered": answered, "recorded": kept}
    if kept != answered:
        raise SystemExit(f"{answered} redirects were answered, {kept} clicks are on record.")


def settled(server: Server, least: int) -> int:
    """The clicks on record once nothing waits in the journal; SystemExit when that takes long or they are fewer."""
    until, empty = time.monotonic() + DRAINED_WITHIN, 0
    with opened(server) as db:
        while empty < 2 and time.monotonic() < until:  # the last answers of a load may be under way at the first look
            time.sleep(0.5)
            with db.reading() as session:
                waits = backlog.look(session, server.data_dir / "journal").waiting_bytes
            empty = 0 if waits else empty + 1
    now = recorded(server)
    if empty < 2 or now < least:
        raise SystemExit(f"{least} redirects were answered, {now} clicks are on record.")
    return now


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
