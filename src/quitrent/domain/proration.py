"""From the price of a whole period to the amount of a part: the days, the prepayment, and the one rounding.

Both sides end here, each with its own plan. A part that goes on where another left off in the same
period costs what both cost together, less what that one cost: so parts add up, and never to more
than the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from quitrent.domain.charge import Priced, Step, StepKind
from quitrent.domain.days import Days, days_text, share_of
from quitrent.domain.money import Money, round_to_minor_unit, units_text
from quitrent.domain.part import Part
from quitrent.domain.plan import Plan


def priced_part(whole_micros: Fraction, plan: Plan, part: Part, *steps: Step) -> Priced:
    """Give the amount for a part whose whole periods cost `whole_micros` each, with its steps.

    A whole period costs exactly its price, rounded once to the currency's minor unit.
    """
    currency = plan.fee.currency
    days = part.charged(plan.first_part, plan.last_part)
    earlier = part.charged_earlier(plan.first_part, plan.last_part)
    amount = _rounded(whole_micros, plan, days)
    steps += (*_day_steps(whole_micros, plan, days), _rounding_step(plan, amount))
    if earlier:
        before = _rounded(whole_micros, plan, earlier)
        amount = Money(amount.amount_micros - before.amount_micros, currency)
        text = f"less {units_text(before.amount_micros, currency)} for {days_text(earlier)} that have been charged"
        steps += (Step(StepKind.EARLIER_PART, text, units_text(amount.amount_micros, currency)),)
    return Priced(amount, steps)


def _rounded(whole_micros: Fraction, plan: Plan, days: Sequence[Days]) -> Money:
    return round_to_minor_unit(whole_micros * share_of(days) * _prepaid_share(plan), plan.fee.currency, plan.rounding)


def _prepaid_share(plan: Plan) -> Fraction:
    return 1 - Fraction(plan.prepay_percent_off) / 100


def _day_steps(whole_micros: Fraction, plan: Plan, days: Sequence[Days]) -> Iterator[Step]:
    exact = whole_micros * share_of(days)
    if share_of(days) != 1:
        yield Step(StepKind.FRACTION, days_text(days), units_text(exact, plan.fee.currency))
    if plan.prepay_percent_off:
        text = f"{plan.prepay_percent_off:f} % off for {plan.periods_in_advance} periods at a time"
        yield Step(StepKind.PREPAYMENT, text, units_text(exact * _prepaid_share(plan), plan.fee.currency))


def _rounding_step(plan: Plan, amount: Money) -> Step:
    return Step(StepKind.ROUNDING, f"rounded {plan.rounding}", units_text(amount.amount_micros, amount.currency))
