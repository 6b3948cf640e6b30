"""Where a link leads: an item's own page with tags that tell the visit's origin, or the reason why not."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_plus, urlencode, urlsplit

from portal import clock, settings
from portal.campaigns.models import Item
from portal.campaigns.tags import filled
from portal.campaigns.tags import plain as plain
from portal.links.models import Link
from portal.people.organisation import is_host

MEDIUMS = {"signature": "email-signature", "screen": "office-screen"}


@dataclass(frozen=True)
class Landing:
    """`url` to send the visitor to; "" when the item is not to be seen now, for the reason in `closed`."""

    url: str
    closed: str = ""
    """`recalled`, `ended` or `resting` (not approved at this moment, or not published yet)."""


def landing(link: Link, item: Item, *, of_colleagues: bool = False) -> Landing:
    """Where a visitor of `link` goes now. Only approved items inside their days have a target.

    A link that is `of_colleagues` stands on a wall inside: it leads to where they pass the item on themselves.
    """
    if item.state == "recalled":
        return Landing("", "recalled")
    if item.has_ended(clock.now()):
        return Landing("", "ended")
    if not item.is_published(clock.now()) or not is_safe(item.target_url):
        return Landing("", "resting")
    if of_colleagues:
        return Landing(f"{settings.current().base_url}/items/{item.id}?from=screen")
    return Landing(on_from(link, item))


def on_from(link: Link, item: Item) -> str:
    """The item's own page with the tags of its campaign, for a visitor who came by `link`."""
    campaign = item.campaign
    return tagged(
        item.target_url,
        link=link,
        campaign=campaign.slug,
        content=item.slug,
        template=campaign.utm_template,
        overwrite=campaign.utm_overwrites,
    )


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


def tagged(url: str, *, link: Link, campaign: str, content: str, template: str = "", overwrite: bool = False) -> str:
    """`url` with tags. What the address says already stays as it is, in order; so does its fragment.

    With `overwrite` the address gives up its own values for the tags of `template`, and only those.
    """
    address, hash_sign, fragment = url.partition("#")
    address, question_mark, query = address.partition("?")
    kind = MEDIUMS.get(link.kind, "employee-advocacy")
    tags = filled(template, network=link.network, campaign=campaign, item=content, kind=kind)
    names = {name.lower() for name, _ in tags}
    pairs = [pair for pair in query.split("&") if not (overwrite and _name_of(pair) in names)]
    present = {_name_of(pair) for pair in pairs if pair}
    added = urlencode([(name, value) for name, value in tags if name.lower() not in present])
    joined = "&".join(part for part in ("&".join(pairs).rstrip("&"), added) if part)
    question_mark = "?" if joined else question_mark
    return in_ascii(f"{address}{question_mark}{joined}{hash_sign}{fragment}")


def _name_of(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0]).lower()


def in_ascii(url: str) -> str:
    """`url` as a Location header may hold it; what is encoded already stays encoded once."""
    scheme, separator, rest = url.partition("://")
    host, slash, path = re.fullmatch(r"([^/?#]*)([/?#]?)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    if not host.isascii():
        host = host.encode("idna").decode()
    return f"{scheme}{separator}{host}{slash}{quote(path, safe=_SAFE)}"


_SAFE = "%/:?#[]@!$&'()*+,;=-._~|"
