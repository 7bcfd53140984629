"""The life of a product on one account, in memory: both sides are billed as a billing run does it, without a server.

It takes the steps of the tables in `tests/cases`, which are written for a house: `admin`, `assign` and `bill`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any

from google.type.date_pb2 import Date

from quitrent.domain import subscription as life
from quitrent.domain.charge import Charge, ChargeReason, Side, Step
from quitrent.domain.continuation import Assignment, check_free, wholesale_books
from quitrent.domain.due import next_due, one_offs_due
from quitrent.domain.fee import fees_charged, fees_due, one_off_charge
from quitrent.domain.money import units_text
from quitrent.domain.party import Party
from quitrent.domain.pause import pause_charges, pauses_due
from quitrent.domain.plan import Plan
from quitrent.domain.plan_rules import check_plan
from quitrent.domain.price import retail_price
from quitrent.domain.price_rule import PriceRule
from quitrent.domain.product import Product, ProductKind
from quitrent.domain.retail_bill import credits_due, next_retail_due, retail_billed, retail_parts_due
from quitrent.domain.schedule import Schedule
from quitrent.domain.subscription import PausedDays, SideBooks, Subscription
from quitrent.domain.terms import Terms
from quitrent.rpc.plan_messages import new_plan_in
from quitrent.services.caller import Caller, Role
from quitrent.v1 import plan_pb2
from tests.harness import GOLD, TODAY, iso, money

ACCOUNT = "resellers/acme/customers/c1/accounts/a1"
FIRST = f"{ACCOUNT}/subscriptions/s1"
REASONS = list(ChargeReason)
# What a plan's fields are in a message, as the tables have them.
Fields = Mapping[str, Any]


def plan_of(kind: str, fee: str, fields: Fields, plan_id: str = "") -> Plan:
    """Read a plan from the fields of its message, as a server reads it."""
    wanted = dict(fields)
    fee_message = money(fee, wanted.pop("currency", "USD"))
    message = plan_pb2.Plan(kind=plan_pb2.PlanKind.Value(f"PLAN_KIND_{kind}"), fee=fee_message, **wanted)
    plan = new_plan_in(message, plan_id or f"gold-{'fee' if kind == 'RESELLER' else 'price'}", Caller(Role.ADMIN))
    check_plan(plan)
    return plan


@dataclass
class Ledger:
    """One account's subscriptions to one product, and every charge that runs have made."""

    wholesale: Plan
    retail: Plan
    today: date = TODAY
    rules: tuple[PriceRule, ...] = ()
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    charges: list[Charge] = field(default_factory=list)

    @property
    def product(self) -> Product:
        return Product(GOLD, ProductKind.MAIN, self.retail.name, self.wholesale.name)

    @property
    def first(self) -> Subscription:
        return self.subscriptions[FIRST]

    @property
    def admin(self) -> SimpleNamespace:
        """The changes of a life, by the names of their RPCs."""
        return SimpleNamespace(
            CloseSubscription=lambda name, end_date: self.close(name, _day(end_date)),
            SuspendSubscription=lambda name, start_date: self.change(name, life.suspended, _day(start_date)),
            ResumeSubscription=lambda name, resume_date, paused_days="": self.change(
                name, life.resumed, _day(resume_date), _paused(paused_days)
            ),
            WithdrawSubscriptionChange=self.withdraw,
        )

    def assign(self, account: str, start: str, product: str = GOLD, subscription: str = "s1") -> str:
        """Assign the product from a day on and give the subscription's name."""
        assert product == GOLD, "a ledger has one product"
        name, begins = f"{account}/subscriptions/{subscription}", date.fromisoformat(start)
        others = [Assignment(one, self.product, self.retail, self.wholesale) for one in self.subscriptions.values()]
        check_free(self.product, begins, None, others)
        self.subscriptions[name] = life.assigned(
            name,
            self.product,
            begins,
            wholesale=wholesale_books(self.product, self.wholesale, begins, others),
            retail=SideBooks.opened(Schedule.starting(begins)),
        )
        return name

    def close(self, name: str, end: date, fees_until: date | None = None) -> None:
        """End a subscription; a reseller that does so back-dated owes the fee up to today."""
        self.change(name, life.closed, end, self.today, fees_until or end, self.retail, self.wholesale)

    def withdraw(self, name: str, change: str) -> None:
        """Take a change back that has not come."""
        match change.removeprefix("SUBSCRIPTION_CHANGE_"):
            case "END":
                self.change(name, life.reopened, self.today, self.retail, self.wholesale)
            case "SUSPENSION":
                self.change(name, life.suspension_withdrawn, self.today)
            case "RESUME":
                self.change(name, life.resume_withdrawn, self.today)

    def change(self, name: str, change: Any, *arguments: Any) -> None:
        """Replace a subscription by what a change makes of it."""
        self.subscriptions[name] = change(self.subscriptions[name], *arguments)

    def bill(self, through: str) -> None:
        """Bill what is due up to and including a day."""
        self.run(date.fromisoformat(through))

    def run(self, through: date) -> None:
        """Bill what is due up to and including a day: the fees, then the retail side."""
        for name in list(self.subscriptions):
            self._bill_fees(name, through)
            self._bill_retail(name, through)
        # What a run has done is done: every next due date lies after it.
        for one in self.subscriptions.values():
            due = next_due(one.wholesale, self.wholesale, one.start), next_retail_due(one, self.retail)
            assert all(day is None or day > through for day in due)
        # The fees in the books are those that are computed anew from the start.
        booked = [one for one in self.charges if one.side is Side.WHOLESALE and one.due_date <= through]
        owed = [fee for one in self.subscriptions.values() for fee in fees_charged(one, self.wholesale, through)]
        assert sorted(booked, key=_name) == sorted(owed, key=_name)

    def lines(self, side: Side, subscription: str = "") -> list[str]:
        """Give a side's charges as lines, in the order of their periods, as `tests.cases.ledger` writes them."""
        charges = [one for one in self.charges if one.side is side and subscription in ("", one.subscription)]
        charges.sort(key=lambda one: (one.period_start, one.due_date, REASONS.index(one.reason)))
        return [line(charge) for charge in charges]

    def _bill_fees(self, name: str, through: date) -> None:
        subscription = self.subscriptions[name]
        due = next_due(subscription.wholesale, self.wholesale, subscription.start)
        if due is None or due > through:
            return
        charged = self._unsettled(subscription.wholesale, name, Side.WHOLESALE)
        charges, self.subscriptions[name] = fees_due(subscription, self.wholesale, charged, through)
        self.charges += charges

    def _bill_retail(self, name: str, through: date) -> None:
        before, plan = self.subscriptions[name], self.retail
        due = next_retail_due(before, plan)
        if due is None or due > through:
            return
        parts = retail_parts_due(before, plan, (), through)
        one_offs = one_offs_due(before.retail, plan, before.start, through)
        after = retail_billed(before, plan, through)
        new = [self._retail_charge(before, part) for part in parts]
        charged = [*self._unsettled(before.retail, name, Side.RETAIL), *new]
        pauses = pauses_due(before, through)
        self.charges += [
            *(one_off_charge(before, Side.RETAIL, one) for one in one_offs),
            *new,
            *credits_due(before, after, plan, charged, {one.period_start for one in new}),
            *pause_charges(before, pauses, plan, self._since(name, pauses)),
        ]
        self.subscriptions[name] = after

    def _retail_charge(self, subscription: Subscription, part: Any) -> Charge:
        party = Party(ACCOUNT)
        terms = Terms(subscription, self.retail, self.wholesale, self.product, party, party, party, self.rules)
        _, priced = retail_price(terms.basis_of(part), (), self.retail, part)
        return Charge(
            subscription=subscription.name,
            side=Side.RETAIL,
            reason=ChargeReason.RECURRING,
            period_start=part.start,
            period_end=part.end,
            due_date=part.due_date(self.retail.timing),
            amount=priced.amount,
            steps=priced.steps,
            product=GOLD,
        )

    def _unsettled(self, books: SideBooks, name: str, side: Side) -> list[Charge]:
        return [
            one
            for one in self.charges
            if (one.subscription, one.side, one.reason) == (name, side, ChargeReason.RECURRING)
            and books.settled_until < books.billed_until
            and one.period_start >= books.settled_until
        ]

    def _since(self, name: str, pauses: list[life.Suspension]) -> list[Charge]:
        wanted = (ChargeReason.RECURRING, ChargeReason.SUSPENSION_CREDIT)
        return [
            one
            for one in self.charges
            if pauses
            and (one.subscription, one.side) == (name, Side.RETAIL)
            and one.reason in wanted
            and one.period_end > min(pause.start for pause in pauses)
        ]


def lived(wholesale: Plan, retail: Plan, start: str, runs: list[str], end: str = "") -> Ledger:
    """Assign, close where there is an end, and run through some days."""
    ledger = Ledger(wholesale, retail)
    ledger.assign(ACCOUNT, start)
    if end:
        ledger.close(FIRST, date.fromisoformat(end))
    for through in runs:
        ledger.bill(through)
    return ledger


def both(fields: Fields, fee: str = "10.00") -> tuple[Plan, Plan]:
    """Give two plans that are alike, for the two sides."""
    return plan_of("RESELLER", fee, fields), plan_of("ACCOUNT", fee, fields)


def line(charge: Charge) -> str:
    """Write a charge for reading."""
    amount = units_text(charge.amount.amount_micros, charge.amount.currency)
    period = f"{charge.period_start} to {charge.period_end}: {amount}"
    return period if charge.reason is ChargeReason.RECURRING else f"{charge.reason} {period}"


def explained(steps: tuple[Step, ...]) -> list[str]:
    """Write the steps of a calculation for reading."""
    return [
        f"{step.kind}: {step.text} = {step.result}" if step.result else f"{step.kind}: {step.text}" for step in steps
    ]


def _name(charge: Charge) -> str:
    return charge.name


def _day(message: Date) -> date:
    return date.fromisoformat(iso(message))


def _paused(choice: str) -> PausedDays | None:
    return PausedDays(choice.removeprefix("PAUSED_DAYS_")) if choice else None
