"""The index over the words that are looked up: each database has its own kind.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQLITE = (
    "CREATE VIRTUAL TABLE search_text USING fts5(stems, content='search_entry', content_rowid='id', "
    "tokenize='unicode61 remove_diacritics 0', detail=none)",
    "CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN "
    "INSERT INTO search_text(rowid, stems) VALUES (new.id, new.stems); END",
    "CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN "
    "INSERT INTO search_text(search_text, rowid, stems) VALUES ('delete', old.id, old.stems); END",
    "CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entry BEGIN "
    "INSERT INTO search_text(search_text, rowid, stems) VALUES ('delete', old.id, old.stems); "
    "INSERT INTO search_text(rowid, stems) VALUES (new.id, new.stems); END",
)
POSTGRESQL = (
    "CREATE INDEX search_entry_stems ON search_entry USING gin (array_to_tsvector(string_to_array(stems, ' ')))"
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE:
            op.execute(statement)
    else:
        op.execute(POSTGRESQL)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("added", "removed", "changed"):
            op.execute(f"DROP TRIGGER search_entry_{name}")
        op.execute("DROP TABLE search_text")
    else:
        op.execute("DROP INDEX search_entry_stems")
