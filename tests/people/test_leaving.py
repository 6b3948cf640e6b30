"""Stopping and going: nothing asks any more, the person is gone everywhere, and no figure of anybody else changes."""

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select, update
from starlette.applications import Starlette

from portal import clock, jobs, settings
from portal.activity import Activity
from portal.database import Database
from portal.feed import farewell
from portal.handbook.models import PracticeShare, Welcome
from portal.inbox.models import Idea
from portal.jobs import Job, Runner
from portal.links import codes, figures
from portal.links.models import Click, ItemTally, Link, PersonTally, Rollup
from portal.models import metadata
from portal.notifications.models import NotificationChoice, PushSubscription
from portal.people import leaving
from portal.people.models import AuditEntry, Identity, Person
from portal.recognition import leaderboard
from portal.sharing.models import Reminder, Share
from portal.signatures.models import Signature
from tests import make
from tests.client import Client
from tests.feed import reading as pages
from tests.links import recount
from tests.mail import MailServer


def who_is(db: Database, someone: Client) -> Person | None:
    with db.reading() as session:
        return session.get(Person, someone.person.id)


def full_life(db: Database, ana: Client) -> Share:
    """Something of everything that is about Ana; the share among it."""
    me = ana.person
    with db.writing() as session:
        make.team(session, "Service", 5)
        item = make.item(session)
        share = make.share(session, by=me, on=item)
        share.text = "Mijn eigen woorden"
        make.visits(session, by=me, on=item, times=3)
        make.visits(session, by=me, on=item, verdict="bot", reason="preview")
        codes.signature_link(session, person=me)
        now, later = clock.now(), clock.now() + timedelta(days=1)
        planned = {"person_id": me.id, "item_id": item.id, "network": "x", "language": "nl", "channel": "mail"}
        session.add_all(
            [
                Reminder(**planned, own="Straks", state="planned", due_at=later, created_at=now),
                NotificationChoice(person_id=me.id, digest_rhythm="weekly", push=True, next_digest_at=later),
                PushSubscription(
                    person_id=me.id, endpoint_hash="e", endpoint="https://push", key="k", secret="s", name="Telefoon",
                    created_at=now,
                ),
                Identity(person_id=me.id, issuer="https://idp", subject="ana", created_at=now),
                Signature(person_id=me.id, name="Ana", language="nl", changed_at=now),
                Welcome(person_id=me.id, step="practice", started_at=now),
                PracticeShare(person_id=me.id, text="Oefening", at=now),
                Idea(person_id=me.id, words="Een idee", named=True, item_id=item.id, at=now, answer_by=later),
                Activity(kind="shared", person_id=me.id, item_id=item.id, at=now),
            ]
        )  # fmt: skip
        return share


def figures_of(db: Database, share: Share) -> dict[str, Any]:
    """Everything others count by."""
    with db.reading() as session:
        teams = leaderboard.teams(session, period="week")
        return {
            "team": [(each.name, each.score) for each in teams],
            "together": leaderboard.together(session, leaderboard.window(session, "week") or pytest.fail()),
            "item": figures.figure(session, figures.of_item(share.item_id)),
            "department": figures.figure(session, figures.of_department(share.department_id)),
            "tally": session.scalar(select(ItemTally.people).where(ItemTally.item_id == share.item_id)),
            "share": session.execute(
                select(Share.item_id, Share.network, Share.department_id, Share.state, Share.confirmed_at)
            ).all(),
        }


def mentions(db: Database, person_id: int) -> list[str]:
    """Every place that still points at the person."""
    found = []
    with db.reading() as session:
        for table in metadata.sorted_tables:
            for column in table.columns:
                points = column.name == "person_id" or any(
                    key.column.table.name == "person" for key in column.foreign_keys
                )
                if points and session.scalar(select(func.count()).select_from(table).where(column == person_id)):
                    found.append(f"{table.name}.{column.name}")
    return found


def test_who_stops_is_asked_nothing_and_is_on_no_board(ana: Client, db: Database) -> None:
    share = full_life(db, ana)
    with db.writing() as session:
        shown = {"leaderboard_name": "name", "wall_name": True, "mail_asks": True}
        session.execute(update(Person).where(Person.id == ana.person.id).values(**shown))
    before = figures_of(db, share)
    with db.reading() as session:
        assert [each.name for each in leaderboard.people(session, period="week")] == ["Ana Dekker"]

    page = ana.follow(ana.post("/me/stopping"))
    assert pages.texts(page, ".notices p") == ["Geregeld. Je krijgt geen vragen meer, en je bent altijd weer welkom."]
    me = who_is(db, ana)
    assert me is not None
    assert (me.leaderboard_name, me.wall_name, me.mail_asks, me.stopped_at is None) == ("hidden", False, False, False)
    with db.reading() as session:
        assert session.scalars(select(Reminder.state)).all() == ["dropped"]
        assert session.scalars(select(PushSubscription.id)).all() == []
        choice = session.execute(select(NotificationChoice)).scalar_one()
        assert (choice.digest_rhythm, choice.push, choice.next_digest_at) == ("never", False, None)
        assert leaderboard.people(session, period="week") == []
        assert session.scalars(select(Idea.named)).all() == [False]
        # Ana no longer divides; what she brought still counts.
        assert [(each.members, each.score.points) for each in leaderboard.teams(session, period="week")] == [(5, 10)]
    assert figures_of(db, share) == before

    ana.post("/me/return")
    with db.reading() as session:
        assert [each.members for each in leaderboard.teams(session, period="week")] == [6]


def test_who_goes_is_gone_everywhere_and_no_figure_changes(app: Starlette, ana: Client, db: Database) -> None:
    share, me = full_life(db, ana), ana.person.id
    with db.writing() as session:
        link = session.get_one(Link, share.link_id)
        signature = session.scalars(select(Link).where(Link.kind == "signature")).one()
    led = [Client(app).get(f"/r/{link.code}").headers["location"]]
    before = figures_of(db, share)

    refused = ana.post("/me/leaving", data={})
    assert (refused.status_code, pages.texts(refused, ".field .error")) == (
        422, ["Zet eerst een vinkje: je kunt het niet terugdraaien."],
    )  # fmt: skip
    gone = ana.post("/me/leaving", data={"sure": "yes"})
    assert gone.headers["clear-site-data"] == '"storage"'
    assert pages.texts(ana.follow(gone), ".notice p") == [
        "Je bent hier weg. Bedankt voor alles wat je deelde, en het ga je goed!"
    ]
    emptied = who_is(db, ana)
    assert emptied is not None
    assert (emptied.name, emptied.email, emptied.is_active) == ("…", None, False)
    assert ana.get("/me").headers["location"].startswith("/sign-in")

    Runner(db).run_due()
    assert who_is(db, ana) is None
    assert mentions(db, me) == []
    assert figures_of(db, share) == before
    with db.reading() as session:
        left = session.execute(select(Share)).scalar_one()
        assert (left.text, left.person_id, left.department_id) == ("", None, share.department_id)
        assert session.scalars(select(Idea.words)).all() == ["Een idee"]
        assert recount.kept(session) == recount.recounted(session)
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "person_erased")).one()
        assert (entry.person_id, entry.subject_id, entry.detail) == (None, None, {})
    led.append(Client(app).get(f"/r/{link.code}").headers["location"])
    assert led[0] == led[1]
    assert Client(app).get(f"/b/{signature.code}").status_code in (302, 307)
    with db.reading() as session:
        assert session.scalars(select(Click.person_id).distinct()).all() == [None]
        assert recount.kept(session) == recount.recounted(session)
        assert session.scalar(select(func.count()).select_from(PersonTally)) == 0
        assert session.scalars(select(Rollup.department_id).distinct()).all() == [share.department_id]


def test_somebody_with_very_much_goes_in_parts(ana: Client, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    share, me = full_life(db, ana), ana.person.id
    before = figures_of(db, share)
    monkeypatch.setattr(farewell, "ROWS_AT_ONCE", 9)
    monkeypatch.setattr(farewell, "IDS_AT_ONCE", 2)
    ana.post("/me/leaving", data={"sure": "yes"})
    assert Runner(db).run_due() > 3
    assert (mentions(db, me), figures_of(db, share)) == ([], before)


def test_the_last_administrator_cannot_go(dina: Client, db: Database) -> None:
    answer = dina.post("/me/leaving", data={"sure": "yes"})
    assert pages.texts(answer, ".field .error") == ["Jij bent de enige beheerder. Maak eerst iemand anders beheerder."]
    still = who_is(db, dina)
    assert still is not None
    assert (still.name, still.is_active) == ("Dina Yılmaz", True)


def test_mails_and_pushes_that_were_sent_go_too(ana: Client, cleo: Client, db: Database) -> None:
    assert ana.post("/sign-in/link", data={"email": "ana@noorderhout.example"}).status_code == 303
    with db.writing() as session:
        for who in (ana, cleo):
            jobs.enqueue(session, "push", person_id=who.person.id, message={"title": who.person.name})
    ana.post("/me/leaving", data={"sure": "yes"})
    with db.reading() as session:
        left = session.scalars(select(Job.args).where(Job.kind != "erase_person")).all()
    assert left == [{"person_id": cleo.person.id, "message": {"title": cleo.person.name}}]


def test_a_leaver_gets_their_own_record_once(
    app: Starlette, chosen: settings.Settings, ana: Client, dina: Client, db: Database
) -> None:
    full_life(db, ana)
    path = f"/people/{ana.person.id}"
    assert (
        dina.post(f"{path}/record", data={"record_to": "ana@home.example"}).status_code == 404
    )  # she still works here
    dina.post(f"{path}/deactivate")
    assert dina.post(f"{path}/record", data={"record_to": "no address"}).status_code == 422
    for to in ("mistyped@home.example", "ana@home.example"):
        shown = dina.follow(dina.post(f"{path}/record", data={"record_to": to}))
    assert "/record/" not in shown.text
    assert handed_over(db) == [(dina.person.id, {"to": "mistyped@home.example"}), (dina.person.id, {"to": to})]
    with MailServer() as server:
        settings.put_in_force(replace(chosen, mail_url=f"smtp://{server.host}:{server.port}"))
        Runner(db).run_due()
        assert [each["X-Envelope-To"] for each in server.messages] == [to]  # the other was withdrawn meanwhile
        opened = re.findall(r"http://localhost:8000(/record/\S+)", server.messages[0].get_content())[0]
        with db.writing() as session:  # as if the answer to the first had been lost
            session.execute(update(Job).where(Job.kind == "mail_record_link").values(done_at=None))
        Runner(db).run_due()
        assert len({each["Message-ID"] for each in server.to(to)}) == 1
        assert len(server.to(to)) == 2
    stranger = Client(app)
    assert stranger.get(opened).status_code == stranger.get(opened).status_code == 200  # looking spends nothing
    taken = stranger.post(opened)
    with zipfile.ZipFile(io.BytesIO(taken.content)) as archive:
        assert sorted(archive.namelist()) == ["my-data.json", "my-record.txt"]
        assert "Mijn eigen woorden" in archive.read("my-record.txt").decode()
        assert json.loads(archive.read("my-data.json"))["shares"][0]["text"] == "Mijn eigen woorden"
    assert (stranger.post(opened).status_code, stranger.get(opened).status_code) == (410, 410)
    dina.post(f"{path}/erasure")
    assert handed_over(db) == [(dina.person.id, {}), (dina.person.id, {})]
    with db.reading() as session:
        assert "ana@" not in json.dumps(session.scalars(select(metadata.tables["job"].c.args)).all())


def handed_over(db: Database) -> list[tuple[int | None, dict[str, Any]]]:
    """By whom records were handed over, and what is kept of where to."""
    with db.reading() as session:
        entries = select(AuditEntry).where(AuditEntry.act == "record_handed_over").order_by(AuditEntry.id)
        return [(each.person_id, each.detail) for each in session.scalars(entries)]


def test_a_leaver_is_erased_by_an_administrator_or_after_a_year(
    ana: Client, cleo: Client, dina: Client, db: Database
) -> None:
    for someone in (ana, cleo):
        dina.post(f"/people/{someone.person.id}/deactivate")
    dina.post(f"/people/{ana.person.id}/erasure")
    Runner(db).run_due()
    assert (who_is(db, ana), who_is(db, cleo) is None) == (None, False)
    with time_machine.travel(clock.now() + leaving.KEPT_AFTER_LEAVING + timedelta(minutes=1), tick=False):
        with db.writing() as session:
            leaving.erase_leavers(session)
        Runner(db).run_due()
    assert who_is(db, cleo) is None
