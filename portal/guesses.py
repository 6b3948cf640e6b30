"""Who guesses: a limit on trying addresses that do not exist, kept in memory without keeping anybody's address."""

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from ipaddress import ip_address, ip_network

AT_ONCE = 20
"""Codes that do not exist which one visitor may try in a row: a misprinted poster, a chat that cuts addresses."""
REFILL = 30.0
"""Seconds until one more is forgiven."""
MOST_KNOWN = 10_000
"""Visitors remembered, about 2 MB; whoever was quiet longest is forgotten first."""


class Guesses:
    """How many codes that do not exist each visitor tried lately. Kept in memory only, by a hash.

    The hash is made with a key that this process never writes down.
    """

    def __init__(self, *, at_once: int = AT_ONCE, refill: float = REFILL) -> None:
        self._at_once, self._refill = at_once, refill
        self._key = secrets.token_bytes(32)
        self._tries: OrderedDict[bytes, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._tries)

    def are_too_many(self, address: str) -> bool:
        """Count one more try; whether this visitor has to wait."""
        who = hashlib.blake2b(network_of(address).encode(errors="replace"), key=self._key, digest_size=12).digest()
        now = time.monotonic()
        with self._lock:
            tries, last = self._tries.pop(who, (0.0, now))
            # One more than may be is remembered at most, so that waiting always helps.
            tries = min(self._at_once + 1.0, max(0.0, tries - (now - last) / self._refill) + 1)
            self._tries[who] = (tries, now)
            while len(self._tries) > MOST_KNOWN:
                self._tries.popitem(last=False)
        return tries > self._at_once

    def clear(self) -> None:
        with self._lock:
            self._tries.clear()


def network_of(address: str) -> str:
    """The address, or of an IPv6 address its network: a household has billions of those at will."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(parsed) if parsed.version == 4 else str(ip_network((parsed, 64), strict=False))
