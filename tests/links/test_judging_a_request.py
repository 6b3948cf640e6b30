"""Who made a request: a person, a robot, or something that only looks like a person."""

import re
import time
import tomllib
from pathlib import Path

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from portal import i18n
from portal.links import verdicts
from portal.links.desk import may_draw_previews
from portal.links.verdicts import REASONS, WHY, Verdict, is_preview_fetcher, judge

pytestmark = pytest.mark.once

AGENTS = tomllib.loads((Path(__file__).parent / "user_agents.toml").read_text())["agent"]
BROWSER = {
    "user-agent": AGENTS[0]["name"],
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "accept-language": "nl-NL,nl;q=0.9",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
}


@pytest.mark.parametrize("agent", AGENTS, ids=[agent["why"] for agent in AGENTS])
def test_every_known_browser_and_robot_gets_its_verdict(agent: dict[str, str]) -> None:
    assert judge("GET", BROWSER | {"user-agent": agent["name"]}) == (agent["verdict"], agent["reason"])


def test_a_browser_without_fetch_headers_is_still_a_person() -> None:
    headers = {name: value for name, value in BROWSER.items() if not name.startswith("sec-")}
    assert judge("GET", headers) == ("human", "person")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_only_opening_counts(method: str) -> None:
    assert judge(method, BROWSER) == ("bot", "not_opened")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("purpose", "prefetch"),
        ("purpose", "preview"),
        ("x-purpose", "preview"),
        ("x-purpose", "instant"),
        ("x-moz", "prefetch"),
    ],
)
def test_a_page_loaded_in_advance_is_no_visit(name: str, value: str) -> None:
    assert judge("GET", BROWSER | {name: value}) == ("bot", "prefetch")


def test_loading_in_advance_is_seen_before_the_app_it_happens_in() -> None:
    in_app = next(agent["name"] for agent in AGENTS if agent["reason"] == "in_app")
    assert judge("GET", BROWSER | {"user-agent": in_app, "purpose": "prefetch"}) == ("bot", "prefetch")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"accept-language": ""}, "no_language"),
        ({"accept": "*/*"}, "not_a_page"),
        ({"accept": ""}, "not_a_page"),
        ({"sec-fetch-mode": "cors"}, "not_navigated"),
        ({"sec-fetch-mode": "no-cors"}, "not_navigated"),
        ({"sec-fetch-dest": "image"}, "not_navigated"),
        ({"sec-fetch-dest": "iframe"}, "not_navigated"),
    ],
)
def test_a_browser_that_does_not_behave_like_one_is_suspect(changed: dict[str, str], reason: str) -> None:
    assert judge("GET", BROWSER | changed) == ("suspect", reason)


def test_names_are_cut_before_they_are_looked_at() -> None:
    name = AGENTS[0]["name"].ljust(256, " ") + "Googlebot/2.1"
    assert judge("GET", BROWSER | {"user-agent": name}) == ("human", "person")


def test_strangers_cannot_fill_the_memory_with_names() -> None:
    for number in range((verdicts._by_agent.cache_info().maxsize or 0) + 100):
        judge("GET", BROWSER | {"user-agent": f"curl/{number}"})
    info = verdicts._by_agent.cache_info()
    assert info.currsize == info.maxsize


HOSTILE = [
    "a" * 100_000,
    "Mozilla/5.0 (" + "Android" * 15_000,
    "Mozilla/5.0 (Android) AppleWebKit/" + "Line" * 25_000,
    "ContextualBot" * 8_000,
    "Twitter for " * 8_000,
    "".join(entry["pattern"][:6] for entry in CRAWLER_USER_AGENTS_DATA) * 10,
    "Spider" * 16_000 + ".com",
    "[FBAN/" * 16_000,
    "\x00\x7f\udcff" * 30_000,
    "(" * 100_000,
]


@pytest.mark.parametrize("name", HOSTILE, ids=[name[:16].encode("ascii", "replace").decode() for name in HOSTILE])
def test_a_name_of_100_kilobytes_takes_no_longer_than_another(name: str) -> None:
    verdicts._by_agent.cache_clear()
    began = time.process_time()
    judge("GET", BROWSER | {"user-agent": name, "accept": name, "accept-language": name, "purpose": name})
    is_preview_fetcher(name)
    assert time.process_time() - began < 0.02


def test_a_thousand_different_names_a_second_are_little_work() -> None:
    verdicts._by_agent.cache_clear()
    names = [f"{BROWSER['user-agent']} {number:x}" for number in range(1000)]
    began = time.process_time()
    for name in names:
        judge("GET", BROWSER | {"user-agent": name})
        is_preview_fetcher(name)
    assert time.process_time() - began < 0.25


@pytest.mark.parametrize("agent", AGENTS, ids=[agent["why"] for agent in AGENTS])
def test_preview_fetchers_are_known_by_name(agent: dict[str, str]) -> None:
    assert is_preview_fetcher(agent["name"]) is (agent["reason"] == "preview")


def test_the_fixture_is_large_and_has_no_doubles() -> None:
    assert len(AGENTS) >= 500
    assert len({agent["name"] for agent in AGENTS}) == len(AGENTS) == len({agent["why"] for agent in AGENTS})
    assert {agent["reason"] for agent in AGENTS} == {
        *("person", "in_app", "preview", "scanner", "office_probe", "crawler", "ai", "monitor", "reader", "program"),
        "no_name",
    }


def test_the_public_list_gives_the_same_as_trying_it_line_by_line() -> None:
    listed = [(re.compile(pattern), reason) for pattern, reason in verdicts._listed()]
    names = [agent["name"] for agent in AGENTS]
    names += [instance for entry in CRAWLER_USER_AGENTS_DATA for instance in entry.get("instances", ())[:1]]
    for name in (name[:256] for name in names):
        expected = next((reason for pattern, reason in listed if pattern.search(name)), None)
        assert verdicts._PUBLIC.reason(name, name.lower()) == expected, name


def test_the_public_list_is_used_whole() -> None:
    ours = {"WhatsApp", "Viber"}
    expected = sum(1 for entry in CRAWLER_USER_AGENTS_DATA if entry["pattern"] not in ours)
    assert verdicts._PUBLIC.size == expected


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, ""),
        ({"sec-purpose": "prefetch;prerender"}, "prefetch"),
        ({"sec-purpose": "prefetch; anonymous-client-ip"}, "prefetch"),
        ({"purpose": " Preview "}, "prefetch"),
        ({"x-purpose": "instant"}, "prefetch"),
        ({"x-moz": "prefetch"}, "prefetch"),
        ({"purpose": "prefetching"}, ""),
        ({"sec-purpose": "x" * 100_000 + "prefetch"}, ""),
    ],
)
def test_what_a_record_keeps_of_the_purpose(headers: dict[str, str], said: str) -> None:
    assert verdicts.purpose(headers) == said
    assert judge("GET", BROWSER | {"sec-purpose": said}).reason == ("prefetch" if said else "person")


def test_every_example_in_the_public_list_is_a_robot_unless_we_know_better() -> None:
    taken_for_people = {
        instance
        for entry in CRAWLER_USER_AGENTS_DATA
        for instance in entry.get("instances", ())
        if judge("GET", BROWSER | {"user-agent": instance[:256]}).verdict == "human"
        and entry["pattern"] in instance[:256]
    }
    apps = (
        "MetaIAB",
        "Slack_SSB",
        "FBAN",
        "FBAV",
        "FB_IAB",
        "Instagram",
        "LinkedInApp",
        "WhatsApp",
        "Pinterest/",
    )
    assert {name for name in taken_for_people if not any(app in name for app in apps)} == set()


def test_every_reason_has_words_and_an_explanation_in_both_languages() -> None:
    assert set(REASONS) == set(WHY)
    for language in i18n.LANGUAGES:
        i18n.language.set(language)
        for reason in REASONS:
            assert verdicts.in_words(reason, 1) != verdicts.in_words(reason, 2), reason
            assert str(WHY[reason]).endswith("."), reason


def test_reasons_read_as_sentences() -> None:
    i18n.language.set("en")
    assert [verdicts.in_words("preview", 3), verdicts.in_words("repeat", 1)] == [
        "3 link previews",
        "1 repeat",
    ]
    i18n.language.set("nl")
    assert verdicts.in_words("preview", 3) == "3 linkvoorbeelden"
    assert Verdict("bot", "preview").reason in REASONS


def test_the_fast_path_leaves_every_preview_fetcher_to_the_ordinary_route() -> None:
    fetchers = [agent["name"] for agent in AGENTS if agent["reason"] == "preview"]
    assert [name for name in fetchers if not may_draw_previews(name.encode())] == []
