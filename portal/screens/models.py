"""Office displays: the screens, the codes by which they are paired, what they play, and what they played."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.tables import Base, Key, Line, Word, one_of

AUDIENCES = ("staff", "public")
ORIENTATIONS = ("landscape", "portrait")
SLIDE_KINDS = (
    "newest",
    "campaign",
    "item",
    "vacancy_of_the_day",
    "share_of_the_week",
    "board",
    "goal",
    "contest",
    "thanks",
    "welcome",
    "announcement",
    "clock",
    "on_duty",
    "video",
)


class Screen(Base):
    """A display on a wall. It is known by the hash of its token, may only read, and can be revoked."""

    __tablename__ = "screen"
    __table_args__ = (
        CheckConstraint(one_of("audience", *AUDIENCES), name="audience"),
        CheckConstraint(one_of("orientation", *ORIENTATIONS), name="orientation"),
    )

    id: Mapped[Key]
    name: Mapped[Line]
    place: Mapped[Line] = mapped_column(default="")
    audience: Mapped[Word] = mapped_column(default="staff")
    language: Mapped[Word] = mapped_column(default="nl")
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id", ondelete="SET NULL"))
    """Whose wall it is: their vacancies and thanks come first, and who is on duty for them."""
    playlist_id: Mapped[int | None] = mapped_column(ForeignKey("playlist.id", ondelete="SET NULL"), index=True)
    """None for the house's own playlist."""
    time_zone: Mapped[Word] = mapped_column(default="")
    """An IANA name; "" for the organisation's."""
    orientation: Mapped[Word] = mapped_column(default="landscape")
    is_still: Mapped[bool] = mapped_column(default=False)
    """Whether nothing on it moves: slides change without a fade."""
    night_from: Mapped[int | None]
    night_until: Mapped[int | None]
    """Hours of its own day between which it is dimmed; None for never."""
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    paired_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    paired_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    engine: Mapped[Line] = mapped_column(default="")
    release: Mapped[Word] = mapped_column(default="")
    """What release of ours it runs, as it said last."""
    width: Mapped[int | None]
    height: Mapped[int | None]
    showing: Mapped[Line] = mapped_column(default="")
    """The key of the slide it shows, as it said last."""
    clock_off: Mapped[int | None]
    """Seconds its own clock is ahead of ours, as far as it said."""
    reported: Mapped[Word] = mapped_column(default="")
    """The mark of its last report: the same one sent again is not counted again."""


class Pairing(Base):
    """A display waiting to be let in: the code it shows, good for minutes and for one screen."""

    __tablename__ = "pairing"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(12), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class PairingGuess(Base):
    """A wrong code typed by somebody: too many in a short time and pairing waits."""

    __tablename__ = "pairing_guess"

    id: Mapped[Key]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(index=True)


class Playlist(Base):
    """What some screens play, in an order; the one that is the house's own plays wherever none was chosen."""

    __tablename__ = "playlist"

    id: Mapped[Key]
    name: Mapped[Line] = mapped_column(unique=True)
    is_house: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class Slide(Base):
    """One place in a playlist: a kind of message, and when it is played."""

    __tablename__ = "slide"
    __table_args__ = (
        CheckConstraint(one_of("kind", *SLIDE_KINDS), name="kind"),
        Index("ix_slide_playlist_id_position", "playlist_id", "position"),
    )

    id: Mapped[Key]
    playlist_id: Mapped[int] = mapped_column(ForeignKey("playlist.id", ondelete="CASCADE"))
    position: Mapped[int]
    kind: Mapped[Word]
    title_nl: Mapped[Line] = mapped_column(default="")
    title_en: Mapped[Line] = mapped_column(default="")
    line_nl: Mapped[Line] = mapped_column(default="")
    line_en: Mapped[Line] = mapped_column(default="")
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"))
    picture_digest: Mapped[str] = mapped_column(String(64), default="")
    film_id: Mapped[int | None] = mapped_column(ForeignKey("film.id"))
    seconds: Mapped[int] = mapped_column(default=20)
    weight: Mapped[int] = mapped_column(default=1)
    """How often it comes in one round, 1 to 5."""
    from_minute: Mapped[int] = mapped_column(default=0)
    until_minute: Mapped[int] = mapped_column(default=1440)
    """Minutes of the screen's own day from which and up to which it is played; from above until goes over midnight."""
    weekdays: Mapped[Word] = mapped_column(default="1234567")
    """Each a figure as in ISO 8601."""
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)


class Film(Base):
    """A short video without sound, as it is served."""

    __tablename__ = "film"

    id: Mapped[Key]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    media_type: Mapped[Word]
    body: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime]


class UrgentMessage(Base):
    """Something everybody must see now: it is alone on its screens until it ends."""

    __tablename__ = "urgent_message"

    id: Mapped[Key]
    title: Mapped[Line]
    line: Mapped[Line] = mapped_column(default="")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))


class UrgentScreen(Base):
    """A screen an urgent message is for."""

    __tablename__ = "urgent_screen"

    urgent_message_id: Mapped[int] = mapped_column(
        ForeignKey("urgent_message.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    screen_id: Mapped[int] = mapped_column(
        ForeignKey("screen.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )


class Play(Base):
    """How often and how long one screen showed one thing in one hour: its proof of play."""

    __tablename__ = "play"
    __table_args__ = (UniqueConstraint("screen_id", "hour", "subject"), Index("ix_play_hour", "hour"))

    id: Mapped[Key]
    screen_id: Mapped[int] = mapped_column(ForeignKey("screen.id", ondelete="CASCADE"))
    hour: Mapped[datetime]
    subject: Mapped[Word]
    """What it was: `item:7`, or `slide:3` for what is no item."""
    times: Mapped[int]
    seconds: Mapped[int]
