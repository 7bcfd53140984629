"""Plans: rows to values and back, and who uses one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from peewee import JOIN, Expression

from quitrent.domain.catalog import Plan, PlanKind
from quitrent.domain.money import Money
from quitrent.store.parties import reseller_key
from quitrent.store.tables import PlanRow, ProductRow, ResellerRow, SubscriptionRow


def find_plan(name: str) -> Plan | None:
    """Give a plan by its name."""
    found = _select(PlanRow.name == name)
    return found[0] if found else None


def plans_by_key(keys: Collection[int]) -> dict[int, Plan]:
    """Give plans by the store's keys."""
    return {plan.key: plan for plan in _select(PlanRow.id.in_(list(keys)))}


def insert_plan(plan: Plan, now: datetime) -> None:
    """Write a new plan."""
    PlanRow.insert(**_columns(plan, now), create_time=now).execute()


def update_plan(plan: Plan, now: datetime) -> None:
    """Write a plan's new values."""
    PlanRow.update(**_columns(plan, now)).where(PlanRow.id == plan.key).execute()


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
    return _select(*where, limit=limit)


def products_of_plan(plan: Plan) -> list[str]:
    """Give the names of a few products that use a plan."""
    uses = (ProductRow.account_plan == plan.key) | (ProductRow.reseller_plan == plan.key)
    return [row.name for row in ProductRow.select(ProductRow.name).where(uses).order_by(ProductRow.id).limit(3)]


def subscription_of_plan(plan: Plan) -> str:
    """Give the name of a subscription that uses a plan, or an empty text."""
    uses = (SubscriptionRow.account_plan == plan.key) | (SubscriptionRow.reseller_plan == plan.key)
    row = SubscriptionRow.select(SubscriptionRow.name).where(uses).first()
    return "" if row is None else row.name


def _select(*where: Expression, limit: int | None = None) -> list[Plan]:
    rows = PlanRow.select(PlanRow, ResellerRow.name).join(ResellerRow, JOIN.LEFT_OUTER).where(*where)
    return [_plan(row) for row in rows.order_by(PlanRow.id).limit(limit)]


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
        "period_boundary": plan.period_boundary,
        "timing": plan.timing,
        "first_part": plan.first_part,
        "last_part": plan.last_part,
        "rounding": plan.rounding,
        "suspension": plan.suspension,
        "update_time": now,
    }


def _plan(row: PlanRow) -> Plan:
    return Plan(
        name=row.name,
        kind=row.kind,
        fee=Money(row.fee_micros, row.currency),
        display_name=row.display_name,
        managed_by=row.managed_by.name if row.managed_by else "",
        shared_with_resellers=row.shared_with_resellers,
        applied_more_than_once=row.applied_more_than_once,
        period_unit=row.period_unit,
        period_boundary=row.period_boundary,
        timing=row.timing,
        first_part=row.first_part,
        last_part=row.last_part,
        rounding=row.rounding,
        suspension=row.suspension,
        create_time=row.create_time,
        update_time=row.update_time,
        key=row.id,
    )
