"""Processes that do part of the portal's work beside it: started, watched, started again, and ended in order.

Parent and child are tied by a pipe, the child's standard input. When the parent closes it, or dies in whichever way,
the child finishes what it has in hand and ends. So it needs no signals, and ignores those that a terminal or a service
manager sends to everybody.
"""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from types import TracebackType
from typing import Self

import structlog

from portal.settings import Settings

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a process that ended is started again; they double until one holds out for `STEADY` seconds."""
STEADY = 60.0


class Kept:
    """One process of `portal COMMAND`, kept running while the block lasts, or from `start` until `let_go`."""

    def __init__(
        self, chosen: Settings, *command: str, within: float, module: str = "portal", shared: Sequence[int] = ()
    ) -> None:
        """`within` seconds it has to end when the block does; `module` is the program that knows the command.

        `shared` are open files that it gets as well.
        """
        self.name = command[0]
        self._command = [sys.executable, "-m", module, *command]
        self._shared = tuple(shared)
        self._within = within
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        self._environment = kept | chosen.as_environment()
        self._over = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._keep_running, name=self.name, daemon=True)
        self._log = structlog.get_logger().bind(process=self.name)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()
        if not self.ended_within(self._within):
            self._log.warning("a process did not end in time and is killed")
            self.kill()
            self.ended_within(self._within)

    def start(self) -> None:
        """Begin to keep it running. Returns before it does."""
        self._thread.start()

    def let_go(self) -> None:
        """Have it finish and end, and start it no more. Returns before it has ended."""
        with self._starting:
            self._over.set()
            if self._process is not None:
                _close(self._process)

    def ended_within(self, seconds: float) -> bool:
        """Wait that long for the end of what was let go; whether it has come."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def kill(self) -> None:
        """End it at once. Unless it was let go, it is started again."""
        if self._process is not None:
            self._process.kill()

    def _keep_running(self) -> None:
        pause = FIRST_PAUSE
        while not self._over.is_set():
            began = time.monotonic()
            status = self._run()
            if self._over.is_set():
                return
            pause = FIRST_PAUSE if time.monotonic() - began > STEADY else pause
            self._log.error("a process ended and is started again", status=status, wait=pause)
            self._over.wait(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    def _run(self) -> int | str | None:
        """Start it and wait for its end. Its exit status, or why there is none."""
        with self._starting:
            if self._over.is_set():
                return None
            try:
                process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
                    self._command, stdin=subprocess.PIPE, env=self._environment, pass_fds=self._shared
                )
            except OSError as error:
                return error.strerror
            self._process = process
        status = process.wait()
        _close(process)
        return status


def _close(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()


@contextmanager
def signals() -> Iterator[SimpleQueue[int]]:
    """SIGTERM and SIGINT as they come, for the main thread; until the end of the block they do nothing else."""
    told: SimpleQueue[int] = SimpleQueue()  # the one thing to wait for that a handler may touch
    before = {
        each: signal.signal(each, lambda number, frame: told.put(number)) for each in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield told
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def ignore_signals() -> None:
    """In a child: leave the end to the parent, whoever else is told to end."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)


def is_let_go(seconds: float | None = None) -> bool:
    """In a child: wait that long, or for ever; True once the parent has closed its end of the pipe, or is gone."""
    readable, _, _ = select.select([sys.stdin], [], [], seconds)
    return bool(readable) and not os.read(sys.stdin.fileno(), 4096)
