"""Players that do not read what they are sent: each has some time to begin, then its stream is cut off."""

import asyncio
from collections.abc import Callable

from portal.screens.boards import Stream, report

LARGEST_UNSENT = 262_144
"""Bytes waiting for a player, besides one whole state of its wall, beyond which it is let go."""
_SLICE = 500
"""Streams looked at before the loop may do something else."""


class Slow:
    """The streams with something unsent."""

    def __init__(self, give_up: float) -> None:
        """Whoever reads nothing of it for `give_up` seconds is cut off."""
        self._give_up = give_up
        self._since: dict[Stream, tuple[int, float]] = {}
        """How much it was when that last became less, and when that was."""

    def note(self, stream: Stream, unsent: int) -> None:
        if stream not in self._since:
            self._since[stream] = (unsent, asyncio.get_running_loop().time())

    def forget(self, stream: Stream) -> None:
        self._since.pop(stream, None)

    async def watch(self, let_go: Callable[[Stream], None]) -> None:
        """Look after them for ever; `let_go` is told of each that is about to be cut off."""
        while True:
            await asyncio.sleep(min(1.0, self._give_up / 4))
            now = asyncio.get_running_loop().time()
            for number, (stream, (before, since)) in enumerate(list(self._since.items()), 1):
                try:
                    if self._is_hopeless(stream, before, since, now):
                        let_go(stream)
                        stream.cut()
                except Exception as error:  # the others are watched all the same
                    self.forget(stream)
                    report(error)
                if number % _SLICE == 0:
                    await asyncio.sleep(0)

    def _is_hopeless(self, stream: Stream, before: int, since: float, now: float) -> bool:
        unsent = stream.unsent()
        if not unsent:
            self.forget(stream)
        elif unsent < before:
            if stream in self._since:
                self._since[stream] = (unsent, now)
        else:
            return now - since > self._give_up or unsent > LARGEST_UNSENT + _size(stream)
        return False


def _size(stream: Stream) -> int:
    """Bytes of its wall's state: that much may come at once."""
    return len(stream.board.told.chunk) if stream.board is not None else 0
