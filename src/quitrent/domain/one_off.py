"""The fees beside the recurring one: activation at the start, and an end before the minimum term.

They are the plan's own on either side: no price rule and no plugin has a part in them, and a
subscription that goes on with the fees of one before it has none.

Worked by hand: 10.00 a month for at least 3 months from the 1st of January, of which the rest has
to be paid. An end on the 16th of February, which has been charged by days (15 of 28 days, 5.36),
leaves 4.64 of February and all of March: 14.64.

>>> from quitrent.domain.schedule import Schedule
>>> from quitrent.domain.plan import EarlyCancellation, PlanKind
>>> plan = Plan("plans/gold-fee", PlanKind.RESELLER, Money(10_000_000, "USD"), minimum_term_periods=3,
...             early_cancellation=EarlyCancellation.REST_OF_TERM)
>>> side = SideBooks.opened(Schedule.starting(date(2026, 1, 1), date(2026, 2, 16)))
>>> [(due.reason.value, due.priced.amount.amount_micros) for due in one_off_fees(side, plan, date(2026, 1, 1))]
[('EARLY_CANCELLATION', 14640000)]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from quitrent.domain.charge import ChargeReason, Priced, Step, StepKind
from quitrent.domain.money import Money, units_text
from quitrent.domain.part import Part
from quitrent.domain.plan import Plan
from quitrent.domain.plan_fee import standard_fee
from quitrent.domain.proration import priced_part
from quitrent.domain.subscription import SideBooks


@dataclass(frozen=True, slots=True)
class OneOffFee:
    """A fee that is asked once, on the first day of its period."""

    reason: ChargeReason
    period_start: date
    period_end: date
    priced: Priced
    is_billed: bool


def one_off_fees(side: SideBooks, plan: Plan, assigned: date) -> Iterator[OneOffFee]:
    """Give the one-off fees that a side owes, billed or not, as things stand."""
    if not side.continues and not side.is_empty:
        yield from _activation(side, plan)
        yield from _early_cancellation(side, plan, assigned)


def term_end(side: SideBooks, plan: Plan) -> date:
    """Give the day on which the minimum term ends: so many periods, the first part counted as one."""
    schedule = side.schedule
    return plan.calendar.boundary(schedule.anchor, schedule.first_index + plan.minimum_term_periods)


def _activation(side: SideBooks, plan: Plan) -> Iterator[OneOffFee]:
    if plan.activation_fee is None:
        return
    start = side.schedule.start
    part = plan.calendar.part_on(replace(side.schedule, end=None, breaks=()), start)
    assert part is not None, "a schedule without an end holds its start"
    priced = _priced(plan.activation_fee, "the activation fee")
    yield OneOffFee(ChargeReason.ACTIVATION, start, part.end, priced, side.activation_billed)


def _early_cancellation(side: SideBooks, plan: Plan, assigned: date) -> Iterator[OneOffFee]:
    end = side.schedule.end
    if end is None or not plan.minimum_term_periods or not side.schedule.start < end < term_end(side, plan):
        return
    fee, text = plan.early_cancellation_fee, f"an end before {term_end(side, plan)}"
    if fee is None:
        fee, text = (
            _rest_of_term(side, plan, assigned, end),
            f"the fees of the rest of the term, to {term_end(side, plan)}",
        )
    if fee.amount_micros:
        yield OneOffFee(
            ChargeReason.EARLY_CANCELLATION, end, term_end(side, plan), _priced(fee, text), side.cancellation_billed
        )


def _rest_of_term(side: SideBooks, plan: Plan, assigned: date, end: date) -> Money:
    """Give what the whole term would have cost at the fees of its last day, less what it has cost."""
    paid_until = end if plan.credits_unused_days else side.charged_schedule.end
    amounts = [
        sum(
            _amount(plan, part, assigned, end)
            for part in plan.calendar.parts(replace(side.schedule, end=until, breaks=()))
        )
        for until in (term_end(side, plan), paid_until)
    ]
    return Money(max(0, amounts[0] - amounts[1]), plan.fee.currency)


def _amount(plan: Plan, part: Part, assigned: date, end: date) -> int:
    # As things stood on its last day: what changes on the day of the end or later was not agreed.
    day = min(part.priced_on, end - timedelta(days=1))
    promotional = plan.promotional_fee(part.index)
    fee = promotional or standard_fee(plan, day, assigned).money
    return priced_part(Fraction(fee.amount_micros), plan, part).amount.amount_micros


def _priced(fee: Money, text: str) -> Priced:
    return Priced(fee, (Step(StepKind.FEE, text, units_text(fee.amount_micros, fee.currency)),))
