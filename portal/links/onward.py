"""What a visitor of a link is answered: on to another address, or a page that says why not and where to go."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html, i18n
from portal.campaigns import pictures
from portal.campaigns.models import Item
from portal.campaigns.queries import find_campaign, live_items, successor_of
from portal.guesses import REFILL, Guesses
from portal.links.models import Link
from portal.links.targets import is_safe, on_from

NOT_FOUND_BY_SEARCH = "noindex, nofollow"
HEADERS = {
    # Each visit comes back to us to be counted, is nobody else's to keep, and is no page of ours to be found.
    "Cache-Control": html.NO_STORE,
    "X-Robots-Tag": NOT_FOUND_BY_SEARCH,
    # The campaign's page learns from which network a visitor came, never from which post or chat.
    "Referrer-Policy": "strict-origin-when-cross-origin",
    # The same for every visit, unlike that of a page: the whole answer can be kept ready.
    "Content-Security-Policy": "default-src 'none'",
}
MOST_SHOWN = 6
"""Items of a campaign shown to somebody who came for one that is over."""


def on_to(url: str) -> Response:
    """On to `url`, which must be one that `targets.landing` or `targets.tagged` gave."""
    return Response(status_code=302, headers={"Location": url, **HEADERS})


def closed(request: Request, reason: str, *, status: int) -> Response:
    """A page that says what is the matter and where to go; never what the link was for or whose it is.

    `reason` is `unknown` or one of those of `targets.Landing`.
    """
    return _page(request, reason, status=status)


def nowhere(request: Request) -> Response:
    """For a code that does not exist: 404, and 429 for somebody who tries one after the other."""
    address = request.client.host if request.client else ""
    if guesses.are_too_many(address):
        response = _page(request, "too_many", status=429)
        response.headers["Retry-After"] = str(round(REFILL))
        return response
    return _page(request, "unknown", status=404)


@dataclass(frozen=True)
class Offer:
    """An item a visitor may go to instead."""

    title: str
    summary: str
    language: str
    picture: str
    """The path of its picture, "" for none."""
    alt: str
    url: str


def over(request: Request, db: Session, *, link: Link, item: Item, reason: str) -> Response:
    """For an item that is not to be seen now: its campaign's page, led by what came after the item."""
    status = 404 if reason == "resting" else 410
    if reason == "ended" and item.kind == "vacancy":
        reason = "closed"
    elif reason == "recalled":
        reason = item.recall_reason or "recalled"
    language = i18n.language.get()
    successor = successor_of(db, item) if reason != "resting" else None
    if successor is not None and not is_safe(successor.target_url):
        successor = None
    live = [each for each in live_items(db) if each.campaign_id == item.campaign_id and is_safe(each.target_url)]
    others = [each for each in live if each.id != item.id and (successor is None or each.id != successor.id)]
    campaign = find_campaign(db, item.campaign_id)
    return _page(
        request,
        reason,
        status=status,
        successor=_offer(link, successor, language) if successor is not None else None,
        others=[_offer(link, each, language) for each in others[:MOST_SHOWN]],
        campaign=campaign.text(language) if campaign is not None and campaign.runs_on(clock.today()) else None,
    )


def home(request: Request) -> Response:
    """The short domain's own page: what these links are, who sends them, and where privacy is explained."""
    response = html.page(request, "links/home.html")
    response.headers["X-Robots-Tag"] = NOT_FOUND_BY_SEARCH
    return response


def _page(request: Request, reason: str, *, status: int, **more: Any) -> Response:
    offers: dict[str, Any] = {"successor": None, "others": [], "campaign": None} | more
    response = html.page(request, "links/closed.html", status=status, reason=reason, **offers)
    response.headers["X-Robots-Tag"] = NOT_FOUND_BY_SEARCH
    return response


def _offer(link: Link, item: Item, language: str) -> Offer:
    text = item.text(language)
    return Offer(
        title=text.title,
        summary=text.summary,
        language=text.language,
        picture=pictures.address(item.picture, "thumb") if item.picture is not None else "",
        alt=text.picture_alt,
        url=on_from(link, item),
    )


guesses = Guesses()
