"""Letting a display in: it shows a code, an editor types it, and from then on its token opens one wall."""

import hashlib
import re
import secrets
import threading
from collections import OrderedDict
from dataclasses import asdict, dataclass
from datetime import timedelta

from sqlalchemy import CursorResult, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import activity, clock, jobs
from portal.guesses import network_of
from portal.people import audit
from portal.people.models import Person
from portal.screens.models import Pairing, PairingGuess, Screen

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without 0 and O, 1, I and L, which look alike across a room."""
CODE_LENGTH = 6
CODE_LASTS = timedelta(minutes=10)
RENEW_BEFORE = timedelta(minutes=1)
"""A code this close to its end is replaced when it is shown again, so that nobody types a dying one."""
MOST_WAITING = 300
"""Displays that may wait at once: keeps strangers from filling the table or making codes easy to guess."""
MOST_WAITING_EACH = 20
"""Of which those of one address: nobody alone takes every place."""
MOST_ADDRESSES = 1_000
"""Addresses remembered, each with its few displays; whoever was quiet longest is forgotten first."""
GUESSES_EACH = 10
GUESSES_TOGETHER = 60
GUESSES_COUNT_FOR = timedelta(minutes=10)
GUESSES_KEPT = timedelta(days=1)
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class WrongCode(Exception):
    """No display is waiting with this code, or its time is over."""


class TooManyGuesses(Exception):
    """Pairing waits until the latest wrong codes are a while ago."""


class TooManyWaiting(Exception):
    """No further display can be given a code right now."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an editor fills in about a display, as the columns of `Screen` have it."""

    name: str
    place: str = ""
    audience: str = "staff"
    language: str = "nl"
    department_id: int | None = None
    playlist_id: int | None = None
    time_zone: str = ""
    orientation: str = "landscape"
    is_still: bool = False
    night_from: int | None = None
    night_until: int | None = None


class Places:
    """Which displays wait from which address. Kept in memory only, by a hash with a key never written down."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._waiting: OrderedDict[bytes, list[str]] = OrderedDict()
        self._lock = threading.Lock()

    def taken(self, address: str) -> list[str]:
        """The token hashes that were given a place for this address, the latest twenty."""
        with self._lock:
            return list(self._waiting.get(self._who(address), ()))

    def take(self, address: str, token_hash: str) -> None:
        who = self._who(address)
        with self._lock:
            others = [each for each in self._waiting.pop(who, []) if each != token_hash]
            self._waiting[who] = [*others[1 - MOST_WAITING_EACH :], token_hash]
            while len(self._waiting) > MOST_ADDRESSES:
                self._waiting.popitem(last=False)

    def _who(self, address: str) -> bytes:
        return hashlib.blake2b(network_of(address).encode(errors="replace"), key=self._key, digest_size=12).digest()


places = Places()


def offer(db: Session, token_hash: str, *, address: str = "") -> Pairing:
    """The code the display with this token shows, made or renewed when needed. Raises TooManyWaiting.

    `address` is where it asks from; "" is nobody's and has no limit of its own.
    """
    now = clock.now()
    waiting = db.scalar(select(Pairing).where(Pairing.token_hash == token_hash))
    if waiting is not None:
        if waiting.expires_at - RENEW_BEFORE <= now:
            waiting.code, waiting.created_at, waiting.expires_at = _fresh_code(db), now, now + CODE_LASTS
        return waiting
    db.execute(delete(Pairing).where(Pairing.expires_at <= now))
    if (db.scalar(select(func.count()).select_from(Pairing)) or 0) >= MOST_WAITING:
        raise TooManyWaiting
    if address:
        # Places of displays that were let in or left are free again: the table knows who still waits.
        here = select(func.count()).select_from(Pairing).where(Pairing.token_hash.in_(places.taken(address)))
        if (db.scalar(here) or 0) >= MOST_WAITING_EACH:
            raise TooManyWaiting
    waiting = Pairing(code=_fresh_code(db), token_hash=token_hash, created_at=now, expires_at=now + CODE_LASTS)
    try:
        with db.begin_nested():
            db.add(waiting)
    except IntegrityError:  # the same display asked twice at once
        return db.scalars(select(Pairing).where(Pairing.token_hash == token_hash)).one()
    if address:
        places.take(address, token_hash)
    return waiting


def pair(db: Session, code: str, wanted: Wanted, *, by: Person) -> Screen:
    """Let in the display that shows `code`. A code works once.

    Raises TooManyGuesses, whatever the code; WrongCode, which the caller has to note with `note_guess`.
    """
    now = clock.now()
    if guessed_too_often(db, by):
        raise TooManyGuesses
    waiting = db.scalar(select(Pairing).where(Pairing.code == tidy(code), Pairing.expires_at > now))
    if waiting is None:
        raise WrongCode
    # Whoever deletes the row has the code: of two editors at once only one does.
    taken = db.execute(delete(Pairing).where(Pairing.id == waiting.id))
    assert isinstance(taken, CursorResult)
    if taken.rowcount != 1:
        raise WrongCode
    screen = Screen(**asdict(wanted), token_hash=waiting.token_hash, paired_by_id=by.id, paired_at=now)
    db.add(screen)
    db.flush()
    activity.record(db, "screen_paired", screen_id=screen.id)
    audit.write(db, "screen_paired", "screen", screen.id, by=by, name=screen.name, audience=screen.audience)
    return screen


def change(db: Session, screen: Screen, wanted: Wanted, *, by: Person) -> None:
    """Have a screen be as wanted from now on; its wall follows at once."""
    for column, value in asdict(wanted).items():
        setattr(screen, column, value)
    activity.record(db, "screen_changed", screen_id=screen.id)
    audit.write(db, "screen_changed", "screen", screen.id, by=by, name=screen.name, audience=screen.audience)


def revoke(db: Session, screen: Screen, *, by: Person) -> None:
    """Disconnect a screen for good; doing so twice changes nothing."""
    if screen.revoked_at is not None:
        return
    screen.revoked_at = clock.now()
    activity.record(db, "screen_revoked", screen_id=screen.id)
    audit.write(db, "screen_revoked", "screen", screen.id, by=by, name=screen.name)


def guessed_too_often(db: Session, person: Person) -> bool:
    """Whether this person, or everybody together, typed too many wrong codes lately."""
    lately = PairingGuess.at > clock.now() - GUESSES_COUNT_FOR
    together = db.scalar(select(func.count()).select_from(PairingGuess).where(lately)) or 0
    theirs = (
        db.scalar(select(func.count()).select_from(PairingGuess).where(lately, PairingGuess.person_id == person.id))
        or 0
    )
    return theirs >= GUESSES_EACH or together >= GUESSES_TOGETHER


def note_guess(db: Session, person_id: int) -> None:
    """Remember that somebody typed a wrong code."""
    db.add(PairingGuess(person_id=person_id, at=clock.now()))


@jobs.job("forget_guesses", every=timedelta(hours=1))
def forget_guesses(db: Session) -> None:
    """Let go of wrong codes of a day ago, whether or not anybody types another one."""
    db.execute(delete(PairingGuess).where(PairingGuess.at < clock.now() - GUESSES_KEPT))


def tidy(code: str) -> str:
    """A code as typed on a phone: any case, with spaces or dashes."""
    return re.sub(r"[\s-]", "", code).upper()


def _fresh_code(db: Session) -> str:
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        if db.scalar(select(Pairing.id).where(Pairing.code == code)) is None:
            return code
