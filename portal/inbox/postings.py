"""Vacancies as careers pages describe them to search engines: schema.org/JobPosting in the shapes it is found in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from portal import clock
from portal.i18n import gettext as _
from portal.inbox import feeds, markup

LONGEST_DESCRIPTION = 5000
LONGEST_PLACE = 120
LONGEST_HOURS = 60
LONGEST_IDENTITY = 200
MOST_MICRODATA = 50
MOST_PROPERTIES, MOST_PIECES = 100, 300
"""Properties of one object and pieces of text in one property that are read."""
_DEEPEST = 6

_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)$|(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$")
_ITEM_TYPE = re.compile(r"https?://(www\.)?schema\.org/JobPosting/?\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Posting:
    title: str
    url: str
    """Where the vacancy is described and applied for, as far as it says; else the page it stands on."""
    place: str = ""
    hours: str = ""
    valid_through: datetime | None = None
    """The first moment at which it is over."""
    description: str = ""
    employer: str = ""
    published_at: datetime | None = None
    identity: str = ""
    """What the employer calls it, for pages that describe several."""


def read(data: dict[str, Any], url: str) -> Posting | None:
    """The vacancy that the object `data` on the page `url` describes; None when it has no title.

    Everything but the title may be missing, of another type than it should be, a list, or markup.
    """
    title = feeds.line(_words(data, "title", "name"), feeds.LONGEST_TITLE)
    if not title:
        return None
    return Posting(
        title=title,
        url=feeds.address(next((each for each in _list(data.get("url")) if isinstance(each, str)), ""), url) or url,
        place=feeds.line(_place(data), LONGEST_PLACE),
        hours=feeds.line(_hours(data), LONGEST_HOURS),
        valid_through=_end(_first_text(data.get("validThrough"))),
        description=feeds.line(_words(data, "description", "responsibilities"), LONGEST_DESCRIPTION),
        employer=feeds.line(_name(data.get("hiringOrganization")), LONGEST_PLACE),
        published_at=feeds.moment(_first_text(data.get("datePosted"))),
        identity=feeds.line(_identity(data.get("identifier")), LONGEST_IDENTITY),
    )


def last_day(valid_through: datetime | None) -> date | None:
    """The last day a vacancy is open, on the organisation's calendar."""
    return valid_through and clock.local(valid_through - timedelta(seconds=1)).date()


def microdata(root: Any) -> list[dict[str, Any]]:
    """The vacancies of a page that marks them in its HTML instead, as objects for `read`."""
    # The outermost ones only: a page of nested vacancies would be read once for each level.
    marked = (each for each in root.iter("*") if _is_marked(each) and not any(map(_is_marked, each.iterancestors())))
    return [_object(each, 0) for each in islice(marked, MOST_MICRODATA)]


def _is_marked(element: Any) -> bool:
    return _ITEM_TYPE.match(element.get("itemtype") or "") is not None


def _object(element: Any, depth: int) -> dict[str, Any]:
    """What an element with `itemscope` says, by the names of its properties."""
    found: dict[str, Any] = {}
    for each in islice(_properties(element), MOST_PROPERTIES):
        is_object = each.get("itemscope") is not None and depth < _DEEPEST
        value: Any = _object(each, depth + 1) if is_object else _value(each)
        for name in (each.get("itemprop") or "").split()[:5]:
            found.setdefault(name, value)
    return found


def _properties(element: Any) -> Iterator[Any]:
    """The marked elements below, but not those that belong to an object in between."""
    waiting = list(element.iterchildren("*"))[::-1]
    while waiting:
        each = waiting.pop()
        if each.get("itemprop"):
            yield each
        if each.get("itemscope") is None:
            waiting += list(each.iterchildren("*"))[::-1]


def _value(element: Any) -> str:
    for name in ("content", "datetime", "href"):
        if element.get(name):
            return str(element.get(name))
    return " ".join("".join(islice(element.itertext(), MOST_PIECES))[: markup.LONGEST_WORDS].split())


def _place(data: dict[str, Any]) -> str:
    """One town or several; working from home where there is none."""
    found = dict.fromkeys(filter(None, (_town(each) for each in _list(data.get("jobLocation"))[:10])))
    if len(found) > 3:
        return _("%(places)s and more", places=", ".join(islice(found, 3)))
    if found:
        return ", ".join(found)
    return _("From home") if "TELECOMMUTE" in _first_text(data.get("jobLocationType")).upper() else ""


def _town(location: Any) -> str:
    if isinstance(location, str):
        return markup.words(location)
    if not isinstance(location, dict):
        return ""
    for inside in (location.get("address"), location):
        each = _list(inside)[0] if _list(inside) else None
        if isinstance(each, str):
            return markup.words(each)
        if isinstance(each, dict):
            found = _words(each, "addressLocality", "addressRegion") or (
                _words(each, "name", "streetAddress") if each is location else ""
            )
            if found:
                return found
    return ""


def _hours(data: dict[str, Any]) -> str:
    """The hours as written, else full-time and part-time in words."""
    if written := _words(data, "workHours"):
        return written
    said = {re.sub(r"[^A-Z]", "", str(each).upper()) for each in _list(data.get("employmentType"))[:10]}
    said |= {part for each in said for part in ("FULLTIME", "PARTTIME") if part in each}
    if {"FULLTIME", "PARTTIME"} <= said:
        return _("Full-time or part-time")
    if "FULLTIME" in said:
        return _("Full-time")
    return _("Part-time") if "PARTTIME" in said else ""


def _end(text: str) -> datetime | None:
    """A day counts to its end; a moment is itself. Day, month and year may come in the order of the country."""
    if found := _DAY.match(text.strip()):
        parts = (found.group(1), found.group(2), found.group(3))
        year, month, day = parts if found.group(1) else (found.group(6), found.group(5), found.group(4))
        try:
            last = date(int(year), int(month), int(day))
        except ValueError:
            return None
        return clock.end_of(last) if 1990 <= last.year <= 2100 else None
    moment = feeds.moment(text)
    # Midnight at the start of a day is how forms without a clock say "that day".
    at_midnight = moment is not None and re.search(r"T00:00(:00(\.0+)?)?", text) is not None
    return moment + timedelta(days=1) if moment and at_midnight else moment


def _name(value: Any) -> str:
    for each in _list(value):
        found = _words(each, "name", "legalName") if isinstance(each, dict) else markup.words(str(each))
        if found:
            return found
    return ""


def _identity(value: Any) -> str:
    for each in _list(value):
        found = _words(each, "value", "name") if isinstance(each, dict) else str(each)
        if found:
            return found
    return ""


def _words(data: dict[str, Any], *names: str) -> str:
    """The first property of these that says something, without markup, also when that was escaped twice."""
    for name in names:
        if found := markup.words(_first_text(data.get(name))):
            return markup.words(found) if "<" in found or "&" in found else found
    return ""


def _first_text(value: Any) -> str:
    """The text itself, the first of a list, or the value of an object that stands for one."""
    for each in _list(value):
        text = each.get("@value") or each.get("@id") or "" if isinstance(each, dict) else each
        if isinstance(text, str | int | float) and not isinstance(text, bool) and str(text).strip():
            return str(text).strip()
    return ""


def _list(value: Any) -> list[Any]:
    """A list as it is, everything else as the only one of a list; nothing as none."""
    return value if isinstance(value, list) else [] if value is None else [value]
