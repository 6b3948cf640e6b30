"""What was acknowledged is there after kill -9, twenty times over, under load, on both databases."""

import http.client
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import func, select

from portal.database import Database
from portal.links.models import Click, Link
from portal.people.models import Department
from tests.client import HUMAN
from tests.postgres import PostgreSQL
from tests.process import Browser, PortalProcess

ROUNDS = 20
CLICKERS = 3


@dataclass
class Acknowledged:
    """What the server said yes to, kept outside of it."""

    clicks: dict[str, int] = field(default_factory=dict)
    departments: list[str] = field(default_factory=list)


@pytest.fixture
def crash_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.config.getoption("--database") == "postgresql":
        with PostgreSQL(fsync=True) as server:
            server.create_database("crash")
            yield server.url("crash")
    else:
        yield f"sqlite:///{tmp_path / 'portal.db'}"


def test_nothing_acknowledged_is_lost(crash_url: str, tmp_path: Path) -> None:
    dice = random.Random(7)
    kept = Acknowledged()
    portal = PortalProcess(tmp_path, settings={"PORTAL_DATABASE_URL": crash_url, "PORTAL_LOG_FORMAT": "json"})
    with portal:
        admin = Browser(portal, "admin")
        codes = [Browser(portal, person).share(network) for person, network in SHARERS]
        kept.clicks = dict.fromkeys(codes, 0)
        pause = threading.Event()
        for number in range(ROUNDS):
            load = [threading.Thread(target=click, args=(portal, code, kept)) for code in codes]
            load.append(threading.Thread(target=add_departments, args=(admin, number, kept)))
            for thread in load:
                thread.start()
            pause.wait(dice.uniform(0.1, 0.5))
            portal.kill()
            for thread in load:
                thread.join()
            portal.start()
        assert portal.stop() == 0
    database = Database(crash_url)
    with database.reading() as db:
        counts = select(Link.code, func.count(Click.id)).join(Click, Click.link_id == Link.id).group_by(Link.code)
        recorded = dict(db.execute(counts).all())
        departments = set(db.scalars(select(Department.name)))
    database.dispose()
    assert sum(kept.clicks.values()) > ROUNDS * CLICKERS
    for code, answered in kept.clicks.items():
        # One request of each clicker was on its way at each kill: recorded though its answer never came.
        assert answered <= recorded[code] <= answered + ROUNDS
    assert len(kept.departments) > ROUNDS / 2
    assert set(kept.departments) <= departments


SHARERS = (("member", "linkedin"), ("colleague", "whatsapp"), ("editor", "bluesky"))


def click(portal: PortalProcess, code: str, kept: Acknowledged) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=10)
    headers = {"User-Agent": HUMAN, "Accept": "text/html", "Accept-Language": "nl"}
    try:
        while True:
            connection.request("GET", f"/r/{code}", headers=headers)
            response = connection.getresponse()
            response.read()
            if response.status == 302:
                kept.clicks[code] += 1
    except (OSError, http.client.HTTPException):
        connection.close()


def add_departments(admin: Browser, number: int, kept: Acknowledged) -> None:
    for each in range(10_000):
        name = f"Team {number}-{each}"
        try:
            said = admin.post("/people/departments", {"name": name})
        except (OSError, http.client.HTTPException):
            return
        if said.status == 303:
            kept.departments.append(name)
