"""One row for each person, item and network; its state only rises; nothing opened is called shared."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from portal.activity import Activity
from portal.database import Database
from portal.jobs import Runner, enqueue
from portal.links.models import Link
from portal.sharing import networks, shares
from portal.sharing.models import Share
from tests import make
from tests.sharing import making


def happened(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(Activity.kind).order_by(Activity.id)))


def state(db: Database) -> str:
    with db.reading() as session:
        return session.scalars(select(Share.state)).one()


def test_a_hundred_times_is_one_share(db: Database) -> None:
    with db.writing() as session:
        ana, item = make.person(session), make.item(session)
        for _ in range(100):
            shares.confirm(session, making.share(session, by=ana, on=item, state="opened"))
        assert session.scalar(select(func.count()).select_from(Share)) == 1
    assert happened(db) == ["share_opened", "share_confirmed", "shared"]


def test_opening_is_not_sharing(db: Database) -> None:
    with db.writing() as session:
        making.share(session, by=make.person(session), on=make.item(session), state="opened")
    assert (state(db), happened(db)) == ("opened", ["share_opened"])


def test_opening_again_does_not_undo_a_confirmation(db: Database) -> None:
    with db.writing() as session:
        ana, item = make.person(session), make.item(session)
        making.share(session, by=ana, on=item, state="confirmed")
        making.share(session, by=ana, on=item, state="opened")
    assert state(db) == "confirmed"


def test_the_first_visitor_proves_a_share(db: Database) -> None:
    with db.writing() as session:
        share = making.share(session, by=make.person(session), on=make.item(session), state="opened")
        enqueue(session, "share_seen", link_id=share.link_id)
    Runner(db).run_due()
    assert (state(db), happened(db)) == ("seen", ["share_opened", "shared"])


def test_a_visitor_after_the_confirmation_is_told_once(db: Database) -> None:
    with db.writing() as session:
        share = making.share(session, by=make.person(session), on=make.item(session), state="confirmed")
        shares.share_seen(session, link_id=share.link_id)
        shares.confirm(session, share)
    assert (state(db), happened(db)) == ("seen", ["share_opened", "share_confirmed", "shared"])


def test_a_link_that_was_clicked_before_its_share_was_kept_counts_as_seen(db: Database) -> None:
    with db.writing() as session:
        ana, item = make.person(session), make.item(session)
        make.click(session, make.link(session, by=ana, on=item))
        making.share(session, by=ana, on=item, state="opened")
    assert state(db) == "seen"


def test_a_visitor_of_a_link_without_a_share_changes_nothing(db: Database) -> None:
    with db.writing() as session:
        link = make.link(session, by=make.person(session), on=make.item(session))
        shares.share_seen(session, link_id=link.id)
    assert happened(db) == []


def test_removing_keeps_the_link(db: Database) -> None:
    with db.writing() as session:
        shares.remove(session, making.share(session, by=make.person(session), on=make.item(session), state="opened"))
        assert session.scalar(select(func.count()).select_from(Share)) == 0
        assert session.scalar(select(func.count()).select_from(Link)) == 1


def test_what_the_portal_cannot_see_is_refused(db: Database) -> None:
    with db.writing() as session, pytest.raises(ValueError, match="nothing the portal can see"):
        shares.record(
            session,
            person=make.person(session),
            item=make.item(session),
            network=networks.get("x"),
            text="",
            language="nl",
            caption_id=None,
            own_words=False,
            how="posted",
        )


def test_many_taps_at_once_meet_in_one_row(db: Database) -> None:
    with db.writing() as session:
        ana, item = make.person(session), make.item(session)

    def tap(_: int) -> int:
        with db.writing() as session:
            return making.share(session, by=ana, on=item, state="confirmed").id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(tap, range(24)))) == 1
    assert happened(db) == ["share_opened", "share_confirmed", "shared"]
