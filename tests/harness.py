"""A real server on a port of its own with a fresh database, and callers who show their keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.type.date_pb2 import Date
from google.type.money_pb2 import Money
from grpc_status import rpc_status

from quitrent.hooks.manager import Plugins
from quitrent.server import SERVICES, Server, build_deployment
from quitrent.services.caller import Role
from quitrent.services.keys import create_key
from quitrent.settings import Settings
from quitrent.v1 import billing_service_pb2, catalog_service_pb2
from quitrent.v1.billing_service_pb2_grpc import BillingServiceStub
from quitrent.v1.catalog_service_pb2_grpc import CatalogServiceStub
from tests.databases import ON_POSTGRESQL, fresh_database

TODAY = date(2026, 4, 15)
GOLD = "products/gold"

_SERVICES: Sequence[Any] = list(SERVICES.values())


def day(text: str) -> Date:
    """`2026-01-31` as a message."""
    year, month, number = map(int, text.split("-"))
    return Date(year=year, month=month, day=number)


def month(text: str) -> Date:
    """`2026-01` as a message."""
    return Date(year=int(text[:4]), month=int(text[5:]))


def money(text: str, currency: str = "USD") -> Money:
    """`-20.50` as a message."""
    micros = int(Decimal(text) * 1_000_000)
    sign = -1 if micros < 0 else 1
    units, rest = divmod(abs(micros), 1_000_000)
    return Money(currency_code=currency, units=sign * units, nanos=sign * rest * 1000)


def text_of(amount: Money) -> str:
    """Money as text with two decimals: `-20.50`."""
    return f"{Decimal(amount.units) + Decimal(amount.nanos) / 1_000_000_000:.2f}"


def iso(date_message: Date) -> str:
    """A day as text."""
    return f"{date_message.year:04d}-{date_message.month:02d}-{date_message.day:02d}"


@dataclass(frozen=True)
class Refusal:
    """What a caller is told when a call fails."""

    code: str
    reason: str
    message: str
    fields: tuple[str, ...]
    metadata: Mapping[str, str]
    raw: bytes


class Caller:
    """Calls a server with a key: `caller.GetPlan(name="plans/gold")` gives the reply.

    A method that takes a stream is sent this one request.
    """

    def __init__(self, channel: grpc.Channel, key: str | None) -> None:
        self.key = key
        self.metadata = [("authorization", f"Bearer {key}")] if key else []
        self._stubs = {"CatalogService": CatalogServiceStub(channel), "BillingService": BillingServiceStub(channel)}

    def __getattr__(self, method: str) -> Any:
        if not any(method in found.methods_by_name for found in SERVICES.values()):
            raise AttributeError(method)
        request_type = message_type(method)
        if takes_stream(method):
            return lambda **fields: self.send(method, iter([request_type(**fields)]))
        return lambda **fields: self.send(method, request_type(**fields))

    def send(self, method: str, request: Any) -> Any:
        """Make a call with a request that is made already, or with a stream of them."""
        service = next(name for name, found in SERVICES.items() if method in found.methods_by_name)
        return getattr(self._stubs[service], method)(request, metadata=self.metadata, timeout=30)

    def stream(self, method: str, requests: Iterable[Mapping[str, Any]]) -> Any:
        """Make a call that takes a stream with requests of these fields; give the replies, or the one to come."""
        [service] = [name for name, found in SERVICES.items() if method in found.methods_by_name]
        call, request_type = getattr(self._stubs[service], method), message_type(method)
        begin = call if gives_stream(method) else call.future
        return begin((request_type(**fields) for fields in requests), metadata=self.metadata, timeout=60)

    def refusal(self, method: str, **fields: Any) -> Refusal:
        """Make a call that has to fail, and give what was said."""
        try:
            reply = getattr(self, method)(**fields)
            reply = list(reply) if gives_stream(method) else reply
        except grpc.RpcError as error:
            return refusal_of(error)
        raise AssertionError(f"{method} was not refused: {reply}")


def takes_stream(method: str) -> bool:
    """Whether a method takes many requests."""
    return any(method in one.methods_by_name and one.methods_by_name[method].client_streaming for one in _SERVICES)


def gives_stream(method: str) -> bool:
    """Whether a method gives many answers."""
    return any(method in one.methods_by_name and one.methods_by_name[method].server_streaming for one in _SERVICES)


def message_type(method: str) -> Any:
    """The type of a method's request."""
    module = catalog_service_pb2 if hasattr(catalog_service_pb2, f"{method}Request") else billing_service_pb2
    return getattr(module, f"{method}Request")


def refusal_of(error: Any) -> Refusal:
    """What an error of grpcio's tells."""
    status = rpc_status.from_call(error)
    assert status is not None, f"an error without details: {error}"
    info, bad = ErrorInfo(), BadRequest()
    for detail in status.details:
        detail.Unpack(info) or detail.Unpack(bad)
    return Refusal(
        code=error.code().name,
        reason=info.reason,
        message=error.details(),
        fields=tuple(violation.field for violation in bad.field_violations),
        metadata=dict(info.metadata),
        raw=status.SerializeToString(),
    )


@dataclass
class House:
    """A running server. `today` can be set; it is what the server takes for the day."""

    folder: Path
    plugins: Plugins = field(default_factory=Plugins)
    today: date = TODAY
    threads: int = 16
    on_postgresql: bool = ON_POSTGRESQL

    def __post_init__(self) -> None:
        url = fresh_database(self.folder, on_postgresql=self.on_postgresql)
        self.settings = Settings(database_url=url, listen="localhost:0", threads=self.threads, runs="server")
        self.deployment = build_deployment(self.settings, self.plugins, self._now)
        self._channels: list[grpc.Channel] = []
        self._open()

    def _now(self) -> datetime:
        return datetime(self.today.year, self.today.month, self.today.day, 12, tzinfo=UTC)

    def _open(self) -> None:
        self.server = Server(self.settings, self.deployment)
        self.server.start()
        self.address = f"localhost:{self.server.port}"
        if not hasattr(self, "_admin_key"):
            self._admin_key = create_key(self.deployment, Role.ADMIN)
        self.admin = self.caller(self._admin_key)

    def caller(self, key: str | None) -> Caller:
        """Someone who shows a key, or none."""
        channel = grpc.insecure_channel(self.address)
        self._channels.append(channel)
        return Caller(channel, key)

    def reseller(self, name: str) -> Caller:
        """Someone with a new key of a reseller, which has to exist."""
        return self.caller(create_key(self.deployment, Role.RESELLER, f"resellers/{name}"))

    def close(self) -> None:
        """Stop the server."""
        for channel in self._channels:
            channel.close()
        self._channels.clear()
        self.server.stop(grace_seconds=0)

    def use_plugins(self, plugins: Plugins) -> None:
        """Start the server again with other plugins, on the same database."""
        self.close()
        self.plugins = plugins
        self.deployment = build_deployment(self.settings, plugins, self._now)
        self._open()

    # What most tests need done.

    def make_plan(self, plan_id: str, kind: str, fee: str, **fields: Any) -> str:
        """Make a plan of the provider's (or of `managed_by`) and give its name."""
        plan: dict[str, Any] = {"kind": f"PLAN_KIND_{kind}", "fee": money(fee, fields.pop("currency", "USD")), **fields}
        if kind == "RESELLER":
            plan.setdefault("applied_more_than_once", True)
        elif not plan.get("managed_by"):
            plan.setdefault("shared_with_resellers", True)
        return str(self.admin.CreatePlan(plan_id=plan_id, plan=plan).plan.name)

    def make_product(
        self,
        product_id: str = "gold",
        fee: str = "10.00",
        price: str = "20.00",
        kind: str = "MAIN",
        wholesale: Mapping[str, Any] | None = None,
        retail: Mapping[str, Any] | None = None,
    ) -> str:
        """Make a shared product of the provider's with two plans of its own, and give its name."""
        reseller_plan = self.make_plan(f"{product_id}-fee", "RESELLER", fee, **(wholesale or {}))
        account_plan = self.make_plan(f"{product_id}-price", "ACCOUNT", price, **(retail or {}))
        product = {
            "kind": f"PRODUCT_KIND_{kind}",
            "shared_with_resellers": True,
            "account_plan": account_plan,
            "reseller_plan": reseller_plan,
        }
        return str(self.admin.CreateProduct(product_id=product_id, product=product).product.name)

    def make_account(self, reseller: str, account: str = "a1", customer: str = "c1") -> str:
        """Make an account, its customer and its reseller where they are missing, and give its name."""
        self.admin.CreateReseller(reseller_id=reseller, reseller={})
        parent = f"resellers/{reseller}"
        self.admin.CreateCustomer(parent=parent, customer_id=customer, customer={})
        made = self.admin.CreateAccount(parent=f"{parent}/customers/{customer}", account_id=account, account={})
        return str(made.account.name)

    def assign(self, account: str, start: str = "2026-01-01", product: str = GOLD, subscription: str = "s1") -> str:
        """Assign a product to an account and give the subscription's name."""
        made = self.admin.CreateSubscription(
            parent=account,
            subscription_id=subscription,
            subscription={"product": product, "start_date": day(start)},
        )
        return str(made.subscription.name)

    def bill(self, through: str) -> Any:
        """Bill through a day, wait for the end, and give the run; it has to succeed."""
        run = self.admin.StartBillingRun(through_date=day(through)).billing_run
        for seen in self.admin.WatchBillingRun(name=run.name):
            run = seen.billing_run
        assert not run.failure, run.failure
        return run

    def wait_until_told(self) -> None:
        """Wait until the plugins have been told of every run; the server does so after a run has ended."""
        wait_for(lambda: not any(one.untold_run_count for one in self.admin.ListPlugins().plugins))

    def charges(self, **wanted: Any) -> list[Any]:
        """Give all charges that fit, page by page."""
        found: list[Any] = []
        token = ""
        while True:
            page = self.admin.ListCharges(page_size=1000, page_token=token, **wanted)
            found += page.charges
            token = page.next_page_token
            if not token:
                return found

    def amounts(self, side: str, **wanted: Any) -> list[str]:
        """Give the amounts of a side's charges, in the order of their periods and reasons."""
        charges = self.charges(side=f"SIDE_{side}", **wanted)
        charges.sort(key=lambda charge: (charge.subscription, iso(charge.period_start), charge.reason))
        return [text_of(charge.amount) for charge in charges]


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is so, which another thread or process makes so."""
    until = monotonic() + 30
    while not condition():
        assert monotonic() < until, "it did not come true"
        sleep(0.01)


def identities(charges: Sequence[Any]) -> list[tuple[str, ...]]:
    """What charges are, without when and by which run they were made: to compare two books."""
    return sorted(
        (
            charge.name,
            iso(charge.period_end),
            iso(charge.due_date),
            charge.amount.currency_code,
            text_of(charge.amount),
            charge.explanation.SerializeToString(deterministic=True).hex(),
        )
        for charge in charges
    )
