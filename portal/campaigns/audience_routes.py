"""The part of an item's form that says for whom it is, and its reach while somebody chooses."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from portal import html
from portal.campaigns import audience, queries, reach
from portal.campaigns.audience import Choice, Row
from portal.campaigns.models import Campaign, Item
from portal.campaigns.reach import Reach
from portal.web import Form, editor, page


@dataclass(frozen=True)
class Shown:
    """What the piece `campaigns/_audience.html` shows."""

    choices: list[Choice]
    reach: Reach
    counted_at: str
    """Where the reach of another choice is counted."""


def shown(
    request: Request,
    db: Session,
    rows: list[Row],
    *,
    campaign: Campaign,
    publish_on: date | None,
    ends_on: date | None,
    fits: Collection[str] = (),
) -> Shown:
    """The audience part of the form of an item in `campaign`, with `rows` chosen so far."""
    return Shown(
        choices=audience.choices(db, rows),
        reach=reach.of_rows(
            db,
            rows,
            writers=request.app.state.writers,
            campaign=campaign,
            publish_on=publish_on,
            ends_on=ends_on,
            fits=fits,
        ),
        counted_at=html.url(request, "audience_reach", campaign_id=campaign.id),
    )


def reach_of(request: Request, db: Session, item: Item) -> Reach:
    """What the piece `campaigns/_reach.html` shows of an item; its campaign must be loaded."""
    return reach.of_item(db, item, writers=request.app.state.writers)


def audience_reach(request: Request, *, db: Session, campaign_id: int) -> Response:
    """The reach of what is chosen in the form right now, for htmx."""
    campaign = queries.get_campaign(db, campaign_id)
    chosen = Form(FormData([*request.query_params.multi_items()]))
    counted = reach.of_rows(
        db,
        audience.read(chosen),
        writers=request.app.state.writers,
        campaign=campaign,
        publish_on=_day(chosen["publish_on"]),
        ends_on=_day(chosen["ends_on"]),
        fits=chosen.getlist("fits"),
    )
    piece = html.piece(request, "campaigns/_reach.html", reach=counted)
    return html.swap(request, piece, otherwise=html.url(request, "campaign_page", campaign_id=campaign.id))


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


routes = [page("/campaigns/{campaign_id:int}/reach", audience_reach, who=editor)]
