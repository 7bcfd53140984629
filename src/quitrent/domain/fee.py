"""The fee: what a reseller owes the provider for one part of one subscription's calendar.

`fee` takes a plan and a part, and nothing else: there is no parameter through which a retail
price, a plugin or a suspension could speak.

Worked by hand: 10.00 a month, the first part by days, from the 11th of January: 21 of 31 days are
6.774..., so 6.77.

>>> from quitrent.domain.calendar import Calendar
>>> from quitrent.domain.catalog import PlanKind
>>> from quitrent.domain.money import Money
>>> plan = Plan("plans/gold-fee", PlanKind.RESELLER, Money(10_000_000, "USD"))
>>> part = next(Calendar().parts(date(2026, 1, 11), None))
>>> fee(plan, part).amount
Money(amount_micros=6770000, currency='USD')
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from itertools import takewhile

from quitrent.domain.calendar import Part
from quitrent.domain.catalog import Plan
from quitrent.domain.charge import Charge, ChargeReason, Priced, Side, Step, StepKind
from quitrent.domain.money import units_text
from quitrent.domain.proration import priced_part
from quitrent.domain.subscription import Subscription, fees_end


def fee(plan: Plan, part: Part) -> Priced:
    """Give the fee for a part of a period, with its steps."""
    text = units_text(plan.fee.amount_micros, plan.fee.currency)
    # Without the plan's name: a reseller sees what its cost is, and need not know the plan.
    step = Step(StepKind.FEE, "the provider's fee", text)
    return priced_part(Fraction(plan.fee.amount_micros), plan, part, step)


def fees_due(subscription: Subscription, plan: Plan, through: date) -> list[Charge]:
    """Give the fee charges that are due up to and including a day and have not been billed, in order."""
    parts = plan.calendar.parts(subscription.start, subscription.wholesale_end, subscription.wholesale_billed_until)
    return list(_charges(subscription, plan, parts, through))


def fees_charged(subscription: Subscription, plan: Plan, through: date) -> list[Charge]:
    """Give every fee charge that has to be in the books by a day, computed from the start of the subscription."""
    parts = plan.calendar.parts(subscription.start, fees_end(subscription))
    return list(_charges(subscription, plan, parts, through))


def _charges(subscription: Subscription, plan: Plan, parts: Iterator[Part], through: date) -> Iterator[Charge]:
    for part in takewhile(lambda part: part.due_date(plan.timing) <= through, parts):
        priced = fee(plan, part)
        yield Charge(
            subscription=subscription.name,
            side=Side.WHOLESALE,
            reason=ChargeReason.RECURRING,
            period_start=part.start,
            period_end=part.end,
            due_date=part.due_date(plan.timing),
            amount=priced.amount,
            steps=priced.steps,
            product=subscription.product,
        )
