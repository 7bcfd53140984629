"""The retail price: a plugin proposes, this module disposes.

Percentages are of the basis and never of a running total, so the order of plugins cannot change an
amount.

Worked by hand: a basis of 20.00 with +10 % from one plugin and -0.50 from another is
20.00 + 2.00 - 0.50 = 21.50, whichever comes first.

>>> from quitrent.domain.calendar import Calendar
>>> from quitrent.domain.schedule import Schedule
>>> from quitrent.domain.plan import PlanKind
>>> from quitrent.domain.money import Money
>>> from datetime import date
>>> from decimal import Decimal
>>> plan = Plan("plans/gold", PlanKind.ACCOUNT, Money(20_000_000, "USD"))
>>> part = next(Calendar().parts(Schedule.starting(date(2026, 1, 1))))
>>> said = [(Speaker("a"), Adjustment("a", "more", percent=Decimal(10))),
...         (Speaker("b"), Adjustment("b", "less", amount=Decimal("-0.50"), currency="USD"))]
>>> [retail_price(Basis(Fraction(20_000_000), ()), order, plan, part)[1].amount.amount_micros
...  for order in (said, said[::-1])]
[21500000, 21500000]
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from quitrent.domain.charge import Priced, Step, StepKind
from quitrent.domain.errors import FailedPrecondition, Reason
from quitrent.domain.money import LARGEST_PRICE_MICROS, MICROS, units_text
from quitrent.domain.part import Part
from quitrent.domain.plan import Plan
from quitrent.domain.price_rule import Basis, check_retail_price
from quitrent.domain.proposal import Adjustment, Review, Speaker, Verdict
from quitrent.domain.proration import priced_part


def retail_price(
    basis: Basis, adjustments: Sequence[tuple[Speaker, Adjustment]], plan: Plan, part: Part
) -> tuple[Fraction, Priced]:
    """Give the price of a whole period, exact, and the amount for the part, with its steps.

    Errors: FailedPrecondition (RETAIL_PRICE_BELOW_ZERO, RETAIL_PRICE_TOO_LARGE), its metadata naming
    the plugin that had the largest part in it.
    """
    currency = plan.fee.currency
    micros, steps = basis.micros, list(basis.steps)
    changes = [_change_micros(basis, adjustment) for _, adjustment in adjustments]
    for change, (speaker, adjustment) in zip(changes, adjustments, strict=True):
        micros += change
        steps.append(
            Step(
                StepKind.ADJUSTMENT,
                f"{_said(adjustment)}: {adjustment.reason}",
                units_text(micros, currency),
                code=adjustment.code,
                plugin=speaker.plugin,
                plugin_version=speaker.version,
            )
        )
    if not 0 <= micros <= LARGEST_PRICE_MICROS and adjustments:
        # Named for the wrong price is the plugin that moved it the most in that direction.
        furthest = min(changes) if micros < 0 else max(changes)
        culprit = adjustments[changes.index(furthest)][0].plugin
        check_retail_price(micros, currency, f"the adjustments, of plugin {culprit} above all, make", culprit)
    return micros, priced_part(micros, plan, part, *steps)


def reviewed(priced: Priced, reviews: Sequence[tuple[Speaker, Review]]) -> Priced:
    """Give the price with what its reviews said, where they said something.

    Errors: FailedPrecondition (RETAIL_PRICE_REFUSED), its metadata naming the plugin.
    """
    for speaker, review in reviews:
        if review.verdict is Verdict.REFUSE:
            raise FailedPrecondition(
                Reason.RETAIL_PRICE_REFUSED,
                f"plugin {speaker.plugin} refused the price: {review.reason}",
                metadata={"plugin": speaker.plugin},
            )
    steps = tuple(
        Step(
            StepKind.REVIEW,
            review.reason or review.verdict.lower(),
            code=review.verdict,
            plugin=speaker.plugin,
            plugin_version=speaker.version,
        )
        for speaker, review in reviews
        if review.verdict is Verdict.WARN or review.reason
    )
    return Priced(priced.amount, priced.steps + steps)


def _change_micros(basis: Basis, adjustment: Adjustment) -> Fraction:
    if adjustment.percent is not None:
        return basis.micros * Fraction(adjustment.percent) / 100
    assert adjustment.amount is not None, "checked_adjustment saw to it"
    return Fraction(adjustment.amount) * MICROS


def _said(adjustment: Adjustment) -> str:
    if adjustment.percent is not None:
        return f"{adjustment.percent:+f} % of the basis"
    return f"{adjustment.amount:+f} {adjustment.currency}"
