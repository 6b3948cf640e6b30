"""What a campaign and an item must be before they are kept: one set of rules for forms, kits and approval."""

import unicodedata
from collections.abc import Iterable
from datetime import date
from urllib.parse import urlsplit

from portal import clock, settings
from portal.campaigns import placeholders, tags
from portal.campaigns.drafts import (
    FIRST_DAY,
    LARGEST_GOAL,
    LAST_DAY,
    LONGEST_ALT,
    LONGEST_BANNER,
    LONGEST_CAPTION,
    LONGEST_CONDITIONS,
    LONGEST_HOURS,
    LONGEST_PLACE,
    LONGEST_RECRUITER,
    LONGEST_SUMMARY,
    LONGEST_TARGET,
    LONGEST_TITLE,
    MOST_CAPTIONS,
    CampaignDraft,
    ItemDraft,
    is_plain,
    of_item,
    settled,
)
from portal.campaigns.models import (
    ANY_NETWORK,
    CAPTION_NETWORKS,
    DISCLOSURES,
    KINDS,
    KINDS_THAT_END,
    KINDS_WITH,
    MEASURES,
    Item,
)
from portal.i18n import LANGUAGES
from portal.i18n import gettext as _
from portal.people.organisation import is_host

Problems = dict[str, str]
"""A sentence by field name, such as `title_nl`, `target`, `ends_on` or `caption-2`."""


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


def lacking(item: Item) -> Problems:
    """What the item as it is stored still lacks, by field; its texts, captions and campaign must be loaded."""
    has_picture = item.picture_id is not None
    return item_problems(of_item(item), has_picture=has_picture, campaign_ends_on=item.campaign.ends_on)


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
            one, other = placeholders.offered()
            found.setdefault(
                name,
                _(
                    "We cannot fill in %(unknown)s. You can use %(known)s.",
                    unknown=", ".join(unknown),
                    known=_("%(one)s and %(other)s", one=one, other=other),
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
