"""Imports of whole books: rows by the hundred thousand, a batch at a time, in constant memory.

A batch is one transaction, in which nobody else changes accounts (`Store.write_accounts`): its rows
are checked on what is read at its beginning. Runs go on beside it. Between batches others have their
turn, and while rows are waited for there is no transaction.

With ALL_OR_NOTHING all batches are one transaction. Whoever changes an account meanwhile waits, and
is told that the database is busy where that takes too long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from itertools import islice
from typing import TypeVar

from quitrent.domain.book_row import BadRow, BookRow, Imported, ImportedBatch
from quitrent.services.caller import Caller
from quitrent.services.deployment import Deployment
from quitrent.services.import_batch import import_batch

# Rows in one transaction: enough that its own cost is small, and few enough that nobody waits for long.
BATCH = 2_000

Rows = Iterable[BookRow | BadRow]
Told = Callable[[ImportedBatch], None]

_Item = TypeVar("_Item")


class ImportMode(StrEnum):
    """What becomes of an import with bad rows in it."""

    KEEP_GOOD_ROWS = "KEEP_GOOD_ROWS"
    ALL_OR_NOTHING = "ALL_OR_NOTHING"


def import_book(
    deployment: Deployment,
    caller: Caller,
    rows: Rows,
    mode: ImportMode,
    told: Told,
    finish: Callable[[Imported], None] = lambda _: None,
) -> Imported:
    """Make what rows say, and say what became of them. What is there already is not made twice.

    told: is told of each batch; with ALL_OR_NOTHING nothing of it counts before all of them are done.
    finish: is called once, unless all is refused, in the transaction of the last thing that is done.
    Errors: Unavailable; batches that were done before it stay, unless it is all or nothing.
    """
    work = _kept_batch_by_batch if mode is ImportMode.KEEP_GOOD_ROWS else _all_or_nothing
    return work(deployment, caller, rows, told, finish)


def _kept_batch_by_batch(
    deployment: Deployment, caller: Caller, rows: Rows, told: Told, finish: Callable[[Imported], None]
) -> Imported:
    imported = Imported()
    for batch in _batches(rows):
        with deployment.store.write_accounts():
            done = import_batch(deployment, caller, batch)
        imported.add(done)
        told(done)
    with deployment.store.write_accounts():
        finish(imported)
    return imported


def _all_or_nothing(
    deployment: Deployment, caller: Caller, rows: Rows, told: Told, finish: Callable[[Imported], None]
) -> Imported:
    imported = Imported()
    try:
        with deployment.store.write_accounts():
            for batch in _batches(rows):
                done = import_batch(deployment, caller, batch)
                imported.add(done)
                told(done)
            _check_all_good(imported)
            finish(imported)
    except _RefusedError:
        imported.made.clear()
    return imported


class _RefusedError(Exception):
    """There are bad rows, and so nothing is made."""


def _check_all_good(imported: Imported) -> None:
    if imported.bad_row_count:
        raise _RefusedError


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
