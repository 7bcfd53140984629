"""What the books say of charges, for the check: bare, and a second one seen as a second one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from peewee import JOIN

from quitrent.domain.charge import CREDIT_REASONS, ChargeReason, Side
from quitrent.store.expressions import is_no_reversal
from quitrent.store.fields import CivilDateField
from quitrent.store.kept import Query, among, kept
from quitrent.store.tables import ChargeRow

_Reversal = ChargeRow.alias()


# The charges of one subscription as the driver gives them, but for its key: enough to see what is the same.
Booked = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True, order=True)
class BookedCharge:
    """What the books say of one charge that is no reversal."""

    period_start: date
    period_end: date
    due_date: date
    reason: ChargeReason
    amount_micros: int
    currency: str
    is_reversed: bool = field(default=False, compare=False)

    @property
    def is_credit(self) -> bool:
        """Whether it gives something back."""
        return self.reason in CREDIT_REASONS


def booked_charges(subscription_keys: Collection[int]) -> dict[int, Booked]:
    """Give what the books say of subscriptions, by their keys, in the order of the periods.

    One that is there twice stands twice.
    """
    found: dict[int, list[tuple[Any, ...]]] = {}
    for key, *one in _by_subscription.tuples(subscriptions=subscription_keys):
        found.setdefault(key, []).append(tuple(one))
    return {key: tuple(booked) for key, booked in found.items()}


def on_side(booked: Booked, side: Side) -> list[BookedCharge]:
    """Give the charges of one side."""
    return [_booked_charge(*columns) for of_side, *columns in booked if of_side == side]


def _booked_charge(
    start: Any, end: Any, due: Any, reason: str, micros: int, currency: str, is_reversed: Any
) -> BookedCharge:
    return BookedCharge(
        _day(start), _day(end), _day(due), ChargeReason(reason), micros, currency, is_reversed=bool(is_reversed)
    )


_day = CivilDateField().python_value


@kept
def _by_subscription() -> Query:
    row = ChargeRow
    columns = (row.period_start, row.period_end, row.due_date, row.reason, row.amount_micros, row.currency)
    is_reversed = _Reversal.id.is_null(False).alias("is_reversed")  # noqa: FBT003 -- Peewee's word for IS NOT NULL.
    return (
        row.select(row.subscription, row.side, *columns, is_reversed)
        .join(_Reversal, JOIN.LEFT_OUTER, on=(_Reversal.reverses == row.id))
        .where(among(row.subscription, "subscriptions"), is_no_reversal(row))
        .order_by(row.period_start)
    )
