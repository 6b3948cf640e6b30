"""The mailed link: one answer for everybody, spent once, by a button."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal import clock, settings
from portal.guesses import Guesses
from portal.jobs import Job, Runner
from portal.people import audit, sign_in_routes
from portal.people.models import MailedLink, WebSession
from tests import make
from tests.client import Client
from tests.mail import MailServer


@pytest.fixture
def mailbox(app, chosen: settings.Settings) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.put_in_force(replace(chosen, mail_url=f"smtp://{server.host}:{server.port}"))
        yield server


def _ask(client: Client, email: str, **more: str):
    return client.post("/sign-in/link", data={"email": email, **more})


def _path(mailbox: MailServer, email: str) -> str:
    text = mailbox.to(email)[-1].get_content()
    found = re.search(r"http://localhost:8000(/sign-in/link/\S+)", text)
    assert found is not None
    return found[1]


def test_a_link_signs_in_once(client: Client, ana: Client, db, mailbox: MailServer) -> None:
    browser = client
    answer = _ask(browser, "  ANA@noorderhout.example ")
    assert answer.headers["location"] == "/sign-in/sent"
    Runner(db).run_due()
    path = _path(mailbox, "ana@noorderhout.example")
    for method in (browser.head, browser.get, browser.get):
        opened = method(path)
        assert opened.status_code == 200
        assert opened.headers["referrer-policy"] == "no-referrer"
    first = browser.post(path)
    assert first.status_code == 303
    assert first.headers["location"] == "/"
    assert browser.get("/sign-in").headers["location"] == "/"
    second = browser.post(path)
    assert second.status_code == 410
    assert browser.get(path).status_code == 410


def test_the_link_leads_to_the_page_one_came_for(client: Client, bram: Client, db, mailbox: MailServer) -> None:
    _ask(client, "bram@noorderhout.example", next="/people?q=ana")
    Runner(db).run_due()
    page = client.get(_path(mailbox, "bram@noorderhout.example")).text
    assert 'name="next" value="/people?q=ana"' in page


def test_everybody_gets_the_same_answer(client: Client, ana: Client, db, mailbox: MailServer) -> None:
    known = _ask(client, "ana@noorderhout.example")
    unknown = _ask(client, "nobody@noorderhout.example")
    assert known.status_code == unknown.status_code == 303
    assert known.headers["location"] == unknown.headers["location"] == "/sign-in/sent"
    assert known.content == unknown.content
    assert list(known.headers) == list(unknown.headers)
    Runner(db).run_due()
    assert [message["X-Envelope-To"] for message in mailbox.messages] == ["ana@noorderhout.example"]


def test_the_mail_is_in_the_persons_own_language(
    client: Client, ana: Client, cleo: Client, db, mailbox: MailServer
) -> None:
    _ask(client, "ana@noorderhout.example")
    _ask(client, "cleo@noorderhout.example")
    Runner(db).run_due()
    assert mailbox.to("ana@noorderhout.example")[0]["Subject"] == "Je toegang tot Noorderhout"
    assert mailbox.to("cleo@noorderhout.example")[0]["Subject"] == "Your way in to Noorderhout"
    assert mailbox.to("ana@noorderhout.example")[0]["Auto-Submitted"] == "auto-generated"


def test_a_foreign_host_name_never_reaches_the_mail(client: Client, ana: Client, db, mailbox: MailServer) -> None:
    answer = client.post("/sign-in/link", data={"email": "ana@noorderhout.example"}, headers={"host": "evil.example"})
    assert answer.status_code == 400
    Runner(db).run_due()
    assert mailbox.messages == []


def test_lists_of_addresses_are_refused(client: Client, ana: Client, db, mailbox: MailServer) -> None:
    victim, evil = "ana@noorderhout.example", "evil@evil.example"
    form = {"content-type": "application/x-www-form-urlencoded"}
    attempts = [
        client.post("/sign-in/link", content=f"email={victim}&email={evil}", headers=form),
        client.post("/sign-in/link", content=f"email[]={victim}&email[]={evil}", headers=form),
        client.post("/sign-in/link", json={"email": [victim, evil]}),
        _ask(client, f"{victim},{evil}"),
        _ask(client, f"{victim};{evil}"),
        _ask(client, f"{victim} {evil}"),
        _ask(client, f"Ana <{victim}>"),
        _ask(client, f"{victim}\r\nBcc: {evil}"),
        _ask(client, ""),
        _ask(client, "a" * 300 + "@noorderhout.example"),
    ]
    assert [answer.status_code for answer in attempts] == [422] * len(attempts)
    Runner(db).run_due()
    assert mailbox.messages == []


def test_what_was_typed_is_kept_beside_the_sentence(client: Client, mailbox: MailServer) -> None:
    page = _ask(client, "ana at noorderhout").text
    assert 'value="ana at noorderhout"' in page
    assert 'id="field-email-error"' in page


def test_after_ten_minutes_a_link_is_worth_nothing(client: Client, ana: Client, db, mailbox: MailServer) -> None:
    _ask(client, "ana@noorderhout.example")
    Runner(db).run_due()
    path = _path(mailbox, "ana@noorderhout.example")
    with time_machine.travel(clock.now() + timedelta(minutes=10, seconds=1), tick=False):
        assert client.get(path).status_code == 410
        assert client.post(path).status_code == 410


def test_an_invented_link_is_refused(client: Client, mailbox: MailServer) -> None:
    assert client.get("/sign-in/link/0123456789abcdef").status_code == 410
    assert client.post("/sign-in/link/0123456789abcdef").status_code == 410


def test_five_links_an_hour_and_one_more_when_none_of_them_works(
    client: Client, ana: Client, db, mailbox: MailServer
) -> None:
    began = clock.now()
    for times, minutes, mailed in ((7, 0, 5), (2, 9, 5), (2, 11, 6), (2, 22, 7), (1, 59, 8), (1, 91, 9)):
        with time_machine.travel(began + timedelta(minutes=minutes), tick=False):
            for _ in range(times):
                assert _ask(client, "ana@noorderhout.example").status_code == 303
                Runner(db).run_due()
        assert (minutes, len(mailbox.messages)) == (minutes, mailed)


def test_asking_again_before_the_mail_went_changes_nothing(
    client: Client, ana: Client, cleo: Client, db, mailbox: MailServer
) -> None:
    for email in ("ana@noorderhout.example", "cleo@noorderhout.example", "ANA@noorderhout.example"):
        _ask(client, email)
    with db.reading() as reading:
        waiting = [job.args["email"] for job in reading.scalars(select(Job).order_by(Job.id))]
    assert waiting == ["ana@noorderhout.example", "cleo@noorderhout.example"]


def test_one_network_cannot_ask_without_end(
    client: Client, db, mailbox: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in_routes, "asked", Guesses(at_once=2, refill=3600))
    assert [_ask(client, f"nobody{number}@noorderhout.example").status_code for number in range(3)] == [303, 303, 429]
    with db.reading() as reading:
        assert len(reading.scalars(select(Job)).all()) == 2


def test_a_day_after_a_link_ran_out_nothing_is_left_of_it(client: Client, ana: Client, db, mailbox: MailServer) -> None:
    _ask(client, "ana@noorderhout.example")
    Runner(db).run_due()
    for minutes, links in ((9, 1), (11, 0)):
        with time_machine.travel(clock.now() + timedelta(days=1, minutes=minutes), tick=False):
            with db.writing() as writing:
                audit.forget(writing)
            assert len(ana.get("/me/data.json").json()["mailed_links"]) == links


def test_somebody_who_left_gets_no_link_and_cannot_use_an_old_one(
    client: Client, ana: Client, dina: Client, db, mailbox: MailServer
) -> None:
    _ask(client, "ana@noorderhout.example")
    Runner(db).run_due()
    path = _path(mailbox, "ana@noorderhout.example")
    dina.post(f"/people/{ana.person.id}/deactivate")
    assert client.post(path).status_code == 410
    _ask(client, "ana@noorderhout.example")
    Runner(db).run_due()
    assert len(mailbox.messages) == 1
    with db.reading() as reading:
        theirs = select(WebSession).where(WebSession.person_id == ana.person.id)
        assert reading.scalars(theirs).all() == []


def test_admins_use_single_sign_on_where_there_is_one(
    client: Client, dina: Client, ana: Client, db, mailbox: MailServer
) -> None:
    settings.put_in_force(replace(settings.current(), oidc_issuer="https://id.noorderhout.example"))
    _ask(client, "dina@noorderhout.example")
    _ask(client, "ana@noorderhout.example")
    Runner(db).run_due()
    assert [message["X-Envelope-To"] for message in mailbox.messages] == ["ana@noorderhout.example"]


def test_the_database_holds_nothing_to_sign_in_with(client: Client, ana: Client, db, mailbox: MailServer) -> None:
    _ask(client, "ana@noorderhout.example")
    Runner(db).run_due()
    secret = _path(mailbox, "ana@noorderhout.example").rsplit("/", 1)[1]
    with db.reading() as reading:
        stored = repr([row.args for row in reading.scalars(select(Job))])
        stored += reading.scalars(select(MailedLink)).one().token_hash
    assert secret not in stored


def test_a_new_address_makes_links_to_the_old_one_void(client: Client, dina: Client, db, mailbox: MailServer) -> None:
    with db.writing() as writing:
        person = make.person(writing, "Eva Smit", email="eva@noorderhout.example")
    _ask(client, "eva@noorderhout.example")
    Runner(db).run_due()
    path = _path(mailbox, "eva@noorderhout.example")
    changed = {
        "name": "Eva Smit",
        "email": "eva.smit@noorderhout.example",
        "department": person.department_id,
    }
    assert dina.post(f"/people/{person.id}", data={**changed, "role": "member", "language": "nl"}).status_code == 303
    assert client.post(path).status_code == 410


def test_without_a_mail_server_there_is_no_such_form(client: Client, chosen: settings.Settings) -> None:
    settings.put_in_force(replace(chosen, mail_url=""))
    assert _ask(client, "ana@noorderhout.example").status_code == 404
