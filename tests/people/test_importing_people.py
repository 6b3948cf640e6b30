"""People from a spreadsheet: first a look, then all of it or nothing."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from portal import clock
from portal.people import imports
from portal.people.models import Department, Person
from tests import make
from tests.client import Client

THREE = (
    "name,email,department,role,language,function,phone,ambassador\n"
    "Eva Smit,eva@noorderhout.example,Service,member,nl,Planner,+31 38 1,yes\n"
    "Finn Vos,finn@noorderhout.example,Zagerij,editor,en,,,no\n"
    "Gerda Kok,,Zagerij,,,,,\n"
)


def _upload(client: Client, body: str | bytes):
    content = body.encode() if isinstance(body, str) else body
    return client.post("/people/import", files={"file": ("mensen.csv", content, "text/csv")})


def _confirm(client: Client, page: str):
    pieces = re.findall(r'name="checked" value="([^"]+)"', page)
    assert pieces != []
    return client.post("/people/import/confirm", data={"checked": pieces})


def _count(db) -> int:
    with db.reading() as reading:
        return reading.scalar(select(func.count()).select_from(Person)) or 0


def test_a_look_changes_nothing_and_a_yes_does_it_all(dina: Client, db) -> None:
    look = _upload(dina, THREE)
    assert look.status_code == 200
    assert "2 nieuwe afdelingen: Service, Zagerij." in look.text
    assert _count(db) == 1
    answer = _confirm(dina, look.text)
    assert "3 mensen toegevoegd. 0 mensen gewijzigd." in dina.follow(answer).text
    with db.reading() as reading:
        rows = reading.execute(
            select(
                Person.name,
                Person.email,
                Department.name,
                Person.role,
                Person.language,
                Person.function,
                Person.phone,
                Person.ambassador,
            )
            .join(Department)
            .where(Person.id != dina.person.id)
            .order_by(Person.name)
        ).all()
    assert [tuple(row) for row in rows] == [
        ("Eva Smit", "eva@noorderhout.example", "Service", "member", "nl", "Planner", "+31 38 1", True),
        ("Finn Vos", "finn@noorderhout.example", "Zagerij", "editor", "en", "", "", False),
        ("Gerda Kok", None, "Zagerij", "member", "nl", "", "", False),
    ]


def test_the_same_file_twice_changes_nothing(dina: Client, db) -> None:
    _confirm(dina, _upload(dina, THREE).text)
    again = _upload(dina, THREE)
    assert again.status_code == 200
    assert "er valt niets te importeren" in again.text
    assert 'name="checked"' not in again.text
    assert _count(db) == 4


def test_only_what_differs_is_changed_and_shown(dina: Client, ana: Client, db) -> None:
    look = _upload(dina, "naam;e-mail;functie;rol\nAna Dekker;ANA@noorderhout.example;Chef;redacteur\n")
    assert "<del>member</del> editor" in look.text
    _confirm(dina, look.text)
    with db.reading() as reading:
        person = reading.get_one(Person, ana.person.id)
        assert (person.role, person.function, person.language) == ("editor", "Chef", "nl")
        assert person.department_id == ana.person.department_id


def test_an_empty_cell_changes_nothing(dina: Client, ana: Client) -> None:
    look = _upload(dina, "name,email,role,function\nAna Dekker,ana@noorderhout.example,,\n")
    assert "er valt niets te importeren" in look.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_files_of_any_spreadsheet_are_read(dina: Client, db, encoding: str, separator: str) -> None:
    text = "naam,afdeling,functie,ambassadeur\r\nZoë Brönn,Inkoop,Chef café,ja\r\n".replace(",", separator)
    _confirm(dina, _upload(dina, text.encode(encoding)).text)
    with db.reading() as reading:
        person = reading.scalars(select(Person).where(Person.id != dina.person.id)).one()
        assert (person.name, person.function, person.ambassador) == ("Zoë Brönn", "Chef café", True)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (",x@corp.example,IT,,", "Regel 2, kolom name: Vul een naam in."),
        ("Eva,geen adres,IT,,", "Regel 2, kolom email: Vul één e-mailadres in"),
        ('Eva,"a@corp.example,b@evil.example",IT,,', "Regel 2, kolom email: Vul één e-mailadres in"),
        ("Eva,eva@corp.example,,,", "Regel 2, kolom department: Vul een afdeling in."),
        ("Eva,eva@corp.example,IT,baas,", "Regel 2, kolom role: Kies een rol uit de lijst."),
        ("Eva,eva@corp.example,IT,,frans", "Regel 2, kolom language: Kies een taal uit de lijst."),
        (f"{'e' * 121},eva@corp.example,IT,,", "Regel 2, kolom name: Dat is te lang"),
        (f"Eva,eva@corp.example,{'i' * 81},,", "Regel 2, kolom department: Dat is te lang"),
        ("Eva,eva@corp.example,IT,,,,,", "Regel 2, kolom name: er zijn meer cellen dan kolommen."),
        ("Eva\x1b,eva@corp.example,IT,,", "Regel 2, kolom name: Laat tekens weg"),
        (
            "Eva,eva@corp.example,IT,,\n\nEva Twee,EVA@corp.example,IT,,",
            "Regel 4, kolom email: Dit is dezelfde persoon als in regel 2.",
        ),
        ("Eva,,IT,,\nEva,,it,,", "Regel 3, kolom name: Dit is dezelfde persoon als in regel 2."),
        (
            "Dina Yılmaz,dina@noorderhout.example,IT,member,",
            "Regel 2, kolom role: Dan is er geen beheerder meer.",
        ),
    ],
)
def test_each_problem_names_its_line_and_column(dina: Client, db, rows: str, problem: str) -> None:
    text = f"name,email,department,role,language\n{rows}\nGoed Gedaan,goed@corp.example,IT,,\n"
    look = _upload(dina, text)
    assert look.status_code == 422
    assert problem in look.text
    assert 'name="checked"' not in look.text
    assert _count(db) == 1


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "Kies eerst een bestand."),
        (b"name,email\n", "Er staan geen mensen in dit bestand."),
        (b"email,department\nx@corp.example,IT\n", "Regel 1 moet de kolommen noemen"),
        (b"name,wachtwoord\nEva,x\n", "de kolom “wachtwoord” kennen we niet"),
        (b"name,naam\nEva,x\n", "de kolom “name” staat er twee keer"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "Dit is geen CSV-bestand."),
        (b"PK\x03\x04\x00\x00\x81\x8d", "Dit is geen CSV-bestand."),
        ("naam\nEva\n".encode("utf-16"), "Dit is geen CSV-bestand."),
        (b"name,department\n" + b"Eva,IT\n" * 10_001, "meer dan 10.000 regels"),
        (b"name,department\n" + b"x" * 2_000_000, "groter dan 2 MB"),
        (b'name,department\n"' + b"x" * 200_000 + b'",IT\n', "is niet als CSV te lezen"),
    ],
)
def test_a_file_that_is_no_list_of_people_is_refused(dina: Client, db, body: bytes, problem: str) -> None:
    answer = _upload(dina, body)
    assert answer.status_code == 422
    assert problem in answer.text
    assert _count(db) == 1


def test_a_form_without_a_file_asks_for_one(dina: Client) -> None:
    for more in ({}, {"data": {"file": "a text"}}, {"files": {"file": ("", b"", "text/csv")}}):
        answer = dina.post("/people/import", **more)
        assert answer.status_code == 422
        assert "Kies eerst een bestand." in answer.text


def test_a_changed_list_is_looked_at_again(dina: Client, db) -> None:
    look = _upload(dina, THREE)
    with db.writing() as writing:
        make.person(writing, "Eva Smit", email="eva@noorderhout.example")
    answer = _confirm(dina, look.text)
    assert answer.status_code == 422
    assert "Er is intussen iets veranderd" in answer.text
    assert _count(db) == 2
    assert _confirm(dina, answer.text).status_code == 303
    assert _count(db) == 4


def test_a_file_nobody_checked_is_not_imported(dina: Client, db) -> None:
    for forged in ("", "x", "eyJhIjoxfQ.abc.def", "a" * 100_000):
        assert dina.post("/people/import/confirm", data={"checked": forged}).status_code == 422
    look = _upload(dina, THREE)
    with time_machine.travel(clock.now() + timedelta(seconds=3700), tick=False):
        late = _confirm(dina, look.text)
    assert late.status_code == 422
    assert "Kies het bestand nog een keer." in late.text
    assert _count(db) == 1


def test_ten_thousand_people_come_in_at_once(dina: Client, db) -> None:
    lines = [f"Persoon {n},p{n}@noorderhout.example,Team {n % 40}" for n in range(10_000)]
    look = _upload(dina, "name,email,department\n" + "\n".join(lines))
    assert look.status_code == 200
    assert "En nog 9.800 regels." in look.text
    assert _confirm(dina, look.text).status_code == 303
    assert _count(db) == 10_001


def test_what_is_exported_can_be_imported(dina: Client, ana: Client, db) -> None:
    with db.writing() as writing:
        make.person(writing, '=HYPERLINK("http://evil.example","x")', email=None, function="@A1", phone="+1")
        make.person(writing, "Weg Gegaan", deactivated_at=clock.now())
    exported = dina.get("/people.csv")
    assert exported.headers["content-disposition"].startswith('attachment; filename="people-2')
    text = exported.content.decode("utf-8-sig")
    assert text.splitlines()[0] == "name,email,department,role,language,function,phone,ambassador"
    assert '"\'=HYPERLINK(""http://evil.example"",""x"")",,Service,member,nl,\'@A1,\'+1,no' in text
    assert "Weg Gegaan" not in text
    again = _upload(dina, exported.content)
    assert "er valt niets te importeren" in again.text


def test_the_loader_takes_all_or_nothing(db) -> None:
    with pytest.raises(imports.ImportRefused) as refused, db.writing() as writing:
        imports.load_people(writing, "name,department\nEva,IT\n,IT\n")
    assert str(refused.value) == "Regel 3, kolom name: Vul een naam in."
    assert _count(db) == 0
    with db.writing() as writing:
        assert imports.load_people(writing, THREE).counts == {"new": 3}
    assert _count(db) == 3
