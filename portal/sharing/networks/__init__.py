"""The networks colleagues can share to, one file each, in the order in which they are offered.

Adding one: copy a similar file, add it below, and add its name to the lists in static/css/sharing.css.
"""

from collections.abc import Collection

from portal.sharing.networks.bluesky import BLUESKY
from portal.sharing.networks.copy import COPY
from portal.sharing.networks.email import EMAIL
from portal.sharing.networks.facebook import FACEBOOK
from portal.sharing.networks.linkedin import LINKEDIN
from portal.sharing.networks.mastodon import MASTODON
from portal.sharing.networks.network import ADDRESS_ROOM, Network
from portal.sharing.networks.platform import DESKTOP, Platform, System, platform_of
from portal.sharing.networks.sheet import SHEET
from portal.sharing.networks.teams import TEAMS
from portal.sharing.networks.threads import THREADS
from portal.sharing.networks.whatsapp import WHATSAPP
from portal.sharing.networks.x import X

__all__ = [
    "ADDRESS_ROOM",
    "DESKTOP",
    "SHEET",
    "Network",
    "Platform",
    "System",
    "all",
    "find",
    "fitting",
    "get",
    "platform_of",
]

_NETWORKS = (LINKEDIN, WHATSAPP, X, FACEBOOK, BLUESKY, MASTODON, THREADS, EMAIL, TEAMS, COPY, SHEET)
_BY_KEY = {network.key: network for network in _NETWORKS}


def all() -> list[Network]:  # noqa: A001  read as networks.all()
    return list(_NETWORKS)


def fitting(keys: Collection[str]) -> list[Network]:
    """The networks an item that fits `keys` is offered for; every one when it has none.

    Copying and the share sheet are always there: they are the way out when a network does not work.
    """
    return [each for each in _NETWORKS if not keys or each.key in keys or each in (COPY, SHEET)]


def find(key: str) -> Network | None:
    return _BY_KEY.get(key)


def get(key: str) -> Network:
    """The network with this key; KeyError for an unknown one."""
    return _BY_KEY[key]
