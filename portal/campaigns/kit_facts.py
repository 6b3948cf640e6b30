"""The facts in a kit's files, read key by key; what is wrong with one is told with its line."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from portal import clock
from portal.campaigns.kit_report import Problem
from portal.i18n import gettext as _

MOST_DAYS = 1000
MOST_IN_LIST = 200

_DAY = re.compile(r"day (-?\d{1,4})")
_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEAD = re.compile(rf"\s*\[\[?\s*({_DOTTED})\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")

Path = tuple[str, ...]


@dataclass(frozen=True)
class Day:
    """A day as a kit writes it: a date, or a number of days after the campaign's (or the loading) day."""

    on: date | None = None
    after: int = 0

    def from_start(self, start: date) -> date:
        return self.on or start + timedelta(days=self.after)


@dataclass(frozen=True)
class Moment:
    """A day with a time on it, by the organisation's clock."""

    day: Day
    time: time

    def from_start(self, start: date) -> datetime:
        """The moment in UTC."""
        return datetime.combine(self.day.from_start(start), self.time, tzinfo=clock.zone()).astimezone(UTC)


class Facts:
    """A table of TOML: every question takes a key and answers with what fits there, telling of what does not."""

    def __init__(
        self, file: str, table: dict[str, Any], places: dict[Path, int], tell: Callable[[Problem], None], at: Path = ()
    ) -> None:
        self.file, self.table, self.at = file, table, at
        self._places, self._report = places, tell

    def __contains__(self, key: str) -> bool:
        return key in self.table

    def line(self, key: str) -> int:
        """Where `key` is written, or where it belongs: at its part, else at the beginning."""
        path = (*self.at, key)
        known = next((path[:size] for size in range(len(path), 0, -1) if path[:size] in self._places), ())
        return self._places.get(known, 1)

    def tell(self, sentence: str, key: str) -> None:
        """There is something wrong with `key`."""
        self._report(Problem(sentence, self.file, self.line(key), ".".join((*self.at, key))))

    def only(self, *known: str) -> None:
        """Tell of keys that are not among the `known`: a key nobody reads is mostly a typing mistake."""
        for key in self.table:
            if key not in known:
                self.tell(_("This key is unknown. Known are: %(known)s.", known=", ".join(sorted(known))), key)

    def part(self, key: str, *known: str) -> "Facts":
        """The part `[key]`, empty when it is not there, with its `known` keys."""
        value = self.table.get(key, {})
        if not isinstance(value, dict):
            self.tell(_("This has to be a section with keys of its own."), key)
            value = {}
        part = Facts(self.file, value, self._places, self._report, (*self.at, key))
        part.only(*known)
        return part

    def text(self, key: str) -> str:
        value = self.table.get(key, "")
        if not isinstance(value, str):
            self.tell(_("Write this between quotes."), key)
            return ""
        return value.strip()

    def texts(self, key: str) -> list[str]:
        """A list of texts, each once, in the order written."""
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.tell(_('Write this as a list: ["one", "two"].'), key)
            return []
        if len(value) > MOST_IN_LIST:
            self.tell(_("This list is far too long."), key)
            return []
        return list(dict.fromkeys(" ".join(each.split()) for each in value if each.strip()))

    def flag(self, key: str) -> bool:
        value = self.table.get(key, False)
        if not isinstance(value, bool):
            self.tell(_("Write true or false, without quotes."), key)
            return False
        return value

    def number(self, key: str) -> int | None:
        value = self.table.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def day(self, key: str) -> Day | None:
        """The day; None when it cannot be read, which is told."""
        value = self.table.get(key)
        if isinstance(value, date) and not isinstance(value, datetime):
            return Day(on=value)
        found = _day_in(value) if isinstance(value, str) else None
        if found is None:
            self.tell(_('Write a day as "day 3" or as "2026-03-01".'), key)
        return found

    def moment(self, key: str) -> Moment | None:
        """The moment; None when there is none, or it cannot be read, which is told."""
        value = self.table.get(key)
        found = None if value is None else _moment_in(value)
        if found is None and value is not None:
            self.tell(_('Write a moment as "day 3 19:30" or as "2026-03-01 19:30".'), key)
        return found

    def day_or_moment(self, key: str) -> Day | Moment | None:
        """As `day`, where a time may follow the day."""
        return _moment_in(self.table.get(key)) or self.day(key)


MOST_DOTS = 40
"""In a line that gives a name: the parser's time grows with the square of a name's parts."""


def read(file: str, source: str, tell: Callable[[Problem], None]) -> Facts | None:
    """The facts in `source`, a whole file of TOML or its first lines; None when it is none, which is told."""
    if any(line.count(".") > MOST_DOTS for line in source.split("\n") if "=" in line.partition('"')[0]):
        tell(Problem(_("A name here has far too many parts with dots between them."), file))
        return None
    try:
        return Facts(file, tomllib.loads(source), places(source), tell)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        found = re.search(r"at line (\d+)", str(error))
        sentence = _("This cannot be read as TOML: %(reason)s.", reason=str(error).split(" (at ")[0])
        last = source.rstrip().count("\n") + 1
        tell(Problem(sentence, file, int(found[1]) if found else last))
        return None


def places(source: str) -> dict[Path, int]:
    """The line on which each key and each part of a TOML text is written first."""
    found: dict[Path, int] = {}
    part: Path = ()
    quote = ""
    for number, line in enumerate(source.split("\n"), 1):
        if quote:  # inside a text of several lines
            quote = "" if quote in line else quote
            continue
        if head := _HEAD.fullmatch(line):
            part = _names(head[1])
            written = part
        elif key := _KEY.match(line):
            written = part + _names(key[1])
            quote = next((sign for sign in ('"""', "'''") if line.count(sign) % 2), "")
        else:
            continue
        for size in range(1, len(written) + 1):
            found.setdefault(written[:size], number)
    return found


def _names(dotted: str) -> Path:
    return tuple(name.strip("\"'") for name in re.findall(_NAME, dotted))


def _moment_in(value: object) -> Moment | None:
    if isinstance(value, datetime) and value.tzinfo is None:
        return Moment(Day(on=value.date()), value.time().replace(second=0, microsecond=0))
    if not isinstance(value, str):
        return None
    written, _space, hour = value.strip().rpartition(" ")
    day = _day_in(written)
    is_hour = re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", hour)
    return Moment(day, time.fromisoformat(hour)) if day and is_hour else None


def _day_in(text: str) -> Day | None:
    if found := _DAY.fullmatch(text.strip()):
        return Day(after=int(found[1])) if abs(int(found[1])) <= MOST_DAYS else None
    try:
        return Day(on=date.fromisoformat(text))
    except ValueError:
        return None
