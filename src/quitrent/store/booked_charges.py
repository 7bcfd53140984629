"""What the books say of charges, for the check: bare, and a second one seen as a second one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from peewee import JOIN

from quitrent.domain.charge import CREDIT_REASONS, ChargeReason, Side
from quitrent.store.expressions import is_no_reversal
from quitrent.store.kept import Query, among, kept
from quitrent.store.tables import ChargeRow

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


def booked_charges(subscription_keys: Collection[int]) -> dict[tuple[int, Side], list[BookedCharge]]:
    """Give charges in the order of their periods, by the keys of their subscriptions and by side.

    A list, in which one that is there twice stands twice.
    """
    found: dict[tuple[int, Side], list[BookedCharge]] = {}
    for row in _by_subscription.rows(subscriptions=subscription_keys):
        booked = BookedCharge(
            row.period_start,
            row.period_end,
            row.due_date,
            row.reason,
            row.amount_micros,
            row.currency,
            is_reversed=row.reversal_id is not None,
        )
        found.setdefault((row.subscription_id, row.side), []).append(booked)
    return found


@kept
def _by_subscription() -> Query:
    row = ChargeRow
    columns = (row.period_start, row.period_end, row.due_date, row.reason, row.amount_micros, row.currency)
    return (
        row.select(row.subscription, row.side, *columns, _Reversal.id.alias("reversal_id"))
        .join(_Reversal, JOIN.LEFT_OUTER, on=(_Reversal.reverses == row.id))
        .where(among(row.subscription, "subscriptions"), is_no_reversal(row))
        .order_by(row.period_start)
    )
