"""What is kept while the database is unchanged: for readers only, and never past a commit."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.database import Database
from portal.unchanged import while_unchanged
from tests import make


def test_what_was_found_is_kept_until_somebody_commits(db: Database) -> None:
    found = iter(range(100))

    def ask(session: Session) -> int:
        return while_unchanged(session, "number", lambda: next(found))

    with db.reading() as session:
        assert [ask(session), ask(session)] == [0, 0]
    with db.reading() as earlier:
        assert ask(earlier) == 0
        with db.writing() as session:
            assert [ask(session), ask(session)] == [1, 2]  # who writes finds anew
            make.person(session)
        assert ask(earlier) == 0  # one view of the database, to the end
        with db.reading() as session:
            assert ask(session) == 3
        assert while_unchanged(earlier, "late", lambda: "of the old view") == "of the old view"
    with db.reading() as session:
        assert while_unchanged(session, "late", lambda: "of the new one") == "of the new one"


def test_a_session_that_has_looked_already_keeps_nothing(db: Database) -> None:
    with db.reading() as session:
        session.execute(text("SELECT 1"))
        assert [while_unchanged(session, "late", lambda: "before"), while_unchanged(session, "late", str)] == [
            "before",
            "",
        ]


def test_nothing_found_is_not_kept(db: Database) -> None:
    with db.reading() as session:
        assert while_unchanged(session, "kept", lambda: "once") == "once"
        assert while_unchanged(session, "none", lambda: None) is None
    with db.reading() as session:
        assert while_unchanged(session, "none", lambda: "there") == "there"


def test_a_connection_that_breaks_is_made_anew(db: Database) -> None:
    with db.reading() as session:
        assert while_unchanged(session, "kept", lambda: "once") == "once"
    db.dispose()
    with db.reading() as session:
        assert while_unchanged(session, "kept", lambda: "afresh") == "afresh"
    with db.reading() as session:
        assert while_unchanged(session, "kept", lambda: "not asked") == "afresh"


def test_of_many_who_ask_at_once_one_looks(db: Database) -> None:
    ready, looked = Barrier(6), list[int]()

    def ask(number: int) -> int:
        with db.reading() as session:
            ready.wait()
            return while_unchanged(session, "at once", lambda: looked.append(number) or number)  # type: ignore[func-returns-value]

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(ask, range(1, 7)))) == len(looked) == 1
