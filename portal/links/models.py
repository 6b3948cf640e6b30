"""Tracked links and what came through them: clicks with their verdicts, rollups, ranked tallies, salts, the journal."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.links import periods
from portal.tables import Base, Instant, Key, Line, Word, one_of

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

    No address is stored; `visitor` is a keyed hash whose key is destroyed within 48 hours. Rows are for judging and
    judging anew: figures come from `Rollup`, which stays when rows are destroyed. Ids are copied from the link in the
    transaction that stores the click, and none is a foreign key: checking one for each row took PostgreSQL longer than
    all the rest of storing. Storing holds on to the people of a batch instead, and whoever removes a person clears
    them here as well. For a like reason no index finds a visitor's clicks: `Seen` does.
    """

    __tablename__ = "click"
    __table_args__ = (
        CheckConstraint(one_of("verdict", *VERDICTS), name="verdict"),
        Index("ix_click_at", "at"),
    )

    id: Mapped[Key]
    link_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)
    verdict: Mapped[Word]
    reason: Mapped[Word]
    rule_version: Mapped[int]
    visitor: Mapped[int | None] = mapped_column(BigInteger)
    item_id: Mapped[int | None]
    campaign_id: Mapped[int | None]
    """The campaign at the moment of the click: a signature's link follows the running one."""
    department_id: Mapped[int | None]
    person_id: Mapped[int | None]
    network: Mapped[Word]
    referrer_host: Mapped[Line] = mapped_column(default="")
    device: Mapped[Word] = mapped_column(default="")
    agent: Mapped[Line | None]
    """What the browser called itself, for a later rule to judge by; None when that is not known."""

    @property
    def hour(self) -> datetime:
        """When the hour it counts in began."""
        return periods.hour_of(self.at)


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


class Rollup(Base):
    """Clicks of one link in one hour by verdict and reason: what every figure is added up from.

    Kept when raw clicks are destroyed. `item_id` and `campaign_id` are 0 for none; they belong to the key because
    the link in a mail signature leads to another campaign later on.
    """

    __tablename__ = "rollup"
    __table_args__ = (
        CheckConstraint(one_of("verdict", *VERDICTS), name="verdict"),
        Index("ix_rollup_hour", "hour"),
        Index("ix_rollup_item_id_hour", "item_id", "hour"),
        Index("ix_rollup_department_id_hour", "department_id", "hour"),
        Index("ix_rollup_person_id_hour", "person_id", "hour"),
        Index("ix_rollup_campaign_id_hour", "campaign_id", "hour"),
        # Room on each page, so that PostgreSQL need not touch every index when a count goes up.
        {"sqlite_with_rowid": False, "postgresql_with": {"fillfactor": 70}},
    )

    link_id: Mapped[int] = mapped_column(ForeignKey("link.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    campaign_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    verdict: Mapped[Word] = mapped_column(primary_key=True)
    reason: Mapped[Word] = mapped_column(primary_key=True)
    clicks: Mapped[int]
    visitors: Mapped[int] = mapped_column(default=0)
    """How many of these clicks were their visitor's first by a person on this link that day."""
    network: Mapped[Word]
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))


class PersonTally(Base):
    """Clicks by people for one colleague in one period: `day:2026-11-21`, `week:2026-W47`, `month:2026-11`,
    `campaign:3` or `total`. Read in rank order from its index."""

    __tablename__ = "person_tally"
    __table_args__ = (
        Index("ix_person_tally_period_people", "period", "people"),
        {"sqlite_with_rowid": False},
    )

    period: Mapped[Word] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    people: Mapped[int] = mapped_column(default=0)


class TeamTally(Base):
    """The same for one department."""

    __tablename__ = "team_tally"
    __table_args__ = (
        Index("ix_team_tally_period_people", "period", "people"),
        {"sqlite_with_rowid": False},
    )

    period: Mapped[Word] = mapped_column(primary_key=True)
    department_id: Mapped[int] = mapped_column(
        ForeignKey("department.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    people: Mapped[int] = mapped_column(default=0)


class JournalPosition(Base):
    """How far the ingest has come in one journal file; moves in the same transaction as what it read."""

    __tablename__ = "journal_position"

    file: Mapped[str] = mapped_column(String(200), primary_key=True)
    offset: Mapped[int] = mapped_column(default=0)
    damaged: Mapped[int] = mapped_column(default=0)
    """Lines that could not be read."""
    read_at: Mapped[datetime]
