"""What is kept in memory for the feed never shows: whatever changes, in whichever process, is on the next page."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import time_machine
from httpx2 import Response

from portal.database import Database
from tests import make
from tests.client import Client
from tests.feed import reading as pages

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
OTHER_PROCESS = """
import sys
if sys.argv[1].startswith("sqlite"):
    try:
        import pysqlite3 as driver
    except ImportError:
        import sqlite3 as driver
    connection = driver.connect(sys.argv[1].removeprefix("sqlite:///"), timeout=5)
else:
    import psycopg
    connection = psycopg.connect(sys.argv[1].replace("+psycopg", ""))
print("ready", flush=True)
for line in sys.stdin:
    connection.execute(line)
    connection.commit()
    print("done", flush=True)
"""


@contextmanager
def another_process(db: Database) -> Iterator[Callable[[str], None]]:
    """Runs a statement in a process of its own and commits it."""
    url = db.url.render_as_string(hide_password=False)
    child = subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None and child.stdout is not None

    def run(statement: str) -> None:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(statement + "\n")
        child.stdin.flush()
        assert child.stdout.readline() == "done\n"

    try:
        assert child.stdout.readline() == "ready\n"
        yield run
    finally:
        child.stdin.close()
        child.wait(10)
        child.stdout.close()


def titles(page: Response) -> list[str]:
    return pages.texts(page, ".item h2")


def test_what_another_process_changes_is_on_the_next_page(ana: Client, db: Database) -> None:
    me = ana.person.id
    now = "'2026-01-02 03:04:05+00:00'" if not db.is_sqlite else "'2026-01-02 03:04:05.000000'"
    with db.writing() as session:
        item = make.item(session, title="Eerst").id
        topic = make.topic(session).id
        mine = make.share(session, by=ana.person, on=make.item(session, title="Ander"), state="opened").id
        for place in range(3):
            make.share(session, by=make.person(session, f"P {place}", department_name="Inkoop"), on=make.item(session))
    assert "Eerst" in titles(ana.get("/"))
    with another_process(db) as run:
        run(f"UPDATE item_text SET title = 'Daarna' WHERE item_id = {item}")
        page = ana.get("/")
        assert "Daarna" in titles(page) and "Eerst" not in titles(page)

        run(f"INSERT INTO item_audience (item_id, kind, value) VALUES ({item}, 'topic', '{topic}')")
        assert "Daarna" not in titles(ana.get("/"))
        run(f"INSERT INTO person_topic (person_id, topic_id) VALUES ({me}, {topic})")
        page = ana.get("/")
        assert "Daarna" in titles(page)
        assert pages.texts(page, ".because") == ["Je ziet dit omdat je voor “Energie” koos."]
        run(f"UPDATE topic SET name_nl = 'Zon' WHERE id = {topic}")
        assert pages.texts(ana.get("/"), ".because") == ["Je ziet dit omdat je voor “Zon” koos."]

        run(f"INSERT INTO saved_item (person_id, item_id, at) VALUES ({me}, {item}, {now})")
        assert len(pages.find(ana.get("/"), ".bookmark.on")) == 1
        run(f"UPDATE share SET state = 'confirmed', confirmed_at = {now} WHERE id = {mine}")
        assert pages.texts(ana.get("/"), ".item.mine h2") == ["Ander"]
        run(f"UPDATE item SET state = 'recalled' WHERE id = {item}")
        assert "Daarna" not in titles(ana.get("/"))

        run(f"UPDATE person SET name = 'Anna Anders' WHERE id = {me}")
        assert pages.texts(ana.get("/"), ".who .strong") == ["Anna Anders"]
        assert pages.texts(ana.get("/"), "h1")[0].endswith(", Anna")
        run("UPDATE organisation SET name = 'Elders', version = version + 1")
        assert pages.texts(ana.get("/"), ".house") == ["Elders"]
        run("UPDATE organisation SET leaderboard_on = true")
        assert "Samen" in pages.texts(ana.get("/"), ".tabbar a")
        assert pages.texts(ana.get("/"), ".work-links a") == []
        run(f"UPDATE person SET role = 'editor' WHERE id = {me}")
        assert "Campagnes" in pages.texts(ana.get("/"), ".work-links a")
        run(f"UPDATE person SET language = 'en' WHERE id = {me}")
        assert "Campaigns" in pages.texts(ana.get("/"), ".work-links a")
        run(
            "INSERT INTO note (person_id, kind, subject, data, at) VALUES "
            f'({me}, \'plan_over\', \'x\', \'{{"title": "Te laat", "standing": "ended"}}\', {now})'
        )
        assert len(pages.find(ana.get("/"), ".notes li")) == 1

        run(f"UPDATE person SET deactivated_at = {now} WHERE id = {me}")
        assert ana.get("/").status_code == 303
        run(f"UPDATE person SET deactivated_at = NULL WHERE id = {me}")
        assert ana.get("/").status_code == 200
        run(f"DELETE FROM web_session WHERE person_id = {me}")
        assert ana.get("/").status_code == 303


def test_the_clock_alone_changes_the_page_too(ana: Client, db: Database) -> None:
    with time_machine.travel(NOON, tick=False) as sky:
        with db.writing() as session:
            campaign = make.campaign(session, ends_on=NOON.date() + timedelta(days=1))
            make.item(session, campaign, title="Straks", publish_at=NOON + timedelta(hours=1))
            make.item(session, campaign, title="Nog even", ends_at=NOON + timedelta(hours=2))
            make.item(session, campaign, title="Langer")
        browser = Client.signed_in(ana.app, ana.person)
        assert set(titles(browser.get("/"))) == {"Nog even", "Langer"}
        assert pages.texts(browser.get("/"), "h1") == [f"Goedemiddag, {ana.person.first_name}"]
        sky.shift(timedelta(hours=1))
        assert set(titles(browser.get("/"))) == {"Straks", "Nog even", "Langer"}
        sky.shift(timedelta(hours=6))
        assert set(titles(browser.get("/"))) == {"Straks", "Langer"}
        assert pages.texts(browser.get("/"), "h1") == [f"Goedenavond, {ana.person.first_name}"]
        sky.shift(timedelta(days=2))
        assert titles(browser.get("/")) == []
        sky.shift(timedelta(days=15))
        assert browser.get("/").status_code == 303


def test_every_page_has_a_nonce_and_a_way_back_of_its_own(ana: Client, bram: Client, db: Database) -> None:
    with db.writing() as session:
        make.item(session)
    for who in (ana, bram, ana):
        first, again = who.get("/"), who.get("/?page=1")
        for page in (first, again):
            (nonce,) = {*pages.attributes(page, "script", "nonce")}
            assert f"'nonce-{nonce}'" in page.headers["content-security-policy"]
            assert pages.texts(page, ".menu .who .strong") == [who.person.name]
        assert pages.attributes(first, "script", "nonce")[0] != pages.attributes(again, "script", "nonce")[0]
        assert [*pages.attributes(first, ".foot input", "value")] == ["/"]
        assert [*pages.attributes(again, ".foot input", "value")] == ["/?page=1"]
