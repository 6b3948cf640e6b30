"""For whom an item is meant: who gets it on the feed, and why.

Rows of one kind are alternatives, kinds come on top of each other: somebody in Service or Marketing who also reads
Dutch. Without rows an item is for everybody. It says who is given an item, never who may see it: whoever has the
address of a live item can open it and pass it on, and walls and signatures show it to all.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from babel.lists import format_list
from sqlalchemy import ColumnElement, String, and_, case, cast, delete, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal import clock, i18n
from portal.campaigns.models import AUDIENCES, Campaign, Item, ItemAudience
from portal.database import insert
from portal.i18n import LANGUAGES, lazy, ngettext
from portal.i18n import gettext as _
from portal.people import audit, topics
from portal.people.models import Department, Person, PersonTopic, Topic
from portal.people.queries import departments
from portal.web import Form, whole_number

Row = tuple[str, str]
"""A kind, `department`, `language` or `topic`, and one value of it: an id or a language."""

LANGUAGE_NAMES = {"nl": lazy("Dutch"), "en": lazy("English")}
MOST_NAMED = 4
"""Names in one sentence; of what is beyond them the number is told."""


def for_person(person: Person) -> ColumnElement[bool]:
    """The condition on `Item` that it is on this person's feed: no kind of its rows leaves the person out."""
    left_out = (
        select(ItemAudience.kind)
        .where(ItemAudience.item_id == Item.id)
        .group_by(ItemAudience.kind)
        .having(func.max(case((_fits(person), 1), else_=0)) == 0)
        .correlate(Item)
    )
    return ~exists(left_out)


def people(rows: Iterable[Row]) -> ColumnElement[bool]:
    """The condition on `Person` that an item with these rows is on their feed. Whoever left has none."""
    wanted = by_kind(rows)
    fits: list[ColumnElement[bool]] = [Person.deactivated_at.is_(None)]
    if "department" in wanted:
        fits.append(Person.department_id.in_(_ids(wanted["department"])))
    if "language" in wanted:
        fits.append(Person.language.in_(set(LANGUAGES) & set(wanted["language"])))
    if "topic" in wanted:
        chose = select(PersonTopic.person_id).where(PersonTopic.topic_id.in_(_ids(wanted["topic"])))
        fits.append(Person.id.in_(chose))
    return and_(*fits)


def reach(db: Session, rows: Iterable[Row]) -> int:
    """How many colleagues get an item with these rows on their feed."""
    return db.scalar(select(func.count()).select_from(Person).where(people(rows))) or 0


def because(db: Session, ids: Collection[int], person: Person) -> dict[int, str]:
    """Why each of these items is on the person's feed, in a sentence; what is meant for everybody is left out."""
    if not ids:
        return {}
    row = (ItemAudience.item_id, ItemAudience.kind, ItemAudience.value)
    rows = db.execute(
        select(*row, Department.name, Topic)
        .outerjoin(Department, _is_named(Department.id, "department"))
        .outerjoin(Topic, _is_named(Topic.id, "topic"))
        .where(ItemAudience.item_id.in_(ids), _fits(person))
        .order_by(*row)
    )
    spoken, found = i18n.language.get(), dict[int, dict[str, list[str]]]()
    for item_id, kind, value, team, topic in rows:
        name = topic.name(spoken) if topic else team or str(LANGUAGE_NAMES[value])
        found.setdefault(item_id, {}).setdefault(kind, []).append(name)
    return {item_id: _because(names) for item_id, names in found.items()}


def rows_of(db: Session, item_id: int) -> list[Row]:
    """The item's rows, in the order in which `read` gives them."""
    found = select(ItemAudience.kind, ItemAudience.value).where(ItemAudience.item_id == item_id)
    return sorted((kind, value) for kind, value in db.execute(found))


def read(form: Form) -> list[Row]:
    """What the form's boxes say, each once; `problems` tells whether it can stay."""
    return sorted({(kind, value) for kind in AUDIENCES for value in form.getlist(f"audience_{kind}")})


def problems(db: Session, rows: Sequence[Row]) -> dict[str, str]:
    """What keeps the rows from being an audience, by field: `audience`."""
    if rows and set(rows) - {(kind, value) for kind, named in names(db).items() for value in named}:
        return {"audience": _("Something you chose here is not there any more. Take it out.")}
    return {}


def put(db: Session, item: Item, rows: Iterable[Row], *, by: Person | None) -> bool:
    """Have the item meant for exactly these rows, which have no problems; whether that is a change.

    It is not part of what readers see, so it changes freely, approved or not, and is in the audit trail.
    """
    before, wanted = set(rows_of(db, item.id)), set(rows)
    if before == wanted:
        return False
    for kind, value in before - wanted:
        theirs = (ItemAudience.item_id == item.id, ItemAudience.kind == kind, ItemAudience.value == value)
        db.execute(delete(ItemAudience).where(*theirs).execution_options(synchronize_session=False))
    if new := [{"item_id": item.id, "kind": kind, "value": value} for kind, value in sorted(wanted - before)]:
        db.execute(insert(db, ItemAudience).values(new).on_conflict_do_nothing())
    db.expire(item, ["audience"])
    audit.write(db, "item_audience", "item", item.id, by=by, before=_written(before), after=_written(wanted))
    return True


@dataclass(frozen=True)
class Choice:
    """One kind of rows as a form offers it."""

    kind: str
    legend: str
    options: list[tuple[str, str, bool]]
    """Value, name, and whether it is chosen."""
    chosen: int


def choices(db: Session, rows: Collection[Row]) -> list[Choice]:
    """What an item can be meant for, with `rows` chosen. What is there no more is offered only while it is chosen."""
    legends = {"department": _("Departments"), "language": _("Languages"), "topic": _("Topics")}
    offered, wanted, found = names(db), by_kind(rows), []
    for kind, legend in legends.items():
        chosen = wanted.get(kind, [])
        gone = {value: _("no longer there") for value in chosen if value not in offered[kind]}
        options = [(value, name, value in chosen) for value, name in (offered[kind] | gone).items()]
        found.append(Choice(kind, legend, options, len(chosen)))
    return found


def names(db: Session) -> dict[str, dict[str, str]]:
    """Everything an item can be meant for: its name by kind and value."""
    spoken = i18n.language.get()
    return {
        "department": {str(team.id): team.name for team in departments(db)},
        "language": dict(LANGUAGES),
        "topic": {str(topic.id): topic.name(spoken) for topic in topics.topics(db)},
    }


def items_by_topic(db: Session) -> dict[int, int]:
    """How many items that are not over yet are meant for each topic, by its id."""
    counted = (
        select(ItemAudience.value, func.count())
        .join(Item, Item.id == ItemAudience.item_id)
        .join(Campaign, Campaign.id == Item.campaign_id)
        .where(
            ItemAudience.kind == "topic",
            Item.state != "recalled",
            Item.ends_at.is_(None) | (Item.ends_at > clock.now()),
            Campaign.ends_on >= clock.today(),
        )
        .group_by(ItemAudience.value)
    )
    return {int(value): number for value, number in db.execute(counted)}


def by_kind(rows: Iterable[Row]) -> dict[str, list[str]]:
    """The values of each kind there is a row of."""
    found: dict[str, list[str]] = {}
    for kind, value in rows:
        found.setdefault(kind, []).append(value)
    return found


def quoted(name: str) -> str:
    """Names of topics are words of every day: without quotes they would run into the sentence."""
    return f"“{name}”"


def joined(parts: Iterable[str], style: Literal["standard", "or"]) -> str:
    """Such as "Service, Marketing or HR"; of many, the first few and the number of the others."""
    shown = list(parts)
    if len(shown) > MOST_NAMED + 1:
        shown = [*shown[:MOST_NAMED], ngettext("%(num)s other", "%(num)s others", len(shown) - MOST_NAMED)]
    return format_list(shown, style, locale=i18n.locale())


def _because(reasons: dict[str, list[str]]) -> str:
    said = []
    if teams := reasons.get("department"):
        said.append(_("you work in %(team)s", team=teams[0]))
    if spoken := reasons.get("language"):
        said.append(_("you read %(language)s", language=spoken[0]))
    if chosen := reasons.get("topic"):
        said.append(_("you chose %(topics)s", topics=joined(map(quoted, chosen), "standard")))
    return _("You see this because %(reasons)s.", reasons=joined(said, "standard"))


def _fits(person: Person) -> ColumnElement[bool]:
    """The condition on a row that the person is among those it names."""
    chosen = select(cast(PersonTopic.topic_id, String)).where(PersonTopic.person_id == person.id)
    return or_(
        (ItemAudience.kind == "department") & (ItemAudience.value == cast(person.department_id, String)),
        (ItemAudience.kind == "language") & (ItemAudience.value == person.language),
        (ItemAudience.kind == "topic") & ItemAudience.value.in_(chosen),
    )


def _is_named(column: InstrumentedAttribute[int], kind: str) -> ColumnElement[bool]:
    """Whether a row of this kind names the one with this id."""
    return (ItemAudience.kind == kind) & (cast(column, String) == ItemAudience.value)


def _ids(values: Iterable[str]) -> list[int]:
    return [number for number in map(whole_number, values) if number is not None]


def _written(rows: Iterable[Row]) -> list[str]:
    return [f"{kind}: {value}" for kind, value in sorted(rows)]
