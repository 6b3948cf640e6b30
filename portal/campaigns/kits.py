"""Campaign kits: loading one into the portal, and exporting any campaign as one."""

import io
import json
import re
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock, settings
from portal.campaigns import approval, drafts, editing, pictures, queries
from portal.campaigns.drafts import CaptionDraft, ItemDraft
from portal.campaigns.kit_reading import Kit, KitItem, KitRefused, read_kit
from portal.campaigns.models import Campaign, Item, PictureSize
from portal.database import Database, one_at_a_time
from portal.i18n import LANGUAGES, in_language, ngettext
from portal.i18n import gettext as _
from portal.people.models import Person

__all__ = [
    "Kit",
    "KitRefused",
    "Report",
    "check",
    "export",
    "export_kit",
    "load",
    "load_kit",
    "read_kit",
    "with_pictures_drawn",
]

# Written with a backslash before it, a line that looks like one of the kit's own signs is text again.
_NEEDS_ESCAPE = re.compile(r"\\*(#|---\s*$|\+\+\+\s*$)")


@dataclass
class Report:
    """What loading did, one sentence per item or campaign."""

    slug: str = ""
    lines: list[str] = field(default_factory=list)
    campaign_id: int | None = None
    changed: int = 0
    kept: int = 0
    """Things edited in the portal since, which were left as they are."""


def load(path: str | Path, *, approve: bool = False) -> tuple[list[str], bool]:
    """What `portal campaign load` says, and whether it went well."""
    with _on_the_command_line(), _database() as database:
        try:
            kit = read_kit(Path(path))
            with database.writing() as db:
                report = load_kit(db, kit, approve=approve)
        except KitRefused as refused:
            return refused.problems, False
        return report.lines, True


def export(slug: str, path: str | Path) -> tuple[list[str], bool]:
    """What `portal campaign export` says, and whether it went well. `path` is a file, or a folder for it."""
    target = Path(path)
    target = target / f"{slug}.zip" if target.is_dir() else target
    with _on_the_command_line(), _database() as database:
        with database.reading() as db:
            campaign = queries.find_campaign_by_slug(db, slug)
            if campaign is None:
                known = ", ".join(sorted(queries.slugs_of_campaigns(db))) or "–"
                return [_("There is no campaign %(slug)s. There are: %(known)s.", slug=slug, known=known)], False
            body = export_kit(db, campaign)
        try:
            with target.open("xb") as file:
                file.write(body)
        except FileExistsError:
            return [_("%(path)s is there already. Choose another name.", path=target)], False
        except OSError as error:
            return [_("%(path)s cannot be written: %(reason)s.", path=target, reason=error.strerror)], False
        return [_("Written to %(path)s.", path=target)], True


def check(path: str | Path) -> tuple[list[str], bool]:
    """What `portal campaign check` says, and whether the kit could be loaded. Needs no installation."""
    with _on_the_command_line():
        try:
            kit = read_kit(Path(path))
        except KitRefused as refused:
            return refused.problems, False
        number = len(kit.items)
        return [
            ngettext("%(slug)s: %(num)s item, fine.", "%(slug)s: %(num)s items, fine.", number, slug=kit.slug)
        ], True


@contextmanager
def _database() -> Iterator[Database]:
    database = Database(settings.current().database_url)
    try:
        yield database
    finally:
        database.dispose()


@contextmanager
def _on_the_command_line() -> Iterator[None]:
    """The command speaks English, and `check` runs without settings as well."""
    try:
        settings.current()
    except RuntimeError:
        settings.put_in_force(settings.Settings())
    with in_language("en"):
        yield


def load_kit(db: Session, kit: Kit, by: Person | None = None, approve: bool = False) -> Report:
    """Create or update the campaign and its items by slug, in the caller's transaction.

    What was edited in the portal since the kit was last loaded stays as it is and is reported. Loading the
    same kit again changes nothing. Items wait for approval unless `approve`. Raises KitRefused.
    """
    report = Report(kit.slug)
    if problems := drafts.tags_problem(kit.draft, queries.colleagues(db)):
        raise KitRefused([f"campaign.toml: tags.template: {sentence}" for sentence in problems.values()])
    one_at_a_time(db, "campaigns")
    campaign = queries.find_campaign_by_slug(db, kit.slug)
    if campaign is None:
        campaign = editing.create_campaign(db, kit.dated(clock.today()), by=by, slug=kit.slug)
        campaign.kit_digest = kit.said + _left(campaign)
        report.changed += 1
        report.lines.append(_("Campaign %(slug)s: created.", slug=kit.slug))
    else:
        _update_campaign(db, campaign, kit, report, by)
    report.campaign_id = campaign.id
    known = {item.slug: item for item in queries.items_of(db, campaign.id)}
    said = {slug: item.kit_digest[:32] for slug, item in known.items()}
    for each in kit.items:
        _load_item(db, campaign, each, known.get(each.slug), report, by, approve)
    _set_successors(db, campaign, [each for each in kit.items if each.said != said.get(each.slug)], by)
    if not report.changed and not report.kept:
        report.lines = [_("Everything is loaded already: nothing to do.")]
    return report


def with_pictures_drawn(kit: Kit) -> Kit:
    """The same kit, ready to be loaded without keeping the database waiting. Raises KitRefused."""
    for item in kit.items:
        try:
            item.drawn = pictures.render(item.picture) if item.picture is not None else None
        except pictures.PictureRefused as refused:
            raise KitRefused([f"{item.file}: picture: {refused}"]) from None
    return kit


def _update_campaign(db: Session, campaign: Campaign, kit: Kit, report: Report, by: Person | None) -> None:
    said, left = campaign.kit_digest[:32], campaign.kit_digest[32:]
    # Days counted from the loading day stay counted from the first loading.
    first = campaign.starts_on - timedelta(days=kit.starts.after)
    draft = kit.dated(first if kit.starts.on is None else clock.today())
    if said == kit.said and left == _left(campaign):
        return
    if drafts.fingerprint(draft) == drafts.fingerprint(drafts.of_campaign(campaign)):
        campaign.kit_digest = kit.said + _left(campaign)
        return
    if left != _left(campaign):
        report.kept += 1
        report.lines.append(_("Campaign %(slug)s: edited in the portal since, left as it is.", slug=kit.slug))
        return
    editing.change_campaign(db, campaign, draft, by=by, version=campaign.version)
    campaign.kit_digest = kit.said + _left(campaign)
    report.changed += 1
    report.lines.append(_("Campaign %(slug)s: updated.", slug=kit.slug))


def _load_item(
    db: Session,
    campaign: Campaign,
    new: KitItem,
    item: Item | None,
    report: Report,
    by: Person | None,
    approve: bool,
) -> None:
    draft = new.dated(campaign.starts_on)
    problems = drafts.item_problems(draft, has_picture=new.picture is not None, campaign_ends_on=campaign.ends_on)
    if problems:
        raise KitRefused([f"{new.file}: {sentence}" for sentence in problems.values()])
    if item is None:
        item = editing.create_item(db, campaign, draft, by=by, picture_id=_picture_id(db, new), slug=new.slug)
        report.lines.append(_("%(item)s: created.", item=new.slug))
    elif not _may_update(db, item, new, draft, report):
        return
    else:
        editing.change_item(db, item, draft, by=by, version=item.version, picture_id=_picture_id(db, new))
        report.lines.append(_("%(item)s: updated.", item=new.slug))
    report.changed += 1
    if item.state == "draft":
        approval.submit(db, item, by=by)
    if approve and item.state == "in_review":
        approval.approve(db, item, by=None)
    item.kit_digest = new.said + _left(item)
    db.flush()


def _set_successors(db: Session, campaign: Campaign, changed: list[KitItem], by: Person | None) -> None:
    """Put items in line as the kit says, those that it says something new about."""
    known = {item.slug: item for item in queries.items_of(db, campaign.id)}
    for each in changed:
        item = known[each.slug]
        if item.kit_digest[:32] != each.said:
            continue  # edited in the portal since: left as it is
        try:
            editing.set_successor(db, item, known[each.successor] if each.successor else None, by=by)
        except ValueError:
            sentence = _("These items come after one another in a circle.")
            raise KitRefused([f"{each.file}: successor: {sentence}"]) from None


def _may_update(db: Session, item: Item, new: KitItem, draft: ItemDraft, report: Report) -> bool:
    said, left = item.kit_digest[:32], item.kit_digest[32:]
    untouched = left == _left(item)
    if said == new.said and untouched:
        return False
    same_picture = (new.picture is None) == (item.picture_id is None) and (
        new.picture is None
        or item.picture_id is None
        or said == new.said
        or pictures.is_rendering_of(db, item.picture_id, new.picture)
    )
    if same_picture and _content(draft) == _content(drafts.of_item(item)):
        item.kit_digest = new.said + _left(item)
        return False
    if not untouched:
        report.kept += 1
        report.lines.append(_("%(item)s: edited in the portal since, left as it is.", item=new.slug))
        return False
    return True


def _picture_id(db: Session, item: KitItem) -> int | None:
    if item.picture is None:
        return None
    try:
        return pictures.keep(db, item.drawn or pictures.render(item.picture)).id
    except pictures.PictureRefused as refused:
        raise KitRefused([f"{item.file}: picture: {refused}"]) from None


def _left(row: Campaign | Item) -> str:
    """Fingerprint of the rows as they are now."""
    if isinstance(row, Campaign):
        return drafts.fingerprint(drafts.of_campaign(row))
    return drafts.fingerprint(_content(drafts.of_item(row)), row.picture_id)


def _content(draft: ItemDraft) -> str:
    alts = {key: words.picture_alt for key, words in draft.texts.items()}
    return drafts.fingerprint(draft.material(), alts, draft.publish_on, draft.ends_on)


def export_kit(db: Session, campaign: Campaign) -> bytes:
    """The campaign as a ZIP that read_kit understands; the same campaign gives the same bytes."""
    files = {"campaign.toml": _campaign_toml(campaign).encode()}
    items = queries.items_of(db, campaign.id)
    slugs = {item.id: item.slug for item in items}
    wanted = {item.picture_id for item in items if item.picture_id}
    bodies = {
        row.picture_id: row.body
        for row in db.execute(
            select(PictureSize.picture_id, PictureSize.body).where(
                PictureSize.picture_id.in_(wanted), PictureSize.name == "full"
            )
        )
    }
    for item in items:
        body = bodies.get(item.picture_id or 0)
        if body is not None:
            files[f"{item.slug}.jpg"] = body
        successor = slugs.get(item.successor_id or 0, "")
        files[f"{item.slug}.md"] = _item_md(item, with_picture=body is not None, successor=successor).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            # A fixed moment: what a ZIP says of time is no part of the campaign.
            entry = zipfile.ZipInfo(f"{campaign.slug}/{name}", (2020, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, content)
    return out.getvalue()


def _campaign_toml(campaign: Campaign) -> str:
    draft = drafts.of_campaign(campaign)
    lines = [
        f'starts = "{campaign.starts_on.isoformat()}"',
        f'ends = "{campaign.ends_on.isoformat()}"',
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


def _item_md(item: Item, *, with_picture: bool, successor: str) -> str:
    draft = drafts.of_item(item)
    assert draft.publish_on
    lines = ["+++", f"kind = {_quoted(draft.kind)}", f"target = {_quoted(draft.target)}"]
    if with_picture:
        lines.append(f"picture = {_quoted(item.slug + '.jpg')}")
    lines.append(f'publish = "{draft.publish_on.isoformat()}"')
    if draft.ends_on:
        lines.append(f'ends = "{draft.ends_on.isoformat()}"')
    if draft.place:
        lines.append(f"place = {_quoted(draft.place)}")
    if successor:
        lines.append(f"successor = {_quoted(successor)}")
    for key, words in draft.texts.items():
        if words.conditions:
            lines.append(f"conditions.{key} = {_quoted(words.conditions)}")
    described = [(key, words.picture_alt) for key, words in draft.texts.items() if words.picture_alt]
    if described:
        lines += ["", "[picture_alt]", *(f"{key} = {_quoted(text)}" for key, text in described)]
    lines += ["+++", ""]
    for language in LANGUAGES:
        words = draft.texts[language]
        if words.title:
            lines += [f"# {language}: {words.title}", "", _escaped(words.summary), ""]
            lines += _caption_sections([c for c in draft.captions if c.language == language])
    return "\n".join(lines).rstrip() + "\n"


def _caption_sections(captions: list[CaptionDraft]) -> list[str]:
    lines: list[str] = []
    for network in dict.fromkeys(caption.network for caption in captions):
        bodies = [_escaped(caption.body) for caption in captions if caption.network == network]
        lines += [f"## {network}", "", "\n\n---\n\n".join(bodies), ""]
    return lines


def _quoted(text: str) -> str:
    # What JSON escapes, TOML reads alike.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _escaped(text: str) -> str:
    return "\n".join("\\" + line if _NEEDS_ESCAPE.match(line) else line for line in text.split("\n"))
