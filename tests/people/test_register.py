"""The register of people: who may see it, who may change it, and what keeps it whole."""

import pytest
from sqlalchemy import func, select

from portal.people.models import AuditEntry, Person
from tests import make
from tests.asked import cost
from tests.client import Client


def _details(person: Person, **other: object) -> dict[str, object]:
    """What the form of `person` sends when nothing but `other` was changed."""
    return {
        "name": person.name,
        "email": person.email or "",
        "department": person.department_id,
        "role": person.role,
        "language": person.language,
        "function": person.function,
        "phone": person.phone,
    } | other


def _stored(db, person_id: int) -> Person:
    with db.reading() as reading:
        return reading.get_one(Person, person_id)


def test_members_see_no_register_and_editors_change_nothing(ana: Client, bram: Client) -> None:
    assert ana.get("/people").status_code == 403
    assert bram.get("/people").status_code == 200
    page = bram.get(f"/people/{ana.person.id}").text
    assert "ana@noorderhout.example" in page
    assert "/deactivate" not in page
    for path in ("/people", f"/people/{ana.person.id}", f"/people/{ana.person.id}/deactivate"):
        assert bram.post(path, data=_details(ana.person, role="admin")).status_code == 403
    assert bram.get("/people/new").status_code == 403
    assert bram.get("/people.csv").status_code == 403
    assert bram.get("/people/import").status_code == 403


def test_somebody_is_added_and_can_be_found(dina: Client, db) -> None:
    with db.writing() as writing:
        team = make.department(writing, "Service").id
    answer = dina.post(
        "/people",
        data={
            "name": "  Eva   Smit ",
            "email": "Eva@Noorderhout.example",
            "department": team,
            "role": "editor",
            "language": "en",
            "function": "Planner",
            "phone": "+31 38 123 45 67",
            "ambassador": "yes",
        },
    )
    assert answer.status_code == 303
    page = dina.follow(answer).text
    assert "Eva Smit staat op de lijst." in page
    with db.reading() as reading:
        person = reading.scalars(select(Person).where(Person.email == "eva@noorderhout.example")).one()
        assert (person.name, person.role, person.language) == ("Eva Smit", "editor", "en")
        assert (person.function, person.phone, person.ambassador) == ("Planner", "+31 38 123 45 67", True)
        assert (person.leaderboard_name, person.wall_name) == ("hidden", False)
    for q in ("eva", "EVA SMIT", "planner", "eva@noorderhout"):
        assert "Eva Smit" in dina.get("/people", params={"q": q}).text
    assert "Eva Smit" not in dina.get("/people", params={"q": "%"}).text


def test_people_without_mail_can_be_added(dina: Client, db) -> None:
    with db.writing() as writing:
        team = make.department(writing, "Productie").id
    for name in ("Jan Bos", "Piet Bos"):
        data = {"name": name, "email": "", "department": team, "role": "member", "language": "nl"}
        assert dina.post("/people", data=data).status_code == 303
    with db.reading() as reading:
        assert reading.scalars(select(Person.name).where(Person.email.is_(None)).order_by(Person.name)).all() == [
            "Jan Bos",
            "Piet Bos",
        ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "a" * 121),
        ("email", "ana@noorderhout.example"),
        ("email", "ANA@noorderhout.example"),
        ("email", "a@corp.example,b@evil.example"),
        ("email", "a@corp.example b@evil.example"),
        ("email", '"Ann" <a@corp.example>'),
        ("email", "geen adres"),
        ("email", "a" * 255 + "@corp.example"),
        ("department", ""),
        ("department", "999999"),
        ("department", "x"),
        ("department", "9" * 400),
        ("role", "owner"),
        ("language", "fr"),
        ("function", "f" * 121),
        ("phone", "bel me"),
        ("phone", "1" * 41),
    ],
)
def test_what_cannot_be_kept_gets_a_sentence_at_its_field(
    dina: Client, ana: Client, db, field: str, value: str
) -> None:
    good = {"name": "Eva Smit", "email": "eva@noorderhout.example", "department": ana.person.department_id}
    data = good | {"role": "member", "language": "nl", "function": "Planner", "phone": "038"} | {field: value}
    answer = dina.post("/people", data=data)
    assert answer.status_code == 422
    assert f'href="#field-{field}"' in answer.text
    if field != "function":
        assert 'value="Planner"' in answer.text
    with db.reading() as reading:
        assert reading.scalar(select(func.count()).select_from(Person)) == 2


@pytest.mark.parametrize("name", ["Ann\r\nBcc: evil@evil.example", "Ann\x00", "Ann\nBcc: x", "Ann\x1b[2J"])
def test_line_breaks_in_a_name_are_refused(dina: Client, ana: Client, db, name: str) -> None:
    data = _details(ana.person, name=name, email="eva@noorderhout.example")
    assert dina.post("/people", data=data).status_code == 422
    with db.reading() as reading:
        assert reading.scalar(select(func.count()).select_from(Person)) == 2


def test_a_hostile_name_is_only_text(dina: Client, ana: Client) -> None:
    data = _details(ana.person, name='<script>alert(1)</script>"', email="eva@noorderhout.example")
    page = dina.follow(dina.post("/people", data=data)).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_change_is_kept_and_recorded(dina: Client, ana: Client, db) -> None:
    answer = dina.post(f"/people/{ana.person.id}", data=_details(ana.person, role="editor", function="Chef"))
    assert answer.headers["location"] == f"/people/{ana.person.id}"
    person = _stored(db, ana.person.id)
    assert (person.role, person.function) == ("editor", "Chef")
    with db.reading() as reading:
        entry = reading.scalars(select(AuditEntry).where(AuditEntry.act == "person_changed")).one()
        assert (entry.person_id, entry.subject_id) == (dina.person.id, ana.person.id)
        assert entry.detail == {
            "fields": ["role", "function"],
            "role_before": "member",
            "role_after": "editor",
        }


def test_fields_the_form_does_not_have_change_nothing(dina: Client, ana: Client, db) -> None:
    extra = {
        "points": "9999",
        "email_verified": "1",
        "id": "1",
        "deactivated_at": "2020-01-01",
        "wall_name": "yes",
    }
    dina.post(f"/people/{ana.person.id}", data=_details(ana.person, leaderboard_name="name", **extra))
    person = _stored(db, ana.person.id)
    assert (person.id, person.leaderboard_name, person.wall_name) == (ana.person.id, "hidden", False)
    assert person.is_active


def test_a_member_cannot_make_themselves_admin(ana: Client, db) -> None:
    assert ana.post(f"/people/{ana.person.id}", data=_details(ana.person, role="admin")).status_code == 403
    assert ana.post("/language", data={"language": "en", "role": "admin"}).status_code == 303
    assert _stored(db, ana.person.id).role == "member"


def test_an_address_belongs_to_one_person(dina: Client, ana: Client, bram: Client, db) -> None:
    answer = dina.post(f"/people/{ana.person.id}", data=_details(ana.person, email="Bram@noorderhout.example"))
    assert answer.status_code == 422
    assert "Iemand anders heeft dit adres al." in answer.text
    assert _stored(db, ana.person.id).email == "ana@noorderhout.example"


def test_the_last_admin_stays(dina: Client, db) -> None:
    demoted = dina.post(f"/people/{dina.person.id}", data=_details(dina.person, role="member"))
    left = dina.post(f"/people/{dina.person.id}/deactivate")
    assert (demoted.status_code, left.status_code) == (422, 422)
    assert "is de enige beheerder" in left.text
    person = _stored(db, dina.person.id)
    assert (person.role, person.is_active) == ("admin", True)


def test_an_admin_may_leave_when_there_is_another(dina: Client, ana: Client, db) -> None:
    dina.post(f"/people/{ana.person.id}", data=_details(ana.person, role="admin"))
    assert dina.post(f"/people/{dina.person.id}", data=_details(dina.person, role="member")).status_code == 303
    assert _stored(db, dina.person.id).role == "member"


def test_deactivated_people_can_come_back(dina: Client, ana: Client, db) -> None:
    dina.post(f"/people/{ana.person.id}/deactivate")
    assert not _stored(db, ana.person.id).is_active
    assert "Geen toegang" in dina.get(f"/people/{ana.person.id}").text
    dina.post(f"/people/{ana.person.id}/reactivate")
    assert _stored(db, ana.person.id).is_active


def test_an_admin_signs_somebody_out_everywhere(dina: Client, bram: Client) -> None:
    answer = dina.post(f"/people/{bram.person.id}/sign-out")
    assert "Uitgelogd op 1 apparaat." in dina.follow(answer).text
    assert bram.get("/people").status_code == 303


def test_unknown_people_are_not_found(dina: Client) -> None:
    for path in ("/people/999999", f"/people/{'9' * 30}"):
        assert dina.get(path).status_code == 404
        assert dina.post(path, data={"name": "x"}).status_code == 404


def test_the_list_comes_in_pages_of_fifty(dina: Client, db) -> None:
    with db.writing() as writing:
        for count in range(119):
            make.person(writing, f"Person {count:03}")
    assert "1–50 van 120" in dina.get("/people").text
    assert "101–120 van 120" in dina.get("/people?page=3").text
    for odd in ("99", "0", "-1", "x", "9" * 6000, "1.5", "²"):
        assert dina.get("/people", params={"page": odd, "department": odd}).status_code == 200


def test_the_list_can_be_narrowed_to_a_department(dina: Client, ana: Client, bram: Client) -> None:
    page = dina.get("/people", params={"department": ana.person.department_id}).text
    assert "Ana Dekker" in page
    assert "Bram de Wit" not in page


def test_a_search_without_result_says_so(dina: Client) -> None:
    page = dina.get("/people", params={"q": "<b>niemand</b>\x00\n" + "x" * 300}).text
    assert "Niemand die daarop lijkt" in page
    assert "<b>niemand" not in page


def test_the_list_costs_the_same_for_one_and_fifty(dina: Client, db) -> None:
    alone = cost(dina, "/people", db)
    with db.writing() as writing:
        for count in range(49):
            make.person(writing, department_name=f"Team {count % 7}")
    assert cost(dina, "/people", db) == alone


def test_an_empty_portal_teaches_the_next_step(dina: Client) -> None:
    page = dina.get("/people/new").text
    assert 'action="/people"' in page
