"""Who clicked, without knowing who: a keyed hash that means nothing once the key of the day is destroyed."""

import re
import secrets
from datetime import date, timedelta
from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from urllib.parse import urlsplit

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.database import insert
from portal.jobs import job
from portal.links.models import Salt

LONGEST_AGENT = 256
_NUMBER = Struct(">q")


def visitor(salt: bytes, *, address: str, agent: str, domain: str) -> int:
    """Address, browser and link domain as a signed 64-bit number; it means something on that day only."""
    message = f"{address}\0{agent[:LONGEST_AGENT]}\0{domain}".encode(errors="replace")
    number: int = _NUMBER.unpack(blake2b(message, key=salt, digest_size=8).digest())[0]
    return number


def salt_of(db: Session, day: date) -> bytes:
    """The day's key, the same for every process; made by whoever needs it first."""
    wanted = select(Salt.value).where(Salt.day == day)
    found = db.scalar(wanted)
    if found is not None:
        return found
    db.execute(insert(db, Salt).values(day=day, value=secrets.token_bytes(32)).on_conflict_do_nothing())
    return db.execute(wanted).scalar_one()


@job("destroy_salts", every=timedelta(hours=1))
def destroy_salts(db: Session) -> None:
    """Destroy every key but those of today and tomorrow. Each hour, so that none gets near 48 hours, restarts or not.

    One of a later day was made while the clock was wrong, and would wait for that day.
    """
    today = clock.today()
    db.execute(delete(Salt).where(or_(Salt.day < today, Salt.day > today + timedelta(days=1))))


def referrer_host(referrer: str) -> str:
    """The host a visitor came from, or nothing: never a path, which can name a person."""
    try:
        host = urlsplit(referrer[:2000]).hostname or ""
    except ValueError:
        return ""
    return host[:200] if re.fullmatch(r"[a-z0-9._-]+", host) else ""


@lru_cache(maxsize=16_384)
def device(agent: str) -> str:
    """`phone`, `tablet` or `computer` by what the browser says of itself; nothing when it says nothing."""
    agent = agent[:LONGEST_AGENT].lower()
    if not agent:
        return ""
    if "ipad" in agent or "tablet" in agent or ("android" in agent and "mobile" not in agent):
        return "tablet"
    if "mobi" in agent or "iphone" in agent or "android" in agent:
        return "phone"
    return "computer"
