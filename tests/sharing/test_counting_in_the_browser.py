"""The browser counts exactly as the server does."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from portal.paths import data
from portal.sharing import counting

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())
COMPARE = """(vectors) => vectors
  .map((each) => ({ ...each, counted: window.counting[each.way](each.text) }))
  .filter((each) => each.counted !== each.is)"""
pytestmark = [pytest.mark.browser, pytest.mark.once]


def test_every_vector_counts_the_same_in_the_browser(browser: Browser) -> None:
    page = browser.new_page()
    page.add_script_tag(path=data("static", "js", "count.js"))
    assert page.evaluate(COMPARE, VECTORS) == []
    assert page.evaluate("window.counting.endings") == counting.ENDINGS
    page.close()
