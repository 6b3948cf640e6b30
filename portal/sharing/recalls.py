"""Telling everybody who passed an item on that it was taken back, with something to say below their own post."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import jobs
from portal.campaigns.models import Item
from portal.campaigns.queries import find_item, successor_of
from portal.i18n import gettext as _
from portal.i18n import in_language
from portal.links import codes
from portal.people import notes, organisation
from portal.people.models import Person
from portal.sharing import networks
from portal.sharing.models import Share

AT_ONCE = 200
"""Notes written in one transaction, so that others who write need not wait long."""


@jobs.job("tell_sharers")
def tell_sharers(db: Session, *, item_id: int, after: int) -> None:
    """Leave a note for each share of the item with an id above `after`; the rest is a job of its own.

    Whoever only opened a network is told too, in other words: only they know whether they went on to post it. An item
    that is back on the feed meanwhile needs no notes.
    """
    item = find_item(db, item_id)
    if item is None or item.recalled_at is None or item.is_published():
        return
    successor = successor_of(db, item)
    server = organisation.get(db).mastodon_server
    rows = db.execute(
        select(Share, Person)
        .join(Person, Person.id == Share.person_id)
        .where(Share.item_id == item.id, Share.id > after, Person.deactivated_at.is_(None))
        .order_by(Share.id)
        .limit(AT_ONCE)
    ).all()
    for share, person in rows:
        notes.tell(
            db,
            person.id,
            "recalled",
            f"share:{share.id}@{item.recalled_at:%Y%m%d%H%M%S}",  # recalled again later, they hear of it again
            item_id=item.id,
            title=item.text(person.language).title,
            reason=item.recall_reason or "ended",
            network=share.network,
            network_name=_name_of(share.network, person.language),
            posts=networks.get(share.network).posts_url(server=server),
            is_shared=share.is_shared,
            language=share.language,
            suggestion=_suggestion(db, share, person, item=item, successor=successor),
        )
    if len(rows) == AT_ONCE:
        jobs.enqueue(db, "tell_sharers", item_id=item.id, after=rows[-1].Share.id)


def _name_of(network: str, language: str) -> str:
    with in_language(language):
        return str(networks.get(network).name)


def _suggestion(db: Session, share: Share, person: Person, *, item: Item, successor: Item | None) -> str:
    """What the sharer could add to their post, in its language; with their own link to what came after."""
    with in_language(share.language):
        if item.recall_reason == "filled":
            said = _("Update: this job has been filled. Thank you for all your reactions!")
        elif item.recall_reason == "corrected":
            said = _("A correction: something in my post was not right. Sorry about that!")
        else:
            said = _("Update: this is over now. Thank you for having a look!")
        if successor is None:
            return said
        link = codes.address(codes.share_link(db, person=person, item_id=successor.id, network=share.network))
        if item.recall_reason == "corrected":
            onward = _("This is how it is: %(link)s", link=link)
        else:
            onward = _("This came after it: %(link)s", link=link)
        return f"{said} {onward}"
