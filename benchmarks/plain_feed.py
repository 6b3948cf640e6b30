"""The reference for the feed: the same page the plain way. Whole rows with everything they lead to, counted in Python,
and the page drawn anew each time. Sessions, layout, database and server are the portal's own.
"""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from portal import clock, html, settings, web
from portal.app import create_app
from portal.campaigns.labels import KINDS_FOR_READERS
from portal.campaigns.models import Campaign, Item
from portal.campaigns.queries import live_at
from portal.feed import words
from portal.feed.cards import Card
from portal.feed.queries import PAGE
from portal.feed.shown import Shown
from portal.i18n import language
from portal.people.models import Organisation, Person
from portal.sharing.models import Share
from portal.tables import microseconds


def feed(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    at = clock.now()
    items = db.scalars(
        select(Item)
        .join(Item.campaign)
        .options(
            selectinload(Item.texts),
            selectinload(Item.captions),
            selectinload(Item.picture),
            selectinload(Item.audience),
            selectinload(Item.campaign).selectinload(Campaign.texts),
        )
        .where(*live_at(at))
        .order_by(Item.publish_at.desc(), Item.id.desc())
    ).all()
    shares = db.scalars(select(Share).where(Share.item_id.in_([item.id for item in items]))).all()
    people = {person.id: person for person in db.scalars(select(Person).options(selectinload(Person.department)))}
    cards = [_card(item, shares, people, me) for item in items]
    drawn = [
        html.piece(request, "feed/_card.html", card=card, kinds=KINDS_FOR_READERS)
        for card in sorted(cards, key=lambda card: card.is_mine)[:PAGE]
    ]
    return html.page(
        request,
        "feed/index.html",
        shown=Shown(drawn, [], len(cards) <= PAGE, len(cards), 1, 1, len(cards) > PAGE, items[-1].id, 0),
        team=me.department.name,
        greeting=words.greeting(me.first_name, at),
        news=words.news(len(cards)),
        now=microseconds(at),
        welcomes=False,
        planned=[],
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


def _app() -> object:
    chosen = settings.load(
        {},
        data_dir=Path(os.environ["PLAIN_DATA_DIR"]),
        database_url=os.environ["PLAIN_DATABASE"],
        base_url=os.environ["PLAIN_BASE_URL"],
        secret=web.token(),
        trusted_proxies="127.0.0.1",
    )
    app = create_app(chosen, background=False)
    app.router.routes[:] = instead_of_ours(app.router.routes)
    return app


def instead_of_ours(routes: Sequence[BaseRoute]) -> list[BaseRoute]:
    """These routes with the feed the plain way."""
    plain = web.page("/", feed, who=web.member)
    return [plain if getattr(each, "name", "") == "feed" else each for each in routes]


app = _app() if "PLAIN_DATABASE" in os.environ else None
