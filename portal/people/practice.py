"""The practice people of the demo: one button each, without a password."""

from typing import NamedTuple

from sqlalchemy.orm import Session

from portal.people import adding, queries
from portal.people.models import Person


class PracticePerson(NamedTuple):
    """Somebody to sign in as. The address is how they are found again."""

    name: str
    email: str
    department: str
    role: str
    language: str
    function: str


PEOPLE = {
    "member": PracticePerson("Ana Dekker", "ana@noorderhout.example", "Service", "member", "nl", "Monteur"),
    "editor": PracticePerson("Bram de Wit", "bram@noorderhout.example", "Marketing", "editor", "nl", "Redacteur"),
    "colleague": PracticePerson(
        "Cleo van den Berghe", "cleo@noorderhout.example", "Productie", "member", "en", "Timmerman"
    ),
    "newcomer": PracticePerson("Noor Bakker", "noor@noorderhout.example", "Productie", "member", "nl", "Timmerman"),
    "admin": PracticePerson("Dina Yılmaz", "dina@noorderhout.example", "IT", "admin", "nl", "Systeembeheer"),
}


def get_or_add(db: Session, key: str) -> Person:
    """The practice person `key`, added when this database does not have them yet. KeyError for other keys."""
    wanted = PEOPLE[key]
    found = queries.find_by_email(db, wanted.email)
    return found if found is not None else adding.add_person(db, **wanted._asdict())
