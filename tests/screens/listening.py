"""A stream without a connection: it keeps what it is told, for tests of what is told and in what order."""

import json
from collections.abc import Sequence
from typing import Any

from portal.screens.boards import Stream
from portal.screens.events import Told


class Listened(Stream):
    """A player's stream as the hub knows it, read as soon as it is written."""

    __slots__ = ("is_over", "status", "words")

    def __init__(self) -> None:
        super().__init__()
        self.words: list[tuple[str, int, Any]] = []
        """Events but beats: their kind, the line of the log they are of, and what they hold."""
        self.status = 0
        """200 once it is let in, otherwise why not."""
        self.is_over = False

    @property
    def states(self) -> list[tuple[int, Any]]:
        return [(position, state) for kind, position, state in self.words if kind == "state"]

    def admitted(self, opening: Sequence[Told]) -> None:
        self.status = 200
        for event in opening:
            self._send(event)

    def refused(self, status: int) -> None:
        self.status = status

    def unsent(self) -> int:
        return 0

    def end(self, last: Told) -> None:
        self._send(last)
        self.is_over = True

    def cut(self) -> None:
        self.is_over = True

    def is_gone(self) -> bool:
        return self.is_over

    def _send(self, event: Told) -> None:
        fields = dict(line.split(": ", 1) for line in event.plain.decode().strip().split("\n"))
        if fields.get("event", "beat") != "beat":
            self.words.append((fields["event"], int(fields.get("id", 0)), json.loads(fields.get("data", "null"))))
