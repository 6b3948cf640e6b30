"""The text of a share: disclosure first, the person's own sentence, marketing's caption, the link last."""

import re
from collections import Counter
from collections.abc import Callable

from portal.campaigns import disclosure as disclosures

LONGEST_OWN = 3000
"""Characters a person may type."""
OWN_ENOUGH = 0.2
"""From this share of own words on, a text counts as the person's own."""


def compose(own: str, caption: str, *, disclosure: str, link: str, employer: str = "") -> str:
    """The whole text. `disclosure` opens it, unless the words already say where the person works."""
    words = "\n\n".join(part for part in (own.strip(), caption.strip()) if part)
    return "\n\n".join(part for part in (disclosures.opened(words, disclosure, employer), link) if part)


def fit(own: str, caption: str, *, disclosure: str, link: str, fits: Callable[[str], bool], employer: str = "") -> str:
    """The whole text, shortened until `fits` accepts it: the caption first, then the person's sentence.

    Disclosure and link always stay, even if they alone do not fit.
    """

    def with_parts(own: str, caption: str) -> str:
        return compose(own, caption, disclosure=disclosure, link=link, employer=employer)

    if fits(with_parts(own, caption)):
        return with_parts(own, caption)
    if fits(with_parts(own, "")):
        return with_parts(own, _longest(caption, lambda part: fits(with_parts(own, part))))
    return with_parts(_longest(own, lambda part: fits(with_parts(part, ""))), "")


def own_part(text: str, caption: str, *, wordings: list[str], link: str) -> str:
    """What the person wrote themselves, taken back out of a whole text, so that it can be corrected."""
    words = text.removesuffix(link).strip()
    for wording in wordings:
        words = words.removeprefix(wording).strip()
    if any(wording.startswith("#") for wording in wordings):
        words = re.sub(f"^{disclosures.LABELLED}", "", words, flags=re.IGNORECASE).strip()
    beginning = caption.strip()[:40]
    return words[: words.rfind(beginning)].strip() if beginning and beginning in words else words


def own_share(text: str, caption: str) -> float:
    """How much of `text` is not the caption's: 0 for marketing's words alone, 1 for all your own."""
    words, theirs = Counter(_words(text)), Counter(_words(caption))
    total = sum(words.values())
    return sum((words - theirs).values()) / total if total else 0.0


def _longest(text: str, fits: Callable[[str], bool]) -> str:
    """The longest beginning of `text`, cut between words, that fits; "" when none does."""
    ends = [match.start() for match in re.finditer(r"\s+", text)]
    low, high = 0, len(ends)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(_cut(text, ends[middle - 1])) else (low, middle - 1)
    return _cut(text, ends[low - 1]) if low else ""


def _cut(text: str, end: int) -> str:
    return text[:end].rstrip(" ,;:–-\n") + "…"


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
