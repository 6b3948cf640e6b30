"""Broken copies of a good file, the same ones for the same seed, to prove that a reader survives what it is sent."""

import random
from collections.abc import Callable, Iterator

# Values at which lengths, counts and offsets in a file turn over.
_EDGES = (b"\x00", b"\xff", b"\x7f", b"\x80", b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff")
# Signs that mean something to the readers of text: markup, quotes, escapes, broken and overlong UTF-8, a zero.
_SIGNS = (b"<", b">", b"&", b'"', b"'", b"]]>", b"<!--", b"%", b"{", b"}", b"\\", b"\n", b"\r", b"\x00", b"\xc0\x80")


def mutants(sample: bytes, count: int, seed: int) -> Iterator[bytes]:
    """`count` copies of `sample`, each damaged in one to four places; never longer than twice the sample and 64 bytes.

    Damage is flipped bits, bytes and stretches written over, left out, doubled, moved or cut off at the end, and signs
    that readers stumble over. The sample itself is not among them.
    """
    chance = random.Random(seed)
    made = 0
    while made < count:
        mutant = bytearray(sample)
        for _ in range(chance.randint(1, 4)):
            chance.choice(_WAYS)(mutant, chance)
        if bytes(mutant) == sample or len(mutant) > 2 * len(sample) + 64:
            continue
        made += 1
        yield bytes(mutant)


def _flip(mutant: bytearray, chance: random.Random) -> None:
    if mutant:
        mutant[chance.randrange(len(mutant))] ^= 1 << chance.randrange(8)


def _overwrite(mutant: bytearray, chance: random.Random) -> None:
    edge = chance.choice(_EDGES)
    start = chance.randrange(len(mutant) + 1)
    mutant[start : start + len(edge)] = edge


def _insert(mutant: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(mutant) + 1)
    mutant[start:start] = chance.choice(_SIGNS)


def _leave_out(mutant: bytearray, chance: random.Random) -> None:
    start, end = _stretch(mutant, chance)
    del mutant[start:end]


def _double(mutant: bytearray, chance: random.Random) -> None:
    start, end = _stretch(mutant, chance)
    mutant[end:end] = mutant[start:end]


def _move(mutant: bytearray, chance: random.Random) -> None:
    start, end = _stretch(mutant, chance)
    taken = mutant[start:end]
    del mutant[start:end]
    place = chance.randrange(len(mutant) + 1)
    mutant[place:place] = taken


def _cut_off(mutant: bytearray, chance: random.Random) -> None:
    del mutant[chance.randrange(len(mutant) + 1) :]


def _stretch(mutant: bytearray, chance: random.Random) -> tuple[int, int]:
    """Where a stretch begins and ends: mostly a few bytes, sometimes a large part of the whole."""
    most = chance.choice((4, 64, 1024, len(mutant)))
    start = chance.randrange(len(mutant) + 1)
    return start, min(len(mutant), start + chance.randint(0, most))


_WAYS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip,
    _flip,
    _overwrite,
    _insert,
    _leave_out,
    _double,
    _move,
    _cut_off,
)
