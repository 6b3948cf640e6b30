"""What a person keeps for later."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.notifications.models import FeedVisit as FeedVisit  # digests tell what came after it
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
