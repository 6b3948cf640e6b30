"""Whether a person made a click: a pure judgement of one request, its reason, and how we say it.

The order is fixed and the first hit decides. Reason and rule version are kept, so a later one can judge anew.
What needs to know other clicks (repeats, bursts) is asked in `clicks`.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from portal.i18n import lazy, ngettext
from portal.links.visitors import LONGEST_AGENT

RULE_VERSION = 1
"""Raised with every change that would judge an old click differently."""


class Verdict(NamedTuple):
    verdict: str
    """`human`, `bot` or `suspect`."""
    reason: str


def judge(method: str, headers: Mapping[str, str]) -> Verdict:
    """The verdict on one request. `headers` are asked by lower-case names."""
    if method != "GET":
        return Verdict("bot", "not_opened")
    if _is_prefetch(headers):
        return Verdict("bot", "prefetch")
    by_agent = _by_agent(headers.get("user-agent", "")[:LONGEST_AGENT])
    if by_agent is not None:
        return by_agent
    if not headers.get("accept-language", "").strip():
        return Verdict("suspect", "no_language")
    if "text/html" not in headers.get("accept", "").lower():
        return Verdict("suspect", "not_a_page")
    # A browser that knows these headers sends them with every page; an older one proves nothing by silence.
    if headers.get("sec-fetch-mode", "navigate").lower() != "navigate":
        return Verdict("suspect", "not_navigated")
    if headers.get("sec-fetch-dest", "document").lower() != "document":
        return Verdict("suspect", "not_navigated")
    return Verdict("human", "person")


def _is_prefetch(headers: Mapping[str, str]) -> bool:
    return (
        "prefetch" in headers.get("sec-purpose", "").lower()
        or headers.get("purpose", "").strip().lower() in ("prefetch", "preview")
        or headers.get("x-purpose", "").strip().lower() in ("preview", "instant")
        or headers.get("x-moz", "").strip().lower() == "prefetch"
    )


# Browsers inside the apps of networks. Public lists take some of them for robots; they are our main visitors.
_IN_APP = re.compile(
    r"\bFBA[NV]/|\bFB_IAB/|\bMetaIAB\b|\bInstagram \d|\[LinkedInApp\]|\bLinkedInApp/|\bBarcelona \d"
    r"|\[Pinterest/|\bSnapchat[/ ]\d|\bTwitter for \w+(?:/|$)|\bTwitterAndroid\b|\bSlack_SSB/|\bSlack/\d"
)

# Marks in lower case, looked for as they stand: plain searches cannot be made slow by a hostile browser name.
_OWN_MARKS = (
    ("cardyb", "preview"),
    ("facebookexternalhit", "preview"),
    ("facebot", "preview"),
    ("meta-externalhit", "preview"),
    ("meta-externalfetcher", "preview"),
    ("mastodon/", "preview"),
    ("pleroma", "preview"),
    ("akkoma", "preview"),
    ("misskey", "preview"),
    ("friendica", "preview"),
    ("http.rb/", "preview"),
    ("skypeuripreview", "preview"),
    ("microsoftpreview", "preview"),
    ("slack-imgproxy", "preview"),
    ("googleimageproxy", "preview"),
    ("google-pagerenderer", "preview"),
    ("ms-office", "office_probe"),
    ("microsoft office", "office_probe"),
    ("protocol discovery", "office_probe"),
    ("barracuda", "scanner"),
    ("proofpoint", "scanner"),
    ("mimecast", "scanner"),
    ("urldefense", "scanner"),
    ("safelinks", "scanner"),
    ("messagelabs", "scanner"),
    ("fireeye", "scanner"),
    ("forcepoint", "scanner"),
    ("trendmicro", "scanner"),
    ("google-safety", "scanner"),
    ("claudebot", "ai"),
    ("claude-user", "ai"),
    ("perplexity", "ai"),
    ("gptbot", "ai"),
    ("chatgpt-user", "ai"),
    ("headlesschrome", "program"),
    ("phantomjs", "program"),
    ("electron-fetch", "program"),
    ("node-fetch", "program"),
    ("undici", "program"),
    ("libwww", "program"),
    ("python", "program"),
    ("java/", "program"),
    ("curl/", "program"),
    ("wget/", "program"),
)
_WHATSAPP = re.compile(r"WhatsApp/[\d.]+( [AiNW])?")
"""The app that draws the preview; Signal says the same. A browser inside the app names itself first."""
_SAYS_BOT = re.compile(r"(?<!cu)bot\b|\+https?://|crawler|spider")
"""What robots nobody has listed call themselves. Cubot is a maker of phones."""

_BY_TAG = (
    ("social-preview", "preview"),
    ("scanner", "scanner"),
    ("ai-crawler", "ai"),
    ("monitoring", "monitor"),
    ("feed-reader", "reader"),
    ("http-library", "program"),
    ("browser-automation", "program"),
)


@lru_cache(maxsize=4096)
def _by_agent(agent: str) -> Verdict | None:
    """What the browser's name alone decides. The cache is bounded: strangers choose these texts."""
    if not agent.strip():
        return Verdict("bot", "no_name")
    if _IN_APP.search(agent):
        return Verdict("human", "in_app")
    lowered = agent.lower()
    for mark, reason in _OWN_MARKS:
        if mark in lowered:
            return Verdict("bot", reason)
    if _WHATSAPP.fullmatch(agent):
        return Verdict("bot", "preview")
    for mark, reason in _KNOWN_MARKS:
        if mark in agent:
            return Verdict("bot", reason)
    found = _KNOWN_PATTERN.search(agent)
    if found is not None:
        return Verdict("bot", _KNOWN_REASONS[int((found.lastgroup or "r0")[1:])])
    if _SAYS_BOT.search(lowered):
        return Verdict("bot", "crawler")
    return None


def _known() -> tuple[tuple[tuple[str, str], ...], re.Pattern[str], tuple[str, ...]]:
    """The public list, taken apart: names as they stand, and the few true patterns as one expression."""
    marks: list[tuple[str, str]] = []
    patterns: list[str] = []
    reasons: list[str] = []
    for entry in CRAWLER_USER_AGENTS_DATA:
        tags = entry.get("tags", ())
        reason = next((reason for tag, reason in _BY_TAG if tag in tags), "crawler")
        if entry["pattern"] == "WhatsApp":
            continue  # our own rule tells the preview from a person reading inside the app
        plain = re.sub(r"\\([^a-zA-Z0-9])", r"\1", entry["pattern"])
        if re.search(r"(?<!\\)[\[\](){}*+?|^$.]|\\[a-zA-Z0-9]", entry["pattern"]) is None:
            marks.append((plain, reason))
        else:
            without_groups = re.sub(r"\((?!\?)", "(?:", entry["pattern"])
            patterns.append(f"(?P<r{len(reasons)}>{without_groups})")
            reasons.append(reason)
    return tuple(marks), re.compile("|".join(patterns)), tuple(reasons)


_KNOWN_MARKS, _KNOWN_PATTERN, _KNOWN_REASONS = _known()


REASONS: dict[str, Callable[[int], str]] = {
    "person": lambda n: ngettext("%(num)s person", "%(num)s people", n),
    "in_app": lambda n: ngettext("%(num)s person inside an app", "%(num)s people inside an app", n),
    "preview": lambda n: ngettext("%(num)s link preview", "%(num)s link previews", n),
    "scanner": lambda n: ngettext("%(num)s mail scanner", "%(num)s mail scanners", n),
    "office_probe": lambda n: ngettext("%(num)s look by an office app", "%(num)s looks by an office app", n),
    "prefetch": lambda n: ngettext("%(num)s page loaded in advance", "%(num)s pages loaded in advance", n),
    "crawler": lambda n: ngettext("%(num)s search robot", "%(num)s search robots", n),
    "ai": lambda n: ngettext("%(num)s AI robot", "%(num)s AI robots", n),
    "monitor": lambda n: ngettext("%(num)s website monitor", "%(num)s website monitors", n),
    "reader": lambda n: ngettext("%(num)s feed reader", "%(num)s feed readers", n),
    "program": lambda n: ngettext("%(num)s program", "%(num)s programs", n),
    "no_name": lambda n: ngettext("%(num)s visit without a browser name", "%(num)s visits without a browser name", n),
    "no_language": lambda n: ngettext("%(num)s visit without a language", "%(num)s visits without a language", n),
    "not_a_page": lambda n: ngettext(
        "%(num)s visit that asked for no page", "%(num)s visits that asked for no page", n
    ),
    "not_navigated": lambda n: ngettext("%(num)s load inside another page", "%(num)s loads inside another page", n),
    "not_opened": lambda n: ngettext("%(num)s knock on the door", "%(num)s knocks on the door", n),
    "repeat": lambda n: ngettext("%(num)s repeat", "%(num)s repeats", n),
    "burst": lambda n: ngettext("%(num)s click in a burst", "%(num)s clicks in a burst", n),
    "too_soon": lambda n: ngettext("%(num)s click within two seconds", "%(num)s clicks within two seconds", n),
    "own": lambda n: ngettext("%(num)s click on one's own link", "%(num)s clicks on one's own link", n),
}
"""How many of a reason, in words."""

WHY = {
    "person": lazy("Somebody opened the link in a browser."),
    "in_app": lazy("Somebody opened the link inside an app such as LinkedIn or Facebook."),
    "preview": lazy("WhatsApp, LinkedIn and others fetch a link once to draw its preview."),
    "scanner": lazy("Mail security opens every link to check it, often before anybody reads the mail."),
    "office_probe": lazy("Outlook and Word look at a link before they hand it to the browser."),
    "prefetch": lazy("A browser fetched the page ahead, in case somebody would click."),
    "crawler": lazy("Search engines and collectors follow every link they meet."),
    "ai": lazy("Robots that gather texts for language models."),
    "monitor": lazy("Programs that watch whether a website is up."),
    "reader": lazy("Programs that collect news."),
    "program": lazy("A program asked, not a browser."),
    "no_name": lazy("Every browser says its name; this visitor did not."),
    "no_language": lazy("Browsers say which language they prefer; scanners in disguise often do not."),
    "not_a_page": lazy("Browsers ask for a page; this visitor took anything."),
    "not_navigated": lazy("The link was loaded by another page, not opened by a person."),
    "not_opened": lazy("Only asked whether the link exists."),
    "repeat": lazy("The same visitor within the hour: counted once."),
    "burst": lazy("Three or more different links within five seconds: nobody reads that fast."),
    "too_soon": lazy("The link had only just been made: usually the preview in the sharer's own app."),
    "own": lazy("The sharer's own browser, to see if it works."),
}
"""What each reason means, for whoever unfolds a figure."""


def in_words(reason: str, count: int) -> str:
    """Such as "3 link previews", in the current language."""
    return REASONS[reason](count) if reason in REASONS else f"{count} {reason}"
