"""The tags a campaign puts on addresses, so that the website's own statistics know where a visitor came from."""

import re
import unicodedata
from collections.abc import Iterable

from portal.i18n import gettext as _

USUAL = "utm_source={network}&utm_medium={kind}&utm_campaign={campaign}&utm_content={item}"
"""What is added when a campaign asks for nothing else."""
PLACEHOLDERS = ("network", "campaign", "item", "kind")
LONGEST = 500
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PARTICLES = frozenset(
    (
        *("de", "den", "der", "het", "in", "la", "le", "op", "te", "ten", "ter", "van"),
        *("von", "el", "al", "bin", "da", "di", "dos", "du", "the", "and"),
    )
)


def filled(template: str, **values: str) -> list[tuple[str, str]]:
    """The tags of a template without problems, in its order; those that come out empty are left out.

    `values` gives a text for each of `PLACEHOLDERS`; what is put in is lower case, ASCII and hyphens.
    """
    put_in = {f"{{{name}}}": plain(value) for name, value in values.items()}
    tags = []
    for pair in (template or USUAL).split("&"):
        name, _equals, value = pair.partition("=")
        for placeholder, text in put_in.items():
            value = value.replace(placeholder, text)
        # A placeholder that had nothing to say leaves its hyphen behind.
        value = value.strip("-_.")
        if name and value:
            tags.append((name, value))
    return tags


def problem(template: str) -> str | None:
    """Why these cannot be a campaign's tags."""
    if not template:
        return None
    if len(template) > LONGEST:
        return _("These tags are too long: at most %(most)s characters.", most=LONGEST)
    if "@" in template or "%40" in template:
        return _("There is a mail address in these tags. Everybody who clicks would see it: leave it out.")
    seen = set()
    for pair in template.split("&"):
        name, equals, value = pair.partition("=")
        if not equals or not _NAME.fullmatch(name) or not value:
            return _(
                "Write tags like name=value with & between them: utm_source={network}&utm_medium=advocacy. "
                "“%(part)s” is not one.",
                part=pair[:60],
            )
        if name.lower() in seen:
            return _("“%(name)s” is here twice. Keep one of them.", name=name)
        seen.add(name.lower())
        if sentence := _problem_of_value(value):
            return sentence
    return None


def _problem_of_value(value: str) -> str | None:
    for placeholder in _PLACEHOLDER.findall(value):
        if placeholder not in PLACEHOLDERS:
            return _(
                "We do not know {%(name)s}. You can use: {network}, {campaign}, {item} and {kind}.",
                name=placeholder[:40],
            )
    if not re.fullmatch(r"[A-Za-z0-9._-]*", _PLACEHOLDER.sub("", value)):
        return _(
            "Use letters, digits, hyphens and full stops in a tag’s value, and no spaces: “%(value)s”.",
            value=value[:60],
        )
    return None


def named_in(template: str, people: Iterable[tuple[str, str]]) -> str | None:
    """The name of a colleague that a value gives away, of `people` as (name, mail address); None for none.

    A link tells which network and item somebody came by, never by whom: not by a whole name, nor by parts of one.
    """
    texts = [_PLACEHOLDER.sub(" ", pair.partition("=")[2]) for pair in template.split("&")]
    written = [set(plain(text).split("-")) - {""} for text in texts]
    joined = [plain(text).replace("-", "") for text in texts]
    for name, mail in people:
        parts = [part for part in plain(name).split("-") if part]
        telling = {part for part in parts if len(part) > 1} - _PARTICLES
        box = plain(mail.partition("@")[0]).replace("-", "")
        whole = "".join(parts)
        for words, text in zip(written, joined, strict=True):
            is_name = bool(words & telling) and words <= {*parts, *(part[0] for part in parts)}
            if is_name or (len(whole) > 5 and whole in text) or (len(box) > 5 and box in text):
                return name
    return None


def plain(words: str) -> str:
    """Lower case, ASCII, with hyphens: what every analytics tool groups alike."""
    ascii_only = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")
