"""The results as sentences for whoever asked marketing what came of it."""

from collections.abc import Callable
from datetime import date

from babel import dates

from portal import i18n
from portal.i18n import gettext as _
from portal.i18n import lazy, ngettext
from portal.links.figures import Ledger
from portal.results.figures import Results
from portal.results.periods import Period, Step

HEADLINES: dict[str, Callable[[int], str]] = {
    "vacancy": lambda n: ngettext(
        "%(num)s person came to see the vacancies through a colleague",
        "%(num)s people came to see the vacancies through colleagues",
        n,
    ),
    "promotion": lambda n: ngettext(
        "%(num)s person came to see our offers through a colleague",
        "%(num)s people came to see our offers through colleagues",
        n,
    ),
    "article": lambda n: ngettext(
        "%(num)s person came to read our articles through a colleague",
        "%(num)s people came to read our articles through colleagues",
        n,
    ),
    "event": lambda n: ngettext(
        "%(num)s person came to see our events through a colleague",
        "%(num)s people came to see our events through colleagues",
        n,
    ),
    "video": lambda n: ngettext(
        "%(num)s person came to see our videos through a colleague",
        "%(num)s people came to see our videos through colleagues",
        n,
    ),
    "story": lambda n: ngettext(
        "%(num)s person came to read our stories through a colleague",
        "%(num)s people came to read our stories through colleagues",
        n,
    ),
    "": lambda n: ngettext(
        "%(num)s person came to have a look through a colleague",
        "%(num)s people came to have a look through colleagues",
        n,
    ),
}
STATES = {
    "opened": lazy("network opened"),
    "copied": lazy("text copied"),
    "sheet": lazy("share sheet used"),
    "confirmed": lazy("confirmed by the colleague"),
    "posted": lazy("posted directly"),
    "seen": lazy("seen by a first visitor"),
}
UNITS = {"day": lazy("Day"), "week": lazy("Week"), "month": lazy("Month")}


def headline(found: Results) -> str:
    if not found.visitors:
        return _("The first visitors are still on their way")
    return HEADLINES.get(found.kind, HEADLINES[""])(found.visitors)


def comparison(found: Results) -> str:
    """How that compares with the time before; "" when there is nothing to compare with."""
    more = found.visitors - found.visitors_before
    if not found.visitors or not found.visitors_before:
        return ""
    if more > 0:
        return ngettext("%(num)s more than in the time before.", "%(num)s more than in the time before.", more)
    if more == 0:
        return _("As many as in the time before.")
    return ngettext("In the time before it was %(num)s.", "In the time before it was %(num)s.", found.visitors_before)


def visitors(found: Results) -> str:
    """How clicks by people and visitors belong together."""
    return ngettext(
        "Those clicks by people came from %(num)s visitor.",
        "Those clicks by people came from %(num)s different visitors.",
        found.visitors,
    )


def span(period: Period) -> str:
    if period.first == period.last:
        return i18n.day(period.first)
    return _("%(first)s to %(last)s", first=i18n.day(period.first), last=i18n.day(period.last))


def ledger(counted: Ledger) -> str:
    """Such as "12 clicks, of which 7 people; 3 link previews, 1 repeat"."""
    clicks = ngettext("%(num)s click", "%(num)s clicks", counted.total)
    people = ngettext("%(num)s person", "%(num)s people", counted.people)
    sentence = _("%(clicks)s, of which %(people)s", clicks=clicks, people=people)
    others = ", ".join(words for _reason, words, _count in counted.classes)
    return f"{sentence}; {others}" if others else sentence


def short(step: Step, unit: str) -> str:
    """A step under the chart: 21 Nov, week 47, Nov."""
    if unit == "week":
        return _("wk %(week)s", week=step.first.isocalendar().week)
    return _formatted(step.first, "d MMM" if unit == "day" else "MMM")


def long(step: Step, unit: str) -> str:
    """A step in a table: Saturday 21 November, week 47 (from 16 November), November 2026."""
    if unit == "week":
        return _("Week %(week)s, from %(day)s", week=step.first.isocalendar().week, day=i18n.day(step.first))
    if unit == "month":
        return _formatted(step.first, "LLLL y")
    return _formatted(step.first, "EEEE d MMMM")


def _formatted(day: date, pattern: str) -> str:
    return dates.format_date(day, pattern, locale=i18n.locale())
