"""What tables hold, in one form whatever the database, to copy it and to see whether two databases hold the same.

A row is written as a line of JSON: its columns in the order of the table, a whole number and a
yes or no as a number, a day as `2026-01-31`, bytes in hexadecimal digits.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from quitrent.store.row import Row
from quitrent.store.tables import ChargeRow

Tuples = list[tuple[Any, ...]]

# As many rows are read, and held, at a time.
PAGE = 10_000

# Before the first key that there can be.
_BEFORE_ALL = -(2**63)


@dataclass(frozen=True, slots=True)
class Content:
    """What a table holds.

    digest: a SHA-256 of the rows in the order of their keys.
    sums_micros: of charges alone, by side and currency; whole numbers of any length.
    """

    count: int
    digest: str
    sums_micros: dict[tuple[str, str], int] = field(default_factory=dict)


def content_of(database: Any, table: type[Row], read: Callable[[int], None]) -> Content:
    """Read a table from end to end; `read` is told after each page how many rows of it were read."""
    digest, sums = sha256(), dict[tuple[str, str], int]()
    for rows in pages_of(database, table):
        digest.update("".join(f"{_WRITTEN(row)}\n" for row in rows).encode())
        if table is ChargeRow:
            _add(sums, rows)
        read(len(rows))
    return Content(count_of(database, table), digest.hexdigest(), sums)


def pages_of(database: Any, table: type[Row]) -> Iterator[Tuples]:
    """Give all rows in the order of their keys, page by page; the key is the first of the columns."""
    text = (
        f"SELECT {', '.join(map(_selected, table._meta.sorted_fields))} FROM {table._meta.table_name} "
        f"WHERE id > {database.param} ORDER BY id LIMIT {PAGE}"
    )
    after = _BEFORE_ALL
    while rows := database.execute_sql(text, (after,)).fetchall():
        yield rows
        after = rows[-1][0]


def columns_of(table: type[Row]) -> list[str]:
    """Give the names of a table's columns, in the order in which rows have them."""
    return [column.column_name for column in table._meta.sorted_fields]


def count_of(database: Any, table: type[Row]) -> int:
    """Have the database count the rows of a table."""
    return int(database.execute_sql(f"SELECT count(*) FROM {table._meta.table_name}").fetchone()[0])


def _selected(column: Any) -> str:
    # SQLite has no type for a yes or no.
    name = str(column.column_name)
    return f"CAST({name} AS INTEGER)" if column.field_type == "BOOL" else name


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


_WRITTEN = json.JSONEncoder(default=_plain, separators=(",", ":")).encode


def _add(sums: dict[tuple[str, str], int], charges: Tuples) -> None:
    side, currency, amount_micros = (
        columns_of(ChargeRow).index(name) for name in ("side", "currency", "amount_micros")
    )
    for row in charges:
        of = row[side], row[currency]
        sums[of] = sums.get(of, 0) + row[amount_micros]
