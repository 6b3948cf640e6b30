"""What a web page says about itself: Open Graph, Twitter's tags, JSON-LD, oEmbed and plain HTML, in that order.

Whatever a page holds, reading it takes time and memory in proportion to its length. Nothing here asks the network.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit

from portal.inbox import markup, postings

LARGEST = 1_000_000
"""Bytes of a page that are read; what it says about itself stands near its beginning."""
LONGEST_TEXT = 5000
LONGEST_ADDRESS = 2000
LARGEST_DATA = 300_000
"""Characters in one block of JSON-LD."""
MOST_DATA = 20
MOST_OBJECTS = 500
"""Objects looked at in all the JSON-LD of a page."""
DEEPEST = 12

_BROKEN_PAIR = re.compile(r"\\u[dD][89a-fA-F]")
_LAST_COMMA = re.compile(r",(\s*[}\]])")  # which JSON forbids, and which people write
_READ = re.compile(r"text/html|application/xhtml\+xml|text/plain|$")


@dataclass(frozen=True)
class Page:
    """What was found; "" for what the page does not say. Texts are plain, addresses complete and http or https."""

    url: str
    title: str = ""
    description: str = ""
    picture_url: str = ""
    picture_alt: str = ""
    canonical: str = ""
    language: str = ""
    """Two letters, such as nl."""
    noindex: bool = False
    """Whether it asks search engines to leave it out."""
    site_name: str = ""
    oembed_url: str = ""
    types: frozenset[str] = frozenset()
    """What it calls itself, in lower case: types of Open Graph and of schema.org."""
    video_url: str = ""
    starts: str = ""
    """Of an event: when it begins, as written."""
    postings: list[dict[str, Any]] = field(default_factory=list)
    """Each JobPosting it describes, as it stands there."""


def read(body: bytes, url: str, content_type: str = "") -> Page:
    """What the page in `body`, which came from `url`, says. What is no page says nothing."""
    if not _READ.match(content_type.partition(";")[0].strip().lower()):
        return Page(url)
    root = markup.page(markup.decoded(body[:LARGEST], content_type))
    if root is None:
        return Page(url)
    tags, data = _tags(root), list(_objects(root))
    about = _subject(data)
    base = _address(url, next(iter(root.xpath("//base/@href")), "")) or url
    site = _line(tags.get("og:site_name", ""))
    title = _line(_first(tags, "og:title", "twitter:title") or _first(about, *_TITLES))
    description = _first(tags, "og:description", "twitter:description", "description") or _first(about, "description")
    picture = _first(tags, *_PICTURES) or _picture_in(about) or _picture_on(root)
    event = next((each for each in data if _is(each, "event")), {})
    return Page(
        url=url,
        title=title or _without_site(_heading(root), site),
        description=markup.words(description),  # some pages leave markup in it
        picture_url=_address(base, picture),
        picture_alt=_line(_first(tags, "og:image:alt", "twitter:image:alt")),
        canonical=_address(base, _linked(root, "canonical")),
        language=_language(root, tags),
        noindex=any("noindex" in _words(tags, name) for name in _ROBOTS) or "none" in _words(tags, "robots"),
        site_name=site,
        oembed_url=_address(base, next(iter(root.xpath("//link[@type='application/json+oembed']/@href")), "")),
        types=frozenset(name for each in data for name in _types(each)) | frozenset(_words(tags, "og:type")),
        video_url=_address(base, _first(tags, "og:video:secure_url", "og:video:url", "og:video")),
        starts=_line(_first(event, "startDate")),
        postings=[each for each in data if _is(each, "jobposting")] or postings.microdata(root),
    )


_TITLES = ("headline", "name", "title")
_PICTURES = (
    *("og:image:secure_url", "og:image", "og:image:url"),
    *("twitter:image", "twitter:image:src"),
)
_ROBOTS = ("robots", "googlebot")


def with_oembed(page: Page, body: bytes) -> Page:
    """The page with what it left out taken from its oEmbed answer; an answer that cannot be read adds nothing."""
    found = _json(body[:LARGEST_DATA].decode(errors="replace"))
    if not isinstance(found, dict):
        return page
    return replace(
        page,
        title=page.title or _line(_first(found, "title")),
        picture_url=page.picture_url or _address(page.url, _first(found, "thumbnail_url")),
        site_name=page.site_name or _line(_first(found, "provider_name")),
        types=page.types | ({"video"} if found.get("type") == "video" else frozenset()),
    )


def _tags(root: Any) -> dict[str, str]:
    """The content of each meta tag by its name, the first of a name before later ones."""
    found: dict[str, str] = {}
    for tag in root.iter("meta"):
        name = (tag.get("property") or tag.get("name") or tag.get("itemprop") or "").strip().lower()
        content = (tag.get("content") or "").strip()
        if name and content:
            found.setdefault(name, content)
    return found


def _heading(root: Any) -> str:
    for name in ("title", "h1"):
        for element in islice(root.iter(name), 20):
            if text := _line("".join(islice(element.itertext(), 300))):
                return text
    return ""


def _without_site(title: str, site: str) -> str:
    """A title without the name of the website that pages put behind it."""
    if not site:
        return title
    return re.sub(rf"\s[|–—·:-]\s{re.escape(site)}$", "", title, flags=re.IGNORECASE) or title


def _linked(root: Any, relation: str) -> str:
    for link in root.iter("link"):
        if relation in (link.get("rel") or "").lower().split() and link.get("href"):
            return str(link.get("href"))
    return ""


def _picture_on(root: Any) -> str:
    """For a page that names no picture: the one it used to name, or the first of its article."""
    if linked := _linked(root, "image_src"):
        return linked
    for place in ("article", "main"):
        for part in root.iter(place):
            for picture in part.iter("img"):
                source = str(picture.get("src") or "")
                if source and not source.startswith("data:") and ".svg" not in source.lower():
                    return source
            break
    return ""


def _language(root: Any, tags: dict[str, str]) -> str:
    html = next(root.iter("html"), None)
    said = (html.get("lang") if html is not None else "") or tags.get("og:locale") or tags.get("content-language") or ""
    code = str(said).strip()[:2].lower()
    return code if code.isascii() and code.isalpha() and len(code) == 2 else ""


def _objects(root: Any) -> Iterator[dict[str, Any]]:
    """Every object of the page's JSON-LD, the outer ones before those inside them."""
    blocks = root.xpath("//script[contains(translate(@type, 'LDJSON', 'ldjson'), 'application/ld+json')]")
    left = [(_json(block.xpath("string()")), 0) for block in blocks[:MOST_DATA]]
    seen = 0
    while left and seen < MOST_OBJECTS:
        value, depth = left.pop(0)
        seen += 1
        if isinstance(value, list):
            left += [(each, depth + 1) for each in value[:MOST_OBJECTS] if depth < DEEPEST]
        elif isinstance(value, dict):
            yield value
            left += [(each, depth + 1) for each in value.values() if isinstance(each, dict | list) and depth < DEEPEST]


def _json(text: str) -> Any:
    """What the text says in JSON; None when it says nothing in it. No half signs are left in it."""
    text = re.sub(r"^\s*(<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(-->|(//\s*)?\]\]>)\s*$", "", text)
    if len(text) > LARGEST_DATA:
        return None
    found = _loaded(text)
    return found if found is not None else _loaded(_LAST_COMMA.sub(r"\1", text))


def _loaded(text: str) -> Any:
    try:
        value = json.loads(text, strict=False, parse_constant=lambda name: None)
        if _BROKEN_PAIR.search(text):
            value = json.loads(json.dumps(value, ensure_ascii=False).encode(errors="ignore"))
    except (ValueError, RecursionError):
        return None
    return value


def _types(data: dict[str, Any]) -> list[str]:
    said = data.get("@type")
    names = said if isinstance(said, list) else [said]
    return [name.rpartition("/")[2].rpartition(":")[2].lower() for name in names if isinstance(name, str)]


def _is(data: dict[str, Any], kind: str) -> bool:
    """Whether an object is of the kind or of a narrower one, such as BusinessEvent."""
    return any(name.endswith(kind) for name in _types(data))


# What a page is about, not who made it, where it stands or how one gets there.
_SURROUNDINGS = ("organization", "website", "breadcrumblist", "listitem", "person", "imageobject", "place", "webpage")


def _subject(data: list[dict[str, Any]]) -> dict[str, Any]:
    """The first object with a title that is more than the page's surroundings."""
    for each in data:
        is_around = any(_is(each, kind) for kind in _SURROUNDINGS)
        if _types(each) and not is_around and _first(each, *_TITLES):
            return each
    return {}


def _first(said: dict[str, Any], *names: str) -> str:
    """The first of these that is said in words; "" when none is."""
    return next((said[name] for name in names if isinstance(said.get(name), str) and said[name].strip()), "")


def _words(tags: dict[str, str], name: str) -> list[str]:
    return tags.get(name, "").lower().replace(",", " ").split()


def _picture_in(data: dict[str, Any]) -> str:
    """The picture of an object: an address, an object with one, or a list of either."""
    found = data.get("image") or data.get("thumbnailUrl")
    if isinstance(found, list):
        found = found[0] if found else ""
    if isinstance(found, dict):
        found = found.get("url") or found.get("contentUrl")
    return found if isinstance(found, str) else ""


def _address(base: str, text: str) -> str:
    """The complete address of what a page calls `text`; "" unless that can be fetched."""
    text = text.strip()
    if not text or len(text) > LONGEST_ADDRESS:
        return ""
    try:
        joined = urljoin(base, text)
        parts = urlsplit(joined)
    except ValueError:
        return ""
    clean = joined.isprintable() and " " not in joined and len(joined) <= LONGEST_ADDRESS
    return joined if clean and parts.scheme in ("http", "https") and parts.netloc else ""


def _line(text: str) -> str:
    return " ".join(_plain(text).split())


def _plain(text: str) -> str:
    """Without signs that cannot be seen, but for those that hold an emoji together."""
    return "".join(
        letter if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn") or letter == "\u200d" else " "
        for letter in text[:LONGEST_TEXT].replace("\u00ad", "")
    )
