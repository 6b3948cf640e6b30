"""Which tests go to the same process, when several processes run tests at once."""

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parents[1]


class Together(LoadScopeScheduling):  # type: ignore[misc]  # it ships no types
    """Groups begin first, the largest of them at once; all other tests go one by one to whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def group(nodeid: str) -> str:
    """One for all files with a browser: Chromiums on one machine share a clipboard, and starting one is dear enough.

    One for each file whose tests share a server or something that was built. Else the test itself.
    """
    file = nodeid.partition("::")[0]
    source = _source(file)
    if "mark.browser" in source:
        return "browser"
    return file if 'scope="module"' in source else nodeid


@cache
def _source(file: str) -> str:
    return (ROOT / file).read_text()
