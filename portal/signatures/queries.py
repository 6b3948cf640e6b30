"""Reads for signatures and banners: what somebody chose, and what the running campaign leads with."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from portal import clock
from portal.campaigns.models import Campaign, Item, PictureSize
from portal.campaigns.queries import live_at
from portal.links.models import Link
from portal.people.models import Account, Person
from portal.people.organisation import is_web_address
from portal.signatures.models import Signature


def find_signature(db: Session, person_id: int | None) -> Signature | None:
    return db.scalar(select(Signature).where(Signature.person_id == person_id))


def find_link(db: Session, person: Person) -> Link | None:
    """The link of `person`'s signature; None until they kept it once."""
    mine = select(Link).where(Link.kind == "signature", Link.person_id == person.id)
    return db.scalar(mine.order_by(Link.id).limit(1))


def accounts_of(db: Session, department_id: int) -> Sequence[Account]:
    """The department's accounts whose address a mail may link to."""
    all_of_them = select(Account).where(Account.department_id == department_id)
    return [
        account
        for account in db.scalars(all_of_them.order_by(Account.network, Account.id))
        if is_web_address(account.url)
    ]


def find_lead_item(db: Session) -> Item | None:
    """The first item of the running campaign that is live, with its texts, picture and campaign.

    Of several campaigns the one that started last runs; one without a live item has nothing to lead to yet.
    """
    return db.scalars(
        select(Item)
        .join(Item.campaign)
        .options(
            joinedload(Item.picture),
            joinedload(Item.campaign).selectinload(Campaign.texts),
            selectinload(Item.texts),
        )
        .where(*live_at(clock.now()))
        .order_by(Campaign.starts_on.desc(), Campaign.id.desc(), Item.publish_at, Item.id)
        .limit(1)
    ).first()


def find_card(db: Session, picture_id: int) -> bytes | None:
    """The picture as it is shown on cards, as JPEG."""
    return db.scalar(select(PictureSize.body).where(PictureSize.picture_id == picture_id, PictureSize.name == "card"))
