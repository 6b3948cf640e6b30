"""What pages ask of the database, so that a list can be shown to cost the same for one row and for fifty."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from portal.database import Database
from tests.client import Client


@contextmanager
def asked(db: Database) -> Iterator[list[str]]:
    """The statements of everything that reads within the block, with nothing kept from before it.

    PostgreSQL does not say in which of its databases something was committed: what is kept is forgotten when another
    test writes, so counting it would give one number today and another tomorrow.
    """
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    event.listen(db.reader, "before_cursor_execute", note)
    try:
        with db.keeping_nothing():
            yield statements
    finally:
        event.remove(db.reader, "before_cursor_execute", note)


def cost(someone: Client, path: str, db: Database) -> int:
    """How many statements it takes to answer this page, to somebody who has looked at it before."""
    someone.get(path)
    with asked(db) as statements:
        assert someone.get(path).status_code == 200
    return len(statements)
