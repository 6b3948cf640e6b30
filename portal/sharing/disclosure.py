"""Where the sharer works, said in the text itself, and the stronger word where something is being sold."""

import re

from portal.people.models import Organisation

KINDS_THAT_ADVERTISE = ("promotion", "contest")
"""Sharing these passes on advertising: their texts open with the word for it."""
_LABELS = {"nl": "#reclame", "en": "#ad"}


def wordings(organisation: Organisation, kind: str, language: str) -> list[str]:
    """Two ways to say it for an item of `kind`: the organisation's own sentence first."""
    name = organisation.name
    other = f"{name} is mijn werkgever." if language == "nl" else f"{name} is my employer."
    label = f"{_LABELS[language]} " if kind in KINDS_THAT_ADVERTISE else ""
    return [f"{label}{organisation.disclosure(language)}", f"{label}{other}"]


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


def missing_from(words: str, wording: str, employer: str) -> str:
    """The part of `wording` that `words` does not say yet; "" when it says all of it."""
    label, sentence = _split(wording)
    lower = words.lower()
    missing = []
    if label and label not in lower:
        missing.append(label)
    named = employer and re.search(said_by(employer), lower)
    if sentence and sentence.rstrip(".!").lower() not in lower and not named:
        missing.append(sentence)
    return " ".join(missing)


def _split(wording: str) -> tuple[str, str]:
    first, _, rest = wording.partition(" ")
    return (first.lower(), rest) if first.startswith("#") else ("", wording)
