"""Letting a display in: it shows a code, an editor types it, and from then on its token opens one wall."""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import CursorResult, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import activity, clock
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
GUESSES_EACH = 10
GUESSES_TOGETHER = 60
GUESSES_COUNT_FOR = timedelta(minutes=10)
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class WrongCode(Exception):
    """No display is waiting with this code, or its time is over."""


class TooManyGuesses(Exception):
    """Pairing waits until the latest wrong codes are a while ago."""


class TooManyWaiting(Exception):
    """No further display can be given a code right now."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an editor fills in about a display."""

    name: str
    place: str
    audience: str
    language: str


def offer(db: Session, token_hash: str) -> Pairing:
    """The code the display with this token shows, made or renewed when needed. Raises TooManyWaiting."""
    now = clock.now()
    waiting = db.scalar(select(Pairing).where(Pairing.token_hash == token_hash))
    if waiting is not None:
        if waiting.expires_at - RENEW_BEFORE <= now:
            waiting.code, waiting.created_at, waiting.expires_at = _fresh_code(db), now, now + CODE_LASTS
        return waiting
    db.execute(delete(Pairing).where(Pairing.expires_at <= now))
    if (db.scalar(select(func.count()).select_from(Pairing)) or 0) >= MOST_WAITING:
        raise TooManyWaiting
    waiting = Pairing(code=_fresh_code(db), token_hash=token_hash, created_at=now, expires_at=now + CODE_LASTS)
    try:
        with db.begin_nested():
            db.add(waiting)
    except IntegrityError:  # the same display asked twice at once
        return db.scalars(select(Pairing).where(Pairing.token_hash == token_hash)).one()
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
    screen = Screen(
        name=wanted.name,
        place=wanted.place,
        audience=wanted.audience,
        language=wanted.language,
        token_hash=waiting.token_hash,
        paired_by_id=by.id,
        paired_at=now,
    )
    db.add(screen)
    db.flush()
    activity.record(db, "screen_paired", screen_id=screen.id)
    audit.write(db, "screen_paired", "screen", screen.id, by=by, name=screen.name, audience=screen.audience)
    return screen


def change(db: Session, screen: Screen, wanted: Wanted, *, by: Person) -> None:
    """Give a screen its new name, place, audience and language; its wall follows at once."""
    screen.name, screen.place = wanted.name, wanted.place
    screen.audience, screen.language = wanted.audience, wanted.language
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
    """Remember that somebody typed a wrong code, and forget those of earlier days."""
    now = clock.now()
    db.execute(delete(PairingGuess).where(PairingGuess.at < now - timedelta(days=1)))
    db.add(PairingGuess(person_id=person_id, at=now))


def tidy(code: str) -> str:
    """A code as typed on a phone: any case, with spaces or dashes."""
    return re.sub(r"[\s-]", "", code).upper()


def _fresh_code(db: Session) -> str:
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        if db.scalar(select(Pairing.id).where(Pairing.code == code)) is None:
            return code
