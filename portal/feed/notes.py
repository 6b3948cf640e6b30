"""Which notes a page shows: the latest few on the feed, many more on one's own page."""

from typing import Any

from sqlalchemy.orm import Session

from portal.people import notes
from portal.people.models import Person

ON_THE_FEED = 3
ON_MY_PAGE = 50


def shown(db: Session, me: Person, *, here: str) -> dict[str, Any]:
    """What the notes on the page `here` need: the latest few on the feed, many more on one's own page."""
    most = ON_THE_FEED if here == "feed" else ON_MY_PAGE
    found = notes.unread(db, me, most=most + 1)
    return {"notes": found[:most], "has_more": here == "feed" and len(found) > most, "here": here}
