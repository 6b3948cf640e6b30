"""Whom to ask: an ambassador nearby, another one each day; marketing when there is none."""

from datetime import timedelta

import time_machine

from portal import clock
from portal.database import Database
from portal.handbook.ambassadors import helper_for
from tests import make
from tests.client import Client
from tests.feed import reading as pages


def asked(db: Database, who: Client, days: int = 6) -> set[str]:
    """Whom the page names over so many days."""
    found = set()
    for later in range(days):
        with time_machine.travel(clock.now() + timedelta(days=later), tick=False), db.reading() as session:
            helper = helper_for(session, who.person)
            found.add(helper.name if helper else "")
    return found


def test_nearest_first_and_by_turns(ana: Client, db: Database) -> None:
    assert asked(db, ana) == {""}
    with db.writing() as session:
        make.person(session, "Redacteur Een", role="editor", department_name="Marketing")
    assert asked(db, ana) == {"Redacteur Een"}
    with db.writing() as session:
        make.person(session, "English Ambassador", ambassador=True, language="en", department_name="IT")
    assert asked(db, ana) == {"English Ambassador"}
    with db.writing() as session:
        make.person(session, "Nederlandse Ambassadeur", ambassador=True, department_name="IT")
    assert asked(db, ana) == {"Nederlandse Ambassadeur"}
    with db.writing() as session:
        for name in ("Fatma", "Joost"):
            make.person(session, name, ambassador=True)
        make.person(session, "Vertrokken", ambassador=True, deactivated_at=clock.now())
        make.person(session, "Gestopt", ambassador=True, stopped_at=clock.now())
    assert asked(db, ana) == {"Fatma", "Joost"}
    assert len(asked(db, ana, days=1)) == 1


def test_the_page_says_how_to_reach_them_and_ambassadors_know(ana: Client, db: Database, client: Client) -> None:
    with db.writing() as session:
        fatma = make.person(
            session,
            "Fatma Kaya",
            ambassador=True,
            function="Planner",
            phone="038 123",
            email="fatma@noorderhout.example",
        )
    page = ana.get("/handbook")
    assert pages.texts(page, ".ask .strong") == ["Kom je er niet uit? Vraag Fatma"]
    assert ('href="tel:038123"' in page.text, 'href="mailto:fatma@noorderhout.example?' in page.text) == (True, True)
    hers = Client.signed_in(ana.app, fatma)
    for path in ("/handbook", "/welcome?step=choices"):
        assert ("Je bent ambassadeur" in hers.get(path).text, "Je bent ambassadeur" in ana.get(path).text) == (
            True,
            False,
        )
