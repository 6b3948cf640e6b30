"""What somebody chose for their mail signature."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.tables import Base, Key, Line, Word


class Signature(Base):
    __tablename__ = "signature"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), unique=True)
    name: Mapped[Line]
    function: Mapped[Line] = mapped_column(default="")
    phone: Mapped[Line] = mapped_column(default="")
    language: Mapped[Word]
    with_accounts: Mapped[bool] = mapped_column(default=True)
    with_banner: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[datetime]
