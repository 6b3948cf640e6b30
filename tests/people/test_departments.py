"""Departments, and their own accounts on networks."""

import pytest
from sqlalchemy import select

from portal.people.models import Account, Department
from tests import make
from tests.client import Client


def _names(db) -> list[str]:
    with db.reading() as reading:
        return sorted(reading.scalars(select(Department.name)).all())


def test_an_admin_adds_and_renames_departments(dina: Client, db) -> None:
    assert dina.post("/people/departments", data={"name": "  Inkoop "}).status_code == 303
    assert _names(db) == ["IT", "Inkoop"]
    with db.reading() as reading:
        inkoop = reading.scalars(select(Department.id).where(Department.name == "Inkoop")).one()
    answer = dina.post(f"/people/departments/{inkoop}", data={"name": "Inkoop & logistiek"})
    assert "Inkoop &amp; logistiek" in dina.follow(answer).text
    assert _names(db) == ["IT", "Inkoop & logistiek"]


@pytest.mark.parametrize("name", ["", "  ", "it", "IT", "i" * 81, "Zw\u202eart"])
def test_a_name_must_be_there_and_free(dina: Client, db, name: str) -> None:
    assert dina.post("/people/departments", data={"name": name}).status_code == 422
    assert _names(db) == ["IT"]


def test_a_name_with_accents_is_free_only_once(dina: Client, db) -> None:
    assert dina.post("/people/departments", data={"name": "Élan"}).status_code == 303
    assert dina.post("/people/departments", data={"name": "élan"}).status_code == 422


def test_a_refused_new_name_comes_back_beside_its_field(dina: Client, ana: Client, db) -> None:
    page = dina.post(f"/people/departments/{ana.person.department_id}", data={"name": "IT"}).text
    assert "Er is al een afdeling met deze naam." in page
    assert 'value="IT"' in page
    assert _names(db) == ["IT", "Service"]


def test_accounts_are_added_and_removed(dina: Client, ana: Client, db) -> None:
    team = ana.person.department_id
    data = {
        "network": "linkedin",
        "url": "https://www.linkedin.com/company/noorderhout",
        "name": "Noorderhout",
    }
    assert dina.post(f"/people/departments/{team}/accounts", data=data).status_code == 303
    twice = dina.post(f"/people/departments/{team}/accounts", data=data)
    assert twice.status_code == 422
    assert "Dit account staat al op de lijst." in twice.text
    with db.reading() as reading:
        account = reading.scalars(select(Account)).one()
        assert (account.department_id, account.network, account.url) == (team, data["network"], data["url"])
    assert dina.post(f"/people/accounts/{account.id}/remove").status_code == 303
    assert dina.post(f"/people/accounts/{account.id}/remove").status_code == 404
    with db.reading() as reading:
        assert reading.scalars(select(Account)).all() == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", ""),
        ("url", "http://noorderhout.example"),
        ("url", "javascript:alert(1)"),
        ("url", "https://"),
        ("url", "https://user:secret@noorderhout.example/"),
        ("url", "https://noorderhout.example/\\evil"),
        ("url", "https://noorderhout.example:99999/"),
        ("url", "https://a b.example/"),
        ("url", "https://noorderhout.example/" + "a" * 500),
        ("network", "myspace"),
        ("network", ""),
        ("name", "n" * 81),
    ],
)
def test_an_account_that_cannot_be_kept_gets_a_sentence(dina: Client, ana: Client, db, field: str, value: str) -> None:
    good = {"network": "linkedin", "url": "https://noorderhout.example/", "name": "Ons"}
    path = f"/people/departments/{ana.person.department_id}/accounts"
    answer = dina.post(path, data=good | {field: value})
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    with db.reading() as reading:
        assert reading.scalars(select(Account)).all() == []


def test_editors_look_and_change_nothing(bram: Client, db) -> None:
    with db.writing() as writing:
        team = make.department(writing, "Service").id
    page = bram.get("/people/departments").text
    assert "Service" in page
    assert "<form" not in page.split("<main")[1].split("</main>")[0]
    assert bram.post("/people/departments", data={"name": "Nieuw"}).status_code == 403
    assert bram.post(f"/people/departments/{team}", data={"name": "Nieuw"}).status_code == 403
    assert bram.post(f"/people/departments/{team}/accounts", data={}).status_code == 403
    assert _names(db) == ["Marketing", "Service"]


def test_unknown_departments_are_not_found(dina: Client) -> None:
    assert dina.post("/people/departments/424242", data={"name": "x"}).status_code == 404
    assert dina.post("/people/departments/424242/accounts", data={}).status_code == 404
