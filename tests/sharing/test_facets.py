"""Links, hashtags and mentions are found where Bluesky wants them: in bytes, whatever stands before them."""

import pytest

from portal.sharing.facets import Facet, facets, pieces

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Kom kijken", []),
        ("Kijk: https://a.nl/b", [Facet("link", 6, 20, "https://a.nl/b")]),
        ("Café 👍🏽 https://a.nl/b.", [Facet("link", 15, 29, "https://a.nl/b")]),
        ("zie noorderhout.nl/x, mooi", [Facet("link", 4, 20, "https://noorderhout.nl/x")]),
        ("#werk bij #één.", [Facet("tag", 0, 5, "werk"), Facet("tag", 10, 16, "één")]),
        ("nr#1 #2026 #️⃣", []),
        ("Dank @ana.bsky.social!", [Facet("mention", 5, 21, "ana.bsky.social")]),
        ("mail ana@noorderhout.nl of @ana", []),
        ("https://a.nl/#kop #kop", [Facet("link", 0, 17, "https://a.nl/#kop"), Facet("tag", 18, 22, "kop")]),
        ("#" + "a" * 65, []),
    ],
)
def test_where_it_stands_in_bytes(text: str, found: list[Facet]) -> None:
    assert facets(text) == found
    cut = pieces(text)
    assert "".join(part for _, part in cut) == text
    assert [kind for kind, _ in cut if kind] == [each.kind for each in found]
