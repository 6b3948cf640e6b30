"""Migrations and models say the same."""

from alembic import command
from sqlalchemy import inspect

from portal import migrations
from portal.database import Database


def test_migrations_from_empty_equal_the_models(db: Database) -> None:
    command.check(migrations.configuration(db.url.render_as_string(hide_password=False)))


def test_the_schema_is_the_newest(db: Database) -> None:
    assert migrations.difference(db) == ""


def test_every_foreign_key_is_named(db: Database) -> None:
    inspector = inspect(db.reader)
    unnamed = [
        (table, key["constrained_columns"])
        for table in inspector.get_table_names()
        if table != "alembic_version"
        for key in inspector.get_foreign_keys(table)
        if not key["name"]
    ]
    assert unnamed == []
