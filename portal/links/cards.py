"""Cards: the small page that programs which draw previews get in place of a redirect, the same for every sharer."""

import threading
from collections import OrderedDict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html, i18n, settings
from portal.campaigns import pictures
from portal.campaigns.models import Item
from portal.campaigns.queries import find_item
from portal.database import Database
from portal.links.onward import HEADERS
from portal.links.targets import in_ascii, is_safe
from portal.people import organisation as organisations

MOST = 500
"""Cards kept, a few kilobytes each; the one that was asked for longest ago goes when another one comes."""

Key = tuple[int, int, datetime, str, str]
"""An item, its version and when it changed (versions return with a backup), a language and the organisation's name:
all that a card depends on."""


class Cards:
    """The cards this process has drawn. A post on a network of many servers is asked for by all of them at once."""

    def __init__(self) -> None:
        self._drawn: OrderedDict[Key, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._drawn)

    def find(self, key: Key) -> bytes | None:
        with self._lock:
            if key in self._drawn:
                self._drawn.move_to_end(key)
            return self._drawn.get(key)

    def keep(self, key: Key, body: bytes) -> None:
        with self._lock:
            self._drawn[key] = body
            while len(self._drawn) > MOST:
                self._drawn.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._drawn.clear()


kept = Cards()


def has_card(item: Item) -> bool:
    """Whether the item brings a picture of its own; every item has a title."""
    return item.picture_id is not None


def answer(request: Request, database: Database, item_id: int) -> Response | None:
    """The item's card; None when it has none, or when the database is away: then the fetcher is sent on.

    Waits for the database, so it is called in a thread.
    """
    try:
        with database.reading() as db:
            return _answer(request, db, item_id)
    except SQLAlchemyError:
        return None


def _answer(request: Request, db: Session, item_id: int) -> Response | None:
    row = db.execute(select(Item.version, Item.changed_at, Item.picture_id).where(Item.id == item_id)).first()
    if row is None or row.picture_id is None:
        return None
    request.state.organisation = organisation = organisations.get(db)
    language = i18n.preferred(request.headers.get("accept-language", ""), settings.current().language)
    key = (item_id, row.version, row.changed_at, language, organisation.name)
    body = kept.find(key)
    if body is None:
        item = find_item(db, item_id)
        if item is None or item.picture is None:
            return None
        body = _draw(request, item, organisation.name, language)
        kept.keep(key, body)
    return Response(body, media_type="text/html", headers=HEADERS)


def _draw(request: Request, item: Item, organisation_name: str, language: str) -> bytes:
    text = item.text(language)
    assert item.picture is not None
    width, height = pictures.CROPPED["card"]
    piece = html.piece(
        request,
        "links/card.html",
        title=text.title,
        summary=text.summary,
        spoken=text.language,
        alt=text.picture_alt or text.title,
        picture=settings.current().link_base_url + pictures.address(item.picture, "card"),
        width=width,
        height=height,
        site=organisation_name,
        target=in_ascii(item.target_url) if is_safe(item.target_url) else "",
    )
    return piece.encode()
