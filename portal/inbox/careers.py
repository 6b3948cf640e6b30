"""Where an organisation lists its vacancies: a careers page, a sitemap or a feed, and the pages these lead to."""

import re
import zlib
from dataclasses import dataclass, field, replace
from itertools import islice
from urllib.parse import urljoin, urlsplit

from portal.inbox import addresses, feeds, markup, pages, postings
from portal.inbox.feeds import Entry

MOST_PAGES = 500
"""Addresses that one list may hold; what lies beyond is not looked at."""
MOST_ADDRESSES = 5000
"""Addresses of one list that are looked at to find those."""
MOST_LISTS = 5
"""Sitemaps that one index may lead to."""
LARGEST_LIST = 8_000_000
"""Bytes of a sitemap once it is unpacked."""

_VACANCY = re.compile(r"vacatur|vacanc|vacant|job|career|carriere|werken|baan|banen|position|opening|stelle|emploi")
_FILE = re.compile(r"\.(pdf|docx?|xlsx?|jpe?g|png|gif|svg|webp|mp4|zip|css|js|xml|ics)$")
_SITEMAP = re.compile(r"<(\w{1,20}:)?(urlset|sitemapindex)\b")
_PAGE = re.compile(r"<(!doctype html|html|head|body)\b", re.IGNORECASE)
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json")


@dataclass(frozen=True)
class Listing:
    """What a list says itself, and where it leads on."""

    entries: list[Entry] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    """Addresses of pages that may describe a vacancy, each of another page."""
    lists: list[str] = field(default_factory=list)
    """Addresses of further sitemaps."""


def read(body: bytes, url: str, content_type: str) -> Listing:
    """The list that was found at `url`. Raises feeds.NoFeed for what is none, and markup.Unsafe."""
    if body.startswith(b"\x1f\x8b"):
        body = _unpacked(body)
    text = markup.decoded(body, content_type)
    if _SITEMAP.search(text[:4000]):
        return _sitemap(text, url)
    try:
        entries = [replace(each, kind="vacancy") for each in feeds.read(text, url)]
        return Listing(entries, distinct([each.url for each in entries if each.url]))
    except feeds.NoFeed:
        if not looks_like_page(text, content_type):
            raise
    described = on_page(body, url, content_type)
    return Listing(described) if described else Listing(pages=_links(text, url))


def on_page(body: bytes, url: str, content_type: str) -> list[Entry]:
    """The vacancies that a page describes, in JSON-LD or in its HTML."""
    found = pages.read(body, url, content_type).postings
    if not found and (root := markup.page(markup.decoded(body[: pages.LARGEST], content_type))) is not None:
        found = postings.microdata(root)
    read = [posting for data in found if (posting := postings.read(data, url)) is not None]
    same_page = addresses.canonical(url)
    several = len({each.title for each in read}) > 1
    return [each for one in read if (each := _entry(one, same_page if several else "")) is not None]


def looks_like_page(text: str, content_type: str) -> bool:
    """Whether this is a web page, whoever sent it calling it one or not."""
    return "html" in content_type.lower() or _PAGE.search(text[:4000]) is not None


def feed_named_in(text: str, url: str) -> str:
    """The address of the feed that a web page names in its head; "" when it names none."""
    root = markup.page(text)
    for link in root.iter("link") if root is not None else ():
        is_alternate = "alternate" in (link.get("rel") or "").lower().split()
        if is_alternate and (link.get("type") or "").lower().strip() in _FEED_TYPES and link.get("href"):
            return feeds.address(str(link.get("href")), url)
    return ""


def _entry(posting: postings.Posting, same_page: str) -> Entry | None:
    """The posting as an entry; of several on one page, each is told from the others by more than its address."""
    made = feeds.entry(
        posting.url,
        posting.url,
        title=posting.title,
        summary=posting.description,
        published_at=posting.published_at,
        kind="vacancy",
        place=posting.place,
        hours=posting.hours,
        valid_through=posting.valid_through,
    )
    if made is None or made.key != same_page:
        return made
    mark = posting.identity or f"{posting.title} {posting.place}"
    return replace(made, key=f"{made.key[:1500]}#{' '.join(mark.lower().split())[:300]}")


def _sitemap(text: str, url: str) -> Listing:
    root = markup.xml(text)
    if root is None:
        raise feeds.NoFeed
    places = ["".join(each.itertext()).strip() for each in islice(root.iter("{*}loc", "loc"), MOST_ADDRESSES)]
    if str(root.tag).endswith("sitemapindex"):
        own = [each for each in places if _host(each) == _host(url)]
        return Listing(lists=sorted(own, key=lambda each: _VACANCY.search(each.lower()) is None)[:MOST_LISTS])
    pages = _beside(places, url)
    return Listing(pages=(_speaking(pages) or pages)[:MOST_PAGES])


def _links(text: str, url: str) -> list[str]:
    root = markup.page(text)
    if root is None:
        return []
    base = next((_joined(url, each.get("href")) for each in root.iter("base") if each.get("href")), url)
    places = [_joined(base, str(each.get("href") or "")) for each in islice(root.iter("a"), MOST_ADDRESSES)]
    here, found = urlsplit(url).path.rstrip("/"), _beside(places, url)
    below = [each for each in found if here and urlsplit(each).path.startswith(f"{here}/")]
    return (_speaking(below) or below or _speaking(found))[:MOST_PAGES]


def _beside(places: list[str], url: str) -> list[str]:
    """Those on the same website, without the page itself and without files."""
    own, host = addresses.canonical(url), _host(url)
    found = [each for each in places if _host(each) == host and not _FILE.search(urlsplit(each).path.lower())]
    return distinct([each for each in found if addresses.canonical(each) != own])


def _speaking(places: list[str]) -> list[str]:
    """Those whose address speaks of work."""
    return [each for each in places if _VACANCY.search(urlsplit(each).path.lower())]


def distinct(places: list[str]) -> list[str]:
    """Each page once, without a place on it and without tracking."""
    kept: dict[str, str] = {}
    for each in places:
        if key := addresses.canonical(each):
            kept.setdefault(key, addresses.untracked(each).partition("#")[0])
    return list(kept.values())


def _joined(base: str, href: str) -> str:
    """ "" for what is longer than any address: it would be joined to every link of a page."""
    if len(base) > addresses.LONGEST or len(href) > addresses.LONGEST:
        return ""
    try:
        return urljoin(base, href.strip())
    except ValueError:
        return ""


def _host(url: str) -> str:
    return addresses.canonical(url).split("/")[2] if addresses.canonical(url) else ""


def _unpacked(body: bytes) -> bytes:
    """A sitemap may come packed; of one that grows beyond measure only the beginning is read."""
    try:
        return zlib.decompressobj(wbits=31).decompress(body, LARGEST_LIST)
    except zlib.error:
        raise feeds.NoFeed from None
