"""The leaderboard's page: what teams brought about together."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html
from portal.i18n import language
from portal.people.models import Organisation, Person
from portal.people.queries import SMALLEST_TEAM
from portal.recognition import leaderboard as board
from portal.web import NotFound, member, page


def leaderboard(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    """The page says kindly when it is switched off; figures asked for by address are then not there."""
    asked = request.query_params.get("period")
    if asked is not None and (asked not in board.PERIODS or not organisation.leaderboard_on):
        raise NotFound
    if not organisation.leaderboard_on:
        return html.page(request, "recognition/off.html", section="together")
    period = asked or "week"
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
        for_visitor=board.POINTS_FOR_A_VISITOR,
        for_share=board.POINTS_FOR_A_SHARE,
        smallest=SMALLEST_TEAM,
    )


routes = [page("/leaderboard", leaderboard, member)]
