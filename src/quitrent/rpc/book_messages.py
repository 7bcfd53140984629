"""The rows of a book that is imported: from messages, and what became of them to messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from re import fullmatch
from typing import Any

from google.type.date_pb2 import Date

from quitrent.domain.book_row import BadRow, BookRow, NewSubscription
from quitrent.domain.errors import QuitrentError, invalid
from quitrent.domain.party import Party
from quitrent.rpc.status import status_of
from quitrent.rpc.validation import check_rules
from quitrent.rpc.values import date_in, required_text
from quitrent.v1 import book_import_pb2, party_pb2, subscription_pb2

SUBSCRIPTION = "subscription"
KINDS = ("reseller", "customer", "account", SUBSCRIPTION)
_PARTIES: Mapping[str, Any] = {
    "reseller": party_pb2.Reseller,
    "customer": party_pb2.Customer,
    "account": party_pb2.Account,
}


def book_row_in(message: book_import_pb2.BookRow, number: int) -> BookRow | BadRow:
    """Read a row, the so-manieth of its import; what is wrong with it is kept with it."""
    line, kind = message.line or number, message.WhichOneof("row")
    # The rules see to it that there is one.
    given = getattr(message, kind or "reseller")
    try:
        check_rules(message)
        name = required_text(given.name, f"{kind}.name")
        if kind != SUBSCRIPTION:
            return BookRow(line, Party(name, given.display_name, dict(given.labels)))
        product = required_text(given.product, "subscription.product")
        return BookRow(line, NewSubscription(name, product, date_in(given, "start_date", "subscription.start_date")))
    except QuitrentError as error:
        return BadRow(line, given.name, error.with_traceback(None))


def party_row(line: int, kind: str, name: str, display_name: str, labels: Mapping[str, str]) -> BookRow | BadRow:
    """Read a row that is given as texts and makes a reseller, a customer or an account."""
    given = _PARTIES[kind](name=name, display_name=display_name, labels=labels)
    return book_row_in(_row(line, kind, given), line)


def subscription_row(line: int, name: str, product: str, start_date: str) -> BookRow | BadRow:
    """Read a row that is given as texts and makes a subscription; the day is like 2026-01-31."""
    given = subscription_pb2.Subscription(name=name, product=product)
    if start_date:
        parts = fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", start_date)
        if parts is None:
            return BadRow(line, name, invalid("subscription.start_date", "must be a day, like 2026-01-31"))
        year, month, day = map(int, parts.groups())
        given.start_date.CopyFrom(Date(year=year, month=month, day=day))
    return book_row_in(_row(line, SUBSCRIPTION, given), line)


def bad_row_out(bad: BadRow) -> book_import_pb2.BadRow:
    """Write a bad row with its error."""
    return book_import_pb2.BadRow(line=bad.line, name=bad.name, error=status_of(bad.error))


def counts_out(counts: Counter[str]) -> book_import_pb2.BookCounts:
    """Write how many there are of each collection."""
    return book_import_pb2.BookCounts(**counts)


def _row(line: int, kind: str, given: Any) -> book_import_pb2.BookRow:
    fields: dict[str, Any] = {kind: given}
    return book_import_pb2.BookRow(line=line, **fields)
