"""Moving a database from SQLite to PostgreSQL, and the proof that both hold the same.

All of it is one transaction of PostgreSQL's: until it ends, there is nothing to be seen there, and
after a kill it can be done again. Meanwhile nobody writes to SQLite, and nobody opens the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import peewee

from quitrent.store.content import Content, Tuples, columns_of, content_of, count_of, pages_of
from quitrent.store.database import Backend, up_to_date
from quitrent.store.errors import StoreError
from quitrent.store.row import Row
from quitrent.store.tables import TABLES, CatalogVersionRow, ChargeRow

# Told after each page: what has been done, with which table, with how many of how many rows.
Watch = Callable[[str, str, int, int], None]

# Peewee does not know of COPY; its errors are told as Peewee's all the same.
_TOLD_AS_PEEWEE: Any = vars(peewee)["__exception_wrapper__"]


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved: what each table holds, of either database."""

    source: str
    target: str
    contents: dict[str, Content]

    @property
    def charges(self) -> Content:
        """The charges, with their sums."""
        return self.contents[_name(ChargeRow)]


def move(source_url: str, target_url: str, watch: Watch) -> Moved:
    """Copy an SQLite database into an empty PostgreSQL one, row by row with its keys, and compare the two.

    Both are brought up to date first. The source stays as it is.
    Errors: StoreError, and the target is empty; where it is not empty to begin with, it is left alone.
    """
    _check_kinds(source_url, target_url)
    with (
        up_to_date(source_url, must_exist=True) as source,
        up_to_date(target_url) as target,
        _told(source, target),
        source.alone(),
        target.alone(),
    ):
        _check_empty(target)
        # Read from a database whose state is held, it may take longer than others may be idle.
        target.database.execute_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        for table in TABLES:
            _copy(source.database, target.database, table, watch)
        contents = {_name(table): _compared(source, target, table, watch) for table in TABLES}
    return Moved(source.url, target.url, contents)


def _check_kinds(source_url: str, target_url: str) -> None:
    if urlsplit(source_url).scheme != "sqlite":
        raise StoreError("what is moved has to be an SQLite database; --database-url says which, or the settings")
    if urlsplit(target_url).scheme not in {"postgresql", "postgres"}:
        raise StoreError("the place that it is moved to has to be like postgresql://user@host/quitrent")


@contextmanager
def _told(source: Backend, target: Backend) -> Iterator[None]:
    try:
        yield
    except (peewee.OperationalError, peewee.InterfaceError) as error:
        raise StoreError(
            f"nothing was moved: {source.url} or {target.url} is busy or out of reach ({_line(error)}); try again"
        ) from error
    except peewee.DatabaseError as error:
        raise StoreError(f"nothing was moved: {_line(error)}") from error


def _line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _check_empty(target: Backend) -> None:
    # A new database has the one row of the catalog's version.
    held = [_name(one) for one in TABLES if one is not CatalogVersionRow and count_of(target.database, one)]
    if held:
        raise StoreError(
            f"nothing was moved: {target.url} is not empty, it has rows of {', '.join(held)}; give one that has none"
        )


def _copy(source: Any, target: Any, table: type[Row], watch: Watch) -> None:
    name, total, done = _name(table), count_of(source, table), 0
    if table is CatalogVersionRow:
        target.execute_sql(f"DELETE FROM {name}")
    for rows in pages_of(source, table):
        _copy_page(target, table, rows)
        done += len(rows)
        watch("copied", name, done, total)
    # Keys that are given from now on come after those that are there.
    target.execute_sql(
        f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), COALESCE(max(id), 0) + 1, false) FROM {name}"
    )
    # As the planner would know by itself after a while.
    target.execute_sql(f"ANALYZE {name}")


def _copy_page(target: Any, table: type[Row], rows: Tuples) -> None:
    text = f"COPY {_name(table)} ({', '.join(columns_of(table))}) FROM STDIN"
    try:
        # A statement for each page, after which PostgreSQL forgets which keys it has yet to look up.
        with _TOLD_AS_PEEWEE, target.cursor().copy(text) as copy:
            for row in rows:
                copy.write_row(row)
    except peewee.DataError as error:
        raise StoreError(f"nothing was moved: {_unkept(table, rows, error)}") from error


def _unkept(table: type[Row], rows: Tuples, error: Exception) -> str:
    """Say which row PostgreSQL does not keep, where it is the one character that its texts cannot have."""
    for row in rows:
        named = dict(zip(columns_of(table), row, strict=True))
        for column, value in named.items():
            if isinstance(value, str) and "\0" in value:
                return (
                    f"the {column} of {_name(table)} {named.get('name', named['id'])} has a character of "
                    "code 0 in it, which PostgreSQL does not keep; write it without, then move"
                )
    return _line(error)


def _compared(source: Backend, target: Backend, table: type[Row], watch: Watch) -> Content:
    """Give what both hold of a table; it is read from each."""
    name = _name(table)
    counted = _Counted(partial(watch, "compared", name), total=2 * count_of(source.database, table))
    here = content_of(source.database, table, counted)
    there = content_of(target.database, table, counted)
    if here != there:
        raise StoreError(
            f"nothing was moved: {name} is not the same in both databases after it was copied; "
            f"{source.url} has {_words(here)}, {target.url} has {_words(there)}"
        )
    return here


class _Counted:
    """Adds up how many rows were read."""

    def __init__(self, watch: Callable[[int, int], None], total: int) -> None:
        self._watch, self._total, self._done = watch, total, 0

    def __call__(self, rows: int) -> None:
        self._done += rows
        self._watch(self._done, self._total)


def _words(content: Content) -> str:
    sums = "".join(
        f", {amount_micros} micros of {currency} {side.lower()}"
        for (side, currency), amount_micros in sorted(content.sums_micros.items())
    )
    return f"{content.count} rows{sums}, digest {content.digest}"


def _name(table: type[Row]) -> str:
    return str(table._meta.table_name)
