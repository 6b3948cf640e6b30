"""How much of a page each network shows in the card below a post, so that nothing is cut off by surprise.

Networks cut by lines, and templates/cards.html draws the same lines. How many characters these hold was counted on a
phone of usual width, so it is about right and never exact; the shortest title is what `inbox.previews` warns by.
"""

from dataclasses import dataclass

SMALLEST_PICTURE = (600, 315)
"""Pixels below which a network shows a stamp beside the title, or nothing, in place of a picture above it."""


@dataclass(frozen=True)
class Card:
    """One network's card. Lines it does not show are 0."""

    network: str
    title_lines: int
    title: int
    """Characters of the title that fit."""
    description_lines: int = 0
    description: int = 0


CARDS = {
    card.network: card
    for card in (
        Card("linkedin", 2, 80),
        Card("facebook", 2, 80, 1, 45),
        Card("whatsapp", 2, 75, 2, 80),
        Card("x", 1, 60),
        Card("bluesky", 2, 80, 2, 90),
        Card("mastodon", 2, 60, 1, 35),
        Card("threads", 2, 80),
        Card("teams", 2, 60, 2, 70),
    )
}
