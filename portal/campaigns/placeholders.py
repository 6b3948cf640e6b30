"""Names that are filled in when a colleague shares a caption: nothing more than their first name and department."""

import re

from portal import i18n

NAMES = {"nl": ("{voornaam}", "{afdeling}"), "en": ("{first_name}", "{department}")}
"""What a caption calls a sharer's first name and department, by language; any of them works in any caption."""
_FIRST_NAMES, _DEPARTMENTS = zip(*NAMES.values(), strict=True)
KNOWN = (*_FIRST_NAMES, *_DEPARTMENTS)

# Names between braces, also with a space or braces too many: then it is a mistake to tell of. static/js does the same.
# Only at the first of several braces: tried at each, a long row of them takes minutes.
_PLACEHOLDER = re.compile(r"(?<!\{)\{+ *[^\W\d][\w .-]{0,38}\}+")


def known_in(text: str) -> list[str]:
    """The placeholders in `text` that can be filled in, each once."""
    return [each for each in _all_in(text) if each in KNOWN]


def unknown_in(text: str) -> list[str]:
    """What looks like a placeholder in `text` and is none, each once, as it is written."""
    return [each for each in _all_in(text) if each not in KNOWN]


def offered() -> tuple[str, str]:
    """Those for the first name and the department, as whoever looks would call them."""
    return NAMES[i18n.language.get()]


def fill(text: str, *, first_name: str, department: str) -> str:
    """`text` with the sharer's names in it. A name that looks like a placeholder stays as it is."""
    names = dict.fromkeys(_FIRST_NAMES, first_name) | dict.fromkeys(_DEPARTMENTS, department)
    return _PLACEHOLDER.sub(lambda found: names.get(found[0], found[0]), text)


def _all_in(text: str) -> list[str]:
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))
