"""What a person decides about their own name: on the team board, and on walls."""

from sqlalchemy.orm import Session

from portal import activity
from portal.i18n import gettext as _
from portal.people.models import NAME_SHOWN, Person

LONGEST_PSEUDONYM = 40


class ChoiceRefused(ValueError):
    """The choice cannot be kept; the message is a sentence for the person."""


def set_leaderboard_name(db: Session, person: Person, *, shown: str, pseudonym: str = "") -> None:
    """Show `person` on the leaderboard as `hidden`, `pseudonym` or `name`. Raises ChoiceRefused."""
    chosen = " ".join(pseudonym.split())
    if shown not in NAME_SHOWN:
        raise ChoiceRefused(_("Please choose one of the options."))
    if len(chosen) > LONGEST_PSEUDONYM or not chosen.isprintable():
        raise ChoiceRefused(_("A pseudonym has at most %(limit)s ordinary characters.", limit=LONGEST_PSEUDONYM))
    if shown == "pseudonym" and not chosen:
        raise ChoiceRefused(_("Which pseudonym would you like to use?"))
    person.leaderboard_name = shown
    person.pseudonym = chosen
    activity.record(db, "board_changed")


def set_wall_name(db: Session, person: Person, *, shown: bool) -> None:
    """Whether a wall may thank `person` by name."""
    person.wall_name = shown
    activity.record(db, "board_changed")
