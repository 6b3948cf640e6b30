"""The ingest as a process of its own beside the server: started, watched, started again, and drained at the end.

The two are tied by a pipe. When the server closes it, or dies in whichever way, the ingest reads what is left in the
journal and ends. So it needs no signals, and ignores those that a terminal or a service manager sends to everybody.
"""

import gc
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from portal.database import Database
from portal.links.ingest import Ingest
from portal.settings import Settings

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before an ingest that ended is started again; they double until one holds out for `STEADY` seconds."""
STEADY = 60.0
DRAINED_WITHIN = 20.0
"""Seconds the ingest has at the end; what it leaves is read at the next start."""
LOOK_FOR_LOCK = 0.2
NICE = 5
"""How far the ingest steps back for whoever answers visitors."""


class Supervisor:
    """Keeps one ingest running while the block lasts."""

    def __init__(self, chosen: Settings) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        self._environment = kept | chosen.as_environment()
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._keep_running, name="ingest", daemon=True)
        self._log = structlog.get_logger()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Have the ingest read the rest and end."""
        with self._starting:
            self._stop.set()
            process = self._process
        if process is not None:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(DRAINED_WITHIN)
            except subprocess.TimeoutExpired:
                self._log.warning("the ingest did not end in time; the rest is read at the next start")
                process.kill()
        self._thread.join(DRAINED_WITHIN)

    def _keep_running(self) -> None:
        pause = FIRST_PAUSE
        while not self._stop.is_set():
            began = time.monotonic()
            with self._starting:
                if self._stop.is_set():
                    return
                self._process = subprocess.Popen(  # our own interpreter and module
                    [sys.executable, "-m", "portal", "ingest"], stdin=subprocess.PIPE, env=self._environment
                )
            status = self._process.wait()
            if self._stop.is_set():
                return
            pause = FIRST_PAUSE if time.monotonic() - began > STEADY else pause
            self._log.error("the ingest ended and is started again; clicks wait meanwhile", status=status, wait=pause)
            self._stop.wait(pause)
            pause = min(LONGEST_PAUSE, pause * 2)


def run(chosen: Settings) -> None:
    """Be the ingest: read the journal until the other end of standard input is closed, then read the rest."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(NICE)
    rarely_collect()
    folder = chosen.journal_folder
    folder.mkdir(parents=True, exist_ok=True)
    with _Alone(folder) as alone:
        # After the lock: a server that was killed leaves an ingest behind that is still reading.
        if alone:
            database = Database(chosen.database_url, writers=2, checkpoints=False)
            Ingest(database, folder).run(_is_over)
            database.checkpoint()
            database.dispose()


def rarely_collect() -> None:
    """A batch is thousands of small objects and no cycles: looking through them for any costs a third of the time."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


def _is_over(seconds: float) -> bool:
    """Wait that long; True once the server has closed its end, or is gone."""
    readable, _, _ = select.select([sys.stdin], [], [], seconds)
    return bool(readable) and not os.read(sys.stdin.fileno(), 4096)


class _Alone:
    """Holds the folder for one ingest; waits for another one to end, unless its own server ends first."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ingest.lock"

    def __enter__(self) -> bool:
        self._file = self._path.open("w")
        if sys.platform == "win32":
            return True
        import fcntl  # noqa: PLC0415 (not on Windows)

        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except OSError:
                if _is_over(LOOK_FOR_LOCK):
                    return False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
