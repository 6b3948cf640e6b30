"""Where clicks are taken: the answer from memory, the visitor's number under today's key, one line in the journal."""

import threading
import time
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog
from sqlalchemy.exc import SQLAlchemyError

from portal import clock
from portal.database import Database
from portal.links import ingest
from portal.links.answers import Answers
from portal.links.journal import Journal, decode, line
from portal.links.seen import Seen
from portal.links.visitors import LONGEST_AGENT, referrer_host, salt_of, visitor
from portal.settings import Settings

RHYTHM = 0.5
"""Seconds within which a change made by another process is noticed."""
LONGEST_REFERRER = 2000
"""Bytes of a Referer that are looked at."""
AHEAD = 6 * 3600.0
"""Seconds before midnight from which the next day's key is at hand, should the database be away then."""


class Key(NamedTuple):
    """What turns addresses into visitors on one day."""

    since: float
    until: float
    """Seconds since 1970."""
    salt: bytes


_NO_KEY = Key(0.0, 0.0, b"")


class Desk:
    """The one place through which every click of an item's link passes, whichever way it was answered."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.answers = Answers(database)
        self.journal = Journal(settings.journal_folder, sync=settings.journal_sync)
        self.seen = Seen()
        """For clicks that go straight into the database."""
        self.hosts = _as_sent(settings)
        self._database = database
        self._domain = settings.link_base_url
        self._key = self._next_key = _NO_KEY
        self._stop = threading.Event()
        self._watching: threading.Thread | None = None
        # What this process changes is forgotten before whoever changed it is answered.
        database.after_write(self.answers.catch_up_or_later)

    def start(self) -> None:
        """Begin to watch for changes made by other processes, and for midnight."""
        self._stop.clear()
        self._watching = threading.Thread(target=self._watch, name="links", daemon=True)
        self._watching.start()

    def close(self) -> None:
        """End watching and bring the journal to the disk."""
        self._stop.set()
        if self._watching is not None:
            self._watching.join(timeout=10)
        self.journal.close()

    def forget(self) -> None:
        """Know nothing, as after a start."""
        self.answers.forget_all()
        self._key = self._next_key = _NO_KEY

    def has_key(self, now: float) -> bool:
        """Whether the key of the day that holds `now`, in seconds since 1970, is in memory."""
        key = self._key
        if key.since <= now < key.until:
            return True
        following = self._next_key
        if following.since <= now < following.until:  # whichever thread comes first after midnight: all do the same
            self._key = following
            return True
        return False

    def load_key(self) -> None:
        """Get today's key, and towards midnight the next one. Waits for the database and raises what it raises."""
        today = clock.today()
        self._key = self._read_key(today)
        if self._key.until - clock.now().timestamp() < AHEAD:
            self._next_key = self._read_key(today + timedelta(days=1))

    def line(
        self,
        code: bytes,
        headers: Mapping[bytes, bytes],
        *,
        address: str,
        now: float,
        purpose: bytes = b"",
        session: bytes = b"",
    ) -> bytes:
        """What the journal says of a GET. `headers` by lower-case name; today's key must be there."""
        get = headers.get
        agent = get(b"user-agent", b"")[:LONGEST_AGENT]
        referrer = get(b"referer")
        return line(
            at=int(now * 1e6),
            code=code,
            visitor=visitor(self._key.salt, address=address, agent=agent.decode("latin-1"), domain=self._domain),
            agent=agent,
            language=get(b"accept-language", b""),
            accept=get(b"accept", b""),
            fetch_mode=get(b"sec-fetch-mode", b""),
            fetch_dest=get(b"sec-fetch-dest", b""),
            purpose=purpose,
            referrer_host=_host_of(referrer[:LONGEST_REFERRER]) if referrer else b"",
            session=session,
        )

    def store(self, line: bytes) -> None:
        """Put a click that the journal did not take straight into the database. Raises what the database raises."""
        record = decode(line)
        if record is None:
            raise ValueError("that is no line of a journal")
        try:
            with self._database.writing() as db:
                outcome = ingest.store(db, [record], seen=self.seen)
                self.seen.stored(outcome.visits, outcome.taken)  # here, while other threads wait for the database
        except BaseException:
            self.seen = Seen()  # it knows a click that is not on record
            raise

    def _read_key(self, day: date) -> Key:
        with self._database.writing() as db:
            salt = salt_of(db, day)
        return Key(clock.start_of(day).timestamp(), clock.end_of(day).timestamp(), salt)

    def _watch(self) -> None:
        failing = False
        while not self._stop.is_set():
            try:
                self.answers.catch_up()
                if self._needs_key(time.time()):
                    self.load_key()
                failing = False
            except SQLAlchemyError as error:
                if not failing:
                    structlog.get_logger().warning("links wait for the database", error=type(error).__name__)
                failing = True
            self._stop.wait(RHYTHM)

    def _needs_key(self, now: float) -> bool:
        return not self.has_key(now) or (self._key.until - now < AHEAD and self._next_key.until <= self._key.until)


@lru_cache(maxsize=4096)
def _host_of(referrer: bytes) -> bytes:
    return referrer_host(referrer.decode("latin-1")).encode()


def may_draw_previews(agent: bytes) -> bool:
    """Whether this may be a program that wants a link's card; False for what only a person's browser says."""
    return _may_draw(agent[:LONGEST_AGENT])


# Strangers choose what is remembered here: it is short, and not many.
@lru_cache(maxsize=4096)
def _may_draw(agent: bytes) -> bool:
    agent = agent.lower()
    return not agent.startswith(b"mozilla/5.0 (") or any(mark in agent for mark in _OF_PREVIEWS)


_OF_PREVIEWS = (
    *(b"bot", b"http", b"preview", b"cardyb", b"facebookext", b"facebot", b"meta-ext", b"whatsapp", b"telegram"),
    *(b"crawl", b"spider", b"fetch", b"embed", b"scrap", b"proxy", b"render", b"google-", b"compatible;", b"slack"),
    *(b"discord", b"skype", b"signal", b"mastodon", b"iframely", b"snapchat", b"pinterest", b"vkshare", b"zoom"),
)
"""Marks wider than the rules of `verdicts`: whoever carries one is looked at more closely by the ordinary route."""


def _as_sent(settings: Settings) -> frozenset[bytes]:
    """The Host headers of visitors we answer to, in the ways browsers write them."""
    ports = {settings.port, *(urlsplit(url).port for url in (settings.base_url, settings.link_base_url))} - {None}
    names = [f"[{host}]" if ":" in host else host for host in settings.hosts]
    return frozenset(f"{name}{end}".encode() for name in names for end in ("", *(f":{port}" for port in ports)))
