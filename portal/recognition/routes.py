"""The leaderboard's pages: what teams brought about together, and what is behind it; and the pages for thanks."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html
from portal.i18n import gettext as _
from portal.i18n import language
from portal.links import figures
from portal.links.verdicts import WHY
from portal.people.models import Organisation, Person
from portal.people.queries import SMALLEST_TEAM
from portal.recognition import leaderboard as board
from portal.recognition import thanks_routes
from portal.web import NotFound, member, page


def leaderboard(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    """The page says kindly when it is switched off; figures asked for by address are then not there."""
    period = _period(request, organisation)
    if not organisation.leaderboard_on:
        return html.page(request, "recognition/off.html", section="together")
    days = board.window(db, period)
    teams = board.teams(db, period=period)
    return html.page(
        request,
        "recognition/leaderboard.html",
        section="together",
        period=period,
        days=days,
        last_day=days and min(days.last_day, clock.today()),
        campaign=days.campaign.text(language.get()) if days and days.campaign else None,
        together=board.together(db, days) if days else board.Score(),
        top=board.top(teams),
        own=board.own(teams, me.department_id),
        people=board.people(db, period=period) if organisation.names_allowed else [],
        mine=board.place(db, me, period=period),
        for_visitor=board.POINTS_FOR_A_VISITOR,
        for_share=board.POINTS_FOR_A_SHARE,
        smallest=SMALLEST_TEAM,
        shown_places=board.SHOWN_PLACES,
    )


def leaderboard_ledger(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    """What is behind the figures of the leaderboard: every click, and why it counts or does not."""
    period = _period(request, organisation)
    days = board.window(db, period) if organisation.leaderboard_on else None
    if days is None:
        raise NotFound
    counted = board.behind(db, days)
    teams = board.teams(db, period=period)
    shown = board.top(teams)
    own = board.own(teams, me.department_id)
    if own is not None and own not in shown:
        shown = [*shown, own]
    mine = figures.ledger(db, figures.of_person(me.id), *board.clicks_of(days))
    everybody = figures.figure_of([count for counts in counted.values() for count in counts])
    of_teams = [
        (team.name, figures.figure_of([count for id in team.departments for count in counted.get(id, [])]).ledger)
        for team in shown
    ]
    return html.page(
        request,
        "recognition/ledger.html",
        section="together",
        period=period,
        days=days,
        last_day=min(days.last_day, clock.today()),
        ledgers=[(_("All of us"), everybody.ledger), *of_teams, (_("Through you; only you see this"), mine)],
        why=WHY,
    )


def _period(request: Request, organisation: Organisation) -> str:
    asked = request.query_params.get("period")
    if asked is not None and (asked not in board.PERIODS or not organisation.leaderboard_on):
        raise NotFound
    return asked or "week"


routes = [
    page("/leaderboard", leaderboard, member),
    page("/leaderboard/ledger", leaderboard_ledger, member),
    *thanks_routes.routes,
]
