"""What colleagues passed on: one row for each person, item and network, with what is truly known of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.tables import Base, Key, Word, one_of

STATES = ("opened", "copied", "sheet", "confirmed", "posted", "seen")
"""In rising order of certainty. Nothing before `confirmed` is a share: that is only what the portal saw."""
SHARED_STATES = ("confirmed", "posted", "seen")
REMINDER_STATES = ("planned", "sending", "told", "used", "dropped")
REMINDER_CHANNELS = ("push", "mail", "calendar")


class Lease(Base):
    """A caption handed to one colleague for one network in one week, so that not everybody posts the same words.

    A place is a number below the organisation's limit: that each exists once is what keeps to the limit when many ask
    at the same moment.
    """

    __tablename__ = "lease"
    __table_args__ = (
        UniqueConstraint("caption_id", "network", "week", "place"),
        UniqueConstraint("person_id", "item_id", "network", "week"),
        Index("ix_lease_item_id_week", "item_id", "week"),
    )

    id: Mapped[Key]
    caption_id: Mapped[int] = mapped_column(ForeignKey("caption.id", ondelete="CASCADE"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    network: Mapped[Word]
    week: Mapped[Word]
    """As in the tallies: `week:2026-W47`."""
    place: Mapped[int]
    at: Mapped[datetime]


class Share(Base):
    __tablename__ = "share"
    __table_args__ = (
        CheckConstraint(one_of("state", *STATES), name="state"),
        Index("ix_share_item_id_state", "item_id", "state"),
        Index("ix_share_person_id_at", "person_id", "at"),
        Index("ix_share_department_id_at", "department_id", "at"),
        Index("ix_share_at", "at"),
        Index("ix_share_confirmed_at", "confirmed_at"),
        Index("ix_share_seen_at", "seen_at"),
    )

    id: Mapped[Key]
    link_id: Mapped[int] = mapped_column(ForeignKey("link.id"), unique=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"))
    network: Mapped[Word]
    language: Mapped[Word]
    caption_id: Mapped[int | None] = mapped_column(ForeignKey("caption.id", ondelete="SET NULL"))
    text: Mapped[str] = mapped_column(default="")
    """The whole text as it was handed over; only its person sees it."""
    own_words: Mapped[bool] = mapped_column(default=False)
    state: Mapped[Word]
    at: Mapped[datetime]
    """When the network was opened, the text copied or the share sheet used, the latest time."""
    confirmed_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    """When its person was asked whether they posted it: once is enough."""

    @property
    def is_shared(self) -> bool:
        """Whether it is known to be out there; opening a network is not sharing."""
        return self.state in SHARED_STATES


class Reminder(Base):
    """A share planned for a moment: what was written, and how its person wants to be told. The portal posts nothing."""

    __tablename__ = "reminder"
    __table_args__ = (
        CheckConstraint(one_of("state", *REMINDER_STATES), name="state"),
        CheckConstraint(one_of("channel", *REMINDER_CHANNELS), name="channel"),
        UniqueConstraint("person_id", "item_id", "network"),
        Index("ix_reminder_state_due_at", "state", "due_at"),
        Index("ix_reminder_item_id_due_at", "item_id", "due_at"),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    network: Mapped[Word]
    language: Mapped[Word]
    caption_id: Mapped[int | None] = mapped_column(ForeignKey("caption.id", ondelete="SET NULL"))
    own: Mapped[str] = mapped_column(default="")
    """The person's own sentence, as typed."""
    disclosure: Mapped[int] = mapped_column(default=0)
    """Which of the offered wordings was chosen."""
    channel: Mapped[Word]
    state: Mapped[Word]
    """`sending` from the moment it may have reached them: what was cut short there is on the feed, not sent again."""
    due_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
