"""The rota: whose turn it is to mind a department's accounts."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.database import Database
from portal.handbook.models import Duty
from portal.people.models import AuditEntry
from tests import make
from tests.client import Client


def test_an_editor_gives_turns_and_everybody_sees_whose_it_is(bram: Client, ana: Client, db: Database) -> None:
    team, today = ana.person.department_id, clock.today()
    fields = {"person_id": str(ana.person.id), "from_day": today.isoformat(), "until_day": ""}
    answer = bram.post(f"/rota/{team}", data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/rota?department={team}")
    page = ana.get("/rota").text
    assert ("Vandaag: Ana Dekker." in page, "Iemand een beurt geven" in page) == (True, False)
    again = bram.post(f"/rota/{team}", data=fields)
    assert (again.status_code, "Op deze dagen heeft die collega al een beurt." in again.text) == (422, True)
    assert bram.post("/rota/turns/1/removal").status_code == 303
    assert bram.post("/rota/turns/1/removal").status_code == 404
    assert "Vandaag heeft niemand een beurt." in ana.get("/rota").text
    with db.reading() as session:
        assert session.scalars(select(Duty)).all() == []
        acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
    assert acts[-2:] == ["duty_added", "duty_removed"]


@pytest.mark.once
@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("person_id", "", "Kies iemand van deze afdeling."),
        ("from_day", "", "Kies de eerste dag."),
        ("from_day", "31-02-2026", "Kies een dag uit de kalender."),
        ("from_day", "2199-01-01", "De laatste dag ligt voor de eerste."),
        ("until_day", "2020-01-01", "De laatste dag ligt voor de eerste."),
        ("until_day", "2120-01-01", "Een beurt duurt hooguit drie maanden."),
    ],
)
def test_what_cannot_be_comes_back(bram: Client, ana: Client, field: str, value: str, sentence: str) -> None:
    soon = (clock.today() + timedelta(days=3)).isoformat()
    fields = {"person_id": str(ana.person.id), "from_day": soon, "until_day": soon}
    answer = bram.post(f"/rota/{ana.person.department_id}", data=fields | {field: value})
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert field == "until_day" or f'value="{soon}"' in answer.text


def test_somebody_of_another_team_and_members_cannot(bram: Client, cleo: Client, db: Database) -> None:
    with db.writing() as session:
        team = make.department(session, "Service")
    fields = {"person_id": str(cleo.person.id), "from_day": clock.today().isoformat()}
    assert bram.post(f"/rota/{team.id}", data=fields).status_code == 422
    assert cleo.post(f"/rota/{team.id}", data=fields).status_code == 403
