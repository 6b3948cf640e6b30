"""Cards: an item as the feed shows it to one person, drawn once and kept for as long as it says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.requests import Request

from portal import html
from portal.campaigns import audience
from portal.campaigns.labels import KINDS_FOR_READERS
from portal.feed import queries, words
from portal.feed.queries import Placed
from portal.i18n import language
from portal.inbox import ideas
from portal.people.models import Organisation, Person
from portal.unchanged import while_unchanged

_MOST_KEPT = 5000


@dataclass(frozen=True)
class Card:
    """All that a card shows: two of them that are equal look the same, whoever looks."""

    id: int
    kind: str
    title: str
    summary: str
    language: str
    """That of title and summary."""
    picture: str = ""
    """Its digest; "" without a picture."""
    left: str = ""
    """How long it can be shared, in words; "" for an item without an end."""
    is_soon: bool = False
    other_language: str = ""
    """Such as "in Dutch"; "" when the text is in the person's own language."""
    passed: str = ""
    """Who else passed it on, in a sentence; "" for nobody yet."""
    names: tuple[str, ...] = ()
    """Of colleagues who agreed to be named."""
    people: int = 0
    is_mine: bool = False
    """Whether this person passed it on."""
    is_new: bool = False
    is_older: bool = False
    """Whether it stands below what is new, and is drawn smaller."""
    is_first: bool = False
    """Whether its picture is the first thing to see."""
    is_saved: bool | None = None
    """Whether this person keeps it for later; None where nothing can be kept."""
    because: str = ""
    """Why it is on this person's feed; "" for what everybody gets."""
    idea_of: str = ""
    """The first name of whose idea it was, when they agreed to that."""


def cards(
    db: Session, rows: Sequence[Placed], *, me: Person, organisation: Organisation, at: datetime, by_now: int
) -> list[Card]:
    """The cards of these rows of the feed; `by_now` is the number of cards above them."""
    spoken = language.get()
    ids = tuple(row.id for row in rows)
    mine = [row.id for row in rows if row.is_mine]
    others = queries.colleagues(db, ids, with_names=organisation.names_allowed)
    # What I passed on myself is counted anew without me; everything else is the same for all who look.
    others = others | dict.fromkeys(mine, queries.Colleagues())
    others |= queries.colleagues(db, mine, without=me.id, with_names=organisation.names_allowed)
    meant = tuple(row.id for row in rows if row.has_audience)
    reasons = while_unchanged(db, ("because", me.id, spoken, meant), lambda: audience.because(db, meant, me))
    proposers = while_unchanged(db, ("proposers", ids), lambda: ideas.proposer_of(db, ids))
    found = []
    for place, row in enumerate(rows, start=by_now):
        passed = others.get(row.id) or queries.Colleagues()
        found.append(
            Card(
                id=row.id,
                kind=row.kind,
                title=row.title,
                summary=row.summary,
                language=row.language,
                picture=row.digest,
                left=words.time_left(row.ends_at, at),
                is_soon=words.is_soon(row.ends_at, at),
                other_language="" if row.language == spoken else str(words.LANGUAGES[row.language]),
                passed=words.passed(passed.people, passed.teams, team_id=me.department_id),
                names=passed.names,
                people=passed.people,
                is_mine=row.is_mine,
                is_new=row.is_unseen and not row.is_mine,
                is_older=row.part > 0,
                is_first=place == 0,
                is_saved=row.is_saved,
                because=reasons.get(row.id, ""),
                idea_of=proposers.get(row.id, ""),
            )
        )
    return found


_drawn: dict[tuple[str, Card], Markup] = {}


def drawn(request: Request, card: Card) -> Markup:
    """The card as HTML. It is made of nothing but the card and the language: what is kept is never out of date."""
    key = (language.get(), card)
    kept = _drawn.get(key)
    if kept is None:
        kept = html.piece(request, "feed/_card.html", card=card, kinds=KINDS_FOR_READERS)
        if len(_drawn) >= _MOST_KEPT:
            _drawn.clear()
        _drawn[key] = kept
    return kept
