"""The policy and who agreed to it, examples, how far somebody is in their first five minutes, and practice."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.tables import Base, Key, Word, one_of

EXAMPLE_KINDS = ("good", "bad")
WELCOME_STEPS = ("policy", "choices", "practice", "first")


class Policy(Base):
    """One version of the policy; the latest is in force. Before the first, the house's own words are."""

    __tablename__ = "policy"

    id: Mapped[Key]
    body_nl: Mapped[str]
    """Headings, paragraphs and lists, written as `passages` reads them; "" when written in the other one only."""
    body_en: Mapped[str]
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))


class PolicyAcceptance(Base):
    """That somebody read a version and said so. Version 0 is the house's own words."""

    __tablename__ = "policy_acceptance"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]


class Example(Base):
    """A post as it should be, or should not, and why."""

    __tablename__ = "example"
    __table_args__ = (
        CheckConstraint(one_of("kind", *EXAMPLE_KINDS), name="kind"),
        Index("ix_example_language", "language"),
    )

    id: Mapped[Key]
    kind: Mapped[Word]
    language: Mapped[Word]
    text: Mapped[str]
    why: Mapped[str]
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))


class Welcome(Base):
    """How far somebody came in their first five minutes."""

    __tablename__ = "welcome"
    __table_args__ = (CheckConstraint(one_of("step", *WELCOME_STEPS), name="step"),)

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    step: Mapped[Word]
    """The one to go on with."""
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    """When they came to the end, or said that they know the way."""


class PracticeShare(Base):
    """A text tried out on the pretend network; the night takes it away."""

    __tablename__ = "practice_share"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    text: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)


class Duty(Base):
    """Who minds a department's accounts from one day up to another, both included: one line of its rota."""

    __tablename__ = "duty"
    __table_args__ = (Index("ix_duty_department_id_from_day", "department_id", "from_day"),)

    id: Mapped[Key]
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    from_day: Mapped[date]
    until_day: Mapped[date]
