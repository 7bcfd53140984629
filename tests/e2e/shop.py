"""A shop: the real services on a database of their own, in one process, for histories of many steps.

Its catalog has 32 products. The first sixteen have a month's four choices: all kinds on the wholesale
side, each with another one on the retail side. The others have every other calendar. Two resellers
have two accounts each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import product as combinations
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from threading import Event
from typing import Any, NamedTuple, TypeVar

from quitrent.domain.billing_run import BillingRun, RunState
from quitrent.domain.calendar import DayCount, PeriodBoundary, PeriodUnit
from quitrent.domain.charge import Charge, ChargeFilter, ChargeReason, ParkedCharge, Side
from quitrent.domain.errors import QuitrentError
from quitrent.domain.money import Money, Rounding
from quitrent.domain.part import PartCharge, Timing
from quitrent.domain.party import Party, parent_of, reseller_of
from quitrent.domain.plan import EarlyCancellation, FeeChange, Plan, PlanKind, Promotion, SuspensionPolicy, UnusedDays
from quitrent.domain.price_rule import PriceBasis, PriceRule, RetailPrice
from quitrent.domain.product import Product, ProductKind
from quitrent.domain.subscription import PausedDays
from quitrent.hooks.manager import Plugins
from quitrent.server import build_deployment
from quitrent.services import parties, plans, price_rules, products, subscriptions
from quitrent.services.billing import carry_out, preview
from quitrent.services.books import PreviewBooks
from quitrent.services.caller import Caller, Role
from quitrent.services.charges import reverse_charge
from quitrent.services.deployment import Deployment
from quitrent.services.fee_changes import create_fee_change
from quitrent.services.runs import ask_for_run
from quitrent.settings import Settings
from quitrent.store.charge_lists import list_charges
from quitrent.store.parked_charges import list_parked_charges
from tests.databases import copied, forget, fresh_database
from tests.e2e.model import Life, ModelPlan
from tests.harness import TODAY

_Value = TypeVar("_Value")

ADMIN = Caller(Role.ADMIN)
RESELLERS = ("resellers/r1", "resellers/r2")
ACCOUNTS = tuple(f"{reseller}/customers/c1/accounts/{account}" for reseller in RESELLERS for account in ("a1", "a2"))
BOUNDARIES = (PeriodBoundary.CALENDAR, PeriodBoundary.ANNIVERSARY)
CALENDARS = list(combinations(BOUNDARIES, Timing, PartCharge, PartCharge))
Fields = dict[str, Any]


def _calendar(unit: str, count: int = 1, boundary: str = "CALENDAR", fixed_day: int = 0, **more: Any) -> Fields:
    return {
        "period_unit": PeriodUnit(unit),
        "period_count": count,
        "period_boundary": PeriodBoundary(boundary),
        "fixed_day": fixed_day,
        **more,
    }


def _ahead(periods: int, percent_off: str) -> Fields:
    return {"periods_in_advance": periods, "prepay_percent_off": Decimal(percent_off)}


def _promoted(*promotions: tuple[int, int]) -> Fields:
    return {"promotions": tuple(Promotion(count, _money(cents)) for count, cents in promotions)}


def _money(cents: int) -> Money:
    return Money(cents * 10_000, "USD")


def _term(periods: int, cancellation: int | None = None, activation: int | None = None) -> Fields:
    """A minimum term, for a fixed fee or for the rest of it; and perhaps an activation fee."""
    return {
        "minimum_term_periods": periods,
        "early_cancellation": EarlyCancellation.FIXED_FEE if cancellation else EarlyCancellation.REST_OF_TERM,
        "early_cancellation_fee": _money(cancellation) if cancellation else None,
        "activation_fee": _money(activation) if activation else None,
    }


FIRST: Fields = {"first_part": PartCharge.WHOLE}
LAST: Fields = {"last_part": PartCharge.WHOLE}
ARREARS: Fields = {"timing": Timing.IN_ARREARS}
THIRTY: Fields = {"day_count": DayCount.THIRTY_DAY_MONTHS}
EVEN: Fields = {"rounding": Rounding.HALF_EVEN}
UP: Fields = {"rounding": Rounding.UP}
# The wholesale and the retail side of the products after the first sixteen.
MORE_CALENDARS: list[tuple[Fields, Fields]] = [
    (_calendar("DAY", 10, **_term(4, activation=150)), _calendar("DAY", 7, "ANNIVERSARY", **ARREARS, **LAST)),
    (_calendar("WEEK", **ARREARS, **EVEN, **_term(6, activation=101)), _calendar("WEEK", 2, "ANNIVERSARY", **FIRST)),
    (_calendar("WEEK", 3, "ANNIVERSARY", **_ahead(2, "5"), **_term(3, 500, 77)), _calendar("WEEK", 2, **FIRST)),
    (_calendar("HALF_MONTH", **UP), _calendar("HALF_MONTH", 3, **ARREARS, **THIRTY)),
    (_calendar("HALF_MONTH", 5, **ARREARS, **THIRTY), _calendar("HALF_MONTH", **THIRTY, **_ahead(3, "10"))),
    (_calendar("HALF_MONTH", 24, **THIRTY), _calendar("HALF_MONTH", 2, **LAST)),
    (_calendar("MONTH", 3, **UP, **_ahead(2, "2.5")), _calendar("MONTH", 2, "ANNIVERSARY")),
    (_calendar("MONTH", 5, **FIRST, activation_fee=_money(1)), _calendar("MONTH", 3, "FIXED_DAY", 31)),
    (_calendar("MONTH", 1, "FIXED_DAY", 15, **_term(3)), _calendar("MONTH", 1, "FIXED_DAY", 29, **THIRTY, **ARREARS)),
    (
        _calendar("MONTH", 1, "FIXED_DAY", 30, **THIRTY, **LAST),
        _calendar("MONTH", 1, "FIXED_DAY", 31, **_ahead(3, "0")),
    ),
    (_calendar("MONTH", 2, "FIXED_DAY", 31, **FIRST, **EVEN), _calendar("YEAR", 1, "FIXED_DAY", 15)),
    (_calendar("YEAR", **THIRTY, **UP), _calendar("YEAR", 1, "ANNIVERSARY")),
    (_calendar("YEAR", 1, "FIXED_DAY", 29, **ARREARS), _calendar("MONTH", 12, **FIRST, **LAST)),
    (
        _calendar("MONTH", 1, "ANNIVERSARY", **THIRTY, **EVEN, **_promoted((1, 0), (2, 333)), **_term(5)),
        _calendar("MONTH", 1, **ARREARS, **_promoted((2, 501))),
    ),
    (
        _calendar("MONTH", **FIRST, **LAST, **_ahead(3, "10"), **_promoted((3, 500))),
        _calendar("MONTH", 1, **FIRST, **_ahead(2, "12.5"), **_promoted((2, 1), (4, 1500))),
    ),
    (
        _calendar("MONTH", 1, "ANNIVERSARY", **UP, **_ahead(2, "7.25"), **_term(5)),
        _calendar("MONTH", **FIRST, **_ahead(4, "3")),
    ),
]
PRODUCTS = tuple(f"products/p{number}" for number in range(len(CALENDARS) + len(MORE_CALENDARS)))
# In cents, by the number of the product; primes make every part of a month an odd amount.
FEES = (1000, 777, 1, 3333, 1009)
PRICES = (2000, 991, 0, 3, 1999, 10007)


def account_for(number: int) -> str:
    """An account on which a product can be beside all others that are there: a main product is there alone."""
    return ACCOUNTS[number // 5 if number < len(CALENDARS) else number % len(ACCOUNTS)]


def wholesale_plan(number: int) -> Plan:
    """The reseller plan of a product."""
    plan = Plan(f"plans/w{number}", PlanKind.RESELLER, _money(FEES[number % len(FEES)]), applied_more_than_once=True)
    return replace(
        plan, **(_choices(number) if number < len(CALENDARS) else MORE_CALENDARS[number - len(CALENDARS)][0])
    )


def retail_plan(number: int) -> Plan:
    """The account plan of a product: five places on in the list of calendars, so that no pair is like another."""
    plan = Plan(
        f"plans/r{number}",
        PlanKind.ACCOUNT,
        _money(PRICES[number % len(PRICES)]),
        shared_with_resellers=True,
        rounding=list(Rounding)[number % 3],
        suspension=list(SuspensionPolicy)[number // 2 % 2],
        unused_days=UnusedDays.CREDIT,
    )
    if number < len(CALENDARS):
        return replace(plan, **_choices((5 * number + 3) % len(CALENDARS)))
    return replace(plan, **MORE_CALENDARS[number - len(CALENDARS)][1])


def _choices(number: int) -> Fields:
    return dict(zip(("period_boundary", "timing", "first_part", "last_part"), CALENDARS[number], strict=True))


def _now() -> datetime:
    return datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)


def _deployment(folder: Path, plugins: Plugins | None = None) -> Deployment:
    settings = Settings(database_url=fresh_database(folder))
    return build_deployment(settings, plugins or Plugins(), _now)


@cache
def _template() -> Path:
    """The folder of a shop in which nothing has been assigned yet, made once for all."""
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
            kind = ProductKind.MAIN if number in (0, 5, 10, 15) else ProductKind.ADD_ON
            made = Product(name, kind, account_plan.name, reseller_plan.name, shared_with_resellers=True)
            products.create_product(deployment, ADMIN, made)
    # Closed, it is all in one file.
    deployment.close()
    return folder


class _Billing(NamedTuple):
    """A run, and what was known then of the end of a subscription."""

    through: date
    end: date | None
    fees_end: date | None


class _Before(NamedTuple):
    """A subscription to the same product, as it was when the product was assigned again."""

    name: str
    billings: int
    fees_end: date | None


@dataclass
class _Lived:
    """What has happened to a subscription."""

    number: int
    start: date
    end: date | None = None
    fees_end: date | None = None
    billings: list[_Billing] = field(default_factory=list)
    earlier: list[_Before] = field(default_factory=list)


class Shop:
    """Does what a caller may ask for, and keeps what the model has to know of it."""

    def __init__(self, plugins: Plugins | None = None) -> None:
        self._temporary = TemporaryDirectory(prefix="quitrent-shop-")
        self._folder = copied(_template(), Path(self._temporary.name))
        self.deployment = _deployment(self._folder, plugins)
        # One connection for all: a history has thousands of steps.
        self._held = ExitStack()
        self._held.enter_context(self.deployment.store.connection())
        self._lived: dict[str, _Lived] = {}
        self._fee_changes: dict[str, set[tuple[date, int, bool]]] = defaultdict(set)

    def close(self) -> None:
        """Leave nothing behind."""
        self._held.close()
        self.deployment.close()
        forget(self._folder)
        self._temporary.cleanup()

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
            self._lived[name] = _Lived(number, start, earlier=self._lived_before(account, number))
        return made is not None

    def _lived_before(self, account: str, number: int) -> list[_Before]:
        return [
            _Before(name, len(lived.billings), lived.fees_end)
            for name, lived in self._lived.items()
            if parent_of(name) == account and lived.number == number
        ]

    def assign_again(self, name: str, start: date | None = None) -> None:
        """Assign a product that was closed to its account again: on a day, or the first on which that is allowed."""
        lived = self._lived[name]
        if start:
            self.assign(parent_of(name), lived.number, start)
            return
        for days in range(130):
            if self.assign(parent_of(name), lived.number, (lived.end or lived.start) + timedelta(days=days)):
                return

    def suspend(self, name: str, start: date) -> None:
        """Suspend a subscription, where that is allowed."""
        self._tried(lambda: subscriptions.suspend_subscription(self.deployment, ADMIN, name, start))

    def resume(self, name: str, day: date, paused_days: PausedDays | None = None) -> None:
        """Resume a subscription, where that is allowed."""
        self._tried(lambda: subscriptions.resume_subscription(self.deployment, ADMIN, name, day, paused_days))

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

    def withdraw(self, what: str, name: str) -> None:
        """Take back an end, a suspension or a resume of a subscription, where that is allowed."""
        withdraw = {
            "end": subscriptions.withdraw_end,
            "suspension": subscriptions.withdraw_suspension,
            "resume": subscriptions.withdraw_resume,
        }[what]
        if self._tried(lambda: withdraw(self.deployment, ADMIN, name)) and what == "end":
            self._lived[name].end = self._lived[name].fees_end = None

    def reprice(self, reseller: str, number: int, price: RetailPrice, effective: date) -> None:
        """Give a product another price at a reseller, where that is allowed."""
        name = f"{reseller}/priceRules/p{number}-{effective}"
        rule = PriceRule(name, PRODUCTS[number], price, effective)
        self._tried(lambda: price_rules.create_price_rule(self.deployment, ADMIN, rule))

    def change_fee(self, side: Side, number: int, cents: int, effective: date, for_all: bool) -> None:
        """Give a product's plan another fee from a day on, where that is allowed."""
        plan = wholesale_plan(number) if side is Side.WHOLESALE else retail_plan(number)
        change = FeeChange(plan.name, effective, _money(cents), for_all)
        if self._tried(lambda: create_fee_change(self.deployment, ADMIN, change)):
            self._fee_changes[plan.name].add((effective, cents, for_all))

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
        return preview(self.deployment, through)

    def lives(self, side: Side) -> list[Life]:
        """Give what the model has to know of one side."""
        wholesale = side is Side.WHOLESALE
        lives: dict[str, Life] = {}
        for name, lived in self._lived.items():
            plan = wholesale_plan(lived.number) if wholesale else retail_plan(lived.number)
            billings = [(one.through, one.fees_end if wholesale else one.end) for one in lived.billings]
            # Only the provider's fees go on with those of a subscription before.
            earlier = [
                (lives[before.name]._replace(billings=lives[before.name].billings[: before.billings]), before.fees_end)
                for before in (lived.earlier if wholesale else ())
            ]
            lives[name] = Life(name, model_plan(plan, self._fee_changes[plan.name]), lived.start, billings, earlier)
        return list(lives.values())

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


def model_plan(plan: Plan, changes: Iterable[tuple[date, int, bool]]) -> ModelPlan:
    """Tell a plan to the model, with its fee changes."""
    return ModelPlan(
        cents=plan.fee.amount_micros // 10_000,
        unit=plan.period_unit,
        units=plan.period_count,
        boundary=plan.period_boundary,
        fixed_day=plan.fixed_day,
        of_thirty=plan.day_count is DayCount.THIRTY_DAY_MONTHS,
        in_arrears=plan.timing is Timing.IN_ARREARS,
        first_whole=plan.first_part is PartCharge.WHOLE,
        last_whole=plan.last_part is PartCharge.WHOLE,
        rounding=plan.rounding,
        in_advance=plan.periods_in_advance,
        percent_off=Fraction(plan.prepay_percent_off),
        promotions=[(one.period_count, one.fee.amount_micros // 10_000) for one in plan.promotions],
        activation=plan.activation_fee.amount_micros // 10_000 if plan.activation_fee else 0,
        term=plan.minimum_term_periods,
        cancellation=plan.early_cancellation_fee.amount_micros // 10_000 if plan.early_cancellation_fee else None,
        changes=sorted(changes),
    )


def percent(text: str) -> RetailPrice:
    """A price of so much more than what is recommended."""
    return RetailPrice(percent=Decimal(text))


def fixed(cents: int) -> RetailPrice:
    """A price of so much."""
    return RetailPrice(fixed=_money(cents))


def on_cost(cents: int) -> RetailPrice:
    """A price of so much above the own cost."""
    return RetailPrice(amount=_money(cents), basis=PriceBasis.OWN_COST)
