"""Subscriptions with their suspensions: rows to values and back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from peewee import Expression, fn

from quitrent.domain.catalog import Plan, Product
from quitrent.domain.party import parent_of
from quitrent.domain.subscription import (
    Subscription,
    SubscriptionState,
    Suspension,
    next_retail_due,
    next_wholesale_due,
)
from quitrent.store.plans import plans_by_key
from quitrent.store.products import products_by_key
from quitrent.store.scope import under
from quitrent.store.tables import (
    AccountRow,
    CustomerRow,
    PlanRow,
    ProductRow,
    ResellerRow,
    SubscriptionRow,
    SuspensionRow,
)

_AccountPlan = PlanRow.alias()
_ResellerPlan = PlanRow.alias()


def find_subscription(name: str) -> Subscription | None:
    """Give a subscription by its name."""
    found = _select(SubscriptionRow.name == name)
    return found[0] if found else None


def subscriptions_of_account(account: str) -> list[tuple[Subscription, Product, Plan]]:
    """Give an account's subscriptions, each with its product and its reseller plan."""
    rows = list(SubscriptionRow.select().join(AccountRow).where(AccountRow.name == account))
    values = {value.key: value for value in _select(SubscriptionRow.id.in_([row.id for row in rows]))}
    products = products_by_key({row.product_id for row in rows})
    plans = plans_by_key({row.reseller_plan_id for row in rows})
    return [(values[row.id], products[row.product_id], plans[row.reseller_plan_id]) for row in rows]


def insert_subscription(subscription: Subscription, account_plan: Plan, reseller_plan: Plan, now: datetime) -> None:
    """Write a new subscription of the account that its name tells."""
    account = AccountRow.get(AccountRow.name == parent_of(subscription.name))
    SubscriptionRow.insert(
        **_columns(subscription, account_plan, reseller_plan),
        name=subscription.name,
        reseller=account.reseller_id,
        customer=account.customer_id,
        account=account.id,
        product=ProductRow.get(ProductRow.name == subscription.product).id,
        account_plan=account_plan.key,
        reseller_plan=reseller_plan.key,
        start_date=subscription.start,
        create_time=now,
        update_time=now,
    ).execute()


def update_subscription(subscription: Subscription, account_plan: Plan, reseller_plan: Plan, now: datetime) -> None:
    """Write a subscription's new dates and suspensions."""
    columns = _columns(subscription, account_plan, reseller_plan)
    SubscriptionRow.update(**columns, update_time=now).where(SubscriptionRow.id == subscription.key).execute()
    SuspensionRow.delete().where(SuspensionRow.subscription == subscription.key).execute()
    for suspension in subscription.suspensions:
        SuspensionRow.insert(
            subscription=subscription.key, start_date=suspension.start, end_date=suspension.end
        ).execute()


def update_wholesale_billed(subscription: Subscription, reseller_plan: Plan) -> None:
    """Write how far the wholesale side has been billed, and when it is due next."""
    SubscriptionRow.update(
        wholesale_billed_until=subscription.wholesale_billed_until,
        wholesale_due_date=next_wholesale_due(subscription, reseller_plan),
    ).where(SubscriptionRow.id == subscription.key).execute()


def update_retail_billed(subscription: Subscription, account_plan: Plan) -> None:
    """Write how far the retail side has been billed and settled, and when it is due next."""
    SubscriptionRow.update(
        retail_billed_until=subscription.retail_billed_until,
        retail_settled_until=subscription.retail_settled_until,
        retail_due_date=next_retail_due(subscription, account_plan),
    ).where(SubscriptionRow.id == subscription.key).execute()


def list_subscriptions(
    parent: str, product: str, state: SubscriptionState | None, today: date, after: int, limit: int
) -> list[Subscription]:
    """Give subscriptions after a key, of a reseller, a customer or an account, or of all."""
    where: list[Expression] = [SubscriptionRow.id > after, *under(parent)]
    if product:
        where.append(ProductRow.name == product)
    if state:
        where.append(_in_state(state, today))
    return _select(*where, limit=limit)


def suspensions_of(keys: Iterable[int]) -> dict[int, tuple[Suspension, ...]]:
    """Give the suspensions of subscriptions, in order, by the store's keys."""
    found: dict[int, tuple[Suspension, ...]] = {}
    rows = SuspensionRow.select().where(SuspensionRow.subscription.in_(list(keys))).order_by(SuspensionRow.start_date)
    for row in rows:
        suspensions = found.get(row.subscription_id, ())
        found[row.subscription_id] = (*suspensions, Suspension(row.start_date, row.end_date))
    return found


def _in_state(state: SubscriptionState, today: date) -> Expression:
    row: Any = SubscriptionRow
    open_today = row.end_date.is_null() | (row.end_date > today)
    suspended = fn.EXISTS(
        SuspensionRow.select(SuspensionRow.id).where(
            SuspensionRow.subscription == row.id,
            SuspensionRow.start_date <= today,
            SuspensionRow.end_date.is_null() | (SuspensionRow.end_date > today),
        )
    )
    conditions: dict[SubscriptionState, Expression] = {
        SubscriptionState.CLOSED: row.end_date <= today,
        SubscriptionState.PENDING: open_today & (row.start_date > today),
        SubscriptionState.SUSPENDED: open_today & (row.start_date <= today) & suspended,
        SubscriptionState.ACTIVE: open_today & (row.start_date <= today) & ~suspended,
    }
    return conditions[state]


def _select(*where: Expression, limit: int | None = None) -> list[Subscription]:
    query = (
        SubscriptionRow.select(
            SubscriptionRow,
            ProductRow.name,
            _AccountPlan.name.alias("account_plan_name"),
            _ResellerPlan.name.alias("reseller_plan_name"),
        )
        .join(ProductRow)
        .join_from(SubscriptionRow, ResellerRow)
        .join_from(SubscriptionRow, CustomerRow)
        .join_from(SubscriptionRow, AccountRow)
        .join_from(SubscriptionRow, _AccountPlan, on=(SubscriptionRow.account_plan == _AccountPlan.id))
        .join_from(SubscriptionRow, _ResellerPlan, on=(SubscriptionRow.reseller_plan == _ResellerPlan.id))
        .where(*where)
    )
    # A joined row has attributes that its table does not declare.
    rows: list[Any] = list(query.order_by(SubscriptionRow.id).limit(limit))
    suspensions = suspensions_of([row.id for row in rows])
    return [
        subscription_value(
            row,
            row.product.name,
            row.account_plan.account_plan_name,
            row.reseller_plan.reseller_plan_name,
            suspensions.get(row.id, ()),
        )
        for row in rows
    ]


def subscription_value(
    row: SubscriptionRow, product: str, account_plan: str, reseller_plan: str, suspensions: tuple[Suspension, ...]
) -> Subscription:
    """Make the value of a row and the names that belong to it."""
    return Subscription(
        name=row.name,
        product=product,
        account_plan=account_plan,
        reseller_plan=reseller_plan,
        start=row.start_date,
        wholesale_billed_until=row.wholesale_billed_until,
        retail_billed_until=row.retail_billed_until,
        retail_settled_until=row.retail_settled_until,
        end=row.end_date,
        wholesale_end=row.wholesale_end_date,
        suspensions=suspensions,
        create_time=row.create_time,
        update_time=row.update_time,
        key=row.id,
    )


def _columns(subscription: Subscription, account_plan: Plan, reseller_plan: Plan) -> dict[str, object]:
    return {
        "end_date": subscription.end,
        "wholesale_end_date": subscription.wholesale_end,
        "wholesale_billed_until": subscription.wholesale_billed_until,
        "retail_billed_until": subscription.retail_billed_until,
        "retail_settled_until": subscription.retail_settled_until,
        "wholesale_due_date": next_wholesale_due(subscription, reseller_plan),
        "retail_due_date": next_retail_due(subscription, account_plan),
    }
