"""Office displays: the screens, and the codes by which they are paired."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.tables import Base, Key, Line, Word, one_of

AUDIENCES = ("staff", "public")


class Screen(Base):
    """A display on a wall. It is known by the hash of its token, may only read, and can be revoked."""

    __tablename__ = "screen"
    __table_args__ = (CheckConstraint(one_of("audience", *AUDIENCES), name="audience"),)

    id: Mapped[Key]
    name: Mapped[Line]
    place: Mapped[Line] = mapped_column(default="")
    audience: Mapped[Word] = mapped_column(default="staff")
    language: Mapped[Word] = mapped_column(default="nl")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    paired_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    paired_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    engine: Mapped[Line] = mapped_column(default="")


class Pairing(Base):
    """A display waiting to be let in: the code it shows, good for minutes and for one screen."""

    __tablename__ = "pairing"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(12), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class PairingGuess(Base):
    """A wrong code typed by somebody: too many in a short time and pairing waits."""

    __tablename__ = "pairing_guess"

    id: Mapped[Key]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(index=True)
