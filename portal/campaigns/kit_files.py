"""The files of a kit, from a folder or a ZIP. A ZIP is judged by its table of contents before anything is unpacked."""

import io
import re
import stat
import unicodedata
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath

from portal.campaigns.kit_report import KitRefused, Problem
from portal.i18n import gettext as _

MOST_FILES = 200
LARGEST_KIT = 50_000_000
"""Bytes of all files together, unpacked."""

_ENTRY = b"PK\x01\x02"
"""What every line of a ZIP's table of contents begins with."""


def read_files(source: Path | bytes) -> tuple[str, dict[str, bytes]]:
    """The kit's slug ("" when only its content can tell) and its files by path. Raises KitRefused."""
    if isinstance(source, bytes):
        return _from_zip(source, "")
    if source.is_dir():
        return source.resolve().name, _from_folder(source)
    if not source.is_file():
        raise _refused(_("There is no kit at %(path)s: give a folder or a ZIP file.", path=source))
    try:
        if source.stat().st_size > LARGEST_KIT:
            raise _refused(_too_large())
        return _from_zip(source.read_bytes(), source.stem)
    except OSError as error:
        raise _refused(_("%(path)s cannot be read: %(reason)s.", path=source, reason=error.strerror)) from None


def climbs_out(name: str) -> bool:
    """Whether a path inside a kit would lead out of it on any computer."""
    parts = name.replace("\\", "/").split("/")
    return (
        not name
        or name.startswith(("/", "\\"))
        or ".." in parts
        or bool(re.match(r"[A-Za-z]:", name))
        or any(ord(sign) < 32 for sign in name)
    )


def known_as(name: str) -> str:
    """One way to write a file's name: some computers take é apart into two signs, others do not."""
    return unicodedata.normalize("NFC", PurePosixPath(name).as_posix())


def _from_folder(folder: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    problems: list[Problem] = []
    total = 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if _is_ignored(name):
            continue
        if path.is_symlink():
            problems.append(Problem(_is_a_link(), name))
            continue
        if not path.is_file():
            continue
        total += path.stat().st_size
        if len(files) >= MOST_FILES:
            raise KitRefused([*problems, Problem(_too_many())])
        if total > LARGEST_KIT:
            raise KitRefused([*problems, Problem(_too_large())])
        try:
            files[known_as(name)] = path.read_bytes()
        except OSError as error:
            problems.append(Problem(_("This file cannot be read: %(reason)s.", reason=error.strerror), name))
    if problems:
        raise KitRefused(problems)
    return files


def _from_zip(body: bytes, name: str) -> tuple[str, dict[str, bytes]]:
    archive, entries = _contents(body)
    files: dict[str, bytes] = {}
    total = 0
    for entry in entries:
        if _is_ignored(entry.filename):
            continue
        try:
            with archive.open(entry) as file:
                # What an entry says of its size may be a lie: never read on past the limit.
                content = file.read(LARGEST_KIT - total + 1)
        except Exception:  # whatever a hostile or broken archive makes of the reader
            raise _refused(_("This file in the ZIP is damaged."), _shown(entry.filename)) from None
        total += len(content)
        if total > LARGEST_KIT:
            raise _refused(_too_large())
        files[known_as(entry.filename)] = content
    return _without_folder(name, files)


def _contents(body: bytes) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    """The archive and its files, of which not a byte is unpacked yet. Raises KitRefused."""
    # Before the table of contents is read: a million empty entries fit into a few megabytes and would fill memory.
    if body.count(_ENTRY) > 10 * MOST_FILES:
        raise _refused(_too_many())
    try:
        archive = zipfile.ZipFile(io.BytesIO(body))
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except Exception:  # whatever a hostile or broken archive makes of the reader
        raise _refused(_("This is not a ZIP file, or only a part of one arrived.")) from None
    if len(entries) > MOST_FILES:
        raise _refused(_too_many())
    if sum(entry.file_size for entry in entries) > LARGEST_KIT:
        raise _refused(_too_large())
    problems = [problem for entry in entries if (problem := _wrong_with(entry))]
    # Many computers take HAL.png and hal.png for one file.
    for same, times in Counter(known_as(entry.filename).casefold() for entry in entries).items():
        if times > 1:
            problems.append(Problem(_("This file is in the ZIP twice."), _shown(same)))
    if problems:
        raise KitRefused(problems)
    return archive, entries


def _without_folder(name: str, files: dict[str, bytes]) -> tuple[str, dict[str, bytes]]:
    """A ZIP may hold the files or one folder with them, which then names the campaign."""
    tops = {path.partition("/")[0] for path in files}
    if "campaign.toml" not in files and len(tops) == 1 and all("/" in path for path in files):
        top = tops.pop()
        return top, {path.removeprefix(f"{top}/"): body for path, body in files.items()}
    return name, files


def _wrong_with(entry: zipfile.ZipInfo) -> Problem | None:
    # The reader cuts a name off at a zero and turns backslashes round: what the ZIP itself says is judged.
    name, kind = entry.orig_filename, stat.S_IFMT(entry.external_attr >> 16)
    if climbs_out(name) or "\\" in name:
        return Problem(_("A file in a kit may not lie outside it."), _shown(name))
    if kind not in (0, stat.S_IFREG):
        return Problem(_is_a_link(), _shown(name))
    if entry.flag_bits & 1:
        return Problem(_("This file is locked with a password. Make the ZIP without one."), _shown(name))
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return Problem(_("This file is packed in a way we do not read. Make an ordinary ZIP."), _shown(name))
    return None


def _is_ignored(name: str) -> bool:
    parts = name.split("/")
    return parts[0] == "__MACOSX" or any(part.startswith(".") for part in parts) or parts[-1] == "Thumbs.db"


def _shown(name: str) -> str:
    """A name out of somebody's ZIP as it can be printed: on one line, and no longer than that."""
    return "".join(sign if sign.isprintable() else "?" for sign in name[:100]) or "?"


def _refused(sentence: str, file: str = "") -> KitRefused:
    return KitRefused([Problem(sentence, file)])


def _is_a_link() -> str:
    return _("This is a link to another place: put the file itself in the kit.")


def _too_many() -> str:
    return _("This kit has more than %(most)s files.", most=MOST_FILES)


def _too_large() -> str:
    return _("This kit is larger than %(most)s MB unpacked.", most=LARGEST_KIT // 1_000_000)
