"""The practice square: a network that exists nowhere, to try a share on. Nothing of it counts or stays."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns import disclosure
from portal.database import one_at_a_time
from portal.handbook.feedback import Attempt
from portal.handbook.models import PracticeShare
from portal.i18n import gettext as _
from portal.jobs import job
from portal.people.models import Organisation, Person
from portal.sharing import texts
from portal.sharing.starters import starters

LIMIT = 500
"""Graphemes that fit on the practice square."""
KIND = "event"
"""What the pretend item is."""
LINK = "https://oefenplein.example/r/23456789"
"""As long as a real one; it leads nowhere."""
BEGINNING = 20
"""Characters by which marketing's text is known, however much of it was cut off."""
AHEAD = timedelta(hours=1)
"""How far in the future a row may lie before the clock must have been wrong when it was written."""


@dataclass(frozen=True)
class Pretend:
    """The item there is to try it on, as its texts stand in one language."""

    title: str
    summary: str
    caption: str


def pretend(organisation: Organisation, language: str) -> Pretend:
    return Pretend(*(part.format(name=organisation.name) for part in _PRETEND[language]))


def beginnings(language: str) -> tuple[str, str, str]:
    return starters(KIND, language)


def wordings(organisation: Organisation, language: str) -> list[str]:
    """The two of the share page; leaving it out, to see what happens, is only possible here."""
    return disclosure.wordings(organisation, "usual", language)


def compose(
    own: str, *, organisation: Organisation, language: str, with_caption: bool, wording: str, with_link: bool
) -> str:
    """The whole text, as the share page would make it, or as it would never: without disclosure or link."""
    return texts.compose(
        own,
        pretend(organisation, language).caption if with_caption else "",
        disclosure=wording,
        link=LINK if with_link else "",
        employer=organisation.name,
    )


def taken_apart(text: str, *, organisation: Organisation, language: str) -> Attempt:
    """What `compose` put together, in whichever of its languages the text was tried."""
    captions = {each: pretend(organisation, each).caption for each in _PRETEND}
    found = next((each for each, words in captions.items() if words[:BEGINNING] in text), "")
    caption = captions[found or language]
    said = tuple(each for one in _PRETEND for each in wordings(organisation, one))
    return Attempt(
        text=text,
        own=texts.own_part(text, caption[:BEGINNING], wordings=list(said), link=LINK),
        caption=caption if found else "",
        link=LINK,
        wordings=said,
        employer=organisation.name,
    )


def keep(db: Session, person: Person, text: str) -> PracticeShare:
    """Until tonight, for this person only; what they tried before gives way."""
    one_at_a_time(db, f"practice of person {person.id}")
    _wipe(db)
    db.execute(delete(PracticeShare).where(PracticeShare.person_id == person.id))
    kept = PracticeShare(person_id=person.id, text=text, at=clock.now())
    db.add(kept)
    db.flush()
    return kept


def latest(db: Session, person: Person) -> PracticeShare | None:
    """What this person tried today."""
    return db.scalar(
        select(PracticeShare)
        .where(PracticeShare.person_id == person.id, ~_is_stale())
        .order_by(PracticeShare.id.desc())
        .limit(1)
    )


@dataclass(frozen=True)
class Reply:
    name: str
    words: str


def replies(kept: PracticeShare) -> list[Reply]:
    """Two kind answers from people who do not exist; another pair for the next try."""
    pairs = (
        (
            Reply(_("Aunt Ans"), _("How nice to hear what you do all day! I will come and have a look.")),
            Reply(_("Your old neighbour"), _("So that is where you work. Put the coffee on!")),
        ),
        (
            Reply(_("Someone from school"), _("Now I finally know what you do. I passed it on to my sister.")),
            Reply(_("Aunt Ans"), _("Well told! Are the children welcome too?")),
        ),
    )
    return list(pairs[kept.id % len(pairs)])


@job("wipe_practice", every=timedelta(hours=1))
def wipe_practice(db: Session) -> None:
    """Everything tried before today, hour by hour: the first run after midnight takes all of yesterday."""
    _wipe(db)


def _wipe(db: Session) -> None:
    db.execute(delete(PracticeShare).where(_is_stale()))


def _is_stale() -> ColumnElement[bool]:
    now = clock.now()
    # What lies ahead was written while the clock was wrong: it must not wait for its own day.
    return or_(PracticeShare.at < clock.start_of(clock.today()), PracticeShare.at > now + AHEAD)


_PRETEND: dict[str, tuple[str, str, str]] = {
    "nl": (
        "Kom binnen kijken bij {name}",
        "Een zaterdag waarop iedereen mag zien hoe ons werk er echt uitziet.",
        "Zaterdag staan onze deuren open. De koffie is klaar, en vragen mag altijd.",
    ),
    "en": (
        "Come and look inside {name}",
        "A Saturday on which everybody may see what our work really looks like.",
        "Our doors are open on Saturday. There is coffee, and questions are always welcome.",
    ),
}
