"""Processes that send digests or reminders, copies of one that has everything loaded, so that a test can kill some."""

import os
import subprocess
import sys
from types import TracebackType
from typing import Self

from portal.settings import Settings

NURSERY = """
import os, sys
from dataclasses import replace
from portal import clock, models, settings
from portal.database import Database
from portal.notifications import digests, reminding

send = {"digests": digests.send_digests, "reminders": reminding.remind}[sys.argv[1]]
chosen = settings.load()
clock.set_zone(chosen.time_zone)
for line in sys.stdin:
    number, mail_url = line.split()
    children = []
    for _ in range(int(number)):
        child = os.fork()
        if child == 0:
            settings.put_in_force(replace(chosen, mail_url=mail_url))
            database = Database(chosen.database_url)
            send(database=database)
            database.dispose()
            os._exit(0)
        children.append(child)
    print(*children, flush=True)
    print(*(os.waitpid(child, 0)[1] for child in children), flush=True)
"""


class Senders:
    """Started once, for as many processes as are wanted one after another."""

    def __init__(self, chosen: Settings, what: str = "digests") -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        self._nursery = subprocess.Popen(
            [sys.executable, "-c", NURSERY, what],
            env=kept | chosen.as_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, number: int, mail_url: str) -> list[int]:
        """So many processes begin to send at once; their ids."""
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(f"{number} {mail_url}\n")
        self._nursery.stdin.flush()
        return self._line()

    def ends(self) -> list[int]:
        """How each of them ended, once all have: 0, or the signal that ended it."""
        return self._line()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._nursery.communicate()

    def _line(self) -> list[int]:
        assert self._nursery.stdout is not None
        return [int(word) for word in self._nursery.stdout.readline().split()]
