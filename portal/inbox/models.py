"""What might become an item: sources with their candidates, and ideas from colleagues."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.tables import Base, Key, Line, Word, one_of

SOURCE_KINDS = ("feed", "vacancies")
"""A feed of news, or a careers page or sitemap whose pages describe vacancies."""
CANDIDATE_STATES = ("new", "drafted", "dismissed")
IDEA_STATES = ("new", "taken", "published", "declined")


class Source(Base):
    """An address that is looked at on schedule, and how that went."""

    __tablename__ = "source"
    __table_args__ = (
        CheckConstraint(one_of("kind", *SOURCE_KINDS), name="kind"),
        Index("ix_source_next_at", "next_at"),
    )

    id: Mapped[Key]
    kind: Mapped[Word]
    url: Mapped[str] = mapped_column(String(2000), unique=True)
    name: Mapped[Line]
    language: Mapped[Word]
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id", ondelete="SET NULL"))
    """Where its drafts go; without one a candidate asks."""
    trusted: Mapped[bool] = mapped_column(default=False)
    """Whether its entries become drafts by themselves. Nothing is ever published by itself."""
    paused: Mapped[bool] = mapped_column(default=False)
    etag: Mapped[Line] = mapped_column(default="")
    last_modified: Mapped[Line] = mapped_column(default="")
    next_at: Mapped[datetime]
    looked_at: Mapped[datetime | None]
    result: Mapped[Word] = mapped_column(default="")
    """How the last look went, as a key of `results`; "" before the first one."""
    failures: Mapped[int] = mapped_column(default=0)
    """Looks in a row that failed; each doubles the wait for the next."""
    created_at: Mapped[datetime]


class Candidate(Base):
    """One entry of a source. Its canonical address is looked at once, whichever source brings it first."""

    __tablename__ = "candidate"
    __table_args__ = (
        CheckConstraint(one_of("state", *CANDIDATE_STATES), name="state"),
        Index("ix_candidate_state_at", "state", "at"),
        Index("ix_candidate_source_id", "source_id"),
    )

    id: Mapped[Key]
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id", ondelete="SET NULL"))
    canonical_url: Mapped[str] = mapped_column(String(2000), unique=True)
    url: Mapped[str] = mapped_column(String(2000))
    kind: Mapped[Word]
    """The kind of item it would become."""
    language: Mapped[Word]
    title: Mapped[Line]
    summary: Mapped[str] = mapped_column(default="")
    picture_url: Mapped[str] = mapped_column(String(2000), default="")
    place: Mapped[Line] = mapped_column(default="")
    hours: Mapped[Line] = mapped_column(default="")
    published_at: Mapped[datetime | None]
    valid_through: Mapped[datetime | None]
    """Of a vacancy: when it says that it is over."""
    state: Mapped[Word] = mapped_column(default="new")
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    """When it came."""
    missed: Mapped[int] = mapped_column(default=0)
    """Whole looks in a row at its source that did not find it any more."""
    gone_at: Mapped[datetime | None]


class Idea(Base):
    """What a colleague thinks worth sharing, and the answer they were promised."""

    __tablename__ = "idea"
    __table_args__ = (
        CheckConstraint(one_of("state", *IDEA_STATES), name="state"),
        Index("ix_idea_state_at", "state", "at"),
        Index("ix_idea_person_id", "person_id"),
        Index("ix_idea_item_id", "item_id"),
    )

    id: Mapped[Key]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    words: Mapped[str]
    """What it is and why it is worth sharing, as typed."""
    url: Mapped[str] = mapped_column(String(2000), default="")
    canonical_url: Mapped[str] = mapped_column(String(2000), default="", index=True)
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("picture.id"))
    key: Mapped[Word] = mapped_column(default="")
    """What the browser called it when it was written: sent a second time, it is the same idea."""
    named: Mapped[bool] = mapped_column(default=False)
    """Whether their first name may stand at what is made of it."""
    state: Mapped[Word] = mapped_column(default="new")
    answer: Mapped[str] = mapped_column(default="")
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    answered_at: Mapped[datetime | None]
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    answer_by: Mapped[datetime]
    """Until when an answer was promised."""
    chased_at: Mapped[datetime | None]
    """When marketing was reminded of it last."""
