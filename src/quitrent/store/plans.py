"""Plans: rows to values and back, and who uses one."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from peewee import JOIN, Expression, fn

from quitrent.domain.charge import ChargeReason, Side
from quitrent.domain.money import Money
from quitrent.domain.plan import FeeChange, Plan, PlanKind, Promotion
from quitrent.store.expressions import is_no_reversal
from quitrent.store.kept import Query, among, fetched, given, kept
from quitrent.store.parties import reseller_key
from quitrent.store.tables import (
    ChargeRow,
    FeeChangeRow,
    PlanRow,
    ProductRow,
    ResellerRow,
    RetailSideRow,
    SubscriptionRow,
    WholesaleSideRow,
)
from quitrent.store.writing import insert, update_all


def find_plan(name: str) -> Plan | None:
    """Give a plan by its name."""
    found = _plans(_by_name.rows(name=name))
    return found[0] if found else None


def plans_by_key(keys: Collection[int]) -> dict[int, Plan]:
    """Give plans by the store's keys."""
    return {plan.key: plan for plan in _plans(_by_keys.rows(keys=keys))}


def insert_plan(plan: Plan, now: datetime) -> None:
    """Write a new plan."""
    insert(PlanRow, **_columns(plan, now), create_time=now)


def update_plan(plan: Plan, now: datetime) -> None:
    """Write a plan's new values."""
    update_all(PlanRow, [{"id": plan.key, **_columns(plan, now)}])


def delete_plan(plan: Plan) -> None:
    """Delete a plan that nothing uses."""
    PlanRow.delete().where(PlanRow.id == plan.key).execute()


def list_plans(
    kind: PlanKind | None, managed_by: str, currency: str, visible_to: str, after: int, limit: int
) -> list[Plan]:
    """Give plans after a key; `visible_to` names the reseller that looks, or is empty for the provider."""
    where: list[Expression] = [PlanRow.id > after]
    if kind:
        where.append(PlanRow.kind == kind)
    if managed_by:
        where.append(ResellerRow.name == managed_by)
    if currency:
        where.append(PlanRow.currency == currency)
    if visible_to:
        where.append((ResellerRow.name == visible_to) | (PlanRow.shared_with_resellers == True))  # noqa: E712
    return _plans(fetched(_query().where(*where).limit(limit)))


def products_of_plan(plan: Plan) -> list[str]:
    """Give the names of a few products that use a plan."""
    uses = (ProductRow.account_plan == plan.key) | (ProductRow.reseller_plan == plan.key)
    return [row.name for row in ProductRow.select(ProductRow.name).where(uses).order_by(ProductRow.id).limit(3)]


def subscription_of_plan(plan: Plan) -> str:
    """Give the name of the first subscription that uses a plan, or an empty text."""
    side = Side.WHOLESALE if plan.kind is PlanKind.RESELLER else Side.RETAIL
    row = SubscriptionRow.select(SubscriptionRow.name).where(_uses(plan, side)).order_by(SubscriptionRow.id).first()
    return "" if row is None else row.name


def insert_fee_change(change: FeeChange, plan_key: int, now: datetime) -> None:
    """Write a new fee of a plan from a date on."""
    insert(
        FeeChangeRow,
        plan=plan_key,
        effective_date=change.effective,
        fee_micros=change.fee.amount_micros,
        applies_to_existing=change.applies_to_existing,
        create_time=now,
    )


def delete_fee_change(change: FeeChange) -> None:
    """Delete a fee change that has priced nothing."""
    FeeChangeRow.delete().where(FeeChangeRow.id == change.key).execute()


def billed_past(plan: Plan, side: Side, change: FeeChange) -> date | None:
    """Give the day up to which subscriptions that a change reaches have been billed; None where not past its date."""
    row, books = SubscriptionRow, WholesaleSideRow if side is Side.WHOLESALE else RetailSideRow
    billed_until = books.billed_until
    latest = (
        row.select(fn.MAX(billed_until))
        .join(books, on=(books.id == row.id))
        .where(_uses(plan, side), billed_until > change.effective, billed_until > row.start_date, *_reached(change))
    )
    found = latest.scalar()
    return None if found is None else date.fromisoformat(str(found))


def charged_since(plan: Plan, side: Side, change: FeeChange) -> str:
    """Give the name of the first subscription that has been charged a fee since a change, or an empty text."""
    charged = (
        ChargeRow.select(SubscriptionRow.name)
        .join(SubscriptionRow)
        .where(
            _uses(plan, side),
            ChargeRow.side == side,
            ChargeRow.reason.in_([ChargeReason.RECURRING, ChargeReason.EARLY_CANCELLATION]),
            ChargeRow.period_start >= change.effective,
            is_no_reversal(ChargeRow),
            *_reached(change),
        )
        .order_by(SubscriptionRow.id)
        .first()
    )
    return "" if charged is None else str(charged.subscription.name)


def _uses(plan: Plan, side: Side) -> Expression:
    row = SubscriptionRow
    used: Expression = (row.reseller_plan if side is Side.WHOLESALE else row.account_plan) == plan.key
    return used


def _reached(change: FeeChange) -> list[Expression]:
    return [] if change.applies_to_existing else [SubscriptionRow.start_date >= change.effective]


@kept
def _by_name() -> Query:
    return _query().where(PlanRow.name == given("name"))


@kept
def _by_keys() -> Query:
    return _query().where(among(PlanRow.id, "keys"))


@kept
def _changes_by_plan() -> Query:
    return FeeChangeRow.select().where(among(FeeChangeRow.plan, "plans")).order_by(FeeChangeRow.effective_date)


def _query() -> Query:
    query = PlanRow.select(PlanRow, ResellerRow.name.alias("reseller_name"))
    return query.join(ResellerRow, JOIN.LEFT_OUTER).order_by(PlanRow.id)


def _plans(rows: list[Any]) -> list[Plan]:
    changes = _fee_changes(rows)
    return [_plan(row, changes.get(row.id, ())) for row in rows]


def _fee_changes(rows: list[Any]) -> dict[int, tuple[FeeChange, ...]]:
    plans = {row.id: row for row in rows}
    found: dict[int, tuple[FeeChange, ...]] = {}
    for change in _changes_by_plan.rows(plans=plans):
        plan = plans[change.plan_id]
        value = FeeChange(
            plan=plan.name,
            effective=change.effective_date,
            fee=Money(change.fee_micros, plan.currency),
            applies_to_existing=change.applies_to_existing,
            create_time=change.create_time,
            key=change.id,
        )
        found[plan.id] = (*found.get(plan.id, ()), value)
    return found


def _columns(plan: Plan, now: datetime) -> dict[str, object]:
    return {
        "name": plan.name,
        "display_name": plan.display_name,
        "kind": plan.kind,
        "managed_by": reseller_key(plan.managed_by),
        "shared_with_resellers": plan.shared_with_resellers,
        "applied_more_than_once": plan.applied_more_than_once,
        "fee_micros": plan.fee.amount_micros,
        "currency": plan.fee.currency,
        "period_unit": plan.period_unit,
        "period_count": plan.period_count,
        "period_boundary": plan.period_boundary,
        "fixed_day": plan.fixed_day,
        "day_count": plan.day_count,
        "periods_in_advance": plan.periods_in_advance,
        "prepay_percent_off": f"{plan.prepay_percent_off:f}",
        "timing": plan.timing,
        "first_part": plan.first_part,
        "last_part": plan.last_part,
        "rounding": plan.rounding,
        "suspension": plan.suspension,
        "unused_days": plan.unused_days,
        "promotions": json.dumps([[one.period_count, one.fee.amount_micros] for one in plan.promotions]),
        "activation_fee_micros": _micros(plan.activation_fee),
        "minimum_term_periods": plan.minimum_term_periods,
        "early_cancellation": plan.early_cancellation,
        "early_cancellation_fee_micros": _micros(plan.early_cancellation_fee),
        "update_time": now,
    }


def _plan(row: Any, fee_changes: tuple[FeeChange, ...]) -> Plan:
    currency = row.currency
    return Plan(
        name=row.name,
        kind=row.kind,
        fee=Money(row.fee_micros, currency),
        display_name=row.display_name,
        managed_by=row.reseller_name or "",
        shared_with_resellers=row.shared_with_resellers,
        applied_more_than_once=row.applied_more_than_once,
        period_unit=row.period_unit,
        period_count=row.period_count,
        period_boundary=row.period_boundary,
        fixed_day=row.fixed_day,
        day_count=row.day_count,
        periods_in_advance=row.periods_in_advance,
        prepay_percent_off=Decimal(row.prepay_percent_off),
        timing=row.timing,
        first_part=row.first_part,
        last_part=row.last_part,
        rounding=row.rounding,
        suspension=row.suspension,
        unused_days=row.unused_days,
        promotions=tuple(Promotion(count, Money(micros, currency)) for count, micros in json.loads(row.promotions)),
        activation_fee=_money(row.activation_fee_micros, currency),
        minimum_term_periods=row.minimum_term_periods,
        early_cancellation=row.early_cancellation,
        early_cancellation_fee=_money(row.early_cancellation_fee_micros, currency),
        fee_changes=fee_changes,
        create_time=row.create_time,
        update_time=row.update_time,
        key=row.id,
    )


def _micros(money: Money | None) -> int | None:
    return None if money is None else money.amount_micros


def _money(micros: int | None, currency: str) -> Money | None:
    return None if micros is None else Money(micros, currency)
