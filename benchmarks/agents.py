"""How long it takes to judge a browser name not seen before, and the worst that a hostile sender can do with one.

`python -m benchmarks.agents [--quick] [--json FILE]`. Names are judged by the ingest, never on the way of a redirect.
The ratios are processor time: `worst` is the costliest hostile name divided by an ordinary one, `twice_as_long` what
such a name costs at its full 256 letters divided by half of them (4 would be quadratic, if it could go on), and
`beyond_the_limit` 10,000 letters divided by 256: the rest is not looked at.
"""

import itertools
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import run
from benchmarks.run import Outcome
from portal.links import verdicts
from portal.links.visitors import LONGEST_AGENT

ORDINARY = "Mozilla/5.0 (X11; Linux x86_64; rv:{number}.0) Gecko/20100101 Firefox/{number}.0"
HEAD = "Mozilla/5.0 (iPhone; "
LETTERS = "".join(sorted(verdicts._PUBLIC.by_letters))
"""What names are recognised by: each of these has entries of the public list tried."""
HOSTILE = {
    "phones without an end": HEAD + "Android" * 40,
    "apps without an end": HEAD + "Android) AppleWebKit/" + " WhatsAppp" * 40,
    "brackets": HEAD + "(" * 300,
    "numbers": "Twitter for " + "1" * 300,
    "chat apps": "whatsapp/" + "1." * 200,
    "robots by half": "crawle spide bo http:/ " * 20,
    "letters of many robots": LETTERS[:400],
    "letters of other robots": LETTERS[-400:],
}


def measure(quick: bool, folder: Path) -> Outcome:
    outcome, times = Outcome(), 200 if quick else 2000
    numbers = itertools.count()
    ordinary = _microseconds(lambda: ORDINARY.format(number=next(numbers)), times)
    outcome.figures["ordinary, us"] = round(ordinary, 1)
    worst = growth = beyond = 0.0
    for what, name in HOSTILE.items():
        half, whole, far = (
            _microseconds(partial(name.ljust(length, "z").__getitem__, slice(length)), times)
            for length in (LONGEST_AGENT // 2, LONGEST_AGENT, 10_000)
        )
        outcome.figures[f"{what}, us"] = round(whole, 1)
        worst, growth, beyond = max(worst, whole), max(growth, whole / half), max(beyond, far / whole)
    outcome.ratios |= {
        "worst": round(worst / ordinary, 2),
        "twice_as_long": round(growth, 2),
        "beyond_the_limit": round(beyond, 2),
    }
    return outcome


def _microseconds(name: Callable[[], str], times: int) -> float:
    """Of processor time for the verdict on a name, nothing remembered; the median of five stretches."""
    return statistics.median(_stretch(name, times // 5) for _ in range(5))


def _stretch(name: Callable[[], str], times: int) -> float:
    headers, spent = {"accept": "text/html", "accept-language": "nl"}, 0
    for _ in range(times):
        headers["user-agent"] = name()
        verdicts._by_agent.cache_clear()
        began = time.process_time_ns()
        verdicts.judge("GET", headers)
        spent += time.process_time_ns() - began
    return spent / times / 1000


if __name__ == "__main__":
    run.main("agents", measure)
