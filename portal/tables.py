"""What every table shares: naming of constraints, moments in UTC, keys that are never used twice."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

LARGEST_ID = 2**63 - 1
"""The largest key either database holds; anything above it cannot exist."""


class Moment(TypeDecorator[datetime]):
    """An aware datetime in UTC, on both databases. Refuses naive ones, which would mean a guessed zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Instant(TypeDecorator[datetime]):
    """A `Moment` kept as microseconds since 1970: small, and quick to write, where rows come by the million."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else instant(value)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Since 1970. Refuses naive datetimes, which would mean a guessed zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its zone")
    return (moment - EPOCH) // timedelta(microseconds=1)


def instant(microseconds: int) -> datetime:
    """So many microseconds after 1970 began, in UTC. Raises OverflowError beyond the year 9999."""
    return EPOCH + timedelta(microseconds=microseconds)


class Base(DeclarativeBase):
    # Named constraints, so that a migration can find each one again on both databases.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    # SQLite numbers rows itself only in a column called INTEGER, which there holds 64 bits as well.
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Moment(),
        str: Text(),
        int: BigInteger().with_variant(Integer, "sqlite"),
    }
    # Links, activity and screens refer to ids long after a row is gone: SQLite must not hand one out again.
    __table_args__: Any = {"sqlite_autoincrement": True}  # noqa: RUF012


Key = Annotated[int, mapped_column(primary_key=True)]
Word = Annotated[str, mapped_column(String(40))]
"""A term of the glossary stored as itself: a kind, a state, a network, a language."""
Line = Annotated[str, mapped_column(String(400))]


def one_of(column: str, *words: str) -> str:
    """The text of a CHECK constraint: `column` holds one of `words`."""
    # Not IN: SQLite builds the list it looks in anew for every row, which takes longer than all the rest of writing it.
    return " OR ".join(f"{column} = {word!r}" for word in words)
