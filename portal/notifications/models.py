"""By which ways somebody may be reached, when, and what was sent; and when they last looked for themselves."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.tables import Base, Key, Line, Word, one_of

RHYTHMS = ("never", "daily", "weekly")
DIGEST_STATES = ("sending", "sent", "refused", "nothing")
"""`sending` from the moment the mail server may have it: what was cut short there is never sent again."""


class NotificationChoice(Base):
    """What one person chose; whoever never chose has no row and is reached by nothing."""

    __tablename__ = "notification_choice"
    __table_args__ = (
        CheckConstraint(one_of("digest_rhythm", *RHYTHMS), name="digest_rhythm"),
        Index("ix_notification_choice_next_digest_at", "next_digest_at"),
    )

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    digest_rhythm: Mapped[Word] = mapped_column(default="never")
    digest_weekday: Mapped[int] = mapped_column(default=1)
    """1 is Monday, as in ISO 8601; only for a weekly digest."""
    digest_hour: Mapped[int] = mapped_column(default=8)
    push: Mapped[bool] = mapped_column(default=False)
    """Whether a push may tell of something new; a reminder somebody planned comes in any case."""
    quiet_from: Mapped[int] = mapped_column(default=20)
    """Hours of the person's own day, from this one up to the next, in which nothing comes."""
    quiet_until: Mapped[int] = mapped_column(default=8)
    days_off: Mapped[Word] = mapped_column(default="67")
    """Weekdays on which nothing comes, each a figure as in ISO 8601."""
    time_zone: Mapped[Word] = mapped_column(default="")
    """An IANA name; "" for the organisation's own."""
    next_digest_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    """When the mail server refused the address for good: nothing is mailed there until the person saves again."""
    digest_tries: Mapped[int] = mapped_column(default=0)
    """How often the mail server put off the digest that is due."""


class Digest(Base):
    """One digest to one person for one moment, so that nobody gets it twice."""

    __tablename__ = "digest"
    __table_args__ = (
        CheckConstraint(one_of("state", *DIGEST_STATES), name="state"),
        UniqueConstraint("person_id", "due_at"),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    due_at: Mapped[datetime]
    state: Mapped[Word]
    at: Mapped[datetime]
    newest_at: Mapped[datetime | None]
    """Up to when items were told in it: the next one begins there."""


class PushSubscription(Base):
    """A browser that may show this person something while it is closed (RFC 8030)."""

    __tablename__ = "push_subscription"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    endpoint_hash: Mapped[str] = mapped_column(String(64), unique=True)
    endpoint: Mapped[str] = mapped_column(String(2000))
    key: Mapped[str] = mapped_column(String(120))
    """The browser's public key, base64url as it came (RFC 8291's `p256dh`)."""
    secret: Mapped[str] = mapped_column(String(40))
    """RFC 8291's `auth`."""
    name: Mapped[Line]
    """What the person knows the browser by."""
    created_at: Mapped[datetime]


class FeedVisit(Base):
    """When somebody last looked at their feed: two moments, and never what they looked at."""

    __tablename__ = "feed_visit"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    seen_until: Mapped[datetime | None]
    """When the visit before this one ended: what came later is unseen, for as long as this visit lasts."""
    at: Mapped[datetime]
