"""What plugins are told of lines beside their terms: what was charged before, and how much a reseller has assigned."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from peewee import JOIN, fn

from quitrent.domain.charge import ChargeReason, Side
from quitrent.domain.money import Money
from quitrent.store.tables import ChargeRow, SubscriptionRow, tuples_of

_Reversal = ChargeRow.alias()


def charged_up_to(wanted: Mapping[tuple[int, date], date]) -> dict[tuple[int, date], Money]:
    """Give the recurring retail charges that stand, by the keys of their subscriptions and the days that they end on.

    wanted: by the same, a day before which the charge does not begin.
    """
    if not wanted:
        return {}
    row = ChargeRow
    charges = (
        row.select(row.subscription, row.period_end, row.amount_micros, row.currency)
        .join(_Reversal, JOIN.LEFT_OUTER, on=(_Reversal.reverses == row.id))
        .where(
            row.subscription.in_([key for key, _ in wanted]),
            row.side == Side.RETAIL,
            row.reason == ChargeReason.RECURRING,
            row.period_start >= min(wanted.values()),
            row.reverses.is_null(),
            _Reversal.id.is_null(),
        )
    )
    return {
        (key, end): Money(micros, currency) for key, end, micros, currency in tuples_of(charges) if (key, end) in wanted
    }


def assigned_counts(resellers: Collection[int], day: date) -> dict[int, dict[int, int]]:
    """Give how many accounts have each product on a day, by the products' keys and the resellers'."""
    row = SubscriptionRow
    counts = (
        row.select(row.reseller, row.product, fn.COUNT(row.id))
        .where(
            row.reseller.in_(list(resellers)),
            row.start_date <= day,
            row.end_date.is_null() | (row.end_date > day),
        )
        .group_by(row.reseller, row.product)
    )
    found: dict[int, dict[int, int]] = {}
    for reseller, product, count in tuples_of(counts):
        found.setdefault(reseller, {})[product] = count
    return found
