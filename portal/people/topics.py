"""Topics: what colleagues choose to hear about, and what an item can be meant for."""

from collections.abc import Iterable

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal import i18n
from portal.database import insert, one_at_a_time
from portal.i18n import gettext as _
from portal.people import audit
from portal.people.models import Person, PersonTopic, Topic
from portal.web import NotFound

LONGEST = 40
MOST = 60
"""More topics than anybody wants to read through on a phone."""


class TopicRefused(ValueError):
    """`errors` holds a sentence by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


def topics(db: Session) -> list[Topic]:
    """Every topic, by its name in the language of whoever looks."""
    spoken = i18n.language.get()
    return sorted(db.scalars(select(Topic)), key=lambda topic: (topic.name(spoken).casefold(), topic.id))


def get_topic(db: Session, topic_id: int) -> Topic:
    """The topic; ends in a 404 when there is none."""
    found = db.get(Topic, topic_id)
    if found is None:
        raise NotFound
    return found


def sizes(db: Session) -> dict[int, int]:
    """How many active people chose each topic, by its id; topics nobody chose are left out."""
    chosen = select(PersonTopic.topic_id, func.count()).join(Person, Person.id == PersonTopic.person_id)
    return {
        row[0]: row[1]
        for row in db.execute(chosen.where(Person.deactivated_at.is_(None)).group_by(PersonTopic.topic_id))
    }


def chosen_by(db: Session, person: Person) -> set[int]:
    """The ids of the topics this person chose."""
    return set(db.scalars(select(PersonTopic.topic_id).where(PersonTopic.person_id == person.id)))


def choose(db: Session, person: Person, ids: Iterable[int]) -> None:
    """Have `person` follow exactly these topics; those that are gone meanwhile are left out."""
    # Held until the commit: an administrator who removes one right now comes before or after, never in between.
    there = select(Topic.id).where(Topic.id.in_(set(ids))).with_for_update(read=True, key_share=True)
    wanted = list(db.scalars(there))
    theirs = PersonTopic.person_id == person.id
    db.execute(delete(PersonTopic).where(theirs, PersonTopic.topic_id.not_in(wanted)))
    if wanted:
        rows = [{"person_id": person.id, "topic_id": topic_id} for topic_id in wanted]
        db.execute(insert(db, PersonTopic).values(rows).on_conflict_do_nothing())


def add(db: Session, *, name_nl: str, name_en: str, by: Person | None) -> Topic:
    """A new topic. One name is enough: it then stands for both languages. Raises TopicRefused."""
    names = _fit(db, name_nl, name_en, apart_from=None)
    topic = Topic(name_nl=names["name_nl"], name_en=names["name_en"])
    db.add(topic)
    db.flush()
    audit.write(db, "topic_added", "topic", topic.id, by=by, **names)
    return topic


def rename(db: Session, topic: Topic, *, name_nl: str, name_en: str, by: Person) -> None:
    """Whoever chose it keeps it, under its new name. Raises TopicRefused."""
    names = _fit(db, name_nl, name_en, apart_from=topic)
    if names == {"name_nl": topic.name_nl, "name_en": topic.name_en}:
        return
    topic.name_nl, topic.name_en = names["name_nl"], names["name_en"]
    db.flush()
    audit.write(db, "topic_renamed", "topic", topic.id, by=by, **names)


def remove(db: Session, topic: Topic, *, by: Person) -> None:
    """Take it off everybody's choices. An item meant only for it is then seen by nobody, never by more people."""
    audit.write(db, "topic_removed", "topic", topic.id, by=by, name_nl=topic.name_nl, name_en=topic.name_en)
    db.delete(topic)
    db.flush()


def _fit(db: Session, name_nl: str, name_en: str, *, apart_from: Topic | None) -> dict[str, str]:
    """Both names, cleaned, where each is there and free."""
    one_at_a_time(db, "topics")  # or two of the same name would both find it free
    nl, en = " ".join(name_nl.split()), " ".join(name_en.split())
    if not nl and not en:
        raise TopicRefused({"name_nl": _("Please fill in a name.")})
    names = {"name_nl": nl or en, "name_en": en or nl}
    others = [topic for topic in db.scalars(select(Topic)) if topic is not apart_from]
    if apart_from is None and len(others) >= MOST:
        raise TopicRefused({"name_nl": _("There are %(most)s topics already. Remove one first.", most=MOST)})
    errors: dict[str, str] = {}
    for field, name in names.items():
        if len(name) > LONGEST:
            errors[field] = _("That is too long: at most %(limit)s characters fit here.", limit=LONGEST)
        elif not name.isprintable():
            errors[field] = _("Please leave out characters that cannot be printed.")
        elif name.casefold() in {getattr(topic, field).casefold() for topic in others}:
            errors[field] = _("There already is a topic of this name.")
    if errors:
        raise TopicRefused(errors)
    return names
