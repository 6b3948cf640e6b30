"""Thanks: a few words to the colleagues who passed something on."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.tables import Base, Key, Word


class Thanks(Base):
    """Once that somebody thanked everybody who had passed an item on until then."""

    __tablename__ = "thanks"

    id: Mapped[Key]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), index=True)
    from_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    words: Mapped[str] = mapped_column(String(400))
    at: Mapped[datetime]


class ThanksTo(Base):
    """One of those who were thanked."""

    __tablename__ = "thanks_to"

    thanks_id: Mapped[int] = mapped_column(
        ForeignKey("thanks.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )


class ShareOfTheWeek(Base):
    """The share an editor picked for a week, with what is good about it."""

    __tablename__ = "share_of_the_week"

    id: Mapped[Key]
    week: Mapped[Word] = mapped_column(unique=True)
    """As in ISO 8601: `2026-W47`."""
    share_id: Mapped[int | None] = mapped_column(ForeignKey("share.id", ondelete="SET NULL"))
    words: Mapped[str] = mapped_column(String(400))
    picked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
