"""When two addresses lead to the same page: one spelling for each, to know what was seen before."""

import re
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

LONGEST = 2000
"""Characters; a longer address is no address to share."""

# What the tools of marketing add to an address to know who came: it leads to the same page without.
_TRACKING = re.compile(
    r"utm_\w+|mtm_\w+|pk_\w+|at_(medium|campaign|\w*custom\d)|hsa_\w+|_hs(enc|mi)|__hs\w+"
    r"|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|twclid|ttclid|yclid|li_fat_id|igshid|igsh|epik|srsltid"
    r"|mc_[ce]id|mkt_tok|vero_id|oly_(anon|enc)_id|ml_subscriber(_hash)?|s_cid|cmpid|trk|trackingid|fb_(action|ref)\w*",
    re.IGNORECASE,
)
# Services that put themselves between a reader and the page, and the name of the parameter that holds the page.
_BETWEEN = re.compile(r"(www\.)?(google\.[a-z.]{2,6}/url|news\.url\.google\.com/url|l\.facebook\.com/l\.php)")
_KEPT = "!$&'()*+,;=:@/~-._"


def canonical(url: str) -> str:
    """The spelling that all addresses of one page share; "" when it is no web address.

    It says whether a page is known, and is not for opening: http and https, with and without www, a closing slash,
    the order of parameters, tracking and the place on the page make no difference.
    """
    parts = _split(straight(url))
    if parts is None:
        return ""
    host = _host(parts)
    path = _path(parts.path)
    query = urlencode(sorted(pair for pair in _pairs(parts.query) if not _TRACKING.fullmatch(pair[0])))
    spelt = f"https://{host}{path}" + (f"?{query}" if query else "")
    return spelt if len(spelt) <= LONGEST else ""


def straight(url: str) -> str:
    """The page itself where `url` leads there by way of a search engine's counter, as in its alerts; else `url`."""
    parts = _split(url)
    if parts is None or not _BETWEEN.fullmatch(f"{parts.netloc.lower()}{parts.path}"):
        return url
    found = dict(_pairs(parts.query))
    page = found.get("url") or found.get("q") or found.get("u") or ""
    return page if _split(page) else url


def untracked(url: str) -> str:
    """`url` without what tells its website who came; everything else stays as it is written."""
    start, question, rest = url.partition("?")
    query, hash_sign, place = rest.partition("#")
    kept = "&".join(part for part in query.split("&") if not _TRACKING.fullmatch(part.partition("=")[0]))
    return start + (f"{question}{kept}" if kept else "") + f"{hash_sign}{place}"


def _split(url: str) -> SplitResult | None:
    url = url.strip()
    if not url.isprintable():  # half characters, zeros and the like, which no address has
        return None
    try:
        parts = urlsplit(url)
        is_web = parts.scheme.lower() in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        return None
    return parts if is_web else None


def _host(parts: SplitResult) -> str:
    name = (parts.hostname or "").rstrip(".").removeprefix("www.")
    try:
        name = name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        name = quote(name)
    usual = parts.port in (None, 80, 443)
    return name if usual else f"{name}:{parts.port}"


def _path(path: str) -> str:
    """Without `.` and `..`, double and closing slashes; each sign spelt in one way."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:-1]
        elif segment not in ("", "."):
            kept.append(quote(unquote(segment, errors="surrogateescape"), safe=_KEPT, errors="surrogateescape"))
    return "".join(f"/{segment}" for segment in kept)


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=200)
    except ValueError:  # so many that they mean nothing
        return [(query, "")]
