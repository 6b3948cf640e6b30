"""Shares in a given state, made the way the portal makes them."""

from sqlalchemy.orm import Session

from portal.campaigns.models import Item
from portal.people.models import Person
from portal.sharing import networks, shares
from portal.sharing.models import Share


def share(session: Session, *, by: Person, on: Item, state: str, network: str = "linkedin") -> Share:
    """`by` took `on` to a network, and told us (`confirmed`) or was clicked by a person (`seen`)."""
    made = shares.record(
        session,
        person=by,
        item=on,
        network=networks.get(network),
        text="Ik werk bij Noorderhout. Kom erbij!",
        language="nl",
        caption_id=None,
        own_words=True,
        how="opened",
    )
    if state == "confirmed":
        shares.confirm(session, made)
    if state == "seen":
        shares.share_seen(session, link_id=made.link_id)
    return made
