"""The phone's own share sheet: the person picks the app there."""

from portal.i18n import lazy
from portal.sharing.networks.network import Network

SHEET = Network(
    key="sheet",
    name=lazy("More apps"),
    mark=":share-2",
    endpoint="",
    takes_text=True,
    limit=65536,
    counting="plain",
    address=None,
)
