"""Moves how far the books of a subscription are to rows of their own, one for each side. For both databases.

A run writes them for every subscription. In the subscription's own row, each time PostgreSQL wrote
all of its ten indexes anew: that took longer than writing the charges.
"""

from __future__ import annotations

from typing import Any

from peewee import SQL, PostgresqlDatabase

STATEMENTS = (
    "CREATE TABLE {side}_side (id {key} PRIMARY KEY REFERENCES subscription (id), billed_until {day} NOT NULL, "
    "settled_until {day} NOT NULL, activation_billed {truth} NOT NULL, cancellation_billed {truth} NOT NULL, "
    "due_date {day}) {strict}",
    "INSERT INTO {side}_side (id, billed_until, settled_until, activation_billed, cancellation_billed, due_date) "
    "SELECT id, {side}_billed_until, {side}_settled_until, {side}_activation_billed, {side}_cancellation_billed, "
    "{side}_due_date FROM subscription ORDER BY id",
    "CREATE INDEX {side}_side_due_date ON {side}_side (due_date)",
    "DROP INDEX subscription_{side}_due_date",
    "ALTER TABLE subscription DROP COLUMN {side}_billed_until",
    "ALTER TABLE subscription DROP COLUMN {side}_settled_until",
    "ALTER TABLE subscription DROP COLUMN {side}_activation_billed",
    "ALTER TABLE subscription DROP COLUMN {side}_cancellation_billed",
    "ALTER TABLE subscription DROP COLUMN {side}_due_date",
)
SQLITE = {"key": "INTEGER NOT NULL", "day": "TEXT", "truth": "INTEGER", "strict": "STRICT"}
POSTGRESQL = {"key": "BIGINT", "day": "DATE", "truth": "BOOLEAN", "strict": ""}


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001 -- the runner gives both.
    """Move them, unless that has been done: the sixth migration did it for a while, before it was released."""
    if "wholesale_side" in db.get_tables():
        return
    words = POSTGRESQL if isinstance(db, PostgresqlDatabase) else SQLITE
    for side in ("wholesale", "retail"):
        for statement in STATEMENTS:
            db.execute(SQL(statement.format(side=side, **words)))
