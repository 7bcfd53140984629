"""A row of the file: its cells, checked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from re import fullmatch
from typing import NamedTuple

COLUMNS = ("customer", "product", "currency", "price", "from", "until")
LARGEST_PRICE = 1_000_000_000
LONGEST_SHOWN = 60

_ID = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAMES = {
    "customer": (f"resellers/{_ID}/customers/{_ID}", "the name of a customer, like resellers/acme/customers/c1"),
    "product": (f"(resellers/{_ID}/)?products/{_ID}", "the name of a product, like products/gold"),
    "currency": ("[A-Z]{3}", "the code of a currency, like USD"),
}


class WrongCellError(Exception):
    """A cell cannot be used; the text says what is wrong with it and what would be right."""

    def __init__(self, column: str, what: str) -> None:
        super().__init__(what)
        self.column = column


class Contract(NamedTuple):
    """A price for one whole period, for the periods that begin in `[begins, until)`."""

    line: int
    customer: str
    product: str
    currency: str
    price: Decimal
    begins: date
    until: date | None

    @property
    def terms(self) -> tuple[str, str, str]:
        """What the price is for; it has one such price on a day."""
        return self.customer, self.product, self.currency

    @property
    def days(self) -> str:
        """From when up to when, in words."""
        return f"from {self.begins} on" if self.until is None else f"from {self.begins} up to {self.until}"


def contract_of(line: int, cells: Sequence[str]) -> Contract:
    """Give what a row says. Errors: WrongCellError for the first cell that is wrong."""
    _check_count(cells)
    found = dict(zip(COLUMNS, cells, strict=True))
    contract = Contract(
        line=line,
        customer=_name("customer", found["customer"]),
        product=_name("product", found["product"]),
        currency=_name("currency", found["currency"]),
        price=_price(found["price"]),
        begins=_day("from", found["from"]),
        until=_day("until", found["until"]) if found["until"] else None,
    )
    if contract.until is not None and contract.until <= contract.begins:
        text = f"{contract.until} is not after from, {contract.begins}; it takes a later day, or nothing"
        raise WrongCellError("until", text)
    return contract


def _check_count(cells: Sequence[str]) -> None:
    if len(cells) < len(COLUMNS):
        last = "; where there is no until, the row ends with a comma" if len(cells) == len(COLUMNS) - 1 else ""
        raise WrongCellError(COLUMNS[len(cells)], f"is missing; a row has {len(COLUMNS)} columns{last}")
    if len(cells) > len(COLUMNS):
        extra = shown(cells[len(COLUMNS)])
        text = f"{extra} is one too many; a row has {len(COLUMNS)}, and a price has a point and no comma, like 7.50"
        raise WrongCellError(str(len(COLUMNS) + 1), text)


def shown(cell: str) -> str:
    """Give a cell as it can be shown in a message."""
    return repr(cell) if len(cell) <= LONGEST_SHOWN else repr(cell[:LONGEST_SHOWN]) + "..."


def _name(column: str, cell: str) -> str:
    pattern, wanted = _NAMES[column]
    if not fullmatch(pattern, cell):
        raise WrongCellError(column, f"{shown(cell)} is not {wanted}")
    return cell


def _price(cell: str) -> Decimal:
    # ASCII digits and no exponent: what Decimal reads beyond that is rather a slip than a price.
    if not fullmatch(r"[0-9]{1,10}(\.[0-9]{1,6})?", cell) or Decimal(cell) > LARGEST_PRICE:
        wanted = f"it takes a number from 0 to {LARGEST_PRICE} with at most 6 decimals, like 7.50"
        raise WrongCellError("price", f"{shown(cell)} is not a price; {wanted}")
    return Decimal(cell)


def _day(column: str, cell: str) -> date:
    if not fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
        raise WrongCellError(column, f"{shown(cell)} is not a day; it takes one like 2026-07-01")
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise WrongCellError(column, f"{shown(cell)} is no day of the calendar; it takes one like 2026-07-01") from None
