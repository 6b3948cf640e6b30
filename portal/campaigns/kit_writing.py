"""Writing a campaign as a kit, so that reading it gives the same campaign."""

import io
import json
import re
import stat
import zipfile
from datetime import time

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns import drafts, kit_audience, queries
from portal.campaigns.drafts import CaptionDraft, ItemDraft
from portal.campaigns.kit_parts import AUDIENCE_KEYS, CAMPAIGN_FILE, hour_of
from portal.campaigns.models import Campaign, Item, ItemAudience, PictureSize
from portal.i18n import LANGUAGES

# Written with a backslash before it, a line that looks like one of the kit's own signs is text again.
_NEEDS_ESCAPE = re.compile(r"\\*(#|---\s*$|\+\+\+\s*$)")


def export_kit(db: Session, campaign: Campaign) -> bytes:
    """The campaign as a ZIP that read_kit understands; the same campaign gives the same bytes."""
    files = {CAMPAIGN_FILE: _campaign_toml(campaign).encode()}
    items = queries.items_of(db, campaign.id)
    pictures = _pictures(db, items)
    audiences, successors = _audiences(db, items), _successors(db, campaign, items)
    for item in items:
        facts = _facts(item)
        if item.id in pictures:
            files[f"{item.slug}.jpg"] = pictures[item.id]
            facts.insert(2, f"picture = {_quoted(item.slug + '.jpg')}")
        if item.id in successors:
            facts.append(f"successor = {_quoted(successors[item.id])}")
        parts = _parts(item, audiences.get(item.id, {}))
        files[f"{item.slug}.md"] = (
            "\n".join(["+++", *facts, *parts, "+++", "", *_words(item)]).rstrip().encode() + b"\n"
        )
    return _zipped(files, folder=campaign.slug)


def _zipped(files: dict[str, bytes], *, folder: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            # A fixed moment: what a ZIP says of time is no part of the campaign.
            entry = zipfile.ZipInfo(f"{folder}/{name}", (2020, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, content)
    return out.getvalue()


def _pictures(db: Session, items: list[Item]) -> dict[int, bytes]:
    """The whole picture of each item that has one."""
    rows = db.execute(
        select(Item.id, PictureSize.body)
        .join(PictureSize, PictureSize.picture_id == Item.picture_id)
        .where(Item.id.in_([item.id for item in items]), PictureSize.name == "full")
    )
    return dict(rows.all())


def _audiences(db: Session, items: list[Item]) -> dict[int, dict[str, list[str]]]:
    """For whom each item is meant: names by kind. A row whose department or topic is gone keeps its number, so that
    loading the kit says that it is gone."""
    names = kit_audience.names(db).by_value
    rows = db.execute(
        select(ItemAudience.item_id, ItemAudience.kind, ItemAudience.value)
        .where(ItemAudience.item_id.in_([item.id for item in items]))
        .order_by(ItemAudience.kind, ItemAudience.value)
    )
    found: dict[int, dict[str, list[str]]] = {}
    for item_id, kind, value in rows:
        found.setdefault(item_id, {}).setdefault(kind, []).append(names[kind].get(value, value))
    return found


def _successors(db: Session, campaign: Campaign, items: list[Item]) -> dict[int, str]:
    """The name of what comes after each item; of another campaign, with that one's before it."""
    rows = db.execute(
        select(Item.id, Item.slug, Campaign.slug)
        .join(Campaign, Campaign.id == Item.campaign_id)
        .where(Item.id.in_([item.successor_id for item in items if item.successor_id]))
    )
    names = {item_id: slug if theirs == campaign.slug else f"{theirs}/{slug}" for item_id, slug, theirs in rows}
    return {item.id: names[item.successor_id] for item in items if item.successor_id in names}


def _campaign_toml(campaign: Campaign) -> str:
    draft = drafts.of_campaign(campaign)
    lines = [
        f'starts = "{campaign.starts_on.isoformat()}"',
        f'ends = "{campaign.ends_on.isoformat()}"',
        *(["announces = true"] if draft.announces else []),
        *(["archived = true"] if campaign.archived_at else []),
        "",
        "[goal]",
        f"measure = {_quoted(draft.goal_measure)}",
        f"number = {draft.goal_number}",
    ]
    if draft.utm_template or draft.utm_overwrites:
        lines += ["", "[tags]"]
        lines += [f"template = {_quoted(draft.utm_template)}"] if draft.utm_template else []
        lines += ["overwrite = true"] if draft.utm_overwrites else []
    for language in LANGUAGES:
        words = draft.texts[language]
        if words.title:
            lines += ["", f"[{language}]"]
            lines += [f"{key} = {_quoted(text)}" for key, text in vars(words).items() if text]
    return "\n".join(lines) + "\n"


def _facts(item: Item) -> list[str]:
    """Lines for what is not empty, kind and target first."""
    draft = drafts.of_item(item)
    happens = draft.happens_at and f"{clock.local(draft.happens_at):%Y-%m-%d %H:%M}"
    usual = drafts.settled(ItemDraft(kind=draft.kind)).disclosure
    hour = hour_of(item)
    texts = {
        "publish": f"{clock.local(item.publish_at):%Y-%m-%d}" + (f" {hour:%H:%M}" if hour != time.min else ""),
        "ends": draft.ends_on and draft.ends_on.isoformat(),
        "place": draft.place,
        "hours": draft.hours,
        "recruiter": draft.recruiter,
        "happens": happens,
        "video": draft.video_url,
        "disclosure": draft.disclosure if draft.disclosure != usual else "",
    }
    lines = [f"kind = {_quoted(draft.kind)}", f"target = {_quoted(draft.target)}"]
    lines += [f"{key} = {_quoted(text)}" for key, text in texts.items() if text]
    if draft.fits:
        lines.append(f"fits = {_list(draft.fits)}")
    for key, words in draft.texts.items():
        if words.conditions:
            lines.append(f"conditions.{key} = {_quoted(words.conditions)}")
    return lines


def _parts(item: Item, meant_for: dict[str, list[str]]) -> list[str]:
    """What stands in parts of its own, below the facts."""
    described = [(text.language, text.picture_alt) for text in item.texts if text.picture_alt]
    lines: list[str] = []
    if described:
        lines += ["", "[picture_alt]", *(f"{key} = {_quoted(text)}" for key, text in sorted(described))]
    if meant_for:
        lines += ["", "[audience]", *(f"{AUDIENCE_KEYS[kind]} = {_list(names)}" for kind, names in meant_for.items())]
    return lines


def _words(item: Item) -> list[str]:
    draft, lines = drafts.of_item(item), list[str]()
    for language in LANGUAGES:
        words = draft.texts[language]
        if words.title:
            lines += [f"# {language}: {words.title}", "", _escaped(words.summary), ""]
            lines += _caption_sections([c for c in draft.captions if c.language == language])
    return lines


def _caption_sections(captions: list[CaptionDraft]) -> list[str]:
    lines: list[str] = []
    for network in dict.fromkeys(caption.network for caption in captions):
        bodies = [_escaped(caption.body) for caption in captions if caption.network == network]
        lines += [f"## {network}", "", "\n\n---\n\n".join(bodies), ""]
    return lines


def _list(texts: list[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _quoted(text: str) -> str:
    # What JSON escapes, TOML reads alike.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _escaped(text: str) -> str:
    return "\n".join("\\" + line if _NEEDS_ESCAPE.match(line) else line for line in text.split("\n"))
