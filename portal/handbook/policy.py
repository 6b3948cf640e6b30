"""What we agreed on, in plain words: the house's own, or the organisation's, version by version, and who read it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.database import insert, one_at_a_time
from portal.handbook.models import Policy, PolicyAcceptance
from portal.i18n import gettext as _
from portal.i18n import in_language
from portal.people import audit
from portal.people.models import Organisation, Person

HOUSE = 0
"""The version number of the house's own words."""
LONGEST = 6000
"""Characters in one language: more is not read on a phone."""


@dataclass(frozen=True)
class InForce:
    """What holds now, in the language of whoever reads."""

    version: int
    body: str
    language: str
    """The one `body` is in: another than asked for when the organisation wrote it in one only."""
    since: datetime | None
    """None for the house's own words."""


def in_force(db: Session, organisation: Organisation, language: str) -> InForce:
    latest = db.scalar(select(Policy).order_by(Policy.id.desc()).limit(1))
    if latest is None:
        return InForce(HOUSE, house_words(organisation.name, language), language, None)
    bodies = {"nl": latest.body_nl, "en": latest.body_en}
    spoken = language if bodies[language] else next(each for each in bodies if bodies[each])
    return InForce(latest.id, bodies[spoken], spoken, latest.at)


def current_version(db: Session) -> int:
    return db.scalar(select(func.max(Policy.id))) or HOUSE


def versions(db: Session) -> list[Policy]:
    """What the organisation wrote, the latest first."""
    return list(db.scalars(select(Policy).order_by(Policy.id.desc())))


def keep(db: Session, *, body_nl: str, body_en: str, by: Person) -> Policy | None:
    """A new version, in force from now on; None when it says what the latest does. The ones before it stay."""
    one_at_a_time(db, "policy")
    latest = db.scalar(select(Policy).order_by(Policy.id.desc()).limit(1))
    if latest is not None and (latest.body_nl, latest.body_en) == (body_nl, body_en):
        return None
    kept = Policy(body_nl=body_nl, body_en=body_en, at=clock.now(), person_id=by.id)
    db.add(kept)
    db.flush()
    audit.write(db, "policy_kept", "policy", kept.id, by=by)
    return kept


def accept(db: Session, person: Person, version: int) -> None:
    """That `person` read this version, today. Once more changes nothing; of a version nobody wrote nothing is kept."""
    if version != HOUSE and db.get(Policy, version) is None:
        return
    row = {"person_id": person.id, "version": version, "at": clock.now()}
    db.execute(insert(db, PolicyAcceptance).values(row).on_conflict_do_nothing())


def accepted_at(db: Session, person: Person, version: int) -> datetime | None:
    kept = db.get(PolicyAcceptance, (person.id, version))
    return kept.at if kept else None


def is_read(db: Session, person: Person) -> bool:
    """Whether `person` said that they read what is in force now."""
    return accepted_at(db, person, current_version(db)) is not None


def readers(db: Session) -> dict[int, int]:
    """How many of the people who work here read each version. Numbers are all that anybody is shown of it."""
    counted = (
        select(PolicyAcceptance.version, func.count())
        .join(Person, Person.id == PolicyAcceptance.person_id)
        .where(Person.deactivated_at.is_(None))
        .group_by(PolicyAcceptance.version)
    )
    return {row[0]: row[1] for row in db.execute(counted)}


def colleagues(db: Session) -> int:
    """How many people work here."""
    return db.scalar(select(func.count()).select_from(Person).where(Person.deactivated_at.is_(None))) or 0


def house_words(organisation: str, language: str) -> str:
    """Words that hold for most organisations, until one writes its own; readable in a minute."""
    with in_language(language):
        return "\n".join(
            (
                "# " + _("In short"),
                "* " + _("You share because you like to. Nobody has to, and nobody gets a list of who does."),
                "* " + _("Say where you work, and say it your own way. One line of yours is worth ten of ours."),
                "* " + _("Would you tell it at a birthday party? Then you can post it. Not sure? Ask."),
                "\n# " + _("Please do"),
                "+ " + _("Tell what you saw, learned or made yourself."),
                "+ " + _("Say where you work. The portal puts it at the start of your text: leave it there."),
                "+ " + _("Ask first when others are in your picture or story: colleagues, customers, neighbours."),
                "+ " + _("Stay kind, also when somebody else is not. You never have to answer."),
                "\n# " + _("Rather not"),
                "- " + _("Tell what is not public yet: figures, plans, customers, what you heard over lunch."),
                "- " + _("Speak for all of %(name)s: people listen because you speak for yourself.", name=organisation),
                "- " + _("Act as if you were a customer, or write a review of your own work."),
                "- " + _("Talk others down: colleagues, customers or competitors."),
                "\n# " + _("Sent too soon?"),
                _(
                    "It happens to everybody. Take the post down or put it right, say so in one line, and tell "
                    "marketing the same day. What you tell us, we solve together."
                ),
                "\n# " + _("What the portal keeps of you"),
                _(
                    "What you passed on, where and when, and how many people followed your link. That list is for "
                    "your eyes only; others see totals of teams. Not kept: what you look at, what you pass over, and "
                    "anything from your own accounts. You can stop at any moment."
                ),
            )
        )
