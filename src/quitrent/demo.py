"""The demo: the provider's case on a server and a database of its own, through the real stubs.

A provider takes 10 USD a month for every account on a package and recommends 20. Its resellers
sell at that price, above it, below their cost, and to an account that is suspended throughout. The
fee is the same for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import grpc
from google.type.date_pb2 import Date
from google.type.decimal_pb2 import Decimal
from google.type.money_pb2 import Money

from quitrent.domain.money import MICROS, units_text
from quitrent.hooks.discovery import PluginsSettings, installed_plugins
from quitrent.report import print_table
from quitrent.server import Server, build_deployment
from quitrent.services.deployment import Deployment
from quitrent.services.keys import create_first_key
from quitrent.settings import Settings
from quitrent.v1 import billing_service_pb2 as billing
from quitrent.v1 import catalog_service_pb2 as catalog
from quitrent.v1.billing_service_pb2_grpc import BillingServiceStub
from quitrent.v1.catalog_service_pb2_grpc import CatalogServiceStub
from quitrent.v1.charge_pb2 import SIDE_WHOLESALE
from quitrent.v1.party_pb2 import Account, Customer, Reseller
from quitrent.v1.plan_pb2 import PART_CHARGE_WHOLE, PLAN_KIND_ACCOUNT, PLAN_KIND_RESELLER, Plan
from quitrent.v1.plan_pb2 import SUSPENSION_POLICY_CREDIT_DAYS as CREDIT_DAYS
from quitrent.v1.price_rule_pb2 import PriceRule, RetailPrice
from quitrent.v1.product_pb2 import PRODUCT_KIND_MAIN, Product
from quitrent.v1.subscription_pb2 import Subscription

START = Date(year=2026, month=1, day=1)
THROUGH = Date(year=2026, month=3, day=31)
MONTHS = [Date(year=2026, month=month) for month in (1, 2, 3)]

MARKUP = "markup"


@dataclass(frozen=True, slots=True)
class Case:
    """One reseller's way to sell, and what is told of it."""

    reseller: str
    told: str
    price: RetailPrice | None = None
    accounts: tuple[str, ...] = ("a1",)
    product: str = "gold"
    suspended: bool = False
    needs_plugin: bool = False


CASES = (
    Case("recommends", "recommended price"),
    Case("marks-up", "rule: 25 % more", RetailPrice(percent=Decimal(value="25"))),
    Case("enters", "rule: fixed 8.00", RetailPrice(fixed=Money(currency_code="USD", units=8))),
    Case("sleeps", "suspended throughout", suspended=True),
    Case("other", "silver, not gold", product="silver"),
    Case("twice", "two accounts", accounts=("a1", "a2")),
    Case("plugged", "plugin: 10 % more", needs_plugin=True),
)


@dataclass(frozen=True, slots=True)
class Client:
    """The two stubs, the metadata that shows the key, and the deployment that answers."""

    catalog: CatalogServiceStub
    billing: BillingServiceStub
    key: tuple[tuple[str, str], ...]
    deployment: Deployment


def play() -> None:
    """Play the case and print every reseller's statement, and what the provider receives."""
    has_plugin = any(plugin.name == MARKUP for plugin in installed_plugins())
    cases = [case for case in CASES if has_plugin or not case.needs_plugin]
    with TemporaryDirectory() as folder, served(Path(folder), has_plugin=has_plugin) as client:
        click.echo("Gold: the provider takes 10.00 USD a month for each account,")
        click.echo("and recommends a retail price of 20.00 USD.\n")
        _set_up(client)
        for case in cases:
            _sell(client, case)
        bill(client, THROUGH)
        _print_statements(client, cases)
        _print_provider(client)
    if not has_plugin:
        click.echo("The plugin markup is not installed, so the reseller 'plugged' was left out.")


@contextmanager
def served(folder: Path, *, has_plugin: bool = False) -> Iterator[Client]:
    """Serve from a new database, and give who calls it."""
    settings = Settings(
        database_url=f"sqlite:///{folder}/demo.db",
        listen="localhost:0",
        plugins=PluginsSettings({MARKUP: {"resellers": {"resellers/plugged": "10"}}} if has_plugin else {}),
    )
    server = Server(settings, build_deployment(settings))
    key = create_first_key(server.deployment)
    server.start()
    try:
        with grpc.insecure_channel(f"localhost:{server.port}") as channel:
            metadata = (("authorization", f"Bearer {key}"),)
            yield Client(CatalogServiceStub(channel), BillingServiceStub(channel), metadata, server.deployment)
    finally:
        server.stop()


def _set_up(client: Client) -> None:
    """Make the package gold, and silver, which one reseller sells in its place."""
    for product, fee, price in (("gold", 10, 20), ("silver", 5, 9)):
        fee_plan = Plan(
            kind=PLAN_KIND_RESELLER,
            fee=Money(currency_code="USD", units=fee),
            applied_more_than_once=True,
            first_part=PART_CHARGE_WHOLE,
            last_part=PART_CHARGE_WHOLE,
        )
        price_plan = Plan(
            kind=PLAN_KIND_ACCOUNT,
            fee=Money(currency_code="USD", units=price),
            shared_with_resellers=True,
            suspension=CREDIT_DAYS,
            first_part=PART_CHARGE_WHOLE,
            last_part=PART_CHARGE_WHOLE,
        )
        for plan_id, plan in ((f"{product}-fee", fee_plan), (f"{product}-price", price_plan)):
            client.catalog.CreatePlan(catalog.CreatePlanRequest(plan_id=plan_id, plan=plan), metadata=client.key)
        made = Product(
            kind=PRODUCT_KIND_MAIN,
            shared_with_resellers=True,
            account_plan=f"plans/{product}-price",
            reseller_plan=f"plans/{product}-fee",
        )
        client.catalog.CreateProduct(
            catalog.CreateProductRequest(product_id=product, product=made), metadata=client.key
        )


def _sell(client: Client, case: Case) -> None:
    """Make a reseller with its customer, accounts, price and subscriptions."""
    reseller, customer = f"resellers/{case.reseller}", f"resellers/{case.reseller}/customers/c1"
    stub, key = client.billing, client.key
    stub.CreateReseller(billing.CreateResellerRequest(reseller_id=case.reseller, reseller=Reseller()), metadata=key)
    stub.CreateCustomer(
        billing.CreateCustomerRequest(parent=reseller, customer_id="c1", customer=Customer()), metadata=key
    )
    if case.price:
        rule = PriceRule(product=f"products/{case.product}", price=case.price, effective_date=START)
        client.catalog.CreatePriceRule(catalog.CreatePriceRuleRequest(parent=reseller, price_rule=rule), metadata=key)
    for account in case.accounts:
        stub.CreateAccount(
            billing.CreateAccountRequest(parent=customer, account_id=account, account=Account()), metadata=key
        )
        made = stub.CreateSubscription(
            billing.CreateSubscriptionRequest(
                parent=f"{customer}/accounts/{account}",
                subscription_id="s1",
                subscription=Subscription(product=f"products/{case.product}", start_date=START),
            ),
            metadata=key,
        )
        if case.suspended:
            stub.SuspendSubscription(
                billing.SuspendSubscriptionRequest(name=made.subscription.name, start_date=START), metadata=key
            )


def bill(client: Client, through: Date) -> None:
    """Bill through a day, and wait for the end."""
    started = client.billing.StartBillingRun(billing.StartBillingRunRequest(through_date=through), metadata=client.key)
    watching = billing.WatchBillingRunRequest(name=started.billing_run.name)
    for seen in client.billing.WatchBillingRun(watching, metadata=client.key):
        if seen.billing_run.failure:
            raise RuntimeError(seen.billing_run.failure)


def _print_statements(client: Client, cases: Sequence[Case]) -> None:
    rows = []
    for case in cases:
        for month in MONTHS:
            request = billing.GetStatementRequest(reseller=f"resellers/{case.reseller}", month=month)
            [total] = client.billing.GetStatement(request, metadata=client.key).statement.totals
            first = month is MONTHS[0]
            rows.append(
                (
                    case.reseller if first else "",
                    case.told if first else "",
                    f"{month.year}-{month.month:02d}",
                    _text(total.wholesale_due),
                    _text(total.retail_billed),
                    _text(total.margin),
                )
            )
    numbers = ("owes", "bills", "margin")
    columns = ("reseller", "how it sells", "month", *numbers)
    print_table("Statements in USD, billed through 2026-03-31", columns, rows, right=numbers)
    click.echo("For March 'sleeps' has no credit yet: it is due on 2026-04-01.\n")


def _print_provider(client: Client) -> None:
    sums: dict[str, list[int]] = {}
    request = billing.ListChargesRequest(side=SIDE_WHOLESALE, page_size=1000)
    for charge in client.billing.ListCharges(request, metadata=client.key).charges:
        sums.setdefault(charge.product, []).append(_micros(charge.amount))
    rows = [
        (product.removeprefix("products/"), str(len(fees)), units_text(sum(fees), "USD"))
        for product, fees in sorted(sums.items())
    ]
    print_table("The provider receives, in USD", ("product", "fees", "total"), rows, right=("fees", "total"))


def _text(money: Money) -> str:
    return units_text(_micros(money), money.currency_code)


def _micros(money: Money) -> int:
    return int(money.units) * MICROS + int(money.nanos) // 1000
