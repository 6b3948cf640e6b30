"""The cards networks draw: the same lines in the rules and on the page, and nothing cut off unsaid."""

import re

import pytest

from portal.campaigns import pictures
from portal.database import Database
from portal.inbox import previews
from portal.sharing import cards, networks
from portal.sharing.cards import CARDS
from tests import make
from tests.campaigns.drawing import picture
from tests.client import Client

LONG = "Een huis van hout in één dag: zo doen wij dat in Zwolle, met twaalf mensen, drie kranen en heel veel koffie"


@pytest.fixture
def shown(bram: Client, db: Database) -> dict[str, str]:
    """Each network's card on the page of an item with a picture."""
    with db.writing() as session:
        kept = pictures.store(session, picture("PNG", (1200, 630)))
        item = make.item(session, title=LONG, picture_id=kept.id)
    page = bram.get(f"/campaigns/items/{item.id}").text
    part = page.partition('id="network-cards-nl"')[2].partition('id="network-cards-en"')[0]
    return dict(re.findall(r'<div class="net (\w+)">(.*?)</figure>', part, re.DOTALL))


def test_every_network_that_shows_a_card_has_one(shown: dict[str, str]) -> None:
    assert list(shown) == list(CARDS)
    assert set(CARDS) == {network.key for network in networks.all() if network.own_card} - {"email", "copy", "sheet"}


def test_the_page_draws_the_lines_the_rules_name(shown: dict[str, str]) -> None:
    for key, card in CARDS.items():
        title = re.findall(r'<b class="lines-(\d)">', shown[key])
        said = re.findall(r'<span class="said lines-(\d)">', shown[key])
        assert (key, title, said) == (key, [str(card.title_lines)], [str(card.description_lines)] if said else [])
        assert bool(said) is bool(card.description_lines)


def test_a_title_is_whole_everywhere_or_we_say_so() -> None:
    assert min(card.title for card in CARDS.values()) == previews.WHOLE_TITLE
    assert cards.SMALLEST_PICTURE == previews.LARGE_ENOUGH
