"""Ten thousand texts: server, browser and, where a network publishes its counter, the network itself agree."""

import json
import re
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from portal.paths import data
from portal.sharing import counting, facets
from tests.peers.provider import FOLDER

# What colleagues write, and what trips counters: joined emoji, flags, marks, addresses of all kinds, letters from afar.
PLAIN = (
    *(
        "Huis",
        "een mooie dag",
        "café",
        "cafe\u0301",
        "naïef",
        "ß",
        "日本語",
        "テスト",
        "한국어",
        "Привет",
        "नक्षि",
        "각",
        "ﷺ",
    ),
    *("😀", "👍🏽", "👨‍👩‍👧‍👦", "🙋🏽", "🇳🇱", "🇧🇪🇳🇱", "1️⃣", "#️⃣", "©", "©️", "™", "☺", "☺️", "❤️", "—", "“ja”", "…", "€"),
    *("\n", "\r\n", "\n\n", " ", ".", ",", "!", "(", ")", "@ana", "@ana@mastodon.nl", "@ana.bsky.social", "#werkgever"),
    *(
        "#één",
        "#2026",
        "#2026doel. ",
        "https://example.com ",
        "http://test.nl/pad?x=1&y=é ",
        "www.example.com ",
        "x" * 70,
    ),
    *("https://例え.jp/パス ", "info@example.com ", "(https://a.nl/b) ", "https://a.nl/b_(c) ", "https://a.nl. "),
    *("https://go.nl/r/23456789 ", " noorderhout.nl/x ", "あ" * 40 + ".com ", "\u200b", "🫠"),
)
NEWER = (
    "❤️‍🔥",
    "🧑🏻‍🤝‍🧑🏿",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "🇳",
    "\u200d",
    "\u20e3",
    "\ufe0f",
    "http",
)
"""What X's own library, last changed in 2020, takes for several signs, or what alone is none."""
GLUED = re.compile(r"[^\s\x00-\x7fあ]\S*(?:www\.|あ)")
"""An address without https in one word with a sign from afar: X's library takes that for part of its name."""

pytestmark = [pytest.mark.browser, pytest.mark.node, pytest.mark.once]


def texts(*pieces: str) -> st.SearchStrategy[list[str]]:
    one = st.lists(st.sampled_from([*pieces, *(f"{each} " for each in pieces)]), min_size=1, max_size=9)
    return st.lists(one.map("".join), min_size=100, max_size=100)


MANY = settings(
    max_examples=100,
    deadline=None,
    phases=[Phase.generate],  # the failing texts are short enough to read
    suppress_health_check=[HealthCheck.large_base_example, HealthCheck.data_too_large, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def page(browser: Browser) -> Page:
    shown = browser.new_page()
    shown.add_script_tag(path=data("static", "js", "count.js"))
    return shown


def test_server_and_browser_count_ten_thousand_texts_alike(page: Page) -> None:
    count = """(texts) => texts.map((text) => [
        ...["plain", "utf16", "graphemes", "x", "mastodon", "threads"].map((way) => window.counting[way](text)),
        window.counting.facets(text)])"""

    @MANY
    @given(texts(*PLAIN, *NEWER))
    def alike(written: list[str]) -> None:
        here = [
            [*(counting.WAYS[way](text) for way in counting.WAYS), [asdict(each) for each in facets.facets(text)]]
            for text in written
        ]
        assert [
            pair for pair in zip(written, here, page.evaluate(count, written), strict=True) if pair[1] != pair[2]
        ] == []

    alike()


def test_x_counts_as_the_library_of_x_does() -> None:
    """It passes the conformance file of its makers; we differ from that file where it reads Japanese names without a
    space before them, and in addresses of t.co, which nobody writes; and from it where GLUED says."""
    node = shutil.which("node")
    assert node is not None
    written: list[str] = []

    @MANY
    @given(texts(*PLAIN))
    def collect(some: list[str]) -> None:
        # It takes a form's line break for two signs.
        written.extend(text for text in some if "\r" not in text and not GLUED.search(text))

    collect()
    counted = subprocess.run(
        [node, str(FOLDER / "counter.mjs")], input=json.dumps(written), capture_output=True, text=True, check=True
    )
    theirs = json.loads(counted.stdout)
    differing = [(text, its) for text, its in zip(written, theirs, strict=True) if counting.x(text) != its]
    assert (len(written) > 8000, differing[:20]) == (True, [])


def test_it_is_the_library_x_publishes() -> None:
    locked = json.loads((Path(FOLDER) / "package-lock.json").read_text())["packages"]["node_modules/twitter-text"]
    assert locked["version"] == "3.1.0"
