"""What `quitrent import` does: it works on the database, with a server beside it or without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

import click

from quitrent.book_file import BookFile, BookFileError, column_of
from quitrent.csv_file import Written, csv_file
from quitrent.domain.book_row import COLLECTIONS, BadRow, Imported, ImportedBatch
from quitrent.hooks.manager import Plugins
from quitrent.server import build_deployment
from quitrent.services.caller import Caller, Role
from quitrent.services.importing import ImportMode, import_book
from quitrent.settings import Settings
from quitrent.shown_progress import shown_progress

# Bad rows that are printed; all are counted, and written where a file is given.
MOST_PRINTED = 100

ERROR_COLUMNS = ("line", "name", "column", "reason", "message")


def import_file(settings: Settings, path: Path, mode: ImportMode, errors: Path | None) -> Imported:
    """Import a file, print the bad rows, and write all of them to another file where one is given.

    Errors: BookFileError, StoreError, Unavailable, NotWrittenError.
    """
    lines = _count_lines(path)
    with (
        closing(build_deployment(settings, Plugins(), must_exist=True)) as deployment,
        _opened(path) as book,
        csv_file(errors, ERROR_COLUMNS) if errors else nullcontext() as written,
        shown_progress("import", "lines") as shown,
    ):
        bad = _BadRows(written)

        def told(batch: ImportedBatch) -> None:
            shown.at(book.line, lines)
            bad.add(batch.bad_rows)

        shown.at(0, lines)
        imported = import_book(deployment, Caller(Role.ADMIN), book.rows(), mode, told)
    bad.print_rest()
    return imported


def imported_text(imported: Imported) -> str:
    """Say what became of an import, in a few lines."""
    lines = [f"made: {_counts(imported.made)}"]
    if imported.there_already:
        lines.append(f"there already: {_counts(imported.there_already)}")
    if imported.bad_row_count:
        lines.append(f"bad: {_of(imported.bad_row_count, 'rows')}")
    return "\n".join(lines)


def _counts(counts: Counter[str]) -> str:
    return ", ".join(_of(counts[one], one) for one in COLLECTIONS if counts[one]) or "nothing"


def _of(count: int, things: str) -> str:
    return f"{count:,} {things.removesuffix('s') if count == 1 else things}"


@contextmanager
def _opened(path: Path) -> Iterator[BookFile]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        try:
            yield BookFile(file)
        except BookFileError as error:
            raise BookFileError(f"{path} is no book: {error}") from error


class _BadRows:
    """The bad rows, as they are found."""

    def __init__(self, written: Written | None) -> None:
        self._written = written
        self._first: list[BadRow] = []
        self._count = 0

    def add(self, rows: Iterable[BadRow]) -> None:
        for bad in rows:
            self._count += 1
            if len(self._first) < MOST_PRINTED:
                self._first.append(bad)
            if self._written:
                self._written.write(_cells(bad))

    def print_rest(self) -> None:
        """Print what there is, once nothing else is shown."""
        for bad in self._first:
            click.echo(f"line {bad.line}: {bad.error.message}", err=True)
        if self._count > MOST_PRINTED:
            click.echo(f"and {self._count - MOST_PRINTED:,} more; --errors FILE writes all of them", err=True)


def _cells(bad: BadRow) -> tuple[int | str, ...]:
    columns = " ".join(column_of(violation.field) for violation in bad.error.violations)
    return bad.line, bad.name, columns, bad.error.reason, bad.error.message


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
