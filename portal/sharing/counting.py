"""How long a text is on each network, counted its way; static/js/count.js does the same."""

import re
import unicodedata
from collections.abc import Callable, Iterator

URL_WEIGHT = 23
"""What X and Mastodon count for any address, whatever its length."""

# Emoji and the signs that may become one (Unicode's Extended_Pictographic), which the standard library lacks.
_PICTURES = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u2388\u23cf\u23e9-\u23f3"
    "\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2605\u2607-\u2612\u2614-\u2685\u2690-\u2705"
    "\u2708-\u2712\u2714\u2716\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755\u2757"
    "\u2763-\u2767\u2795-\u2797\u27a1\u27b0\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d"
    "\u3297\u3299\U0001f000-\U0001f0ff\U0001f10d-\U0001f10f\U0001f12f\U0001f16c-\U0001f171\U0001f17e\U0001f17f"
    "\U0001f18e\U0001f191-\U0001f19a\U0001f1ad-\U0001f1e5\U0001f201-\U0001f20f\U0001f21a\U0001f22f"
    "\U0001f232-\U0001f23a\U0001f23c-\U0001f23f\U0001f249-\U0001f3fa\U0001f400-\U0001f53d\U0001f546-\U0001f64f"
    "\U0001f680-\U0001f6ff\U0001f774-\U0001f77f\U0001f7d5-\U0001f7ff\U0001f80c-\U0001f80f\U0001f848-\U0001f84f"
    "\U0001f85a-\U0001f85f\U0001f888-\U0001f88f\U0001f8ae-\U0001f8ff\U0001f90c-\U0001f93a\U0001f93c-\U0001f945"
    "\U0001f947-\U0001faff\U0001fc00-\U0001fffd"
)
_FLAG = "[\U0001f1e6-\U0001f1ff]"
_ONE = rf"[{_PICTURES}]\ufe0f?[\U0001f3fb-\U0001f3ff]?[\U000e0020-\U000e007f]*"
_EMOJI = re.compile(
    rf"{_FLAG}{_FLAG}|[0-9#*]\ufe0f?\u20e3|[\u00a9\u00ae]\ufe0f|(?![\u00a9\u00ae]){_ONE}(?:\u200d{_ONE})*"
)
_PICTURE = re.compile(f"[{_PICTURES}]")
_FLAG_LETTER = re.compile(_FLAG)

_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_ENDINGS = "com|org|net|info|nl|be|eu|de|fr|uk|io|dev|app|co|work|jobs"
_BARE_ADDRESS = re.compile(
    rf"(^|[^a-z0-9@./_-])((?:[a-z0-9][a-z0-9-]*\.)+(?:{_ENDINGS})(?![a-z0-9-])(?:/[^\s<>\"]*)?)",
    re.IGNORECASE,
)
_AFTER_ADDRESS = ".,;:!?)]}'…»”’"
_FAR_MENTION = re.compile(r"(@[a-z0-9_]+)@[a-z0-9.-]*[a-z0-9]", re.IGNORECASE)
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))


def plain(text: str) -> int:
    """Characters, one for each code point."""
    return len(_lines(text))


def utf16(text: str) -> int:
    """Code units of UTF-16: what browsers and LinkedIn call a character."""
    return len(_lines(text).encode("utf-16-le")) // 2


def graphemes(text: str) -> int:
    """Characters as a reader sees them: a letter with its accents is one, a family of emoji is one."""
    return sum(1 for _ in _clusters(_lines(text)))


def x(text: str) -> int:
    """X's weighted count: 23 for an address, 2 for an emoji, 1 for European letters, 2 for most others."""
    text, addresses = _without_addresses(unicodedata.normalize("NFC", _lines(text)), bare=True)
    text, emoji = _EMOJI.subn("", text)
    return addresses * URL_WEIGHT + emoji * 2 + sum(1 if _is_light(ord(sign)) else 2 for sign in text)


def mastodon(text: str) -> int:
    """Characters as a reader sees them; 23 for an address, only the local part of a mention elsewhere."""
    text, addresses = _without_addresses(_lines(text), bare=False)
    return addresses * URL_WEIGHT + graphemes(_FAR_MENTION.sub(r"\1", text))


def threads(text: str) -> int:
    """Characters, but an emoji counts as its number of UTF-8 bytes."""
    text = _lines(text)
    emoji = _EMOJI.findall(text)
    return len(_EMOJI.sub("", text)) + sum(len(one.encode()) for one in emoji)


WAYS: dict[str, Callable[[str], int]] = {
    "plain": plain,
    "utf16": utf16,
    "graphemes": graphemes,
    "x": x,
    "mastodon": mastodon,
    "threads": threads,
}


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _is_light(code: int) -> bool:
    return any(first <= code <= last for first, last in _LIGHT)


def _without_addresses(text: str, *, bare: bool) -> tuple[str, int]:
    """The text without its addresses, and how many there were."""
    found = 0

    def drop(before: str, address: str) -> str:
        nonlocal found
        found += 1
        return before + address[len(address.rstrip(_AFTER_ADDRESS)) :]

    text = _ADDRESS.sub(lambda match: drop("", match[0]), text)
    if bare:
        text = _BARE_ADDRESS.sub(lambda match: drop(match[1], match[2]), text)
    return text, found


def _clusters(text: str) -> Iterator[str]:
    """Grapheme clusters (Unicode annex 29, without its rules for Indic conjuncts)."""
    cluster = ""
    for sign in text:
        if cluster and not _joins(cluster, sign):
            yield cluster
            cluster = ""
        cluster += sign
    if cluster:
        yield cluster


def _joins(cluster: str, sign: str) -> bool:
    last = cluster[-1]
    if unicodedata.category(last) == "Cc" or unicodedata.category(sign) == "Cc":
        return False
    if _extends(sign):
        return True
    if last == "\u200d" and _PICTURE.match(sign):
        return _PICTURE.match(cluster) is not None
    if _FLAG_LETTER.match(sign) and _FLAG_LETTER.match(last):
        return len(_FLAG_LETTER.findall(cluster)) % 2 == 1
    return _korean(sign) in _KOREAN_AFTER.get(_korean(last), "")


def _extends(sign: str) -> bool:
    return (
        unicodedata.category(sign) in ("Mn", "Me", "Mc")
        or sign in "\u200c\u200d\u0e33\u0eb3\uff9e\uff9f"
        or "\U0001f3fb" <= sign <= "\U0001f3ff"
        or "\U000e0020" <= sign <= "\U000e007f"
    )


_KOREAN_AFTER = {"l": "lvsb", "v": "vt", "s": "vt", "t": "t", "b": "t"}


def _korean(sign: str) -> str:
    """l, v, t: a leading, middle, trailing letter; s, b: a syllable without or with its last; else ?"""
    code = ord(sign)
    if 0xAC00 <= code <= 0xD7A3:
        return "s" if (code - 0xAC00) % 28 == 0 else "b"
    if 0x1100 <= code <= 0x115F or 0xA960 <= code <= 0xA97C:
        return "l"
    if 0x1160 <= code <= 0x11A7 or 0xD7B0 <= code <= 0xD7C6:
        return "v"
    if 0x11A8 <= code <= 0x11FF or 0xD7CB <= code <= 0xD7FB:
        return "t"
    return "?"
