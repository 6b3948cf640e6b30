"""What the hub asks, and the answers: whose token it is, which walls look alike, and how they look."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Place:
    """Which screen a token stands for, and whose walls look just like its own."""

    screen_id: int
    group: Hashable


@dataclass(frozen=True, slots=True)
class Look:
    """How the walls of one group look: the JSON a player takes, and the tag that differs when it does."""

    etag: str
    body: bytes


class Source(Protocol):
    """What the hub asks the database. Called in a worker thread; may raise SQLAlchemyError."""

    def find(self, token_hashes: Sequence[str]) -> dict[str, Place]:
        """The connected screens with these tokens."""

    def again(self, screen_ids: Iterable[int] | None) -> dict[int, Hashable]:
        """The groups, as they are now, of those of these screens that are connected; None for all screens."""

    def render(self, groups: Sequence[Hashable]) -> tuple[str, dict[Hashable, Look]]:
        """The release that runs, and how the walls of each group look."""
