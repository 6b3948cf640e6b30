"""The page about me: what I passed on, what came of it, the thanks I got, and my links."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.campaigns.queries import items_with_words, titles_of
from portal.inbox.models import Idea
from portal.links import codes, figures
from portal.links.figures import Figure, Ledger
from portal.links.models import Link, Rollup
from portal.links.queries import ledgers_by_link, people_clicks_by_link
from portal.parts import Part, part
from portal.people.models import Person
from portal.recognition import thanks
from portal.sharing import networks, over
from portal.sharing.models import SHARED_STATES, Share

SHARES_SHOWN = 8
"""On one page: my choices should stay within reach of a thumb."""
LINKS_SHOWN = 20
THANKS_SHOWN = 30


@dataclass(frozen=True)
class MyShare:
    share: Share
    address: str
    network_name: str
    title: str
    ledger: Ledger
    is_out: bool
    standing: str
    """What became of the item, as `over.standing` says it; "" while it is on the feed."""


@dataclass(frozen=True)
class MyShares:
    """A part of somebody's shares, the latest first."""

    shares: list[MyShare]
    part: Part


@dataclass(frozen=True)
class Reach:
    figure: Figure
    lately: list[tuple[date, int]]
    """People on each of the last days, today included."""
    out: int
    """Shares that are known to be out there."""


@dataclass(frozen=True)
class Thanked:
    """Thanks somebody got. `sender` is a team, or "" for a colleague whose idea it was."""

    words: str
    title: str
    sender: str
    on: date


@dataclass(frozen=True)
class MyLink:
    link: Link
    address: str
    title: str
    """Of its item; "" for the one below mails."""
    network_name: str
    people: int


@dataclass(frozen=True)
class MyLinks:
    links: list[MyLink]
    part: Part


def my_shares(db: Session, me: Person, *, number: int) -> MyShares:
    """What this person passed on, with its clicks: page `number`, at most the last."""
    mine = Share.person_id == me.id
    total = db.scalar(select(func.count()).select_from(Share).where(mine)) or 0
    shown = part(number, total=total, size=SHARES_SHOWN)
    latest = select(Share, Link).join(Link, Link.id == Share.link_id).where(mine)
    rows = db.execute(latest.order_by(Share.at.desc(), Share.id.desc()).limit(shown.size).offset(shown.skipped)).all()
    items = items_with_words(db, {share.item_id for share, _ in rows})
    ledgers = ledgers_by_link(db, [link.id for _, link in rows])
    found = [
        MyShare(
            share=share,
            address=codes.address(link),
            network_name=str(networks.get(share.network).name),
            title=items[share.item_id].text(me.language).title,
            ledger=ledgers.get(link.id, Ledger(0, 0, [])),
            is_out=share.is_shared,
            standing=over.standing(items[share.item_id]),
        )
        for share, link in rows
    ]
    return MyShares(found, shown)


def reach(db: Session, me: Person) -> Reach:
    """What all of somebody's shares brought together, and day by day lately."""
    mine = Share.person_id == me.id
    through = Rollup.link_id.in_(select(Share.link_id).where(mine))
    out = db.scalar(select(func.count()).select_from(Share).where(mine, Share.state.in_(SHARED_STATES))) or 0
    return Reach(figures.figure(db, through), figures.lately(db, through), out)


def thanks_received(db: Session, me: Person) -> list[Thanked]:
    found = thanks.received(db, me, most=THANKS_SHOWN)
    titles = titles_of(db, {each.item_id for each, _ in found}, me.language)
    return [
        Thanked(thanks.said(each.words, me.language), titles[each.item_id], sender, each.at) for each, sender in found
    ]


def my_links(db: Session, me: Person, *, number: int) -> MyLinks:
    """The link below my mails, then those of what I shared, the latest first: page `number`, at most the last."""
    mine = Link.person_id == me.id
    total = db.scalar(select(func.count()).select_from(Link).where(mine)) or 0
    shown = part(number, total=total, size=LINKS_SHOWN)
    latest = select(Link).where(mine).order_by((Link.kind != "signature"), Link.created_at.desc(), Link.id.desc())
    links = list(db.scalars(latest.limit(shown.size).offset(shown.skipped)))
    titles = titles_of(db, {link.item_id for link in links if link.item_id is not None}, me.language)
    people = people_clicks_by_link(db, [link.id for link in links])
    found = [
        MyLink(
            link=link,
            address=codes.address(link),
            title=titles.get(link.item_id or 0, ""),
            network_name=str(networks.get(link.network).name) if link.kind == "share" else "",
            people=people.get(link.id, 0),
        )
        for link in links
    ]
    return MyLinks(found, shown)


def ideas_to_thank_for(db: Session, me: Person) -> list[tuple[int, str]]:
    """Items made of my ideas that colleagues passed on, by id and title."""
    shared = select(Share.item_id).where(Share.state.in_(SHARED_STATES), Share.person_id != me.id)
    ids = db.scalars(select(Idea.item_id).where(Idea.person_id == me.id, Idea.item_id.in_(shared)).distinct())
    found: Sequence[int] = [each for each in ids if each is not None]
    titles = titles_of(db, set(found), me.language)
    return [(item_id, titles[item_id]) for item_id in sorted(titles, reverse=True)]
