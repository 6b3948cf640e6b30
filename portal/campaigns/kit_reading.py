"""Reading campaign kits: a folder or ZIP of plain files, every problem in it told at once.

`campaign.toml` holds the period, the goal and the campaign's words; one Markdown file per item holds its
facts between `+++` lines, then per language a title, a summary and captions. campaigns/README.md shows them.
"""

import hashlib
import io
import re
import stat
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from portal import clock
from portal.campaigns import drafts, editing, pictures
from portal.campaigns.drafts import CampaignDraft, CampaignWords, CaptionDraft, ItemDraft, Words
from portal.campaigns.models import ANY_NETWORK, CAPTION_NETWORKS
from portal.i18n import LANGUAGES
from portal.i18n import gettext as _

MOST_FILES = 200
LARGEST_KIT = 50_000_000
"""Bytes of all files together, unpacked."""
LARGEST_TEXT = 500_000
MOST_DAYS = 1000

_CAMPAIGN_KEYS = {"starts", "ends", "goal", "tags", *LANGUAGES}
_ITEM_KEYS = {"kind", "target", "picture", "publish", "ends", "place", "conditions", "picture_alt", "successor"}
_DAY = re.compile(r"day (-?\d{1,4})")
_HEADING = re.compile(r"# ([a-z]{2}): *(.*)")
_SECTION = re.compile(r"## (.*)")
# A line of a text that looks like one of ours is written with a backslash before it, as Markdown does.
_ESCAPED = re.compile(r"\\+(?=#|---\s*$|\+\+\+\s*$)")


class KitRefused(ValueError):
    """The kit cannot be used; `problems` holds a sentence for each reason, naming file and line or key."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Day:
    """A day as a kit writes it: a date, or a number of days after the campaign's (or the loading) day."""

    on: date | None = None
    after: int = 0

    def from_start(self, start: date) -> date:
        return self.on or start + timedelta(days=self.after)


@dataclass
class KitItem:
    slug: str
    file: str
    draft: ItemDraft
    publish: Day
    ends: Day | None
    picture: bytes | None
    said: str
    """Fingerprint of what the kit says about this item, picture included."""
    successor: str = ""
    """The short name of the item of this kit that comes after it."""
    drawn: pictures.Rendered | None = None
    """The picture in every size, once somebody drew it ahead."""

    def dated(self, campaign_starts: date) -> ItemDraft:
        """The draft with its days counted from the campaign's first."""
        self.draft.publish_on = self.publish.from_start(campaign_starts)
        self.draft.ends_on = self.ends.from_start(campaign_starts) if self.ends else None
        return self.draft


@dataclass
class Kit:
    slug: str
    draft: CampaignDraft
    starts: Day
    ends: Day
    items: list[KitItem]
    said: str

    def dated(self, loading_day: date) -> CampaignDraft:
        self.draft.starts_on = self.starts.from_start(loading_day)
        self.draft.ends_on = self.ends.from_start(loading_day)
        return self.draft


def read_kit(source: Path | bytes) -> Kit:
    """The kit in a folder, a ZIP file or the bytes of one. Raises KitRefused with every problem at once."""
    slug, files = _files(source)
    reading = _Reading(files)
    kit = reading.kit(slug)
    if reading.problems:
        raise KitRefused(reading.problems)
    assert kit is not None
    return kit


def _files(source: Path | bytes) -> tuple[str, dict[str, bytes]]:
    """The kit's slug ("" when only its content can tell) and its files by path. Raises KitRefused."""
    if isinstance(source, bytes):
        return _from_zip(source, "")
    if source.is_dir():
        return source.resolve().name, _from_folder(source)
    if not source.is_file():
        raise KitRefused([_("There is no kit at %(path)s: give a folder or a ZIP file.", path=source)])
    if source.stat().st_size > LARGEST_KIT:
        raise KitRefused([_too_large()])
    try:
        return _from_zip(source.read_bytes(), source.stem)
    except OSError as error:
        raise KitRefused([_("%(path)s cannot be read: %(reason)s.", path=source, reason=error.strerror)]) from None


def _from_folder(folder: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    problems: list[str] = []
    total = 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if _is_ignored(name):
            continue
        if path.is_symlink():
            problems.append(_("%(file)s is a link to another place: put the file itself in the kit.", file=name))
            continue
        if not path.is_file():
            continue
        total += path.stat().st_size
        if len(files) >= MOST_FILES:
            raise KitRefused([*problems, _too_many()])
        if total > LARGEST_KIT:
            raise KitRefused([*problems, _too_large()])
        try:
            files[name] = path.read_bytes()
        except OSError as error:
            problems.append(_("%(path)s cannot be read: %(reason)s.", path=name, reason=error.strerror))
    if problems:
        raise KitRefused(problems)
    return files


def _from_zip(body: bytes, name: str) -> tuple[str, dict[str, bytes]]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(body))
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except Exception:  # whatever a hostile or broken archive makes of the reader
        raise KitRefused([_("This is not a ZIP file, or only a part of one arrived.")]) from None
    if len(entries) > MOST_FILES:
        raise KitRefused([_too_many()])
    if sum(entry.file_size for entry in entries) > LARGEST_KIT:
        raise KitRefused([_too_large()])
    problems = [sentence for entry in entries if (sentence := _wrong_with_entry(entry))]
    if len({entry.filename for entry in entries}) < len(entries):
        problems.append(_("A file is in this ZIP twice under the same name."))
    if problems:
        raise KitRefused(problems)
    files: dict[str, bytes] = {}
    total = 0
    for entry in entries:
        if _is_ignored(entry.filename):
            continue
        try:
            with archive.open(entry) as file:
                # What an entry says of its size may be a lie: never read on past the limit.
                content = file.read(LARGEST_KIT - total + 1)
        except Exception:
            raise KitRefused([_("%(file)s in the ZIP is damaged.", file=entry.filename)]) from None
        total += len(content)
        if total > LARGEST_KIT:
            raise KitRefused([_too_large()])
        files[entry.filename] = content
    return _without_folder(name, files)


def _without_folder(name: str, files: dict[str, bytes]) -> tuple[str, dict[str, bytes]]:
    """A ZIP may hold the files or one folder with them, which then names the campaign."""
    tops = {PurePosixPath(path).parts[0] for path in files}
    if "campaign.toml" not in files and len(tops) == 1 and all("/" in path for path in files):
        top = tops.pop()
        return top, {path.removeprefix(f"{top}/"): body for path, body in files.items()}
    return name, files


def _wrong_with_entry(entry: zipfile.ZipInfo) -> str | None:
    name = entry.filename
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if _climbs_out(name) or "\\" in (entry.orig_filename or ""):
        return _("%(file)s: a file in a kit may not lie outside it.", file=ascii(name)[1:-1])
    if kind not in (0, stat.S_IFREG):
        return _("%(file)s is a link to another place: put the file itself in the kit.", file=name)
    if entry.flag_bits & 1:
        return _("%(file)s is locked with a password. Make the ZIP without one.", file=name)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return _("%(file)s is packed in a way we do not read. Make an ordinary ZIP.", file=name)
    return None


def _climbs_out(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return (
        not name
        or name.startswith(("/", "\\"))
        or ".." in parts
        or bool(re.match(r"[A-Za-z]:", name))
        or any(ord(sign) < 32 for sign in name)
    )


def _is_ignored(name: str) -> bool:
    parts = name.split("/")
    return parts[0] == "__MACOSX" or any(part.startswith(".") for part in parts) or parts[-1] == "Thumbs.db"


def _too_many() -> str:
    return _("This kit has more than %(most)s files.", most=MOST_FILES)


def _too_large() -> str:
    return _("This kit is larger than %(most)s MB unpacked.", most=LARGEST_KIT // 1_000_000)


class _Reading:
    """Reads the files of a kit, collecting every problem on the way."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.problems: list[str] = []

    def kit(self, slug: str) -> Kit | None:
        source = self._text("campaign.toml")
        if source is None:
            if "campaign.toml" not in self.files:
                self._problem("campaign.toml", _("This file is missing; it holds the period, the goal and the name."))
            return None
        table = self._toml("campaign.toml", source)
        if table is None:
            return None
        draft, starts, ends = self._campaign(table, source)
        slug = slug or drafts.slug_of(editing.first_title(draft))
        if slug != drafts.slug_of(slug):
            self._problem(
                slug,
                _(
                    "The folder's name may have small letters, digits and hyphens: %(like)s.",
                    like=drafts.slug_of(slug),
                ),
            )
        names = sorted(
            name for name in self.files if name.endswith(".md") and "/" not in name and name.lower() != "readme.md"
        )
        start = starts.from_start(clock.today())
        items = [item for name in names if (item := self._item(name, start, ends.from_start(clock.today())))]
        known = {item.slug for item in items}
        for item in items:
            if item.successor and (item.successor not in known or item.successor == item.slug):
                self._problem(
                    item.file,
                    _("There is no other item %(name)s in the kit.", name=item.successor),
                    key="successor",
                    line=_line_of(self.files[item.file].decode("utf-8-sig"), "successor"),
                )
        return Kit(slug, draft, starts, ends, items, _said(source))

    def _campaign(self, table: dict[str, Any], source: str) -> tuple[CampaignDraft, Day, Day]:
        file = "campaign.toml"
        self._unknown(file, source, table, _CAMPAIGN_KEYS)
        goal = self._table(file, table, "goal")
        self._unknown(file, source, goal, {"measure", "number"}, inside="goal")
        number = goal.get("number")
        draft = CampaignDraft(
            goal_measure=self._string(file, source, goal, "measure"),
            goal_number=number if isinstance(number, int) and not isinstance(number, bool) else None,
        )
        tags = self._table(file, table, "tags")
        self._unknown(file, source, tags, {"template", "overwrite"}, inside="tags")
        draft.utm_template = self._string(file, source, tags, "template")
        draft.utm_overwrites = self._flag(file, source, tags, "overwrite")
        for language in LANGUAGES:
            words = self._table(file, table, language)
            self._unknown(file, source, words, {"title", "summary", "banner"}, inside=language)
            draft.texts[language] = CampaignWords(
                title=drafts.tidy_line(self._string(file, source, words, "title")),
                summary=drafts.tidy_paragraphs(self._string(file, source, words, "summary")),
                banner=drafts.tidy_line(self._string(file, source, words, "banner")),
            )
        starts = self._day(file, source, table, "starts") or Day()
        ends = self._day(file, source, table, "ends") or Day()
        draft.starts_on, draft.ends_on = starts.from_start(clock.today()), ends.from_start(clock.today())
        named = {
            "goal_measure": "goal.measure",
            "goal_number": "goal.number",
            "starts_on": "starts",
            "ends_on": "ends",
            "utm_template": "tags.template",
        }
        for name, sentence in drafts.campaign_problems(draft).items():
            key, _underscore, language = name.rpartition("_")
            self._problem(file, sentence, key=named.get(name) or f"{language}.{key}")
        return draft, starts, ends

    def _item(self, file: str, campaign_starts: date, campaign_ends: date) -> KitItem | None:
        source = self._text(file)
        if source is None:
            return None
        slug = file.removesuffix(".md")
        if slug != drafts.slug_of(slug):
            self._problem(
                file,
                _(
                    "The file's name may have small letters, digits and hyphens: %(like)s.",
                    like=f"{drafts.slug_of(slug)}.md",
                ),
            )
        lines = source.split("\n")
        ends_at = next((n for n, line in enumerate(lines[1:], 1) if line.strip() == "+++"), None)
        if lines[0].strip() != "+++" or ends_at is None:
            self._problem(file, _("The file starts with its facts between two lines of +++."), line=1)
            return None
        table = self._toml(file, "\n" + "\n".join(lines[1:ends_at]))
        if table is None:
            return None
        self._unknown(file, source, table, _ITEM_KEYS)
        draft = ItemDraft(
            kind=self._string(file, source, table, "kind"),
            target=self._string(file, source, table, "target"),
            place=drafts.tidy_line(self._string(file, source, table, "place")),
        )
        self._body(file, draft, lines, ends_at + 1)
        for key, tidy in (("conditions", drafts.tidy_paragraphs), ("picture_alt", drafts.tidy_line)):
            self._by_language(file, source, table, key, draft, tidy)
        publish = self._day(file, source, table, "publish") or Day()
        ends = self._day(file, source, table, "ends") if "ends" in table else None
        picture = self._picture(file, source, table)
        said = _said(source) if picture is None else _said(source + hashlib.sha256(picture).hexdigest())
        item = KitItem(slug, file, draft, publish, ends, picture, said)
        item.successor = self._string(file, source, table, "successor")
        problems = drafts.item_problems(
            item.dated(campaign_starts), has_picture="picture" in table, campaign_ends_on=campaign_ends
        )
        self._item_problems(file, source, problems, draft)
        return item

    def _item_problems(self, file: str, source: str, problems: dict[str, str], draft: ItemDraft) -> None:
        named = {
            "publish_on": "publish",
            "ends_on": "ends",
            "kind": "kind",
            "target": "target",
            "place": "place",
        }
        for name, sentence in problems.items():
            key, _underscore, last = name.rpartition("_")
            if name.startswith("caption-"):
                caption = draft.captions[int(name.removeprefix("caption-"))]
                where = f"## {caption.network} ({caption.language})"
            elif key in ("conditions", "picture_alt"):
                where = f"{key}.{last}"
            elif key in ("title", "summary"):
                where = f"# {last}:"
            else:
                where = named.get(name, name)
            self._problem(file, sentence, key=where, line=_line_of(source, named.get(name, "\n")))

    def _body(self, file: str, draft: ItemDraft, lines: list[str], start: int) -> None:
        """Titles, summaries and captions below the front matter."""
        language, network = "", ""
        gathered: dict[tuple[str, str], list[list[str]]] = {}
        for number, line in enumerate(lines[start:], start + 1):
            if heading := _HEADING.fullmatch(line.rstrip()):
                language, network = heading[1], ""
                if language not in LANGUAGES:
                    self._problem(file, _("Write # nl: or # en: before a title."), line=number)
                elif draft.texts[language].title:
                    self._problem(file, _("This language is in the file twice."), line=number)
                else:
                    draft.texts[language].title = drafts.tidy_line(heading[2])
                    if not heading[2].strip():
                        self._problem(file, _("The title is missing after the colon."), line=number)
                gathered.setdefault((language, ""), [[]])
            elif section := _SECTION.fullmatch(line.rstrip()):
                network = section[1].strip()
                if network != ANY_NETWORK and network not in CAPTION_NETWORKS:
                    known = ", ".join([ANY_NETWORK, *CAPTION_NETWORKS])
                    self._problem(
                        file,
                        _(
                            "%(network)s is not a network. Use one of: %(known)s.",
                            network=network,
                            known=known,
                        ),
                        line=number,
                    )
                gathered.setdefault((language, network), []).append([])
            elif line.startswith("#") and language == "":
                self._problem(file, _("Write # nl: or # en: before a title."), line=number)
            elif network and line.rstrip() == "---":
                gathered[language, network].append([])
            elif language:
                gathered[language, network][-1].append(_ESCAPED.sub(lambda found: found[0][1:], line))
            elif line.strip():
                self._problem(file, _("This text stands before the first title."), line=number)
        for (language, network), parts in gathered.items():
            if language not in LANGUAGES:
                continue
            if not network:
                draft.texts[language].summary = drafts.tidy_paragraphs("\n".join(parts[0]))
                continue
            if network != ANY_NETWORK and network not in CAPTION_NETWORKS:
                continue
            bodies = [drafts.tidy_caption("\n".join(part)) for part in parts]
            draft.captions += [CaptionDraft(network, language, body) for body in bodies if body]

    def _by_language(
        self,
        file: str,
        source: str,
        table: dict[str, Any],
        key: str,
        draft: ItemDraft,
        tidy: Callable[[str], str],
    ) -> None:
        values = self._table(file, table, key)
        self._unknown(file, source, values, set(LANGUAGES), inside=key)
        for language in LANGUAGES:
            text = tidy(self._string(file, source, values, language))
            words: Words = draft.texts[language]
            setattr(words, key, text)

    def _picture(self, file: str, source: str, table: dict[str, Any]) -> bytes | None:
        name = self._string(file, source, table, "picture")
        if not name:
            return None
        line = _line_of(source, "picture")
        if _climbs_out(name) or "\\" in name:
            self._problem(file, _("The picture lies outside the kit."), key="picture", line=line)
            return None
        body = self.files.get(PurePosixPath(name).as_posix())
        if body is None:
            self._problem(file, _("There is no picture %(name)s in the kit.", name=name), key="picture", line=line)
            return None
        try:
            pictures.check(body)
        except pictures.PictureRefused as refused:
            self._problem(file, f"{name}: {refused}", key="picture", line=line)
        return body

    def _text(self, file: str) -> str | None:
        body = self.files.get(file)
        if body is None:
            return None
        if len(body) > LARGEST_TEXT:
            self._problem(file, _("This file is far too long."))
            return None
        try:
            return body.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = body.count(b"\n", 0, error.start) + 1
            self._problem(file, _("This file is not UTF-8: save it once more as UTF-8."), line=line)
            return None

    def _toml(self, file: str, source: str) -> dict[str, Any] | None:
        try:
            return tomllib.loads(source)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            found = re.search(r"at line (\d+)", str(error))
            self._problem(
                file,
                _("This cannot be read as TOML: %(reason)s.", reason=str(error).split(" (at ")[0]),
                line=int(found[1]) if found else 1,
            )
            return None

    def _unknown(self, file: str, source: str, table: dict[str, Any], known: set[str], *, inside: str = "") -> None:
        for key in table:
            if key not in known:
                whole = f"{inside}.{key}" if inside else key
                sentence = _("This key is unknown. Known are: %(known)s.", known=", ".join(sorted(known)))
                self._problem(file, sentence, key=whole, line=_line_of(source, key))

    def _table(self, file: str, table: dict[str, Any], key: str) -> dict[str, Any]:
        value = table.get(key, {})
        if not isinstance(value, dict):
            self._problem(file, _("This has to be a section with keys of its own."), key=key)
            return {}
        return value

    def _string(self, file: str, source: str, table: dict[str, Any], key: str) -> str:
        value = table.get(key, "")
        if not isinstance(value, str):
            self._problem(file, _("Write this between quotes."), key=key, line=_line_of(source, key))
            return ""
        return value.strip()

    def _flag(self, file: str, source: str, table: dict[str, Any], key: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            self._problem(file, _("Write true or false, without quotes."), key=key, line=_line_of(source, key))
            return False
        return value

    def _day(self, file: str, source: str, table: dict[str, Any], key: str) -> Day | None:
        value = table.get(key)
        line = _line_of(source, key)
        wanted = _('Write a day as "day 3" or as "2026-03-01".')
        if isinstance(value, date) and not isinstance(value, datetime):
            return Day(on=value)
        if isinstance(value, str) and (found := _DAY.fullmatch(value.strip())):
            if abs(int(found[1])) <= MOST_DAYS:
                return Day(after=int(found[1]))
            self._problem(file, wanted, key=key, line=line)
            return None
        try:
            return Day(on=date.fromisoformat(value if isinstance(value, str) else ""))
        except ValueError:
            self._problem(file, wanted, key=key, line=line)
            return None

    def _problem(self, file: str, sentence: str, *, key: str = "", line: int | None = None) -> None:
        where = file
        if line:
            where += " " + _("line %(line)s", line=line)
        self.problems.append(f"{where}: {key}: {sentence}" if key else f"{where}: {sentence}")


def _line_of(source: str, key: str) -> int | None:
    pattern = re.compile(rf"\s*(\[+\s*)?([\w\"']+\s*\.\s*)*[\"']?{re.escape(key)}[\"']?\s*(=|\]|\.)")
    return next((n for n, line in enumerate(source.split("\n"), 1) if pattern.match(line)), None)


def _said(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
