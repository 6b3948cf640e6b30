"""How many colleagues an item is for, how many of them write where, and why it may be nobody."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns import audience
from portal.campaigns.audience import LANGUAGE_NAMES, Row, joined, quoted
from portal.campaigns.drafts import last_day
from portal.campaigns.models import CAPTION_NETWORKS, Campaign, Item
from portal.i18n import gettext as _
from portal.people.queries import SMALLEST_TEAM

Writers = Callable[[Session, ColumnElement[bool]], dict[str, int]]
"""How many of the people a condition finds write for each network. Sharing knows, and `create_app` hands it over."""

FEW = 3
"""Writers for a network below which no number is told: it could point at one person."""


@dataclass(frozen=True)
class Reach:
    """What an item's form, its page and the launch page tell of its audience."""

    people: int
    writers: list[tuple[str, int]]
    """Networks by name with how many of these people write for them, most first; only where no one person shows."""
    meant_for: str
    """A sentence, such as "For colleagues who work in Service or Marketing and read Dutch."."""
    warning: str
    """Why nobody will see it; "" when somebody will."""


def of_item(db: Session, item: Item, *, writers: Writers) -> Reach:
    """The reach of an item as it stands; its campaign must be loaded."""
    return of_rows(
        db,
        audience.rows_of(db, item.id),
        writers=writers,
        campaign=item.campaign,
        publish_on=clock.local(item.publish_at).date(),
        ends_on=last_day(item),
        fits=item.fits,
    )


def of_rows(
    db: Session,
    rows: Sequence[Row],
    *,
    writers: Writers,
    campaign: Campaign,
    publish_on: date | None,
    ends_on: date | None,
    fits: Collection[str] = (),
) -> Reach:
    """The reach of an item with these rows on these days; `fits` are the networks it is for, none for all."""
    people = audience.reach(db, rows)
    counted = writers(db, audience.people(rows)) if people >= SMALLEST_TEAM else {}
    networks = [
        (CAPTION_NETWORKS[key], number)
        for key, number in sorted(counted.items(), key=lambda each: (-each[1], each[0]))
        if number >= FEW and key in (fits or CAPTION_NETWORKS)
    ]
    nobody = _("Nobody will see this: no colleague fits all that you chose. Choose more, or nothing at all.")
    warning = _why_never(campaign, publish_on, ends_on) if people else nobody
    return Reach(people, networks, _meant_for(db, rows), warning)


def _meant_for(db: Session, rows: Sequence[Row]) -> str:
    if not rows:
        return _("For everybody.")
    named, chosen = audience.names(db), audience.by_kind(rows)
    named["language"] = {code: str(name) for code, name in LANGUAGE_NAMES.items()}
    named["topic"] = {value: quoted(name) for value, name in named["topic"].items()}

    def alternatives(kind: str) -> str:
        return joined([named[kind].get(value, _("something that is gone")) for value in chosen[kind]], "or")

    are = []
    if "department" in chosen:
        are.append(_("work in %(teams)s", teams=alternatives("department")))
    if "language" in chosen:
        are.append(_("read %(languages)s", languages=alternatives("language")))
    if "topic" in chosen:
        are.append(_("chose %(topics)s", topics=alternatives("topic")))
    return _("For colleagues who %(are)s.", are=joined(are, "standard"))


def _why_never(campaign: Campaign, publish_on: date | None, ends_on: date | None) -> str:
    """Why an item with these days is never, or no longer, on the feed; "" when it is or will be."""
    if campaign.archived_at is not None:
        return _("Nobody will see this: its campaign is archived.")
    first = max(publish_on or campaign.starts_on, campaign.starts_on)
    last = min(ends_on or campaign.ends_on, campaign.ends_on)
    if first > last:
        return _("Nobody will see this: its days lie outside those of its campaign.")
    if last < clock.today():
        return _("Nobody will see this: its last day is over.")
    return ""
