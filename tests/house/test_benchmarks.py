"""The benchmark of redirects at a tiny load: what it compares with, what it counts, and what it calls its figures."""

import argparse
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import redirect, run, screens
from benchmarks.redirect import MAIN, Plan

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


def test_screens_are_compared_cut_off_and_soaked(tmp_path: Path) -> None:
    tiny = screens.Plan(60, 1, 20, 0.3, 3, give_up=0.5, soak_changes=40, soak_screens=2)
    outcome = screens.measure(tmp_path, tiny)
    assert outcome.ratios.keys() == {"write_loop", "sse_starlette", "sse_starlette memory"}
    figures = outcome.figures
    assert (figures["screens"], figures["cut_off"], figures["soak_changes"]) == (60, 3, 40)
    names = {"kb_per_screen", "redirect_p99_ms", "idle_cpu_percent", "cut_off_growth_mb", "soak_growth_kb"}
    assert figures.keys() >= names
