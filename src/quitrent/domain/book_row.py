"""The rows of a book that is imported: what each is to make, and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from quitrent.domain.errors import QuitrentError
from quitrent.domain.party import Party

# What a name has for its kind, in the order in which one belongs to the other.
COLLECTIONS = ("resellers", "customers", "accounts", "subscriptions")


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """A product that is to be assigned to the account that the name tells, from a day on."""

    name: str
    product: str
    start: date


@dataclass(frozen=True, slots=True)
class BookRow:
    """What one row is to make; `line` is where the caller has it."""

    line: int
    what: Party | NewSubscription


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be made, with the error that says why; `name` is what it was given."""

    line: int
    name: str
    error: QuitrentError


@dataclass(slots=True)
class Imported:
    """What became of some rows: how many of each collection were made or were there already, and how many are bad.

    They are counted by the collections of their names.
    """

    made: Counter[str] = field(default_factory=Counter)
    there_already: Counter[str] = field(default_factory=Counter)
    bad_row_count: int = 0

    def add(self, other: Imported) -> None:
        """Count what became of more rows."""
        self.made += other.made
        self.there_already += other.there_already
        self.bad_row_count += other.bad_row_count


@dataclass(slots=True)
class ImportedBatch(Imported):
    """What became of a batch of rows, with those that are bad."""

    bad_rows: Sequence[BadRow] = ()


def collection_of(name: str) -> str:
    """Give the collection that a name is of.

    >>> collection_of("resellers/acme/customers/c1")
    'customers'
    """
    return name.split("/")[-2]
