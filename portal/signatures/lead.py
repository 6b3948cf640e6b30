"""The banner while an item leads its campaign: whose line and picture are on it, before anything is drawn."""

from sqlalchemy.orm import Session

from portal.campaigns.models import Item
from portal.i18n import gettext as _
from portal.i18n import in_language
from portal.people.models import Organisation
from portal.signatures import banners, queries


def banner(db: Session, item: Item, organisation: Organisation, spoken: str) -> banners.Drawn:
    """The banner with the line of the item's campaign and its picture, in a language."""
    with in_language(spoken):
        button = _("See more")
    picture = item.picture
    content = banners.Content(
        organisation.accent,
        line(item, spoken),
        button,
        picture.digest if picture is not None else "",
    )
    return banners.banner(content, lambda: queries.find_card(db, picture.id) if picture is not None else None)


def line(item: Item, spoken: str) -> str:
    text = item.campaign.text(spoken)
    return text.banner or text.title
