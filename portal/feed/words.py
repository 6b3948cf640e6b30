"""What the feed calls things: kinds of items, the time of day, what is left of it."""

from datetime import date, datetime, timedelta
from functools import lru_cache

from portal import clock
from portal.feed.visits import SOON
from portal.i18n import day, language, lazy, ngettext, number
from portal.i18n import gettext as _

LANGUAGES = {"nl": lazy("in Dutch"), "en": lazy("in English")}
_COUNTED = 21
"""Days ahead that are counted; further away the date says more."""
FEW = 3
"""Below this many colleagues no team is named: it could point at one person."""


def greeting(first_name: str, at: datetime) -> str:
    hour = clock.local(at).hour
    if 5 <= hour < 12:
        return _("Good morning, %(name)s", name=first_name)
    if 12 <= hour < 18:
        return _("Good afternoon, %(name)s", name=first_name)
    return _("Good evening, %(name)s", name=first_name)


def news(fresh: int) -> str:
    """How many things are unseen and not yet passed on by this person."""
    return _news(language.get(), fresh)


@lru_cache(500)
def _news(_language: str, fresh: int) -> str:
    if fresh == 0:
        return _("Nothing new today, and still plenty worth passing on.")
    if fresh == 1:
        return _("One new thing that fits you.")
    if fresh == 2:
        return _("Two new things that fit you.")
    return ngettext("%(num)s new thing that fits you.", "%(num)s new things that fit you.", fresh)


def time_left(ends_at: datetime | None, at: datetime) -> str:
    """Such as "9 days left"; "" for what has no end."""
    return "" if ends_at is None else _time_left(language.get(), _last_day(ends_at), clock.local(at).date())


@lru_cache(2000)
def _time_left(_language: str, last: date, today: date) -> str:
    days = (last - today).days
    if days > _COUNTED:
        return _("until %(day)s", day=day(last))
    return ngettext("%(num)s day left", "%(num)s days left", days) if days > 0 else _("last day")


def is_soon(ends_at: datetime | None, at: datetime) -> bool:
    """Whether it is time to share it, if ever."""
    return ends_at is not None and (_last_day(ends_at) - clock.local(at).date()) <= SOON


def passed(people: int, teams: tuple[tuple[int, str, int], ...], *, team_id: int) -> str:
    """How many colleagues passed something on, their own team first; "" for nobody.

    `teams` are ids, names and numbers of people, the largest first. A team is named only when that points at nobody.
    """
    return _passed(language.get(), people, teams, team_id) if people else ""


@lru_cache(2000)
def _passed(_language: str, people: int, teams: tuple[tuple[int, str, int], ...], team_id: int) -> str:
    own = next((team for team in teams if team[0] == team_id), None)
    if own is not None and own[1] and own[2] >= FEW:
        here = ngettext(
            "Already shared by %(num)s colleague in %(team)s",
            "Already shared by %(num)s colleagues in %(team)s",
            own[2],
            team=own[1],
        )
        in_all = _("%(num)s in all", num=number(people))
        return here if own[2] == people else f"{here} · {in_all}"
    everybody = ngettext("%(num)s colleague shared this", "%(num)s colleagues shared this", people)
    # A team is named when so many of it shared that it points at nobody, and its name is kept back when it is small.
    named = [name for _id, name, shared in teams if name and shared >= FEW]
    if not named:
        return everybody
    first, further = named[0], len(teams) - 1
    if not further:
        return f"{everybody} · {first}"
    if further == 1 and len(named) == len(teams):
        return f"{everybody} · {_('%(one)s and %(other)s', one=first, other=named[1])}"
    more = ngettext("%(team)s and %(num)s more team", "%(team)s and %(num)s more teams", further, team=first)
    return f"{everybody} · {more}"


def _last_day(ends_at: datetime) -> date:
    return clock.local(ends_at - timedelta(seconds=1)).date()
