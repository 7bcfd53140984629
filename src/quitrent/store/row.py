"""What every table has in common."""

from __future__ import annotations

from typing import Any

import peewee
from peewee import AutoField, Model
from playhouse.shortcuts import ThreadSafeDatabaseMetadata


class Row(Model):
    """A row of any of our tables."""

    id = AutoField()

    class Meta:
        # Several databases may be open in one process, each in threads of its own.
        model_metadata_class = ThreadSafeDatabaseMetadata
        legacy_table_names = False
        strict_tables = True


def current_database() -> Any:
    """Give the Peewee database that the calling thread uses: the one whose connection it holds."""
    database = Row._meta.database
    assert database is not None, "a query takes a connection of a store"
    return database


def has_arrays() -> bool:
    """Whether the database takes lists as they are: PostgreSQL does, SQLite takes JSON."""
    return isinstance(current_database(), peewee.PostgresqlDatabase)


def tuples_of(query: Any) -> list[tuple[Any, ...]]:
    """Run a query for plain tuples, which Peewee's types do not know of."""
    return list(query.tuples())
