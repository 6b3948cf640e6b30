"""Bytes from elsewhere made into text, markup into trees, and HTML into words, whatever state they are in."""

import codecs
import html
import re
from collections.abc import Mapping
from functools import lru_cache
from html.entities import html5
from itertools import islice
from typing import Any

import nh3
from lxml import etree

LONGEST_WORDS = 20_000
"""Characters of HTML that are read for the words in it."""
MOST_ATTRIBUTES = 200
"""Attributes of one HTML tag that are read; no page has so many that matter."""
DEEPEST = 250
"""Elements of a page inside each other; of what is further inside only the words are read."""
MOST_ELEMENTS = 100_000
"""Elements of a page; of those after them only the words are read."""

_CHARSETS = re.compile(
    r"utf-?8(-sig)?|utf-?16(-?[bl]e)?|us-?ascii|(iso-?8859|windows|cp|latin)-?_?\d{1,4}(-?\d{1,2})?|macroman"
    r"|koi8-?[ru]|shift[-_]?jis|euc-?(jp|kr)|iso-?2022-?jp|gb(2312|k|18030)|big5(-hkscs)?",
    re.IGNORECASE,
)
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_IN_TEXT = re.compile(
    rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})|<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{1,40})",
    re.IGNORECASE,
)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# What XML cannot hold: it ends a strict reader's patience in the middle of a feed.
_UNREADABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.-]*")
_REFERENCE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?!#\d{1,7};|#x[0-9a-f]{1,6};)(?:(\w{2,31});)?", re.DOTALL | re.IGNORECASE
)


class _Builder(etree.TreeBuilder):  # type: ignore[misc]
    """Builds the tree of an HTML page with a bound on the attributes of a tag and on the depth: adding one attribute
    walks past all that are there, adding one element past all that it is in, minutes of work for a hostile page.

    A browser takes names and signs that a tree cannot hold. Such attributes are left out, such signs replaced.
    """

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._number = self._left_out = 0

    def start(self, tag: str, attrs: Mapping[str, str], nsmap: Mapping[str, str] | None = None) -> Any:
        if self._left_out or self._depth == DEEPEST or self._number == MOST_ELEMENTS:
            self._left_out += 1
            return None
        self._depth += 1
        self._number += 1
        return super().start(_element_name(tag), _attributes(attrs) if attrs else {}, {})

    def end(self, tag: str) -> Any:
        if self._left_out:
            self._left_out -= 1
            return None
        self._depth -= 1
        return super().end(_element_name(tag))

    def data(self, data: str) -> None:
        super().data(_UNREADABLE.sub("\ufffd", data))

    def comment(self, text: str) -> None:
        """Says nothing to a reader."""

    def pi(self, target: str, data: str | None = None) -> None:
        """Says nothing to a reader."""


def _attributes(attrs: Mapping[str, str]) -> dict[str, str]:
    read = islice(attrs.items(), MOST_ATTRIBUTES)
    return {name: _UNREADABLE.sub("\ufffd", value) for name, value in read if _PLAIN_NAME.fullmatch(name)}


@lru_cache(1000)
def _element_name(tag: str) -> str:
    return tag if _PLAIN_NAME.fullmatch(tag) else "unknown"


class Unsafe(ValueError):
    """The text defines entities: a means to attack its reader, of no use to a feed."""


def decoded(body: bytes, content_type: str = "") -> str:
    """The text of `body` by its own mark, else by what its header or its first lines say, else by what it looks like.

    Bytes that fit none of these become replacement characters; nothing raises.
    """
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, errors="replace")
    named = [found.group(1) for found in [_IN_HEADER.search(content_type)] if found]
    if found := _IN_TEXT.search(body[:2048]):
        named.append((found.group(1) or found.group(2)).decode("ascii"))
    for charset in [*filter(_CHARSETS.fullmatch, named), "utf-8"]:
        try:
            return body.decode(charset)
        except (LookupError, UnicodeError):
            continue
    text = body.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    is_damaged_utf8 = sum(not sign.isascii() for sign in text) > 2 * broken
    return text if is_damaged_utf8 else body.decode("cp1252", errors="replace")


def xml(text: str) -> etree._Element | None:
    """The tree of an XML document, as far as it goes when it is broken; None when there is none.

    Entities are never resolved and nothing else is read. Raises Unsafe for a document that defines some.
    """
    text = _UNREADABLE.sub("", text[max(text.find("<"), 0) :])
    text = re.sub(r"^<\?xml[^>]{0,200}\?>", "", text)  # what it says about bytes is settled by now
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, encoding="utf-8"
    )
    root = _tree(_REFERENCE.sub(_by_number, text), parser)
    if root is not None and (own := root.getroottree().docinfo.internalDTD) is not None and any(own.iterentities()):
        raise Unsafe
    return root


def page(text: str) -> etree._Element | None:
    """The tree of an HTML document, as a browser would make sense of it; None when there is none."""
    parser = etree.HTMLParser(target=_Builder(), recover=True, no_network=True, huge_tree=False, encoding="utf-8")
    root = _tree(_UNREADABLE.sub("", text), parser)
    return root if root is not None and isinstance(root.tag, str) else None  # a lone comment is no page


def words(markup: str) -> str:
    """What a reader sees of a piece of HTML, on one line."""
    apart = re.sub(r"<(?=(?:br|/?(?:p|div|li|tr|h\d))\b)", " <", markup[:LONGEST_WORDS], flags=re.IGNORECASE)
    return " ".join(html.unescape(nh3.clean(apart, tags=set())).split())


def _tree(text: str, parser: Any) -> etree._Element | None:
    try:
        return etree.fromstring(text.encode(), parser)
    except (etree.LxmlError, ValueError):
        return None


def _by_number(found: re.Match[str]) -> str:
    """A reference by the number of its sign, a stray ampersand too: after the first error the parser drops those by
    name. Marked sections stay as they are."""
    if found.group().startswith("<"):
        return found.group()
    sign = html5.get(f"{found.group(1)};", "")
    return "".join(f"&#{ord(each)};" for each in sign) if sign else f"&#38;{found.group()[1:]}"
