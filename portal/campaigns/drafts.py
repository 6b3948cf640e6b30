"""A campaign and an item as editors write them, in a form or a kit: read from the rows, and put back into them."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from portal import clock
from portal.campaigns.models import (
    CAPTION_NETWORKS,
    KINDS_THAT_ADVERTISE,
    KINDS_WITH,
    Campaign,
    CampaignText,
    Caption,
    Item,
    ItemText,
)
from portal.i18n import LANGUAGES

LONGEST_TITLE = 120
LONGEST_SUMMARY = 300
LONGEST_BANNER = 42
LONGEST_CAPTION = 3000
LONGEST_TARGET = 2000
LONGEST_CONDITIONS = 1000
LONGEST_ALT = 250
LONGEST_PLACE = 120
LONGEST_HOURS = 60
LONGEST_RECRUITER = 120
MOST_CAPTIONS = 60
LARGEST_GOAL = 1_000_000
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)

_Text = TypeVar("_Text", CampaignText, ItemText)


@dataclass
class CampaignWords:
    title: str = ""
    summary: str = ""
    banner: str = ""


@dataclass
class CampaignDraft:
    goal_measure: str = "visits"
    goal_number: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    utm_template: str = ""
    utm_overwrites: bool = False
    announces: bool = False
    texts: dict[str, CampaignWords] = field(default_factory=lambda: {key: CampaignWords() for key in LANGUAGES})


@dataclass
class Words:
    title: str = ""
    summary: str = ""
    conditions: str = ""
    picture_alt: str = ""


@dataclass(frozen=True)
class CaptionDraft:
    network: str
    language: str
    body: str


@dataclass
class ItemDraft:
    kind: str = "article"
    target: str = ""
    place: str = ""
    publish_on: date | None = None
    ends_on: date | None = None
    """The last day people may share it, inclusive."""
    texts: dict[str, Words] = field(default_factory=lambda: {key: Words() for key in LANGUAGES})
    captions: list[CaptionDraft] = field(default_factory=list)
    hours: str = ""
    recruiter: str = ""
    happens_at: datetime | None = None
    video_url: str = ""
    disclosure: str = ""
    """One of `DISCLOSURES`; "" for what its kind asks for."""
    fits: list[str] = field(default_factory=list)
    """Keys of networks; none for all of them."""
    publish_hour: time | None = None
    """From what time of its first day on, where a kit says so; None for midnight, or for the time it has already."""

    def material(self) -> object:
        """What readers get to see, where it leads and where it may go: a change here asks for approval again."""
        own = settled(self)
        facts = (own.kind, own.target, own.place, own.hours, own.recruiter, own.video_url, own.disclosure)
        words = {key: (t.title, t.summary, t.conditions) for key, t in own.texts.items() if t.title}
        captions = sorted((c.network, c.language, c.body) for c in own.captions)
        return (*facts, own.happens_at and own.happens_at.isoformat(), sorted(own.fits), words, captions)


def of_campaign(campaign: Campaign) -> CampaignDraft:
    draft = CampaignDraft(campaign.goal_measure, campaign.goal_number, campaign.starts_on, campaign.ends_on)
    draft.utm_template, draft.utm_overwrites = campaign.utm_template, campaign.utm_overwrites
    draft.announces = campaign.announces
    for text in campaign.texts:
        draft.texts[text.language] = CampaignWords(text.title, text.summary, text.banner)
    return draft


def of_item(item: Item) -> ItemDraft:
    draft = ItemDraft(item.kind, item.target_url, item.place, clock.local(item.publish_at).date())
    draft.ends_on = last_day(item)
    for text in item.texts:
        draft.texts[text.language] = Words(text.title, text.summary, text.conditions, text.picture_alt)
    draft.captions = [CaptionDraft(c.network, c.language, c.body) for c in item.captions]
    draft.hours, draft.recruiter, draft.happens_at = item.hours, item.recruiter, item.happens_at
    draft.video_url, draft.disclosure, draft.fits = item.video_url, item.disclosure, list(item.fits)
    return draft


def settled(draft: ItemDraft) -> ItemDraft:
    """The draft as it is kept: without what only other kinds have, and with what follows from the rest of it.

    A video that leads nowhere else leads to itself, an event is over after its day, an offer is advertising.
    """
    untouched = ItemDraft()
    foreign = [name for name, kinds in KINDS_WITH.items() if draft.kind not in kinds]
    own = replace(draft, **{name: getattr(untouched, name) for name in foreign if hasattr(untouched, name)})
    if "conditions" in foreign:
        own.texts = {language: replace(words, conditions="") for language, words in draft.texts.items()}
    own.target = own.target or own.video_url
    if own.happens_at and own.ends_on is None:
        own.ends_on = clock.local(own.happens_at).date()
    own.disclosure = own.disclosure or ("advertising" if own.kind in KINDS_THAT_ADVERTISE else "usual")
    return own


def last_day(item: Item) -> date | None:
    """The last day the item may be shared, in the organisation's zone."""
    return item.ends_at and clock.local(item.ends_at - timedelta(seconds=1)).date()


def put_in_campaign(draft: CampaignDraft, campaign: Campaign) -> None:
    """Write a draft without problems into the row; its texts must be loaded or new."""
    assert draft.goal_number is not None and draft.starts_on and draft.ends_on
    campaign.goal_measure, campaign.goal_number = draft.goal_measure, draft.goal_number
    campaign.starts_on, campaign.ends_on = draft.starts_on, draft.ends_on
    campaign.utm_template, campaign.utm_overwrites = draft.utm_template, draft.utm_overwrites
    campaign.announces = draft.announces
    known = {text.language: text for text in campaign.texts}
    campaign.texts = [
        _filled(known.get(language) or CampaignText(language=language), asdict(words))
        for language, words in draft.texts.items()
        if words.title
    ]


def put_in_item(draft: ItemDraft, item: Item) -> None:
    """Write a draft without problems into the row; its texts and captions must be loaded or new."""
    draft = settled(draft)
    assert draft.publish_on
    item.kind, item.target_url, item.place = draft.kind, draft.target, draft.place
    item.hours, item.recruiter, item.happens_at = draft.hours, draft.recruiter, draft.happens_at
    item.video_url, item.disclosure = draft.video_url, draft.disclosure
    item.fits = [key for key in CAPTION_NETWORKS if key in draft.fits]
    if draft.publish_hour is not None:
        on_day = datetime.combine(draft.publish_on, draft.publish_hour, tzinfo=clock.zone())
        item.publish_at = on_day.astimezone(UTC)
    elif item.publish_at is None or clock.local(item.publish_at).date() != draft.publish_on:
        item.publish_at = clock.start_of(draft.publish_on)  # else the hour of its launch stays
    item.ends_at = clock.end_of(draft.ends_on) if draft.ends_on else None
    known = {text.language: text for text in item.texts}
    item.texts = [
        _filled(known.get(language) or ItemText(language=language), asdict(words))
        for language, words in draft.texts.items()
        if words.title
    ]
    # A caption that stays the same keeps its row: shares point at it.
    kept = {(c.network, c.language, c.body): c for c in item.captions}
    item.captions = [
        kept.get((c.network, c.language, c.body)) or Caption(network=c.network, language=c.language, body=c.body)
        for c in draft.captions
    ]


def _filled(row: _Text, values: dict[str, str]) -> _Text:
    for name, value in values.items():
        setattr(row, name, value)
    return row


def is_plain(text: str) -> bool:
    """Whether there are no control signs, half characters or signs that turn the reading direction."""
    return not any(
        (unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t") or sign in "\u202a\u202b\u202d\u202e"
        for sign in text
    )


def tidy_line(text: str) -> str:
    """One line, with single spaces."""
    return " ".join(text.split())


def tidy_paragraphs(text: str) -> str:
    """Paragraphs kept apart by one empty line, each on one line."""
    return "\n\n".join(filter(None, (tidy_line(part) for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")))))


def tidy_caption(text: str) -> str:
    """Line breaks as typed, without spaces at the ends."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return "\n".join(lines).strip()


def slug_of(text: str, taken: Iterable[str] = ()) -> str:
    """A short name for addresses and file names, different from those `taken`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "item"
    used, slug, number = set(taken), base, 2
    while slug in used:
        slug, number = f"{base}-{number}", number + 1
    return slug


def fingerprint(*parts: object) -> str:
    """32 characters that are the same only for the same parts."""
    text = json.dumps(parts, default=lambda part: vars(part) if is_dataclass(part) else str(part), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
