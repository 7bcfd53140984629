"""What the books say of charges, for the check: bare, and a second one seen as a second one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from peewee import JOIN

from quitrent.domain.charge import CREDIT_REASONS, ChargeReason, Side
from quitrent.store.tables import ChargeRow, tuples_of

_Reversal = ChargeRow.alias()


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


def booked_charges(subscription_keys: Collection[int], side: Side) -> dict[int, list[BookedCharge]]:
    """Give a side's charges in the order of their periods, by the keys of their subscriptions.

    A list, in which one that is there twice stands twice.
    """
    row = ChargeRow
    columns = (row.period_start, row.period_end, row.due_date, row.reason, row.amount_micros, row.currency)
    charges = (
        row.select(row.subscription, *columns, _Reversal.id)
        .join(_Reversal, JOIN.LEFT_OUTER, on=(_Reversal.reverses == row.id))
        .where(row.subscription.in_(list(subscription_keys)), row.side == side, row.reverses.is_null())
    )
    found: dict[int, list[BookedCharge]] = {}
    for key, start, end, due, reason, micros, currency, reversal in tuples_of(charges.order_by(row.period_start)):
        booked = BookedCharge(start, end, due, reason, micros, currency, is_reversed=reversal is not None)
        found.setdefault(key, []).append(booked)
    return found
