"""Every text a person sees exists in Dutch and English, with the same blanks to fill in."""

import re

import pytest
from babel.messages import pofile

from portal import i18n
from portal.paths import data

pytestmark = pytest.mark.once
BLANK = re.compile(r"%\((\w+)\)")


def test_nothing_is_untranslated() -> None:
    assert i18n.untranslated("nl") == []


def test_translations_have_the_same_blanks() -> None:
    wrong = []
    for original, translation in i18n.catalog("nl").items():
        forms = translation if isinstance(translation, tuple) else (translation,)
        blanks = set(BLANK.findall(original)) - {"num"}
        wrong += [original for form in forms if not set(BLANK.findall(form)) - {"num"} <= blanks | {"num"}]
        if not isinstance(translation, tuple) and set(BLANK.findall(translation)) != set(BLANK.findall(original)):
            wrong.append(original)
    assert wrong == []


def test_the_same_text_has_one_translation() -> None:
    seen: dict[object, object] = {}
    different = []
    for path in sorted(data("locale", "nl").glob("*.po")):
        with path.open("rb") as file:
            for message in pofile.read_po(file, locale="nl"):
                if message.id and seen.setdefault(message.id, message.string) != message.string:
                    different.append(message.id)
    assert different == []


def test_no_translation_is_left_over() -> None:
    used = {text if isinstance(text, str) else text[0] for text in i18n.messages()}
    assert sorted(set(i18n.catalog("nl")) - used) == []
