"""The launch page: a rehearsal of everything a campaign will look like, what is missing, and the launch."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html, i18n, mail
from portal.campaigns import announcing, labels, pictures, queries, reach
from portal.campaigns.models import Campaign, Item
from portal.door import policy
from portal.i18n import LANGUAGES
from portal.i18n import gettext as _
from portal.launch import checks, launching, links, rehearsal
from portal.launch.checks import Check
from portal.launch.rehearsal import Lineup
from portal.people.models import Organisation, Person
from portal.people.queries import get_department
from portal.screens import walls
from portal.screens.models import Screen
from portal.screens.side import Side
from portal.settings import current as settings
from portal.signatures import lead
from portal.signatures.signature import Addresses, Details, of_person, render
from portal.web import (
    Endpoint,
    Form,
    NotFound,
    action,
    editor,
    flash,
    page,
    prepare_anonymous,
    see_other,
    whole_number,
)

LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin"
)
"""For what mail programs read: the answers with styles in their HTML. Nothing in it runs or is sent anywhere."""


def launch_page(request: Request, *, db: Session, me: Person, organisation: Organisation, campaign_id: int) -> Response:
    campaign = queries.get_campaign(db, campaign_id)
    lineup = rehearsal.lineup(db, campaign, wanted=_wanted(request))
    looked = _Looked(campaign, lineup, clock.now(), is_picked="chosen" in request.query_params)
    return _page(request, db, me, organisation, looked)


def launch_checks(
    request: Request, *, db: Session, me: Person, organisation: Organisation, campaign_id: int
) -> Response:
    """What was found, pages that items lead to included: swapped in once those have been opened."""
    campaign = queries.get_campaign(db, campaign_id)
    lineup = rehearsal.lineup(db, campaign, wanted=_wanted(request))
    looked = _Looked(campaign, lineup, clock.now(), is_picked=True)
    pieces = [html.piece(request, "launch/_verdict.html", **_verdict(request, db, me, organisation, looked))]
    if "show" in request.query_params:  # another choice was made: let the languages' tabs keep it
        ways = _ways(request, looked, _shown(request, lineup))
        pieces.append(html.piece(request, "launch/_ways.html", ways=ways, swapped=True))
    otherwise = html.url(request, "launch_page", campaign_id=campaign_id)
    return html.swap(request, *pieces, otherwise=f"{otherwise}?{request.url.query}")


def launch_campaign(
    request: Request, *, db: Session, me: Person, organisation: Organisation, form: Form, campaign_id: int
) -> Response:
    campaign = queries.get_campaign(db, campaign_id)
    lineup = rehearsal.lineup(db, campaign, wanted=_numbers(form.getlist("item")))
    is_later = form.get("when") == "later"
    at = _moment(form) if is_later else clock.now()
    looked = _Looked(campaign, lineup, at or clock.now(), is_picked=True, typed=form.raw, errors=form.errors)
    version = form.number("version") or 0
    if version == campaign.version:
        if not lineup.chosen:
            form.errors["item"] = _("Choose at least one item to launch.")
        if at is None or form.errors or checks.missing(_look(request, db, me, organisation, looked)):
            return _page(request, db, me, organisation, looked, status=422)
    try:
        launching.launch(db, campaign, lineup.chosen, at=at or clock.now(), by=me, version=version)
    except launching.NotLaunched as refused:
        flash(request, str(refused))
    else:
        moment = i18n.moment(at) if at else ""
        flash(
            request,
            _("Planned: everything appears together, %(moment)s.", moment=moment)
            if is_later
            else _("It is live: on the feed, on the walls and below everybody's mails."),
        )
    return see_other(request, "launch_page", campaign_id=campaign_id)


def launch_wall(
    request: Request, *, db: Session, organisation: Organisation, campaign_id: int, item_id: int
) -> Response:
    """One slide exactly as walls show it, in a frame of the launch page."""
    item = _item(db, campaign_id, item_id)
    spoken = _spoken(request)
    screen = Screen(audience="staff", language=spoken)
    i18n.language.set(spoken)
    response = html.page(
        request,
        "launch/wall.html",
        screen=screen,
        slide=walls.slide(item, screen),
        side=Side(None, []),
        number=0,
        time=clock.local(clock.now()).strftime("%H:%M"),
    )
    response.headers["Content-Security-Policy"] = policy(request.state.nonce, frame_ancestors="'self'")
    return response


def launch_banner(
    request: Request, *, db: Session, organisation: Organisation, campaign_id: int, item_id: int
) -> Response:
    """The banner that signatures will show while this item leads the campaign."""
    drawn = lead.banner(db, _item(db, campaign_id, item_id), organisation, _spoken(request))
    return Response(drawn.body, media_type="image/png", headers={"Cache-Control": html.NO_STORE})


def launch_signature(
    request: Request, *, db: Session, me: Person, organisation: Organisation, campaign_id: int, item_id: int
) -> Response:
    """The editor's own signature with that banner, as mail programs get it."""
    item, spoken = _item(db, campaign_id, item_id), _spoken(request)
    mine = of_person(me)
    drawn = render(
        request,
        Details(mine.name, mine.function, mine.phone, spoken),
        organisation=organisation,
        department=get_department(db, me.department_id).name,
        accounts=[],
        banner=Addresses(
            html.url(request, "launch_banner", campaign_id=campaign_id, item_id=item.id, language=spoken),
            settings().link_base_url,
        ),
    )
    parts = {"signature": drawn.html, "name": mine.name, "language": spoken, "in_frame": True}
    return _letter(html.piece(request, "signatures/_signature_alone.html", **parts))


@dataclass
class _Looked:
    """One state of the page: what is launched when, and what a form that came back said."""

    campaign: Campaign
    lineup: Lineup
    at: datetime
    is_picked: bool = False
    """Whether the editor chose what comes along, rather than us."""
    typed: Mapping[str, str] | None = None
    errors: Mapping[str, str] | None = None


def _page(
    request: Request, db: Session, me: Person, organisation: Organisation, looked: _Looked, *, status: int = 200
) -> Response:
    lineup, spoken = looked.lineup, _spoken(request)
    shown = _shown(request, lineup)
    team = get_department(db, me.department_id).name
    context: dict[str, Any] = {"shown": shown}
    if shown is not None:
        text = shown.text(spoken)
        context |= {
            "text": text,
            "card": rehearsal.card(shown, text),
            "posts": rehearsal.posts(shown, text, me=me, team=team, organisation=organisation),
            "reach": reach.of_item(db, shown, writers=request.app.state.writers),
            "screens_on": rehearsal.screens_on(db),
            "banners": rehearsal.banners_in_use(db),
            "letter": rehearsal.letter(
                looked.campaign, lineup.chosen or [shown], spoken, me=me, organisation=organisation
            ),
            "willing": announcing.willing(db) if mail.is_configured() else None,
        }
    response = html.page(
        request,
        "launch/index.html",
        status=status,
        **context,
        **_verdict(request, db, me, organisation, looked),
        stands=rehearsal.where_it_stands(looked.campaign, lineup),
        host=labels.host_of_links(),
        spoken=spoken,
        ways=_ways(request, looked, shown),
        kinds=labels.KINDS_FOR_READERS,
        labels=labels,
        address=pictures.address,
        most=rehearsal.MOST,
    )
    response.headers["Content-Security-Policy"] = policy(request.state.nonce, frame_src="'self'")
    return response


def _ways(request: Request, looked: _Looked, shown: Item | None) -> list[tuple[str, str, bool]]:
    """The languages as tabs: this page with the same choice and the same item on its stage."""
    more = f"{_picked(looked.lineup) if looked.is_picked else ''}#stage"
    where = {"campaign_id": looked.campaign.id, "show": shown.id if shown is not None else None}
    return [
        (label, html.url(request, "launch_page", **where, language=code) + more, code == _spoken(request))
        for code, label in LANGUAGES.items()
    ]


def _shown(request: Request, lineup: Lineup) -> Item | None:
    """The item on the stage: the one asked for, else the first."""
    wanted = whole_number(request.query_params.get("show", ""))
    shown = next((item for item in lineup.shown if item.id == wanted), None)
    return shown or next(iter([*lineup.chosen, *lineup.shown]), None)


def _verdict(request: Request, db: Session, me: Person, organisation: Organisation, looked: _Looked) -> dict[str, Any]:
    """What `launch/_verdict.html` shows."""
    found = _look(request, db, me, organisation, looked)
    again = html.url(request, "launch_checks", campaign_id=looked.campaign.id)
    return {
        "campaign": looked.campaign,
        "lineup": looked.lineup,
        "checks": found,
        "missing": checks.missing(found),
        "is_waiting": any(check.is_waiting for check in found),
        "look_again": f"{again}?{_picked(looked.lineup).lstrip('&')}",
        "last": rehearsal.last_launch(db, looked.campaign.id),
        "typed": looked.typed or {},
        "errors": looked.errors or {},
        "today": clock.today(),
    }


def _look(request: Request, db: Session, me: Person, organisation: Organisation, looked: _Looked) -> list[Check]:
    items = looked.lineup.chosen
    known = links.known([item.target_url for item in items])
    return checks.run(db, checks.Launch(looked.campaign, items, looked.at, me, organisation, known))


def _letter(body: str) -> Response:
    headers = {"Cache-Control": html.NO_STORE, "Content-Security-Policy": LETTER_POLICY}
    return Response(body, media_type="text/html", headers=headers)


def _item(db: Session, campaign_id: int, item_id: int) -> Item:
    item = queries.get_item(db, item_id)
    if item.campaign_id != campaign_id:
        raise NotFound
    return item


def _spoken(request: Request) -> str:
    """The language that is rehearsed: the one asked for, else the editor's."""
    wanted = request.query_params.get("language", "")
    return wanted if wanted in LANGUAGES else i18n.language.get()


def _wanted(request: Request) -> Collection[int] | None:
    """The ids that were chosen; None when nobody chose yet."""
    asked = request.query_params
    return _numbers(asked.getlist("item")) if "chosen" in asked else None


def _picked(lineup: Lineup) -> str:
    """The choice as an address carries it on."""
    return "&chosen=yes" + "".join(f"&item={item.id}" for item in lineup.chosen)


def _numbers(values: Collection[str]) -> set[int]:
    return {number for number in map(whole_number, values) if number is not None}


def _moment(form: Form) -> datetime | None:
    """The day and time that were typed; the form's errors say why there is none."""
    try:
        on, hour = date.fromisoformat(form.text("on")), time.fromisoformat(form.text("hour"))
        at = datetime.combine(on, hour.replace(tzinfo=None), tzinfo=clock.zone()).astimezone(UTC)
    except (ValueError, OverflowError):
        form.errors["on"] = _("Choose a day and a time.")
        return None
    if at <= clock.now():
        form.errors["on"] = _("That moment is over: choose a later one, or launch now.")
        return None
    return at


async def _with_links(request: Request, once: Endpoint) -> Response:
    """Open the pages that items lead to before the transaction begins: websites may take their time."""
    await run_in_threadpool(_open_links, request)
    return await once(request)


def _open_links(request: Request) -> None:
    prepare_anonymous(request)
    if not editor.admits(request.state.me):
        return
    with request.app.state.database.reading() as db:
        campaign = queries.find_campaign(db, request.path_params["campaign_id"])
        items = rehearsal.lineup(db, campaign).waiting if campaign else []
        urls = {item.target_url for item in items}
    links.look(urls)


_OF_ITEM = "/campaigns/{campaign_id:int}/launch/{item_id:int}"

routes = [
    page("/campaigns/{campaign_id:int}/launch", launch_page, who=editor),
    page("/campaigns/{campaign_id:int}/launch/checks", launch_checks, who=editor).within(_with_links),
    action("/campaigns/{campaign_id:int}/launch", launch_campaign, who=editor).within(_with_links),
    page(f"{_OF_ITEM}/wall", launch_wall, who=editor),
    page(f"{_OF_ITEM}/banner.png", launch_banner, who=editor),
    page(f"{_OF_ITEM}/signature", launch_signature, who=editor),
]
