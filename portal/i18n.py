"""Texts, dates and numbers in the language of whoever looks: Dutch or English.

Texts are written in English in code and templates; `locale/<language>/<capability>.po` holds the others. They are
read into memory at start, so no compiled files are kept. `python -m portal.i18n` adds new texts to those files.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale, dates, numbers
from babel.messages import Catalog, extract, pofile
from babel.support import LazyProxy

from portal import clock
from portal.paths import data

LANGUAGES = {"nl": "Nederlands", "en": "English"}
SOURCE = "en"
language: ContextVar[str] = ContextVar("language", default="nl")
"""The language of the request, mail or screen being made."""

Message = str | tuple[str, ...]
"""One text, or the forms of a plural one."""


@cache
def catalog(code: str) -> dict[str, Any]:
    """Every text of a language by its English original; plural texts hold a tuple."""
    texts: dict[str, Any] = {}
    for path in sorted(data("locale", code).glob("*.po")):
        with path.open("rb") as file:
            for message in pofile.read_po(file, locale=code):
                if message.id and message.string and not message.fuzzy:
                    texts[message.id if isinstance(message.id, str) else message.id[0]] = message.string
    return texts


def gettext(text: str, **values: Any) -> str:
    """`text` in the current language, with `%(name)s` filled in from `values`."""
    found = catalog(language.get()).get(text, text)
    translated: str = found[0] if isinstance(found, tuple) else found
    return translated % values if values else translated


def ngettext(one: str, many: str, num: int, **values: Any) -> str:
    """The form that fits `num`, which the text may name as `%(num)s`, written as the language writes numbers."""
    found = catalog(language.get()).get(one, (one, many))
    found = found if isinstance(found, tuple) else (found, found)
    form: str = found[0] if num == 1 else found[1]
    return form % {"num": number(num), **values}


def lazy(text: str) -> Any:
    """A text for a constant: looked up when it is shown, in the language of that moment."""
    return LazyProxy(gettext, text, enable_cache=False)


@contextmanager
def in_language(code: str) -> Iterator[None]:
    """Within the block texts come in the language `code`."""
    before = language.set(code)
    try:
        yield
    finally:
        language.reset(before)


def preferred(accept_language: str, fallback: str) -> str:
    """The best language we have for an Accept-Language header."""
    ranked = []
    for place, part in enumerate(accept_language[:200].split(",")):
        tag, _, quality = part.partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        ranked.append((-weight, place, tag.strip()[:2].lower()))
    return next((code for weight, _, code in sorted(ranked) if weight and code in LANGUAGES), fallback)


def locale() -> Locale:
    # Belgium and the Netherlands write dates alike; British English has the day before the month.
    return Locale.parse("en_GB" if language.get() == "en" else "nl_NL")


def number(value: float) -> str:
    return numbers.format_decimal(value, locale=locale())


def decimal(value: float) -> str:
    """With one digit after the separator."""
    return numbers.format_decimal(value, format="#,##0.0", locale=locale())


def day(value: date | datetime) -> str:
    """Such as 24 november or 24 November; with its year when that is not this one."""
    value = clock.local(value).date() if isinstance(value, datetime) else value
    pattern = "d MMMM" if value.year == clock.today().year else "d MMMM y"
    return dates.format_date(value, pattern, locale=locale())


def moment(value: datetime) -> str:
    """Day and time on the organisation's clock."""
    return f"{day(value)} {dates.format_time(clock.local(value), 'HH:mm', locale=locale())}"


def ago(value: datetime) -> str:
    """Such as 3 minutes ago."""
    return dates.format_timedelta(value - clock.now(), add_direction=True, locale=locale())


KEYWORDS: dict[str, tuple[Any, ...] | None] = {"_": None, "gettext": None, "lazy": None, "ngettext": (1, 2)}


@cache
def messages() -> dict[Message, set[str]]:
    """Every text in code and templates, with the capabilities that use it."""
    found: dict[Message, set[str]] = {}
    for folder, method, pattern in (
        ("portal", "python", "*.py"),
        ("templates", "jinja2.ext:babel_extract", "*.html"),
    ):
        root = data(folder) if folder != "portal" else Path(__file__).parent
        for path in sorted([*root.rglob(pattern), *root.rglob(pattern.replace(".html", ".txt"))]):
            inside = path.relative_to(root).parts
            capability = inside[0] if len(inside) > 1 else "layout"
            capability = "layout" if capability == "errors" else capability
            for _, text, _, _ in extract.extract_from_file(
                method, path, keywords=KEYWORDS, options={"newstyle_gettext": "true", "trimmed": "true"}
            ):
                if text:
                    found.setdefault(text, set()).add(capability)
    return found


def untranslated(code: str) -> list[str]:
    known = catalog(code)
    missing = []
    for text in messages():
        original = text if isinstance(text, str) else text[0]
        translation = known.get(original)
        if not translation or (isinstance(text, tuple) and not all(translation)):
            missing.append(original)
    return missing


def add_new_texts(code: str) -> list[str]:
    """Add texts that have no entry yet to the file of the capability that uses them; the texts added."""
    added, present = [], set()
    for path in data("locale", code).glob("*.po"):
        with path.open("rb") as file:
            present |= {m.id if isinstance(m.id, str) else m.id[0] for m in pofile.read_po(file, locale=code)}
    fresh: dict[str, list[Message]] = {}
    for text, users in messages().items():
        original = text if isinstance(text, str) else text[0]
        if original not in present:
            fresh.setdefault(sorted(users)[0], []).append(text)
            added.append(original)
    for capability, texts in fresh.items():
        path = data("locale", code, f"{capability}.po")
        book: Catalog = Catalog(locale=code)
        if path.exists():
            with path.open("rb") as file:
                book = pofile.read_po(file, locale=code)
        for text in texts:
            book.add(text)
        with path.open("wb") as file:
            pofile.write_po(file, book, omit_header=False, width=110, sort_output=False)
    return added


def main(languages: Iterable[str] = ("nl",)) -> int:
    for code in languages:
        added = add_new_texts(code)
        sys.stdout.write(f"{code}: {len(added)} new, {len(untranslated(code))} without a translation\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
