"""The ingest as a process of its own beside the server, which watches it, starts it again, and drains it at the end."""

import gc
import os
import sys
from pathlib import Path
from types import TracebackType

from portal import clock, logs, processes, settings
from portal.database import Database
from portal.links.ingest import Ingest
from portal.processes import Kept
from portal.settings import Settings

DRAINED_WITHIN = 20.0
"""Seconds the ingest has at the end; what it leaves is read at the next start."""
LOOK_FOR_LOCK = 0.2
NICE = 5
"""How far the ingest steps back for whoever answers visitors."""


def beside(chosen: Settings) -> Kept:
    """One ingest, kept running while the block lasts; then it reads the rest of the journal and ends."""
    return Kept(chosen, "ingest", within=DRAINED_WITHIN, module="portal.links")


def run(chosen: Settings) -> None:
    """Be the ingest: read the journal until the server lets go or is gone, then read the rest."""
    logs.set_up(chosen.log_format)
    settings.put_in_force(chosen)
    clock.set_zone(chosen.time_zone)
    processes.ignore_signals()
    if hasattr(os, "nice"):
        os.nice(NICE)
    rarely_collect()
    folder = chosen.journal_folder
    folder.mkdir(parents=True, exist_ok=True)
    with _Alone(folder) as alone:
        # After the lock: a server that was killed leaves an ingest behind that is still reading.
        if alone:
            database = Database(chosen.database_url, writers=2, checkpoints=False)
            Ingest(database, folder).run(processes.is_let_go)
            database.checkpoint()
            database.dispose()


def rarely_collect() -> None:
    """A batch is thousands of small objects and no cycles: looking through them for any costs a third of the time."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


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
                if processes.is_let_go(LOOK_FOR_LOCK):
                    return False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
