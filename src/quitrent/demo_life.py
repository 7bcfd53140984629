"""The demo of one subscription's life: promoted, suspended, repriced, changed to another product, and closed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from google.type.date_pb2 import Date
from google.type.money_pb2 import Money

from quitrent.demo import Client, bill, served
from quitrent.report import print_timeline
from quitrent.services.caller import Caller, Role
from quitrent.services.timelines import timeline_of
from quitrent.v1 import billing_service_pb2 as billing
from quitrent.v1 import catalog_service_pb2 as catalog
from quitrent.v1.party_pb2 import Account, Customer, Reseller
from quitrent.v1.plan_pb2 import PLAN_KIND_ACCOUNT, PLAN_KIND_RESELLER, FeeChange, Plan, Promotion
from quitrent.v1.product_pb2 import PRODUCT_KIND_MAIN, Product
from quitrent.v1.subscription_pb2 import PAUSED_DAYS_CREDIT, Subscription

ACCOUNT = "resellers/acme/customers/c1/accounts/a1"
NAME = f"{ACCOUNT}/subscriptions/s1"


def play_life() -> None:
    """Play one subscription's life month by month, and print it as a timeline."""
    with TemporaryDirectory() as folder, served(Path(folder)) as client:
        click.echo("Gold: 10.00 USD a month to the provider, 20.00 recommended; the first two months are sold at 5.00,")
        click.echo("and activation costs 15.00. Silver: 4.00 and 9.00. The reseller sells as recommended.\n")
        _set_up(client)
        _live(client)
        title = "One subscription, billed month by month"
        print_timeline(title, timeline_of(client.deployment, Caller(Role.ADMIN), NAME))


def _set_up(client: Client) -> None:
    _make_product(client, "gold", 10, Plan(
        fee=_usd(20), promotions=[Promotion(period_count=2, fee=_usd(5))], activation_fee=_usd(15)
    ))  # fmt: skip
    _make_product(client, "silver", 4, Plan(fee=_usd(9)))
    parties, key = client.billing, client.key
    parties.CreateReseller(billing.CreateResellerRequest(reseller_id="acme", reseller=Reseller()), metadata=key)
    customer = billing.CreateCustomerRequest(parent="resellers/acme", customer_id="c1", customer=Customer())
    parties.CreateCustomer(customer, metadata=key)
    account = billing.CreateAccountRequest(parent="resellers/acme/customers/c1", account_id="a1", account=Account())
    parties.CreateAccount(account, metadata=key)


def _make_product(client: Client, name: str, fee: int, price: Plan) -> None:
    price.kind, price.shared_with_resellers = PLAN_KIND_ACCOUNT, True
    plans = {
        f"{name}-fee": Plan(kind=PLAN_KIND_RESELLER, applied_more_than_once=True, fee=_usd(fee)),
        f"{name}-price": price,
    }
    for plan_id, plan in plans.items():
        client.catalog.CreatePlan(catalog.CreatePlanRequest(plan_id=plan_id, plan=plan), metadata=client.key)
    product = Product(
        kind=PRODUCT_KIND_MAIN,
        shared_with_resellers=True,
        account_plan=f"plans/{name}-price",
        reseller_plan=f"plans/{name}-fee",
    )
    client.catalog.CreateProduct(catalog.CreateProductRequest(product_id=name, product=product), metadata=client.key)


def _live(client: Client) -> None:
    subscriptions, key = client.billing, client.key
    made = Subscription(product="products/gold", start_date=_day("2026-01-12"))
    subscriptions.CreateSubscription(
        billing.CreateSubscriptionRequest(parent=ACCOUNT, subscription_id="s1", subscription=made), metadata=key
    )
    _bill_until(client, "2026-03-01")
    subscriptions.SuspendSubscription(
        billing.SuspendSubscriptionRequest(name=NAME, start_date=_day("2026-03-11")), metadata=key
    )
    _change_fee(client, "plans/gold-price", "2026-05-01", 22)
    _change_fee(client, "plans/gold-fee", "2026-05-01", 11)
    _bill_until(client, "2026-04-01")
    resumed = billing.ResumeSubscriptionRequest(
        name=NAME, resume_date=_day("2026-04-06"), paused_days=PAUSED_DAYS_CREDIT
    )
    subscriptions.ResumeSubscription(resumed, metadata=key)
    _bill_until(client, "2026-05-01")
    change = billing.ChangeSubscriptionProductRequest(
        name=NAME,
        product="products/silver",
        change_date=_day("2026-05-16"),
        timing=billing.PRODUCT_CHANGE_TIMING_AT_ONCE,
        subscription_id="s2",
    )
    subscriptions.ChangeSubscriptionProduct(change, metadata=key)
    _bill_until(client, "2026-06-01")
    closed = billing.CloseSubscriptionRequest(name=f"{ACCOUNT}/subscriptions/s2", end_date=_day("2026-06-21"))
    subscriptions.CloseSubscription(closed, metadata=key)
    _bill_until(client, "2026-07-01")


def _bill_until(client: Client, day: str) -> None:
    bill(client, _day(day))


def _change_fee(client: Client, plan: str, day: str, units: int) -> None:
    change = FeeChange(effective_date=_day(day), fee=_usd(units))
    client.catalog.CreateFeeChange(catalog.CreateFeeChangeRequest(parent=plan, fee_change=change), metadata=client.key)


def _usd(units: int) -> Money:
    return Money(currency_code="USD", units=units)


def _day(text: str) -> Date:
    day = date.fromisoformat(text)
    return Date(year=day.year, month=day.month, day=day.day)
