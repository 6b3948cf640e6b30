"""Too few captions for everybody an item is for, told where its editor can still write more."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy.orm import Session

from portal.campaigns.audience import LANGUAGE_NAMES
from portal.campaigns.models import CAPTION_NETWORKS, Item
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.people.models import Organisation


class Shortage(Protocol):
    """Fewer captions in one language, for some networks, than the colleagues who read it need in one week."""

    @property
    def language(self) -> str: ...
    @property
    def captions(self) -> int: ...
    @property
    def networks(self) -> tuple[str, ...]: ...
    @property
    def people(self) -> int: ...
    @property
    def missing(self) -> int: ...


class Shortages(Protocol):
    """Finds what is short. Sharing knows how captions are handed out, and `create_app` hands it over."""

    def __call__(self, db: Session, item: Item, *, organisation: Organisation) -> Sequence[Shortage]: ...


def sentence(short: Shortage) -> str:
    """Such as "3 captions in Dutch for 40 colleagues on LinkedIn. Write 5 more and nobody sounds alike."."""
    return _(
        "%(captions)s in %(language)s for %(people)s on %(networks)s. Write %(missing)s more and nobody sounds alike.",
        captions=ngettext("%(num)s caption", "%(num)s captions", short.captions),
        language=LANGUAGE_NAMES[short.language],
        people=ngettext("%(num)s colleague", "%(num)s colleagues", short.people),
        networks=_named(short.networks),
        missing=short.missing,
    )


def _named(networks: tuple[str, ...]) -> str:
    if not networks:
        return _("each network")
    first, others = CAPTION_NETWORKS[networks[0]], len(networks) - 1
    if not others:
        return first
    return ngettext(
        "%(network)s and %(num)s other network", "%(network)s and %(num)s other networks", others, network=first
    )
