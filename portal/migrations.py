"""The schema: bringing a database up to this release, and telling when it is not."""

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from portal.database import Database
from portal.paths import data


def upgrade(url: str) -> None:
    """Bring the database at `url` to this release's schema; does nothing when it is there."""
    command.upgrade(configuration(url), "head")


def difference(database: Database) -> str:
    """ "" when the schema is this release's, else a sentence that says what is the matter."""
    with database.reader.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    wanted, known = _revisions()
    if found == wanted:
        return ""
    if found is None:
        return "The database is empty: run `portal migrate` first."
    if found not in known:
        return "The database was made by a newer release than this one. Install that release, or restore a backup."
    return "The database is older than this release: run `portal migrate` first."


def configuration(url: str = "") -> Config:
    made = Config()
    made.set_main_option("script_location", str(data("alembic")).replace("%", "%%"))
    made.set_main_option("version_path_separator", "os")
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


@cache
def _revisions() -> tuple[str | None, frozenset[str]]:
    scripts = ScriptDirectory.from_config(configuration())
    return scripts.get_current_head(), frozenset(script.revision for script in scripts.walk_revisions())
