"""Where the sharer works, said in the text itself, and before it the word for advertising where something is sold."""

import re

from portal.people.models import Organisation

_LABELS = {"nl": "#reclame", "en": "#ad"}
LABELLED = r"#(?:reclame|advertentie|advertisement|adv|ad)(?![\w-])"
"""A pattern, for Python and for browsers alike, of the words for advertising that a text may open with."""


def wordings(organisation: Organisation, strength: str, language: str) -> list[str]:
    """Two ways to say it, the organisation's own sentence first; `strength` is an item's disclosure."""
    name = organisation.name
    other = f"{name} is mijn werkgever." if language == "nl" else f"{name} is my employer."
    label = f"{_LABELS[language]} " if strength == "advertising" else ""
    return [f"{label}{organisation.disclosure(language)}", f"{label}{other}"]


def opened(words: str, wording: str, employer: str) -> str:
    """`words` with as much of `wording` before them as they do not say yet.

    The word for advertising is where readers meet it first: at the very beginning, whoever wrote it.
    """
    label, sentence = _split(wording)
    written = re.match(LABELLED, words, re.IGNORECASE) if label else None
    rest = words[written.end() :].lstrip() if written else words
    opening = (written[0] if written else label, "" if _says(words, sentence, employer) else sentence)
    return " ".join(part for part in (*opening, rest) if part)


def said_by(employer: str) -> str:
    """A pattern, for Python and for browsers alike, of texts that already say who the employer is."""
    name = re.escape(employer.lower())
    return "|".join(
        (
            rf"(?:ik|we|wij) werk(?:en)? (?:[^.!?\n]{{0,40}} )?(?:bij|voor) {name}",
            rf"(?:bij|voor) {name} werk(?:en)? (?:ik|we|wij)",
            rf"werk ik (?:[^.!?\n]{{0,40}} )?(?:bij|voor) {name}",
            rf"mijn werkgever,? {name}",
            rf"{name} is mijn werkgever",
            rf"mijn (?:werk|baan|collega['’]?s) bij {name}",
            rf"(?:i|we) work (?:[^.!?\n]{{0,40}} )?(?:at|for) {name}",
            rf"my employer,? {name}",
            rf"{name} is my employer",
            rf"my (?:work|job|colleagues) at {name}",
        )
    )


def _says(words: str, sentence: str, employer: str) -> bool:
    lower = words.lower()
    return sentence.rstrip(".!").lower() in lower or bool(employer and re.search(said_by(employer), lower))


def _split(wording: str) -> tuple[str, str]:
    first, _, rest = wording.partition(" ")
    return (first.lower(), rest) if first.startswith("#") else ("", wording)
