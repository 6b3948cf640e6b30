"""What every benchmark shares: command line, servers to start, shuffled rounds, the table at the end."""

import argparse
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
START_WITHIN = 40.0
"""Seconds a server may take until it answers, sample content included."""


@dataclass
class Outcome:
    """What a benchmark found. `figures` are absolute, `ratios` go by the name of the reference."""

    figures: dict[str, float] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Server:
    port: int
    process: subprocess.Popen[bytes]
    data_dir: Path

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def processor_seconds(self) -> float | None:
        """What the server's process has used so far; None where the system does not say."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(name: str, measure: Callable[[bool, Path], Outcome]) -> None:
    """Run one benchmark from the command line; `measure` gets whether to be quick, and a folder to use."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}")
    parser.add_argument("--quick", action="store_true", help="less than 50 seconds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and ratios there")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        outcome = measure(chosen.quick, Path(folder))
    show(name, outcome)
    if chosen.json:
        chosen.json.write_text(json.dumps({"figures": outcome.figures, "ratios": outcome.ratios}, indent=2) + "\n")


@contextmanager
def portal(folder: Path) -> Iterator[Server]:
    """The portal with its sample content, on a free port, with an empty data folder."""
    port, data_dir = free_port(), folder / "portal"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    environment |= {
        "PORTAL_PORT": str(port),
        "PORTAL_DATA_DIR": str(data_dir),
        "PORTAL_BASE_URL": f"http://localhost:{port}",
        "PORTAL_PRACTICE_SIGN_IN": "1",
        "PORTAL_TRUSTED_PROXIES": "127.0.0.1",  # what uvicorn believes by itself, and so the references do
    }
    with started([sys.executable, "-m", "portal", "demo", "--quiet"], environment, port, folder) as process:
        yield Server(port, process, data_dir)


@contextmanager
def bare(folder: Path, *, body: bytes = b"") -> Iterator[Server]:
    """The reference on the same server software, answering `body` as its page."""
    port, path = free_port(), folder / "body.html"
    path.write_bytes(body)
    command = [sys.executable, "-m", "uvicorn", "benchmarks.bare:app", "--port", str(port), "--no-access-log"]
    with started(command, os.environ | {"BARE_BODY": str(path)}, port, folder) as process:
        yield Server(port, process, folder)


@contextmanager
def reference(app: str, folder: Path) -> Iterator[Server]:
    """`app`, an ASGI application as module:name, on the same server software."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--no-access-log"]
    with started(command, os.environ | {"BARE_FOLDER": str(folder)}, port, folder) as process:
        yield Server(port, process, folder)


@contextmanager
def started(
    command: list[str], environment: dict[str, str], port: int, folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A server that answers on `port` until the end of the block; SystemExit with its log when it never does."""
    log = folder / f"{port}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + START_WITHIN
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{' '.join(command[1:])} did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.1)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://localhost:{port}/healthz", timeout=2):
            return True
    except URLError as error:
        return hasattr(error, "code")
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def request(path: str, port: int, **headers: str) -> str:
    """One GET as it goes over the wire, from a browser unless `headers` say otherwise (user_agent="…")."""
    said = {
        "host": f"localhost:{port}",
        "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
        "accept": "text/html,application/xhtml+xml,*/*;q=0.8",
        "accept-language": "nl,en;q=0.7",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return f"GET {path} HTTP/1.1\r\n{lines}\r\n"


def rounds(
    servers: dict[str, tuple[Server, list[str]]],
    *,
    connections: int,
    seconds: float,
    times: int,
    folder: Path,
) -> dict[str, list[dict[str, Any]]]:
    """Load each server `times` times, in an order shuffled each round; what the client found, by name."""
    files = {}
    for name, (_, requests) in servers.items():
        files[name] = folder / f"{name}-requests.json"
        files[name].write_text(json.dumps(requests))
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in servers}
    for _ in range(times):
        for name in random.sample(list(servers), len(servers)):
            server = servers[name][0]
            before = server.processor_seconds()
            client = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "benchmarks.load",
                    "127.0.0.1",
                    str(server.port),
                    str(connections),
                    str(seconds),
                    files[name],
                ],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=True,
            )
            outcome = json.loads(client.stdout)
            after = server.processor_seconds()
            if before is not None and after is not None:
                outcome["processor_us"] = (after - before) / outcome["answered"] * 1e6
            found[name].append(outcome)
    return found


def compare(outcome: Outcome, found: dict[str, list[dict[str, Any]]], *, ours: str, reference: str, at: str) -> None:
    """Put medians into `figures`, and the median of the rounds' ratios (ours to it) into `ratios`."""
    for name in (ours, reference):
        for measure in ("per_second", "p50_ms", "p99_ms", "processor_us"):
            values = [each[measure] for each in found[name] if measure in each]
            if values:
                outcome.figures[f"{name}, {measure}, {at}"] = round(statistics.median(values), 3)
    pairs = list(zip(found[ours], found[reference], strict=True))
    speed = [one["per_second"] / other["per_second"] for one, other in pairs]
    outcome.ratios[f"{reference}, {at}"] = round(statistics.median(speed), 4)
    if all("processor_us" in each for pair in pairs for each in pair):
        used = [one["processor_us"] / other["processor_us"] for one, other in pairs]
        outcome.ratios[f"{reference}, processor time, {at}"] = round(statistics.median(used), 3)


def show(name: str, outcome: Outcome) -> None:
    width = min(72, max((len(key) for key in [*outcome.figures, *outcome.ratios]), default=20))
    print(f"\n{name}: figures of this machine, for orientation")
    for key, value in outcome.figures.items():
        print(f"  {key:<{width}}  {value:>12,.2f}")
    print(f"{name}: divided by the reference in the same run")
    for key, value in outcome.ratios.items():
        print(f"  {key:<{width}}  {value:>12.3f}")
    for remark in outcome.remarks:
        print(f"  {remark}")
