"""The prices that a plugin's adjustments make of lines, for it to review."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from quitrent.domain.errors import FailedPrecondition
from quitrent.domain.line import Line, RetailAmount
from quitrent.domain.money import MICROS, Rounding, round_to_minor_unit, units_decimal
from quitrent.domain.price_rule import check_retail_price
from quitrent.domain.proposal import Adjustment
from quitrent.testing.asking import Asking, Priced
from quitrent.testing.report import Check, Notes, Outcome


def priced_of(adjusting: Asking | None, made: Sequence[Line], notes: Notes) -> list[Priced]:
    """Give the lines with their prices, without those that have none."""
    said = dict.fromkeys(range(len(made)), ()) if adjusting is None else adjusting.said
    priced = []
    for place, answer in said.items():
        if not isinstance(answer, str):
            line = made[place]
            micros = _micros(line, [one for one in answer if isinstance(one, Adjustment)])
            try:
                check_retail_price(micros, line.currency, "the adjustments make", "")
                priced.append((line, _retail_amount(line, micros)))
            except FailedPrecondition as error:
                notes.note(Check.PRICES, Outcome.WARNING, error.message, line)
    if priced:
        notes.note(Check.PRICES, Outcome.OK)
    return priced


def _micros(line: Line, adjustments: Sequence[Adjustment]) -> Fraction:
    price = Fraction(line.basis)
    for one in adjustments:
        price += (
            Fraction(line.basis) * Fraction(one.percent) / 100 if one.percent is not None else Fraction(one.amount or 0)
        )
    return price * MICROS


def _retail_amount(line: Line, micros: Fraction) -> RetailAmount:
    """Give the price with the amount of the period: of a first part of a month, a share."""
    days = (line.period_end - line.period_start).days
    share = Fraction(days, 31) if line.period_index == 0 and days < 28 else Fraction(1)
    amount = round_to_minor_unit(micros * share, line.currency, Rounding.HALF_UP)
    return RetailAmount(units_decimal(micros), units_decimal(Fraction(amount.amount_micros)))
