"""Addresses in a digest that open one item at one tap: signed, without a password, and harmless when passed on.

Whoever has one sees the item, which is public on walls and networks anyway, and can pass it on. Nothing of the person
it was made for can be seen there or done in their name, except that a post brings them the clicks.
"""

from dataclasses import dataclass
from datetime import timedelta

from itsdangerous import BadData, URLSafeTimedSerializer

from portal import settings
from portal.tables import LARGEST_ID

LASTS = timedelta(days=14)


@dataclass(frozen=True)
class ItemLink:
    person_id: int
    item_id: int


def address(*, person_id: int, item_id: int) -> str:
    return f"{settings.current().base_url}/d/{_signer().dumps([person_id, item_id])}"


def read(token: str) -> ItemLink | None:
    """What the token is for; None when we did not sign it, and after fourteen days."""
    try:
        person_id, item_id = _signer().loads(token, max_age=int(LASTS.total_seconds()))
    except (BadData, TypeError, ValueError):
        return None
    if not all(isinstance(each, int) and 0 < each <= LARGEST_ID for each in (person_id, item_id)):
        return None
    return ItemLink(person_id, item_id)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.current().secret, salt="item in a digest")
