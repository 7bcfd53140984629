"""The sums of a reseller's month, taken by the database: exactly, and without a line of it being read here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from peewee import JOIN, Case, fn

from quitrent.domain.charge import Side
from quitrent.domain.money import Money
from quitrent.domain.plan import Plan
from quitrent.domain.statement import AlikeLines
from quitrent.store.expressions import is_less, sum_of_parts, sum_parts
from quitrent.store.kept import Query, kept
from quitrent.store.parties import reseller_key
from quitrent.store.statements import have_same_periods, in_month, plans_of
from quitrent.store.tables import ChargeRow, ParkedChargeRow, SubscriptionRow


def alike_lines(reseller: str, month: date) -> Iterator[AlikeLines]:
    """Give the lines of a reseller's month, summed by what they have in common. Inside a snapshot."""
    of_month = {"reseller": reseller_key(reseller), "month": month.replace(day=1)}
    groups = _charged.rows(**of_month)
    plans = plans_of(groups)
    yield from (_alike(group, plans) for group in groups)
    [parked] = _parked.rows(**of_month)
    # What is parked and has no charge beside it is a line of its own.
    with_charges = [group for group in groups if group.is_parked]
    lines = parked.line_count - sum(group.line_count for group in with_charges)
    yield AlikeLines(None, None, lines, 0, parked.parked_count - sum(int(one.parked_count) for one in with_charges), 0)


def _alike(group: Any, plans: dict[int, Plan]) -> AlikeLines:
    comparable = group.wholesale_currency == group.retail_currency and have_same_periods(
        plans[group.account_plan_id], plans[group.reseller_plan_id], same_anchor=bool(group.same_anchor)
    )
    is_below_cost = bool(group.is_less) and not group.is_parked and comparable
    return AlikeLines(
        wholesale=_money(group.wholesale_above, group.wholesale_below, group.wholesale_currency),
        retail=_money(group.retail_above, group.retail_below, group.retail_currency),
        line_count=group.line_count,
        charge_count=int(group.charge_count),
        parked_count=int(group.parked_count or 0),
        below_cost_line_count=group.line_count if is_below_cost else 0,
    )


def _money(above: Any, below: Any, currency: str | None) -> Money | None:
    return None if currency is None else Money(sum_of_parts(above, below), currency)


@kept
def _charged() -> Query:
    """The lines that have charges, in groups in which all are below cost, or none is."""
    subscription, line, parked = SubscriptionRow, _lines().alias("line"), _parked_of_lines().alias("parked")
    common = (
        subscription.account_plan,
        subscription.reseller_plan,
        (subscription.retail_anchor_date == subscription.wholesale_anchor_date).alias("same_anchor"),
        *(getattr(line.c, name).alias(name) for name in ("wholesale_currency", "retail_currency", "is_less")),
        parked.c.subscription_id.is_null(False).alias("is_parked"),  # noqa: FBT003 -- Peewee's word for IS NOT NULL.
    )
    sums = ("charge_count", "wholesale_above", "wholesale_below", "retail_above", "retail_below")
    return (
        subscription.select(
            *common,
            fn.COUNT(subscription.id).alias("line_count"),
            fn.SUM(parked.c.parked_count).alias("parked_count"),
            *(fn.SUM(getattr(line.c, name)).alias(name) for name in sums),
        )
        .join(line, on=(line.c.subscription_id == subscription.id))
        .join_from(line, parked, JOIN.LEFT_OUTER, on=(parked.c.subscription_id == line.c.subscription_id))
        .group_by(*(column.unalias() for column in common))
    )


def _lines() -> Query:
    row = ChargeRow
    wholesale, retail = (sum_parts(row.amount_micros, row.side == side) for side in (Side.WHOLESALE, Side.RETAIL))
    parts = {"wholesale": wholesale, "retail": retail}
    return (
        row.select(
            row.subscription,
            fn.COUNT(row.id).alias("charge_count"),
            is_less(retail, wholesale).alias("is_less"),
            *(_currency(side).alias(f"{side.lower()}_currency") for side in (Side.WHOLESALE, Side.RETAIL)),
            *(
                part.alias(f"{side}_{name}")
                for side, both in parts.items()
                for name, part in zip(("above", "below"), both, strict=True)
            ),
        )
        .where(*in_month(row))
        .group_by(row.subscription)
    )


def _currency(side: Side) -> Any:
    # A side of a subscription has one plan, and so one currency.
    return fn.MAX(Case(None, ((ChargeRow.side == side, ChargeRow.currency),)))


def _parked_of_lines() -> Query:
    row = ParkedChargeRow
    return (
        row.select(row.subscription, fn.COUNT(row.id).alias("parked_count"))
        .where(*in_month(row))
        .group_by(row.subscription)
    )


@kept
def _parked() -> Query:
    row = ParkedChargeRow
    return row.select(
        fn.COUNT(row.id).alias("parked_count"), fn.COUNT(row.subscription.distinct()).alias("line_count")
    ).where(*in_month(row))
