"""Thousands of screens on one process: how soon the last one has a change, what each costs, and who suffers meanwhile.

`python -m benchmarks.screens [--screens 5000] [--database sqlite|postgresql] [--quick] [--json FILE]`. All screens
belong to one group, so that every change goes to all of them: whole states, as large as the portal's own. In one run,
in an order shuffled each round, the portal is compared with servers that send as many bytes to as many streams:

- `write_loop`: no server, a loop that writes to sockets. The ratio is a time: ours, from the commit to the last screen
  with the change read from the database and drawn, divided by that of the loop alone. The bar is at most 1.3 with 5,000
  screens: reading and drawing take as long for one, so with fewer the ratio is greater (`hub, one_screen_ms` says how
  long that is). Where other programs run it swings, for ours has to get its turn several times; `write_loop processor`
  divides the processor's time of the same rounds, that of the edit itself included, and swings less.
- `sse_starlette`: a queue for each stream. Its ratio is its time divided by ours, and `sse_starlette memory` its
  memory for each stream divided by ours. The bars are at least 5.

Then redirects are asked for while changes go to everybody; a thousand screens stop reading and have to be let go, with
nobody else harmed; and a day of changes goes to a few screens at high speed, after which the server must not have
grown.
"""

import argparse
import json
import random
import resource
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import run
from benchmarks.broadcasters import mark, path
from benchmarks.ingest import database_url
from benchmarks.run import Outcome, Server
from portal import server

OURS = "hub"
REFERENCES = ("write_loop", "sse_starlette")
APART = 0.7
"""Seconds between two changes at the portal, which tells at most two a second."""
PATIENCE = 120.0
"""Seconds for what should come much sooner."""


@dataclass(frozen=True)
class Plan:
    """How many, how often and how long."""

    screens: int = 5000
    rounds: int = 7
    redirects: int = 1500
    idle_seconds: float = 20
    not_reading: int = 1000
    give_up: float = 20
    """Seconds the portal lets a screen not read; its own figure unless there is little time."""
    soak_changes: int = 2880
    """One every thirty seconds of a day."""
    soak_screens: int = 20

    @classmethod
    def quick(cls, screens: int) -> "Plan":
        return cls(min(screens, 2000), 7, 400, 3, 200, 3, 200, 5)


@dataclass
class Broadcaster:
    """One server and its players."""

    server: Server
    players: "Players"
    said: dict[str, Any]
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**8)))
    changed_at: float = 0.0
    newest: str = mark(0)
    """In what a player is told that connects now."""

    def change(self) -> str:
        """Have it tell something new; the mark by which players know it."""
        self.rest()
        number = next(self.numbers)
        assert self.server.process.stdin is not None
        self.server.process.stdin.write(b"%d\n" % number)
        self.server.process.stdin.flush()
        self.changed_at = time.monotonic()
        if self.said.get("code"):  # the references begin with the same for everybody
            self.newest = mark(number)
        return mark(number)

    def rest(self) -> None:
        """Wait until it would tell something new at once."""
        time.sleep(max(0.0, self.changed_at + APART - time.monotonic()))

    def processor(self) -> float:
        """Seconds of the processor it has used so far."""
        return self.server.processor_seconds() or 0.0

    def began(self) -> float:
        """When it began to tell what `change` asked for last."""
        return float(heard(self.server.process)["at"])

    def round(self) -> float:
        """Seconds from a change to the last of its players."""
        last = self.players.until(self.change())
        return last - self.began()

    def memory(self) -> float:
        """Its memory in kB, after a moment to settle."""
        time.sleep(1)
        return rss(self.server.process.pid)


class Players:
    """Connections to one server that read whatever comes and look for a mark in it."""

    def __init__(self, name: str, port: int) -> None:
        self.name, self.port = name, port
        self.poll = select.epoll()
        self.sockets: dict[int, socket.socket] = {}
        self.last = b""
        """What one of them read last."""

    def add(self, numbers: Iterable[int], *, first: str) -> None:
        """Connect these screens, each until it has the state with the mark `first`."""
        waiting = list(numbers)
        for begin in range(0, len(waiting), 250):
            added = [self._connect(number) for number in waiting[begin : begin + 250]]
            self.until(first, added)

    def until(self, word: str, files: Iterable[int] | None = None) -> float:
        """Read until each has an event with `word` in it, whole; the moment the last one had."""
        wanted, looked_for = set(self.sockets if files is None else files), word.encode()
        begun: dict[int, bytes] = {}
        until = time.monotonic() + PATIENCE
        while wanted:
            for file, _ in self.poll.poll(1):
                data = self._read(file)
                if file not in wanted:
                    continue
                before = begun.get(file, b"")
                if looked_for in data or before == looked_for or looked_for in before + data:
                    if data[-6:].count(b"\n") >= 2:
                        wanted.discard(file)
                        self.last = data
                    begun[file] = looked_for
                else:
                    begun[file] = data[-len(looked_for) :]
            if time.monotonic() > until:
                raise SystemExit(f"{len(wanted)} of {len(self.sockets)} screens did not get {word}.")
        return time.perf_counter()

    def close(self) -> None:
        for each in self.sockets.values():
            each.close()
        self.poll.close()

    def _connect(self, number: int) -> int:
        made = connected(self.port, number)
        made.setblocking(False)
        self.sockets[made.fileno()] = made
        self.poll.register(made, select.EPOLLIN)
        return made.fileno()

    def _read(self, file: int) -> bytes:
        data = b""
        try:
            data = self.sockets[file].recv(1_000_000)
        except BlockingIOError:
            return b""
        except OSError:
            pass
        if not data:
            raise SystemExit(f"A stream of {self.name} ended although it was read.")
        return data


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screens")
    parser.add_argument("--screens", type=int, default=Plan.screens)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--quick", action="store_true", help="about a minute, and at most 2,000 screens")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and ratios there")
    chosen = parser.parse_args()
    plan = Plan.quick(chosen.screens) if chosen.quick else Plan(screens=chosen.screens)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        outcome = measure(Path(folder), plan, chosen.database)
    run.show(f"screens on {chosen.database}", outcome)
    if chosen.json:
        chosen.json.write_text(json.dumps({"figures": outcome.figures, "ratios": outcome.ratios}, indent=2) + "\n")


def measure(folder: Path, plan: Plan, database: str = "sqlite") -> Outcome:
    outcome = Outcome()
    server.raise_file_limit()
    room = (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500 - plan.not_reading) // 3
    screens = min(plan.screens, room)
    if screens < plan.screens:
        outcome.remarks.append(f"So few files may be open here that it is {screens} screens, not {plan.screens}.")
    outcome.figures["screens"] = screens
    with ExitStack() as stack:
        url = stack.enter_context(database_url(database, folder))
        ours = stack.enter_context(portal(folder, url, screens + plan.not_reading, give_up=plan.give_up))
        broadcasters = {OURS: ours}
        size = state_size(ours)
        outcome.figures["state_bytes"] = size
        for name in REFERENCES:
            broadcasters[name] = stack.enter_context(started(name, folder, size=size))
        for name, each in broadcasters.items():
            each.players.add(range(1), first=each.newest)
            each.round()  # the first one is not counted: what it needs is loaded
            outcome.figures[f"{name}, one_screen_ms"] = milliseconds([each.round() for _ in range(5)])
        memory = {name: connect(each, screens) for name, each in broadcasters.items()}
        compare(outcome, broadcasters, memory, plan)
        idle(outcome, ours, plan)
        redirects(outcome, ours, plan)
        cut_off(outcome, ours, screens, plan)
    with ExitStack() as stack:
        (folder / "soak").mkdir()
        url = stack.enter_context(database_url(database, folder / "soak"))
        soak(outcome, stack, folder / "soak", url, plan)
    return outcome


@contextmanager
def portal(folder: Path, url: str, screens: int, **rhythm: float) -> Iterator[Broadcaster]:
    with started(OURS, folder, url=url, folder=str(folder), screens=screens, rhythm=rhythm) as found:
        yield found


@contextmanager
def started(kind: str, folder: Path, /, **given: Any) -> Iterator[Broadcaster]:
    """One of `benchmarks.broadcasters` until the end of the block."""
    port, log = run.free_port(), folder / f"{kind}.log"
    words = json.dumps(given | {"port": port})
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.broadcasters", kind, words],
            cwd=run.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    players = Players(kind, port)
    try:
        said = heard(process)
        until(lambda: answers(port))
        yield Broadcaster(Server(port, process, folder), players, said)
    finally:
        players.close()
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def connected(port: int, number: int, *, receives: int = 0) -> socket.socket:
    """A player's connection on which its stream is asked for; `receives` bytes fit at its end, 0 for as usual."""
    made = socket.socket()
    if receives:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    made.connect(("127.0.0.1", port))
    made.sendall(run.request(path(number), port, accept="text/event-stream").encode())
    return made


def heard(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The next thing a server says to us. SystemExit when it has ended."""
    assert process.stdout is not None
    while line := process.stdout.readline():
        if line.startswith(b"{") and not line.startswith(b'{"event"'):  # not its log
            found: dict[str, Any] = json.loads(line)
            return found
    raise SystemExit(f"A server ended with status {process.wait()}.")


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 2).close()
    except OSError:
        return False
    return True


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > end:
            raise SystemExit("A server does not answer.")
        time.sleep(0.05)


def rss(process: int) -> float:
    """Its memory, in kB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024


def state_size(ours: Broadcaster) -> int:
    """Bytes of the state the portal sends."""
    with connected(ours.server.port, 0) as player:
        said = b""
        while not said.endswith(b"\n\n\r\n") or b"event: state" not in said:
            said += player.recv(1_000_000)
    return len(said.partition(b"data: ")[2])


def connect(broadcaster: Broadcaster, screens: int) -> float:
    """Connect them all; the kB each of the second half has cost, for the first may use what starting has left."""
    half = screens // 2
    broadcaster.players.add(range(1, half), first=broadcaster.newest)
    broadcaster.round()
    before = broadcaster.memory()
    broadcaster.players.add(range(half, screens), first=broadcaster.newest)
    return (broadcaster.memory() - before) / (screens - half)


def compare(outcome: Outcome, broadcasters: dict[str, Broadcaster], memory: dict[str, float], plan: Plan) -> None:
    found: dict[str, list[float]] = {name: [] for name in broadcasters}
    used = dict.fromkeys(broadcasters, 0.0)
    for each in broadcasters.values():  # the first one is not counted: buffers grow
        each.round()
    for _ in range(plan.rounds):
        for name in random.sample(list(broadcasters), len(broadcasters)):
            broadcasters[name].rest()
            used[name] -= broadcasters[name].processor()
            found[name].append(broadcasters[name].round())
            used[name] += broadcasters[name].processor()
    for name, times in found.items():
        outcome.figures[f"{name}, last_screen_ms"] = milliseconds(times)
        outcome.figures[f"{name}, kb_per_screen"] = round(memory[name], 2)
    outcome.figures["kb_per_screen"] = round(memory[OURS], 2)
    pairs = {name: list(zip(found[OURS], found[name], strict=True)) for name in REFERENCES}
    outcome.ratios["write_loop"] = round(statistics.median(one / other for one, other in pairs["write_loop"]), 3)
    outcome.ratios["write_loop processor"] = round(used[OURS] / max(used["write_loop"], 0.01), 2)
    outcome.ratios["sse_starlette"] = round(statistics.median(other / one for one, other in pairs["sse_starlette"]), 2)
    outcome.ratios["sse_starlette memory"] = round(memory["sse_starlette"] / max(memory[OURS], 0.01), 2)


def milliseconds(seconds: list[float]) -> float:
    """Their median."""
    return round(statistics.median(seconds) * 1000, 2)


def idle(outcome: Outcome, ours: Broadcaster, plan: Plan) -> None:
    """The processor's time while screens are connected and nothing happens but beats."""
    time.sleep(1)
    before = ours.server.processor_seconds()
    time.sleep(plan.idle_seconds)
    after = ours.server.processor_seconds()
    if before is not None and after is not None:
        outcome.figures["idle_cpu_percent"] = round((after - before) / plan.idle_seconds * 100, 2)


def redirects(outcome: Outcome, ours: Broadcaster, plan: Plan) -> None:
    """How long redirects take, a hundred a second, while nothing happens and while everything does."""
    for name, is_busy in (("redirect_p99_quiet_ms", False), ("redirect_p99_ms", True)):
        command = [sys.executable, "-m", "benchmarks.broadcasters", "redirects"]
        given = json.dumps({"port": ours.server.port, "code": ours.said["code"], "times": plan.redirects})
        with subprocess.Popen([*command, given], cwd=run.ROOT, stdout=subprocess.PIPE) as asking:
            while asking.poll() is None:
                if is_busy:
                    ours.round()
                else:
                    time.sleep(0.2)
            outcome.figures[name] = heard(asking)["p99_ms"]


def cut_off(outcome: Outcome, ours: Broadcaster, screens: int, plan: Plan) -> None:
    """Have more screens connect that never read again, and go on until each was let go."""
    process, poll = ours.server.process.pid, select.epoll()
    before, most, began = ours.memory(), 0.0, time.monotonic()
    not_reading = [
        connected(ours.server.port, number, receives=4096) for number in range(screens, screens + plan.not_reading)
    ]
    for each in not_reading:
        poll.register(each, select.EPOLLRDHUP)
    gone: set[int] = set()
    while len(gone) < len(not_reading) and time.monotonic() - began < PATIENCE:
        ours.round()
        most = max(most, rss(process) - before)
        gone |= {file for file, _ in poll.poll(0)}
    outcome.figures["cut_off"] = len(gone)
    outcome.figures["cut_off_seconds"] = round(time.monotonic() - began, 1)
    outcome.figures["cut_off_growth_mb"] = round(most / 1024, 2)
    ours.round()  # ends the run if one of the others suffered
    poll.close()
    for each in not_reading:
        each.close()


def soak(outcome: Outcome, stack: ExitStack, folder: Path, url: str, plan: Plan) -> None:
    """A day of changes and beats at high speed; how much larger the server is after it, in kB."""
    ours = stack.enter_context(portal(folder, url, plan.soak_screens, at_most_every=0.005, beat=0.06))
    ours.players.add(range(plan.soak_screens), first=mark(0))
    seen: list[float] = []
    for number in range(plan.soak_changes):
        ours.changed_at = 0.0
        ours.round()
        if number % 10 == 9:
            seen.append(rss(ours.server.process.pid))
    part = max(1, len(seen) // 4)
    outcome.figures["soak_changes"] = plan.soak_changes
    outcome.figures["soak_growth_kb"] = round(
        statistics.median(seen[-part:]) - statistics.median(seen[part : 2 * part])
    )


if __name__ == "__main__":
    main()
