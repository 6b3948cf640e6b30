"""Tracked links and what came through them: links, clicks with their verdicts, salts and running tallies."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.tables import Base, Key, Line, Word, one_of

KINDS = ("share", "signature", "screen", "public")
VERDICTS = ("human", "bot", "suspect")


class Link(Base):
    """One address somebody can pass on. Minted once, never used again for anything else, never deleted.

    A `share` link belongs to one person, item and network; a `signature` link to one person and follows
    the running campaign; a `screen` link to one screen and item.
    """

    __tablename__ = "link"
    __table_args__ = (
        UniqueConstraint("person_id", "item_id", "network"),
        CheckConstraint(one_of("kind", *KINDS), name="kind"),
        Index("ix_link_item_id", "item_id"),
        Index("ix_link_screen_id_item_id", "screen_id", "item_id"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[Word]
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    """The team the link counts for, also after its person has left."""
    network: Mapped[Word]
    """The network's key; `signature` or `screen` for the other kinds."""
    screen_id: Mapped[int | None] = mapped_column(ForeignKey("screen.id"))
    created_at: Mapped[datetime]


class Click(Base):
    """One GET of a link, with the verdict whether a person made it and the reason for that verdict.

    No address is stored; `visitor` is a keyed hash whose key is destroyed within 48 hours.
    """

    __tablename__ = "click"
    __table_args__ = (
        CheckConstraint(one_of("verdict", *VERDICTS), name="verdict"),
        Index("ix_click_link_id_at", "link_id", "at"),
        Index("ix_click_item_id_at", "item_id", "at"),
        Index("ix_click_department_id_at", "department_id", "at"),
        Index("ix_click_visitor_at", "visitor", "at"),
        Index("ix_click_at", "at"),
    )

    id: Mapped[Key]
    link_id: Mapped[int] = mapped_column(ForeignKey("link.id"))
    at: Mapped[datetime]
    verdict: Mapped[Word]
    reason: Mapped[Word]
    rule_version: Mapped[int]
    visitor: Mapped[int | None] = mapped_column(BigInteger)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    """The campaign at the moment of the click: a signature's link follows the running one."""
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    network: Mapped[Word]
    referrer_host: Mapped[Line] = mapped_column(default="")
    device: Mapped[Word] = mapped_column(default="")


class Salt(Base):
    """The random key of one day's visitor hashes, shared by all processes, destroyed within 48 hours."""

    __tablename__ = "salt"

    day: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary)


class ItemTally(Base):
    """How many clicks by people an item has, kept in step with its clicks; milestones are read from it."""

    __tablename__ = "item_tally"

    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), primary_key=True)
    people: Mapped[int] = mapped_column(default=0)
