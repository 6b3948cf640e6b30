"""Where links, hashtags and mentions stand in a text, in bytes of UTF-8 as Bluesky wants them told.

static/js/count.js finds the same. Source: the rich text of the AT Protocol (app.bsky.richtext.facet).
"""

import re
from dataclasses import dataclass

from portal.sharing import counting

LONGEST_TAG = 64
"""Characters of a hashtag, without its sign."""

_IN_TAG = r"[^\s\u00ad\u2060\u200a-\u200d\u20e2]*"
_TAG = re.compile(rf"(?:^|(?<=\s))[#\uff03](?!\ufe0f)({_IN_TAG}[^\W\d_]{_IN_TAG})")
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_MENTION = re.compile(rf"(?:^|(?<=[\s(]))@((?:{_LABEL}\.)+[a-z]{{2,63}})(?![a-z0-9.@-])", re.IGNORECASE)
_LAST_SIGNS = ".,;:!?'\")]}…”’"


@dataclass(frozen=True)
class Facet:
    """A stretch of a text that is more than words; `start` and `end` are bytes, the end not included."""

    kind: str
    """link, tag or mention."""
    start: int
    end: int
    value: str
    """An address with its scheme, a hashtag without its sign, or a handle."""


def facets(text: str) -> list[Facet]:
    """What stands in `text`, in its order. Of two that overlap, the address is it."""
    links = [("link", first, last, _with_scheme(text[first:last])) for first, last in counting.addresses(text)]
    others = [("mention", match.start(), match.end(), match[1]) for match in _MENTION.finditer(text)]
    for match in _TAG.finditer(text):
        tag = match[1].rstrip(_LAST_SIGNS)
        if tag and len(tag) <= LONGEST_TAG:
            others.append(("tag", match.start(), match.start() + 1 + len(tag), tag))
    alone = [each for each in others if not any(each[1] < end and begin < each[2] for _, begin, end, _ in links)]
    return [
        Facet(kind, _bytes(text[:first]), _bytes(text[:last]), value)
        for kind, first, last, value in sorted([*links, *alone], key=lambda each: each[1])
    ]


def pieces(text: str) -> list[tuple[str, str]]:
    """The whole text cut where a facet begins or ends: each stretch after its kind, which is "" for mere words."""
    written, cut, at = text.encode(), [], 0
    for facet in facets(text):
        cut += [("", written[at : facet.start]), (facet.kind, written[facet.start : facet.end])]
        at = facet.end
    return [(kind, part.decode()) for kind, part in [*cut, ("", written[at:])] if part]


def _with_scheme(address: str) -> str:
    return address if "://" in address[:8] else f"https://{address}"


def _bytes(text: str) -> int:
    return len(text.encode())
