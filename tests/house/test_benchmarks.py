"""The benchmark of redirects at a tiny load: what it compares with, what it counts, and what it calls its figures."""

import argparse
import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import NullPool
from starlette.applications import Starlette

from benchmarks import plain_feed, redirect, run
from benchmarks.redirect import MAIN, Plan
from portal import clock
from portal.database import Database
from portal.feed.queries import PAGE
from tests import make
from tests.client import Client
from tests.feed import reading as pages

pytestmark = pytest.mark.once

TINY = Plan((MAIN,), rounds=1, seconds=0.2, exact_seconds=0.3, with_wrk=False)


@contextlib.contextmanager
def stand_in(folder: Path) -> Iterator[str]:
    """The address of a short link of another system."""
    folder.mkdir()
    with run.reference("benchmarks.bare:bare_asgi", folder) as server:
        yield f"http://127.0.0.1:{server.port}/r/abc?from=here"


def test_redirects_are_compared_with_references_and_peers_and_counted(tmp_path: Path) -> None:
    with stand_in(tmp_path / "one") as one, stand_in(tmp_path / "other") as other:
        peers = dict(redirect.peer(f"{name}={url}") for name, url in (("yourls", one), ("kutt", other)))
        outcome = redirect.measure(tmp_path, TINY, peers)
    names = {"bare_asgi", "starlette_insert", "yourls", "kutt"}
    remarks = " ".join(outcome.remarks)
    if "nginx is not installed: nothing is said about it." not in remarks:
        names |= {"nginx", "nginx_log"}
    assert "Without wrk our own client makes the load" in remarks
    assert outcome.ratios.keys() == names | {f"{name} p99" for name in names} | {"distinct_agents"}
    assert all(ratio > 0 for ratio in outcome.ratios.values())
    figures = outcome.figures
    assert figures.keys() >= {"cpu_us_per_redirect", "p99_ms", "answered", "recorded"}
    assert figures["answered"] == figures["recorded"] > 64
    assert figures["cpu_us_per_redirect"] >= 0
    assert "yourls, per_second, c=64, 1000 links" in figures


@pytest.mark.parametrize(
    "said",
    ["http://localhost/a", "yourls=localhost/a", "yourls=https://s.example/a", "nginx=http://localhost/a", "=", ""],
)
def test_what_is_no_peer_is_refused_with_a_sentence(said: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"is (not NAME=http://HOST|the name of something else)"):
        redirect.peer(said)


def test_a_peer_that_does_not_lead_on_is_named(tmp_path: Path) -> None:
    with stand_in(tmp_path / "one") as url:
        name, rival = redirect.peer(f"kutt={url.replace('/r/', '/x/')}")
        with pytest.raises(SystemExit, match=r"^kutt answers /x/abc\?from=here with 404, not with a redirect\.$"):
            redirect.learn(name, rival)
    with pytest.raises(SystemExit, match=r"^kutt does not answer at 127\.0\.0\.1:"):
        redirect.learn(name, rival)


def test_without_nginx_and_wrk_it_says_so_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = run.Outcome()
    with contextlib.ExitStack() as stack:
        found = redirect.references(stack, tmp_path, ["/r/abc"], outcome)
    assert found.keys() == {"bare_asgi", "starlette_insert"}
    assert outcome.remarks == ["nginx is not installed: nothing is said about it."]
    assert redirect.plan(quick=True).with_wrk is False


@pytest.mark.parametrize("form", ["orm", "async"])
def test_the_plain_feed_shows_the_same_as_ours(
    app: Starlette, ana: Client, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    with db.writing() as session:
        campaign, colleagues = make.campaign(session), make.team(session, "Inkoop", 3)
        for hours in range(PAGE + 5):
            item = make.item(session, campaign, publish_at=clock.now() - timedelta(hours=hours))
        for who in colleagues:
            make.share(session, by=who, on=item)
    ours = ana.get("/")
    # A copy: the asynchronous driver brings a SQLite of its own, and two in one process undo each other's locks.
    url = f"sqlite:///{tmp_path / 'copy.db'}"
    pooled = db.writer.raw_connection()
    pooled.cursor().execute(f"VACUUM INTO '{tmp_path / 'copy.db'}'")
    pooled.close()
    app.state.async_sessions = plain_feed.async_sessions(url, poolclass=NullPool)
    monkeypatch.setattr(app.router, "routes", plain_feed.instead_of_ours(app.router.routes, form))
    plain = ana.get("/")
    for selector in ("h1", ".item h2", ".item .passed", ".item .chip"):
        assert pages.texts(plain, selector) == pages.texts(ours, selector)
