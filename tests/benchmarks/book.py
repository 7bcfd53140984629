"""A book of one product and many accounts, made through the services in one transaction for each thousand."""

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

ADMIN = Caller(Role.ADMIN)
START = date(2026, 1, 1)
AT_ONCE = 1_000
RESELLERS = 10


def fill(deployment: Deployment, subscriptions: int) -> None:
    """Make ten resellers with so many accounts in all, a1 and on, each with gold since January."""
    with deployment.store.write():
        _make_product(deployment)
        for number in range(RESELLERS):
            create_reseller(deployment, Party(f"resellers/r{number}"))
            create_customer(deployment, ADMIN, Party(f"resellers/r{number}/customers/c1"))
    for first in range(0, subscriptions, AT_ONCE):
        with deployment.store.write():
            for number in range(first, min(first + AT_ONCE, subscriptions)):
                account = f"resellers/r{number % RESELLERS}/customers/c1/accounts/a{number + 1}"
                create_account(deployment, ADMIN, Party(account))
                assign_product(deployment, ADMIN, f"{account}/subscriptions/s1", "products/gold", START)


def _make_product(deployment: Deployment) -> None:
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
