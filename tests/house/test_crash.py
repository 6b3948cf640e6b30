"""What was acknowledged is there after kill -9, ten times on either database, under load."""

import http.client
from pathlib import Path

import pytest
from sqlalchemy import select

from benchmarks import crash
from portal.database import Database
from portal.people.models import Department
from tests.links import recount
from tests.process import Browser, PortalProcess

CONNECTIONS, DEPTH = 3, 4


@pytest.mark.parametrize(("workers", "rounds"), [(1, 6), (2, 4)])
def test_nothing_acknowledged_is_lost(
    workers: int, rounds: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Clicks by way of the journal, and what people type by way of the database; no click counts twice."""
    departments: list[str] = []
    admins: dict[PortalProcess, Browser] = {}

    def add_departments(portal: PortalProcess, turn: int) -> None:
        try:
            admin = admins.setdefault(portal, Browser(portal, "admin"))
            for number in range(10_000):
                name = f"Team {turn}-{number}"
                if admin.post("/people/departments", {"name": name}).status == 303:
                    departments.append(name)
        except (OSError, http.client.HTTPException):
            return

    with crash.database_url(request.config.getoption("--database"), tmp_path) as url:
        found = crash.crash(
            url,
            tmp_path,
            rounds=rounds,
            workers=workers,
            connections=CONNECTIONS,
            depth=DEPTH,
            longest=0.6,
            seed=workers,
            beside=add_departments,
        )
        database = Database(url)
        with database.reading() as db:
            kept = set(db.scalars(select(Department.name)))
            figures_are_right = recount.kept(db) == recount.recounted(db)
        database.dispose()
    assert (found.lost, found.doubled, found.rollups_equal, figures_are_right) == (0, 0, True, True)
    # Some requests of each connection were on their way at each kill: recorded though their answers never came.
    assert found.answered <= found.recorded <= found.answered + rounds * CONNECTIONS * DEPTH
    assert found.answered > rounds * CONNECTIONS * DEPTH
    assert departments
    assert set(departments) <= kept
