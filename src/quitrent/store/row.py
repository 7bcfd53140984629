"""What every table has in common."""

from __future__ import annotations

from typing import Any

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


def tuples_of(query: Any) -> list[tuple[Any, ...]]:
    """Run a query for plain tuples, which Peewee's types do not know of."""
    return list(query.tuples())
