"""What can be read while walking past: how many words, and how large a title can be set."""

import re

MOST_WORDS = 25
"""In the message of one slide."""
LONGEST_TITLE = 120
"""Characters."""
FEWEST_WORDS = 4
"""With less room than this a line says nothing."""


def size(title: str) -> str:
    """The class that sets `title` as large as it fits: by its length and its longest word."""
    longest = max((len(word) for word in title.split()), default=0)
    for found, characters, word in (("huge", 34, 14), ("large", 58, 18), ("middle", 88, 22)):
        if len(title) <= characters and longest <= word:
            return found
    return "small"


def whole(text: str, words: int) -> str:
    """The first sentences of `text` that fit in `words` whole; "" when not even one does: nothing is cut."""
    if words < FEWEST_WORDS:
        return ""
    kept = ""
    for sentence in re.split(r"(?<=[.!?…])\s+", " ".join(text.split())):
        longer = f"{kept} {sentence}".strip()
        if len(longer.split()) > words:
            break
        kept = longer
    return kept


def cut(text: str, words: int, *, characters: int = LONGEST_TITLE) -> str:
    """All of `text`, else as much of it as fits up to a pause, else as many words with an ellipsis: for titles."""
    text = " ".join(text.split())
    few = " ".join(text.split()[:words])
    if len(few) > characters:
        few = few[: characters - 1].rsplit(" ", 1)[0]
    if few == text:
        return text
    pauses = [few[: found.start()] for found in re.finditer(r"[:;,.!?](?=\s|$)|\s[–-](?=\s)", few)]
    whole_part = next((part for part in reversed(pauses) if len(part.split()) >= FEWEST_WORDS), "")
    return whole_part or few.rstrip(",;:.–- ") + "…"


def fitted(eyebrow: str, title: str, line: str) -> tuple[str, str]:
    """Title and line such that the three together are no more than somebody reads."""
    above = len(eyebrow.replace("·", "").split())
    title = cut(title, MOST_WORDS - above)
    return title, whole(line, MOST_WORDS - above - len(title.split()))
