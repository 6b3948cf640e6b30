"""The calendar on the editors' pages, an item moved in it, and the address under which other calendars follow it."""

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any

from babel import dates
from babel.lists import format_list
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html, i18n, settings
from portal.campaigns import ics, labels, moving, queries
from portal.campaigns.calendar import CROWDED, VIEWS, Calendar, Period, calendar, read_period, written
from portal.campaigns.editing import ChangedMeanwhile
from portal.campaigns.models import Item
from portal.i18n import day as said
from portal.i18n import gettext as _
from portal.i18n import lazy, ngettext
from portal.people.models import Organisation, Person
from portal.web import Form, NotFound, action, anyone, editor, flash, holds, page, see_other

VIEW_NAMES = {"month": lazy("Month"), "week": lazy("Week"), "day": lazy("Day")}
MOST_NAMED = 3
"""Days a sentence names one by one."""


def calendar_page(request: Request, *, db: Session, me: Person) -> Response:
    period = _asked_for(request)
    return html.page(
        request,
        "campaigns/calendar.html",
        subscription=settings.current().base_url + _file_path(request, me) if me.calendar_mark else "",
        **_shown(request, db, period),
    )


def move_form(request: Request, *, db: Session, item_id: int) -> Response:
    return _move_form(request, queries.get_item(db, item_id), _asked_for(request))


def move_item(request: Request, *, db: Session, me: Person, form: Form) -> Response:
    """Let an item appear on another day; `view` and `shown` tell what part of the calendar it was done in."""
    item = queries.get_item(db, form.number("item") or 0)
    period = read_period(form.get("view"), form.get("shown")) or Period("month", clock.today())
    wanted = read_period("day", form.text("day"))
    try:
        if wanted is None:
            raise moving.MoveRefused(_("Choose the day on which this should appear."))
        moving.move(db, item, wanted.anchor, by=me, version=form.number("version") or 0)
    except (moving.MoveRefused, ChangedMeanwhile) as refused:
        changed = _("This item was changed while you were looking, so it was not moved. Have another look.")
        sentence = str(refused) if isinstance(refused, moving.MoveRefused) else changed
        return _not_moved(request, db, item, period, sentence, typed=form.get("day"))
    title = item.text(i18n.language.get()).title
    sentence = _("“%(title)s” now appears on %(day)s.", title=title, day=_named_day(wanted.anchor))
    period = period.at(wanted.anchor)
    if html.is_htmx(request):
        return html.swap(request, *_swapped(request, db, period, sentence, "ok"), otherwise=_address(request)(period))
    flash(request, sentence)
    return see_other(request, "calendar_page", **{period.view: written(period)})


def _not_moved(request: Request, db: Session, item: Item, period: Period, sentence: str, *, typed: str) -> Response:
    if html.is_htmx(request):
        return html.swap(request, *_swapped(request, db, period, sentence, "warn"), otherwise="")
    db.expire(item)  # somebody else may have changed it since it was read
    return _move_form(request, queries.get_item(db, item.id), period, typed=typed, errors={"day": sentence})


def _swapped(request: Request, db: Session, period: Period, sentence: str, kind: str) -> tuple[Markup, Markup]:
    """The calendar as it is now, and the sentence for the place where it is read aloud."""
    return (
        html.piece(request, "campaigns/_calendar.html", **_shown(request, db, period)),
        html.piece(request, "campaigns/_calendar_says.html", sentence=sentence, kind=kind, swapped=True),
    )


def _move_form(
    request: Request, item: Item, period: Period, *, typed: str = "", errors: dict[str, str] | None = None
) -> Response:
    first, last = moving.leeway(item.campaign, item.state, item.publish_at, item.ends_at)
    return html.page(
        request,
        "campaigns/calendar_move.html",
        status=422 if errors else 200,
        item=item,
        first=first,
        last=last,
        now=clock.local(item.publish_at).date(),
        typed=typed,
        errors=errors or {},
        period=period,
        shown=written(period),
        back=_address(request)(period),
        labels=labels,
    )


def renew_calendar_address(request: Request, *, db: Session, me: Person) -> Response:
    had_one = bool(me.calendar_mark)
    ics.renew_address(db, me)
    flash(request, _("Here is your new address. The old one has stopped working.") if had_one else _("Here it is."))
    return see_other(request, "calendar_page")


def calendar_file(request: Request, *, db: Session, organisation: Organisation, person_id: int, key: str) -> Response:
    person = ics.find_subscriber(db, person_id, key)
    if person is None:
        raise NotFound
    body = ics.document(db, person=person, name=organisation.name)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if holds(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


def _asked_for(request: Request) -> Period:
    """The period an address names, else this month."""
    for view in VIEWS:
        if found := read_period(view, request.query_params.get(view, "")):
            return found
    return Period("month", clock.today())


def _shown(request: Request, db: Session, period: Period) -> dict[str, Any]:
    """What the calendar's piece needs."""
    found, today = calendar(db, period, language=i18n.language.get()), clock.today()
    locale = i18n.locale()
    return {
        "calendar": found,
        "period": period,
        "shown": written(period),
        "heading": _heading(period),
        "address": _address(request),
        "open_day": lambda day: html.url(request, "calendar_page", day=day.isoformat()),
        "open_week": lambda day: _address(request)(Period("week", day)),
        "today": today,
        "quiet": {
            day.date
            for day in found.days
            for first, last in found.silences(today)
            if first <= day.date <= (last or period.last)
        },
        "this_day": Period(period.view, today),
        "tabs": _tabs(request, period),
        "days_said": _days,
        "remarks": _remarks(found, today),
        "weekdays": dates.get_day_names("wide", locale=locale),
        "weekdays_short": dates.get_day_names("abbreviated", locale=locale),
        "months": dates.get_month_names("wide", locale=locale),
        "labels": labels,
    }


def _tabs(request: Request, period: Period) -> list[tuple[str, str, bool]]:
    """The same days in each of the views; the day's is today's when it can be seen."""
    today = clock.today()
    anchor = today if period.first <= today <= period.last else period.anchor
    address = _address(request)
    return [(str(VIEW_NAMES[view]), address(Period(view, anchor)), view == period.view) for view in VIEWS]


def _address(request: Request) -> Callable[[Period], str]:
    return lambda period: html.url(request, "calendar_page", **{period.view: written(period)})


def _file_path(request: Request, person: Person) -> str:
    return html.url(request, "calendar_file", person_id=person.id, key=ics.key(person))


def _heading(period: Period) -> str:
    if period.view == "day":
        return _capital(_named_day(period.anchor, with_year=True))
    if period.view == "week":
        number = period.anchor.isocalendar().week
        return _("Week %(number)s, %(days)s", number=number, days=_days(period.first, period.last))
    return _capital(dates.format_date(period.anchor, "LLLL y", locale=i18n.locale()))


def _remarks(found: Calendar, today: date) -> list[tuple[str, str]]:
    """Where nothing happens and where too much does, each a sentence with the kind of notice it is."""
    said_of_silence = [(_silence(first, last, today), "info") for first, last in found.silences(today)]
    crowds = found.crowds(today)
    if not crowds:
        return said_of_silence
    names = [said(each.date) for each in crowds[:MOST_NAMED]]
    if more := len(crowds) - len(names):
        names.append(ngettext("%(num)s more day", "%(num)s more days", more))
    sentence = _(
        "More than %(most)s items appear on %(days)s. Spread out, each gets its moment.",
        most=CROWDED,
        days=format_list(names, locale=i18n.locale()),
    )
    return [*said_of_silence, (sentence, "warn")]


def _silence(first: date, last: date | None, today: date) -> str:
    if last is not None:
        return _("Nothing appears from %(days)s.", days=_days(first, last))
    if first == today:
        return _("From today on, nothing is planned yet.")
    return _("From %(day)s on, nothing is planned yet.", day=said(first))


def _days(first: date, last: date) -> str:
    """Such as 3 to 9 December."""
    begins = str(first.day) if (first.year, first.month) == (last.year, last.month) else said(first)
    return _("%(first)s to %(last)s", first=begins, last=said(last))


def _named_day(day: date, *, with_year: bool = False) -> str:
    """Such as Monday 23 November."""
    is_far = with_year or day.year != clock.today().year
    return dates.format_date(day, "EEEE d MMMM y" if is_far else "EEEE d MMMM", locale=i18n.locale())


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


routes = [
    page("/calendar", calendar_page, who=editor),
    page("/calendar/items/{item_id:int}/move", move_form, who=editor),
    action("/calendar/moves", move_item, who=editor),
    action("/calendar/address", renew_calendar_address, who=editor),
    page("/calendar/{person_id:int}/{key}.ics", calendar_file, who=anyone),
]
