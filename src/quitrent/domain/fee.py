"""The fee: what a reseller owes the provider for one part of one subscription's calendar.

`fee` takes a plan, a part and the day of the assignment, and nothing else: there is no parameter
through which a retail price, a plugin or a suspension could speak.

Worked by hand: 10.00 a month, the first part by days, from the 11th of January: 21 of 31 days are
6.774..., so 6.77.

>>> from quitrent.domain.calendar import Calendar
>>> from quitrent.domain.schedule import Schedule
>>> from quitrent.domain.money import Money
>>> from quitrent.domain.plan import PlanKind
>>> plan, start = Plan("plans/gold-fee", PlanKind.RESELLER, Money(10_000_000, "USD")), date(2026, 1, 11)
>>> part = next(Calendar().parts(Schedule.starting(start)))
>>> fee(plan, part, start).amount
Money(amount_micros=6770000, currency='USD')
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import lru_cache
from itertools import takewhile

from quitrent.domain.charge import Charge, ChargeReason, Priced, Side, Step, StepKind
from quitrent.domain.credit import credits_for, settle_date
from quitrent.domain.due import billed, one_offs_due, parts_due
from quitrent.domain.money import units_text
from quitrent.domain.one_off import OneOffFee, one_off_fees
from quitrent.domain.part import Part
from quitrent.domain.plan import Plan
from quitrent.domain.plan_fee import fee_of
from quitrent.domain.proration import priced_part
from quitrent.domain.subscription import Subscription


def fee(plan: Plan, part: Part, assigned: date) -> Priced:
    """Give the fee for a part of a subscription that starts on `assigned`, with its steps."""
    # Percentages that are equal may be written otherwise, and the steps show what was written.
    return _fee(plan, part, assigned, str(plan.prepay_percent_off))


# Most subscriptions of a plan that start on a day have the same fees.
@lru_cache(maxsize=16_384)
def _fee(plan: Plan, part: Part, assigned: date, _written: str) -> Priced:
    whole = fee_of(plan, part, assigned)
    # Without the plan's name: a reseller sees what its cost is, and need not know the plan.
    text = units_text(whole.money.amount_micros, whole.money.currency)
    step = Step(StepKind.FEE, f"the provider's fee{whole.why}", text)
    return priced_part(Fraction(whole.money.amount_micros), plan, part, step)


def fees_due(
    subscription: Subscription, plan: Plan, charged: Iterable[Charge], through: date
) -> tuple[list[Charge], Subscription]:
    """Give the wholesale charges that are due by a day and not billed, and how far the subscription is billed then.

    `charged` are its fees that have not been settled; one that has been reversed is not credited.
    """
    side = subscription.wholesale
    one_offs = [
        one_off_charge(subscription, Side.WHOLESALE, one)
        for one in one_offs_due(side, plan, subscription.start, through)
    ]
    recurring = [_fee_charge(subscription, plan, part) for part in parts_due(side, plan, through)]
    after = replace(subscription, wholesale=billed(side, plan, subscription.start, through))
    credited = [
        credit
        for charge in [*charged, *recurring]
        if charge.period_end <= after.wholesale.settled_until and not charge.reversed_by
        for credit in credits_for(charge, after, after.wholesale, plan)
    ]
    return [*one_offs, *recurring, *credited], after


def fees_charged(subscription: Subscription, plan: Plan, through: date) -> list[Charge]:
    """Give every wholesale charge that has to be in the books by a day, computed from the start of the subscription."""
    side = subscription.wholesale
    one_offs = [
        one_off_charge(subscription, Side.WHOLESALE, one)
        for one in one_off_fees(side, plan, subscription.start)
        if one.period_start <= through
    ]
    parts = takewhile(lambda part: part.due_date(plan.timing) <= through, plan.calendar.parts(side.charged_schedule))
    recurring = [_fee_charge(subscription, plan, part) for part in parts]
    credited = [
        credit
        for charge in recurring
        if plan.settles and settle_date(charge.period_end, side.schedule.end) <= through
        for credit in credits_for(charge, subscription, side, plan)
    ]
    return [*one_offs, *recurring, *credited]


def one_off_charge(subscription: Subscription, side: Side, one_off: OneOffFee) -> Charge:
    """Make the charge of a fee that is asked once."""
    return Charge(
        subscription=subscription.name,
        side=side,
        reason=one_off.reason,
        period_start=one_off.period_start,
        period_end=one_off.period_end,
        due_date=one_off.period_start,
        amount=one_off.priced.amount,
        steps=one_off.priced.steps,
        product=subscription.product,
    )


def part_charge(subscription: Subscription, side: Side, plan: Plan, part: Part, priced: Priced) -> Charge:
    """Make the recurring charge of a part on a side."""
    return Charge(
        subscription=subscription.name,
        side=side,
        reason=ChargeReason.RECURRING,
        period_start=part.start,
        period_end=part.end,
        due_date=part.due_date(plan.timing),
        amount=priced.amount,
        steps=priced.steps,
        product=subscription.product,
    )


def _fee_charge(subscription: Subscription, plan: Plan, part: Part) -> Charge:
    return part_charge(subscription, Side.WHOLESALE, plan, part, fee(plan, part, subscription.start))
