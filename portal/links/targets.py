"""Where a link leads: an item's own page with tags that tell the visit's origin, or the reason why not."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote, unquote_plus, urlencode, urlsplit

from portal import clock, settings
from portal.campaigns.models import Item
from portal.links.models import Link
from portal.people.organisation import is_host

MEDIUMS = {"signature": "email-signature", "screen": "office-screen"}


@dataclass(frozen=True)
class Landing:
    """`url` to send the visitor to; "" when the item is not to be seen now, for the reason in `closed`."""

    url: str
    closed: str = ""
    """`recalled`, `ended` or `resting` (not approved at this moment, or not published yet)."""


def landing(link: Link, item: Item) -> Landing:
    """Where a visitor of `link` goes now. Only approved items inside their days have a target."""
    if item.state == "recalled":
        return Landing("", "recalled")
    if item.has_ended(clock.now()):
        return Landing("", "ended")
    if not item.is_published(clock.now()) or not is_safe(item.target_url):
        return Landing("", "resting")
    return Landing(tagged(item.target_url, link=link, campaign=item.campaign.slug, content=item.slug))


def is_safe(url: str) -> bool:
    """Whether a redirect may lead there: http or https, a possible host, nothing invisible, no link of ours."""
    if any(ord(letter) <= 32 or ord(letter) == 127 or letter == "\\" for letter in url):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    ours = {urlsplit(base).netloc for base in (settings.current().link_base_url, settings.current().base_url)}
    is_short_link = parts.netloc in ours and parts.path.startswith(("/r/", "/b/"))
    return parts.scheme in ("http", "https") and bool(host) and is_host(host) and not is_short_link


def tagged(url: str, *, link: Link, campaign: str, content: str) -> str:
    """`url` with utm tags. What the address says already stays as it is, in order; so does its fragment."""
    address, hash_sign, fragment = url.partition("#")
    address, question_mark, query = address.partition("?")
    present = {unquote_plus(pair.partition("=")[0]).lower() for pair in query.split("&") if pair}
    tags = {
        "utm_source": plain(link.network),
        "utm_medium": MEDIUMS.get(link.kind, "employee-advocacy"),
        "utm_campaign": plain(campaign),
        "utm_content": plain(content),
    }
    added = urlencode({name: value for name, value in tags.items() if value and name not in present})
    joined = "&".join(part for part in (query.rstrip("&"), added) if part)
    question_mark = "?" if joined else question_mark
    return in_ascii(f"{address}{question_mark}{joined}{hash_sign}{fragment}")


def plain(words: str) -> str:
    """Lower case, ASCII, with hyphens: what every analytics tool groups alike."""
    ascii_only = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")


def in_ascii(url: str) -> str:
    """`url` as a Location header may hold it; what is encoded already stays encoded once."""
    scheme, separator, rest = url.partition("://")
    host, slash, path = re.fullmatch(r"([^/?#]*)([/?#]?)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    if not host.isascii():
        host = host.encode("idna").decode()
    return f"{scheme}{separator}{host}{slash}{quote(path, safe=_SAFE)}"


_SAFE = "%/:?#[]@!$&'()*+,;=-._~|"
