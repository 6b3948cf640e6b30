"""A planned share as an entry for somebody's own calendar: iCalendar, RFC 5545, with an alarm."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from portal import clock, settings
from portal.campaigns.ics import escaped, folded
from portal.i18n import gettext as _
from portal.sharing.models import Reminder

LASTS = timedelta(minutes=15)


def document(reminder: Reminder, *, title: str) -> bytes:
    """The entry in the current language. Opened again after the moment was moved, it takes the old one's place."""
    return "\r\n".join([*map(folded, _lines(reminder, title)), ""]).encode()


def _lines(reminder: Reminder, title: str) -> Iterator[str]:
    now, origin = clock.now(), settings.current().base_url
    address = f"{origin}/items/{reminder.item_id}?reminder={reminder.id}"
    summary = _("Time to share: %(title)s", title=title)
    description = _("Everything you wrote is filled in:") + f"\n{address}"
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Passalong//Passalong//EN", "CALSCALE:GREGORIAN")
    yield "BEGIN:VEVENT"
    yield f"UID:reminder-{reminder.id}@{urlsplit(origin).hostname}"
    yield f"DTSTAMP:{_utc(now)}"
    yield f"SEQUENCE:{int(now.timestamp()) // 60}"  # grows with every download, as the RFC wants of a change
    yield f"DTSTART:{_utc(reminder.due_at)}"
    yield f"DTEND:{_utc(reminder.due_at + LASTS)}"
    yield f"SUMMARY:{escaped(summary)}"
    yield f"DESCRIPTION:{escaped(description)}"
    yield f"URL:{address}"
    yield "STATUS:CONFIRMED"
    yield "TRANSP:TRANSPARENT"  # it keeps nobody from a meeting
    yield from ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:PT0S", f"DESCRIPTION:{escaped(summary)}", "END:VALARM")
    yield from ("END:VEVENT", "END:VCALENDAR")


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
