"""Accounts with what is assigned to them: read by one query, and each new subscription written at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from peewee import JOIN

from quitrent.domain.continuation import Assignment
from quitrent.domain.subscription import Subscription
from quitrent.store.catalog import Catalog, catalog_of
from quitrent.store.kept import Query, among, given, kept
from quitrent.store.subscription_rows import (
    retail_columns,
    side_columns,
    subscription_columns,
    subscription_value,
    wholesale_columns,
    with_sides,
)
from quitrent.store.subscriptions import suspensions_of
from quitrent.store.tables import AccountRow, CatalogVersionRow, RetailSideRow, SubscriptionRow, WholesaleSideRow
from quitrent.store.writing import insert_with

_Replaced = SubscriptionRow.alias()


@dataclass(frozen=True, slots=True)
class AssignedAccount:
    """An account's subscriptions, in the order in which they were made, and the store's keys of whose it is.

    `catalog` is the one that was read with it.
    """

    key: int
    customer_key: int
    reseller_key: int
    assignments: Sequence[Assignment]
    catalog: Catalog


def assigned_account(name: str) -> AssignedAccount | None:
    """Give what is assigned to an account, by its name; None where there is no such account."""
    return _accounts(_by_name.rows(name=name)).get(name)


def assigned_accounts(names: Collection[str]) -> dict[str, AssignedAccount]:
    """Give what is assigned to accounts, by their names; accounts that there are not are left out."""
    return _accounts(_by_names.rows(names=names))


def assignments_of_account(name: str) -> Sequence[Assignment]:
    """Give an account's subscriptions, each with its product and its plans."""
    account = assigned_account(name)
    return () if account is None else account.assignments


def insert_assignment(
    account: AssignedAccount, new: Assignment, now: datetime, replaces: int | None = None
) -> Subscription:
    """Write a new subscription of an account; give it as it is stored.

    replaces: the store's key of the subscription that it replaces.
    """
    subscription = new.subscription
    columns = {
        **assignment_columns(new, now),
        "reseller": account.reseller_key,
        "customer": account.customer_key,
        "account": account.key,
        "replaces": replaces,
    }
    key = insert_with(
        (SubscriptionRow, columns),
        (WholesaleSideRow, wholesale_columns(subscription, new.reseller_plan)),
        (RetailSideRow, retail_columns(subscription, new.account_plan)),
    )
    return replace(subscription, create_time=now, update_time=now, key=key)


def assignment_columns(new: Assignment, now: datetime) -> dict[str, object]:
    """Give the columns of a new subscription, but for whose it is."""
    return {
        **subscription_columns(new.subscription),
        "name": new.subscription.name,
        "product": new.product.key,
        "account_plan": new.account_plan.key,
        "reseller_plan": new.reseller_plan.key,
        "start_date": new.subscription.start,
        "create_time": now,
        "update_time": now,
    }


# PostgreSQL plans a query for one name once, and one for a list of them each time.
@kept
def _by_name() -> Query:
    return _query().where(AccountRow.name == given("name"))


@kept
def _by_names() -> Query:
    return _query().where(among(AccountRow.name, "names"))


def _query() -> Query:
    account, row = AccountRow, SubscriptionRow
    query = account.select(
        row,
        *side_columns(),
        account.id.alias("account_key"),
        account.name.alias("account_name"),
        account.customer.alias("account_customer"),
        account.reseller.alias("account_reseller"),
        CatalogVersionRow.version.alias("catalog_version"),
        _Replaced.name.alias("replaced_name"),
    ).join(row, JOIN.LEFT_OUTER, on=(row.account == account.id))
    return (
        with_sides(query, JOIN.LEFT_OUTER)
        .join_from(account, CatalogVersionRow, JOIN.CROSS)
        .join_from(row, _Replaced, JOIN.LEFT_OUTER, on=(row.replaces == _Replaced.id))
        .order_by(row.id)
    )


def _accounts(rows: list[Any]) -> dict[str, AssignedAccount]:
    if not rows:
        return {}
    catalog = catalog_of(rows[0].catalog_version)
    assigned = _assignments([row for row in rows if row.id is not None], catalog)
    return {
        row.account_name: AssignedAccount(
            row.account_key, row.account_customer, row.account_reseller, assigned.get(row.account_key, ()), catalog
        )
        for row in rows
    }


def _assignments(rows: Sequence[Any], catalog: Catalog) -> dict[int, list[Assignment]]:
    """Give the subscriptions of rows, by the keys of their accounts."""
    if not rows:
        return {}
    products = catalog.products({row.product_id for row in rows})
    plans = catalog.plans({key for row in rows for key in (row.account_plan_id, row.reseller_plan_id)})
    suspensions = suspensions_of([row.id for row in rows])
    found: dict[int, list[Assignment]] = {}
    for row in rows:
        product = products[row.product_id]
        account_plan, reseller_plan = plans[row.account_plan_id], plans[row.reseller_plan_id]
        names = product.name, account_plan.name, reseller_plan.name
        subscription = subscription_value(row, *names, suspensions.get(row.id, ()), row.replaced_name or "")
        assignment = Assignment(subscription, product, account_plan, reseller_plan)
        found.setdefault(row.account_key, []).append(assignment)
    return found
