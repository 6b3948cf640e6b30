"""Who works here: the organisation, its departments and people, and how they are known."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.i18n import LANGUAGES
from portal.tables import Base, Key, Line, Word, one_of

ROLES = ("member", "editor", "admin")
NAME_SHOWN = ("hidden", "pseudonym", "name")
MAILED_LINKS = ("sign_in", "record")


class Organisation(Base):
    """The one row that says whose portal this is and what its switches are set to."""

    __tablename__ = "organisation"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[Key]
    name: Mapped[Line]
    website: Mapped[Line] = mapped_column(default="")
    accent: Mapped[str] = mapped_column(String(7), default="#14493a")
    logo_digest: Mapped[str] = mapped_column(String(64), default="")
    """The picture that is the logo; "" for none."""
    disclosure_nl: Mapped[Line] = mapped_column(default="")
    disclosure_en: Mapped[Line] = mapped_column(default="")
    leaderboard_on: Mapped[bool] = mapped_column(default=False)
    names_allowed: Mapped[bool] = mapped_column(default=False)
    four_eyes: Mapped[bool] = mapped_column(default=True)
    mastodon_server: Mapped[Line] = mapped_column(default="")
    asks_per_week: Mapped[int] = mapped_column(default=3)
    """How often one colleague may be asked for something in a week, over every channel that reaches out."""
    captions_for: Mapped[int] = mapped_column(default=3)
    """How many colleagues may have the same caption on one network in one week."""
    ideas_answered_in: Mapped[int] = mapped_column(default=5)
    """Days within which whoever has an idea is promised an answer."""
    version: Mapped[int] = mapped_column(default=1)

    @property
    def logo(self) -> str:
        """Where the logo is served; "" when there is none."""
        return f"/pictures/{self.logo_digest}/logo.png" if self.logo_digest else ""

    def disclosure(self, language: str) -> str:
        """The sentence that tells readers where the sharer works, in `language`."""
        written = self.disclosure_nl if language == "nl" else self.disclosure_en
        return written or (f"Ik werk bij {self.name}." if language == "nl" else f"I work at {self.name}.")


class Department(Base):
    __tablename__ = "department"

    id: Mapped[Key]
    name: Mapped[Line] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class Account(Base):
    """A department's own account on a network, shown in signatures and on the register."""

    __tablename__ = "account"

    id: Mapped[Key]
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id", ondelete="CASCADE"), index=True)
    network: Mapped[Word]
    url: Mapped[str] = mapped_column(String(2000))
    name: Mapped[Line]


class Person(Base):
    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint(one_of("role", *ROLES), name="role"),
        CheckConstraint(one_of("language", *LANGUAGES), name="language"),
        CheckConstraint(one_of("leaderboard_name", *NAME_SHOWN), name="leaderboard_name"),
        Index("ix_person_department_id", "department_id", "deactivated_at"),
        {"sqlite_autoincrement": True},  # signed addresses name people by it: nobody gets the number of somebody gone
    )

    id: Mapped[Key]
    name: Mapped[Line]
    email: Mapped[str | None] = mapped_column(String(320), unique=True)
    """Kept in lower case; nobody is ever recognised by it alone."""
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"))
    role: Mapped[Word] = mapped_column(default="member")
    language: Mapped[Word] = mapped_column(default="nl")
    function: Mapped[Line] = mapped_column(default="")
    phone: Mapped[Line] = mapped_column(default="")
    ambassador: Mapped[bool] = mapped_column(default=False)
    leaderboard_name: Mapped[Word] = mapped_column(default="hidden")
    pseudonym: Mapped[Line] = mapped_column(default="")
    wall_name: Mapped[bool] = mapped_column(default=False)
    mail_asks: Mapped[bool] = mapped_column(default=False)
    """Whether a mail may tell them what there is to share; nobody gets one without having said so."""
    asks_per_week: Mapped[int | None]
    """A budget of their own, below the organisation's; none for the organisation's."""
    paused_until: Mapped[date | None]
    """The first day on which something may reach them again."""
    calendar_mark: Mapped[str] = mapped_column(String(64), default="")
    """What this person's calendar address is made of; "" until they ask for one, another one ends the old."""
    created_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    """Since when they do not take part: nothing asks them, no board counts them; their links go on for their team."""
    deactivated_at: Mapped[datetime | None]

    department: Mapped[Department] = relationship(lazy="raise")

    @property
    def first_name(self) -> str:
        return self.name.split()[0]

    @property
    def is_active(self) -> bool:
        return self.deactivated_at is None


class Topic(Base):
    """What colleagues may choose to see more of, and items may be meant for."""

    __tablename__ = "topic"

    id: Mapped[Key]
    name_nl: Mapped[Line]
    name_en: Mapped[Line]

    def name(self, language: str) -> str:
        return self.name_nl if language == "nl" else self.name_en


class PersonTopic(Base):
    """A topic somebody chose."""

    __tablename__ = "person_topic"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    topic_id: Mapped[int] = mapped_column(
        ForeignKey("topic.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )


class Note(Base):
    """A line for one person, shown on their feed until they put it away: something happened to what they shared or
    proposed."""

    __tablename__ = "note"
    __table_args__ = (
        UniqueConstraint("person_id", "kind", "subject"),
        Index("ix_note_person_id_read_at", "person_id", "read_at"),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    kind: Mapped[Word]
    subject: Mapped[str] = mapped_column(String(120))
    """What it is about, so that nobody hears the same twice: `share:7` or `idea:3`."""
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class Identity(Base):
    """How an identity provider knows a person: issuer and subject together, never an address."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str] = mapped_column(String(400))
    subject: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[datetime]


class WebSession(Base):
    """A browser somebody is signed in with. Only a hash of its cookie is kept."""

    __tablename__ = "web_session"

    id: Mapped[Key]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class MailedLink(Base):
    """A mailed way in, within minutes, or for who left to their own record, within days: spent once, by a POST."""

    __tablename__ = "mailed_link"
    __table_args__ = (CheckConstraint(one_of("leads_to", *MAILED_LINKS), name="leads_to"),)

    id: Mapped[Key]
    leads_to: Mapped[Word]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AuditEntry(Base):
    """Who changed what that others depend on: roles, approvals, exports, settings."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject_kind", "subject_id", "id"),)

    id: Mapped[Key]
    at: Mapped[datetime] = mapped_column(index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    act: Mapped[Word]
    subject_kind: Mapped[Word]
    subject_id: Mapped[int | None]
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
