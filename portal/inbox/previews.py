"""A look at an address before anything is made of it: what its page says, its picture, and what would go wrong."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from portal import clock, outbound
from portal.campaigns import pictures, rules
from portal.campaigns.labels import ADDRESS_WARNINGS
from portal.campaigns.pictures import PictureRefused, PictureTooSmall, Rendered
from portal.i18n import gettext as _
from portal.inbox import addresses, pages, postings
from portal.inbox.pages import Page
from portal.outbound import Answer, Failed, Policy, Refused, RefusedOnTheWay

LONGEST = 10.0
"""Seconds for all of it: page, oEmbed and picture."""
LARGEST_PICTURE = 5_000_000
LARGEST_OEMBED = 100_000
LARGE_ENOUGH = (600, 315)
"""Pixels below which networks show a stamp beside the title in place of a picture above it."""
WHOLE_TITLE = 60
"""Characters of a title that every network shows; see `sharing.cards`."""
MOST_POSTINGS = 10
AT_ONCE = 4
"""Looks at a time: each may take a thread of the server for ten seconds."""
SHORT = 5.0
"""Seconds for the picture of a draft, while somebody waits who asked for no look."""

_room = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Preview:
    """What was found at `url`, where visitors end up. Without an answer only the address is known."""

    url: str
    page: Page
    picture: Rendered | None = None
    warnings: tuple[str, ...] = ()
    """Keys of ADDRESS_WARNINGS, the gravest first."""
    why: str = ""
    """Why nothing was found, in a sentence."""
    answered: bool = True
    """Whether the address answered with a page."""
    status: int = 0
    """The answer's number, such as 200 or 404; 0 when there was none."""

    @property
    def about_address(self) -> list[str]:
        """The warnings that matter once an item has words and a picture of its own, in sentences."""
        return [str(ADDRESS_WARNINGS[key]) for key in self.warnings if key in _ABOUT_ADDRESS]


_ABOUT_ADDRESS = ("unreachable", "broken", "closed", "redirects", "noindex", "not_https")


def look(url: str, *, policy: Policy | None = None, with_picture: bool = True, seconds: float = LONGEST) -> Preview:
    """Fetch what is at `url`. Raises Refused, with a sentence, when that may not be asked at all.

    Takes up to `seconds`, so it is no work for the inside of a transaction.
    """
    until = time.monotonic() + seconds
    if not _room.acquire(timeout=seconds):
        return _nothing(url, "unreachable", _("We are looking at other addresses right now. Try again in a moment."))
    try:
        answer = outbound.fetch(url, policy=policy, headers=_BROWSER, limit=pages.LARGEST, seconds=_left(until))
        if answer.status >= 400:
            why = _("The page answers with an error: %(status)s.", status=answer.status)
            return _nothing(url, "broken", why, status=answer.status)
        page = pages.read(answer.body, answer.url, answer.headers.get("content-type", ""))
        page = _completed(page, policy=policy, until=until)
        picture, poor = _picture(page.picture_url, policy=policy, until=until) if with_picture else (None, [])
    except RefusedOnTheWay as refused:
        return _nothing(url, "unreachable", str(refused))
    except Failed as failed:
        return _nothing(url, "unreachable", str(failed))
    finally:
        _room.release()
    end, moved = _end(url, answer)
    warnings = [*moved, *_said_by(page, answer, end), *poor]
    return Preview(end, page, picture, tuple(warnings), status=answer.status)


@dataclass(frozen=True)
class Found:
    """A picture for a draft, and what its page says that it shows."""

    picture: Rendered
    alt: str = ""


def picture_for(url: str, *, spare: str = "", seconds: float = SHORT) -> Found | None:
    """The picture of the page at `url`, else the one at `spare`; None whatever goes wrong."""
    until = time.monotonic() + seconds
    try:
        looked = look(url, seconds=seconds)
    except Refused:
        return None
    if looked.picture is not None:
        return Found(looked.picture, looked.page.picture_alt)
    picture, _warnings = _picture(spare, policy=None, until=until)
    return Found(picture) if picture is not None else None


# Some websites turn away whoever asks for anything but a page.
_BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"}


def _nothing(url: str, warning: str, why: str, *, status: int = 0) -> Preview:
    return Preview(url, Page(url), warnings=(warning,), why=why, answered=False, status=status)


def _completed(page: Page, *, policy: Policy | None, until: float) -> Page:
    """The page with what its oEmbed answer adds, when it has one and lacks something."""
    if not page.oembed_url or (page.title and page.picture_url):
        return page
    answer = _quietly(page.oembed_url, policy=policy, limit=LARGEST_OEMBED, until=until)
    return pages.with_oembed(page, answer.body) if answer is not None else page


def _picture(url: str, *, policy: Policy | None, until: float) -> tuple[Rendered | None, list[str]]:
    """The picture drawn anew, and what is wrong with it."""
    if not url:
        return None, ["no_picture"]
    answer = _quietly(url, policy=policy, limit=LARGEST_PICTURE, until=until)
    if answer is None:
        return None, ["picture_lost"]
    if answer.is_cut:
        return None, ["picture_large"]
    try:
        picture = pictures.render(answer.body)
    except PictureTooSmall:
        return None, ["picture_tiny"]
    except PictureRefused:
        return None, ["picture_format"]
    is_large = picture.width >= LARGE_ENOUGH[0] and picture.height >= LARGE_ENOUGH[1]
    return picture, [] if is_large else ["picture_small"]


def _quietly(url: str, *, policy: Policy | None, limit: int, until: float) -> Answer | None:
    """The answer, if there is a good one."""
    try:
        answer = outbound.fetch(url, policy=policy, limit=limit, seconds=_left(until))
    except (Refused, Failed):
        return None
    return answer if answer.status < 400 else None


def _end(url: str, answer: Answer) -> tuple[str, list[str]]:
    """Where visitors end up, as an address an item may lead to, and whether that is another page."""
    if addresses.canonical(answer.url) == addresses.canonical(url) or rules.target_problem(answer.url):
        return url, []
    return answer.url, ["redirects"]


def _said_by(page: Page, answer: Answer, url: str) -> Iterable[str]:
    if page.noindex or "noindex" in answer.headers.get("x-robots-tag", "").lower():
        yield "noindex"
    if url.lower().startswith("http:"):
        yield "not_https"
    vacancies = filter(None, (postings.read(data, url) for data in page.postings[:MOST_POSTINGS]))
    if any(each.valid_through is not None and each.valid_through <= clock.now() for each in vacancies):
        yield "closed"
    if not page.title:
        yield "no_title"
    elif len(page.title) > WHOLE_TITLE:
        yield "title_cut"
    if not page.description:
        yield "no_description"


def _left(until: float) -> float:
    return max(0.0, until - time.monotonic())
