"""A book of one product and many accounts: its first account made through the services, the others by SQL after it."""

from __future__ import annotations

from datetime import date

from quitrent.domain.money import Money
from quitrent.domain.party import Party
from quitrent.domain.plan import Plan, PlanKind
from quitrent.domain.product import Product, ProductKind
from quitrent.services.caller import Caller, Role
from quitrent.services.deployment import Deployment
from quitrent.services.parties import create_account, create_customer, create_reseller
from quitrent.services.plans import create_plan
from quitrent.services.products import create_product
from quitrent.services.subscriptions import assign_product
from quitrent.store.row import Row, current_database, has_arrays
from quitrent.store.tables import AccountRow, RetailSideRow, SideRow, SubscriptionRow, WholesaleSideRow

ADMIN = Caller(Role.ADMIN)
START = date(2026, 1, 1)
RESELLERS = 10

_OF_ACCOUNT = {
    "name": "account.name || '/subscriptions/s1'",
    "reseller_id": "account.reseller_id",
    "customer_id": "account.customer_id",
    "account_id": "account.id",
}


def fill(deployment: Deployment, subscriptions: int, resellers: int = RESELLERS) -> None:
    """Make resellers with so many accounts in all, a1 and on, each with gold since January."""
    with deployment.store.write():
        make_product(deployment)
        for number in range(resellers):
            create_reseller(deployment, Party(f"resellers/r{number}"))
            create_customer(deployment, ADMIN, Party(f"resellers/r{number}/customers/c1"))
        first = "resellers/r0/customers/c1/accounts/a1"
        create_account(deployment, ADMIN, Party(first))
        assign_product(deployment, ADMIN, f"{first}/subscriptions/s1", "products/gold", START)
    with deployment.store.write():
        current_database().execute_sql(_accounts_like_the_first(subscriptions, resellers))
        current_database().execute_sql(_subscriptions_like_the_first())
        for side in (WholesaleSideRow, RetailSideRow):
            current_database().execute_sql(_sides_like_the_first(side))
    with deployment.store.connection():
        # As it would be by itself in a book that has grown.
        current_database().execute_sql("ANALYZE")


def _accounts_like_the_first(accounts: int, resellers: int) -> str:
    number = "numbers.n - 1"
    reseller = f"({number}) - ({number}) / {resellers} * {resellers}"
    columns = _columns(AccountRow)
    values = {
        **{column: f"first.{column}" for column in columns},
        "name": "customer.name || '/accounts/a' || numbers.n",
        "reseller_id": "customer.reseller_id",
        "customer_id": "customer.id",
    }
    return (
        f"{_numbers(accounts)} INSERT INTO account ({', '.join(columns)}) "
        f"SELECT {', '.join(values[column] for column in columns)} FROM numbers "
        f"JOIN customer ON customer.name = 'resellers/r' || ({reseller}) || '/customers/c1' "
        "CROSS JOIN account AS first WHERE first.id = 1 AND numbers.n > 1 ORDER BY numbers.n"
    )


def _subscriptions_like_the_first() -> str:
    columns = _columns(SubscriptionRow)
    values = {column: _OF_ACCOUNT.get(column, f"first.{column}") for column in columns}
    return (
        f"INSERT INTO subscription ({', '.join(columns)}) SELECT {', '.join(values[column] for column in columns)} "
        "FROM account CROSS JOIN subscription AS first WHERE first.id = 1 AND account.id > 1 ORDER BY account.id"
    )


def _sides_like_the_first(side: type[SideRow]) -> str:
    name, columns = side._meta.table_name, _columns(side)
    return (
        f"INSERT INTO {name} (id, {', '.join(columns)}) "
        f"SELECT subscription.id, {', '.join(f'first.{column}' for column in columns)} "
        f"FROM subscription CROSS JOIN {name} AS first WHERE first.id = 1 AND subscription.id > 1 "
        "ORDER BY subscription.id"
    )


def _numbers(until: int) -> str:
    if has_arrays():
        return f"WITH numbers AS (SELECT n FROM generate_series(1, {until}) AS n)"
    return f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {until})"


def _columns(table: type[Row]) -> list[str]:
    return [field.column_name for field in table._meta.sorted_fields if field.column_name != "id"]


def make_product(deployment: Deployment) -> None:
    """Make gold with its two plans."""
    fee, price = Money(10_000_000, "USD"), Money(20_000_000, "USD")
    create_plan(deployment, ADMIN, Plan("plans/gold-fee", PlanKind.RESELLER, fee, applied_more_than_once=True))
    create_plan(deployment, ADMIN, Plan("plans/gold-price", PlanKind.ACCOUNT, price, shared_with_resellers=True))
    product = Product(
        name="products/gold",
        kind=ProductKind.MAIN,
        account_plan="plans/gold-price",
        reseller_plan="plans/gold-fee",
        shared_with_resellers=True,
    )
    create_product(deployment, ADMIN, product)
