"""Exact money: whole micros of a currency, and the one rounding of a charge.

A micro is a millionth of a currency's unit. What is on its way to an amount is an exact
`Fraction` of micros; `round_to_minor_unit` makes it an amount that can be paid.

Worked by hand: 21 of 31 days of 20.00 USD are 420/31 = 13.548... USD, so 13.55.

>>> exact = Fraction(20_000_000) * Fraction(21, 31)
>>> round_to_minor_unit(exact, "USD", Rounding.HALF_UP)
Money(amount_micros=13550000, currency='USD')
>>> units_text(exact, "USD")
'13.548387'
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from quitrent.domain.currencies import MINOR_UNIT_DIGITS

MICROS = 1_000_000
# A sum of a billion such amounts still fits the 64 bits of a column.
LARGEST_AMOUNT_MICROS = 1_000_000_000 * MICROS
# What rules and plugins may make of it; above, a column of 64 bits could not hold it.
LARGEST_PRICE_MICROS = 1_000_000_000_000 * MICROS


class Rounding(StrEnum):
    """How an exact amount becomes one of the currency's minor unit."""

    HALF_UP = "HALF_UP"
    HALF_EVEN = "HALF_EVEN"
    UP = "UP"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency (ISO 4217 code)."""

    amount_micros: int
    currency: str

    def __neg__(self) -> Money:
        return Money(-self.amount_micros, self.currency)


def is_currency(code: str) -> bool:
    """Whether it is a currency of ISO 4217 in which amounts can be paid."""
    return code in MINOR_UNIT_DIGITS


def round_to_minor_unit(micros: Fraction, currency: str, rounding: Rounding) -> Money:
    """Round an exact number of micros to what the currency can pay: 2 digits for USD, 0 for JPY.

    >>> [round_to_minor_unit(Fraction(n), "USD", Rounding.UP).amount_micros for n in (1_214_000, -1_214_000)]
    [1220000, -1220000]
    """
    minor_unit_micros = 10 ** (6 - MINOR_UNIT_DIGITS[currency])
    exact = abs(micros) / minor_unit_micros
    whole, rest = divmod(exact.numerator, exact.denominator)
    if _goes_up(whole, Fraction(rest, exact.denominator), rounding):
        whole += 1
    sign = -1 if micros < 0 else 1
    return Money(sign * whole * minor_unit_micros, currency)


def _goes_up(whole: int, rest: Fraction, rounding: Rounding) -> bool:
    half = Fraction(1, 2)
    if rounding is Rounding.UP:
        return rest > 0
    if rounding is Rounding.HALF_EVEN and rest == half:
        return whole % 2 == 1
    return rest >= half


def units_text(micros: Fraction | int, currency: str) -> str:
    """Write an amount in units, for reading: at least the currency's digits, at most six.

    >>> units_text(-2_000_000, "USD"), units_text(323_000_000, "JPY")
    ('-2.00', '323')
    """
    exact = Fraction(micros)
    digits = MINOR_UNIT_DIGITS[currency]
    # Written with integers, so that no decimal context of the process can have a say in it.
    rounded = round(exact)
    sign = "-" if rounded < 0 else ""
    whole, rest = divmod(abs(rounded), MICROS)
    decimals = f"{rest:06d}".rstrip("0").ljust(digits, "0")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


@lru_cache(maxsize=4_096)
def units_decimal(micros: Fraction) -> Decimal:
    """Give an exact amount in units as a `Decimal`; exact where it is a finite decimal.

    >>> units_decimal(Fraction(11_238_750))
    Decimal('11.23875')
    """
    context = Context(prec=60, rounding=ROUND_HALF_EVEN, traps=[])
    numerator = context.create_decimal(micros.numerator)
    return context.divide(numerator, context.create_decimal(micros.denominator * MICROS))
