"""Where websites let programs look that come by themselves: their robots.txt, read through the gateway."""

import re
from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit
from urllib.robotparser import RobotFileParser

from portal import clock, outbound

KEPT_FOR = timedelta(days=1)
MOST_KEPT = 500
"""Websites whose rules are kept in memory; with one more all are read anew."""
LARGEST = 500_000
"""Bytes of the rules that are read."""
OUR_NAME = outbound.USER_AGENT.partition(" ")[0]

_RULE = re.compile(r"\s*((user-agent|allow|disallow)\s*:\s*([^#]*)|$)", re.IGNORECASE)
_kept: dict[str, tuple[datetime, RobotFileParser]] = {}


def allow(url: str, *, seconds: float) -> bool:
    """Whether the website lets a program look at `url`; not for what a person asks for.

    Raises what the gateway raises, and Failed when the website cannot say: then nothing of it is looked at either.
    """
    parts = urlsplit(url)
    website = f"{parts.scheme}://{parts.netloc}"
    kept_until, rules = _kept.get(website, (clock.now(), None))
    if rules is None or kept_until <= clock.now():
        rules = _read(website, seconds)
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[website] = (clock.now() + KEPT_FOR, rules)
    return rules.can_fetch(OUR_NAME, url)


def forget() -> None:
    """Read every website's rules anew."""
    _kept.clear()


def _read(website: str, seconds: float) -> RobotFileParser:
    answer = outbound.fetch(f"{website}/robots.txt", limit=LARGEST, seconds=seconds)
    if answer.status >= 500:
        raise outbound.Failed
    rules = RobotFileParser()
    # Without such a file everything may be looked at.
    text = answer.body.decode(errors="replace").removeprefix("\ufeff") if answer.status == 200 else ""
    rules.parse(_lines(text))
    return rules


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
