"""A book as a CSV file: a row for each reseller, customer, account and subscription.

    kind,name,display_name,label.tier,product,start_date
    reseller,resellers/acme,Acme,gold,,
    customer,resellers/acme/customers/c1,Corner shop,,,
    account,resellers/acme/customers/c1/accounts/a1,Front desk,,,
    subscription,resellers/acme/customers/c1/accounts/a1/subscriptions/s1,,,products/gold,2026-01-31

The file is UTF-8, with a byte order mark or without. A column that a file has no use for may be left
out. Rows that are empty are passed over.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import TextIO

from quitrent.domain.book_row import BadRow, BookRow
from quitrent.domain.errors import invalid
from quitrent.rpc.book_messages import KINDS, SUBSCRIPTION, party_row, subscription_row

LABEL = "label."
_REQUIRED = ("kind", "name")
_OF_PARTIES = ("display_name",)
_OF_SUBSCRIPTIONS = ("product", "start_date")
_COLUMNS = (*_REQUIRED, *_OF_PARTIES, *_OF_SUBSCRIPTIONS)


class BookFileError(Exception):
    """The file is no book; the text says what would be right."""


class BookFile:
    """A book that is read row by row."""

    def __init__(self, file: TextIO) -> None:
        """Take a file whose first line names the columns; it was opened with `errors="surrogateescape"`.

        Errors: BookFileError.
        """
        self._reader = csv.reader(file, strict=True)
        self._columns = _checked(self._next())

    @property
    def line(self) -> int:
        """How many lines have been read."""
        return self._reader.line_num

    def rows(self) -> Iterator[BookRow | BadRow]:
        """Give the rows, each with the line that it begins on."""
        line = self.line + 1
        while (cells := self._next()) is not None:
            if isinstance(cells, csv.Error):
                yield BadRow(line, "", invalid("row", f"must be CSV: {cells}"))
            elif any(cells):
                yield self._row(line, cells)
            line = self.line + 1

    def _next(self) -> list[str] | csv.Error | None:
        try:
            return next(self._reader, None)
        except csv.Error as error:
            return error.with_traceback(None)

    def _row(self, line: int, cells: list[str]) -> BookRow | BadRow:
        if not _is_utf_8(cells):
            return BadRow(line, "", invalid("row", "must be UTF-8"))
        if len(cells) != len(self._columns):
            return BadRow(line, "", invalid("row", f"must have {len(self._columns)} cells; it has {len(cells)}"))
        texts = dict(zip(self._columns, cells, strict=True))
        kind, name = texts["kind"], texts["name"]
        if kind not in KINDS:
            return BadRow(line, name, invalid("kind", f"must be {', '.join(KINDS[:-1])} or {KINDS[-1]}"))
        labels = {column.removeprefix(LABEL): texts[column] for column in self._labels() if texts[column]}
        foreign = [*_OF_PARTIES, *self._labels()] if kind == SUBSCRIPTION else _OF_SUBSCRIPTIONS
        for column in foreign:
            if texts.get(column):
                return BadRow(line, name, invalid(column, f"is not for a row of kind {kind}"))
        if kind == SUBSCRIPTION:
            return subscription_row(line, name, texts.get("product", ""), texts.get("start_date", ""))
        return party_row(line, kind, name, texts.get("display_name", ""), labels)

    def _labels(self) -> list[str]:
        return [column for column in self._columns if column.startswith(LABEL)]


def column_of(field: str) -> str:
    """Give the column that a field of a row stands in.

    >>> column_of("subscription.start_date.year"), column_of("account.labels"), column_of("kind")
    ('start_date', 'label.', 'kind')
    """
    _, _, below = field.partition(".")
    name = below.partition(".")[0]
    return field if not name or field.startswith(LABEL) else LABEL if name == "labels" else name


def _checked(columns: Sequence[str] | csv.Error | None) -> list[str]:
    """Give the columns that the first line names. Errors: BookFileError."""
    expected = f"the first line has to name the columns, of {', '.join(_COLUMNS)} and {LABEL}KEY, with commas between"
    if not columns or isinstance(columns, csv.Error):
        raise BookFileError(f"it has none; {expected}")
    for column in columns:
        if column not in _COLUMNS and not (column.startswith(LABEL) and len(column) > len(LABEL)):
            raise BookFileError(f"it has no use for a column {column[:100]!r}; {expected}")
        if columns.count(column) > 1:
            raise BookFileError(f"it has the column {column} twice; {expected}")
    missing = [column for column in _REQUIRED if column not in columns]
    if missing:
        raise BookFileError(f"it lacks the column {missing[0]}; {expected}")
    return list(columns)


def _is_utf_8(cells: Sequence[str]) -> bool:
    """Whether the bytes were UTF-8; those that were not stand in the texts as lone surrogates."""
    text = "".join(cells)
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)
