"""What an item said before, and what an edit changed: word by word, field by field."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from portal import clock, i18n
from portal.campaigns import drafts, labels, queries
from portal.campaigns.drafts import ItemDraft
from portal.campaigns.models import Approval, Item, Picture, Revision
from portal.database import insert
from portal.i18n import gettext as _
from portal.people.models import Person

Content = dict[str, Any]
"""All that an editor can write about an item, as JSON holds it, and the digest of its picture."""

DECIDED = ("approved", "returned")
"""The steps at which a colleague read all of it: what comes after is new to them."""
MOST_COMPARED = 250_000
"""Pairs of words within which a text is compared word by word; beyond, the whole text counts as new."""
ALIKE = 0.3
"""Below this share of common words two texts are easier to read one after the other than woven together."""


def keep(db: Session, item: Item, *, by: Person | None, version: int | None = None) -> None:
    """Remember what the item says since `version` (None: since its present one), if it said something else before."""
    whole = queries.get_item(db, item.id)
    content = _content(drafts.of_item(whole), db.scalar(select(Picture.digest).where(Picture.id == whole.picture_id)))
    last = select(Revision.content).where(Revision.item_id == item.id).order_by(Revision.version.desc()).limit(1)
    if db.scalar(last) == content:
        return
    row = {
        "item_id": item.id,
        "version": version or whole.version,
        "content": content,
        "by_id": by and by.id,
        "at": clock.now(),
    }
    says = {"content": content}
    db.execute(insert(db, Revision).values(row).on_conflict_do_update(index_elements=["item_id", "version"], set_=says))


def begin(db: Session, says: Mapping[int, ItemDraft], *, pictures: Mapping[int, int | None], by: Person | None) -> None:
    """Remember what each of these new items says, with the picture it has, by the item's id: in two queries for all."""
    wanted = {each for each in pictures.values() if each is not None}
    digests = dict(db.execute(select(Picture.id, Picture.digest).where(Picture.id.in_(wanted))).all())
    since = {"version": 1, "by_id": by and by.id, "at": clock.now()}
    rows = [
        {"item_id": item_id, "content": _content(draft, digests.get(pictures[item_id] or 0)), **since}
        for item_id, draft in says.items()
    ]
    if rows:
        db.execute(insert(db, Revision), rows)


def changed_since(db: Session, item_id: int, version: int) -> bool:
    """Whether the item says something else than at `version`, for which a revision was kept."""
    return latest_version(db, item_id) > version


def latest_version(db: Session, item_id: int) -> int:
    """The version from which on the item says what it says now; 0 when nothing was kept yet."""
    return db.scalar(select(func.max(Revision.version)).where(Revision.item_id == item_id)) or 0


def _content(draft: ItemDraft, picture: str | None) -> Content:
    """What an item says, with the digest of its picture."""
    says = asdict(draft) | {"picture": picture or ""}
    content: Content = json.loads(json.dumps(says, default=_plain))
    return content


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


@dataclass(frozen=True)
class Piece:
    """A run of words of a changed text."""

    kind: str
    """same, gone or new"""
    words: str


@dataclass(frozen=True)
class Change:
    """One field that says something else now."""

    field: str
    pieces: tuple[Piece, ...] = ()
    pictures: tuple[str, str] | None = None
    """For the picture instead of words: the digests before and after, "" for none."""


@dataclass(frozen=True)
class Comparison:
    """What changed since a colleague decided about the item last."""

    step: str
    """approved or returned"""
    at: datetime
    changes: list[Change]


def since_decided(db: Session, items: Sequence[Item]) -> dict[int, Comparison]:
    """What changed since a colleague approved or returned each item, in one query; items nobody decided about yet, and
    those that still say the same, are left out."""
    ids = [item.id for item in items]
    last = (
        select(func.max(Approval.id))
        .where(Approval.item_id.in_(ids), Approval.step.in_(DECIDED), Approval.reviewer == "")
        .group_by(Approval.item_id)
    )
    decided = select(Approval).where(Approval.id.in_(last)).subquery()
    seen = (
        select(decided.c.item_id, decided.c.step, decided.c.at, func.max(Revision.version).label("version"))
        .join(Revision, and_(Revision.item_id == decided.c.item_id, Revision.version <= decided.c.item_version))
        .group_by(decided.c.item_id, decided.c.step, decided.c.at)
        .subquery()
    )
    rows = db.execute(
        select(seen.c.item_id, seen.c.step, seen.c.at, Revision.content).join(
            Revision, and_(Revision.item_id == seen.c.item_id, Revision.version == seen.c.version)
        )
    )
    now = {item.id: _content(drafts.of_item(item), item.picture.digest if item.picture else None) for item in items}
    found = {row.item_id: Comparison(row.step, row.at, difference(row.content, now[row.item_id])) for row in rows}
    return {item_id: comparison for item_id, comparison in found.items() if comparison.changes}


def by_edit(db: Session, item_id: int, versions: Sequence[int]) -> dict[int, list[Change]]:
    """What the edits that made these versions of an item changed, by version."""
    if not versions:
        return {}
    before = select(func.max(Revision.version)).where(Revision.item_id == item_id, Revision.version < min(versions))
    rows = db.execute(
        select(Revision.version, Revision.content)
        .where(
            Revision.item_id == item_id,
            Revision.version >= func.coalesce(before.scalar_subquery(), 0),
            Revision.version <= max(versions),
        )
        .order_by(Revision.version)
    ).all()
    pairs = pairwise(rows)
    return {now.version: difference(was.content, now.content) for was, now in pairs if now.version in versions}


def difference(old: Content, new: Content) -> list[Change]:
    """Where the two say something else, in the order of the form."""
    was, now = dict(_texts(old)), dict(_texts(new))
    changes = [
        Change(labels.field(name), tuple(words(was.get(name, ""), now.get(name, ""))))
        for name in {**now, **was}
        if was.get(name, "") != now.get(name, "")
    ]
    if old.get("picture", "") != new.get("picture", ""):
        changes.append(Change(_("Picture"), pictures=(old.get("picture", ""), new.get("picture", ""))))
    return [*changes, *_captions(old.get("captions", []), new.get("captions", []))]


def words(old: str, new: str) -> list[Piece]:
    """The new text with what was taken out and put in, word by word."""
    a, b = _WORD.findall(old), _WORD.findall(new)
    start = _common(a, b)
    end = _common(a[start:][::-1], b[start:][::-1])
    woven = [Piece("same", "".join(a[:start]))]
    woven += _woven(a[start : len(a) - end], b[start : len(b) - end])
    woven.append(Piece("same", "".join(b[len(b) - end :])))
    return list(_joined(woven))


_WORD = re.compile(r"\w+|\s+|[^\w\s]")


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """How many words the two begin with alike."""
    return next(
        (place for place, (one, other) in enumerate(zip(a, b, strict=False)) if one != other), min(len(a), len(b))
    )


def _woven(a: list[str], b: list[str]) -> list[Piece]:
    whole = [Piece("gone", "".join(a)), Piece("new", "".join(b))]
    if not a or not b or len(a) * len(b) > MOST_COMPARED:
        return whole
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    woven = []
    for tag, i, j, k, m in matcher.get_opcodes():
        # A space between two changed words is no island worth leaping to.
        if tag == "equal" and "".join(a[i:j]).strip():
            woven.append(Piece("same", "".join(a[i:j])))
        else:
            woven += [Piece("gone", "".join(a[i:j])), Piece("new", "".join(b[k:m]))]
    kept = sum(len(piece.words) for piece in woven if piece.kind == "same")
    is_alike = kept >= ALIKE * min(len("".join(a)), len("".join(b)))
    return woven if is_alike else whole


def _joined(woven: list[Piece]) -> Iterator[Piece]:
    """Changes that touch each other as one: first all that is gone, then all that is new. The last piece is same."""
    gone = new = ""
    for piece in woven:
        if piece.kind == "gone":
            gone += piece.words
        elif piece.kind == "new":
            new += piece.words
        else:
            changed = (Piece("gone", gone), Piece("new", new))
            yield from (each for each in (*changed, piece) if each.words)
            gone = new = ""


def _texts(content: Content) -> Iterator[tuple[str, str]]:
    """Every field but captions and picture, by the name `labels.field` knows, as people read it."""
    for name, value in content.items():
        if name == "texts":
            for language, fields in value.items():
                yield from ((f"{key}_{language}", text) for key, text in fields.items())
        elif name not in ("captions", "picture"):
            yield name, _shown(name, value)


def _shown(name: str, value: Any) -> str:
    if name in ("kind", "disclosure", "fits"):
        return labels.value(name, value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_shown(name, each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_shown(name, each)}" for key, each in value.items())
    text = "" if value is None else str(value)
    if _DAY.fullmatch(text):
        return i18n.day(date.fromisoformat(text))
    if _MOMENT.fullmatch(text):
        return i18n.moment(datetime.fromisoformat(text))
    return text


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*[+-]\d{2}:\d{2}")


def _captions(old: list[Content], new: list[Content]) -> Iterator[Change]:
    """Captions that are not word for word among the others; those for the same network and language are compared."""
    was, now = [each for each in old if each not in new], [each for each in new if each not in old]
    for caption in now:
        earlier = next((each for each in was if _place(each) == _place(caption)), None)
        if earlier is not None:
            was.remove(earlier)
        yield Change(
            labels.caption(*_place(caption)), tuple(words(earlier["body"] if earlier else "", caption["body"]))
        )
    yield from (Change(labels.caption(*_place(each)), tuple(words(each["body"], ""))) for each in was)


def _place(caption: Content) -> tuple[str, str]:
    return caption["network"], caption["language"]
