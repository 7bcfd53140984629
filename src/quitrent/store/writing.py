"""Rows written: one, or many at once in one statement, whose text depends on the columns alone.

PostgreSQL takes a column of many rows as one array, and many new rows as a COPY, which is several
times as fast. SQLite runs one prepared statement row by row: in its own process that costs no more.
Columns are named as the tables' fields are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

import peewee
from peewee import AutoField, BigIntegerField, Field, ForeignKeyField, IntegerField, TextField

from quitrent.store.row import Row, current_database, has_arrays

Columns = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of which each has some columns of its own, whole numbers, and which have all others in common."""

    own_names: tuple[str, ...]
    own: Sequence[tuple[int, ...]]
    common: Columns


# Fewer rows than these are not worth the turns that a COPY takes.
FEWEST_COPIED = 20

# Peewee does not know of executemany and COPY; their errors are told as Peewee's all the same.
_TOLD_AS_PEEWEE: Any = vars(peewee)["__exception_wrapper__"]

# Fields whose values the drivers take as they are.
_AS_GIVEN = (AutoField, BigIntegerField, ForeignKeyField, IntegerField, TextField)

_UNQUOTED = frozenset({"AUTO", "BIGINT", "INT", "BOOL", "DATE"})
_ARRAYS = {
    "BLOB": "bytea[]",
    "AUTO": "bigint[]",
    "BIGINT": "bigint[]",
    "INT": "bigint[]",
    "BOOL": "boolean[]",
    "DATE": "date[]",
}


def insert(table: type[Row], **columns: object) -> int:
    """Write one row, and give its key."""
    return insert_with((table, columns))


def insert_with(first: tuple[type[Row], Columns], *others: tuple[type[Row], Columns]) -> int:
    """Write one row, and of other tables a row each that has the same key; give the key."""
    if has_arrays():
        shape = tuple((table, tuple(columns)) for table, columns in (first, *others))
        values = [value for table, columns in (first, *others) for value in _values(table, tuple(columns), columns)]
        return int(current_database().execute_sql(_insert_with_text(shape), values).fetchone()[0])
    key = _inserted_one(*first)
    for table, columns in others:
        _inserted_one(table, {"id": key, **columns})
    return key


def _inserted_one(table: type[Row], columns: Columns) -> int:
    names = tuple(columns)
    text = _insert_text(table, names)
    return int(current_database().execute_sql(text, _values(table, names, columns)).lastrowid)


def insert_all(table: type[Row], rows: Sequence[Columns], *, or_ignore: bool = False) -> int:
    """Write rows that have the same columns; give how many were written.

    or_ignore: whether a row that a UNIQUE index refuses is passed over.
    """
    if not rows:
        return 0
    names = tuple(rows[0])
    return _inserted(table, names, [_values(table, names, row) for row in rows], or_ignore=or_ignore)


def insert_blocks(table: type[Row], blocks: Sequence[Block], *, or_ignore: bool = False) -> int:
    """Write the rows of blocks that have the same columns, as `insert_all` does."""
    return _inserted(table, *_of_blocks(table, blocks), or_ignore=or_ignore) if blocks else 0


def update_blocks(table: type[Row], blocks: Sequence[Block]) -> None:
    """Write the columns that the rows of a block have in common; by their own each is found."""
    if blocks:
        names, rows = _of_blocks(table, blocks)
        _executed(table, names, _update_text(table, names, len(blocks[0].own_names)), rows)


def _of_blocks(table: type[Row], blocks: Sequence[Block]) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    common_names, own_names = tuple(blocks[0].common), blocks[0].own_names
    rows: list[tuple[object, ...]] = []
    for block in blocks:
        common = tuple(_values(table, common_names, block.common))
        rows += [common + own for own in block.own]
    # In the order of what they are found by, whichever block they come from, as they lie in the tables.
    rows.sort(key=itemgetter(len(common_names)))
    return (*common_names, *own_names), rows


def insert_or_change_all(table: type[Row], rows: Sequence[Columns], unique: Sequence[str], changes: str) -> None:
    """Write rows that have the same columns; where one is there with the same values of the unique ones, change it.

    changes: SQL for columns of the row that is there, to which `excluded` is the one that was to be written.
    """
    if rows:
        names, is_there = tuple(rows[0]), ", ".join(_column_names(table, unique))
        text = f"{_insert_text(table, names)} ON CONFLICT ({is_there}) DO UPDATE SET {changes}"
        _executed(table, names, text, [_values(table, names, row) for row in rows])


def update_all(table: type[Row], rows: Sequence[Columns], by: tuple[str, ...] = ("id",)) -> None:
    """Write new values of some columns, the same of each row; each row tells by which others it is found."""
    if rows:
        names = (*(name for name in rows[0] if name not in by), *by)
        _executed(table, names, _update_text(table, names, len(by)), [_values(table, names, row) for row in rows])


def delete_all(table: type[Row], rows: Sequence[Columns]) -> None:
    """Delete what has the values of a row, in the columns that each row has."""
    if rows:
        names = tuple(rows[0])
        _executed(table, names, _delete_text(table, names), [_values(table, names, row) for row in rows])


def _inserted(table: type[Row], names: tuple[str, ...], rows: Sequence[Sequence[object]], *, or_ignore: bool) -> int:
    if has_arrays() and not or_ignore and len(rows) >= FEWEST_COPIED:
        return _copied(table, names, rows)
    text = _insert_text(table, names) + (" ON CONFLICT DO NOTHING" if or_ignore else "")
    return _executed(table, names, text, rows)


def _executed(table: type[Row], names: tuple[str, ...], text: str, rows: Sequence[Sequence[object]]) -> int:
    if not has_arrays():
        with _TOLD_AS_PEEWEE:
            return int(current_database().cursor().executemany(text, rows).rowcount)
    columns = zip(_fields(table, names), zip(*rows, strict=True), strict=True)
    arrays = [_array(field, values) for field, values in columns]
    return int(current_database().execute_sql(text, arrays).rowcount)


def _copied(table: type[Row], names: tuple[str, ...], rows: Sequence[Sequence[object]]) -> int:
    columns = ", ".join(field.column_name for field in _fields(table, names))
    with (
        _TOLD_AS_PEEWEE,
        current_database().cursor().copy(f"COPY {table._meta.table_name} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
    return len(rows)


def _array(field: Field, values: tuple[object, ...]) -> object:
    """Give a column of many rows as one value; what needs no quotes is written here, which is quicker."""
    if field.field_type not in _UNQUOTED:
        return list(values)
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


def _values(table: type[Row], names: tuple[str, ...], row: Columns) -> list[object]:
    converted = _converters(table, names)
    return [convert(row[name]) if convert else row[name] for name, convert in zip(names, converted, strict=True)]


@cache
def _fields(table: type[Row], names: tuple[str, ...]) -> list[Field]:
    fields: Any = table._meta.fields
    return [fields[name] for name in names]


@cache
def _converters(table: type[Row], names: tuple[str, ...]) -> list[Any]:
    return [None if type(field) in _AS_GIVEN else field.db_value for field in _fields(table, names)]


def _insert_text(table: type[Row], names: tuple[str, ...]) -> str:
    return _insert_texts(table, names, has_arrays())


@cache
def _insert_with_text(shape: tuple[tuple[type[Row], tuple[str, ...]], ...]) -> str:
    """Give one statement of PostgreSQL's, and so one turn to the server and back."""
    (table, names), *others = shape
    first = f"INSERT INTO {_named(table, names)} VALUES ({_places(table, names)}) RETURNING id"
    inserts = [
        f"other_{place} AS (INSERT INTO {_named(table, ('id', *names))} SELECT id, {_places(table, names)} FROM first)"
        for place, (table, names) in enumerate(others)
    ]
    return f"WITH {', '.join([f'first AS ({first})', *inserts])} SELECT id FROM first" if others else first


def _update_text(table: type[Row], names: tuple[str, ...], by_count: int) -> str:
    return _update_texts(table, names, by_count, has_arrays())


def _delete_text(table: type[Row], names: tuple[str, ...]) -> str:
    name, columns = table._meta.table_name, _column_names(table, names)
    if has_arrays():
        return f"DELETE FROM {name} USING {_given(table, names)} WHERE {_matching(name, columns)}"
    return f"DELETE FROM {name} WHERE {' AND '.join(f'{column} = ?' for column in columns)}"


@cache
def _insert_texts(table: type[Row], names: tuple[str, ...], arrays: bool) -> str:  # noqa: FBT001 -- a key of the cache.
    into = f"INSERT INTO {_named(table, names)}"
    if arrays:
        return f"{into} SELECT * FROM unnest({_arrays(table, names)}) AS given"
    return f"{into} VALUES ({', '.join('?' * len(names))})"


@cache
def _update_texts(table: type[Row], names: tuple[str, ...], by_count: int, arrays: bool) -> str:  # noqa: FBT001 -- as above.
    name, columns = table._meta.table_name, _column_names(table, names)
    changed, found_by = columns[:-by_count], columns[-by_count:]
    if arrays:
        changes = ", ".join(f"{column} = given.{column}" for column in changed)
        return f"UPDATE {name} SET {changes} FROM {_given(table, names)} WHERE {_matching(name, found_by)}"
    changes = ", ".join(f"{column} = ?" for column in changed)
    return f"UPDATE {name} SET {changes} WHERE {' AND '.join(f'{column} = ?' for column in found_by)}"


def _named(table: type[Row], names: Sequence[str]) -> str:
    return f"{table._meta.table_name} ({', '.join(_column_names(table, names))})"


def _places(table: type[Row], names: tuple[str, ...]) -> str:
    kinds = (_ARRAYS.get(field.field_type, "text[]") for field in _fields(table, names))
    return ", ".join(f"%s::{kind.removesuffix('[]')}" for kind in kinds)


def _given(table: type[Row], names: tuple[str, ...]) -> str:
    return f"unnest({_arrays(table, names)}) AS given ({', '.join(_column_names(table, names))})"


def _matching(name: str, columns: Sequence[str]) -> str:
    return " AND ".join(f"{name}.{column} = given.{column}" for column in columns)


def _column_names(table: type[Row], names: Sequence[str]) -> list[str]:
    return [field.column_name for field in _fields(table, tuple(names))]


def _arrays(table: type[Row], names: tuple[str, ...]) -> str:
    return ", ".join(f"%s::{_ARRAYS.get(field.field_type, 'text[]')}" for field in _fields(table, names))
