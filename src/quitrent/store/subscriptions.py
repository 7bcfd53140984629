"""Subscriptions with their suspensions: rows to values and back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from peewee import JOIN, Expression, fn

from quitrent.domain.continuation import Assignment
from quitrent.domain.due import next_due
from quitrent.domain.party import parent_of
from quitrent.domain.plan import Plan
from quitrent.domain.retail_bill import next_retail_due
from quitrent.domain.subscription import Subscription, SubscriptionState, Suspension
from quitrent.store.plans import plans_by_key
from quitrent.store.products import products_by_key
from quitrent.store.scope import under
from quitrent.store.subscription_rows import billed_columns, subscription_columns, subscription_value
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
_Replaced = SubscriptionRow.alias()


def find_subscription(name: str) -> Subscription | None:
    """Give a subscription by its name."""
    found = _select(SubscriptionRow.name == name)
    return found[0] if found else None


def assignments_of_account(account: str) -> list[Assignment]:
    """Give an account's subscriptions, each with its product and its plans."""
    rows = list(SubscriptionRow.select().join(AccountRow).where(AccountRow.name == account))
    values = {value.key: value for value in _select(SubscriptionRow.id.in_([row.id for row in rows]))}
    products = products_by_key({row.product_id for row in rows})
    plans = plans_by_key({row.account_plan_id for row in rows} | {row.reseller_plan_id for row in rows})
    return [
        Assignment(values[row.id], products[row.product_id], plans[row.account_plan_id], plans[row.reseller_plan_id])
        for row in rows
    ]


def replacement_of(subscription: Subscription) -> Subscription | None:
    """Give the subscription that another one's product was changed to last."""
    found = _select(SubscriptionRow.replaces == subscription.key)
    return found[-1] if found else None


def insert_subscription(subscription: Subscription, account_plan: Plan, reseller_plan: Plan, now: datetime) -> None:
    """Write a new subscription of the account that its name tells."""
    account = AccountRow.get(AccountRow.name == parent_of(subscription.name))
    SubscriptionRow.insert(
        **subscription_columns(subscription, account_plan, reseller_plan),
        name=subscription.name,
        reseller=account.reseller_id,
        customer=account.customer_id,
        account=account.id,
        product=ProductRow.get(ProductRow.name == subscription.product).id,
        account_plan=account_plan.key,
        reseller_plan=reseller_plan.key,
        replaces=_key(subscription.replaces),
        start_date=subscription.start,
        create_time=now,
        update_time=now,
    ).execute()


def update_subscription(subscription: Subscription, account_plan: Plan, reseller_plan: Plan, now: datetime) -> None:
    """Write a subscription's new dates and suspensions."""
    columns = subscription_columns(subscription, account_plan, reseller_plan)
    SubscriptionRow.update(**columns, update_time=now).where(SubscriptionRow.id == subscription.key).execute()
    SuspensionRow.delete().where(SuspensionRow.subscription == subscription.key).execute()
    for suspension in subscription.suspensions:
        SuspensionRow.insert(
            subscription=subscription.key,
            start_date=suspension.start,
            end_date=suspension.end,
            paused_days=suspension.paused_days,
            carried_out=suspension.carried_out,
        ).execute()


def update_wholesale_billed(subscription: Subscription, reseller_plan: Plan) -> None:
    """Write how far the wholesale side has been billed, and when it is due next."""
    side = subscription.wholesale
    SubscriptionRow.update(
        **billed_columns("wholesale", side),
        wholesale_due_date=next_due(side, reseller_plan, subscription.start),
    ).where(SubscriptionRow.id == subscription.key).execute()


def update_retail_billed(subscription: Subscription, account_plan: Plan) -> None:
    """Write how far the retail side has been billed and settled, and when it is due next."""
    side = subscription.retail
    SubscriptionRow.update(
        **billed_columns("retail", side),
        retail_due_date=next_retail_due(subscription, account_plan),
    ).where(SubscriptionRow.id == subscription.key).execute()


def update_carried_out(subscription: Subscription) -> None:
    """Write which choices of its resumes have been carried out."""
    starts = [suspension.start for suspension in subscription.suspensions if suspension.carried_out]
    row = SuspensionRow
    row.update(carried_out=True).where(row.subscription == subscription.key, row.start_date.in_(starts)).execute()


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
        suspension = Suspension(row.start_date, row.end_date, row.paused_days, row.carried_out)
        found[row.subscription_id] = (*suspensions, suspension)
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
            _Replaced.id,
            _Replaced.name.alias("replaced_name"),
        )
        .join(ProductRow)
        .join_from(SubscriptionRow, ResellerRow)
        .join_from(SubscriptionRow, CustomerRow)
        .join_from(SubscriptionRow, AccountRow)
        .join_from(SubscriptionRow, _AccountPlan, on=(SubscriptionRow.account_plan == _AccountPlan.id))
        .join_from(SubscriptionRow, _ResellerPlan, on=(SubscriptionRow.reseller_plan == _ResellerPlan.id))
        .join_from(SubscriptionRow, _Replaced, JOIN.LEFT_OUTER, on=(SubscriptionRow.replaces == _Replaced.id))
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
            row.replaces.replaced_name if row.replaces_id else "",
        )
        for row in rows
    ]


def _key(name: str) -> int | None:
    return int(SubscriptionRow.get(SubscriptionRow.name == name).id) if name else None
