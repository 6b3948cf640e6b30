"""The proof of play, on a page and as a file; and the help for players and signage systems."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html, i18n, settings, web
from portal.csv_export import csv_response
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.parts import part
from portal.screens import players, plays, subjects
from portal.screens.models import Screen
from portal.web import NotFound, editor, page

PAGE = 50
"""Lines of one table."""


def plays_page(request: Request, *, db: Session) -> Response:
    days, screen, item_id = _asked(request, db)
    lines = plays.by_subject(db, days, screen_id=screen.id if screen else None)
    at = plays.by_screen(db, days, item_id=item_id)
    names = subjects.names(db, {line.key for line in lines} | ({f"item:{item_id}"} if item_id else set()), _language())
    shown = part(_number(request, "page"), total=len(lines), size=PAGE)
    shown_at = part(_number(request, "at"), total=len(at), size=PAGE)
    return html.page(
        request,
        "screens/plays.html",
        days=days,
        periods=_periods(request, days, screen.id if screen else None, item_id),
        screen=screen,
        item_id=item_id,
        item_name=names.get(f"item:{item_id}", "") if item_id else "",
        lines=lines[shown.skipped : shown.skipped + PAGE],
        part=shown,
        at=at[shown_at.skipped : shown_at.skipped + PAGE],
        part_at=shown_at,
        names=names,
        places=_screens(db, {line.key for line in at[shown_at.skipped : shown_at.skipped + PAGE]}),
        times=sum(line.times for line in lines),
        hours=lambda seconds: i18n.decimal(seconds / 3600),
    )


def plays_file(request: Request, *, db: Session) -> Response:
    """The same as CSV: of one screen by day, otherwise everything of every screen together."""
    days, screen, _item = _asked(request, db)
    name = _("proof of play")
    if screen is not None:
        of_it = plays.by_day(db, days, screen.id)
        named = subjects.names(db, {subject for _day, subject, _times, _seconds in of_it}, _language())
        header = [_("Day"), _("What"), _("Number"), _("Times"), _("Seconds")]
        rows = [(day.isoformat(), named[subject], subject, times, secs) for day, subject, times, secs in of_it]
        return csv_response(f"{name} {screen.name} {days}.csv", header, rows)
    everything = plays.by_both(db, days)
    named = subjects.names(db, {subject for _screen, subject, _times, _seconds in everything}, _language())
    places = _screens(db, None)
    header = [_("Screen"), _("Place"), _("What"), _("Number"), _("Times"), _("Seconds")]
    lines = [
        (*places.get(screen_id, ("", "")), named[subject], subject, times, secs)
        for screen_id, subject, times, secs in everything
    ]
    return csv_response(f"{name} {days}.csv", header, lines)


def players_page(request: Request) -> Response:
    """How each kind of player is given our page; and a fresh address for those that keep no cookie."""
    base_url = settings.current().base_url
    return html.page(
        request,
        "screens/players.html",
        players=players.PLAYERS,
        start=f"{base_url}{html.url(request, 'new_screen')}",
        own=f"{base_url}{html.url(request, 'wall', token=web.token())}",
        frames=settings.current().screen_frames,
    )


def _asked(request: Request, db: Session) -> tuple[int, Screen | None, int | None]:
    days = _number(request, "days")
    screen_id = web.whole_number(request.query_params.get("screen", ""))
    screen = db.get(Screen, screen_id) if screen_id is not None else None
    if screen_id is not None and screen is None:
        raise NotFound
    return days if days in plays.PERIODS else 7, screen, web.whole_number(request.query_params.get("item", ""))


def _periods(request: Request, days: int, screen_id: int | None, item_id: int | None) -> list[tuple[str, str, bool]]:
    """The same page for each period, as tabs."""
    return [
        (
            ngettext("%(num)s day", "%(num)s days", each),
            html.url(request, "plays_page", days=each, screen=screen_id, item=item_id),
            each == days,
        )
        for each in plays.PERIODS
    ]


def _number(request: Request, name: str) -> int:
    return web.whole_number(request.query_params.get(name, "")) or 1


def _screens(db: Session, ids: Collection[int] | None) -> dict[int, tuple[str, str]]:
    """Name and place by screen, also of those that were disconnected since; None for all of them."""
    rows = select(Screen.id, Screen.name, Screen.place)
    if ids is not None:
        rows = rows.where(Screen.id.in_(ids))
    return {row.id: (row.name, row.place) for row in db.execute(rows)}


def _language() -> str:
    return i18n.language.get()


routes = [
    page("/screens/plays", plays_page, editor),
    page("/screens/plays.csv", plays_file, editor),
    page("/screens/players", players_page, editor),
]
