"""What the hub of streams asks the database: whose token it is, which walls look alike, and how they look."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, cast

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.database import Database
from portal.people import organisation
from portal.screens import state
from portal.screens.asked import Look, Place
from portal.screens.groups import Group, groups_of
from portal.screens.models import Screen


class Walls:
    """The hub's source in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, token_hashes: Sequence[str]) -> dict[str, Place]:
        with self._database.reading() as db:
            screens = _connected(db, _CONNECTED.where(Screen.token_hash.in_(token_hashes)))
            groups = groups_of(db, screens)
            return {each.token_hash: Place(each.id, groups[each.id]) for each in screens}

    def again(self, screen_ids: Iterable[int] | None) -> dict[int, Hashable]:
        wanted = _CONNECTED if screen_ids is None else _CONNECTED.where(Screen.id.in_(screen_ids))
        with self._database.reading() as db:
            return dict(groups_of(db, _connected(db, wanted)))

    def render(self, groups: Sequence[Hashable]) -> tuple[str, dict[Hashable, Look]]:
        with self._database.reading() as db:
            house = organisation.get(db)
            looks: dict[Hashable, Look] = {}
            for group in cast(Sequence[Group], groups):
                shown = state.state(db, group, house)
                looks[group] = Look(shown.etag, shown.body)
            return state.release(house), looks


_COLUMNS = [getattr(Screen, name) for name in Screen.__table__.columns.keys()]  # noqa: SIM118 - no dict
_CONNECTED = select(*_COLUMNS).where(Screen.revoked_at.is_(None))


def _connected(db: Session, wanted: Select[Any]) -> Sequence[Screen]:
    """The rows as they are: of thousands of screens, objects would take several times as long."""
    return cast(Sequence[Screen], db.execute(wanted).all())
