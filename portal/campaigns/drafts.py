"""What a campaign and an item must be before they are kept: one set of rules for forms and for kits."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeVar
from urllib.parse import urlsplit

from portal import clock, settings
from portal.campaigns import placeholders, tags
from portal.campaigns.models import (
    ANY_NETWORK,
    CAPTION_NETWORKS,
    DISCLOSURES,
    KINDS,
    KINDS_THAT_ADVERTISE,
    KINDS_THAT_END,
    KINDS_WITH,
    MEASURES,
    Campaign,
    CampaignText,
    Caption,
    Item,
    ItemText,
)
from portal.i18n import LANGUAGES
from portal.i18n import gettext as _
from portal.people.organisation import is_host

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

Problems = dict[str, str]
"""A sentence by field name, such as `title_nl`, `target`, `ends_on` or `caption-2`."""


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
    if item.publish_at is None or clock.local(item.publish_at).date() != draft.publish_on:
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


def campaign_problems(draft: CampaignDraft) -> Problems:
    """What keeps the draft from being a campaign, by field."""
    found: Problems = {}
    if not any(words.title for words in draft.texts.values()):
        found["title_nl"] = _("Give the campaign a name, in Dutch or in English.")
    for language, words in draft.texts.items():
        if not words.title and (words.summary or words.banner):
            found.setdefault(f"title_{language}", _needs_title(language))
        _text(found, f"title_{language}", words.title, LONGEST_TITLE)
        _text(found, f"summary_{language}", words.summary, LONGEST_SUMMARY)
        _text(found, f"banner_{language}", words.banner, LONGEST_BANNER)
    if draft.goal_measure not in MEASURES:
        found["goal_measure"] = _("Choose what this campaign is for.")
    if draft.goal_number is None or not 1 <= draft.goal_number <= LARGEST_GOAL:
        found["goal_number"] = _("Fill in a whole number from 1 to 1,000,000.")
    _day(found, "starts_on", draft.starts_on, _("Choose the first day of the campaign."))
    _day(found, "ends_on", draft.ends_on, _("Choose the last day of the campaign."))
    if draft.starts_on and draft.ends_on and draft.ends_on < draft.starts_on:
        found.setdefault("ends_on", _("The campaign ends before it starts: choose a later last day."))
    if sentence := tags.problem(draft.utm_template):
        found["utm_template"] = sentence
    return found


def tags_problem(draft: CampaignDraft, people: Iterable[tuple[str, str]]) -> Problems:
    """What is wrong with the tags when `people`, as (name, mail address), work here."""
    if not draft.utm_template or (name := tags.named_in(draft.utm_template, people)) is None:
        return {}
    return {
        "utm_template": _(
            "“%(name)s” is a colleague. Everybody who clicks would see that name: leave it out.", name=name
        )
    }


def item_problems(draft: ItemDraft, *, has_picture: bool, campaign_ends_on: date | None = None) -> Problems:
    """What keeps the draft from being an item, by field."""
    found: Problems = {}
    draft = settled(draft)
    if draft.kind not in KINDS:
        found["kind"] = _("Choose what kind of item this is.")
    _where_it_leads(found, draft)
    _text(found, "place", draft.place, LONGEST_PLACE)
    _text(found, "hours", draft.hours, LONGEST_HOURS)
    _text(found, "recruiter", draft.recruiter, LONGEST_RECRUITER)
    if draft.disclosure not in DISCLOSURES:
        found["disclosure"] = _("Choose how the text begins.")
    if any(key not in CAPTION_NETWORKS for key in draft.fits):
        found["fits"] = _("Choose a network from the list.")
    _dates(found, draft, campaign_ends_on)
    _words(found, draft, has_picture)
    _captions(found, draft)
    return found


def target_problem(target: str) -> str | None:
    """Why an item may not lead to this address."""
    if not target:
        return _("Fill in the web address this item leads to.")
    if len(target) > LONGEST_TARGET:
        return _("This address is too long: at most %(most)s characters.", most=LONGEST_TARGET)
    whole = _("This is not a complete web address. Copy it from the address bar: it starts with https://.")
    if any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zs", "Zl", "Zp") for sign in target) or "\\" in target:
        return _("An address has no spaces, line breaks or backslashes. Copy it once more.")
    try:
        parts = urlsplit(target)
        host, port = parts.hostname, parts.port
    except ValueError:
        return whole
    if parts.scheme.lower() not in ("http", "https"):
        return _("The address has to start with https:// or http://.")
    if not host or not is_host(host) or not target.lower().startswith(f"{parts.scheme}://"):
        return whole
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        return _("Leave out the name and password: everybody who clicks would see them.")
    if _place_on_the_web(parts.scheme, host, port) in _own_addresses():
        return _("This is an address of this portal itself. Use the page people should end up on.")
    return None


def _own_addresses() -> set[tuple[str, int]]:
    own = set()
    for address in (settings.current().base_url, settings.current().link_base_url):
        parts = urlsplit(address)
        own.add(_place_on_the_web(parts.scheme, parts.hostname or "", parts.port))
    # http and https of one host are the same place to a reader, so both are ours.
    return own | {(host, {80: 443, 443: 80}.get(port, port)) for host, port in own}


def _place_on_the_web(scheme: str, host: str, port: int | None) -> tuple[str, int]:
    return (host.lower().rstrip("."), port or (443 if scheme.lower() == "https" else 80))


def _where_it_leads(found: Problems, draft: ItemDraft) -> None:
    if draft.kind == "video" and not draft.target:
        found["video_url"] = _("Paste the link to the video.")
        return
    if draft.video_url and (sentence := target_problem(draft.video_url)):
        found["video_url"] = sentence
    leads_elsewhere = not draft.video_url or draft.target != draft.video_url
    if leads_elsewhere and (sentence := target_problem(draft.target)):
        found["target"] = sentence


def _dates(found: Problems, draft: ItemDraft, campaign_ends_on: date | None) -> None:
    _day(found, "publish_on", draft.publish_on, _("Choose the day this appears on the feed."))
    if draft.ends_on is not None:
        _day(found, "ends_on", draft.ends_on, "")
    elif draft.kind in KINDS_THAT_END:
        found["ends_on"] = _("Choose the last day: nobody should share this once it is over.")
    if draft.publish_on and draft.ends_on and draft.ends_on < draft.publish_on:
        found.setdefault("ends_on", _("The last day is before the day it appears: choose a later one."))
    if draft.happens_at is None and draft.kind in KINDS_WITH["happens_at"]:
        found["happens_at"] = _("Say when it begins.")
    if draft.happens_at is not None:
        happens_on = clock.local(draft.happens_at).date()
        _day(found, "happens_at", happens_on, "")
        if draft.publish_on and happens_on < draft.publish_on:
            found.setdefault(
                "happens_at", _("By the day this appears it is over: choose a later moment, or let it appear sooner.")
            )
    if campaign_ends_on and draft.publish_on and draft.publish_on > campaign_ends_on:
        found.setdefault(
            "publish_on", _("By then the campaign is over, so nobody would see it: choose an earlier day.")
        )


def _words(found: Problems, draft: ItemDraft, has_picture: bool) -> None:
    if not any(words.title or words.summary for words in draft.texts.values()):
        found["title_nl"] = _("Write a title and a summary, in Dutch or in English.")
    written = {caption.language for caption in draft.captions if caption.body}
    for language, words in draft.texts.items():
        begun = words.title or words.summary or words.conditions or words.picture_alt or language in written
        if begun and not words.title:
            found.setdefault(f"title_{language}", _needs_title(language))
        if words.title and not words.summary:
            found.setdefault(f"summary_{language}", _("Add a line that says why this is worth sharing."))
        if words.title and has_picture and not words.picture_alt:
            found[f"picture_alt_{language}"] = _("Say what the picture shows, for colleagues who cannot see it.")
        if words.title and draft.kind == "contest" and not words.conditions:
            found[f"conditions_{language}"] = _("Say who can take part, until when, and how the winner is chosen.")
        _text(found, f"title_{language}", words.title, LONGEST_TITLE)
        _text(found, f"summary_{language}", words.summary, LONGEST_SUMMARY)
        _text(found, f"conditions_{language}", words.conditions, LONGEST_CONDITIONS)
        _text(found, f"picture_alt_{language}", words.picture_alt, LONGEST_ALT)
        for name in ("title", "summary", "conditions"):
            if names := placeholders.known_in(getattr(words, name)):
                sentence = _("%(name)s is filled in only in captions. Leave it out here.", name=names[0])
                found.setdefault(f"{name}_{language}", sentence)


def _captions(found: Problems, draft: ItemDraft) -> None:
    if len(draft.captions) > MOST_CAPTIONS:
        found["captions"] = _("That is a lot to choose from: keep at most %(most)s captions.", most=MOST_CAPTIONS)
    seen: set[tuple[str, str, str]] = set()
    for place, caption in enumerate(draft.captions):
        name = f"caption-{place}"
        same = (caption.network, caption.language, " ".join(caption.body.split()).casefold())
        if caption.network != ANY_NETWORK and caption.network not in CAPTION_NETWORKS:
            found[name] = _("Choose a network from the list.")
        elif caption.language not in LANGUAGES:
            found[name] = _("Choose Dutch or English.")
        elif draft.fits and caption.network not in (ANY_NETWORK, *draft.fits):
            found[name] = _(
                "You said this does not fit %(network)s. Give the caption another network, or tick it below.",
                network=CAPTION_NETWORKS[caption.network],
            )
        elif same in seen:
            found[name] = _("This caption is here twice. Change it or take it out.")
        seen.add(same)
        _text(found, name, caption.body, LONGEST_CAPTION)
        if unknown := placeholders.unknown_in(caption.body):
            found.setdefault(
                name,
                _(
                    "We cannot fill in %(unknown)s. You can use %(known)s.",
                    unknown=", ".join(unknown),
                    known=_("%(one)s and %(other)s", one=placeholders.FIRST_NAME, other=placeholders.DEPARTMENT),
                ),
            )


def _needs_title(language: str) -> str:
    if language == "nl":
        return _("Add a title in Dutch, or leave the Dutch part empty.")
    return _("Add a title in English, or leave the English part empty.")


def _text(found: Problems, name: str, value: str, most: int) -> None:
    if len(value) > most:
        found.setdefault(
            name,
            _("This is %(length)s characters; at most %(most)s fit.", length=len(value), most=most),
        )
    elif not is_plain(value):
        found.setdefault(name, _("There is an invisible sign in this text. Type it once more instead of pasting."))


def _day(found: Problems, name: str, value: date | None, missing: str) -> None:
    if value is None:
        found[name] = missing
    elif not FIRST_DAY <= value <= LAST_DAY:
        found[name] = _("This day is too far away. Check the year.")


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
