"""From the price of a whole period to the amount of a part of it: the days, and the one rounding.

Both sides end here, each with its own plan.
"""

from __future__ import annotations

from fractions import Fraction

from quitrent.domain.calendar import Part
from quitrent.domain.catalog import Plan
from quitrent.domain.charge import Priced, Step, StepKind
from quitrent.domain.money import round_to_minor_unit, units_text


def priced_part(whole_micros: Fraction, plan: Plan, part: Part, *steps: Step) -> Priced:
    """Give the amount for a part of a period that costs `whole_micros` whole, with its steps.

    A whole period costs exactly its price, rounded once to the currency's minor unit.
    """
    currency = plan.fee.currency
    days = part.charged_days(plan.first_part, plan.last_part)
    exact = whole_micros * Fraction(days, part.whole_days)
    if days != part.whole_days:
        text = f"{days} of {part.whole_days} days"
        steps += (Step(StepKind.FRACTION, text, units_text(exact, currency)),)
    amount = round_to_minor_unit(exact, currency, plan.rounding)
    steps += (Step(StepKind.ROUNDING, f"rounded {plan.rounding}", units_text(amount.amount_micros, currency)),)
    return Priced(amount, steps)
