"""The client: keeps a number of connections busy for some seconds, and tells what was answered and how fast.

`python -m benchmarks.load HOST PORT CONNECTIONS SECONDS FILE [NAMES]`, where FILE holds a JSON list of whole requests.
Nothing is sent after the time is up, and every answer still under way is awaited. Where a request says `@name@`, it
gets a number: with NAMES that many different ones, in turn.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import cast

import uvloop

NAME = b"@name@"
LONGEST_ANSWER = 30.0
"""Seconds after which the client gives up on what is still under way."""


class Connection(asyncio.Protocol):
    """One connection with one request under way at a time."""

    def __init__(self, requests: list[bytes], first: int, until: float, tally: "Tally") -> None:
        self.requests, self.next, self.until, self.tally = requests, first, until, tally
        self.buffer = b""
        self.wanted = -1
        self.sent = 0.0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own class is not derived from it
        self._send()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.wanted < 0:
            head, found, _ = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            self.wanted = len(head) + 4 + _length(head)
        if len(self.buffer) < self.wanted:
            return
        now = time.perf_counter()
        self.tally.times.append(now - self.sent)
        self.tally.statuses[int(self.buffer[9:12])] += 1
        self.buffer, self.wanted = self.buffer[self.wanted :], -1
        if now < self.until:
            self._send()
        else:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _send(self) -> None:
        self.sent = time.perf_counter()
        request = self.requests[self.next % len(self.requests)]
        self.next += 1
        if self.tally.names:
            self.tally.sent += 1
            request = request.replace(NAME, b"%d" % (self.tally.sent % self.tally.names))
        self.transport.write(request)


class Tally:
    def __init__(self, names: int) -> None:
        self.names, self.sent = names, 0
        self.times: list[float] = []
        self.statuses: Counter[int] = Counter()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def load(
    host: str, port: int, *, connections: int, seconds: float, requests: list[bytes], names: int = 0
) -> dict[str, object]:
    loop, tally = asyncio.get_running_loop(), Tally(names)
    began = time.perf_counter()
    made = [
        await loop.create_connection(
            partial(Connection, requests, number * len(requests) // connections, began + seconds, tally),
            host,
            port,
        )
        for number in range(connections)
    ]
    everything = asyncio.gather(*(connection.done for _, connection in made))
    await asyncio.wait_for(everything, seconds + LONGEST_ANSWER)
    took = time.perf_counter() - began
    times = sorted(tally.times)
    return {
        "answered": len(times),
        "statuses": {str(status): count for status, count in sorted(tally.statuses.items())},
        "per_second": len(times) / took,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[min(len(times) - 1, len(times) * 99 // 100)] * 1000,
    }


def main() -> None:
    host, port, connections, seconds, file, *names = sys.argv[1:]
    requests = [text.encode("latin-1") for text in json.loads(Path(file).read_text())]
    outcome = uvloop.run(
        load(
            host,
            int(port),
            connections=int(connections),
            seconds=float(seconds),
            requests=requests,
            names=int(names[0]) if names else 0,
        )
    )
    print(json.dumps(outcome))


if __name__ == "__main__":
    main()
