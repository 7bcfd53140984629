"""The lines of a reseller's month, page by page.

The indexes `charge_month` and `parked_charge_month` have what belongs to a reseller's month together,
in the order of the subscriptions. A page is a stretch of them: it takes as long wherever it lies, and
however many months there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from peewee import Expression, fn

from quitrent.domain.calendar import PeriodBoundary
from quitrent.domain.charge import Side
from quitrent.domain.money import Money
from quitrent.domain.plan import Plan
from quitrent.domain.statement import StatementLine
from quitrent.store.expressions import first_of_month, sum_of_parts, sum_parts
from quitrent.store.kept import Query, among, given, kept
from quitrent.store.parties import reseller_key
from quitrent.store.plans import plans_by_key
from quitrent.store.tables import ChargeRow, ParkedChargeRow, ProductRow, SubscriptionRow

_Table = type[ChargeRow] | type[ParkedChargeRow]


def statement_lines(reseller: str, month: date, after: int, limit: int) -> list[StatementLine]:
    """Give lines of a reseller's month after a key, at most so many, in the order of the subscriptions' keys."""
    of_month = {"reseller": reseller_key(reseller), "month": month.replace(day=1), "after": after}
    # Each of the two gives its first ones: together they hold the first ones of both.
    keys = {row.subscription_id for query in (_CHARGED, _PARKED) for row in query.rows(**of_month, limit=limit)}
    first = sorted(keys)[:limit]
    if not first:
        return []
    stretch = {**of_month, "last": first[-1]}
    sides = {(row.subscription_id, row.side): row for row in _sides.rows(**stretch)}
    parked = {row.subscription_id: row.parked_count for row in _parked_counts.rows(**stretch)}
    subscriptions = _subscriptions.rows(keys=first)
    plans = plans_of(subscriptions)
    return [_line(row, sides, parked.get(row.id, 0), plans) for row in subscriptions]


def in_month(table: _Table) -> list[Expression]:
    """Give the condition for what belongs to the `reseller` and the `month` that are given."""
    return [table.reseller == given("reseller"), first_of_month(table.period_start) == given("month")]


def plans_of(rows: Iterable[Any]) -> dict[int, Plan]:
    """Give the plans of both sides, of rows that have the keys of both."""
    return plans_by_key({key for row in rows for key in (row.account_plan_id, row.reseller_plan_id)})


def have_same_periods(account_plan: Plan, reseller_plan: Plan, *, same_anchor: bool) -> bool:
    """Whether two sides are billed on the same periods."""
    return account_plan.calendar.has_periods_of(reseller_plan.calendar) and (
        same_anchor or account_plan.period_boundary is not PeriodBoundary.ANNIVERSARY
    )


def _line(row: Any, sides: Mapping[tuple[int, Side], Any], parked_count: int, plans: dict[int, Plan]) -> StatementLine:
    wholesale, retail = (sides.get((row.id, side)) for side in (Side.WHOLESALE, Side.RETAIL))
    return StatementLine(
        subscription=row.name,
        product=row.product_name,
        wholesale=_money(wholesale),
        retail=_money(retail),
        charge_count=sum(side.charge_count for side in (wholesale, retail) if side is not None),
        parked_count=parked_count,
        same_periods=have_same_periods(
            plans[row.account_plan_id],
            plans[row.reseller_plan_id],
            same_anchor=row.retail_anchor_date == row.wholesale_anchor_date,
        ),
        key=row.id,
    )


def _money(side: Any | None) -> Money | None:
    return None if side is None else Money(sum_of_parts(side.above, side.below), side.currency)


def _first_keys(table: _Table) -> Query:
    return (
        table.select(table.subscription)
        .distinct()
        .where(*in_month(table), table.subscription > given("after"))
        .order_by(table.subscription)
        .limit(given("limit"))
    )


def _stretch(table: _Table) -> list[Expression]:
    return [*in_month(table), table.subscription > given("after"), table.subscription <= given("last")]


_CHARGED, _PARKED = kept(lambda: _first_keys(ChargeRow)), kept(lambda: _first_keys(ParkedChargeRow))


@kept
def _sides() -> Query:
    row = ChargeRow
    above, below = sum_parts(row.amount_micros)
    return (
        row.select(
            row.subscription,
            row.side,
            # A side of a subscription has one plan, and so one currency.
            fn.MAX(row.currency).alias("currency"),
            above.alias("above"),
            below.alias("below"),
            fn.COUNT(row.id).alias("charge_count"),
        )
        .where(*_stretch(row))
        .group_by(row.subscription, row.side)
    )


@kept
def _parked_counts() -> Query:
    row = ParkedChargeRow
    return (
        row.select(row.subscription, fn.COUNT(row.id).alias("parked_count"))
        .where(*_stretch(row))
        .group_by(row.subscription)
    )


@kept
def _subscriptions() -> Query:
    row = SubscriptionRow
    return (
        row.select(
            row.id,
            row.name,
            row.account_plan,
            row.reseller_plan,
            row.retail_anchor_date,
            row.wholesale_anchor_date,
            ProductRow.name.alias("product_name"),
        )
        .join(ProductRow)
        .where(among(row.id, "keys"))
        .order_by(row.id)
    )
