"""Two editors at work on one item: what each of them changed since they began, so that neither loses a word."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.campaigns import drafts, labels
from portal.campaigns.drafts import CaptionDraft, ItemDraft, Words
from portal.campaigns.models import Item, Revision


@dataclass(frozen=True)
class Difference:
    """Something that is stored otherwise than it was typed."""

    key: str
    """Its field on the form, such as `title_nl`."""
    label: str
    theirs: str
    """What is stored, in words; "" for nothing."""


@dataclass
class Merged:
    """The late editor's form, with what the other one changed meanwhile wherever the two do not collide."""

    draft: ItemDraft
    taken: list[Difference] = field(default_factory=list)
    """What the other one changed and the late one did not: it is in `draft`."""
    collisions: list[Difference] = field(default_factory=list)
    """What both changed: `draft` has the late one's, so that saving it is a choice."""
    captions: list[CaptionDraft] = field(default_factory=list)
    """Captions the other one wrote: they are in `draft`."""
    gone: list[CaptionDraft] = field(default_factory=list)
    """Captions the other one took out and the late one left as they were: they are not in `draft`."""


def merge(db: Session, item: Item, typed: ItemDraft, *, began_at: int) -> Merged:
    """What was typed from version `began_at` on, together with what is stored now.

    Where it is not known any more what that version said, everything that differs is a collision.
    """
    stored, mine = drafts.of_item(item), drafts.settled(typed)
    base = _revision(db, item, began_at)
    found = Merged(replace(typed, texts=dict(typed.texts)))
    before, now, written = _flat(base), _flat(_plain(stored)), _flat(_plain(mine))
    for key, value in now.items():
        if value == written[key]:
            continue
        difference = Difference(key, labels.field(key), labels.value(key, _value(stored, key)))
        if key in before and before[key] == written[key]:
            take(found.draft, stored, [key])
            found.taken.append(difference)
        elif before.get(key) != value:
            found.collisions.append(difference)
    _merge_captions(found, base, stored)
    return found


def take(draft: ItemDraft, stored: ItemDraft, keys: Collection[str]) -> None:
    """Give `draft` what is stored in the fields `keys`; other keys change nothing."""
    for key in keys:
        name, _underscore, language = key.rpartition("_")
        if language in draft.texts and name in Words.__dataclass_fields__:
            words = {name: getattr(stored.texts[language], name)}
            draft.texts[language] = replace(draft.texts[language], **words)
        elif key in ItemDraft.__dataclass_fields__ and key not in ("texts", "captions"):
            setattr(draft, key, getattr(stored, key))


def _merge_captions(found: Merged, base: Mapping[str, Any], stored: ItemDraft) -> None:
    """A caption is the same one as long as it says the same: an edited one is a new one, and the old one gone."""
    known = [CaptionDraft(**each) for each in base.get("captions", [])]
    rows = found.draft.captions
    found.captions = [each for each in stored.captions if each not in known and each not in rows]
    found.gone = [each for each in rows if each in known and each not in stored.captions]
    found.draft.captions = [each for each in rows if each not in found.gone] + found.captions


def _revision(db: Session, item: Item, version: int) -> dict[str, Any]:
    """What the item said at that version; {} when nobody kept it."""
    latest = (
        select(Revision.content)
        .where(Revision.item_id == item.id, Revision.version <= version)
        .order_by(Revision.version.desc())
        .limit(1)
    )
    return db.scalar(latest) or {}


def _plain(draft: ItemDraft) -> dict[str, Any]:
    """The draft as a revision holds it."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(draft), default=_written))
    return plain


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _flat(content: Mapping[str, Any]) -> dict[str, Any]:
    """Every field but the captions by its key."""
    flat = {key: value for key, value in content.items() if key not in ("texts", "captions", "picture")}
    for language, words in content.get("texts", {}).items():
        flat |= {f"{name}_{language}": text for name, text in words.items()}
    return flat


def _value(draft: ItemDraft, key: str) -> object:
    name, _underscore, language = key.rpartition("_")
    return getattr(draft.texts[language], name) if language in draft.texts else getattr(draft, key)
