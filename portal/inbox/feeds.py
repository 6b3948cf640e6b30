"""Feeds of any make and age read into entries: RSS 0.9 to 2.0, Atom, JSON Feed; broken ones as far as they go."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from portal import clock
from portal.campaigns import drafts, rules
from portal.inbox import addresses, markup

MOST_ENTRIES = 200
"""Entries read of one feed, from its beginning, where the newest are."""
LONGEST_TITLE = 300
LONGEST_SUMMARY = 1000

# The names by which we know what stands in another vocabulary; what no vocabulary claims is the feed's own.
_PREFIXES = {
    "http://www.w3.org/2005/Atom": "",
    "http://purl.org/atom/ns#": "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://channel.netscape.com/rdf/simple/0.9/": "",
    "http://backend.userland.com/rss2": "",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://search.yahoo.com/mrss": "media:",
    "http://www.w3.org/1999/xhtml": "xhtml:",
}
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_BLOCKS = ("p", "br", "div", "li", "tr", "item", "entry")
_PICTURE = re.compile(r"<img\b[^>]{0,2000}?\bsrc\s*=\s*[\"']?([^\"'\s>]{1,2000})", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """What one source says about one page. `key` is the same as long as it is the same page."""

    key: str
    url: str
    """Where it leads, fit for an item; "" when it names no such address."""
    title: str
    summary: str = ""
    picture_url: str = ""
    published_at: datetime | None = None
    kind: str = "article"
    place: str = ""
    hours: str = ""
    valid_through: datetime | None = None


class NoFeed(ValueError):
    """This is something else than a feed."""


def read(text: str, url: str) -> list[Entry]:
    """The entries of a feed that was found at `url`, in its order. Raises NoFeed, and markup.Unsafe."""
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        return _from_json(text, url)
    root = markup.xml(text)
    if root is None or _name(root) not in ("rss", "rdf:rdf", "feed", "channel"):
        raise NoFeed
    base = _base(url, root)
    elements = islice(root.iter("{*}item", "{*}entry"), MOST_ENTRIES)
    return list(_distinct(_from_xml(each, base) for each in elements))


def entry(url: str, base: str, *, title: str, identity: str = "", **more: Any) -> Entry | None:
    """An entry with what is fit for us: texts cut, addresses made whole; None when nothing is left of it.

    `identity` is what the source calls it, for when it has no address.
    """
    whole = address(url, base)
    title, summary = line(title, LONGEST_TITLE), line(more.pop("summary", ""), LONGEST_SUMMARY)
    if not title and not summary:
        return None
    key = addresses.canonical(whole) or "entry:" + _digest(f"{base} {identity or title}")
    picture_url = address(more.pop("picture_url", ""), base)
    if not title:
        title = line(summary, 80)
        summary = "" if summary == title else summary
    return Entry(key, whole, title, summary, picture_url, **more)


def address(url: str, base: str) -> str:
    """`url` made whole and led straight to its page; "" unless an item may lead there."""
    try:
        whole = addresses.untracked(addresses.straight(urljoin(base, url.strip()))) if url.strip() else ""
    except ValueError:
        return ""
    return whole if whole and rules.target_problem(whole) is None else ""


def moment(text: str) -> datetime | None:
    """A point in time as feeds write it, in any of their ways; None when it is none that we understand.

    Without a zone it is meant as the organisation's.
    """
    text = text.strip()
    for read_as in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read_as(text)
            found = found if found.tzinfo else found.replace(tzinfo=clock.zone())
            return found.astimezone(UTC) if 1990 <= found.year <= 2100 else None
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _distinct(entries: Iterator[Entry | None]) -> Iterator[Entry]:
    seen: set[str] = set()
    for each in entries:
        if each is not None and each.key not in seen:
            seen.add(each.key)
            yield each


def _base(base: str, element: Any) -> str:
    """Where the links below begin. What is longer than any address is none: it would be joined to every link."""
    own = element.get(_BASE) or ""
    return urljoin(base, own) if len(own) <= addresses.LONGEST else base


def _from_xml(element: Any, base: str) -> Entry | None:
    base = _base(base, element)
    parts: dict[str, list[Any]] = {}
    for child in element.iterchildren("*"):
        parts.setdefault(_name(child), []).append(child)
    link, identity = _link(parts), _text(parts, "guid", "id")
    summary = _words(parts, "description", "summary", "content:encoded", "content", "media:description")
    return entry(
        link,
        base,
        identity=identity,
        title=_words(parts, "title", "dc:title", "media:title"),
        summary=summary,
        picture_url=_picture(parts),
        published_at=moment(_text(parts, "pubdate", "published", "dc:date", "issued", "updated", "modified", "date")),
    )


def _name(element: Any) -> str:
    """`title` for the feed's own, `dc:date` and such for what comes from elsewhere, always in lower case."""
    space, _, local = element.tag.rpartition("}")
    if not space:
        return str(element.tag).lower()  # a prefix nobody declared is still part of it
    if local.lower() == "rdf":
        return "rdf:rdf"
    usual = f"{element.prefix}:" if element.prefix else ""
    return f"{_PREFIXES.get(space[1:], usual)}{local}".lower()


def _link(parts: dict[str, list[Any]]) -> str:
    """Atom has links in attributes, for many uses; RSS has one as text, or only a lasting guid."""
    for relation in ("alternate", None, "related"):
        for each in parts.get("link", []):
            if each.get("href") and each.get("rel") == relation and "html" in each.get("type", "html"):
                return str(each.get("href"))
    if written := _text(parts, "link", "url"):
        return written
    for each in parts.get("guid", []):
        if each.get("isPermaLink", each.get("ispermalink", "true")).lower() != "false":
            return _inside(each)
    identity = _text(parts, "id")
    return identity if identity.startswith(("http://", "https://")) else ""


def _words(parts: dict[str, list[Any]], *names: str) -> str:
    """What the first part that says something says to a reader."""
    for name in names:
        for each in parts.get(name, []):
            kind = (each.get("type") or "").lower()
            is_plain = kind in ("text", "text/plain") or (name == "title" and not kind and _is_atom(each))
            text = " ".join(_inside(each).split()) if is_plain or len(each) else markup.words(_inside(each))
            if text:
                return text
    return ""


def _is_atom(element: Any) -> bool:
    return "Atom" in element.tag or "/atom/" in element.tag


def _text(parts: dict[str, list[Any]], *names: str) -> str:
    return next((text for name in names for each in parts.get(name, []) if (text := _inside(each))), "")


def _inside(element: Any) -> str:
    return "".join(_texts(element))[: markup.LONGEST_WORDS].strip()


def _texts(element: Any) -> Iterator[str]:
    """The text in an element, without that of entries which a broken feed left inside it."""
    yield element.text or ""
    for child in element.iterchildren("*"):
        name = _name(child).rpartition(":")[2]
        if name in _BLOCKS:
            yield " "
        if name not in ("item", "entry"):
            yield from _texts(child)
        yield child.tail or ""


def _picture(parts: dict[str, list[Any]]) -> str:
    for name in ("media:content", "media:thumbnail", "enclosure", "link", "media:group"):
        for each in parts.get(name, []):
            for place in each.iter("*") if name == "media:group" else [each]:
                is_picture = place.get("medium") == "image" or (place.get("type") or "").startswith("image/")
                is_picture = is_picture or _name(place) == "media:thumbnail"
                if is_picture and (found := place.get("url") or place.get("href")):
                    return str(found)
    for name in ("description", "content:encoded", "content", "summary"):
        for each in parts.get(name, []):
            if found := _PICTURE.search(_inside(each)):
                return found.group(1).replace("&amp;", "&")
    return ""


def _from_json(text: str, url: str) -> list[Entry]:
    try:
        feed = json.loads(text.lstrip("\ufeff \t\r\n"), strict=False)
    except (ValueError, RecursionError):
        raise NoFeed from None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise NoFeed
    found = (_from_json_item(each, url) for each in feed["items"][:MOST_ENTRIES] if isinstance(each, dict))
    return list(_distinct(found))


def _from_json_item(item: dict[str, Any], base: str) -> Entry | None:
    identity = _string(item, "id")
    plain = _string(item, "summary", "content_text")
    return entry(
        _string(item, "url", "external_url") or (identity if identity.startswith("http") else ""),
        base,
        identity=identity,
        title=_string(item, "title"),
        summary=plain or markup.words(_string(item, "content_html")),
        picture_url=_string(item, "image", "banner_image"),
        published_at=moment(_string(item, "date_published", "date_modified")),
    )


def _string(item: dict[str, Any], *names: str) -> str:
    """The first of these that holds words; old feeds number their items."""
    for name in names:
        value = item.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value)[: markup.LONGEST_WORDS]
    return ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def line(text: str, most: int) -> str:
    """On one line, without signs that hide or turn text, cut between two words."""
    plain = "".join(sign for sign in " ".join(text.split()) if drafts.is_plain(sign))
    if len(plain) <= most:
        return plain
    return plain[: most - 1].rpartition(" ")[0].rstrip(" ,;:.–-") + "…" if " " in plain[:most] else plain[:most]
