"""What the feed calls things: kinds of items, the time of day, what is left of it."""

from datetime import datetime

from portal import clock
from portal.campaigns.drafts import last_day
from portal.campaigns.models import Item
from portal.i18n import day, lazy, ngettext
from portal.i18n import gettext as _

LANGUAGES = {"nl": lazy("in Dutch"), "en": lazy("in English")}
_SOON = 21
"""Days ahead that are counted; further away the date says more."""


def greeting(first_name: str, at: datetime) -> str:
    hour = clock.local(at).hour
    if 5 <= hour < 12:
        return _("Good morning, %(name)s", name=first_name)
    if 12 <= hour < 18:
        return _("Good afternoon, %(name)s", name=first_name)
    return _("Good evening, %(name)s", name=first_name)


def news(fresh: int) -> str:
    """How many things are new since a week and not yet passed on by this person."""
    if fresh == 0:
        return _("Nothing new today, and still plenty worth passing on.")
    if fresh == 1:
        return _("One new thing that fits you.")
    if fresh == 2:
        return _("Two new things that fit you.")
    return ngettext("%(num)s new thing that fits you.", "%(num)s new things that fit you.", fresh)


def time_left(item: Item, at: datetime) -> str:
    """Such as "9 days left"; "" for an item without an end."""
    last = last_day(item)
    if last is None:
        return ""
    days = (last - clock.local(at).date()).days
    if days > _SOON:
        return _("until %(day)s", day=day(last))
    return ngettext("%(num)s day left", "%(num)s days left", days) if days > 0 else _("last day")
