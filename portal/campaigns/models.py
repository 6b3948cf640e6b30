"""What there is to share: campaigns, their items with texts and captions, pictures, and who approved what."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.tables import Base, Key, Line, Word, one_of

KINDS = ("vacancy", "promotion", "article", "event", "video", "story", "contest")
KINDS_THAT_END = ("vacancy", "promotion", "event", "contest")
"""Kinds nobody may share after their day: an end date is asked for."""
KINDS_THAT_ADVERTISE = ("promotion", "contest")
"""Kinds that sell something, so that a share says it is advertising unless its editor decides otherwise."""
KINDS_WITH: dict[str, tuple[str, ...]] = {
    "place": ("vacancy", "event", "article", "story"),
    "hours": ("vacancy",),
    "recruiter": ("vacancy",),
    "happens_at": ("event",),
    "video_url": ("video",),
    "conditions": KINDS_THAT_ADVERTISE,
    "disclosure": KINDS_THAT_ADVERTISE,
}
"""The kinds that have a field; every kind has those not named here."""
DISCLOSURES = ("usual", "advertising")
"""How strongly a share says whose words it carries: where the sharer works, or also that it is advertising."""
RECALL_REASONS = ("ended", "filled", "corrected")
AUDIENCES = ("department", "language", "topic")
STATES = ("draft", "in_review", "approved", "recalled")
MEASURES = ("applications", "appointments", "registrations", "visits")
STEPS = ("submitted", "approved", "returned", "recalled", "reopened", "undone")
ANY_NETWORK = "any"
CAPTION_NETWORKS = {
    "linkedin": "LinkedIn",
    "whatsapp": "WhatsApp",
    "x": "X",
    "facebook": "Facebook",
    "bluesky": "Bluesky",
    "mastodon": "Mastodon",
    "threads": "Threads",
    "email": "E-mail",
    "teams": "Teams",
}
"""The networks a caption can be written for, besides any; the key is the one used by sharing."""


class Picture(Base):
    """A picture as it is served: re-encoded, without the data a camera adds. `digest` is its address."""

    __tablename__ = "picture"

    id: Mapped[Key]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    width: Mapped[int]
    height: Mapped[int]
    created_at: Mapped[datetime]


class PictureSize(Base):
    """One rendering of a picture: `card` 1200x630, `thumb` 480x252, `wall` 1920x1080 as JPEG, and `full`, the
    whole picture within 2400x2400. A logo has only `logo`, a PNG within 256x256."""

    __tablename__ = "picture_size"
    __table_args__ = (UniqueConstraint("picture_id", "name"),)

    id: Mapped[Key]
    picture_id: Mapped[int] = mapped_column(ForeignKey("picture.id", ondelete="CASCADE"))
    name: Mapped[Word]
    media_type: Mapped[Word]
    body: Mapped[bytes] = mapped_column(LargeBinary)


class Campaign(Base):
    __tablename__ = "campaign"
    __table_args__ = (CheckConstraint(one_of("goal_measure", *MEASURES), name="goal_measure"),)

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    goal_measure: Mapped[Word]
    goal_number: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    utm_template: Mapped[str] = mapped_column(String(500), default="")
    """The tags a click takes along, as `tags` reads them; "" for the usual ones."""
    utm_overwrites: Mapped[bool] = mapped_column(default=False)
    """Whether these tags take the place of what an item's address already says."""
    version: Mapped[int] = mapped_column(default=1)
    """Raised by every change; an edit that started from an older one is refused, not written over."""
    archived_at: Mapped[datetime | None]
    """When it was put away: it is on no list, and its figures stay."""
    announces: Mapped[bool] = mapped_column(default=False)
    """Whether colleagues who want mail get one at the launch, within what they may be asked in a week."""
    announced_at: Mapped[datetime | None]
    kit_digest: Mapped[str] = mapped_column(String(64), default="")
    """When loaded from a kit: 32 characters for what the kit said, then 32 for the rows it left behind. The
    first half tells whether the kit changed since, the second whether somebody edited it in the portal."""

    texts: Mapped[list["CampaignText"]] = relationship(lazy="raise", cascade="all, delete-orphan")
    items: Mapped[list["Item"]] = relationship(lazy="raise", back_populates="campaign")

    def text(self, language: str) -> "CampaignText":
        """The campaign's words in `language`, else in the language that was written."""
        return next((text for text in self.texts if text.language == language), self.texts[0])

    def runs_on(self, day: date) -> bool:
        """Whether `day` is one of its days; a campaign that was archived is over."""
        return self.archived_at is None and self.starts_on <= day <= self.ends_on


class CampaignText(Base):
    __tablename__ = "campaign_text"
    __table_args__ = (UniqueConstraint("campaign_id", "language"),)

    id: Mapped[Key]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"))
    language: Mapped[Word]
    title: Mapped[Line]
    summary: Mapped[str] = mapped_column(default="")
    banner: Mapped[Line] = mapped_column(default="")
    """The line on the mail signature's banner, at most 42 characters."""


class Item(Base):
    __tablename__ = "item"
    __table_args__ = (
        UniqueConstraint("campaign_id", "slug"),
        CheckConstraint(one_of("kind", *KINDS), name="kind"),
        CheckConstraint(one_of("state", *STATES), name="state"),
        CheckConstraint(one_of("disclosure", *DISCLOSURES), name="disclosure"),
        CheckConstraint(one_of("recall_reason", "", *RECALL_REASONS), name="recall_reason"),
        Index("ix_item_state", "state", "publish_at", "campaign_id"),
        Index("ix_item_campaign_id", "campaign_id", "state", "publish_at"),
    )

    id: Mapped[Key]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    slug: Mapped[str] = mapped_column(String(80))
    kind: Mapped[Word]
    target_url: Mapped[str] = mapped_column(String(2000))
    place: Mapped[Line] = mapped_column(default="")
    hours: Mapped[Line] = mapped_column(default="")
    """Of a vacancy, such as 32 to 40."""
    recruiter: Mapped[Line] = mapped_column(default="")
    """Whom to ask about a vacancy."""
    happens_at: Mapped[datetime | None]
    """When an event begins."""
    video_url: Mapped[str] = mapped_column(String(2000), default="")
    disclosure: Mapped[Word] = mapped_column(default="usual")
    fits: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Keys of the networks it is meant for; empty for all of them."""
    state: Mapped[Word] = mapped_column(default="draft")
    publish_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("picture.id"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    """Who edited last: with the four-eyes rule that person cannot approve."""
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    recalled_at: Mapped[datetime | None]
    recall_reason: Mapped[Word] = mapped_column(default="")
    recall_note: Mapped[Line] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    """Raised by every change and every step of approval."""
    kit_digest: Mapped[str] = mapped_column(String(64), default="")
    """As on a campaign: what the kit said, then what it left behind."""
    announced: Mapped[bool] = mapped_column(default=False)
    """Whether the activity log last said that it is live."""
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("item.id", ondelete="SET NULL"))
    """What visitors of its links are shown once it is over."""

    campaign: Mapped[Campaign] = relationship(lazy="raise", back_populates="items")
    texts: Mapped[list["ItemText"]] = relationship(lazy="raise", cascade="all, delete-orphan")
    captions: Mapped[list["Caption"]] = relationship(lazy="raise", cascade="all, delete-orphan", order_by="Caption.id")
    picture: Mapped[Picture | None] = relationship(lazy="raise")
    audience: Mapped[list["ItemAudience"]] = relationship(lazy="raise", cascade="all, delete-orphan")

    def text(self, language: str) -> "ItemText":
        """The item's words in `language`, else in the language that was written."""
        return next((text for text in self.texts if text.language == language), self.texts[0])

    def captions_for(self, network: str, language: str) -> list["Caption"]:
        """What may be shared on `network` in `language`: its own captions first, then those for any."""
        fitting = [c for c in self.captions if c.language == language and c.network in (network, ANY_NETWORK)]
        return sorted(fitting, key=lambda caption: caption.network == ANY_NETWORK)

    def is_published(self, at: datetime | None = None) -> bool:
        """Whether it is approved and within its own days, whatever those of its campaign."""
        at = at or clock.now()
        return self.state == "approved" and self.publish_at <= at and not self.has_ended(at)

    def is_live(self, at: datetime | None = None) -> bool:
        """Whether it is on the feed: approved, within its own days and its campaign's, which must be loaded."""
        at = at or clock.now()
        return self.is_published(at) and self.campaign.runs_on(clock.local(at).date())

    def has_ended(self, at: datetime | None = None) -> bool:
        return self.ends_at is not None and self.ends_at <= (at or clock.now())


class ItemText(Base):
    __tablename__ = "item_text"
    __table_args__ = (UniqueConstraint("item_id", "language"),)

    id: Mapped[Key]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    language: Mapped[Word]
    title: Mapped[Line]
    summary: Mapped[str] = mapped_column(default="")
    conditions: Mapped[str] = mapped_column(default="")
    picture_alt: Mapped[Line] = mapped_column(default="")


class Caption(Base):
    __tablename__ = "caption"

    id: Mapped[Key]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), index=True)
    network: Mapped[Word]
    language: Mapped[Word]
    body: Mapped[str]


class ItemAudience(Base):
    """For whom an item is meant: in one of its departments, with one of its languages and topics; all without rows."""

    __tablename__ = "item_audience"
    __table_args__ = (
        CheckConstraint(one_of("kind", *AUDIENCES), name="kind"),
        Index("ix_item_audience_kind_value", "kind", "value"),
    )

    item_id: Mapped[int] = mapped_column(
        ForeignKey("item.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    kind: Mapped[Word] = mapped_column(primary_key=True)
    value: Mapped[Word] = mapped_column(primary_key=True)
    """The id of a department or topic, or a language."""


class Revision(Base):
    """What an item said at one version, to show what an edit changed."""

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("item_id", "version"),)

    id: Mapped[Key]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    version: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]


class ReviewRequest(Base):
    """Somebody outside who was asked to look at one item: a link that works once, for this item, until it expires."""

    __tablename__ = "review_request"

    id: Mapped[Key]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), index=True)
    item_version: Mapped[int]
    """What was shown; an answer to anything older is none."""
    name: Mapped[Line]
    email: Mapped[str] = mapped_column(String(320), default="")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    expires_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]


class Ask(Base):
    """Once that somebody was asked for something: what the budget of a week is counted from."""

    __tablename__ = "ask"
    __table_args__ = (
        UniqueConstraint("person_id", "channel", "subject"),
        Index("ix_ask_person_id_at", "person_id", "at"),
        Index("ix_ask_campaign_id", "campaign_id"),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    channel: Mapped[Word]
    """How it reached them: `mail`, `push`."""
    subject: Mapped[str] = mapped_column(String(120))
    """What it was about, so that nobody is asked the same twice: `campaign:3`."""
    at: Mapped[datetime]


class Approval(Base):
    """One step of an item's way to the feed, by whom and why: submitted, approved, returned, recalled, reopened, or
    the recall undone."""

    __tablename__ = "approval"
    __table_args__ = (CheckConstraint(one_of("step", *STEPS), name="step"),)

    id: Mapped[Key]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), index=True)
    item_version: Mapped[int]
    step: Mapped[Word]
    note: Mapped[str] = mapped_column(default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    reviewer: Mapped[Line] = mapped_column(default="")
    """The name of whoever took the step from outside; "" when a colleague did."""
    at: Mapped[datetime]
