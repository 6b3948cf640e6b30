"""Known links are answered from memory, which forgets what changed; and no click is answered that is not on record."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette

from portal import activity, clock, settings
from portal.app import create_app
from portal.campaigns import recall
from portal.campaigns.models import Campaign, Item
from portal.database import Database
from portal.links import answers, journal
from portal.links.answers import Answers
from portal.links.desk import Desk
from portal.links.models import Click, Link, Salt
from portal.models import metadata
from portal.settings import Settings
from tests import make
from tests.client import Client

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.fixture
def link(db: Database) -> Link:
    return _link(db)


def _link(db: Database) -> Link:
    with db.writing() as session:
        made = make.link(session, by=make.person(session), on=make.item(session))
        made.created_at = clock.now() - timedelta(hours=1)
    return made


@pytest.fixture
def elsewhere(db: Database) -> Iterator[Database]:
    """The same database as another process has it open."""
    opened = Database(db.url.render_as_string(hide_password=False))
    yield opened
    opened.dispose()


@pytest.fixture
def memory(db: Database) -> Answers:
    return Answers(db)


def _item(database: Database, link: Link, *, state: str = "approved", at: datetime | None = None) -> None:
    """Change the item as its editors' pages do, telling the activity log."""
    with database.writing() as session:
        item = session.get(Item, link.item_id)
        assert item is not None
        item.state = state
        item.ends_at = at
        kind = {"approved": "item_live", "recalled": "item_recalled", "draft": "item_ended"}[state]
        activity.record(session, kind, item_id=item.id, campaign_id=item.campaign_id)


def test_an_answer_is_found_after_it_was_loaded(memory: Answers, link: Link) -> None:
    assert memory.find(link.code) is None
    loaded = memory.load(link.code)
    assert loaded is not None
    assert memory.find(link.code) is memory.find(link.code.encode()) is loaded
    assert loaded.location.startswith("https://noorderhout.example/werken/timmerman?utm_source=linkedin")


@pytest.mark.parametrize("code", ["bbbbbbbb", "", "é", "\x00", "../..", "b" * 5000])
def test_what_leads_nowhere_is_not_kept(memory: Answers, link: Link, code: str) -> None:
    assert memory.load(code) is None
    assert memory.find(code) is None
    assert len(memory) == 0


@pytest.mark.parametrize("state", ["recalled", "draft"])
def test_a_change_by_another_process_is_forgotten_at_the_next_look(
    memory: Answers, link: Link, elsewhere: Database, db: Database, state: str
) -> None:
    other = _link(db)
    memory.load(link.code)
    memory.load(other.code)
    _item(elsewhere, link, state=state)
    memory.catch_up()
    assert (memory.find(link.code), len(memory)) == (None, 1)
    assert memory.load(link.code) is None
    _item(elsewhere, link)
    memory.catch_up()
    assert memory.load(link.code) is not None


def test_a_changed_campaign_is_forgotten_with_all_its_items(memory: Answers, link: Link, elsewhere: Database) -> None:
    memory.load(link.code)
    with elsewhere.writing() as session:
        item = session.get(Item, link.item_id)
        assert item is not None
        campaign = session.get(Campaign, item.campaign_id)
        assert campaign is not None
        campaign.slug = "another-name"
        activity.record(session, "campaign_changed", campaign_id=campaign.id)
    memory.catch_up()
    found = memory.load(link.code)
    assert found is not None
    assert "utm_campaign=another-name" in found.location


def test_what_does_not_concern_links_leaves_answers_alone(memory: Answers, link: Link, elsewhere: Database) -> None:
    known = memory.load(link.code)
    with elsewhere.writing() as session:
        for _ in range(answers.AT_ONCE + 3):
            activity.record(session, "shared", item_id=link.item_id)
    memory.catch_up()
    assert memory.find(link.code) is known


def test_many_changes_at_once_are_all_seen(memory: Answers, link: Link, elsewhere: Database) -> None:
    memory.load(link.code)
    with elsewhere.writing() as session:
        for _ in range(answers.AT_ONCE):
            activity.record(session, "shared", item_id=link.item_id)
        activity.record(session, "item_recalled", item_id=link.item_id)
    memory.catch_up()
    assert memory.find(link.code) is None


def test_a_database_that_went_back_in_time_is_met_anew(memory: Answers, link: Link, elsewhere: Database) -> None:
    with elsewhere.writing() as session:
        activity.record(session, "shared", item_id=link.item_id)
    memory.load(link.code)
    with elsewhere.writing() as session:
        session.delete(session.scalars(select(activity.Activity)).one())
    memory.catch_up()
    assert memory.find(link.code) is None


def test_what_was_read_before_a_change_is_not_kept_after_it(
    memory: Answers, link: Link, elsewhere: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change comes between the reading and the keeping."""
    memory.catch_up()
    read = answers.landing

    def meanwhile(*args: object, **more: object) -> object:
        found = read(*args, **more)  # type: ignore[arg-type]
        monkeypatch.setattr(answers, "landing", read)
        memory._forget({link.item_id}, set(), set())
        return found

    monkeypatch.setattr(answers, "landing", meanwhile)
    assert memory.load(link.code) is not None
    assert memory.find(link.code) is None


def test_memory_is_bounded(memory: Answers, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MOST", 3)
    links = [_link(db) for _ in range(5)]
    for each in links:
        memory.load(each.code)
    assert [memory.find(each.code) is not None for each in links] == [False, False, True, True, True]


def test_an_answer_holds_within_the_items_days(memory: Answers, db: Database) -> None:
    with time_machine.travel(START, tick=False), db.writing() as session:
        item = make.item(session, publish_at=START, ends_at=START + timedelta(days=1))
        link = make.link(session, by=make.person(session), on=item)
    with time_machine.travel(START, tick=False):
        found = memory.load(link.code)
    assert found is not None
    moments = (START - timedelta(seconds=1), START, START + timedelta(hours=23), START + timedelta(days=1))
    assert [found.holds_at(moment.timestamp()) for moment in moments] == [False, True, True, False]


def test_a_recall_is_in_force_with_the_answer_to_whoever_recalled(client: Client, dina: Client, link: Link) -> None:
    assert client.get(f"/r/{link.code}").status_code == 302
    with client.app.state.database.writing() as session:
        item = session.get(Item, link.item_id)
        assert item is not None
        recall.take_back(session, item, by=session.merge(dina.person))
    assert client.get(f"/r/{link.code}").status_code == 410


def test_an_item_ends_on_time_and_an_extension_opens_it_again(client: Client, db: Database) -> None:
    with time_machine.travel(START, tick=False) as traveller:
        link = _link(db)
        _item(db, link, at=START + timedelta(hours=1))
        assert client.get(f"/r/{link.code}").status_code == 302
        traveller.shift(timedelta(hours=1))
        assert client.get(f"/r/{link.code}").status_code == 410
        with db.writing() as session:
            item = session.get(Item, link.item_id)
            assert item is not None
            item.ends_at = START + timedelta(hours=2)
        assert client.get(f"/r/{link.code}").status_code == 302


def test_each_day_has_its_key_and_the_next_one_is_at_hand_towards_midnight(
    app: Starlette, db: Database, tmp_path: Path
) -> None:
    desk = Desk(db, replace(app.state.settings, journal_dir=str(tmp_path)))
    evening = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # half past eleven in Amsterdam
    with time_machine.travel(evening - timedelta(hours=12), tick=False) as traveller:
        assert desk.has_key(evening.timestamp() - 12 * 3600) is False
        desk.load_key()
        with db.reading() as session:
            assert session.scalar(select(func.count()).select_from(Salt)) == 1
        traveller.move_to(evening)
        desk.load_key()
    today = evening.timestamp()
    first = desk.line(b"bcdf2345", {}, address="192.0.2.7", now=today)
    assert (desk.has_key(today), desk.has_key(today + 3600)) == (True, True)
    assert desk.has_key(today) is False  # yesterday's is gone
    second = desk.line(b"bcdf2345", {}, address="192.0.2.7", now=today)
    read = [journal.decode(each) for each in (first, second)]
    assert read[0] is not None
    assert read[1] is not None
    assert read[0].visitor != read[1].visitor
    assert desk.has_key(today + 26 * 3600) is False


# What happens when the journal or the database cannot be used, over a database of its own.


@pytest.fixture
def house(tmp_path: Path, chosen: Settings) -> Iterator[Starlette]:
    (tmp_path / "journal").write_text("a file where the folder should be: no line can be put on record")
    found = replace(chosen, data_dir=tmp_path, database_url=f"sqlite:///{tmp_path / 'portal.db'}")
    made = create_app(found, background=False)
    metadata.create_all(made.state.database.writer)
    with made.state.database.writing() as session:
        make.organisation(session)
    yield made
    made.state.database.dispose()
    made.state.desk.close()
    settings.put_in_force(chosen)


def _clicks(house: Starlette) -> list[tuple[str, str]]:
    with house.state.database.reading() as session:
        return [(row.verdict, row.reason) for row in session.scalars(select(Click).order_by(Click.id))]


def _away(house: Starlette, folder: Path) -> None:
    """Take the database away: whoever asks for it now finds a folder in its place."""
    house.state.database.dispose()
    for path in folder.glob("portal.db*"):
        shutil.move(path, folder / f"kept-{path.name}")
    (folder / "portal.db").mkdir()


def _back(folder: Path) -> None:
    (folder / "portal.db").rmdir()
    for path in folder.glob("kept-*"):
        shutil.move(path, folder / path.name.removeprefix("kept-"))


@pytest.mark.once
def test_without_a_journal_clicks_go_straight_into_the_database(house: Starlette) -> None:
    link, client = _link(house.state.database), Client(house, raise_errors=False)
    assert client.get(f"/r/{link.code}").status_code == 302
    assert client.http.get(f"/r/{link.code}", headers={"user-agent": "LinkedInBot/1.0"}).status_code == 302
    assert _clicks(house) == [("human", "person"), ("bot", "preview")]


@pytest.mark.once
def test_with_neither_nothing_is_answered_as_if_it_counted(house: Starlette, tmp_path: Path) -> None:
    link, client = _link(house.state.database), Client(house, raise_errors=False)
    assert client.get(f"/r/{link.code}").status_code == 302
    _away(house, tmp_path)
    refused = client.http.get(f"/r/{link.code}")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert "location" not in refused.headers
    _back(tmp_path)
    assert client.get(f"/r/{link.code}").status_code == 302
    assert len(_clicks(house)) == 2


@pytest.mark.once
def test_without_a_database_known_links_lead_on_and_their_clicks_wait(house: Starlette, tmp_path: Path) -> None:
    (tmp_path / "journal").unlink()
    known, unmet = _link(house.state.database), _link(house.state.database)
    client = Client(house, raise_errors=False)
    assert client.get(f"/r/{known.code}").status_code == 302
    _away(house, tmp_path)
    answered = [client.http.get(f"/r/{known.code}").status_code for _ in range(3)]
    assert answered == [302, 302, 302]
    assert client.http.get(f"/r/{unmet.code}").status_code == 503
    _back(tmp_path)
    make.ingest(house)
    assert len(_clicks(house)) == 4


@pytest.mark.once
def test_a_busy_database_is_asked_twice(house: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    link, client, desk = _link(house.state.database), Client(house, raise_errors=False), house.state.desk
    failures, store = iter([OperationalError("INSERT", {}, Exception("database is locked"))]), desk.store

    def busy_once(line: bytes) -> None:
        for failure in failures:
            raise failure
        store(line)

    monkeypatch.setattr(desk, "store", busy_once)
    assert client.get(f"/r/{link.code}").status_code == 302
    assert _clicks(house) == [("human", "person")]
