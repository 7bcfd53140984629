"""Gives PostgreSQL the queue of jobs that workers take. It is procrastinate's own schema, of the version we require."""

from __future__ import annotations

from typing import Any

from peewee import PostgresqlDatabase
from procrastinate.schema import SchemaManager


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001 -- the runner gives both.
    """Add it. On SQLite the server itself carries out runs."""
    if isinstance(db, PostgresqlDatabase):
        execute: Any = db.execute_sql
        execute(SchemaManager.get_schema().replace("%", "%%"))
