"""Who writes where: how many colleagues pass things on to which network."""

from datetime import timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.people.models import Person
from portal.sharing.models import SHARED_STATES, Share

LATELY = timedelta(days=180)


def writers(db: Session, people: ColumnElement[bool]) -> dict[str, int]:
    """How many of the people that meet this condition on `Person` shared lately, by network.

    Networks nobody used are left out. Small numbers tell what single people do: no page shows them.
    """
    counted = (
        select(Share.network, func.count(Share.person_id.distinct()))
        .join(Person, Person.id == Share.person_id)
        .where(people, Share.state.in_(SHARED_STATES), Share.at > clock.now() - LATELY)
        .group_by(Share.network)
    )
    return dict(db.execute(counted).all())
