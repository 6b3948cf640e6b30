"""The truthful record of a share: one row for each person, item and network, and a state that only rises."""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import activity, clock
from portal.campaigns.models import Campaign, Item
from portal.campaigns.queries import live_at
from portal.database import insert
from portal.jobs import job
from portal.links import codes
from portal.links import queries as clicks
from portal.people.models import Person
from portal.sharing.models import STATES, Share
from portal.sharing.networks import Network
from portal.web import NotFound

HOW = ("opened", "copied", "sheet")
"""What the portal itself can see of a share."""
ASKED_FROM, ASKED_UNTIL = timedelta(minutes=10), timedelta(days=7)
"""How long after opening a network its person may be asked whether they posted it: not at once, and not for ever."""
_WAYS = {"copy": "copied", "sheet": "sheet"}


def how(network: str) -> str:
    """What the portal sees when somebody shares there."""
    return _WAYS.get(network, "opened")


def record(
    db: Session,
    *,
    person: Person,
    item: Item,
    network: Network,
    text: str,
    language: str,
    caption_id: int | None,
    own_words: bool,
    how: str,
) -> Share:
    """Keep that `person` took `item` to `network`. Doing it again only brings text and time up to date."""
    if how not in HOW:
        raise ValueError(f"{how!r} is nothing the portal can see")
    link = codes.share_link(db, person=person, item_id=item.id, network=network.key)
    latest = {
        "text": text,
        "language": language,
        "caption_id": caption_id,
        "own_words": own_words,
        "at": clock.now(),
    }
    if db.scalar(select(Share.id).where(Share.link_id == link.id)) is None:
        _tell(db, "share_opened", item.id, person.id, person.department_id, network.key)
    # One statement for "first time" and "again", so that a double tap and two processes meet in one row.
    share = db.scalars(
        insert(db, Share)
        .values(
            link_id=link.id,
            item_id=item.id,
            person_id=person.id,
            department_id=person.department_id,
            network=network.key,
            state=how,
            **latest,
        )
        .on_conflict_do_update(index_elements=["link_id"], set_=latest)
        .returning(Share),
        execution_options={"populate_existing": True},
    ).one()
    _raise_to(db, share, how)
    if clicks.people_clicks_by_link(db, [link.id]):
        # Clicked before this row existed: through the share sheet, or after a removal.
        share_seen(db, link_id=link.id)
    return share


def confirm(db: Session, share: Share) -> None:
    """The person says: yes, I posted it."""
    db.execute(
        update(Share)
        .where(Share.id == share.id, Share.confirmed_at.is_(None))
        .values(confirmed_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )
    if _raise_to(db, share, "confirmed"):
        _tell_of(db, "share_confirmed", share)
        _tell_of(db, "shared", share)


def take_back(db: Session, share: Share) -> bool:
    """The person says: I did not post it after all. Whether it was so: what a click or a network proved stays."""
    taken = db.execute(
        update(Share)
        .where(Share.id == share.id, Share.state == "confirmed")
        .values(state=how(share.network), confirmed_at=None, asked_at=clock.now())
        .returning(Share.id)
        .execution_options(synchronize_session=False)
    ).first()
    db.refresh(share)
    if taken is None:
        return False
    activity.record(db, "board_changed")
    return True


def rewrite(db: Session, share: Share, text: str) -> None:
    """The person posted it with other words: what is kept is what they posted. How it was found out stays."""
    share.text = text
    db.flush()


def to_ask(db: Session, me: Person) -> Share | None:
    """The latest share of which only opening is known and nobody asked about yet, while its item is on the feed."""
    now = clock.now()
    return db.scalar(
        select(Share)
        .join(Item, Item.id == Share.item_id)
        .join(Campaign, Campaign.id == Item.campaign_id)
        .where(
            Share.person_id == me.id,
            Share.state.in_(HOW),
            Share.asked_at.is_(None),
            Share.at < now - ASKED_FROM,
            Share.at > now - ASKED_UNTIL,
            *live_at(now),
        )
        .order_by(Share.at.desc(), Share.id.desc())
        .limit(1)
    )


def asked(db: Session, share: Share) -> None:
    """Once is enough: keep that its person was asked."""
    db.execute(
        update(Share)
        .where(Share.id == share.id, Share.asked_at.is_(None))
        .values(asked_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )


def remove(db: Session, share: Share) -> None:
    """Take it off its person's list. Its link lives on: it may have been passed on already."""
    db.delete(share)
    db.flush()


def find(db: Session, *, person: Person, item_id: int, network: str) -> Share | None:
    return db.scalar(
        select(Share).where(Share.person_id == person.id, Share.item_id == item_id, Share.network == network)
    )


def of_item(db: Session, person: Person, item_id: int) -> list[Share]:
    """What this person did with one item, the latest first."""
    theirs = select(Share).where(Share.person_id == person.id, Share.item_id == item_id)
    return list(db.scalars(theirs.order_by(Share.at.desc(), Share.id.desc())))


def get_own(db: Session, share_id: int, *, person: Person) -> Share:
    """The person's own share; NotFound for anybody else's."""
    share = db.get(Share, share_id)
    if share is None or share.person_id != person.id:
        raise NotFound
    return share


@job("share_seen")
def share_seen(db: Session, *, link_id: int) -> None:
    """A person clicked the link: whatever its sharer told us, the share is out there."""
    share = db.scalar(select(Share).where(Share.link_id == link_id))
    if share is None:
        return
    was_shared = share.is_shared
    db.execute(
        update(Share)
        .where(Share.id == share.id, Share.seen_at.is_(None))
        .values(seen_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )
    if _raise_to(db, share, "seen") and not was_shared:
        _tell_of(db, "shared", share)


def _raise_to(db: Session, share: Share, state: str) -> bool:
    """Lift the state if it is lower; whether it was. One guarded statement, so that it can never sink."""
    lower = STATES[: STATES.index(state)]
    lifted = db.execute(
        update(Share)
        .where(Share.id == share.id, Share.state.in_(lower))
        .values(state=state)
        .returning(Share.id)
        .execution_options(synchronize_session=False)
    ).first()
    db.refresh(share)
    return lifted is not None


def _tell_of(db: Session, kind: str, share: Share) -> None:
    _tell(db, kind, share.item_id, share.person_id, share.department_id, share.network)


def _tell(db: Session, kind: str, item_id: int, person_id: int | None, department_id: int, network: str) -> None:
    activity.record(db, kind, item_id=item_id, person_id=person_id, department_id=department_id, network=network)


def last_network(db: Session, person: Person) -> str:
    """The network this person used last; "" before the first time."""
    latest = select(Share.network).where(Share.person_id == person.id).order_by(Share.at.desc()).limit(1)
    return db.scalar(latest) or ""
