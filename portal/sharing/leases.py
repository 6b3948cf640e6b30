"""Caption leases: the same words go to a few colleagues per network and week, and the next ones get others.

It is taken when somebody shares: looking keeps nothing from anybody. The page offers what is free and marks what enough
colleagues have already; whoever likes one of those makes it their own, or shares it as it is, which is never forbidden.
But nobody shares the same words as too many others without knowing: what was free on the page and is taken by the time
it is sent brings the page back, with other words that are free (`share_page.without_lease`).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from math import ceil

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns import audience
from portal.campaigns.models import ANY_NETWORK, CAPTION_NETWORKS, Caption, Item
from portal.database import one_at_a_time
from portal.i18n import LANGUAGES
from portal.links import periods
from portal.people.models import Organisation, Person
from portal.sharing.models import Lease


@dataclass(frozen=True)
class Offer:
    caption: Caption
    is_mine: bool
    """Whether this person has it already for the network."""
    full_on: frozenset[str]
    """The networks on which enough other colleagues have it this week."""


def offer(
    db: Session, *, person: Person, item: Item, network: str, language: str, organisation: Organisation
) -> list[Offer]:
    """Every caption of the item in `language`, the one to begin with first.

    That is the one this person has for `network`, else one that is free there and that the fewest colleagues have:
    whoever comes next gets another one. Those that enough colleagues have come later, those for other networks last.
    """
    taken: dict[int, set[str]] = defaultdict(set)
    number: Mapping[tuple[int, str], int] = _taken(db, item)
    for (caption_id, where), times in number.items():
        if times >= organisation.captions_for:
            taken[caption_id].add(where)
    mine = {(row.caption_id, row.network) for row in _held(db, person, item)}
    spoken = [caption for caption in item.captions if caption.language == language]

    def offered(caption: Caption) -> Offer:
        own = {where for caption_id, where in mine if caption_id == caption.id}
        return Offer(caption, network in own, frozenset(taken[caption.id] - own))

    def rank(place: int) -> tuple[object, ...]:
        each = offers[place]
        fits = each.caption.network in (network, ANY_NETWORK)
        # Among equals everybody begins elsewhere: those who open the page at one moment get different ones.
        turn = (place - person.id) % len(offers)
        times = number.get((each.caption.id, network), 0)
        return (not fits, not each.is_mine, network in each.full_on, times, each.caption.network == ANY_NETWORK, turn)

    offers = [offered(caption) for caption in spoken]
    return [offers[place] for place in sorted(range(len(offers)), key=rank)]


def free(
    db: Session, *, person: Person, item: Item, network: str, language: str, organisation: Organisation
) -> Caption | None:
    """What this person could have for `network` now; None when enough colleagues have each of them."""
    offers = offer(db, person=person, item=item, network=network, language=language, organisation=organisation)
    fitting = (each for each in offers if each.caption.network in (network, ANY_NETWORK))
    return next((each.caption for each in fitting if network not in each.full_on), None)


def take(db: Session, *, person: Person, caption: Caption, network: str, organisation: Organisation) -> bool:
    """Lease the caption to `person` for this network and week, in place of another one of the same item.

    Whether there was room. Of many who ask at the same moment, exactly as many get it as there are places.
    """
    week = _this_week()
    one_at_a_time(db, f"captions of item {caption.item_id} on {network}")  # or two would both find the last place
    theirs = (*_of(person, caption.item_id, week), Lease.network == network)
    db.execute(delete(Lease).where(*theirs, Lease.caption_id != caption.id))
    if db.scalar(select(Lease.id).where(*theirs)) is not None:
        return True
    here = (Lease.caption_id == caption.id, Lease.network == network, Lease.week == week)
    taken = set(db.scalars(select(Lease.place).where(*here)))
    if len(taken) >= organisation.captions_for:
        return False
    place = next(number for number in count() if number not in taken)
    row = {"caption_id": caption.id, "item_id": caption.item_id, "network": network, "week": week, "place": place}
    db.add(Lease(**row, person_id=person.id, at=clock.now()))
    db.flush()
    return True


def give_back(db: Session, *, person: Person, item_id: int, network: str) -> None:
    """Let go of whatever caption this person has of the item there this week: they wrote their own words."""
    db.execute(delete(Lease).where(*_of(person, item_id, _this_week()), Lease.network == network))


@dataclass(frozen=True)
class Shortage:
    """Fewer captions than colleagues need in one week."""

    language: str
    captions: int
    """How many there are for the networks that have the fewest."""
    networks: tuple[str, ...]
    """Those networks; () when it is every one of several."""
    people: int
    missing: int


def shortages(db: Session, item: Item, *, organisation: Organisation) -> list[Shortage]:
    """Where the item has too few captions if everybody it is meant for shares it on one network in one week.

    Whoever reads a language the item does not speak is counted with its first one.
    """
    written = {text.language for text in item.texts}
    readers = {language: 0 for language in LANGUAGES if language in written}
    first = next(iter(readers))
    for language, number in _readers(db, item).items():
        readers[language if language in readers else first] += number
    found = []
    for language, number in readers.items():
        found_for = {each: len(item.captions_for(each, language)) for each in item.fits or CAPTION_NETWORKS}
        captions = min(found_for.values())
        fewest = tuple(network for network, number_of in found_for.items() if number_of == captions)
        missing = ceil(number / organisation.captions_for) - captions
        if missing > 0:
            everywhere = len(fewest) == len(found_for) > 1
            found.append(Shortage(language, captions, () if everywhere else fewest, number, missing))
    return found


def _readers(db: Session, item: Item) -> dict[str, int]:
    """How many colleagues the item is meant for, by the language they read."""
    meant_for = audience.people(audience.rows_of(db, item.id))
    return dict(db.execute(select(Person.language, func.count()).where(meant_for).group_by(Person.language)).all())


def _taken(db: Session, item: Item) -> dict[tuple[int, str], int]:
    """How many colleagues have each caption on each network this week."""
    rows = db.execute(
        select(Lease.caption_id, Lease.network, func.count())
        .where(Lease.item_id == item.id, Lease.week == _this_week())
        .group_by(Lease.caption_id, Lease.network)
    )
    return {(caption_id, network): number for caption_id, network, number in rows}


def _held(db: Session, person: Person, item: Item) -> list[Lease]:
    return list(db.scalars(select(Lease).where(*_of(person, item.id, _this_week()))))


def _of(person: Person, item_id: int, week: str) -> tuple[ColumnElement[bool], ...]:
    return (Lease.person_id == person.id, Lease.item_id == item_id, Lease.week == week)


def _this_week() -> str:
    return periods.week_key(clock.today())
