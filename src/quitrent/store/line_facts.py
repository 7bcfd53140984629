"""What plugins are told of lines beside their terms: what was charged before, and how much a reseller has assigned."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from peewee import JOIN, fn

from quitrent.domain.charge import ChargeReason, Side
from quitrent.domain.money import Money
from quitrent.store.expressions import is_no_reversal
from quitrent.store.kept import Query, among, given, kept
from quitrent.store.tables import ChargeRow, SubscriptionRow

_Reversal = ChargeRow.alias()


def charged_up_to(wanted: Mapping[tuple[int, date], date]) -> dict[tuple[int, date], Money]:
    """Give the recurring retail charges that stand, by the keys of their subscriptions and the days that they end on.

    wanted: by the same, a day before which the charge does not begin.
    """
    if not wanted:
        return {}
    found = _standing.rows(subscriptions={key for key, _ in wanted}, since=min(wanted.values()))
    charges = {(row.subscription_id, row.period_end): Money(row.amount_micros, row.currency) for row in found}
    return {place: money for place, money in charges.items() if place in wanted}


def assigned_counts(resellers: Collection[int], day: date) -> dict[int, dict[int, int]]:
    """Give how many accounts have each product on a day, by the products' keys and the resellers'."""
    found: dict[int, dict[int, int]] = {}
    for row in _assigned.rows(resellers=resellers, day=day):
        found.setdefault(row.reseller_id, {})[row.product_id] = row.assigned_count
    return found


@kept
def _standing() -> Query:
    row = ChargeRow
    return (
        row.select(row.subscription, row.period_end, row.amount_micros, row.currency)
        .join(_Reversal, JOIN.LEFT_OUTER, on=(_Reversal.reverses == row.id))
        .where(
            among(row.subscription, "subscriptions"),
            row.side == Side.RETAIL,
            row.reason == ChargeReason.RECURRING,
            row.period_start >= given("since"),
            is_no_reversal(row),
            _Reversal.id.is_null(),
        )
    )


@kept
def _assigned() -> Query:
    row = SubscriptionRow
    return (
        row.select(row.reseller, row.product, fn.COUNT(row.id).alias("assigned_count"))
        .where(
            among(row.reseller, "resellers"),
            row.start_date <= given("day"),
            row.end_date.is_null() | (row.end_date > given("day")),
        )
        .group_by(row.reseller, row.product)
    )
