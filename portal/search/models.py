"""What is looked up: the stems of every item, campaign and idea. The index over them belongs to the database."""

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from portal.tables import Base, Key, Word, one_of

KINDS = ("item", "campaign", "idea")


class SearchEntry(Base):
    """One thing that can be found. Newer ones have a higher id, and are shown before the others."""

    __tablename__ = "search_entry"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id"),
        CheckConstraint(one_of("kind", *KINDS), name="kind"),
    )

    id: Mapped[Key]
    kind: Mapped[Word]
    subject_id: Mapped[int]
    stems: Mapped[str]
    """With spaces between, as `words.stems` makes them."""
