"""The page about me: my shares with the people they reached, and everything that is kept about me."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from portal.campaigns.models import Ask, Item
from portal.inbox.models import Idea
from portal.links import codes, figures
from portal.links.figures import Figure, Ledger
from portal.links.models import Link
from portal.links.queries import ledgers_by_link
from portal.people import topics
from portal.people.models import AuditEntry, Department, Note, Person, WebSession
from portal.sharing import networks, over, shares
from portal.sharing.models import Lease, Share


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
class Reach:
    figure: Figure
    lately: list[tuple[date, int]]
    """People on each of the last days, today included."""


def my_shares(db: Session, me: Person) -> list[MyShare]:
    """Every share of this person with its clicks, the latest first."""
    rows = shares.latest_of(db, me)
    items = _items(db, {share.item_id for share, _ in rows})
    ledgers = ledgers_by_link(db, [link.id for _, link in rows])
    return [
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


def reach(db: Session, shown: list[MyShare]) -> Reach:
    """What all these shares brought together, and day by day lately."""
    through = figures.of_links([mine.share.link_id for mine in shown])
    return Reach(figures.figure(db, through), figures.lately(db, through))


def everything(db: Session, me: Person) -> dict[str, Any]:
    """All that the portal keeps about this person, for their own copy."""
    person = db.get_one(Person, me.id)
    department = db.get_one(Department, person.department_id)
    chosen = topics.chosen_by(db, me)
    kept = ("name", "email", "role", "language", "function", "phone", "ambassador", "leaderboard_name")
    return {
        "person": {
            **{column: getattr(person, column) for column in (*kept, "pseudonym", "wall_name", "mail_asks")},
            "department": department.name,
            "topics": [topic.name(me.language) for topic in topics.topics(db) if topic.id in chosen],
            "created_at": person.created_at.isoformat(),
        },
        "shares": [
            {
                "item": mine.title,
                "network": mine.share.network,
                "link": mine.address,
                "text": mine.share.text,
                "language": mine.share.language,
                "state": mine.share.state,
                "at": mine.share.at.isoformat(),
                "clicks_by_people": mine.ledger.people,
                "other_clicks": {reason: count for reason, _, count in mine.ledger.classes},
            }
            for mine in my_shares(db, me)
        ],
        "links": [
            {
                "code": link.code,
                "kind": link.kind,
                "network": link.network,
                "created_at": link.created_at.isoformat(),
            }
            for link in db.scalars(select(Link).where(Link.person_id == me.id).order_by(Link.id))
        ],
        "ideas": [
            {
                "at": idea.at.isoformat(),
                "words": idea.words,
                "address": idea.url,
                "state": idea.state,
                "answer": idea.answer,
            }
            for idea in db.scalars(select(Idea).where(Idea.person_id == me.id).order_by(Idea.id))
        ],
        "notes": [
            {"kind": note.kind, "at": note.at.isoformat(), "says": note.data}
            for note in db.scalars(select(Note).where(Note.person_id == me.id).order_by(Note.id))
        ],
        "captions_i_have": [
            {"item": lease.item_id, "network": lease.network, "week": lease.week.removeprefix("week:")}
            for lease in db.scalars(select(Lease).where(Lease.person_id == me.id).order_by(Lease.id))
        ],
        "asked_of_me": [
            {"at": each.at.isoformat(), "by": each.channel, "about": each.subject}
            for each in db.scalars(select(Ask).where(Ask.person_id == me.id).order_by(Ask.id))
        ],
        "sign_ins": [
            {"created_at": each.created_at.isoformat(), "last_seen_at": each.last_seen_at.isoformat()}
            for each in db.scalars(select(WebSession).where(WebSession.person_id == me.id))
        ],
        "changes_i_made": [
            {"at": entry.at.isoformat(), "act": entry.act, "subject": entry.subject_kind}
            for entry in db.scalars(select(AuditEntry).where(AuditEntry.person_id == me.id))
        ],
    }


def _items(db: Session, ids: set[int]) -> dict[int, Item]:
    """Items by id with their words and campaigns, in two queries."""
    loaded = select(Item).options(selectinload(Item.texts), joinedload(Item.campaign)).where(Item.id.in_(ids))
    return {item.id: item for item in db.scalars(loaded)}
