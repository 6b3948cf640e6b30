"""The text of a share: disclosure first, own sentence, caption, link last, also when shortened."""

import pytest
from hypothesis import given
from hypothesis import strategies as any_of

from portal.campaigns import disclosure
from portal.people.models import Organisation
from portal.sharing import texts
from portal.sharing.starters import starters

LINK = "https://pa.example/r/abcd2345"
SAYS = "Ik werk bij Noorderhout."
pytestmark = pytest.mark.once


def composed(own: str, caption: str = "", says: str = SAYS) -> str:
    return texts.compose(own, caption, disclosure=says, link=LINK, employer="Noorderhout")


def test_disclosure_comes_first_and_the_link_last() -> None:
    assert composed("Kom je ook?", "Wij bouwen binnen.") == f"{SAYS} Kom je ook?\n\nWij bouwen binnen.\n\n{LINK}"


def test_nothing_typed_and_nothing_chosen_still_says_where_i_work() -> None:
    assert composed("") == f"{SAYS}\n\n{LINK}"


@pytest.mark.parametrize(
    "own",
    [
        "Ik werk nu zes jaar bij Noorderhout en het is mooi.",
        "Al zes jaar werk ik met plezier bij Noorderhout!",
        "Mijn werkgever Noorderhout zoekt mensen.",
        "I work at Noorderhout and like it.",
        "My colleagues at Noorderhout are kind.",
        "IK WERK BIJ NOORDERHOUT",
    ],
)
def test_it_is_not_said_twice(own: str) -> None:
    assert composed(own) == f"{own}\n\n{LINK}"


@pytest.mark.parametrize("own", ["Noorderhout zoekt mensen.", "Ik werk graag.", "Kom werken bij Noorderhout!"])
def test_naming_the_company_alone_is_no_disclosure(own: str) -> None:
    assert composed(own) == f"{SAYS} {own}\n\n{LINK}"


def test_an_offer_opens_with_the_word_for_it_even_when_the_employer_is_named() -> None:
    says = f"#reclame {SAYS}"
    assert composed("Mooi aanbod.", says=says) == f"#reclame {SAYS} Mooi aanbod.\n\n{LINK}"
    assert composed("Ik werk bij Noorderhout.", says=says) == f"#reclame Ik werk bij Noorderhout.\n\n{LINK}"


@pytest.mark.parametrize(
    ("own", "text"),
    [
        ("#reclame Kom kijken!", f"#reclame {SAYS} Kom kijken!"),
        ("#Reclame Ik werk bij Noorderhout.", "#Reclame Ik werk bij Noorderhout."),
        ("#ad Kom kijken!", f"#ad {SAYS} Kom kijken!"),
        ("Kom kijken! #reclame", f"#reclame {SAYS} Kom kijken! #reclame"),
        ("#advies van een vakman", f"#reclame {SAYS} #advies van een vakman"),
    ],
)
def test_the_word_for_advertising_is_where_readers_meet_it_first(own: str, text: str) -> None:
    assert composed(own, says=f"#reclame {SAYS}") == f"{text}\n\n{LINK}"


def test_a_tag_that_only_begins_like_the_word_is_no_label_to_take_out() -> None:
    text = composed("#advies van een vakman", says=f"#reclame {SAYS}")
    assert texts.own_part(text, "", wordings=[f"#reclame {SAYS}"], link=LINK) == "#advies van een vakman"


@pytest.mark.parametrize(
    ("strength", "language", "expected"),
    [
        ("usual", "nl", ["Ik werk bij Noorderhout.", "Noorderhout is mijn werkgever."]),
        ("advertising", "nl", ["#reclame Ik werk bij Noorderhout.", "#reclame Noorderhout is mijn werkgever."]),
        ("advertising", "en", ["#ad I work at Noorderhout.", "#ad Noorderhout is my employer."]),
    ],
)
def test_there_are_two_wordings(strength: str, language: str, expected: list[str]) -> None:
    organisation = Organisation(name="Noorderhout", disclosure_nl="", disclosure_en="")
    assert disclosure.wordings(organisation, strength, language) == expected


def test_marketing_is_shortened_before_the_person_is() -> None:
    text = texts.fit(
        "Mijn eigen zin.",
        "Een lange tekst van marketing die nergens past",
        disclosure=SAYS,
        link=LINK,
        fits=lambda text: len(text) <= 90,
    )
    assert text == f"{SAYS} Mijn eigen zin.\n\nEen lange tekst…\n\n{LINK}"


@given(
    own=any_of.text(max_size=200),
    caption=any_of.text(max_size=200),
    room=any_of.integers(min_value=60, max_value=400),
)
def test_shortening_never_loses_disclosure_or_link(own: str, caption: str, room: int) -> None:
    text = texts.fit(own, caption, disclosure=SAYS, link=LINK, fits=lambda text: len(text) <= room)
    assert SAYS.lower().rstrip(".") in text.lower()
    assert text.endswith(LINK)
    assert len(text) <= room


@pytest.mark.parametrize(
    ("text", "caption", "share"),
    [
        ("", "", 0.0),
        ("een twee", "een twee", 0.0),
        ("drie vier een twee", "een twee", 0.5),
        ("Drie!", "", 1.0),
    ],
)
def test_how_much_is_your_own(text: str, caption: str, share: float) -> None:
    assert texts.own_share(text, caption) == share


def test_the_own_part_can_be_taken_back_out() -> None:
    text = composed("Kom je ook?", "Wij bouwen binnen.")
    assert texts.own_part(text, "Wij bouwen binnen.", wordings=[SAYS], link=LINK) == "Kom je ook?"


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("kind", ["vacancy", "promotion", "article", "event", "video", "story", "contest"])
def test_every_kind_has_three_beginnings(kind: str, language: str) -> None:
    assert len(set(starters(kind, language))) == 3
