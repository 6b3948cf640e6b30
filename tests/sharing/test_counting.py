"""Texts are counted as each network counts them; the same vectors bind the browser's counter."""

import json
from pathlib import Path

import pytest

from portal.sharing import counting, networks

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())
pytestmark = pytest.mark.once


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: f"{each['way']}: {each['why']}")
def test_a_text_is_counted_the_way_the_network_counts(vector: dict[str, str]) -> None:
    assert counting.WAYS[vector["way"]](vector["text"]) == vector["is"]


def test_every_network_counts_in_a_way_that_vectors_cover() -> None:
    assert {network.counting for network in networks.all()} == {vector["way"] for vector in VECTORS}
