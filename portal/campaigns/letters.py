"""Mails about items, as text and as HTML: both are made of the same parts, so that they say the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal import html, settings
from portal.campaigns.drafts import last_day
from portal.campaigns.labels import KINDS_FOR_READERS
from portal.campaigns.models import Item
from portal.campaigns.pictures import address
from portal.i18n import day
from portal.i18n import gettext as _
from portal.people import brand
from portal.people.models import Organisation


@dataclass(frozen=True)
class Entry:
    """An item as a mail shows it."""

    title: str
    summary: str
    language: str
    kind: str
    until: str
    """Its last day, in words; "" without one."""
    url: str
    picture: str
    small_picture: str
    alt: str


@dataclass(frozen=True)
class Letter:
    """What a mail about items says, in the language of whoever gets it."""

    subject: str
    preheader: str
    """What mail programs show behind the subject."""
    greeting: str
    opening: str
    entries: Sequence[Entry]
    rest: str
    """A line about what is not named; "" when everything is."""
    rest_url: str
    closing: str
    why: str
    """Why it comes, with the address where that can be changed."""
    unsubscribe: str
    """Where one tap ends such mails; "" for one that somebody asked for and that comes once."""


def entry(item: Item, language: str, url: str) -> Entry:
    """`item` in this language, if it speaks it. Its texts and picture must be loaded."""
    text, base, last = item.text(language), settings.current().base_url, last_day(item)
    return Entry(
        title=text.title,
        summary=text.summary,
        language=text.language,
        kind=str(KINDS_FOR_READERS[item.kind]),
        until=_("until %(day)s", day=day(last)) if last else "",
        url=url,
        picture=f"{base}{address(item.picture, 'card')}" if item.picture else "",
        small_picture=f"{base}{address(item.picture, 'thumb')}" if item.picture else "",
        alt=text.picture_alt,
    )


def as_text(letter: Letter) -> str:
    lines = [
        letter.greeting,
        letter.opening,
        *(f"{each.title}\n{each.url}" for each in letter.entries),
        *([f"{letter.rest}\n{letter.rest_url}"] if letter.rest else []),
        letter.closing,
        letter.why,
    ]
    if letter.unsubscribe:
        lines.append(
            _("Rather not any more? This is where you end these mails: %(address)s", address=letter.unsubscribe)
        )
    return "\n\n".join(lines) + "\n"


def as_html(letter: Letter, *, organisation: Organisation) -> str:
    base = settings.current().base_url
    return html.mail(
        "mail/letter.html",
        letter=letter,
        house=organisation.name,
        logo=f"{base}{organisation.logo}" if organisation.logo else "",
        home=base,
        day=brand.light(organisation.accent),
        night=brand.dark(organisation.accent),
    )
