"""A shop: the real services on a SQLite file of their own, in one process, for histories of many steps.

Its catalog has sixteen products: all sixteen kinds of a plan's calendar on the wholesale side, each
with another one on the retail side. Two resellers have two accounts each.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import product as combinations
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from threading import Event
from typing import NamedTuple, TypeVar

from quitrent.domain.billing_run import BillingRun, RunState
from quitrent.domain.calendar import PartCharge, PeriodBoundary, Timing
from quitrent.domain.charge import Charge, ChargeFilter, ChargeReason, ParkedCharge, Side
from quitrent.domain.errors import QuitrentError
from quitrent.domain.money import Money, Rounding
from quitrent.domain.party import Party, parent_of, reseller_of
from quitrent.domain.plan import Plan, PlanKind, SuspensionPolicy, UnusedDays
from quitrent.domain.price_rule import PriceBasis, PriceRule, RetailPrice
from quitrent.domain.product import Product, ProductKind
from quitrent.hooks.manager import Plugins
from quitrent.server import build_deployment
from quitrent.services import parties, plans, price_rules, products, subscriptions
from quitrent.services.billing import carry_out
from quitrent.services.books import PreviewBooks
from quitrent.services.caller import Caller, Role
from quitrent.services.charges import reverse_charge
from quitrent.services.deployment import Deployment
from quitrent.services.runs import ask_for_run, preview_run
from quitrent.settings import Settings
from quitrent.store.charges import list_charges
from quitrent.store.parked_charges import list_parked_charges
from tests.e2e.model import Life, ModelPlan
from tests.harness import TODAY

_Value = TypeVar("_Value")

ADMIN = Caller(Role.ADMIN)
RESELLERS = ("resellers/r1", "resellers/r2")
ACCOUNTS = tuple(f"{reseller}/customers/c1/accounts/{account}" for reseller in RESELLERS for account in ("a1", "a2"))
BOUNDARIES = (PeriodBoundary.CALENDAR, PeriodBoundary.ANNIVERSARY)
CALENDARS = list(combinations(BOUNDARIES, Timing, PartCharge, PartCharge))
PRODUCTS = tuple(f"products/p{number}" for number in range(len(CALENDARS)))
# In cents, by the number of the product; primes make every part of a month an odd amount.
FEES = (1000, 777, 1, 3333, 1009)
PRICES = (2000, 991, 0, 3, 1999, 10007)


def _money(cents: int) -> Money:
    return Money(cents * 10_000, "USD")


def wholesale_plan(number: int) -> Plan:
    """The reseller plan of a product."""
    boundary, timing, first_part, last_part = CALENDARS[number]
    return Plan(
        f"plans/w{number}",
        PlanKind.RESELLER,
        _money(FEES[number % len(FEES)]),
        applied_more_than_once=True,
        period_boundary=boundary,
        timing=timing,
        first_part=first_part,
        last_part=last_part,
    )


def retail_plan(number: int) -> Plan:
    """The account plan of a product: five places on in the list of calendars, so that no pair is like another."""
    boundary, timing, first_part, last_part = CALENDARS[(5 * number + 3) % len(CALENDARS)]
    return Plan(
        f"plans/r{number}",
        PlanKind.ACCOUNT,
        _money(PRICES[number % len(PRICES)]),
        shared_with_resellers=True,
        period_boundary=boundary,
        timing=timing,
        first_part=first_part,
        last_part=last_part,
        rounding=list(Rounding)[number % 3],
        suspension=list(SuspensionPolicy)[number // 2 % 2],
        unused_days=UnusedDays.CREDIT,
    )


def _now() -> datetime:
    return datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)


def _deployment(folder: Path, plugins: Plugins | None = None) -> Deployment:
    settings = Settings(database_url=f"sqlite:///{folder}/quitrent.db")
    return build_deployment(settings, plugins or Plugins(), _now)


@cache
def _template() -> Path:
    """The file of a shop in which nothing has been assigned yet, made once for all."""
    folder = Path(mkdtemp(prefix="quitrent-shop-"))
    deployment = _deployment(folder)
    with deployment.store.write():
        for name in RESELLERS:
            parties.create_reseller(deployment, Party(name))
            parties.create_customer(deployment, ADMIN, Party(f"{name}/customers/c1"))
        for name in ACCOUNTS:
            parties.create_account(deployment, ADMIN, Party(name))
        for number, name in enumerate(PRODUCTS):
            account_plan, reseller_plan = retail_plan(number), wholesale_plan(number)
            for plan in (account_plan, reseller_plan):
                plans.create_plan(deployment, ADMIN, plan)
            kind = ProductKind.ADD_ON if number % 5 else ProductKind.MAIN
            made = Product(name, kind, account_plan.name, reseller_plan.name, shared_with_resellers=True)
            products.create_product(deployment, ADMIN, made)
    return folder / "quitrent.db"


class _Billing(NamedTuple):
    """A run, and what was known then of the end of a subscription."""

    through: date
    end: date | None
    fees_end: date | None


@dataclass
class _Lived:
    """What has happened to a subscription."""

    number: int
    start: date
    end: date | None = None
    fees_end: date | None = None
    billings: list[_Billing] = field(default_factory=list)


class Shop:
    """Does what a caller may ask for, and keeps what the model has to know of it."""

    def __init__(self, plugins: Plugins | None = None) -> None:
        self._folder = TemporaryDirectory(prefix="quitrent-shop-")
        shutil.copy(_template(), Path(self._folder.name) / "quitrent.db")
        self.deployment = _deployment(Path(self._folder.name), plugins)
        # One connection for all: a history has thousands of steps.
        self._held = ExitStack()
        self._held.enter_context(self.deployment.store.connection())
        self._lived: dict[str, _Lived] = {}

    def close(self) -> None:
        """Leave nothing behind."""
        self._held.close()
        self._folder.cleanup()

    @property
    def names(self) -> list[str]:
        """The subscriptions, in the order in which they were assigned."""
        return list(self._lived)

    def use_plugins(self, plugins: Plugins) -> None:
        """Go on with other plugins."""
        self.deployment = replace(self.deployment, plugins=plugins)

    def assign(self, account: str, number: int, start: date) -> bool:
        """Assign a product, where that is allowed, and tell whether it was."""
        name = f"{account}/subscriptions/s{len(self._lived)}"
        made = self._tried(lambda: subscriptions.assign_product(self.deployment, ADMIN, name, PRODUCTS[number], start))
        if made:
            self._lived[name] = _Lived(number, start)
        return made is not None

    def assign_again(self, name: str) -> None:
        """Assign a product that was closed to its account again, on the first day on which that is allowed."""
        lived = self._lived[name]
        for days in range(130):
            if self.assign(parent_of(name), lived.number, (lived.end or lived.start) + timedelta(days=days)):
                return

    def suspend(self, name: str, start: date) -> None:
        """Suspend a subscription, where that is allowed."""
        self._tried(lambda: subscriptions.suspend_subscription(self.deployment, ADMIN, name, start))

    def resume(self, name: str, day: date) -> None:
        """Resume a subscription, where that is allowed."""
        self._tried(lambda: subscriptions.resume_subscription(self.deployment, ADMIN, name, day, None))

    def end(self, name: str, end: date, by: Caller = ADMIN) -> bool:
        """Close a subscription, where that is allowed, and tell whether it was."""
        made = self._tried(lambda: subscriptions.close_subscription(self.deployment, by, name, end))
        if made:
            lived = self._lived[name]
            lived.end = lived.fees_end = end
            # A reseller that closes it back-dated owes the fee up to today.
            if not by.is_admin and lived.start < TODAY:
                lived.fees_end = max(end, TODAY)
        return made is not None

    def reprice(self, reseller: str, number: int, price: RetailPrice, effective: date) -> None:
        """Give a product another price at a reseller, where that is allowed."""
        name = f"{reseller}/priceRules/p{number}-{effective}"
        rule = PriceRule(name, PRODUCTS[number], price, effective)
        self._tried(lambda: price_rules.create_price_rule(self.deployment, ADMIN, rule))

    def reverse(self, charge: Charge) -> None:
        """Have the creditor take a charge back, where that is allowed."""
        reseller = Caller(Role.RESELLER, reseller_of(charge.name))
        creditor = ADMIN if charge.side is Side.WHOLESALE else reseller
        self._tried(lambda: reverse_charge(self.deployment, creditor, charge.name, "a mistake"))

    def bill(self, through: date) -> BillingRun:
        """Carry a run out to its end, which has to be a good one."""
        with self.deployment.store.write():
            run = ask_for_run(self.deployment, through)
        known = [(lived, _Billing(through, lived.end, lived.fees_end)) for lived in self._lived.values()]
        run = carry_out(self.deployment, run, Event())
        assert run.state is RunState.SUCCEEDED, run.failure
        # The fees come first in a run: what it was told since then, it did not know when it charged them.
        for lived, billing in known:
            lived.billings.append(billing)
        return run

    def preview(self, through: date) -> PreviewBooks:
        """Give what a run would do."""
        return preview_run(self.deployment, through)

    def lives(self, side: Side) -> list[Life]:
        """Give what the model has to know of one side."""
        wholesale = side is Side.WHOLESALE
        return [
            Life(
                name,
                _model_plan((wholesale_plan if wholesale else retail_plan)(lived.number)),
                lived.start,
                [(one.through, one.fees_end if wholesale else one.end) for one in lived.billings],
            )
            for name, lived in self._lived.items()
        ]

    def retail_terms(self, name: str) -> tuple[Plan, date | None, list[tuple[date, date | None]]]:
        """Give a subscription's account plan, its end and its suspensions."""
        subscription = subscriptions.get_subscription(ADMIN, name)
        suspensions = [(one.start, one.end) for one in subscription.suspensions]
        return retail_plan(self._lived[name].number), subscription.end, suspensions

    def charges(self, side: Side | None = None, reason: ChargeReason | None = None, run: str = "") -> list[Charge]:
        """Give the charges that fit, in the order in which they were made."""
        with self.deployment.store.connection():
            return list_charges(ChargeFilter(side=side, reason=reason, billing_run=run), 0, 100_000)

    def parked(self) -> list[ParkedCharge]:
        """Give what is parked."""
        with self.deployment.store.connection():
            return list_parked_charges("", "", 0, 100_000)

    def _tried(self, change: Callable[[], _Value]) -> _Value | None:
        try:
            with self.deployment.store.write():
                return change()
        except QuitrentError:
            return None


def percent(text: str) -> RetailPrice:
    """A price of so much more than what is recommended."""
    return RetailPrice(percent=Decimal(text))


def fixed(cents: int) -> RetailPrice:
    """A price of so much."""
    return RetailPrice(fixed=_money(cents))


def on_cost(cents: int) -> RetailPrice:
    """A price of so much above the own cost."""
    return RetailPrice(amount=_money(cents), basis=PriceBasis.OWN_COST)


def _model_plan(plan: Plan) -> ModelPlan:
    return ModelPlan(
        cents=plan.fee.amount_micros // 10_000,
        anniversary=plan.period_boundary is PeriodBoundary.ANNIVERSARY,
        in_arrears=plan.timing is Timing.IN_ARREARS,
        first_whole=plan.first_part is PartCharge.WHOLE,
        last_whole=plan.last_part is PartCharge.WHOLE,
    )
