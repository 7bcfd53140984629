"""SQL expressions that both databases compute alike."""

from __future__ import annotations

from typing import Any

from peewee import SQL, Case, Expression, NodeList, fn

from quitrent.store.row import has_arrays

# A sum is taken in two parts, of the bits above and of those below, neither of which can overflow.
_BITS = 32


def first_of_month(day: Any) -> Any:
    """Give the first day of a day's month, in the very words of the indexes that have it."""
    if has_arrays():
        return NodeList((SQL("("), day, SQL("- (EXTRACT(DAY FROM"), day, SQL(")::int - 1))")))
    return NodeList((SQL("(substr("), day, SQL(", 1, 8) || '01')")))


def is_no_reversal(charges: Any) -> Any:
    """Give the condition for charges that reverse none: by it the index `charge_identity` may be used.

    SQLite takes it for a rare thing, and would rather go through all charges of which it is so.
    """
    condition = charges.reverses.is_null()
    return condition if has_arrays() else fn.LIKELY(condition)


def sum_parts(amount: Any, condition: Any = None) -> tuple[Any, Any]:
    """Give the two parts of the sum of an amount over the rows that fit; null where none does."""
    parts: tuple[Any, Any] = Expression(amount, ">>", _BITS), amount.bin_and(2**_BITS - 1)
    above, below = parts if condition is None else (Case(None, ((condition, part),)) for part in parts)
    return fn.SUM(above), fn.SUM(below)


def is_less(one: tuple[Any, Any], other: tuple[Any, Any]) -> Any:
    """Give whether a sum in parts is less than another; null where one of them is."""
    above, below = (_whole(part) - _whole(of_other) for part, of_other in zip(one, other, strict=True))
    return above + Expression(below, ">>", _BITS) < 0


def sum_of_parts(above: Any, below: Any) -> int:
    """Give a sum from its parts, as a database gives them."""
    return (int(above) << _BITS) + int(below)


def _whole(number: Any) -> Any:
    # PostgreSQL's sums of whole numbers are of a type that has no bits.
    return number.cast("BIGINT")
