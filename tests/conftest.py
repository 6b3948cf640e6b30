"""Fixtures: one application and one database for the whole run, emptied between tests; a small cast of people."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal
from playwright.sync_api import Browser, sync_playwright
from starlette.applications import Starlette
from xdist.remote import Producer

from portal import i18n, logs, migrations, settings
from portal.app import create_app
from portal.database import Database
from portal.links.onward import guesses
from portal.models import metadata
from portal.screens import state
from tests import chromium, make
from tests.client import Client
from tests.postgres import PostgreSQL
from tests.process import SAMPLE
from tests.together import Together

BASE_URL = "http://localhost:8000"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")


def pytest_configure(config: pytest.Config) -> None:
    if SAMPLE not in os.environ:  # the processes this one starts find it there
        folder = tempfile.TemporaryDirectory(prefix="sample-")
        os.environ[SAMPLE] = folder.name
        config.add_cleanup(folder.cleanup)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    return Together(config, log)


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="portal-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A real server, started by the first test that asks."""
    server = PostgreSQL(vacuums=False)
    server.start()
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def database_url(request: pytest.FixtureRequest, data_dir: Path) -> str:
    if request.config.getoption("--database") == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgresql")
        name = f"portal_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
        server.create_database(name)
        url = server.url(name)
    else:
        url = f"sqlite:///{data_dir / 'portal.db'}"
    migrations.upgrade(url)
    return url


@pytest.fixture(scope="session")
def chosen(database_url: str, data_dir: Path) -> settings.Settings:
    return settings.load(
        {},
        database_url=database_url,
        data_dir=data_dir,
        base_url=BASE_URL,
        secret="a long secret for tests, 0123456789-abcdef",
        practice_sign_in=True,
        mail_url="smtp://127.0.0.1:1",
        mail_from="portal@noorderhout.example",
        mail_per_second=10_000,
    )


@pytest.fixture(scope="session")
def whole_app(chosen: settings.Settings) -> Iterator[Starlette]:
    logs.set_up("json")
    app = create_app(chosen, background=False)
    yield app
    app.state.database.dispose()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this process: Playwright allows no second one beside it."""
    with sync_playwright() as playwright:
        found = chromium.launch(playwright)
        yield found
        found.close()


@pytest.fixture(scope="session", autouse=True)
def loop() -> Iterator[None]:
    """One event loop for the requests of all tests, as a server has one."""
    with start_blocking_portal() as Client.loop:
        yield
    Client.loop = None


@pytest.fixture(autouse=True)
def dutch() -> None:
    """Every test begins in the language most colleagues read."""
    i18n.language.set("nl")


@pytest.fixture
def app(whole_app: Starlette, chosen: settings.Settings) -> Starlette:
    """The application, over an emptied database with an organisation in it."""
    settings.put_in_force(chosen)
    empty(whole_app.state.database)
    make.empty_journal(whole_app)
    guesses.clear()
    state.forget()
    with whole_app.state.database.writing() as session:
        make.organisation(session)
    return whole_app


@pytest.fixture
def db(app: Starlette) -> Database:
    database: Database = app.state.database
    return database


@pytest.fixture
def client(app: Starlette) -> Client:
    """A browser nobody is signed in with."""
    return Client(app)


@pytest.fixture
def ana(app: Starlette, db: Database) -> Client:
    """A member, in Service."""
    return Client.signed_in(app, make.cast(db, "ana"))


@pytest.fixture
def bram(app: Starlette, db: Database) -> Client:
    """An editor, in Marketing."""
    return Client.signed_in(app, make.cast(db, "bram"))


@pytest.fixture
def cleo(app: Starlette, db: Database) -> Client:
    """A member of another team, Productie, who reads English."""
    return Client.signed_in(app, make.cast(db, "cleo"))


@pytest.fixture
def dina(app: Starlette, db: Database) -> Client:
    """An administrator, in IT."""
    return Client.signed_in(app, make.cast(db, "dina"))


def empty(database: Database) -> None:
    """Leave every table without rows, and have numbers begin at 1 again."""
    names = [table.name for table in reversed(metadata.sorted_tables)]
    with database.writer.connect() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            for name in names:
                connection.exec_driver_sql(f'DELETE FROM "{name}"')
        else:
            # TRUNCATE would give each table new files, and have every connection learn all tables anew.
            deletes = "; ".join(f'DELETE FROM "{name}"' for name in names)
            connection.exec_driver_sql(f"SET LOCAL session_replication_role = replica; {deletes}")
            connection.exec_driver_sql(
                "SELECT setval(seqrelid, 1, false) FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL"
            )
        connection.commit()
