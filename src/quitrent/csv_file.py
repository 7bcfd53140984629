"""CSV files that spreadsheets can open: no text in them is taken for a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol, TextIO

# What a spreadsheet may take for the beginning of a formula, some of it after it has cut it off.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")

Cell = str | int | Decimal | date | datetime | None


class NotWrittenError(Exception):
    """A file cannot be written; the text says which, and why."""


class Written(Protocol):
    """A file that takes rows."""

    def write(self, row: Sequence[Cell]) -> None:
        """Write a row: texts safely, numbers and days as they are, and None as nothing."""


@contextmanager
def csv_file(path: Path, columns: Sequence[str]) -> Iterator[Written]:
    """Write a file, which has its name only when it is whole; what has the name before stays until then.

    Errors: NotWrittenError.
    """
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            written = _Rows(file)
            written.write(columns)
            yield written
        unfinished.replace(path)
    except OSError as error:
        raise NotWrittenError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)


class _Rows:
    def __init__(self, file: TextIO) -> None:
        self._writer = csv.writer(file)

    def write(self, row: Sequence[Cell]) -> None:
        self._writer.writerow([safe(cell) if isinstance(cell, str) else cell for cell in row])


def safe(text: str) -> str:
    """Give a text that no spreadsheet takes for a formula.

    >>> safe("=1+1"), safe("gold")
    ("'=1+1", 'gold')
    """
    return f"'{text}" if text.startswith(_FORMULAS) else text
