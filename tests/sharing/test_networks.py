"""Each network opens where it should, with what it takes, within what an address may hold."""

import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from portal.campaigns.models import CAPTION_NETWORKS
from portal.sharing import networks

LINK = "https://pa.example/r/abcd2345"
TEXT = f"Ik werk bij Noorderhout & ben trots.\n\nKom je ook? 100% hout!\n\n{LINK}"
WORDS = TEXT.removesuffix(LINK).rstrip()
pytestmark = pytest.mark.once


def test_networks_come_in_one_order() -> None:
    assert [network.key for network in networks.all()] == [
        *("linkedin", "whatsapp", "x", "facebook", "bluesky", "mastodon", "threads", "email", "teams"),
        *("copy", "sheet"),
    ]


@pytest.mark.parametrize(
    ("key", "place", "query"),
    [
        ("linkedin", "https://www.linkedin.com/sharing/share-offsite/", {"url": LINK}),
        ("whatsapp", "https://wa.me/", {"text": TEXT}),
        ("x", "https://x.com/intent/tweet", {"text": WORDS, "url": LINK}),
        ("facebook", "https://www.facebook.com/sharer/sharer.php", {"u": LINK}),
        ("bluesky", "https://bsky.app/intent/compose", {"text": TEXT}),
        ("mastodon", "https://share.joinmastodon.org/", {"text": TEXT}),
        ("threads", "https://www.threads.com/intent/post", {"text": WORDS, "url": LINK}),
        ("teams", "https://teams.microsoft.com/share", {"href": LINK, "msgText": WORDS, "preview": "true"}),
    ],
)
def test_a_network_opens_with_what_it_takes(key: str, place: str, query: dict[str, str]) -> None:
    url = networks.get(key).open_url(TEXT, LINK)
    assert url is not None
    assert url.partition("?")[0] == place
    assert {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()} == query
    assert "+" not in url and " " not in url


def test_mail_has_a_subject_and_the_line_breaks_mail_wants() -> None:
    url = networks.get("email").open_url(TEXT, LINK, subject="Een huis & een baan")
    assert url is not None
    assert url.startswith("mailto:?subject=Een%20huis%20%26%20een%20baan&body=Ik%20werk")
    assert unquote(url.partition("&body=")[2]) == TEXT.replace("\n", "\r\n")


@pytest.mark.parametrize("key", ["copy", "sheet"])
def test_pseudo_networks_open_nothing(key: str) -> None:
    assert networks.get(key).open_url(TEXT, LINK) is None


@pytest.mark.parametrize(
    "server", ["mastodon.nl", "https://mastodon.nl", "https://mastodon.nl/home", "@ana@mastodon.nl"]
)
def test_mastodon_opens_on_ones_own_server(server: str) -> None:
    url = networks.get("mastodon").open_url("Hoi", LINK, server=server)
    assert url is not None
    assert url.partition("?")[0] == "https://mastodon.nl/share"


def test_another_endpoint_can_be_set() -> None:
    url = networks.get("x").open_url("Hoi", LINK, endpoint="https://social.example/post?lang=nl")
    assert url == "https://social.example/post?lang=nl&text=Hoi&url=https%3A%2F%2Fpa.example%2Fr%2Fabcd2345"


@pytest.mark.parametrize("network", networks.all(), ids=lambda network: network.key)
@pytest.mark.parametrize("word", ["woord ", "日本 ", "👨‍👩‍👧‍👦 "])
def test_an_address_stays_short_and_keeps_the_link(network: networks.Network, word: str) -> None:
    url = network.open_url(f"{word * 3000}\n\n{LINK}", LINK, subject="Een baan")
    if url is not None:
        assert len(url) <= networks.ADDRESS_ROOM
        assert LINK in unquote(url)


def test_the_captions_editor_counts_as_the_networks_do() -> None:
    script = (Path(__file__).parents[2] / "static/js/campaigns-count.js").read_text()
    known = {key: (how, int(most)) for key, how, most in re.findall(r'"(\w+)": \["(\w+)", (\d+)\]', script)}
    written_for = [networks.get(key) for key in CAPTION_NETWORKS]
    limited = {each.key: (each.counting, each.limit) for each in written_for if not each.is_roomy}
    assert limited.items() <= known.items()
    assert known == {each.key: (each.counting, each.limit) for each in written_for if each.key in known}
