"""Reads explanations as a person would, works them out again, and sees whether they lead to the amounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from re import match

from quitrent.domain.charge import CREDIT_REASONS, Charge, ChargeReason, Side, Step, StepKind

CENT = 10_000


def check_explanations(charges: Sequence[Charge]) -> None:
    """Work every explanation out again; what it leads to has to be what was charged."""
    credits_of: dict[tuple[str, date], list[Charge]] = defaultdict(list)
    of_several: set[tuple[str, date]] = set()
    for charge in charges:
        last_result = [step.result for step in charge.steps if step.result][-1]
        assert _micros(last_result) == charge.amount.amount_micros, charge
        if charge.reason is ChargeReason.RECURRING:
            assert _worked_out(charge) == charge.amount.amount_micros, charge
            if charge.side is Side.RETAIL and any("whole period" in step.text for step in charge.steps):
                of_several.add((charge.subscription, charge.period_start))
        elif charge.reason in CREDIT_REASONS:
            credits_of[charge.subscription, charge.period_start].append(charge)
    for charged, group in credits_of.items():
        _check_credits(group, charged in of_several)


def _worked_out(charge: Charge) -> Fraction:
    first, *rest = charge.steps
    assert first.kind is (StepKind.FEE if charge.side is Side.WHOLESALE else StepKind.RECOMMENDED)
    amount = basis = _micros(first.result)
    for step in rest:
        if step.kind is StepKind.PRICE_RULE:
            amount = basis = _ruled(step, basis)
        elif step.kind is StepKind.ADJUSTMENT:
            amount += _adjusted(step, basis)
        elif step.kind is StepKind.FRACTION:
            amount *= _share(step)
        elif step.kind is StepKind.ROUNDING:
            amount = _rounded(amount, step)
        elif step.kind is StepKind.EARLIER_PART:
            amount -= _micros(step.text.split()[1])
        elif step.kind is StepKind.PREPAYMENT:
            amount *= 1 - Fraction(step.text.split()[0]) / 100
        # A result is written with six digits at most.
        assert not step.result or abs(_micros(step.result) - amount) <= Fraction(1, 2), (step, charge)
    return amount


def _check_credits(group: Sequence[Charge], is_of_several: bool) -> None:
    """The credits of one charge: of what is left after the days past the end, the suspended days are given back."""
    left = _micros(group[0].steps[0].result)
    for credit in sorted(group, key=lambda credit: credit.reason, reverse=True):
        _, days, rounding = credit.steps
        if credit.reason is ChargeReason.UNUSED_CREDIT:
            kept = _rounded(left * (1 - _share(days)), rounding)
            # Of several periods a credit tells what lies after the end, and not of how much.
            if is_of_several:
                kept = left + credit.amount.amount_micros
            assert -credit.amount.amount_micros == left - kept, group
            left = kept
        else:
            assert -credit.amount.amount_micros == _rounded(left * _share(days), rounding), group


def _ruled(step: Step, recommended: Fraction) -> Fraction:
    percentage = match(r"([+-][\d.]+) % on the recommended price$", step.text)
    return recommended * (1 + Fraction(percentage[1]) / 100) if percentage else _micros(step.result)


def _adjusted(step: Step, basis: Fraction) -> Fraction:
    percentage = match(r"([+-][\d.]+) % of the basis: ", step.text)
    return basis * Fraction(percentage[1]) / 100 if percentage else _micros(step.text.split()[0])


def _share(step: Step) -> Fraction:
    """Read how much of a period, or how many, some days are: `2 whole periods and 5 of 15 days`."""
    share = Fraction(0)
    # Where months have thirty days, a 31st is none.
    if step.text.startswith("no day"):
        return share
    for text in step.text.split(" and "):
        days, periods = match(r"(\d+) of (\d+) days", text), match(r"(a|\d+) whole periods?", text)
        assert days or periods, step
        share += Fraction(int(days[1]), int(days[2])) if days else Fraction(0)
        share += int(periods[1].replace("a", "1")) if periods else 0
    return share


def _rounded(micros: Fraction, step: Step) -> Fraction:
    rule = step.text.split()[1]
    whole, rest = divmod(abs(micros), CENT)
    if rule == "HALF_UP":
        up = rest * 2 >= CENT
    elif rule == "HALF_EVEN":
        up = rest * 2 > CENT or (rest * 2 == CENT and whole % 2 == 1)
    else:
        assert rule == "UP", step
        up = rest > 0
    return Fraction((whole + up) * CENT) * (-1 if micros < 0 else 1)


def _micros(text: str) -> Fraction:
    return Fraction(text) * 1_000_000
