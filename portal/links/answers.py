"""Where known links lead, ready in memory: forgotten the moment the activity log tells of a change, in any process."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import joinedload

from portal import activity
from portal.campaigns.models import Item
from portal.database import Database
from portal.links import codes
from portal.links.cards import has_card
from portal.links.targets import landing

MOST = 20_000
"""Links kept, some 25 MB; the one that came first goes when another one comes."""
AT_ONCE = 500
"""Events read in one go."""
OF_AN_ITEM = ("item_live", "item_ended", "item_recalled")
OF_A_CAMPAIGN = ("campaign_changed",)
OF_A_SCREEN = ("screen_changed",)


@dataclass(slots=True)
class Answer:
    """Where one link leads for as long as nothing changes."""

    code: bytes
    location: str
    since: float
    until: float
    """Seconds since 1970: outside of these the item is not to be seen and the database must be asked."""
    item_id: int
    campaign_id: int
    has_card: bool
    """Whether programs that draw previews get a page of their own instead."""
    screen_id: int | None = None
    """The screen it stands on, whose audience decides where it leads."""
    head: bytes = b""
    """The whole answer but its first lines, up to the date; empty until the ordinary route has given it once."""

    def holds_at(self, now: float) -> bool:
        return self.since <= now < self.until

    def learn(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep what the ordinary route answered with, to be sent again byte for byte."""
        if status == 302 and not self.head:
            lines = [b"%b: %b\r\n" % (name.lower(), value) for name, value in headers]
            self.head = b"".join([*lines, b"\r\n"])


class Answers:
    """The ready answers of this process, by code. Unknown codes and closed items are not kept."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ready: dict[bytes, Answer] = {}
        self._version = 0
        """Raised by every change that concerns links: what was read before it is not kept."""
        self._seen: int | None = None
        self._changing = threading.Lock()
        self._catching_up = threading.Lock()

    def __len__(self) -> int:
        return len(self._ready)

    def find(self, code: bytes | str) -> Answer | None:
        """The answer in memory. Ask it whether it holds at this moment."""
        return self._ready.get(code.encode() if isinstance(code, str) else code)

    def load(self, code: str) -> Answer | None:
        """The answer by the database, kept from now on; None when the link leads nowhere now.

        Waits for the database and raises what it raises.
        """
        if self._seen is None:
            self.catch_up()
        version = self._version
        with self._database.reading() as db:
            link = codes.find(db, code)
            if link is None or link.item_id is None:
                return None
            found = select(Item).options(joinedload(Item.campaign)).where(Item.id == link.item_id)
            item = db.scalars(found).one()
            onward = landing(link, item, of_colleagues=codes.is_of_colleagues(db, link))
        if not onward.url:
            return None
        answer = Answer(
            code=link.code.encode(),
            location=onward.url,
            since=item.publish_at.timestamp(),
            until=item.ends_at.timestamp() if item.ends_at is not None else inf,
            item_id=item.id,
            campaign_id=item.campaign_id,
            has_card=has_card(item),
            screen_id=link.screen_id,
        )
        with self._changing:
            if version == self._version:
                self._ready.pop(answer.code, None)
                while len(self._ready) >= MOST:
                    del self._ready[next(iter(self._ready))]
                self._ready[answer.code] = answer
        return answer

    def catch_up(self) -> None:
        """Forget what has changed since the last call, whichever process changed it. Raises what the database does."""
        with self._catching_up:
            with self._database.reading() as db:
                last = activity.last_id(db)
                if self._seen is None or last < self._seen:  # at first, or when a backup took the database back
                    events = []
                    self.forget_all()
                    self._seen = last
                else:
                    events = activity.since(db, self._seen, limit=AT_ONCE)
            items = {event.item_id for event in events if event.kind in OF_AN_ITEM}
            campaigns = {event.campaign_id for event in events if event.kind in OF_A_CAMPAIGN}
            screens = {event.screen_id for event in events if event.kind in OF_A_SCREEN and event.screen_id is not None}
            if items or campaigns or screens:
                self._forget(items, campaigns, screens)
            if events:
                self._seen = events[-1].id
        if len(events) == AT_ONCE:
            self.catch_up()

    def catch_up_or_later(self) -> None:
        """The same, for after a commit of this process: the next look finds what this one could not."""
        try:
            self.catch_up()
        except SQLAlchemyError as error:
            structlog.get_logger().warning("ready answers could not be checked", error=type(error).__name__)

    def forget_all(self) -> None:
        with self._changing:
            self._version += 1
            self._ready.clear()

    def _forget(self, items: set[int | None], campaigns: set[int | None], screens: set[int]) -> None:
        with self._changing:
            self._version += 1
            gone = [
                code
                for code, answer in self._ready.items()
                if answer.item_id in items or answer.campaign_id in campaigns or answer.screen_id in screens
            ]
            for code in gone:
                del self._ready[code]
