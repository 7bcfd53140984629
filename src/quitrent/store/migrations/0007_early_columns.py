"""Adds what the fourth migration did not have when it was first written, where a database was made with it then."""

from __future__ import annotations

from typing import Any

from peewee import SQL, PostgresqlDatabase

# As it was until there was a choice: a rule counts for everyone, and promotions begin anew.
COLUMNS = (
    ("price_rule", "applies_to_existing", "INTEGER NOT NULL DEFAULT 1"),
    ("subscription", "wholesale_periods_before", "INTEGER NOT NULL DEFAULT 0"),
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001 -- the runner gives both.
    """Add the columns that are missing. PostgreSQL came in later, and has them all."""
    if isinstance(db, PostgresqlDatabase):
        return
    for table, column, kind in COLUMNS:
        if column not in {found.name for found in db.get_columns(table)}:
            db.execute(SQL(f"ALTER TABLE {table} ADD COLUMN {column} {kind}"))
