"""The answer of the practice square: one thing that is good first, then two tips at most, and never a reproach."""

import pytest

from portal.handbook import feedback as square
from portal.handbook.feedback import Attempt, Feedback, feedback
from portal.i18n import in_language

pytestmark = pytest.mark.once

LINK = "https://oefenplein.example/r/23456789"
SAYS = "Ik werk bij Noorderhout."
CAPTION = "Zaterdag staan onze deuren open. De koffie is klaar, en vragen mag altijd."
OWN = "Ik sta er zelf bij de zaagtafel, met mijn dochter."


def attempt(own: str = OWN, *, caption: str = "", opening: str = SAYS, link: str = LINK) -> Attempt:
    text = "\n\n".join(part for part in (" ".join((opening, own)).strip(), caption, link) if part)
    return Attempt(text, own, caption, LINK, (SAYS, "Noorderhout is mijn werkgever."), "Noorderhout")


def answer(tried: Attempt) -> Feedback:
    with in_language("en"):
        return feedback(tried)


def test_a_good_one_is_only_praised() -> None:
    assert answer(attempt()) == Feedback("This sounds like you, and that is what people stop for.", [])


@pytest.mark.parametrize(
    ("tried", "tip"),
    [
        (attempt(opening=""), "Say where you work, right at the start."),
        (attempt(f"{OWN * 4} {SAYS}", opening=""), "You do say where you work, but late."),
        (attempt("", caption=CAPTION), "Add one sentence of your own."),
        (attempt("🎉🎉", caption=CAPTION), "Add a few words to the pictures"),
        (attempt("Leuk!", caption=CAPTION), "Make it a little more yours"),
        (attempt(link=""), "The link is missing"),
        (attempt(OWN * 9), "It is rather long"),
        (attempt("WAT EEN MOOIE DAG bij ons"), "Words in capitals"),
        (attempt(f"{OWN} #een #twee #drie #vier"), "Two or three hashtags"),
        (attempt(f"{OWN} Kom!!!"), "One exclamation mark"),
    ],
)
def test_one_thing_to_do_better_is_one_tip(tried: Attempt, tip: str) -> None:
    said = answer(tried)
    assert [each.startswith(tip) for each in said.tips] == [True]
    assert said.well


def test_however_much_there_is_two_tips_are_enough_and_the_important_ones_come_first() -> None:
    said = answer(attempt("KOOP NU ALLES!!! #a #b #c #d", caption=CAPTION, opening="", link=""))
    assert [tip.partition(",")[0] for tip in said.tips] == ["Say where you work", "The link is missing"]


def test_what_is_no_shouting() -> None:
    for own in (
        "Bij de NS en het UWV",
        "Naar ASML in BREDA",
        "#TROTS #BLIJ #WERK",
        "ÉÉN huis",
        "ABN AMRO",
        "https://A.B/CDEF/GHIJ",
    ):
        assert not square.is_loud(own), own
    assert square.is_loud("HEEL LEUK")


def test_what_is_a_hashtag() -> None:
    assert square.hashtags("#een, a#twee #3 https://x.example/#vier #vijf!") == 2


def test_own_words_that_say_it_count_as_saying_it() -> None:
    assert square.disclosed(attempt("Al tien jaar werk ik met plezier bij Noorderhout.", opening="")) == "first"
    assert square.disclosed(attempt("Wat een dag!", opening="")) == "never"


def test_even_nothing_gets_something_kind() -> None:
    assert answer(attempt("😀", opening="", link="")).well == "You pressed the button. That was the hardest part."
