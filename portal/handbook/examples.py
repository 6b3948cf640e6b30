"""Posts as they should be and posts as they should not, each with why: the house's own and the organisation's."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.handbook.models import Example
from portal.people import audit
from portal.people.models import Person
from portal.web import NotFound

LONGEST_TEXT = 600
LONGEST_WHY = 300
MOST = 40
"""In all languages: beyond that nobody reads them."""


@dataclass(frozen=True)
class Shown:
    kind: str
    text: str
    why: str
    is_own: bool = False
    """Whether it happened here, and an editor added it."""


def shown(db: Session, *, language: str, organisation: str) -> dict[str, list[Shown]]:
    """Good and bad ones in `language`, what happened here first."""
    own = db.scalars(select(Example).where(Example.language == language).order_by(Example.id.desc()))
    every = [Shown(each.kind, each.text, each.why, is_own=True) for each in own]
    every += [Shown(kind, text.format(name=organisation), why) for kind, text, why in _HOUSE[language]]
    return {kind: [each for each in every if each.kind == kind] for kind in ("good", "bad")}


def own(db: Session) -> list[Example]:
    """The organisation's own, the latest first."""
    return list(db.scalars(select(Example).order_by(Example.id.desc())))


def add(db: Session, *, kind: str, language: str, text: str, why: str, by: Person | None) -> Example:
    row = Example(
        kind=kind, language=language, text=text, why=why, at=clock.now(), person_id=by.id if by is not None else None
    )
    db.add(row)
    db.flush()
    audit.write(db, "example_added", "example", row.id, by=by)
    return row


def remove(db: Session, example_id: int, *, by: Person) -> None:
    """Ends in a 404 when there is none."""
    row = db.get(Example, example_id)
    if row is None:
        raise NotFound
    db.delete(row)
    audit.write(db, "example_removed", "example", example_id, by=by)


# Written afresh in each language, as the starters are: a post cannot be translated word by word.
_HOUSE: dict[str, tuple[tuple[str, str, str], ...]] = {
    "nl": (
        (
            "good",
            "Ik werk bij {name}. Vandaag belde een klant om te bedanken voor iets wat we drie jaar geleden deden. "
            "Daar loop ik de hele dag op te glimlachen.",
            "Zelf meegemaakt, in gewone woorden. En je weet meteen waar de schrijver werkt.",
        ),
        (
            "good",
            "Mijn team bij {name} zoekt een collega. Eerlijk: maandag is altijd druk. Maar niemand luncht hier alleen.",
            "Wat minder is, mag er ook staan. Juist daarom gelooft iemand de rest.",
        ),
        (
            "bad",
            "GEWELDIG NIEUWS!!! {name} is de BESTE werkgever van het land!!! #trots #topteam #vacature #werk #nu",
            "Hoofdletters en uitroeptekens klinken als een folder. Eén rustige zin over wat jij ervan vindt doet meer.",
        ),
        (
            "bad",
            "Net de prijzen van volgend jaar gezien. Wie slim is, bestelt deze week nog!",
            "Dit is nog niet openbaar. Wacht tot het hier staat, dan kun je het met een gerust hart delen.",
        ),
        (
            "bad",
            "Wat een fijn bedrijf, wij zijn er als klant zó blij mee. Aanrader!",
            "Wie er werkt en doet alsof hij klant is, houdt mensen voor de gek. Zeg waar je werkt, en wees trots.",
        ),
    ),
    "en": (
        (
            "good",
            "I work at {name}. A customer rang today to say thank you for something we did three years ago. "
            "I have been smiling all day.",
            "It happened to the writer, told in plain words. And you know at once where they work.",
        ),
        (
            "good",
            "My team at {name} is looking for a colleague. Honestly: Mondays are busy. But nobody has lunch alone.",
            "What is less good may be there too. That is why people believe the rest.",
        ),
        (
            "bad",
            "AMAZING NEWS!!! {name} is the BEST employer in the country!!! #proud #dreamteam #vacancy #jobs #now",
            "Capitals and exclamation marks sound like a leaflet. One calm line about what you think does more.",
        ),
        (
            "bad",
            "Just saw next year's prices. If you are clever, order this week!",
            "This is not public yet. Wait until it is here: then you can share it without a worry.",
        ),
        (
            "bad",
            "What a lovely company, as customers we are so happy with them. Recommended!",
            "Working somewhere and posing as a customer fools people. Say where you work, and be as proud as you like.",
        ),
    ),
}
