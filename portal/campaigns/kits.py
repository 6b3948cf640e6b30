"""Campaign kits: what the `portal campaign` commands say, and the ways in and out of kits."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal import settings
from portal.campaigns import queries
from portal.campaigns.kit_loading import Report, load_kit, rehearse, with_pictures_drawn
from portal.campaigns.kit_parts import Kit
from portal.campaigns.kit_reading import read_kit
from portal.campaigns.kit_report import KitRefused
from portal.campaigns.kit_writing import export_kit
from portal.database import Database
from portal.i18n import gettext as _
from portal.i18n import in_language, ngettext

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
    "rehearse",
    "with_pictures_drawn",
]


def load(path: str | Path, *, approve: bool = False) -> tuple[list[str], bool]:
    """What `portal campaign load` says, and whether it went well."""
    with _on_the_command_line(), _database() as database:
        try:
            kit = read_kit(Path(path))
            with database.writing() as db:
                report = load_kit(db, kit, approve=approve)
        except KitRefused as refused:
            return _to_repair(refused), False
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
            return _to_repair(refused), False
        number = len(kit.items)
        return [
            ngettext("%(slug)s: %(num)s item, fine.", "%(slug)s: %(num)s items, fine.", number, slug=kit.slug)
        ], True


def _to_repair(refused: KitRefused) -> list[str]:
    number = len(refused.problems)
    return [*refused.lines, ngettext("%(num)s thing to repair.", "%(num)s things to repair.", number)]


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
