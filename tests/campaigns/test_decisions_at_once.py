"""Two people decide about the same item at the same moment: one of them does, the other is told, nothing is half."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
import time_machine
from httpx2 import Response
from sqlalchemy import func, select

from portal import clock
from portal.activity import Activity
from portal.campaigns import approval, queries, recall, reviews, revisions
from portal.campaigns.models import Approval, Item
from portal.database import Database
from portal.jobs import Job, Runner
from portal.people.models import Note, Organisation
from tests import make
from tests.campaigns.forms import typed_from
from tests.client import Client

TIMES = 8
"""How often each race is run: who is first differs from one to the next."""


def at_once(*sends: Callable[[], Response]) -> list[int]:
    """The status of each answer, of all sent at the same moment."""
    ready = Barrier(len(sends))

    def go(send: Callable[[], Response]) -> int:
        ready.wait()
        return send().status_code

    with ThreadPoolExecutor(len(sends)) as pool:
        return list(pool.map(go, sends))


def another(who: Client) -> Client:
    return Client.signed_in(who.app, who.person)


def an_item(db: Database, state: str = "in_review") -> Item:
    """With what it says on record, as items made on the pages have it."""
    with db.writing() as session:
        item = queries.get_item(session, make.item(session, state="in_review").id)
        revisions.keep(session, item, by=None)
        if state == "approved":
            approval.approve(session, item, by=None)
    return now(db, item)


def now(db: Database, item: Item) -> Item:
    with db.reading() as session:
        return queries.get_item(session, item.id)


def steps(db: Database, item: Item) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(Approval.step).where(Approval.item_id == item.id).order_by(Approval.id)))


def told(db: Database, item: Item) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(Activity.kind).where(Activity.item_id == item.id).order_by(Activity.id)))


def number_of(db: Database, kind: str) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Job).where(Job.kind == kind)) or 0


@pytest.fixture(autouse=True)
def everybody_may_approve(db: Database) -> None:
    """Or an edit would decide the race by the rule of four eyes."""
    with db.writing() as session:
        session.get_one(Organisation, 1).four_eyes = False


@pytest.mark.parametrize("time", range(TIMES))
def test_an_approval_and_an_edit(db: Database, bram: Client, dina: Client, time: int) -> None:
    item = an_item(db)
    path = f"/campaigns/items/{item.id}"
    form = typed_from(item, title_nl="Ongelezen")

    approved, edited = at_once(
        lambda: dina.post(f"{path}/approval", data={"version": item.version}),
        lambda: bram.post(path, data=form),
    )

    after = now(db, item)
    assert approved == 303
    if edited == 409:  # the approval came first: the editor sees it before writing over it
        assert (after.state, after.text("nl").title, steps(db, item)) == (
            "approved",
            "Timmerman in Zwolle",
            ["approved"],
        )
        assert told(db, item) == ["item_live"]
    else:
        assert (edited, after.state, after.text("nl").title, steps(db, item)) == (303, "in_review", "Ongelezen", [])
        assert told(db, item) == []


@pytest.mark.parametrize("time", range(TIMES))
def test_an_approval_and_a_recall(db: Database, bram: Client, dina: Client, time: int) -> None:
    item = an_item(db)
    path = f"/campaigns/items/{item.id}"

    answers = at_once(
        lambda: dina.post(f"{path}/approval", data={"version": item.version}),
        lambda: bram.post(f"{path}/recall", data={"reason": "ended"}),
    )

    assert answers == [303, 303]
    recalled = now(db, item).state == "recalled"
    assert steps(db, item) == (["approved", "recalled"] if recalled else ["approved"])
    assert told(db, item) == (["item_live", "item_recalled"] if recalled else ["item_live"])
    assert number_of(db, "recall_stands") == int(recalled)


@pytest.mark.parametrize("time", range(TIMES))
def test_an_edit_and_a_recall(db: Database, bram: Client, dina: Client, time: int) -> None:
    item = an_item(db, "approved")
    path = f"/campaigns/items/{item.id}"
    form = typed_from(item, title_nl="Anders")

    edited, recalled = at_once(
        lambda: bram.post(path, data=form),
        lambda: dina.post(f"{path}/recall", data={"reason": "corrected"}),
    )

    after = now(db, item)
    assert recalled == 303
    with db.reading() as session:
        assert queries.live_items(session) == []
    if edited == 409:
        assert (after.state, after.text("nl").title) == ("recalled", "Timmerman in Zwolle")
        assert told(db, item) == ["item_live", "item_recalled"]
    else:  # changed first, so it was off the feed already
        assert (edited, after.state, after.text("nl").title) == (303, "in_review", "Anders")
        assert told(db, item) == ["item_live", "item_ended"]
        assert number_of(db, "recall_stands") == 0


@pytest.mark.parametrize("time", range(TIMES))
def test_two_recalls(db: Database, bram: Client, dina: Client, time: int) -> None:
    item = an_item(db, "approved")
    path = f"/campaigns/items/{item.id}/recall"
    browsers = [bram, dina, another(bram), another(dina)]

    answers = at_once(*(partial(each.post, path, data={"reason": "ended"}) for each in browsers))

    assert answers == [303] * 4
    assert steps(db, item) == ["approved", "recalled"]
    assert told(db, item) == ["item_live", "item_recalled"]
    assert number_of(db, "recall_stands") == 1


@pytest.mark.parametrize("time", range(TIMES))
def test_two_undo_the_same_recall(db: Database, bram: Client, dina: Client, time: int) -> None:
    item = an_item(db, "approved")
    path = f"/campaigns/items/{item.id}/recall"
    bram.post(path, data={"reason": "ended"})

    assert at_once(lambda: bram.post(f"{path}/undo"), lambda: dina.post(f"{path}/undo")) == [303, 303]

    assert (now(db, item).state, steps(db, item)) == ("approved", ["approved", "recalled", "undone"])
    assert told(db, item) == ["item_live", "item_recalled", "item_live"]
    assert number_of(db, "recall_stands") == 0


@pytest.mark.parametrize("time", range(TIMES))
def test_a_recall_and_the_undoing_of_one(db: Database, bram: Client, dina: Client, time: int) -> None:
    item = an_item(db, "approved")
    path = f"/campaigns/items/{item.id}/recall"
    bram.post(path, data={"reason": "ended"})

    answers = at_once(lambda: bram.post(f"{path}/undo"), lambda: dina.post(path, data={"reason": "corrected"}))

    assert answers == [303, 303]
    after = now(db, item)
    again = after.state == "recalled"
    assert steps(db, item) == ["approved", "recalled", "undone"] + ["recalled"] * again
    assert after.recall_reason == ("corrected" if again else "")
    assert number_of(db, "recall_stands") == int(again)
    assert told(db, item)[-1] == ("item_recalled" if again else "item_live")


@pytest.mark.parametrize("time", range(TIMES))
def test_the_end_of_the_minute_and_an_undo(db: Database, bram: Client, ana: Client, time: int) -> None:
    """The runner's clock is ahead of the page's: still either people are told or it is put back, never both."""
    item = an_item(db, "approved")
    with db.writing() as session:
        make.share(session, by=session.merge(ana.person, load=False), on=item)
        recall.take_back(session, queries.get_item(session, item.id), by=None)
        ahead = session.scalars(select(Job).where(Job.kind == "recall_stands")).one()
        ahead.run_at = clock.now() - timedelta(seconds=1)
    runner, ready = Runner(db), Barrier(2)

    def tell() -> None:
        ready.wait()
        runner.run_due()

    def undo() -> Response:
        ready.wait()
        return bram.post(f"/campaigns/items/{item.id}/recall/undo")

    with ThreadPoolExecutor(2) as pool:
        done, answer = pool.submit(tell), pool.submit(undo)
        done.result()
        assert answer.result().status_code == 303
    runner.run_due()

    with db.reading() as session:
        notes = session.scalar(select(func.count()).select_from(Note))
        failed = session.scalars(select(Job.error).where(Job.error != "")).all()
    assert (now(db, item).state, notes) in [("approved", 0), ("recalled", 1)]
    assert failed == []


@pytest.mark.parametrize("time", range(TIMES))
def test_an_answer_from_outside_and_an_edit(db: Database, bram: Client, client: Client, time: int) -> None:
    item = an_item(db)
    with db.writing() as session:
        whole, house = queries.get_item(session, item.id), session.get_one(Organisation, 1)
        bram_here = session.merge(bram.person)
        asked = reviews.ask(session, whole, name="Jan", email="", by=bram_here, organisation=house)
        token = reviews.token_of(asked)
    form = typed_from(item, title_nl="Anders")

    answered, edited = at_once(
        lambda: client.post(f"/review/{token}", data={"answer": "fine"}),
        lambda: bram.post(f"/campaigns/items/{item.id}", data=form),
    )

    assert edited == 303
    assert steps(db, item) == (["approved"] if answered == 303 else [])
    assert answered in (303, 410)
    with db.reading() as session:
        assert reviews.opinions(session, [now(db, item)]) == {}, "whoever approves is shown no opinion on another text"


@pytest.mark.parametrize("time", range(TIMES))
def test_one_answer_by_one_link(db: Database, bram: Client, client: Client, time: int) -> None:
    item = an_item(db)
    with db.writing() as session:
        whole, house = queries.get_item(session, item.id), session.get_one(Organisation, 1)
        bram_here = session.merge(bram.person)
        asked = reviews.ask(session, whole, name="Jan", email="", by=bram_here, organisation=house)
        token = reviews.token_of(asked)
    path, visitors = f"/review/{token}", [Client(client.app) for _ in range(4)]

    at_once(*(partial(each.post, path, data={"answer": "fine"}) for each in visitors))

    assert steps(db, item) == ["approved"]


def test_an_undo_after_the_minute(db: Database, bram: Client, dina: Client) -> None:
    item = an_item(db, "approved")
    path = f"/campaigns/items/{item.id}/recall"
    with time_machine.travel(clock.now(), tick=False) as traveller:
        bram.post(path, data={"reason": "ended"})
        traveller.shift(recall.UNDO_WITHIN)
        answers = at_once(lambda: bram.post(f"{path}/undo"), lambda: dina.post(f"{path}/undo"))
    assert answers == [303, 303]
    assert (now(db, item).state, steps(db, item)) == ("recalled", ["approved", "recalled"])
    assert number_of(db, "recall_stands") == 1
