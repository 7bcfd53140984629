"""Queries whose text is made once.

Peewee takes milliseconds to make the text of a query, and the databases microseconds to answer it.
So a query that is asked often is kept: its text is made for each kind of database when it is first
asked, with places for what is given each time.

    @kept
    def _by_name() -> Query:
        return PlanRow.select().where(PlanRow.name == given("name"))

    [row] = _by_name.rows(name="plans/gold")

A row has an attribute for each column, under the column's name or its alias.
"""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable, Collection
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeAlias

import peewee
from peewee import Alias, Expression, Field, FieldAlias, ModelSelect

from quitrent.store.fields import micros_of
from quitrent.store.row import current_database, has_arrays

Query: TypeAlias = "ModelSelect[Any]"

# Column types whose values either database gives as they are wanted, and those that PostgreSQL does.
_AS_GIVEN = frozenset({"AUTO", "BIGINT", "INT", "TEXT"})
_AS_GIVEN_BY_POSTGRESQL = frozenset({"BOOL", "DATE"})


_PLAIN = frozenset({int, str})


class _Place:
    """Where a value that is given at each execution goes."""

    def __init__(self, name: str) -> None:
        self.name = name


def given(name: str) -> Any:
    """Give the place of a value in a kept query."""
    return peewee.Value(_Place(name), converter=False, unpack=False)


def among(column: Any, name: str) -> Expression:
    """Give the condition that a column has one of the values given as a collection."""
    if has_arrays():
        kind = "text" if column.unalias().field_type == "TEXT" else "bigint"
        return Expression(column, "=", peewee.SQL("ANY(%s" + f"::{kind}[])", (_Place(name),)))
    return Expression(column, peewee.OP.IN, peewee.SQL("(SELECT value FROM json_each(?))", (_Place(name),)))


def for_update(query: Query, *tables: type[peewee.Model]) -> Query:
    """Have a query lock the rows of some tables that it reads, where other writers may be at work.

    A row that another writer has changed while this one waited for it comes as it is by then, and is left out
    where it no longer fits. Of a table that is not named here it comes as it was before.
    """
    if not current_database().for_update:
        return query
    # No key changes. FOR UPDATE would wait for all who write a row that refers to this one, and for ever where
    # there is always another.
    how: Any = "FOR NO KEY UPDATE"
    locking: Query = query.for_update(how, of=tables)
    return locking


class Kept:
    """A query that is asked often."""

    def __init__(self, make: Callable[[], Query]) -> None:
        """Take what makes the query, once for each kind of database."""
        self._make = make
        self._made: dict[type[peewee.Database], _Made] = {}

    def rows(self, **values: object) -> list[Any]:
        """Ask, and give the rows."""
        database = current_database()
        return self._made_for(database).rows(database, values)

    def tuples(self, **values: object) -> list[tuple[Any, ...]]:
        """Ask, and give the rows as the driver does: enough to compare them with each other."""
        database = current_database()
        return self._made_for(database).tuples(database, values)

    def row(self, **values: object) -> Any | None:
        """Ask, and give the first row, or None."""
        rows = self.rows(**values)
        return rows[0] if rows else None

    def _made_for(self, database: peewee.Database) -> _Made:
        made = self._made.get(type(database))
        if made is None:
            made = self._made[type(database)] = _Made(self._make())
        return made


kept = Kept


def fetched(query: Query) -> list[Any]:
    """Ask a query that is not kept, and give its rows as a kept one does."""
    return _Made(query).rows(current_database(), {})


class _Made:
    """The text of a query for one kind of database, and how its rows are read."""

    def __init__(self, query: Query) -> None:
        self._text, self._values = query.sql()
        selected: list[Any] = query.selected_columns
        columns = [(column, column.unalias()) for column in selected]
        names = [_name_of(column) for column, _ in columns]
        named: Any = namedtuple
        self._row_of: Any = named("Row", names)._make
        self._converted: list[tuple[int, Callable[[Any], Any]]] = [
            (place, getattr(column.field if isinstance(column, FieldAlias) else column, "read", column.python_value))
            for place, (_, column) in enumerate(columns)
            if isinstance(column, Field | FieldAlias) and not _is_as_given(column)
        ]

    def tuples(self, database: Any, values: dict[str, object]) -> list[tuple[Any, ...]]:
        parameters = [_bound(values[one.name]) if isinstance(one, _Place) else one for one in self._values]
        found: list[tuple[Any, ...]] = database.execute_sql(self._text, parameters).fetchall()
        return found

    def rows(self, database: Any, values: dict[str, object]) -> list[Any]:
        row_of, converted = self._row_of, self._converted
        if not converted:
            return [row_of(row) for row in self.tuples(database, values)]
        rows = []
        for found in self.tuples(database, values):
            row = list(found)
            for place, convert in converted:
                row[place] = convert(row[place])
            rows.append(row_of(row))
        return rows


def _name_of(column: Any) -> str:
    return str(vars(column)["_alias"] if isinstance(column, Alias) else column.column_name)


def _is_as_given(column: Any) -> bool:
    field = column.field if isinstance(column, FieldAlias) else column
    if has_arrays() and field.field_type in _AS_GIVEN_BY_POSTGRESQL:
        return True
    is_plain = type(field).python_value in (Field.python_value, peewee.ForeignKeyField.python_value)
    return is_plain and field.field_type in _AS_GIVEN


def _bound(value: object) -> object:
    """Give a value as both drivers take it."""
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, datetime):
        return micros_of(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Collection) and not isinstance(value, str | bytes):
        # A batch asks by thousands of keys or names, which are as they have to be.
        values = [one if type(one) in _PLAIN else _bound(one) for one in value]
        return values if has_arrays() else json.dumps(values)
    return value
