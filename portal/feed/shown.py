"""One page of the feed, or several together, as it goes out."""

from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.requests import Request

from portal.feed import cards, queries
from portal.feed.queries import MOST_PAGES, PAGE
from portal.feed.visits import Look
from portal.i18n import language
from portal.people.models import Organisation, Person
from portal.tables import microseconds
from portal.unchanged import while_unchanged
from portal.web import whole_number

FURTHEST = 100_000
"""Pages beyond this number are nobody's: the first one is shown."""


@dataclass(frozen=True)
class Asked:
    """Which part of the feed an address names."""

    first: int = 1
    last: int = 1
    after: int = 0
    """The item above the first one, which says more than a number when something came or went meanwhile."""


@dataclass(frozen=True)
class Shown:
    """Some pages of the feed: cards of what is new, the calm end between or after, cards of what is older."""

    new: tuple[Markup, ...]
    older: tuple[Markup, ...]
    is_calm_here: bool
    """Whether what is new ends on these pages."""
    fresh: int
    """How many are unseen and not shared, on all pages; 0 beyond the last page."""
    first: int
    last: int
    has_more: bool
    last_id: int
    since: int
    """What is unseen appeared after this, in microseconds since 1970: for the pages that go on with this look."""

    @property
    def is_empty(self) -> bool:
        return not self.new and not self.older

    @property
    def next(self) -> dict[str, int]:
        """What the address of the next page says."""
        return {"page": self.last + 1, "after": self.last_id, "since": self.since}


def asked(request: Request, db: Session, me: Person, *, look: Look) -> Asked:
    """`page` names one page, `upto` the first few together, `to` as many as it takes to come to that item."""
    query = request.query_params
    if upto := whole_number(query.get("upto", "")):
        return Asked(last=min(upto, MOST_PAGES))
    if item_id := whole_number(query.get("to", "")):
        place = queries.place_of(db, me, item_id, look=look)
        return Asked(last=min(-(-place // PAGE), MOST_PAGES) or 1)
    page = whole_number(query.get("page", "")) or 1
    page = page if page < FURTHEST else 1
    return Asked(first=page, last=page, after=whole_number(query.get("after", "")) or 0)


def pages(request: Request, db: Session, wanted: Asked, *, me: Person, organisation: Organisation, look: Look) -> Shown:
    """What is kept of them holds while the database is unchanged, for the same look of the same person on the same day
    (which `look.soon` names), and as long as nothing of theirs begins or ends.
    """
    live = tuple(item.id for item in queries.live_for(db, me, look.at))
    key = ("pages", me.id, language.get(), wanted, look.since, look.soon, live)
    return while_unchanged(db, key, lambda: _pages(request, db, wanted, me, organisation, look))


def _pages(request: Request, db: Session, wanted: Asked, me: Person, organisation: Organisation, look: Look) -> Shown:
    above, most = (wanted.first - 1) * PAGE, (wanted.last - wanted.first + 1) * PAGE
    rows = queries.feed_rows(db, me, look=look, language=language.get(), skip=above, most=most + 1, after=wanted.after)
    has_more, rows = len(rows) > most, rows[:most]
    made = cards.cards(db, rows, me=me, organisation=organisation, at=look.at, by_now=above)
    new = tuple(cards.drawn(request, card) for card in made if not card.is_older)
    older = tuple(cards.drawn(request, card) for card in made if card.is_older)
    ends_above = bool(older) and rows[0].place > rows[0].first + 1
    return Shown(
        new=new,
        older=older,
        is_calm_here=bool(rows) and not ends_above and (bool(older) or not has_more),
        fresh=rows[0].fresh if rows else 0,
        first=wanted.first,
        last=wanted.last,
        has_more=has_more,
        last_id=rows[-1].id if rows else 0,
        since=microseconds(look.since),
    )
