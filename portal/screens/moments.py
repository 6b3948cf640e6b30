"""When a slide is played, in words: "weekdays 8:00–12:00, up to 5 December"."""

from babel import dates

from portal import i18n
from portal.i18n import gettext as _
from portal.screens.models import Slide

EVERY_DAY, WEEKDAYS, WEEKEND = "1234567", "12345", "67"


def when(slide: Slide) -> str:
    """Such as "every day, all day" or "weekdays 8:00–12:00, from 3 December"."""
    days, hours = _days(slide.weekdays), _hours(slide.from_minute, slide.until_minute)
    if slide.weekdays == EVERY_DAY and not hours:
        said = _("every day, all day")
    else:
        said = f"{days} {hours}" if hours else _("%(days)s, all day", days=days)
    if slide.valid_from and slide.valid_until:
        if slide.valid_from == slide.valid_until:
            return _("%(when)s, on %(day)s only", when=said, day=i18n.day(slide.valid_from))
        first, last = i18n.day(slide.valid_from), i18n.day(slide.valid_until)
        return _("%(when)s, from %(first)s up to %(last)s", when=said, first=first, last=last)
    if slide.valid_from:
        return _("%(when)s, from %(day)s", when=said, day=i18n.day(slide.valid_from))
    if slide.valid_until:
        return _("%(when)s, up to %(day)s", when=said, day=i18n.day(slide.valid_until))
    return said


def day_names(width: str = "wide") -> list[tuple[str, str]]:
    """The days of the week from Monday: their figure and their name, `wide` or `abbreviated`."""
    names = dates.get_day_names(width, locale=i18n.locale())  # type: ignore[arg-type]
    return [(str(number + 1), names[number]) for number in range(7)]


def _days(weekdays: str) -> str:
    named = {EVERY_DAY: _("every day"), WEEKDAYS: _("weekdays"), WEEKEND: _("the weekend")}
    if weekdays in named:
        return named[weekdays]
    short = dict(day_names("abbreviated"))
    numbers = [int(day) for day in weekdays]
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{short[weekdays[0]]}–{short[weekdays[-1]]}"
    return ", ".join(short[day] for day in weekdays)


def _hours(begins: int, ends: int) -> str:
    if (begins, ends) == (0, 1440):
        return ""
    said = f"{_hour(begins)}–{_hour(ends)}"
    return _("%(hours)s (into the next day)", hours=said) if begins > ends else said


def _hour(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"
