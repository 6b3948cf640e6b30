"""What the hub of streams asks the database: whose token it is, which walls look alike, and how they look."""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import structlog
from sqlalchemy import Select, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal import activity
from portal.database import Database
from portal.people import organisation
from portal.screens import state
from portal.screens.asked import Drawn, Found, Look, Place
from portal.screens.groups import Group, groups_of
from portal.screens.models import Screen


class Walls:
    """The hub's source in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, token_hashes: Sequence[str], *, known: int) -> Found:
        with self._view(known) as (db, position):
            screens = _connected(db, _CONNECTED.where(Screen.token_hash.in_(token_hashes)))
            groups = groups_of(db, screens)
            return Found(position, {each.token_hash: Place(each.id, groups[each.id]) for each in screens})

    def again(self, screen_ids: Collection[int], *, known: int) -> Mapping[int, Hashable]:
        with self._view(known) as (db, _position):
            return cast(
                Mapping[int, Hashable], groups_of(db, _connected(db, _CONNECTED.where(Screen.id.in_(screen_ids))))
            )

    def draw(self, groups: Sequence[Hashable], *, known: int) -> Drawn:
        with self._view(known) as (db, position):
            if position < known:  # a backup was put back: what is kept is of a future that will not come
                state.forget()
            house = organisation.get(db)
            looks: dict[Hashable, Look] = {}
            for group in cast(Sequence[Group], groups):
                try:
                    shown = state.state(db, group, house)
                except SQLAlchemyError:
                    raise
                except Exception as error:  # the other walls are drawn all the same
                    structlog.get_logger().error("a wall could not be drawn", exc_info=error)
                else:
                    looks[group] = Look(shown.etag, shown.body, shown.position)
            return Drawn(position, state.release(house), looks)

    @contextmanager
    def _view(self, known: int) -> Iterator[tuple[Session, int]]:
        """A view in which at least the line `known` of the log is seen, with the last line that is.

        The server that is read may be a standby that lags, and another one than was read before. Then we look where
        is written: what is not there either never will be.
        """
        with self._database.reading() as db:
            position = activity.last_id(db)
            if position >= known:
                yield db, position
                return
        with Session(self._database.writer) as db:
            yield db, activity.last_id(db)


_CONNECTED = select(
    Screen.id,
    Screen.token_hash,
    Screen.audience,
    Screen.language,
    Screen.playlist_id,
    Screen.department_id,
    Screen.time_zone,
    Screen.orientation,
    Screen.is_still,
    Screen.night_from,
    Screen.night_until,
).where(Screen.revoked_at.is_(None))


def _connected(db: Session, wanted: Select[*tuple[Any, ...]]) -> Sequence[Screen]:
    """What says of which group they are, as rows: of thousands of screens, objects would take several times as long."""
    return cast(Sequence[Screen], db.execute(wanted).all())
