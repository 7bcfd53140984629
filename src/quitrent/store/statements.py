"""The lines of a reseller's month, a batch of subscriptions at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from quitrent.domain.calendar import PeriodBoundary
from quitrent.domain.charge import Side
from quitrent.domain.money import Money
from quitrent.domain.plan import Plan
from quitrent.domain.statement import StatementLine, month_of
from quitrent.store.parties import reseller_key
from quitrent.store.plans import plans_by_key
from quitrent.store.tables import ChargeRow, ParkedChargeRow, ProductRow, SubscriptionRow, tuples_of

# As many subscriptions as are read and held at once.
BATCH = 1_000

_Sums = dict[tuple[int, Side], tuple[int, str, int]]


def statement_lines(reseller: str, month: date, after: int = 0) -> Iterator[StatementLine]:
    """Give the lines of a reseller's month, in the order of the subscriptions' keys, after a key."""
    key = reseller_key(reseller)
    while subscriptions := _subscriptions(key, month, after):
        after = max(subscriptions)
        sums, parked = _sums(month, subscriptions), _parked(month, subscriptions)
        same_periods = _same_periods(subscriptions)
        for subscription, (name, product) in sorted(subscriptions.items()):
            sides = [sums.get((subscription, side)) for side in (Side.WHOLESALE, Side.RETAIL)]
            wholesale, retail = (None if side is None else Money(side[0], side[1]) for side in sides)
            yield StatementLine(
                subscription=name,
                product=product,
                wholesale=wholesale,
                retail=retail,
                charge_count=sum(side[2] for side in sides if side is not None),
                parked_count=parked.get(subscription, 0),
                same_periods=subscription in same_periods,
                key=subscription,
            )


def _subscriptions(reseller: int | None, month: date, after: int) -> dict[int, tuple[str, str]]:
    start, end = month_of(month)
    tables = (ChargeRow, ParkedChargeRow)
    keys: set[int] = set()
    for row in tables:
        query = (
            row.select(row.subscription)
            .where(
                row.reseller == reseller, row.period_start >= start, row.period_start < end, row.subscription > after
            )
            .distinct()
            .order_by(row.subscription)
            .limit(BATCH)
        )
        keys.update(found for (found,) in tuples_of(query))
    # Each of the two gave its first ones: together they hold the first ones of both.
    first = sorted(keys)[:BATCH]
    rows = SubscriptionRow.select(SubscriptionRow.id, SubscriptionRow.name, ProductRow.name).join(ProductRow)
    return {key: (name, product) for key, name, product in tuples_of(rows.where(SubscriptionRow.id.in_(first)))}


def _sums(month: date, subscriptions: dict[int, tuple[str, str]]) -> _Sums:
    start, end = month_of(month)
    row = ChargeRow
    charges = row.select(row.subscription, row.side, row.amount_micros, row.currency).where(
        row.subscription.in_(list(subscriptions)), row.period_start >= start, row.period_start < end
    )
    sums: _Sums = {}
    for subscription, side, amount_micros, currency in tuples_of(charges):
        # A side of a subscription has one plan, and so one currency. Summed in Python, whose
        # integers cannot overflow.
        before, _, count = sums.get((subscription, side), (0, currency, 0))
        sums[subscription, side] = (before + amount_micros, currency, count + 1)
    return sums


def _parked(month: date, subscriptions: dict[int, tuple[str, str]]) -> dict[int, int]:
    start, end = month_of(month)
    row = ParkedChargeRow
    parked = row.select(row.subscription).where(
        row.subscription.in_(list(subscriptions)), row.period_start >= start, row.period_start < end
    )
    counts: dict[int, int] = {}
    for (subscription,) in tuples_of(parked):
        counts[subscription] = counts.get(subscription, 0) + 1
    return counts


def _same_periods(subscriptions: Collection[int]) -> set[int]:
    """Give those whose two sides are billed on the same periods."""
    row = SubscriptionRow
    rows = list(
        row.select(
            row.id,
            row.account_plan,
            row.reseller_plan,
            row.retail_anchor_date,
            row.wholesale_anchor_date,
        ).where(row.id.in_(list(subscriptions)))
    )
    plans = plans_by_key({one.account_plan_id for one in rows} | {one.reseller_plan_id for one in rows})
    return {
        one.id
        for one in rows
        if _divided_alike(plans[one.account_plan_id], plans[one.reseller_plan_id])
        and (
            one.retail_anchor_date == one.wholesale_anchor_date
            or plans[one.account_plan_id].period_boundary is not PeriodBoundary.ANNIVERSARY
        )
    }


def _divided_alike(account_plan: Plan, reseller_plan: Plan) -> bool:
    return account_plan.calendar.has_periods_of(reseller_plan.calendar)
