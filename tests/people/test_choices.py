"""What a person decides about their own name."""

import pytest

from portal.people import choices
from portal.people.models import Person
from tests import make


@pytest.fixture
def person(db) -> Person:
    with db.writing() as writing:
        return make.person(writing, "Eva Smit")


@pytest.mark.parametrize(
    ("shown", "pseudonym", "kept"),
    [("name", "", "name"), ("pseudonym", "  De  Specht ", "pseudonym"), ("hidden", "De Specht", "hidden")],
)
def test_a_choice_is_kept(db, person: Person, shown: str, pseudonym: str, kept: str) -> None:
    with db.writing() as writing:
        choices.set_leaderboard_name(writing, writing.get_one(Person, person.id), shown=shown, pseudonym=pseudonym)
    with db.reading() as reading:
        row = reading.get_one(Person, person.id)
        assert (row.leaderboard_name, row.pseudonym) == (kept, " ".join(pseudonym.split()))


@pytest.mark.parametrize(
    ("shown", "pseudonym"),
    [
        ("everybody", ""),
        ("pseudonym", ""),
        ("pseudonym", "   "),
        ("pseudonym", "x" * 41),
        ("pseudonym", "a\u202eb"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_a_sentence(db, person: Person, shown: str, pseudonym: str) -> None:
    with pytest.raises(choices.ChoiceRefused) as refused, db.writing() as writing:
        choices.set_leaderboard_name(writing, writing.get_one(Person, person.id), shown=shown, pseudonym=pseudonym)
    assert str(refused.value).endswith((".", "?"))
    with db.reading() as reading:
        assert reading.get_one(Person, person.id).leaderboard_name == "hidden"


def test_thanks_on_a_wall_are_asked_for_and_can_be_taken_back(db, person: Person) -> None:
    for shown in (True, False):
        with db.writing() as writing:
            choices.set_wall_name(writing, writing.get_one(Person, person.id), shown=shown)
        with db.reading() as reading:
            assert reading.get_one(Person, person.id).wall_name is shown
