"""Where websites let programs look that come by themselves: their robots.txt, read through the gateway."""

import re
from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit
from urllib.robotparser import RobotFileParser

from portal import clock, outbound

KEPT_FOR = timedelta(days=1)
MOST_KEPT, MOST_LINES = 500, 100_000
"""Websites whose rules are kept in memory, and lines of all of them together; with one more all are read anew."""
LARGEST = 500_000
"""Bytes of the rules that are read."""
OUR_NAME = outbound.USER_AGENT.partition(" ")[0]

_RULE = re.compile(r"\s*((user-agent|allow|disallow)\s*:\s*([^#]*)|$)", re.IGNORECASE)
_kept: dict[str, tuple[datetime, RobotFileParser, int]] = {}
"""By website: until when, its rules, and how many lines they are."""


def allow(url: str, *, seconds: float) -> bool:
    """Whether the website lets a program look at `url`; not for what a person asks for.

    Raises what the gateway raises, and Failed when the website cannot say: then nothing of it is looked at either.
    """
    parts = urlsplit(url)
    website = f"{parts.scheme}://{parts.netloc}"
    kept_until, rules, _number = _kept.get(website, (clock.now(), None, 0))
    if rules is None or kept_until <= clock.now():
        lines = _read(website, seconds)
        rules = RobotFileParser()
        rules.parse(lines)
        # A copy: other jobs may add to it meanwhile.
        held = sum(number for *_others, number in list(_kept.values()))
        if len(_kept) >= MOST_KEPT or held + len(lines) > MOST_LINES:
            _kept.clear()
        _kept[website] = (clock.now() + KEPT_FOR, rules, len(lines))
    return rules.can_fetch(OUR_NAME, url)


def forget() -> None:
    """Read every website's rules anew."""
    _kept.clear()


def _read(website: str, seconds: float) -> list[str]:
    answer = outbound.fetch(f"{website}/robots.txt", limit=LARGEST, seconds=seconds)
    if answer.status >= 500:
        raise outbound.Failed
    # Without such a file everything may be looked at.
    text = answer.body.decode(errors="replace").removeprefix("\ufeff") if answer.status == 200 else ""
    return _lines(text)


def _lines(text: str) -> list[str]:
    """The lines that say where to look, and the empty ones between them, without those that cannot be read."""
    lines = []
    for line in text.splitlines():
        found = _RULE.match(line)
        if found is not None:
            with suppress(ValueError):
                urlsplit(unquote((found[3] or "").strip()))
                lines.append(line)
    return lines
