"""The index of words, kept in step with what is written: in the same transaction, whoever writes and wherever.

A hook of the database session notes which items, campaigns and ideas a transaction touched and brings their entries up
to date just before it commits. Editors, kits and feeds therefore need not know that there is a search at all.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Integer, Select, Text, cast, column, delete, event, func, literal_column, select, table
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session, selectinload

from portal.campaigns.models import Campaign, CampaignText, Caption, Item, ItemText
from portal.database import Database, insert
from portal.inbox.models import Idea
from portal.search import words
from portal.search.models import SearchEntry

Subject = tuple[str, int]
"""Kind and id."""
AT_ONCE = 500
_TOUCHED = "search, touched"


def follow() -> None:
    """Keep the index in step from now on, in every session of this process. Calling it again changes nothing."""
    if not event.contains(Session, "after_flush", _note):
        event.listen(Session, "after_flush", _note)
        event.listen(Session, "before_commit", _write)
        event.listen(Session, "after_rollback", _forget)


def rebuild(database: Database) -> Iterator[int]:
    """Make every entry anew, a few hundred in each transaction; how many so far."""
    done = 0
    with database.writing() as db:
        db.execute(delete(SearchEntry))
    for kind, model in (("campaign", Campaign), ("idea", Idea), ("item", Item)):
        last = 0
        while True:
            with database.writing() as db:
                more = select(model.id).where(model.id > last).order_by(model.id).limit(AT_ONCE)
                ids = list(db.scalars(more))
                bring_up_to_date(db, [(kind, each) for each in ids])
            if not ids:
                break
            last, done = ids[-1], done + len(ids)
            yield done


def bring_up_to_date(db: Session, subjects: Iterable[Subject]) -> None:
    """Write what these say now; what is gone loses its entry."""
    by_kind: dict[str, set[int]] = {}
    for kind, subject_id in subjects:
        by_kind.setdefault(kind, set()).add(subject_id)
    for kind, ids in sorted(by_kind.items()):
        found = _TEXTS[kind](db, ids)
        gone = ids - found.keys()
        if gone:
            db.execute(delete(SearchEntry).where(SearchEntry.kind == kind, SearchEntry.subject_id.in_(gone)))
        if found:
            rows = [
                {"kind": kind, "subject_id": id_, "stems": words.stems(texts)} for id_, texts in sorted(found.items())
            ]
            statement = insert(db, SearchEntry)
            db.connection().execute(
                statement.on_conflict_do_update(
                    index_elements=["kind", "subject_id"],
                    set_={"stems": statement.excluded.stems},
                    where=SearchEntry.stems != statement.excluded.stems,
                ),
                rows,
            )


def matching(db: Session, query: Select[*tuple[Any, ...]], question: list[str]) -> Select[*tuple[Any, ...]]:
    """`query`, which selects from entries, for those that hold every word; the last word may be unfinished."""
    groups = [sorted(words.stems_of(word)) for word in question]
    if db.get_bind().dialect.name == "sqlite":
        parts = [" OR ".join(f'"{stem}"' for stem in group) for group in groups]
        parts[-1] += f' OR "{question[-1]}"*'
        asked = " AND ".join(f"({part})" for part in parts)
        return query.join(_FTS5, _FTS5.c.rowid == SearchEntry.id).where(_FTS5.c.search_text.op("MATCH")(asked))
    parts = [" | ".join(f"'{stem}'" for stem in group) for group in groups]
    parts[-1] += f" | '{question[-1]}':*"
    vector = func.array_to_tsvector(func.string_to_array(SearchEntry.stems, literal_column("' '")))
    asked = " & ".join(f"({part})" for part in parts)
    return query.where(vector.op("@@")(cast(asked, TSQUERY)))


_FTS5 = table("search_text", column("rowid", Integer), column("search_text", Text))


def _note(db: Session, context: Any) -> None:
    touched: set[Subject] = db.info.setdefault(_TOUCHED, set())
    for row in (*db.new, *db.dirty, *db.deleted):
        match row:
            case Item():
                touched.add(("item", row.id))
            case ItemText() | Caption():
                touched.add(("item", row.item_id))
            case Campaign():
                touched.add(("campaign", row.id))
            case CampaignText():
                touched.add(("campaign", row.campaign_id))
            case Idea():
                touched.add(("idea", row.id))


def _write(db: Session) -> None:
    db.flush()
    touched = db.info.pop(_TOUCHED, None)
    if touched:
        bring_up_to_date(db, ((kind, id_) for kind, id_ in touched if id_))


def _forget(db: Session) -> None:
    db.info.pop(_TOUCHED, None)


def _items(db: Session, ids: set[int]) -> dict[int, list[str]]:
    loaded = select(Item).options(selectinload(Item.texts), selectinload(Item.captions)).where(Item.id.in_(ids))
    return {item.id: item_texts(item) for item in db.scalars(loaded.execution_options(populate_existing=True))}


def item_texts(item: Item) -> list[str]:
    """Everything an item says that somebody may look for."""
    said = [part for each in item.texts for part in (each.title, each.summary, each.conditions)]
    return [*said, *(caption.body for caption in item.captions), item.place, item.recruiter, item.hours]


def _campaigns(db: Session, ids: set[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {id_: [] for id_ in db.scalars(select(Campaign.id).where(Campaign.id.in_(ids)))}
    columns = (CampaignText.campaign_id, CampaignText.title, CampaignText.summary, CampaignText.banner)
    for id_, *texts in db.execute(select(*columns).where(CampaignText.campaign_id.in_(ids))):
        found[id_] += texts
    return found


def _ideas(db: Session, ids: set[int]) -> dict[int, list[str]]:
    columns = (Idea.id, Idea.words, Idea.url)
    return {id_: [said, url] for id_, said, url in db.execute(select(*columns).where(Idea.id.in_(ids)))}


_TEXTS = {"item": _items, "campaign": _campaigns, "idea": _ideas}
