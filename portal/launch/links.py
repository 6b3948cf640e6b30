"""Whether the pages that items lead to are there: asked ahead of a launch, a few at a time, and kept for a while."""

import threading
import time
from collections import OrderedDict
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass

from portal import i18n
from portal.campaigns.labels import ADDRESS_WARNINGS
from portal.i18n import gettext as _
from portal.inbox import previews
from portal.outbound import Refused

AT_ONCE = 4
ALTOGETHER = 12.0
"""Seconds for all addresses of one look; what has not answered by then is told so."""
KEPT_WHEN_GOOD, KEPT_OTHERWISE = 600.0, 30.0
"""Seconds for which an answer is believed: whoever repairs a page does not want to wait for us."""
MOST_KEPT = 500
GONE = (404, 410)
WORTH_TELLING = ("closed", "noindex", "redirects")
"""Warnings of a preview that matter once an item has its own title and picture."""


@dataclass(frozen=True)
class Found:
    """What became of one address, in a sentence; "" when all is well."""

    sentence: str = ""
    is_gone: bool = False
    """Whether the website itself says that there is nothing: nobody should be sent there."""

    @property
    def is_good(self) -> bool:
        return not self.sentence


def known(urls: Collection[str]) -> dict[str, Found]:
    """What a look found lately, in the current language; addresses nobody looked at are left out."""
    now, spoken = time.monotonic(), i18n.language.get()
    with _lock:
        kept = {url: _kept.get((url, spoken)) for url in urls}
    return {url: one[1] for url, one in kept.items() if one is not None and one[0] > now}


def look(urls: Collection[str]) -> dict[str, Found]:
    """What is at each of these addresses, asking only where nobody did lately.

    Takes up to twelve seconds, so it is no work for the inside of a transaction.
    """
    found = known(urls)
    missing = sorted(set(urls) - set(found))
    if not missing:
        return found
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="launch links")
    asked = {url: pool.submit(copy_context().run, _ask, url) for url in missing}
    wait(asked.values(), timeout=ALTOGETHER)
    pool.shutdown(wait=False, cancel_futures=True)
    silent = Found(_("It did not answer in time. Open it yourself to be sure."))
    fresh = {url: one.result() if one.done() and not one.cancelled() else silent for url, one in asked.items()}
    _keep(fresh)
    return found | fresh


_kept: OrderedDict[tuple[str, str], tuple[float, Found]] = OrderedDict()
_lock = threading.Lock()


def forget() -> None:
    """Believe nothing that was found before."""
    with _lock:
        _kept.clear()


def _keep(fresh: dict[str, Found]) -> None:
    now, spoken = time.monotonic(), i18n.language.get()
    with _lock:
        for url, found in fresh.items():
            _kept[(url, spoken)] = (now + (KEPT_WHEN_GOOD if found.is_good else KEPT_OTHERWISE), found)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)


def _ask(url: str) -> Found:
    try:
        preview = previews.look(url, with_picture=False)
    except Refused as refused:
        return Found(str(refused))
    if preview.status in GONE:
        return Found(_("The website says that this page does not exist."), is_gone=True)
    if not preview.answered:
        # Many websites turn away programs and let people in, so this alone stops no launch.
        return Found(_("%(why)s Open it yourself to be sure.", why=preview.why))
    told = [warning for warning in WORTH_TELLING if warning in preview.warnings]
    return Found(str(ADDRESS_WARNINGS[told[0]]), is_gone=told[0] == "closed") if told else Found()
