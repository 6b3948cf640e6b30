"""Who works here: the organisation, its departments and people, and how they are known."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.i18n import LANGUAGES
from portal.tables import Base, Key, Line, Word, one_of

ROLES = ("member", "editor", "admin")
NAME_SHOWN = ("hidden", "pseudonym", "name")


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
    created_at: Mapped[datetime]
    deactivated_at: Mapped[datetime | None]

    department: Mapped[Department] = relationship(lazy="raise")

    @property
    def first_name(self) -> str:
        return self.name.split()[0]

    @property
    def is_active(self) -> bool:
        return self.deactivated_at is None


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


class SignInLink(Base):
    """A mailed way in: spent once, by a POST, within minutes."""

    __tablename__ = "sign_in_link"

    id: Mapped[Key]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AuditEntry(Base):
    """Who changed what that others depend on: roles, approvals, exports, settings."""

    __tablename__ = "audit_entry"

    id: Mapped[Key]
    at: Mapped[datetime] = mapped_column(index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    act: Mapped[Word]
    subject_kind: Mapped[Word]
    subject_id: Mapped[int | None]
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
