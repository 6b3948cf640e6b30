"""The way to the feed: submitted, approved by somebody else, returned, recalled."""

import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal import clock
from portal.activity import Activity
from portal.campaigns import approval, queries
from portal.campaigns.models import Approval, Item
from portal.campaigns.pictures import store
from portal.database import Database
from portal.jobs import Job, Runner
from portal.people.models import AuditEntry, Organisation, Person
from tests import make
from tests.campaigns.drawing import picture
from tests.campaigns.forms import typed_from
from tests.client import Client


def made(db: Database, state: str, by: Person | None = None, **values: object) -> Item:
    with db.writing() as session:
        item = make.item(session, state=state, changed_by_id=by and by.id, **values)
        return queries.get_item(session, item.id)


def now(db: Database, item: Item) -> Item:
    with db.reading() as session:
        return queries.get_item(session, item.id)


def steps(db: Database, item: Item) -> list[tuple[str, str]]:
    with db.reading() as session:
        rows = session.execute(
            select(Approval.step, Approval.note).where(Approval.item_id == item.id).order_by(Approval.id)
        )
        return [tuple(row) for row in rows]


def told(db: Database, item: Item) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(Activity.kind).where(Activity.item_id == item.id).order_by(Activity.id)))


def test_from_draft_to_the_feed(db: Database, bram: Client, dina: Client) -> None:
    item = made(db, "draft", by=bram.person)

    sent = bram.post(f"/campaigns/items/{item.id}/submission", data={"version": item.version})
    assert now(db, item).state == "in_review"
    approved = dina.post(f"/campaigns/items/{item.id}/approval", data={"version": now(db, item).version})

    assert (sent.status_code, approved.status_code) == (303, 303)
    assert "Goedgekeurd. Het staat nu op de feed en de schermen." in dina.follow(approved).text
    assert now(db, item).state == "approved"
    assert steps(db, item) == [("submitted", ""), ("approved", "")]
    assert told(db, item) == ["item_live"]
    with db.reading() as session:
        assert [each.id for each in queries.live_items(session)] == [item.id]
        acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
    assert acts == ["item_submitted", "item_approved"]


def test_nobody_approves_their_own_change(db: Database, bram: Client, dina: Client) -> None:
    item = made(db, "in_review", by=bram.person)
    reason = "Jij deed de laatste wijziging, dus een collega geeft groen licht."

    refused = bram.post(f"/campaigns/items/{item.id}/approval", data={"version": item.version})

    assert refused.status_code == 403
    assert reason in refused.text
    assert now(db, item).state == "in_review"
    for path in ("/campaigns", f"/campaigns/items/{item.id}"):
        shown = bram.get(path).text
        assert reason in shown
        assert "/approval" not in shown
        assert "/approval" in dina.get(path).text


def test_without_the_four_eyes_rule_one_may(db: Database, bram: Client) -> None:
    item = made(db, "in_review", by=bram.person)
    with db.writing() as session:
        session.get_one(Organisation, 1).four_eyes = False

    answer = bram.post(f"/campaigns/items/{item.id}/approval", data={"version": item.version})

    assert answer.status_code == 303
    assert now(db, item).state == "approved"


@pytest.mark.parametrize("step", ["approval", "return", "recall", "submission"])
def test_a_member_decides_nothing(db: Database, ana: Client, step: str) -> None:
    item = made(db, "in_review")

    assert ana.post(f"/campaigns/items/{item.id}/{step}", data={"note": "x"}).status_code == 403
    assert now(db, item).state == "in_review"


def test_returned_with_a_note_the_editor_reads_it(db: Database, bram: Client, dina: Client) -> None:
    item = made(db, "in_review", by=bram.person)

    answer = dina.post(f"/campaigns/items/{item.id}/return", data={"version": item.version, "note": "Wie is Joost?"})

    assert answer.status_code == 303
    assert now(db, item).state == "draft"
    assert steps(db, item) == [("returned", "Wie is Joost?")]
    assert "Wie is Joost?" in bram.get(f"/campaigns/items/{item.id}").text
    assert "Wie is Joost?" in bram.get(f"/campaigns/{item.campaign_id}").text


@pytest.mark.parametrize("note", ["", "   ", "x" * 401])
@pytest.mark.parametrize("place", ["list", "item"])
def test_a_return_needs_a_note_of_a_decent_length(db: Database, dina: Client, note: str, place: str) -> None:
    item = made(db, "in_review")
    data = {"version": item.version, "note": note, "from": place}

    plain = dina.post(f"/campaigns/items/{item.id}/return", data=data)
    swapped = dina.post(f"/campaigns/items/{item.id}/return", data=data, htmx=True)

    assert (plain.status_code, swapped.status_code) == (422, 422)
    assert 'aria-invalid="true"' in plain.text
    assert note.strip() in plain.text
    assert now(db, item).state == "in_review"


def test_in_the_list_htmx_swaps_only_that_item(db: Database, dina: Client) -> None:
    item = made(db, "in_review")

    answer = dina.post(
        f"/campaigns/items/{item.id}/approval", data={"version": item.version, "from": "list"}, htmx=True
    )

    assert answer.status_code == 200
    assert f'id="waiting-{item.id}"' in answer.text
    assert "<html" not in answer.text
    assert "Goedgekeurd. Het staat nu op de feed en de schermen." in answer.text
    assert 'hx-swap-oob="true">Er wacht niets meer. Dank je wel!' in answer.text


def test_two_approvals_at_once_have_one_effect(db: Database, bram: Client, dina: Client) -> None:
    item, start, outcomes = made(db, "in_review"), threading.Barrier(2), []

    def decide(person: Person) -> None:
        with db.reading() as session:
            seen = queries.get_item(session, item.id)
        start.wait()
        try:
            with db.writing() as session:
                approval.approve(session, session.merge(seen, load=False), by=person)
            outcomes.append("done")
        except approval.AlreadyDone:
            outcomes.append("told")

    people = [threading.Thread(target=decide, args=(each.person,)) for each in (bram, dina)]
    for each in people:
        each.start()
    for each in people:
        each.join()

    assert sorted(outcomes) == ["done", "told"]
    assert steps(db, item) == [("approved", "")]
    assert told(db, item) == ["item_live"]


def test_the_second_approver_reads_who_was_first(db: Database, bram: Client, dina: Client) -> None:
    item = made(db, "in_review")
    dina.post(f"/campaigns/items/{item.id}/approval", data={"version": item.version})

    late = bram.post(f"/campaigns/items/{item.id}/approval", data={"version": item.version})

    assert late.status_code == 303
    assert "Dina Yılmaz heeft dit al goedgekeurd. Je hoeft niets te doen!" in bram.follow(late).text
    assert steps(db, item) == [("approved", "")]


def test_what_changed_under_your_eyes_is_not_approved(db: Database, bram: Client, dina: Client) -> None:
    item = made(db, "in_review")
    bram.post(f"/campaigns/items/{item.id}", data=typed_from(item, title_nl="Heel iets anders"))

    late = dina.post(f"/campaigns/items/{item.id}/approval", data={"version": item.version})

    assert "Dit is veranderd terwijl je keek." in dina.follow(late).text
    assert now(db, item).state == "in_review"


def test_recalled_it_is_gone_at_once_and_the_log_says_so(db: Database, bram: Client) -> None:
    item = made(db, "approved")

    answer = bram.post(f"/campaigns/items/{item.id}/recall", data={"reason": "filled", "note": "Al vervuld"})

    recalled = now(db, item)
    assert answer.status_code == 303
    assert (recalled.state, recalled.recall_note, recalled.recalled_at) == (
        "recalled",
        "Al vervuld",
        recalled.recalled_at,
    )
    assert recalled.recalled_at is not None
    assert told(db, item) == ["item_recalled"]
    assert "Al vervuld" in bram.get(f"/campaigns/items/{item.id}").text
    with db.reading() as session:
        assert queries.live_items(session) == []


def test_recalled_and_edited_it_is_a_draft_again(db: Database, bram: Client) -> None:
    item = made(db, "recalled")

    bram.post(f"/campaigns/items/{item.id}", data=typed_from(item, title_nl="Opnieuw"))

    assert now(db, item).state == "draft"


def test_a_changed_word_reopens_approval_and_leaves_the_feed(db: Database, bram: Client) -> None:
    item = made(db, "approved", announced=True)
    warning = "dan gaat het terug naar goedkeuring"
    assert warning in bram.get(f"/campaigns/items/{item.id}/edit").text

    answer = bram.post(f"/campaigns/items/{item.id}", data=typed_from(item, summary_nl="Nu met lift."))

    assert answer.status_code == 303
    assert now(db, item).state == "in_review"
    assert now(db, item).changed_by_id == bram.person.id
    assert steps(db, item) == [("reopened", "")]
    assert told(db, item) == ["item_ended"]


def test_a_later_last_day_needs_no_new_approval(db: Database, bram: Client) -> None:
    item = made(db, "approved", announced=True)
    later = (clock.today() + timedelta(days=18)).isoformat()

    bram.post(f"/campaigns/items/{item.id}", data=typed_from(item, ends_on=later))

    changed = now(db, item)
    assert changed.state == "approved"
    assert changed.ends_at == clock.end_of(clock.today() + timedelta(days=18))
    assert steps(db, item) == []
    assert told(db, item) == []


def test_it_goes_live_and_ends_on_its_days_once(db: Database, dina: Client) -> None:
    opens, closes = clock.now() + timedelta(days=2), clock.now() + timedelta(days=4)
    item = made(db, "in_review", publish_at=opens, ends_at=closes)
    dina.post(f"/campaigns/items/{item.id}/approval", data={"version": item.version})
    runner = Runner(db)

    assert told(db, item) == []
    with time_machine.travel(opens, tick=False):
        runner.run_due()
    assert told(db, item) == ["item_live"]
    with time_machine.travel(closes, tick=False):
        runner.run_due()
        approval_again = now(db, item)
        with db.writing() as session:
            approval.item_window(session, item_id=approval_again.id)
    assert told(db, item) == ["item_live", "item_ended"]
    with db.reading() as session:
        assert session.scalars(select(Job.error).where(Job.error != "")).all() == []


@pytest.mark.parametrize("place", ["item", "form"])
def test_what_is_not_complete_is_not_sent_and_says_what_is_missing(db: Database, bram: Client, place: str) -> None:
    with db.writing() as session:
        item = make.item(session, state="draft", ends_at=None, picture_id=store(session, picture()).id)
        item = queries.get_item(session, item.id)
    page, form = f"/campaigns/items/{item.id}", f"/campaigns/items/{item.id}/edit"

    if place == "form":
        refused = bram.post(page, data=typed_from(item, then="submit"))
    else:
        assert f'action="{page}/submission"' not in bram.get(page).text
        refused = bram.post(f"{page}/submission", data={"version": item.version})
        assert "Het is nog niet compleet, dus er is nog geen goedkeuring gevraagd." in refused.text
        for field in ("ends_on", "picture_alt_nl", "picture_alt_en"):
            assert f'<a href="{form}#field-{field}">' in refused.text

    assert refused.status_code == 422
    assert (now(db, item).state, now(db, item).version, steps(db, item)) == ("draft", item.version, [])
    alts = {"picture_alt_nl": "Een huis", "picture_alt_en": "A house", "ends_on": clock.today().isoformat()}
    bram.post(page, data=typed_from(item, **alts))
    assert bram.post(f"{page}/submission").status_code == 303
    assert now(db, item).state == "in_review"
