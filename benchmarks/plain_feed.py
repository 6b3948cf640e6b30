"""The references for the feed: the same page the plain way, in three forms (`PLAIN_FORM`).

`orm`: whole rows with everything they lead to by the ORM, counted in Python, and the page drawn anew each time. The
portal's own transaction around it.
`async`: the same as most would write it today: an asynchronous handler, SQLAlchemy's AsyncSession for each request, on
aiosqlite or, on PostgreSQL, psycopg's own asynchronous connections; who asks is looked up by the ORM as well.
`ready`: no feed at all. The portal's own route line, with all that comes before and after a handler, whose handler
answers bytes that are ready in memory: what a page of this size costs here whatever is on it.

Layout, middleware and server are the portal's own in all three.
"""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import event, make_url, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.sql import Select
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from portal import clock, html, i18n, settings, web
from portal.app import create_app
from portal.campaigns.labels import KINDS_FOR_READERS
from portal.campaigns.models import Campaign, Item
from portal.campaigns.queries import live_at
from portal.feed import words
from portal.feed.cards import Card
from portal.feed.queries import PAGE
from portal.feed.shown import Shown
from portal.i18n import language
from portal.people.models import Organisation, Person, WebSession
from portal.sharing.models import Share
from portal.tables import microseconds

FORMS = ("orm", "async", "ready")


def feed(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    items = db.scalars(_items()).all()
    shares = db.scalars(_shares(items)).all()
    people = db.scalars(_people()).all()
    return _page(request, items, shares, people, me, organisation)


async def feed_async(request: Request) -> Response:
    sessions: async_sessionmaker[AsyncSession] = request.app.state.async_sessions
    async with sessions() as db:
        secret = web.token_hash(request.cookies.get(web.session_cookie(), ""))
        me = (await db.scalars(_who(secret))).one_or_none()
        if me is None:
            return RedirectResponse("/sign-in", status_code=303)
        organisation = await db.get_one(Organisation, 1)
        request.state.me, request.state.organisation = me, organisation
        i18n.language.set(me.language)
        items = (await db.scalars(_items())).all()
        shares = (await db.scalars(_shares(items))).all()
        people = (await db.scalars(_people())).all()
        return _page(request, items, shares, people, me, organisation)


def ready(request: Request, *, me: Person, organisation: Organisation) -> Response:
    return HTMLResponse(_READY, headers={"Cache-Control": html.NO_STORE})


_READY = Path(os.environ["PLAIN_READY"]).read_bytes() if "PLAIN_READY" in os.environ else b""


def _who(token_hash: str) -> Select[Person]:
    now = clock.now()
    return (
        select(Person)
        .join(WebSession, WebSession.person_id == Person.id)
        .options(joinedload(Person.department))
        .where(WebSession.token_hash == token_hash, WebSession.expires_at > now, Person.deactivated_at.is_(None))
    )


def _items() -> Select[Item]:
    return (
        select(Item)
        .join(Item.campaign)
        .options(
            selectinload(Item.texts),
            selectinload(Item.captions),
            selectinload(Item.picture),
            selectinload(Item.audience),
            selectinload(Item.campaign).selectinload(Campaign.texts),
        )
        .where(*live_at(clock.now()))
        .order_by(Item.publish_at.desc(), Item.id.desc())
    )


def _shares(items: Sequence[Item]) -> Select[Share]:
    return select(Share).where(Share.item_id.in_([item.id for item in items]))


def _people() -> Select[Person]:
    return select(Person).options(selectinload(Person.department))


def _page(
    request: Request,
    items: Sequence[Item],
    shares: Sequence[Share],
    everybody: Sequence[Person],
    me: Person,
    organisation: Organisation,
) -> Response:
    at = clock.now()
    people = {person.id: person for person in everybody}
    cards = [_card(item, shares, people, me) for item in items]
    drawn = tuple(
        html.piece(request, "feed/_card.html", card=card, kinds=KINDS_FOR_READERS)
        for card in sorted(cards, key=lambda card: card.is_mine)[:PAGE]
    )
    html._frames.clear()  # the plain way keeps nothing
    return html.page(
        request,
        "feed/index.html",
        shown=Shown(drawn, (), len(cards) <= PAGE, len(cards), 1, 1, len(cards) > PAGE, items[-1].id, 0),
        house=organisation.name,
        team=me.department.name,
        greeting=words.greeting(me.first_name, at),
        news=words.news(len(cards)),
        now=microseconds(at),
        welcomes=False,
        planned=(),
        question=None,
        notes=[],
        has_more=False,
        here="feed",
    )


def _card(item: Item, shares: Sequence[Share], people: dict[int, Person], me: Person) -> Card:
    text = item.text(language.get())
    theirs = {share.person_id: share for share in shares if share.item_id == item.id and share.is_shared}
    others = [people[number] for number in theirs if number in people and number != me.id]
    teams = Counter((person.department_id, person.department.name) for person in others)
    return Card(
        id=item.id,
        kind=item.kind,
        title=text.title,
        summary=text.summary,
        language=text.language,
        picture=item.picture.digest if item.picture else "",
        left=words.time_left(item.ends_at, clock.now()),
        is_soon=words.is_soon(item.ends_at, clock.now()),
        passed=words.passed(
            len(others), tuple((*team, count) for team, count in teams.most_common()), team_id=me.department_id
        ),
        names=tuple(person.name for person in others if person.leaderboard_name == "name")[:3],
        people=len(others),
        is_mine=me.id in theirs,
        is_new=True,
        is_saved=False,
    )


def _app(form: str) -> object:
    chosen = settings.load(
        {},
        data_dir=Path(os.environ["PLAIN_DATA_DIR"]),
        database_url=os.environ["PLAIN_DATABASE"],
        base_url=os.environ["PLAIN_BASE_URL"],
        secret=web.token(),
        trusted_proxies="127.0.0.1",
    )
    app = create_app(chosen, background=False)
    app.router.routes[:] = instead_of_ours(app.router.routes, form)
    if form == "async":
        app.state.async_sessions = async_sessions(chosen.database_url)
    return app


def instead_of_ours(routes: Sequence[BaseRoute], form: str = "orm") -> list[BaseRoute]:
    """These routes with another feed."""
    feeds: dict[str, BaseRoute] = {
        "orm": web.page("/", feed, who=web.member),
        "async": Route("/", feed_async),
        "ready": web.page("/", ready, who=web.member),
    }
    return [feeds[form] if getattr(each, "name", "") == "feed" else each for each in routes]


def async_sessions(url: str, **more: Any) -> async_sessionmaker[AsyncSession]:
    """On the same database, by the usual asynchronous driver; `more` goes to its engine."""
    is_sqlite = url.startswith("sqlite")
    engine = create_async_engine(make_url(url).set(drivername="sqlite+aiosqlite") if is_sqlite else url, **more)
    if is_sqlite:

        @event.listens_for(engine.sync_engine, "connect")
        def set_up(connection: Any, record: Any) -> None:
            connection.execute("PRAGMA query_only=ON").close()

    return async_sessionmaker(engine, expire_on_commit=False)


app = _app(os.environ.get("PLAIN_FORM", "orm")) if "PLAIN_DATABASE" in os.environ else None
