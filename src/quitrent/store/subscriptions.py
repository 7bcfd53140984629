"""Subscriptions with their suspensions: rows to values and back."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from peewee import JOIN, Expression, fn

from quitrent.domain.plan import Plan
from quitrent.domain.subscription import Subscription, SubscriptionState, Suspension
from quitrent.store.kept import Query, among, fetched, given, kept
from quitrent.store.scope import under
from quitrent.store.subscription_rows import (
    retail_columns,
    side_columns,
    subscription_columns,
    subscription_value,
    wholesale_columns,
    with_sides,
)
from quitrent.store.tables import (
    AccountRow,
    CustomerRow,
    PlanRow,
    ProductRow,
    ResellerRow,
    RetailSideRow,
    SubscriptionRow,
    SuspensionRow,
    WholesaleSideRow,
)
from quitrent.store.writing import Block, Columns, insert_all, update_all, update_blocks

_AccountPlan = PlanRow.alias()
_ResellerPlan = PlanRow.alias()
_Replaced = SubscriptionRow.alias()


def find_subscription(name: str) -> Subscription | None:
    """Give a subscription by its name."""
    found = _subscriptions(_by_name.rows(name=name))
    return found[0] if found else None


def replacement_of(subscription: Subscription) -> Subscription | None:
    """Give the subscription that another one's product was changed to last."""
    found = _subscriptions(_by_replaced.rows(key=subscription.key))
    return found[-1] if found else None


def update_subscription(subscription: Subscription, account_plan: Plan, reseller_plan: Plan, now: datetime) -> None:
    """Write a subscription's new dates and suspensions."""
    update_all(SubscriptionRow, [{"id": subscription.key, **subscription_columns(subscription), "update_time": now}])
    update_wholesale_billed([(subscription, reseller_plan, [subscription.key])])
    update_retail_billed([(subscription, account_plan, [subscription.key])])
    SuspensionRow.delete().where(SuspensionRow.subscription == subscription.key).execute()
    suspensions = [
        {
            "subscription": subscription.key,
            "start_date": suspension.start,
            "end_date": suspension.end,
            "paused_days": suspension.paused_days,
            "carried_out": suspension.carried_out,
        }
        for suspension in subscription.suspensions
    ]
    insert_all(SuspensionRow, suspensions)


def update_wholesale_billed(billed: Iterable[tuple[Subscription, Plan, Collection[int]]]) -> None:
    """Write how far wholesale sides have been billed on a reseller plan, and when they are due next.

    billed: one subscription of some that are alike, its plan, and the keys of all of them.
    """
    update_blocks(WholesaleSideRow, [_of_keys(keys, wholesale_columns(one, plan)) for one, plan, keys in billed])


def update_retail_billed(billed: Iterable[tuple[Subscription, Plan, Collection[int]]]) -> None:
    """Write how far retail sides have been billed on an account plan, and when they are due next; as above."""
    update_blocks(RetailSideRow, [_of_keys(keys, retail_columns(one, plan)) for one, plan, keys in billed])


def _of_keys(keys: Collection[int], columns: Columns) -> Block:
    return Block(("id",), [(key,) for key in keys], columns)


def update_carried_out(subscriptions: Iterable[Subscription]) -> None:
    """Write which choices of the resumes of subscriptions have been carried out."""
    rows = [
        {"carried_out": True, "subscription": subscription.key, "start_date": suspension.start}
        for subscription in subscriptions
        for suspension in subscription.suspensions
        if suspension.carried_out
    ]
    update_all(SuspensionRow, rows, by=("subscription", "start_date"))


def list_subscriptions(
    parent: str, product: str, state: SubscriptionState | None, today: date, after: int, limit: int
) -> list[Subscription]:
    """Give subscriptions after a key, of a reseller, a customer or an account, or of all."""
    where: list[Expression] = [SubscriptionRow.id > after, *under(parent)]
    if product:
        where.append(ProductRow.name == product)
    if state:
        where.append(_in_state(state, today))
    return _subscriptions(fetched(_query().where(*where).limit(limit)))


def names_of(keys: Collection[int]) -> dict[int, str]:
    """Give the names of subscriptions by the store's keys."""
    return {row.id: row.name for row in _names.rows(keys=keys)} if keys else {}


def suspensions_of(keys: Collection[int]) -> dict[int, tuple[Suspension, ...]]:
    """Give the suspensions of subscriptions, in order, by the store's keys."""
    found: dict[int, tuple[Suspension, ...]] = {}
    for row in _suspensions.rows(keys=keys):
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


@kept
def _by_name() -> Query:
    return _query().where(SubscriptionRow.name == given("name"))


@kept
def _by_replaced() -> Query:
    return _query().where(SubscriptionRow.replaces == given("key"))


@kept
def _names() -> Query:
    return SubscriptionRow.select(SubscriptionRow.id, SubscriptionRow.name).where(among(SubscriptionRow.id, "keys"))


@kept
def _suspensions() -> Query:
    row = SuspensionRow
    return row.select().where(among(row.subscription, "keys")).order_by(row.start_date)


def _query() -> Query:
    query = (
        SubscriptionRow.select(
            SubscriptionRow,
            *side_columns(),
            ProductRow.name.alias("product_name"),
            _AccountPlan.name.alias("account_plan_name"),
            _ResellerPlan.name.alias("reseller_plan_name"),
            _Replaced.name.alias("replaced_name"),
        )
        .join(ProductRow)
        .join_from(SubscriptionRow, ResellerRow)
        .join_from(SubscriptionRow, CustomerRow)
        .join_from(SubscriptionRow, AccountRow)
        .join_from(SubscriptionRow, _AccountPlan, on=(SubscriptionRow.account_plan == _AccountPlan.id))
        .join_from(SubscriptionRow, _ResellerPlan, on=(SubscriptionRow.reseller_plan == _ResellerPlan.id))
        .join_from(SubscriptionRow, _Replaced, JOIN.LEFT_OUTER, on=(SubscriptionRow.replaces == _Replaced.id))
        .order_by(SubscriptionRow.id)
    )
    return with_sides(query)


def _subscriptions(rows: list[Any]) -> list[Subscription]:
    suspensions = suspensions_of([row.id for row in rows]) if rows else {}
    return [
        subscription_value(
            row,
            row.product_name,
            row.account_plan_name,
            row.reseller_plan_name,
            suspensions.get(row.id, ()),
            row.replaced_name or "",
        )
        for row in rows
    ]
