"""Words as they are looked up: without accents, in small letters, by their stem in Dutch and in English.

Stems are made here and not by a database, so that both find the same.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import snowballstemmer

LONGEST = 40
"""Letters of a word that count: what is longer is an address or a mistake."""
MOST_ASKED = 8
"""Words of a question that are looked at."""

_STEMMERS = tuple(snowballstemmer.stemmer(name) for name in ("dutch", "english"))
_COMMON = frozenset(
    [
        "a",
        "aan",
        "al",
        "als",
        "and",
        "are",
        "at",
        "bij",
        "by",
        "daar",
        "dan",
        "dat",
        "de",
        "der",
        "deze",
        "die",
        "dit",
        "door",
        "een",
        "en",
        "er",
        "for",
        "from",
        "have",
        "het",
        "hier",
        "hij",
        "hoe",
        "i",
        "ik",
        "in",
        "is",
        "it",
        "its",
        "je",
        "jij",
        "jou",
        "jouw",
        "kan",
        "maar",
        "me",
        "met",
        "mij",
        "mijn",
        "my",
        "na",
        "naar",
        "niet",
        "nog",
        "nu",
        "of",
        "om",
        "on",
        "onze",
        "ook",
        "op",
        "or",
        "our",
        "over",
        "s",
        "ons",
        "te",
        "that",
        "the",
        "their",
        "they",
        "this",
        "tot",
        "u",
        "uit",
        "us",
        "van",
        "voor",
        "waar",
        "was",
        "wat",
        "we",
        "wel",
        "wie",
        "wij",
        "will",
        "with",
        "word",
        "wordt",
        "you",
        "your",
        "ze",
        "zich",
        "zij",
        "zijn",
        "zo",
    ]
)
"""Words in every text, which would find everything and tell nothing."""


def words(text: str) -> list[str]:
    """The words of a text in order: without accents, in small letters, cut to length."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return [word[:LONGEST] for word in re.findall(r"[^\W_]+", plain.casefold())]


def stems(texts: Iterable[str]) -> str:
    """All stems of some texts, each once, with spaces between: what is kept of them for looking up."""
    found = {word for text in texts for word in words(text)} - _COMMON
    return " ".join(sorted({stem for word in found for stem in stems_of(word)}))


@lru_cache(maxsize=65_536)
def stems_of(word: str) -> frozenset[str]:
    """What a word comes down to, taken for Dutch and for English: nobody says which it is."""
    # Remembered: an organisation's texts use few words, again and again, and making a stem takes 50 times as long.
    return frozenset(stemmer.stemWord(word) for stemmer in _STEMMERS)


def asked(text: str) -> list[str]:
    """The words of a question that say something, the last ones when there are many."""
    given = words(text)
    return ([word for word in given if word not in _COMMON] or given)[-MOST_ASKED:]


def excerpt(text: str, question: list[str], *, length: int = 160) -> str:
    """The first sentence of `text` that holds a word of the question, cut to `length`; "" when none does."""
    wanted = {stem for word in question for stem in stems_of(word)}
    for sentence in re.split(r"(?<=[.!?])\s+|\n+", text):
        given = words(sentence)
        if any(not wanted.isdisjoint(stems_of(word)) or word.startswith(tuple(question)) for word in given):
            sentence = " ".join(sentence.split())
            return sentence if len(sentence) <= length else f"{sentence[:length].rsplit(' ', 1)[0]}…"
    return ""
