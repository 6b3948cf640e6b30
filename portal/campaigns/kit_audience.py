"""For whom the items of a kit are meant, by name: departments and topics have other numbers on every portal."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.campaigns.audience import Row
from portal.campaigns.kit_parts import AUDIENCE_KEYS, KitItem
from portal.campaigns.kit_report import Problem
from portal.i18n import LANGUAGES
from portal.i18n import gettext as _
from portal.people.models import Department, Topic


@dataclass(frozen=True)
class Names:
    """What an item can be meant for on this portal."""

    by_value: dict[str, dict[str, str]]
    """How a kit calls each value, by kind."""
    by_name: dict[str, dict[str, str]]
    """The value of each name, by kind, in small letters; a topic has one in each language."""

    def rows(self, item: KitItem, tell: Callable[[Problem], None]) -> list[Row]:
        """The rows the kit asks for. A name that is not there is told: nobody is added or left out by guessing."""
        rows: set[Row] = set()
        for kind, names in item.audience.items():
            for name in names:
                value = self.by_name[kind].get(name.casefold())
                if value is None:
                    tell(self._unknown(item, kind, name))
                else:
                    rows.add((kind, value))
        return sorted(rows)

    def _unknown(self, item: KitItem, kind: str, name: str) -> Problem:
        known = ", ".join(sorted(self.by_value[kind].values(), key=str.casefold)) or "–"
        sentence = _("%(name)s is not known here. There are: %(known)s.", name=name[:60], known=known)
        return Problem(sentence, item.file, item.lines.get(f"audience-{kind}", 1), f"audience.{AUDIENCE_KEYS[kind]}")


def names(db: Session) -> Names:
    """Everything an item can be meant for, whatever the language of whoever asks."""
    teams = {str(row.id): row.name for row in db.execute(select(Department.id, Department.name))}
    topics = list(db.scalars(select(Topic)))
    by_value = {
        "department": teams,
        "language": {language: language for language in LANGUAGES},
        "topic": {str(topic.id): topic.name_nl for topic in topics},
    }
    by_name = {kind: {name.casefold(): value for value, name in named.items()} for kind, named in by_value.items()}
    # Where two topics swap names between the languages, the one that a kit was written with wins.
    by_name["topic"] = {topic.name_en.casefold(): str(topic.id) for topic in topics} | by_name["topic"]
    return Names(by_value, by_name)
