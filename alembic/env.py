"""Runs migrations on the database whose address the caller configured."""

from alembic import context

from portal.database import Database
from portal.models import metadata

config = context.config
OF_THE_DATABASE = "search_"
"""How names begin of what each database has in its own way to look words up: it is in no model."""
database = Database(config.get_main_option("sqlalchemy.url") or "")

with database.writer.connect() as connection:
    if database.is_sqlite:
        # Rebuilding a table drops and renames it; the references to it must not fire meanwhile.
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        compare_type=True,
        transaction_per_migration=False,
        include_object=lambda _, name, kind, reflected, model: (
            not (reflected and model is None and (name or "").startswith(OF_THE_DATABASE))
        ),
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
database.dispose()
