"""How long a text is on each network, counted its way; static/js/count.js does the same."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache

LONGEST_LABEL = 59
"""Characters of one part of a name from afar, as name servers write it behind `xn--`."""
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

# What may stand at the end of an address that is written without https://; every country, and of the others those in
# use here. With https:// before it any ending counts, but for names that only a network of one's own knows.
_WRITTEN = (
    "ac ad ae af ag ai al am an ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt bv bw "
    "by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et eu fi fj "
    "fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir "
    "is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml "
    "mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr "
    "ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th "
    "tj tk tl tm tn to tp tr tt tv tw tz ua ug uk um us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw academy aero "
    "agency amsterdam app art asia associates audio bank bike biz blog brussels build builders business cafe careers "
    "cat center cloud club coach coffee com community company construction consulting coop design dev digital edu "
    "education energy engineering enterprises eus events expert family farm finance fitness foundation frl fun fund "
    "furniture fyi gal garden gent gov group guide health help homes host house how immo info ink institute int jobs "
    "kitchen life link live lol love management market marketing media mil mobi money museum name net network news ngo "
    "ninja one online ong org page partners party photo photos pics place plus press pro productions properties pub "
    "recipes rent rentals repair report restaurant rocks run sale school science services shop show site social "
    "software solar solutions space sport store studio style support systems taxi team tech technology tel tips today "
    "tools top tours town toys trade training travel university vacations video vision vlaanderen vote wales watch "
    "website wiki wine work works world wtf xyz yoga zone"
)
ENDINGS = _WRITTEN.split()
_AT_HOME = "arpa|corp|example|home|internal|intranet|invalid|lan|local|localhost|onion|test"
_ACCENTED = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_FAR_LETTER = "\u00a1-\u1fff\u2070-\u2fff\u3021-\ud7ff\uf900-\ufefe\U00010000-\U0010ffff"
_ANY_LETTER = f"0-9a-z{_FAR_LETTER}"


def _label(letters: str, inside: str = "-") -> str:
    return rf"[{letters}](?:[{letters}{inside}]{{0,61}}[{letters}])?\."


_COUNTRY = "|".join(ending for ending in ENDINGS if len(ending) == 2)
_NO_MORE = "(?![0-9a-z@+_-])"
_BARE_HOST = rf"(?<![-_./])(?:{_label(f'0-9a-z{_ACCENTED}')})+(?:{'|'.join(ENDINGS)}){_NO_MORE}"
_HOST = (
    rf"(?:{_label(_ANY_LETTER, '_-')})*{_label(_ANY_LETTER)}"
    rf"(?:{_COUNTRY}|xn--[0-9a-z-]+|(?!(?:{_AT_HOME})(?![a-z]))[a-z]{{3,63}}|[{_FAR_LETTER}]{{2,63}}){_NO_MORE}"
)
_END_OF_PATH = rf"a-z0-9=_#/+\-\u0400-\u04ff{_ACCENTED}"
_PATH_SIGN = rf"{_END_OF_PATH}!*';:,.$%\[\]\u2013~@|&"
_PATH = rf"/(?:(?:[{_PATH_SIGN}]|\([{_PATH_SIGN}]+\))*(?:[{_END_OF_PATH}]|\([{_PATH_SIGN}]+\)))?"
_QUERY = r"\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/]"
_BEFORE = r"([^a-z0-9@\uff20$#\uff03\ufeff]|^)"
_AFTER = rf"(?::[0-9]+)?(?:{_PATH})?(?:{_QUERY})?"
_FAR_MENTION = re.compile(r"((?:^|[^/\w])@[a-z0-9_]+)@[a-z0-9.-]*[a-z0-9]", re.IGNORECASE)
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
    text, addresses = _without(_any_address(), unicodedata.normalize("NFC", _lines(text)))
    text, emoji = _EMOJI.subn("", text)
    return addresses * URL_WEIGHT + emoji * 2 + sum(1 if _is_light(ord(sign)) else 2 for sign in text)


def mastodon(text: str) -> int:
    """Characters as a reader sees them; 23 for an address, only the local part of a mention elsewhere."""
    text, addresses = _without(_address(), _lines(text))
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


def addresses(text: str) -> list[tuple[int, int]]:
    """Where web addresses stand in `text`, with or without their scheme: the first character, and the one after."""
    return [(match.end(1), match.end()) for match in _any_address().finditer(text) if _can_exist(match)]


# Compiled when first needed: that takes longer than all else that a starting process makes of this file.
@cache
def _address() -> re.Pattern[str]:
    return re.compile(rf"{_BEFORE}https?://{_HOST}{_AFTER}", re.IGNORECASE)


@cache
def _any_address() -> re.Pattern[str]:
    return re.compile(rf"{_BEFORE}(?:https?://{_HOST}|{_BARE_HOST}){_AFTER}", re.IGNORECASE)


def _without(addresses: re.Pattern[str], text: str) -> tuple[str, int]:
    """`text` without these addresses, and how many there were."""
    found = 0

    def leave(match: re.Match[str]) -> str:
        nonlocal found
        if not _can_exist(match):
            return match[0]
        found += 1
        return match[1]

    return addresses.sub(leave, text), found


def _can_exist(address: re.Match[str]) -> bool:
    """Whether the name in it could be one: in the alphabet of name servers a letter from afar takes more room."""
    name = re.split(r"[/?:]", address[0][len(address[1]) :].split("://")[-1], maxsplit=1)[0]
    return name.isascii() or all(
        not label.lower().startswith("xn--") and len(label.lower().encode("punycode")) <= LONGEST_LABEL
        for label in name.split(".")
        if not label.isascii()
    )


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _is_light(code: int) -> bool:
    return any(first <= code <= last for first, last in _LIGHT)


def _clusters(text: str) -> Iterator[str]:
    """Grapheme clusters (Unicode 16, annex 29)."""
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
    if _stands_alone(last) or _stands_alone(sign):
        return False
    if _extends(sign):
        return True
    if last == "\u200d" and _PICTURE.match(sign):
        return _PICTURE.match(cluster) is not None
    if _FLAG_LETTER.match(sign) and _FLAG_LETTER.match(last):
        return len(_FLAG_LETTER.findall(cluster)) % 2 == 1
    if _INDIC.match(sign) and _JOINED.search(cluster):
        return True
    return _korean(sign) in _KOREAN_AFTER.get(_korean(last), "")


def _stands_alone(sign: str) -> bool:
    """Whether nothing joins it: controls, line ends, and what is not seen but for what joins by its nature."""
    return unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") and not _extends(sign)


def _extends(sign: str) -> bool:
    return (
        unicodedata.category(sign) in ("Mn", "Me", "Mc")
        or sign in "\u200c\u200d\u0e33\u0eb3\uff9e\uff9f"
        or "\U0001f3fb" <= sign <= "\U0001f3ff"
        or "\U000e0020" <= sign <= "\U000e007f"
    )


# Consonants of the Indic scripts whose joined letters are one sign to a reader, and the virama that joins them.
_CONSONANTS = (
    "\u0915-\u0939\u0958-\u095f\u0978-\u097f\u0995-\u09a8\u09aa-\u09b0\u09b2\u09b6-\u09b9\u09dc\u09dd\u09df"
    "\u09f0\u09f1\u0a95-\u0aa8\u0aaa-\u0ab0\u0ab2\u0ab3\u0ab5-\u0ab9\u0af9\u0b15-\u0b28\u0b2a-\u0b30\u0b32\u0b33"
    "\u0b35-\u0b39\u0b5c\u0b5d\u0b5f\u0b71\u0c15-\u0c28\u0c2a-\u0c39\u0c58-\u0c5a\u0d15-\u0d3a"
)
_INDIC = re.compile(f"[{_CONSONANTS}]")
_JOINED = re.compile(f"[{_CONSONANTS}][^{_CONSONANTS}]*[\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d][^{_CONSONANTS}]*$")

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
