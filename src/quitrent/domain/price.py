"""The retail price: a plugin proposes, this module disposes.

Percentages are of the basis and never of a running total, so the order of plugins cannot change an
amount. Where a plugin that sets the final price proposes something, that alone is added to the
basis, and what the others proposed is noted beside it. A plugin that failed is left out where the
deployment says so, and the price tells.

Worked by hand: a basis of 20.00 with +10 % from one plugin and -0.50 from another is
20.00 + 2.00 - 0.50 = 21.50, whichever comes first. Where the second sets the final price, it is
20.00 - 0.50 = 19.50.

>>> from quitrent.domain.calendar import Calendar
>>> from quitrent.domain.schedule import Schedule
>>> from quitrent.domain.plan import PlanKind
>>> from quitrent.domain.money import Money
>>> from datetime import date
>>> from decimal import Decimal
>>> plan = Plan("plans/gold", PlanKind.ACCOUNT, Money(20_000_000, "USD"))
>>> part = next(Calendar().parts(Schedule.starting(date(2026, 1, 1))))
>>> more = (Speaker("a"), Adjustment("a", "more", percent=Decimal(10)))
>>> less = Adjustment("b", "less", amount=Decimal("-0.50"), currency="USD")
>>> basis = Basis(Fraction(20_000_000), ())
>>> [retail_price(basis, order, plan, part)[1].amount.amount_micros
...  for order in ([more, (Speaker("b"), less)], [(Speaker("b"), less), more])]
[21500000, 21500000]
>>> final = (Speaker("b", sets_final_price=True), less)
>>> [retail_price(basis, order, plan, part)[1].amount.amount_micros for order in ([more, final], [final, more])]
[19500000, 19500000]
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from quitrent.domain.charge import Priced, Step, StepKind
from quitrent.domain.errors import FailedPrecondition, Reason
from quitrent.domain.money import MICROS, units_text
from quitrent.domain.part import Part
from quitrent.domain.plan import Plan
from quitrent.domain.price_rule import Basis, check_retail_price
from quitrent.domain.proposal import Adjustment, LeftOut, Review, Speaker, Verdict
from quitrent.domain.proration import priced_part

Adjustments = Sequence[tuple[Speaker, Adjustment | LeftOut]]
Reviews = Sequence[tuple[Speaker, Review | LeftOut]]


def retail_price(basis: Basis, said: Adjustments, plan: Plan, part: Part) -> tuple[Fraction, Priced]:
    """Give the price of a whole period, exact, and the amount for the part, with its steps.

    Errors: FailedPrecondition (RETAIL_PRICE_BELOW_ZERO, RETAIL_PRICE_TOO_LARGE), its metadata naming
    the plugin that had the largest part in it; (PLUGIN_FAILED) where two plugins set the final price.
    """
    # Decimals that are equal may be written otherwise, and the steps show what was written.
    written = tuple(str(one.percent or one.amount) for _, one in said if isinstance(one, Adjustment))
    return _retail_price(basis, tuple(said), plan, part, (str(plan.prepay_percent_off), *written))


# Many lines of a product have one price, and hear the same of their plugins.
@lru_cache(maxsize=4_096)
def _retail_price(
    basis: Basis,
    said: Adjustments,
    plan: Plan,
    part: Part,
    _written: tuple[str, ...],
) -> tuple[Fraction, Priced]:
    micros, steps = basis.micros, list(basis.steps)
    changes: dict[str, Fraction] = {}
    final = _final_plugin(said)
    for speaker, one in said:
        if isinstance(one, LeftOut):
            steps.append(_step(StepKind.LEFT_OUT, speaker, f"made without this plugin, which {one.cause}"))
        elif final not in ("", speaker.plugin):
            text = f"{_said(one)} is not counted, since plugin {final} sets the final price: {one.reason}"
            steps.append(_step(StepKind.LEFT_OUT, speaker, text, one.code))
        else:
            change = _change_micros(basis, one)
            micros += change
            changes[speaker.plugin] = changes.get(speaker.plugin, Fraction(0)) + change
            result = units_text(micros, plan.fee.currency)
            steps.append(_step(StepKind.ADJUSTMENT, speaker, f"{_said(one)}: {one.reason}", one.code, result))
    if changes:
        # Named for a wrong price is the plugin that moved it the most in that direction.
        culprit = (min if micros < 0 else max)(changes, key=lambda plugin: changes[plugin])
        what_makes = f"the adjustments, of plugin {culprit} above all, make"
        check_retail_price(micros, plan.fee.currency, what_makes, culprit)
    return micros, priced_part(micros, plan, part, *steps)


def reviewed(priced: Priced, reviews: Reviews) -> Priced:
    """Give the price with what its reviews said, where they said something.

    Errors: FailedPrecondition (RETAIL_PRICE_REFUSED), its metadata naming the plugin.
    """
    steps = []
    for speaker, one in reviews:
        if isinstance(one, LeftOut):
            steps.append(_step(StepKind.LEFT_OUT, speaker, f"not reviewed by this plugin, which {one.cause}"))
        elif one.verdict is Verdict.REFUSE:
            raise FailedPrecondition(
                Reason.RETAIL_PRICE_REFUSED,
                f"plugin {speaker.plugin} refused the price: {one.reason}",
                metadata={"plugin": speaker.plugin},
            )
        elif one.verdict is Verdict.WARN or one.reason:
            steps.append(_step(StepKind.REVIEW, speaker, one.reason or one.verdict.lower(), one.verdict))
    return Priced(priced.amount, priced.steps + tuple(steps))


def _final_plugin(said: Adjustments) -> str:
    """Give the name of the plugin that sets the final price of a line, empty where none does."""
    final = sorted({speaker.plugin for speaker, one in said if speaker.sets_final_price and type(one) is Adjustment})
    if len(final) > 1:
        raise FailedPrecondition(
            Reason.PLUGIN_FAILED,
            f"plugins {' and '.join(final)} both set the final price; one of them has to go",
            metadata={"plugin": final[0]},
        )
    return final[0] if final else ""


def _change_micros(basis: Basis, adjustment: Adjustment) -> Fraction:
    if adjustment.percent is not None:
        return basis.micros * Fraction(adjustment.percent) / 100
    assert adjustment.amount is not None, "checked_adjustment saw to it"
    return Fraction(adjustment.amount) * MICROS


def _said(adjustment: Adjustment) -> str:
    if adjustment.percent is not None:
        return f"{adjustment.percent:+f} % of the basis"
    return f"{adjustment.amount:+f} {adjustment.currency}"


def _step(kind: StepKind, speaker: Speaker, text: str, code: str = "", result: str = "") -> Step:
    return Step(kind, text, result, code=code, plugin=speaker.plugin, plugin_version=speaker.version)
