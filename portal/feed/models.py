"""What a person keeps for later, and when they last looked at their feed."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.tables import Base


class SavedItem(Base):
    """An item somebody wants to come back to; only they know."""

    __tablename__ = "saved_item"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    item_id: Mapped[int] = mapped_column(
        ForeignKey("item.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    at: Mapped[datetime]


class FeedVisit(Base):
    """When somebody last looked at their feed: two moments, and never what they looked at."""

    __tablename__ = "feed_visit"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    seen_until: Mapped[datetime | None]
    """When the visit before this one ended: what came later is unseen, for as long as this visit lasts."""
    at: Mapped[datetime]
