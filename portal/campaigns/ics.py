"""The calendar as other programs read it, at a secret address of one's own: iCalendar, RFC 5545."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from itsdangerous import Signer
from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from portal import clock, settings
from portal.campaigns import labels, moving
from portal.campaigns.models import Campaign, Item
from portal.i18n import gettext as _
from portal.i18n import in_language
from portal.people import audit
from portal.people.models import Person
from portal.web import editor, token

BACK, AHEAD = timedelta(days=31), timedelta(days=366)
"""How far the file looks, from today."""
MOST_ITEMS = 1000
LONGEST_LINE = 75
"""Bytes a line may have before it is folded."""


def renew_address(db: Session, person: Person) -> None:
    """Give the person a new address; calendars that know the old one get nothing from now on."""
    db.execute(update(Person).where(Person.id == person.id).values(calendar_mark=token()))
    audit.write(db, "calendar_address_renewed", "person", person.id, by=person)


def key(person: Person) -> str:
    """The secret part of the person's address: made of their mark, so that whoever reads the database lacks it."""
    signer = Signer(settings.current().secret, salt="calendar")
    return signer.get_signature(f"{person.id} {person.calendar_mark}").decode()


def find_subscriber(db: Session, person_id: int, sent: str) -> Person | None:
    """Whose calendar it is, as long as they work here as an editor; None when the key sent is not theirs."""
    person = db.get(Person, person_id)
    if person is None or not person.calendar_mark or not person.is_active or not editor.admits(person):
        return None
    return person if hmac.compare_digest(sent.encode(), key(person).encode()) else None


@dataclass(frozen=True)
class Event:
    """Something that fills whole days, from `first` to `last`."""

    uid: str
    changed_at: datetime
    version: int
    first: date
    last: date
    summary: str
    description: str
    path: str
    is_settled: bool

    def lines(self) -> Iterator[str]:
        origin = settings.current().base_url
        yield "BEGIN:VEVENT"
        yield folded(f"UID:{self.uid}@{urlsplit(origin).hostname}")
        yield f"DTSTAMP:{self.changed_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        yield f"SEQUENCE:{self.version}"
        yield f"DTSTART;VALUE=DATE:{self.first:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{self.last + timedelta(days=1):%Y%m%d}"  # the first day it is over
        yield folded(f"SUMMARY:{escaped(self.summary)}")
        if self.description:
            yield folded(f"DESCRIPTION:{escaped(self.description)}")
        yield folded(f"URL:{origin}{self.path}")
        yield f"STATUS:{'CONFIRMED' if self.is_settled else 'TENTATIVE'}"
        yield "TRANSP:TRANSPARENT"  # a campaign keeps nobody from a meeting
        yield "END:VEVENT"


def document(db: Session, *, person: Person, name: str) -> bytes:
    """What is planned from a month ago to a year ahead, in the person's language, as the calendar `name`."""
    with in_language(person.language):
        lines = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Passalong//Passalong//EN",
            "CALSCALE:GREGORIAN",
            folded(f"NAME:{escaped(name)}"),
            folded(f"X-WR-CALNAME:{escaped(name)}"),
            "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
            "X-PUBLISHED-TTL:PT1H",
        ]
        for event in (*_campaigns(db, person.language), *_items(db, person.language)):
            lines += event.lines()
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def _campaigns(db: Session, language: str) -> Iterator[Event]:
    today = clock.today()
    for campaign in db.scalars(
        select(Campaign)
        .options(selectinload(Campaign.texts))
        .where(Campaign.starts_on <= today + AHEAD, Campaign.ends_on >= today - BACK, Campaign.archived_at.is_(None))
        .order_by(Campaign.starts_on, Campaign.id)
    ):
        text = campaign.text(language)
        yield Event(
            uid=f"campaign-{campaign.id}",
            changed_at=campaign.created_at,
            version=campaign.version,
            first=campaign.starts_on,
            last=campaign.ends_on,
            summary=_("Campaign: %(title)s", title=text.title),
            description=text.summary,
            path=f"/campaigns/{campaign.id}",
            is_settled=True,
        )


def _items(db: Session, language: str) -> Iterator[Event]:
    now = clock.now()
    for item in db.scalars(
        select(Item)
        .join(Item.campaign)
        .options(selectinload(Item.texts), joinedload(Item.campaign).selectinload(Campaign.texts))
        .where(
            Item.state.in_(moving.PLANNED),
            Item.publish_at >= now - BACK,
            Item.publish_at < now + AHEAD,
            Campaign.archived_at.is_(None),
        )
        .order_by(Item.publish_at, Item.id)
        .limit(MOST_ITEMS)
    ):
        text, day = item.text(language), clock.local(item.publish_at).date()
        yield Event(
            uid=f"item-{item.id}",
            changed_at=item.changed_at,
            version=item.version,
            first=day,
            last=day,
            summary=f"{labels.KINDS[item.kind]}: {text.title}",
            description=f"{labels.standing(item, item.campaign)[0]}\n{item.campaign.text(language).title}",
            path=f"/campaigns/items/{item.id}",
            is_settled=item.state == "approved",
        )


def escaped(text: str) -> str:
    """`text` as a value of a line."""
    for sign in "\\;,":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\r\n", "\n").replace("\n", "\\n")


def folded(line: str) -> str:
    """The line in pieces short enough, each but the first after a space; a letter stays in one piece."""
    pieces, size = [""], 0
    for letter in line:
        width = len(letter.encode())
        if size + width > LONGEST_LINE:
            pieces.append("")
            size = 1  # the space that says it goes on
        pieces[-1] += letter
        size += width
    return "\r\n ".join(pieces)
