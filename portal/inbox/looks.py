"""One look at a source: asked through the gateway, read, and put into words. Nothing here touches the database."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime

import structlog

from portal import clock, outbound
from portal.inbox import addresses, careers, feeds, markup, robots
from portal.inbox.careers import Listing
from portal.inbox.feeds import Entry
from portal.outbound import Answer

LONGEST_LOOK = 40.0
"""Seconds for one look with all its pages; a job's lease is longer."""
LONGEST_PAGE = 6.0
"""Seconds for one page of a vacancy."""
MOST_NEW_PAGES, MOST_KNOWN_PAGES = 40, 15
"""Pages of vacancies opened in one look; the next one goes on with others."""
LONGEST_WAIT = timedelta(hours=24)


@dataclass(frozen=True)
class Question:
    """What a look needs to know about its source."""

    kind: str
    url: str
    etag: str = ""
    last_modified: str = ""
    known: dict[str, str] = field(default_factory=dict)
    """Of a list of vacancies: the addresses of those it had the last time, by their key."""


@dataclass(frozen=True)
class Look:
    result: str
    """A key of `results`; "read" when there were entries."""
    failed: bool = False
    entries: list[Entry] = field(default_factory=list)
    present: frozenset[str] | None = None
    """Keys of everything a list of vacancies still has; None when the look did not see all of it."""
    etag: str = ""
    last_modified: str = ""
    wait: timedelta = timedelta()
    """How long the source itself asks us to stay away."""
    moved_to: str = ""
    """Where the feed is that a web page named as its own."""


def look(question: Question) -> Look:
    """What the source says now. Raises nothing: whatever goes wrong is the result."""
    until = time.monotonic() + LONGEST_LOOK
    try:
        return _look(question, until)
    except _Unwelcome:
        return Look("disallowed", failed=True)
    except outbound.RefusedOnTheWay:
        return Look("astray", failed=True)
    except outbound.Refused:
        return Look("refused", failed=True)
    except outbound.Failed:
        return Look("unreachable", failed=True)
    except markup.Unsafe:
        return Look("unsafe", failed=True)
    except feeds.NoFeed:
        return Look("no_feed", failed=True)
    except Exception as error:  # a source must not keep the others from being looked at, whatever it sends
        structlog.get_logger().error("a source could not be read", url=question.url[:200], error=repr(error)[:300])
        return Look("unreadable", failed=True)


def _look(question: Question, until: float) -> Look:
    # A feed is made for programs that come by themselves; everything else is asked first whether we may.
    ask = _fetch if question.kind == "feed" else _visit
    answer = ask(question.url, until, headers=_conditions(question))
    if answer.status == 304:
        unchanged = Look("unchanged", etag=question.etag, last_modified=question.last_modified)
        if question.kind == "feed":
            return unchanged
        # The list is as it was; the vacancies on it may have closed.
        return _vacancies(question, Listing(pages=list(question.known.values())), until, unchanged)
    if answer.status != 200:
        return Look(f"status {answer.status}", failed=True, wait=_wait(answer))
    if not answer.body.strip():
        return Look("empty", failed=True)
    marks = Look("", etag=_header(answer, "etag"), last_modified=_header(answer, "last-modified"))
    if question.kind == "feed":
        return _feed(question, answer, until, marks)
    listing, is_whole = _listing(answer, until)
    return _vacancies(question, listing, until, marks, is_whole=is_whole and not answer.is_cut)


def _feed(question: Question, answer: Answer, until: float, marks: Look) -> Look:
    content_type = answer.headers.get("content-type", "")
    text = markup.decoded(answer.body, content_type)
    try:
        entries = feeds.read(text, answer.url)
    except feeds.NoFeed:
        if not careers.looks_like_page(text, content_type):
            raise
        named = careers.feed_named_in(text, answer.url)
        if not named or addresses.canonical(named) == addresses.canonical(question.url):
            return Look("page", failed=True)
        return _named_feed(named, until)
    return replace(marks, result="read" if entries else "no_entries", entries=entries)


def _named_feed(url: str, until: float) -> Look:
    """The feed that a page names. What calls itself one and is a page again is none."""
    answer = _fetch(url, until)
    if answer.status != 200:
        return Look(f"status {answer.status}", failed=True, wait=_wait(answer))
    entries = feeds.read(markup.decoded(answer.body, answer.headers.get("content-type", "")), answer.url)
    etag, last_modified = _header(answer, "etag"), _header(answer, "last-modified")
    result = "read" if entries else "no_entries"
    return Look(result, entries=entries, etag=etag, last_modified=last_modified, moved_to=url)


def _vacancies(question: Question, listing: Listing, until: float, marks: Look, *, is_whole: bool = True) -> Look:
    """The vacancies on a list, each with what its own page says, as far as there is time to open those pages."""
    listed, found = {each.key for each in listing.entries}, {each.key: each for each in listing.entries}
    present = listed | {addresses.canonical(page) for page in listing.pages}
    opened = unwelcome = 0
    for page in _pages_to_open(question, listing):
        if time.monotonic() > until - 1:
            break
        opened += 1
        key = addresses.canonical(page)
        try:
            entries = _opened(question, page, until)
        except _Gone:
            found.pop(key, None)
            present.discard(key)
            continue
        except _Unwelcome:
            unwelcome += 1
            continue
        except (outbound.Refused, outbound.Failed):
            continue  # that it does not answer now says nothing about the vacancy
        if entries:
            found.pop(key, None)  # its own page says more than the list
        elif marks.result != "unchanged" and key not in listed:
            present.discard(key)
        found |= {each.key: each for each in entries}
        present |= {each.key for each in entries}
    if unwelcome and unwelcome == opened and not found:
        raise _Unwelcome
    saw_all = opened == len(listing.pages)
    return replace(
        marks,
        result=marks.result or ("read" if found else "no_vacancies"),
        entries=list(found.values()),
        present=frozenset(present) if is_whole else None,
        # Without its marks the list is sent again the next time, and the look opens pages this one did not come to.
        etag=marks.etag if saw_all else "",
        last_modified=marks.last_modified if saw_all else "",
    )


def _pages_to_open(question: Question, listing: Listing) -> Iterator[str]:
    """New pages first, then known ones."""
    known = {key.partition("#")[0] for key in question.known}
    yield from _some([page for page in listing.pages if addresses.canonical(page) not in known], MOST_NEW_PAGES)
    yield from _some([page for page in listing.pages if addresses.canonical(page) in known], MOST_KNOWN_PAGES)


def _some(places: list[str], most: int) -> list[str]:
    """By chance: in a few looks each has had its turn."""
    return places if len(places) <= most else random.sample(places, most)


def _opened(question: Question, page: str, until: float) -> list[Entry]:
    """The vacancies on a page. Raises _Gone and _Unwelcome, and the gateway's errors for an answer that is none."""
    answer = _visit(page, min(until, time.monotonic() + LONGEST_PAGE))
    key, came_from = addresses.canonical(page), addresses.canonical(answer.url)
    # A vacancy that is filled often leads back to the list.
    if answer.status in (404, 410) or (came_from != key and came_from == addresses.canonical(question.url)):
        raise _Gone
    if answer.status != 200:
        raise outbound.Failed
    entries = careers.on_page(answer.body, page, answer.headers.get("content-type", ""))
    # A page about one vacancy is that vacancy, whatever other address it calls itself by.
    return [replace(entries[0], key=key, url=page)] if len(entries) == 1 else entries


class _Gone(Exception):
    """The page of a vacancy is not there any more."""


class _Unwelcome(Exception):
    """The website asks programs not to look there."""


def _listing(answer: Answer, until: float) -> tuple[Listing, bool]:
    """The list an answer holds, those it leads to included; and whether all of them could be read."""
    listing = careers.read(answer.body, answer.url, answer.headers.get("content-type", ""))
    pages, is_whole = list(listing.pages), True
    for place in listing.lists:
        try:
            further = _visit(place, until)
            if further.status != 200:
                raise feeds.NoFeed
            pages += careers.read(further.body, further.url, further.headers.get("content-type", "")).pages
        except (outbound.Refused, outbound.Failed, feeds.NoFeed, markup.Unsafe, _Unwelcome):
            is_whole = False
    return replace(listing, pages=careers.distinct(pages)[: careers.MOST_PAGES]), is_whole


def _visit(url: str, until: float, *, headers: dict[str, str] | None = None) -> Answer:
    """The answer of an address where we may look. Raises _Unwelcome."""
    if not robots.allow(url, seconds=_seconds(until)):
        raise _Unwelcome
    return _fetch(url, until, headers=headers)


def _fetch(url: str, until: float, *, headers: dict[str, str] | None = None) -> Answer:
    return outbound.fetch(url, headers=headers, seconds=_seconds(until))


def _seconds(until: float) -> float:
    return min(outbound.LONGEST, max(until - time.monotonic(), 0.1))


def _conditions(question: Question) -> dict[str, str]:
    """Ask only for what is new since the last time."""
    named = {"If-None-Match": question.etag, "If-Modified-Since": question.last_modified}
    return {name: value for name, value in named.items() if value}


def _header(answer: Answer, name: str) -> str:
    """A mark to send back the next time, unless it is nothing that a header may hold."""
    value: str = answer.headers.get(name, "")
    return value if len(value) <= 400 and value.isascii() and value.isprintable() else ""


def _wait(answer: Answer) -> timedelta:
    """What Retry-After asks for, in seconds or as a moment, within a day."""
    said = answer.headers.get("retry-after", "").strip()
    try:
        wait = timedelta(seconds=int(said)) if said.isdigit() else parsedate_to_datetime(said) - clock.now()
    except (ValueError, TypeError, OverflowError):
        return timedelta()
    return min(max(wait, timedelta()), LONGEST_WAIT)
