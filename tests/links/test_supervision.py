"""The ingest beside a server: it follows within a moment, is started again when it dies, and finishes at the end."""

import os
import signal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from portal.database import Database
from portal.links.models import Click
from tests.client import HUMAN
from tests.process import Browser, PortalProcess, is_over, until

pytestmark = pytest.mark.once

PERSON = {"User-Agent": HUMAN, "Accept": "text/html", "Accept-Language": "nl"}


def clicks(database: Database) -> int:
    with database.reading() as db:
        return db.scalar(select(func.count()).where(Click.agent == HUMAN)) or 0


def test_a_server_and_its_ingest(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'portal.db'}")
    portal = PortalProcess(tmp_path, settings={"PORTAL_LOG_FORMAT": "json"})
    with portal:
        code = Browser(portal, "member").share("linkedin")
        visitor = Browser(portal)
        assert visitor.get(f"/r/{code}", PERSON).status == 302
        assert until(lambda: clicks(database) == 1)

        [first] = portal.doing("ingest")
        first.kill()
        assert visitor.get(f"/r/{code}", PERSON).status == 302  # answered while nobody counts
        assert until(lambda: clicks(database) == 2)
        [second] = portal.doing("ingest")
        assert second.pid != first.pid

        # What a terminal or a service manager sends to every process must not end it before the server.
        os.kill(second.pid, signal.SIGTERM)
        os.kill(second.pid, signal.SIGINT)
        second.suspend()
        assert [visitor.get(f"/r/{code}", PERSON).status for _ in range(20)] == [302] * 20
        assert second.is_running()
        second.resume()
        assert portal.stop() == 0
        assert not second.is_running()
        assert clicks(database) == 22
    portal.start()
    try:
        [third] = portal.doing("ingest")
        assert Browser(portal).get(f"/r/{code}", PERSON).status == 302
        portal.kill()
        # Without its server it reads the rest and ends by itself.
        assert until(lambda: is_over(third))
        assert clicks(database) == 23
    finally:
        database.dispose()
