"""The same form sent several times at the same moment: one effect or as many as asked for, never an error."""

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

from sqlalchemy import func, select

from portal import clock, web
from portal.campaigns.models import Campaign, Item
from portal.database import Database
from portal.people.models import Account, Department, MailedLink, Person
from portal.screens.models import Pairing, Screen
from tests import make
from tests.client import Client

TIMES = 6


def at_once(who: Client, send: Callable[[Client], Any]) -> Counter[int]:
    """How often each status came, of as many browsers of `who` that send at the same moment."""
    browsers = [Client.signed_in(who.app, who.person) for _ in range(TIMES)]
    ready = Barrier(TIMES)

    def go(browser: Client) -> int:
        ready.wait()
        status: int = send(browser).status_code
        return status

    with ThreadPoolExecutor(TIMES) as pool:
        return Counter(pool.map(go, browsers))


def number_of(db: Database, table: type[Any], *conditions: Any) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def test_campaigns_and_items_of_the_same_title(bram: Client, db: Database) -> None:
    days = {"starts_on": "2030-01-01", "ends_on": "2030-12-31"}
    form = {"title_nl": "Dubbel", "goal_measure": "visits", "goal_number": "5", **days}
    assert at_once(bram, lambda browser: browser.post("/campaigns", data=form)) == {303: TIMES}
    with db.reading() as session:
        slugs = sorted(session.scalars(select(Campaign.slug)))
        campaign_id = session.scalar(select(func.min(Campaign.id)))
    assert slugs == ["dubbel", *(f"dubbel-{number}" for number in range(2, TIMES + 1))]
    form = {"kind": "article", "target": "https://x.example/", "title_nl": "Dubbel", "summary_nl": "Lees."}
    form["publish_on"] = "2030-01-01"
    items = f"/campaigns/{campaign_id}/items"
    assert at_once(bram, lambda browser: browser.post(items, data=form)) == {303: TIMES}
    assert number_of(db, Item) == TIMES


def test_one_department_one_address_and_one_account(dina: Client, db: Database) -> None:
    taken = {303: 1, 422: TIMES - 1}
    assert at_once(dina, lambda browser: browser.post("/people/departments", data={"name": "Zagerij"})) == taken
    with db.reading() as session:
        team = session.scalar(select(Department.id).where(Department.name == "Zagerij"))
    person = {"name": "Eva Smit", "email": "eva@noorderhout.example", "role": "member", "language": "nl"}
    person["department"] = str(team)
    assert at_once(dina, lambda browser: browser.post("/people", data=person)) == taken
    account = {"network": "linkedin", "url": "https://linkedin.example/zagerij", "name": ""}
    path = f"/people/departments/{team}/accounts"
    assert at_once(dina, lambda browser: browser.post(path, data=account)) == taken
    assert (number_of(db, Person, Person.name == "Eva Smit"), number_of(db, Account)) == (1, 1)


def test_an_import_is_done_once(dina: Client, db: Database) -> None:
    people = "name,department\n" + "".join(f"Collega {number},Zagerij\n" for number in range(20))
    look = dina.post("/people/import", files={"file": ("mensen.csv", people.encode(), "text/csv")})
    checked = {"checked": re.findall(r'name="checked" value="([^"]+)"', look.text)}
    answers = at_once(dina, lambda browser: browser.post("/people/import/confirm", data=checked))
    assert answers == {303: 1, 422: TIMES - 1}
    assert number_of(db, Person, Person.name.startswith("Collega")) == 20


def test_a_code_pairs_one_screen(bram: Client, client: Client, db: Database) -> None:
    client.follow(client.get("/screen"))
    with db.reading() as session:
        code = session.scalars(select(Pairing.code)).one()
    form = {"code": code, "name": "Kantine", "place": "", "audience": "staff", "language": "nl"}
    assert at_once(bram, lambda browser: browser.post("/screens", data=form)) == {303: 1, 422: TIMES - 1}
    assert number_of(db, Screen) == 1


def test_two_admins_who_demote_each_other(dina: Client, db: Database) -> None:
    with db.writing() as session:
        second = make.person(session, "Eva Smit", role="admin")
    both = [dina, Client.signed_in(dina.app, second)]
    ready = Barrier(2)

    def demote(browser: Client, other: Person) -> int:
        form = {"name": other.name, "role": "member", "language": "nl", "department": str(other.department_id)}
        ready.wait()
        return browser.post(f"/people/{other.id}", data=form).status_code

    with ThreadPoolExecutor(2) as pool:
        answers = Counter(pool.map(demote, both, [second, dina.person]))
    assert number_of(db, Person, Person.role == "admin") == 1
    assert answers[303] == 1


def test_a_link_out_of_a_mail_lets_one_browser_in(dina: Client, client: Client, db: Database) -> None:
    with db.writing() as session:
        times = {"created_at": clock.now(), "expires_at": clock.now() + timedelta(minutes=9)}
        way_in = {"leads_to": "sign_in", "token_hash": web.token_hash("a-secret")}
        session.add(MailedLink(**way_in, person_id=dina.person.id, **times))
    assert at_once(dina, lambda browser: browser.post("/sign-in/link/a-secret")) == {303: 1, 410: TIMES - 1}


def test_a_reading_is_one_view_whatever_is_committed_meanwhile(db: Database) -> None:
    teams = select(Department.name).order_by(Department.id)
    with db.reading() as reading:
        before = reading.scalars(teams).all()
        with db.writing() as session:
            make.department(session, "Nieuw")
        assert reading.scalars(teams).all() == before
    with db.reading() as reading:
        assert reading.scalars(teams).all() == [*before, "Nieuw"]
