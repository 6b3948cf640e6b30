"""The portal as a process of its own, started by its command, for tests that need a real server."""

import fcntl
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import urlencode

import psutil

PATIENCE = 400
"""Looks, a twentieth of a second apart, before something counts as not happening."""
PATIENCE_AT_THE_START = 1800
"""As many before a server counts as not starting: it may prepare its sample content beside other tests' servers."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def until(happened: Callable[[], object], *, looks: int = PATIENCE) -> bool:
    """Whether it happens within twenty seconds, or as many `looks`."""
    pause = threading.Event()
    return any(happened() or pause.wait(0.05) for _ in range(looks))


def is_over(process: psutil.Process) -> bool:
    """Whether it has ended, even if nobody took notice yet."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Said(NamedTuple):
    """What the server answered, header names in lower case."""

    status: int
    headers: dict[str, str]
    body: str


class PortalProcess:
    """`portal demo` or `portal serve` on a port of its own."""

    def __init__(
        self,
        data_dir: Path,
        *,
        command: str = "demo",
        workers: int = 1,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        within: Sequence[str] = (),
    ) -> None:
        """`within` goes before the command, for what is to surround the process."""
        self.within = within
        self.data_dir = data_dir
        self.port = port or free_port()
        self.url = f"http://localhost:{self.port}"
        self.command = command
        self.workers = workers
        self.log = data_dir / f"server-{self.port}.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        self.environment = kept | {
            "PORTAL_DATA_DIR": str(data_dir),
            "PORTAL_PORT": str(self.port),
            "PORTAL_BASE_URL": self.url,
            "PYTHONUNBUFFERED": "1",
            **(settings or {}),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Returns once it answers, with all of its workers."""
        if self.command == "demo" and "PORTAL_DATABASE_URL" not in self.environment:
            _bring_sample(self.data_dir)
        with self.log.open("ab") as log:
            before = log.tell()
            self.process = subprocess.Popen(
                [*self.within, sys.executable, "-m", "portal", self.command],
                env=self.environment | {"PORTAL_WORKERS": str(self.workers)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        started = until(lambda: self._has_ended() or self._is_ready(before), looks=PATIENCE_AT_THE_START)
        if not started or self._has_ended():
            self.kill()
            raise RuntimeError(f"the server did not get ready:\n{self.log.read_text()[-3000:]}")
        return self

    def family(self) -> list[psutil.Process]:
        """Its process and those it has started: workers and the ingest."""
        assert self.process is not None
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]

    def doing(self, command: str) -> list[psutil.Process]:
        """Those of them that do `portal COMMAND` at this moment."""
        found = []
        for each in self.family():
            with suppress(psutil.NoSuchProcess):
                if command in each.cmdline():
                    found.append(each)
        return found

    def answers(self, path: str) -> int:
        """The status of a GET; 0 when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def stop(self) -> int:
        """Ask it to end, as an operator would; its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def kill(self) -> None:
        """As if the power went: no warning, nothing tidied."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def _has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def _is_ready(self, before: int) -> bool:
        """Whether every worker has said so since the log was that long, and one of them answers."""
        with self.log.open("rb") as log:
            log.seek(before)
            started = log.read().count(b"Application startup complete")
        return started >= self.workers and self.answers("/readyz") == 200

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()


SAMPLE = "TESTS_SAMPLE"
"""The environment variable that names a folder, for as long as the tests run, in which the sample is made once."""


def _bring_sample(data_dir: Path) -> None:
    """Put into an empty `data_dir` what the first start of `portal demo` would load there."""
    shared = os.environ.get(SAMPLE)
    if shared is None or (data_dir / "portal.db").exists():
        return
    ready, making = Path(shared, "ready"), Path(shared, "making")
    with Path(shared, "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            making.mkdir()
            (making / "portal.db").touch()  # this one is to load the sample itself
            with PortalProcess(making) as first:
                assert first.stop() == 0
            making.rename(ready)
    shutil.copytree(ready, data_dir, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.log", "*.lock"))


class Browser:
    """A browser without a screen, over the wire: keeps its session, does not follow redirects."""

    def __init__(self, portal: PortalProcess, person: str = "") -> None:
        """`person` is a practice person to sign in as: member, editor, colleague or admin."""
        self.portal = portal
        self.session = ""
        if person:
            said = self.post("/practice-sign-in", {"person": person})
            assert said.status == 303, said
            found = re.search(r"portal=([\w-]+)", said.headers.get("set-cookie", ""))
            assert found is not None, said.headers
            self.session = found[1]

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Said:
        return self._ask("GET", path, None, dict(headers or {}))

    def post(self, path: str, form: Mapping[str, str]) -> Said:
        headers = {"Origin": self.portal.url, "Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(form), headers)

    def share(self, network: str) -> str:
        """Share the first item of the feed; the code of the minted link."""
        item = re.search(r"/items/(\d+)", self.get("/").body)
        assert item is not None
        said = self.post(f"/items/{item[1]}/shares", {"network": network, "caption": "", "text": "Hallo"})
        if said.status == 303:
            said = self.get(said.headers["location"])
        found = re.search(r"/r/(\w+)", said.body)
        assert found is not None
        return found[1]

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Said:
        connection = http.client.HTTPConnection("127.0.0.1", self.portal.port, timeout=10)
        cookie = {"Cookie": f"portal={self.session}"} if self.session else {}
        try:
            connection.request(method, path, body, {"Host": f"localhost:{self.portal.port}", **cookie, **headers})
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Said(response.status, names, response.read().decode())
        finally:
            connection.close()
