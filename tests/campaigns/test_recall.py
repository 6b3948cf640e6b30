"""Taking an item back: gone at once, a minute to undo it, then everybody who shared it is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.activity import Activity
from portal.campaigns import approval, editing, queries, recall
from portal.campaigns.models import Approval, Item
from portal.database import Database
from portal.jobs import Job, Runner
from portal.people.models import AuditEntry, Note
from tests import make
from tests.campaigns.forms import typed_from
from tests.client import Client

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
MINUTE = timedelta(seconds=60)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def live(db: Database, **values: object) -> Item:
    """An item that was approved in the ordinary way and is on the feed."""
    with db.writing() as session:
        item = queries.get_item(session, make.item(session, state="in_review", **values).id)
        approval.approve(session, item, by=None)
    return item


def now(db: Database, item: Item) -> Item:
    with db.reading() as session:
        return queries.get_item(session, item.id)


def kinds(db: Database, item: Item) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(Activity.kind).where(Activity.item_id == item.id).order_by(Activity.id)))


def waiting_jobs(db: Database) -> list[str]:
    with db.reading() as session:
        return sorted(session.scalars(select(Job.kind).where(Job.done_at.is_(None))))


def shared_by(db: Database, ana: Client, item: Item) -> None:
    with db.writing() as session:
        make.share(session, by=session.merge(ana.person, load=False), on=item)


def notes(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(Note.kind)))


def recalled_by(bram: Client, item: Item, **form: str) -> None:
    answer = bram.post(f"/campaigns/items/{item.id}/recall", data={"reason": "ended"} | form)
    assert answer.status_code == 303


def test_with_a_reason_a_note_and_what_comes_instead(db: Database, bram: Client) -> None:
    item, other = live(db), live(db, title="Voorman")

    recalled_by(bram, item, reason="corrected", note="Het salaris klopte niet", successor=str(other.id))

    row = now(db, item)
    assert (row.state, row.recall_reason, row.recall_note) == ("recalled", "corrected", "Het salaris klopte niet")
    assert (row.successor_id, row.recalled_at, row.announced) == (other.id, NOW, False)
    assert kinds(db, item) == ["item_live", "item_recalled"]
    with db.reading() as session:
        assert [each.id for each in queries.live_items(session)] == [other.id]
    page = bram.get(f"/campaigns/items/{item.id}").text
    assert "Gecorrigeerd: er klopte iets niet" in page
    assert "Het salaris klopte niet" in page


@pytest.mark.parametrize("reason", ["", "because", "x" * 300])
def test_without_a_reason_we_know_nothing_is_done(db: Database, bram: Client, reason: str) -> None:
    item = live(db)

    answer = bram.post(f"/campaigns/items/{item.id}/recall", data={"reason": reason, "note": "Een lange zin"})

    assert answer.status_code == 422
    assert "Kies waarom je dit terughaalt." in answer.text
    assert "Een lange zin" in answer.text
    assert now(db, item).state == "approved"


def test_two_items_cannot_take_each_other_s_place(db: Database, bram: Client) -> None:
    item, other = live(db), live(db)
    with db.writing() as session:
        editing.set_successor(session, session.get_one(Item, other.id), session.get_one(Item, item.id), by=None)
    before = waiting_jobs(db)

    answer = bram.post(f"/campaigns/items/{item.id}/recall", data={"reason": "corrected", "successor": str(other.id)})

    assert answer.status_code == 422
    assert (now(db, item).state, now(db, item).successor_id) == ("approved", None)
    assert kinds(db, item) == ["item_live"]
    assert waiting_jobs(db) == before


def test_only_a_vacancy_can_be_filled(db: Database, bram: Client) -> None:
    vacancy, event = live(db, kind="vacancy"), live(db, kind="event")
    assert 'value="filled" checked' in bram.get(f"/campaigns/items/{vacancy.id}").text
    page = bram.get(f"/campaigns/items/{event.id}").text
    assert 'value="filled"' not in page
    assert 'value="ended" checked' in page


def test_what_waited_for_its_moments_is_cancelled(db: Database, bram: Client) -> None:
    item = live(db, publish_at=NOW + timedelta(days=2), ends_at=NOW + timedelta(days=4))
    other = live(db, publish_at=NOW + timedelta(days=2), ends_at=None)
    assert waiting_jobs(db).count("item_window") == 5

    recalled_by(bram, item)

    assert waiting_jobs(db) == ["item_window", "item_window", "recall_stands"]
    assert now(db, other).state == "approved"


def test_undone_within_the_minute_it_is_as_it_was(
    db: Database, ana: Client, bram: Client, dina: Client, clock: time_machine.Traveller
) -> None:
    first, other = live(db, title="Eerste opvolger"), live(db, title="Voorman")
    item = live(db, ends_at=NOW + timedelta(days=4), successor_id=first.id)
    shared_by(db, ana, item)
    before, jobs = now(db, item), waiting_jobs(db)
    recalled_by(bram, item, reason="corrected", note="Oeps", successor=str(other.id))

    clock.move_to(NOW + MINUTE - timedelta(seconds=1))
    assert "Toch niet terughalen" in dina.get(f"/campaigns/items/{item.id}").text
    answer = dina.post(f"/campaigns/items/{item.id}/recall/undo")

    after = now(db, item)
    assert "Het staat er weer zoals het was, en niemand heeft iets gehoord." in dina.follow(answer).text
    kept = ("state", "recalled_at", "recall_reason", "recall_note", "successor_id", "changed_by_id", "announced")
    assert {name: getattr(after, name) for name in kept} == {name: getattr(before, name) for name in kept}
    assert kinds(db, item) == ["item_live", "item_recalled", "item_live"]
    assert waiting_jobs(db) == jobs
    clock.move_to(NOW + 2 * MINUTE)
    Runner(db).run_due()
    assert notes(db) == []
    with db.reading() as session:
        steps = session.scalars(select(Approval.step).where(Approval.item_id == item.id).order_by(Approval.id)).all()
        acts = session.scalars(select(AuditEntry.act).where(AuditEntry.subject_id == item.id)).all()
    assert steps == ["approved", "recalled", "undone"]
    assert {"item_recalled", "item_undone"} < set(acts)


def test_after_the_minute_it_is_too_late(
    db: Database, ana: Client, bram: Client, clock: time_machine.Traveller
) -> None:
    item = live(db)
    shared_by(db, ana, item)
    recalled_by(bram, item)

    clock.move_to(NOW + MINUTE)
    assert "Toch niet terughalen" not in bram.get(f"/campaigns/items/{item.id}").text
    answer = bram.post(f"/campaigns/items/{item.id}/recall/undo")

    assert "De minuut is voorbij" in bram.follow(answer).text
    assert now(db, item).state == "recalled"
    Runner(db).run_due()
    assert notes(db) == ["recalled"]


def test_once_people_are_being_told_nothing_is_undone_whatever_the_clocks_say(
    db: Database, ana: Client, bram: Client, clock: time_machine.Traveller
) -> None:
    item = live(db)
    shared_by(db, ana, item)
    recalled_by(bram, item)
    clock.move_to(NOW + MINUTE)
    Runner(db).run_due()

    clock.move_to(NOW + timedelta(seconds=30))  # as the clock of another server may say
    answer = bram.post(f"/campaigns/items/{item.id}/recall/undo")

    assert "De minuut is voorbij" in bram.follow(answer).text
    assert (now(db, item).state, now(db, item).recall_reason) == ("recalled", "ended")


def test_a_recall_nobody_shared_tells_nobody(db: Database, bram: Client, clock: time_machine.Traveller) -> None:
    recalled_by(bram, live(db))
    clock.move_to(NOW + MINUTE)
    Runner(db).run_due()
    assert notes(db) == []


def test_what_is_back_on_the_feed_in_time_needs_no_notes(
    db: Database, ana: Client, bram: Client, dina: Client, clock: time_machine.Traveller
) -> None:
    item = live(db)
    shared_by(db, ana, item)
    recalled_by(bram, item)
    bram.post(f"/campaigns/items/{item.id}", data=typed_from(now(db, item), title_nl="Zo klopt het"))
    bram.post(f"/campaigns/items/{item.id}/submission", data={"version": now(db, item).version})
    dina.post(f"/campaigns/items/{item.id}/approval", data={"version": now(db, item).version})
    assert (now(db, item).state, now(db, item).recall_reason, now(db, item).recalled_at) == ("approved", "", None)

    clock.move_to(NOW + MINUTE)
    Runner(db).run_due()

    assert notes(db) == []


def test_an_edited_item_is_not_put_back(db: Database, bram: Client) -> None:
    item = live(db)
    recalled_by(bram, item)
    bram.post(f"/campaigns/items/{item.id}", data=typed_from(now(db, item), title_nl="Opnieuw"))

    answer = bram.post(f"/campaigns/items/{item.id}/recall/undo")

    assert answer.status_code == 303
    assert now(db, item).state == "draft"
    assert waiting_jobs(db).count("recall_stands") == 1, "who shared it must still hear of the recall"


def test_a_recall_takes_back_what_was_changed_meanwhile(db: Database, bram: Client) -> None:
    item = live(db)
    with db.reading() as session:
        seen = queries.get_item(session, item.id)
    bram.post(
        f"/campaigns/items/{item.id}", data=typed_from(item, ends_on=(NOW + timedelta(days=30)).date().isoformat())
    )
    with db.writing() as session:
        recall.take_back(session, session.merge(seen, load=False), by=None, reason="ended")
    assert now(db, item).state == "recalled"
