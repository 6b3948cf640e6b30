"""Many rows in one go, past the ORM: what takes a statement per row there takes one for thousands here.

Rows are tuples in the order of the columns, with moments written by `written`. It all happens in the transaction of
the session, through the connection it already has.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, DateTime, any_, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.tables import Base, Moment

Row = tuple[Any, ...]


def written(db: Session) -> Callable[[datetime], str]:
    """How this database's driver is given a moment."""
    return _for_sqlite if is_sqlite(db) else str


def append(db: Session, table: type[Base], names: Sequence[str], rows: Sequence[Row]) -> None:
    """New rows: COPY on PostgreSQL, one prepared statement on SQLite."""
    if not rows:
        return
    columns, connection = ", ".join(names), db.connection()
    if is_sqlite(db):
        marks = ", ".join("?" * len(names))
        _many(db, f"INSERT INTO {table.__tablename__} ({columns}) VALUES ({marks})", rows)  # noqa: S608
        return
    statement = f"COPY {table.__tablename__} ({columns}) FROM STDIN"
    driver: Any = connection.connection.driver_connection
    errors = connection.dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write("".join(map(_line, rows)))
    except errors as error:
        raise DBAPIError.instance(statement, None, error, errors, dialect=connection.dialect) from error


def add_up(db: Session, table: type[Base], names: Sequence[str], rows: Sequence[Row], *, sums: Sequence[str]) -> None:
    """Rows added to those with the same key, each key once: their `sums` go up, everything else of theirs stays."""
    if not rows:
        return
    sqlite = is_sqlite(db)
    statement = _adding(table, tuple(names), tuple(sums), sqlite=sqlite)
    if sqlite:
        _many(db, statement, rows)
    else:
        db.connection().exec_driver_sql(statement, tuple(list(column) for column in zip(*rows, strict=True)))


def change(db: Session, table: type[Base], names: Sequence[str], rows: Sequence[Row]) -> None:
    """Set the columns `names` of rows by id, the last part of each row."""
    if not rows:
        return
    mark = "?" if is_sqlite(db) else "%s"
    settings = ", ".join(f"{name} = {mark}" for name in names)
    _many(db, f"UPDATE {table.__tablename__} SET {settings} WHERE id = {mark}", rows)  # noqa: S608


def _many(db: Session, statement: str, rows: Sequence[Row]) -> None:
    db.connection().exec_driver_sql(statement, list(rows))


def new_ids(db: Session, table: type[Base], count: int) -> Sequence[int]:
    """As many ids above all there are, rising. Nobody else may take any during the transaction."""
    name = table.__tablename__
    if is_sqlite(db):
        last = db.scalar(text(f"SELECT max(id) FROM {name}")) or 0  # noqa: S608
        return range(last + 1, last + 1 + count)
    sequence = "pg_get_serial_sequence(:name, 'id')"
    taken = text(f"SELECT setval({sequence}, nextval({sequence}) + :more)")
    last = db.scalars(taken, {"name": name, "more": count - 1}).one() if count else 0
    return range(last - count + 1, last + 1)


def among(db: Session, column: InstrumentedAttribute[Any], values: Collection[int]) -> ColumnElement[bool]:
    """Whether a column holds one of these numbers, however many they are: one parameter, one plan."""
    if is_sqlite(db):
        given = func.json_each(f"[{','.join(map(str, values))}]").table_valued("value")
        return column.in_(select(given.c.value))
    return column == any_(bindparam(None, list(values), ARRAY(BigInteger)))


def is_sqlite(db: Session) -> bool:
    return db.get_bind().dialect.name == "sqlite"


def _for_sqlite(moment: datetime) -> str:
    if moment.tzinfo is UTC and moment.microsecond:  # the usual case, in one step
        return str(moment)[:26]
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _line(row: Row) -> str:
    """One line of COPY's text format."""
    return "\t".join([r"\N" if value is None else _escaped(str(value)) for value in row]) + "\n"


def _escaped(text: str) -> str:
    # Looked at first: next to nothing needs it, and replacing takes ten times as long as looking.
    return text if text.isprintable() and "\\" not in text else text.translate(_ESCAPED)


@cache
def _adding(table: type[Base], names: tuple[str, ...], sums: tuple[str, ...], *, sqlite: bool) -> str:
    name, columns = table.__tablename__, ", ".join(names)
    key = ", ".join(column.name for column in table.__table__.primary_key)
    added = ", ".join(f"{each} = {name}.{each} + excluded.{each}" for each in sums)
    if sqlite:
        source = f"VALUES ({', '.join('?' * len(names))})"
    else:
        arrays = ", ".join(f"%s::{_type(table, each)}[]" for each in names)
        source = f"SELECT * FROM unnest({arrays})"  # noqa: S608
    return f"INSERT INTO {name} ({columns}) {source} ON CONFLICT ({key}) DO UPDATE SET {added}"


def _type(table: type[Base], name: str) -> str:
    """The type of a column, in PostgreSQL's words."""
    kind = table.__table__.columns[name].type
    if isinstance(kind, Moment | DateTime):
        return "timestamptz"
    return "text" if kind.python_type is str else "bigint"
