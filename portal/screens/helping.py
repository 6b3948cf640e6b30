"""What is wrong with a screen, in a sentence that says what to do about it."""

from datetime import timedelta

from portal import clock, i18n
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.people.models import Organisation
from portal.screens import queries, state
from portal.screens.models import Screen
from portal.screens.subjects import subject_of

SETTLES = timedelta(minutes=15)
"""A screen that was let in or changed release so recently is still busy with it."""
CLOCK_MAY_BE_OFF = 120
"""Seconds. Its wall shows the right time by ours all the same; what else runs on the device may not."""
OLDEST_ENGINE = 79
"""The first Chromium that shows everything; older ones change slides, but do not move."""


def wrong_with(screen: Screen, organisation: Organisation) -> list[str]:
    """Sentences for an editor, the most urgent first; none when all is well."""
    if screen.last_seen_at is None:
        if screen.paired_at > clock.now() - SETTLES:
            return []
        return [_("It never called since it was connected: does its browser still show our page?")]
    if not queries.is_here(screen):
        return [_("Not heard from since %(when)s: is it switched on and online?", when=_when(screen))]
    found = []
    if subject_of(screen.showing) == "house":
        found.append(_("It shows only the greeting of the house: nothing in its playlist is to be shown now."))
    is_old = bool(screen.release) and screen.release != state.release(organisation)
    if is_old and screen.paired_at < clock.now() - SETTLES:
        found.append(_("It still runs an older release. It renews itself; if it does not within the day, restart it."))
    if screen.clock_off is not None and abs(screen.clock_off) > CLOCK_MAY_BE_OFF:
        found.append(_clock(screen.clock_off))
    if queries.version(screen.engine) < OLDEST_ENGINE:
        found.append(_("Its browser is old: slides change, but plainly. A small player in its HDMI port helps."))
    if screen.width and screen.height and (screen.width > screen.height) == (screen.orientation == "portrait"):
        found.append(_("It hangs the other way than it is set to: change that on its page."))
    return found


def _when(screen: Screen) -> str:
    assert screen.last_seen_at is not None
    at = clock.local(screen.last_seen_at)
    days = (clock.today() - at.date()).days
    if days == 0:
        return at.strftime("%H:%M")
    return _("yesterday %(time)s", time=at.strftime("%H:%M")) if days == 1 else i18n.moment(screen.last_seen_at)


def _clock(seconds: int) -> str:
    minutes = abs(seconds) // 60
    if minutes >= 120:
        return _("Its clock is hours off. It shows the right time by ours, but set it when you pass by.")
    if seconds > 0:
        return ngettext("Its clock is %(num)s minute fast.", "Its clock is %(num)s minutes fast.", minutes)
    return ngettext("Its clock is %(num)s minute slow.", "Its clock is %(num)s minutes slow.", minutes)
