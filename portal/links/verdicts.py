"""Whether a person made a click: a pure judgement of one request, its reason, and how we say it.

The order is fixed and the first hit decides. Reason and rule version are kept, so a later one can judge anew.
What needs to know other clicks (repeats, bursts) is asked in `clicks`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from portal.i18n import lazy, ngettext
from portal.links.visitors import LONGEST_AGENT

RULE_VERSION = 2
"""Raised with every change that would judge an old click differently."""


class Verdict(NamedTuple):
    verdict: str
    """`human`, `bot` or `suspect`."""
    reason: str


def judge(method: str, headers: Mapping[str, str]) -> Verdict:
    """The verdict on one request. `headers` are asked by lower-case names."""
    if method != "GET":
        return Verdict("bot", "not_opened")
    if purpose(headers):
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


def purpose(headers: Mapping[str, str]) -> str:
    """`prefetch` when the browser says it only loads the page in advance, else "": all a record needs to keep."""
    for name in ("sec-purpose", "purpose", "x-purpose", "x-moz"):
        said = headers.get(name, "")
        if said and re.split(r"[;,\s]", said[:40].strip().lower())[0] in _IN_ADVANCE:
            return "prefetch"
    return ""


_IN_ADVANCE = ("prefetch", "prerender", "preview", "instant")

# Browsers inside the apps of networks. Public lists take some of them for robots; they are our main visitors.
_IN_APP = re.compile(
    r"\bFBA[NV]/|\bFB_IAB/|\bMetaIAB\b|\bInstagram \d|\[LinkedInApp\]|\bLinkedInApp/|\bBarcelona \d"
    r"|\[Pinterest/|\bSnapchat[/ ]\d|\bTwitter for \w{1,20}(?:/|$)|\bTwitterAndroid\b|\bSlack_SSB/|\bSlack/\d"
    # The next ones only where a phone's own browser part comes first: by themselves they draw previews.
    r"|^Mozilla/5\.0 \([^)]{0,200}(?:Android|iPhone|iPad)[^)]{0,200}\) AppleWebKit/[^+]{0,200}"
    r"\b(?:WhatsApp|Telegram|Viber|Tumblr|Bluesky|Mastodon|Signal|Notion|Flipboard|Reddit|BytedanceWebview"
    r"|musical_ly|trill|TeamsMobile|Teams|Outlook|Line|MicroMessenger|Discord|XING)(?:-\w{1,12})?[/ _]"
)
_IN_APP_MARKS = (
    *("FBAN/", "FBAV/", "FB_IAB/", "MetaIAB", "Instagram ", "LinkedInApp", "Barcelona ", "[Pinterest/", "Snapchat"),
    *("Twitter for ", "TwitterAndroid", "Slack_SSB/", "Slack/", "WhatsApp", "Telegram", "Viber", "Tumblr", "Bluesky"),
    *("Mastodon", "Signal", "Notion", "Flipboard", "Reddit", "BytedanceWebview", "musical_ly", "trill", "Teams"),
    *("Outlook-", "Line/", "MicroMessenger", "Discord", "XING"),
)
"""One of these stands in every name that `_IN_APP` finds: looking for them is quicker than the expression."""

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
    ("gotosocial", "preview"),
    ("pixelfed", "preview"),
    ("peertube", "preview"),
    ("http.rb/", "preview"),
    ("skypeuripreview", "preview"),
    ("microsoftpreview", "preview"),
    ("slack-imgproxy", "preview"),
    ("googleimageproxy", "preview"),
    ("google-pagerenderer", "preview"),
    ("zoombot", "preview"),
    ("matrix-media-repo", "preview"),
    ("nextcloud server crawler", "preview"),
    ("link preview", "preview"),
    ("linkpreview", "preview"),
    ("unfurl", "preview"),
    ("imageproxy", "preview"),
    ("emailproxy", "preview"),
    ("mail proxy", "preview"),
    ("ms-office", "office_probe"),
    ("microsoft office", "office_probe"),
    ("protocol discovery", "office_probe"),
    ("existence discovery", "office_probe"),
    ("barracuda", "scanner"),
    ("proofpoint", "scanner"),
    ("mimecast", "scanner"),
    ("urldefense", "scanner"),
    ("safelinks", "scanner"),
    ("messagelabs", "scanner"),
    ("fireeye", "scanner"),
    ("forcepoint", "scanner"),
    ("websense", "scanner"),
    ("trendmicro", "scanner"),
    ("cloudmark", "scanner"),
    ("ironport", "scanner"),
    ("spamassassin", "scanner"),
    ("mailscanner", "scanner"),
    ("virustotal", "scanner"),
    ("urlscan", "scanner"),
    ("google-safety", "scanner"),
    ("burpcollaborator", "scanner"),
    ("jsjcw_scanner", "scanner"),
    ("claudebot", "ai"),
    ("claude-user", "ai"),
    ("perplexity", "ai"),
    ("gptbot", "ai"),
    ("chatgpt-user", "ai"),
    ("chatgpt", "ai"),
    ("claude-code", "ai"),
    ("gomezagent", "monitor"),
    ("synthetics", "monitor"),
    ("cloudflareobservatory", "monitor"),
    ("google page speed", "monitor"),
    ("google search console", "monitor"),
    ("monitor.us", "monitor"),
    ("dejaclick", "monitor"),
    ("yottaamonitor", "monitor"),
    ("health check", "monitor"),
    ("healthcheck", "monitor"),
    ("facebookcatalog", "crawler"),
    ("pageburst", "crawler"),
    ("duplexweb", "crawler"),
    ("cypress/", "program"),
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
_CHAT_APPS = re.compile(r"(?:whatsapp(?:/[\d.]+)?( [ainw])?|viber(?:/[\d.]+)?)(?: cfnetwork/.*)?")
"""The apps that draw the preview; Signal says WhatsApp too. A browser inside an app names itself first."""
_SAYS_BOT = re.compile(r"(?<!cu)bot\b|\+https?://|crawler|spider")
"""What robots nobody has listed call themselves. Cubot is a maker of phones."""

_CONSOLE = ("lynx/", "elinks/", "w3m/", "links (")
"""Browsers on a text screen, which share their parts with programs."""
_OF_A_BROWSER = (
    *("applewebkit", "gecko/", "like gecko", "trident/", "msie ", "opera", "konqueror", "khtml", "servo/"),
    *("chrome/", "firefox/", "safari/", "iphone", "ipad", "windows nt", "macintosh", "x11"),
    *("midp", "symbian", "ucweb", "profile/", "smm-mms", "netfront", "nintendo"),
)
"""What draws the page, the browser, the machine or the kind of old phone: browsers say one of these, also those that
shorten their name for privacy."""

_BY_TAG = (
    ("social-preview", "preview"),
    ("scanner", "scanner"),
    ("ai-crawler", "ai"),
    ("monitoring", "monitor"),
    ("feed-reader", "reader"),
    ("http-library", "program"),
    ("browser-automation", "program"),
)


@lru_cache(maxsize=16_384)
def _by_agent(agent: str) -> Verdict | None:
    """What the browser's name alone decides. The cache is bounded: strangers choose these texts."""
    if not agent.strip():
        return Verdict("bot", "no_name")
    if any(mark in agent for mark in _IN_APP_MARKS) and _IN_APP.search(agent):
        return Verdict("human", "in_app")
    lowered = agent.lower()
    if lowered.startswith(_CONSOLE):
        return None
    for mark, reason in _OWN_MARKS:
        if mark in lowered:
            return Verdict("bot", reason)
    if _CHAT_APPS.fullmatch(lowered):
        return Verdict("bot", "preview")
    listed = _PUBLIC.reason(agent, lowered)
    if listed is not None:
        return Verdict("bot", listed)
    if _SAYS_BOT.search(lowered):
        return Verdict("bot", "crawler")
    if not any(part in lowered for part in _OF_A_BROWSER):
        return Verdict("bot", "crawler" if "compatible" in lowered else "program")
    return None


def is_preview_fetcher(agent: str) -> bool:
    """Whether this browser name belongs to a network that draws a preview. Remembered, so cheap to ask again."""
    return _by_agent(agent[:LONGEST_AGENT]) == _PREVIEW


_PREVIEW = Verdict("bot", "preview")


class _Entry(NamedTuple):
    place: int
    """Where it stands in the public list: the first that fits decides."""
    pattern: re.Pattern[str] | str
    """An expression, or a text to find as it stands."""
    reason: str

    def fits(self, agent: str) -> bool:
        return self.pattern in agent if isinstance(self.pattern, str) else bool(self.pattern.search(agent))


class _Public:
    """The public list of robots, asked without trying its 1,500 entries one by one.

    Each entry is kept under four letters that every name it fits must have. Only the entries whose letters are
    in the name are tried: for an ordinary browser none or a few, for a hostile name no more than all, once.
    """

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        self.by_letters: dict[str, list[_Entry]] = {}
        self.always: list[_Entry] = []
        """Those with no four letters in a row to go by."""
        self.size = 0
        for place, (pattern, reason) in enumerate(entries):
            self.size += 1
            text = _as_text(pattern)
            entry = _Entry(place, text or re.compile(pattern), reason)
            for run in [text.lower()] if text else _letters(pattern):
                grams = [run[at : at + _GRAM] for at in range(len(run) - _GRAM + 1)]
                if not grams:
                    self.always.append(entry)
                    break
                rarest = min(grams, key=lambda gram: (gram in _ORDINARY, len(self.by_letters.get(gram, ()))))
                self.by_letters.setdefault(rarest, []).append(entry)

    def reason(self, agent: str, lowered: str) -> str | None:
        """Why the first entry that fits is no person; None when none does."""
        found = self.by_letters.keys() & {lowered[at : at + _GRAM] for at in range(len(lowered) - _GRAM + 1)}
        candidates = [entry for gram in found for entry in self.by_letters[gram]] + self.always
        fitting = [entry for entry in candidates if entry.fits(agent)]
        return min(fitting).reason if fitting else None


_GRAM = 4
_ORDINARY = (
    "mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko) chrome/ safari/ edg/ firefox/"
    " (macintosh; intel mac os x 10_15_7) version/ mobile/15e148 (linux; android 14; build/) gecko/20100101"
    " (iphone; cpu iphone os 17_5 like mac os x) compatible; mobile "
)
"""What most browsers say: no letters to recognise a robot by."""


def _as_text(pattern: str) -> str:
    """What the expression stands for when it is a text with some signs escaped, else ""."""
    if re.search(r"(?<!\\)[\[\](){}*+?|^$.]|\\[a-zA-Z0-9]", pattern):
        return ""
    return re.sub(r"\\([^a-zA-Z0-9])", r"\1", pattern)


def _letters(pattern: str) -> list[str]:
    """For each way to fit the expression: the longest text, in lower case, that a fitting name must contain."""
    plain = re.sub(r"\[([a-zA-Z])(?i:\1)\]", r"\1", pattern)  # [wW] is one letter in either case
    if "(" in plain or "[" in plain:
        outside = re.sub(r"\([^()]*\)[*+?]?|\[[^]]*\][*+?]?", "\n", plain)
        if "(" in outside or "|" in outside:
            return [""]
        plain = outside
    plain = re.sub(r".[*?]|\\[a-zA-Z]\+?|(?<!\\)[.^$]", "\n", plain)
    plain = re.sub(r"\\(.)", r"\1", plain.replace("+", "\n"))
    return [max(way.lower().split("\n"), key=len) for way in plain.split("|")]


def _listed() -> Iterator[tuple[str, str]]:
    for entry in CRAWLER_USER_AGENTS_DATA:
        tags = entry.get("tags", ())
        # Our own rules tell a preview from a person who reads inside the app.
        if entry["pattern"] not in ("WhatsApp", "Viber"):
            yield entry["pattern"], next((reason for tag, reason in _BY_TAG if tag in tags), "crawler")


_PUBLIC = _Public(_listed())


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
