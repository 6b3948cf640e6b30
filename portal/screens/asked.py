"""What the hub asks, and the answers: whose token it is, which walls look alike, and how they look."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Place:
    """Which screen a token stands for, and whose walls look just like its own."""

    screen_id: int
    group: Hashable


@dataclass(frozen=True, slots=True)
class Found:
    """The connected screens there are."""

    position: int
    """The last line of the log when they were found, or one before it."""
    places: Mapping[str, Place]
    """By the hashes of their tokens."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the walls of one group look: the JSON a player takes, and the tag that differs when it does."""

    etag: str
    body: bytes
    position: int
    """The last line of the log that surely shows; more than `Drawn` says when somebody else drew it meanwhile."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """How walls look, and the release that runs."""

    position: int
    """The last line of the log that surely shows."""
    release: str
    looks: Mapping[Hashable, Look]
    """Without those that could not be drawn."""


class Source(Protocol):
    """What the hub asks the database. Called in a worker thread; may raise SQLAlchemyError.

    `known` is the last line of the log that somebody was told of. What is answered is no older than that, though it be
    read from a standby that lags: unless the log itself goes less far now, as after a backup was put back.
    """

    def find(self, token_hashes: Sequence[str], *, known: int) -> Found:
        """The connected screens with these tokens."""

    def again(self, screen_ids: Collection[int], *, known: int) -> Mapping[int, Hashable]:
        """The groups, as they are now, of those of these screens that are connected."""

    def draw(self, groups: Sequence[Hashable], *, known: int) -> Drawn:
        """How the walls of each group look; `position` is less than `known` only when the log itself ends before."""
