"""What a website asks of programs that come by themselves: kept to on schedule, and no matter for a person."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal import clock, settings
from portal.database import Database
from portal.inbox import robots, sources
from portal.inbox.models import Candidate, Source
from portal.jobs import Runner
from portal.settings import Settings
from tests import make
from tests.client import Client
from tests.inbox.conftest import Sample
from tests.website import Reply, Website, serving

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=clock.zone())


@pytest.fixture(autouse=True)
def at() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def careers(website: Website, sample: Sample) -> Website:
    """A website with a careers page that leads to one vacancy."""
    website.replies["/werken-bij"] = Reply(b'<html><a href="/werken-bij/timmerman">Timmerman</a></html>')
    website.replies["/werken-bij/timmerman"] = Reply(sample("posting.html"))
    return website


def add(bram: Client, db: Database, url: str, *, kind: str = "vacancies") -> Source:
    form = {"kind": kind, "url": url, "name": "Werken bij", "language": "nl", "campaign": ""}
    assert bram.post("/inbox/sources", data=form).status_code == 303
    return looked_at(db)


def looked_at(db: Database) -> Source:
    Runner(db).run_due()
    with db.reading() as session:
        return session.scalars(select(Source)).one()


@pytest.mark.parametrize(
    ("rules", "asked"),
    [
        ("User-agent: *\nDisallow: /", ["/robots.txt"]),
        ("User-agent: Passalong\nDisallow: /werken-bij\n\nUser-agent: *\nAllow: /", ["/robots.txt"]),
        ("User-Agent: *\nDisallow: /werken-bij/ # vacatures niet", ["/robots.txt", "/werken-bij"]),
    ],
)
def test_where_a_website_wants_no_programs_we_do_not_look(
    bram: Client, db: Database, careers: Website, rules: str, asked: list[str]
) -> None:
    careers.replies["/robots.txt"] = Reply(rules.encode(), "text/plain")
    source = add(bram, db, f"{careers.address}/werken-bij")
    assert (source.result, source.failures, careers.paths) == ("disallowed", 1, asked)
    assert "De website vraagt programma&#39;s hier niet te kijken." in bram.get("/inbox/sources").text


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"not here", status=404),
        Reply(b"User-agent: *\nDisallow: /intern", "text/plain"),
        Reply(b"User-agent: Anderbot\nDisallow: /", "text/plain"),
        Reply(b"User-agent: *\nDisallow:\nCrawl-delay: \xc2\xb2\nDisallow: //%5B\n\x00\xff", "text/plain"),
        Reply(b"<html>Welkom</html>"),
    ],
)
def test_everywhere_else_we_do(bram: Client, db: Database, careers: Website, reply: Reply) -> None:
    careers.replies["/robots.txt"] = reply
    assert add(bram, db, f"{careers.address}/werken-bij").result == "new 1"


def test_a_website_that_cannot_say_is_left_alone_for_now(bram: Client, db: Database, careers: Website) -> None:
    careers.replies["/robots.txt"] = Reply(status=503)
    source = add(bram, db, f"{careers.address}/werken-bij")
    assert (source.result, careers.paths) == ("unreachable", ["/robots.txt"])


def test_what_it_asks_is_kept_for_a_day(
    bram: Client, db: Database, careers: Website, at: time_machine.Traveller
) -> None:
    add(bram, db, f"{careers.address}/werken-bij")
    careers.replies["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /", "text/plain")
    results = []
    for hours in (23, 25):
        at.move_to(NOW + timedelta(hours=hours))
        with db.writing() as session:
            sources.look_at_sources(session)
        results.append(looked_at(db).result)
    assert (results, careers.paths.count("/robots.txt")) == (["nothing_new", "disallowed"], 2)


def test_websites_with_endless_rules_do_not_fill_the_memory(
    careers: Website, chosen: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robots, "MOST_LINES", 30)
    with serving() as other:
        settings.put_in_force(replace(chosen, reachable_hosts=(careers.host, other.host)))
        for website in (careers, other):
            website.replies["/robots.txt"] = Reply(b"User-agent: *\n" + b"Disallow: /a\n" * 19, "text/plain")
        for website in (careers, careers, other, careers):
            assert not robots.allow(f"{website.address}/a", seconds=5)
        assert (careers.paths, other.paths) == (["/robots.txt"] * 2, ["/robots.txt"])


def test_feeds_and_what_a_person_pastes_are_looked_at_anyway(
    bram: Client, db: Database, careers: Website, sample: Sample
) -> None:
    careers.replies["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /", "text/plain")
    careers.replies["/feed.xml"] = Reply(sample("rss-2.0.xml"), "application/rss+xml")
    assert add(bram, db, f"{careers.address}/feed.xml", kind="feed").result == "new 2"
    with db.writing() as session:
        campaign = make.campaign(session).id
    pasted = {"address": f"{careers.address}/werken-bij/timmerman", "campaign": str(campaign)}
    assert bram.post("/inbox/paste", data=pasted).status_code == 303
    assert "/robots.txt" not in careers.paths
    with db.reading() as session:
        assert len(session.scalars(select(Candidate)).all()) == 2
