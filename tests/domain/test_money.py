"""Exact money and its one rounding."""

from __future__ import annotations

from decimal import ROUND_DOWN, Context, Decimal, Inexact, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quitrent.domain.currencies import MINOR_UNIT_DIGITS
from quitrent.domain.money import Money, Rounding, round_to_minor_unit, units_decimal, units_text


@pytest.mark.parametrize(
    ("amount", "currency", "rounding", "rounded"),
    [
        ("1.214", "USD", Rounding.HALF_UP, "1.21"),
        ("-1.214", "USD", Rounding.HALF_UP, "-1.21"),
        ("1.214", "USD", Rounding.UP, "1.22"),
        ("-1.214", "USD", Rounding.UP, "-1.22"),
        ("1.215", "USD", Rounding.HALF_UP, "1.22"),
        ("-1.215", "USD", Rounding.HALF_UP, "-1.22"),
        ("1.215", "USD", Rounding.HALF_EVEN, "1.22"),
        ("1.225", "USD", Rounding.HALF_EVEN, "1.22"),
        ("-1.225", "USD", Rounding.HALF_EVEN, "-1.22"),
        ("1.235", "USD", Rounding.HALF_EVEN, "1.24"),
        ("1.245", "USD", Rounding.HALF_EVEN, "1.24"),
        ("1.2250000001", "USD", Rounding.HALF_EVEN, "1.23"),
        # 10 of 31 days of 1000 yen, and of 10.000 Kuwaiti dinars.
        (Fraction(10_000, 31), "JPY", Rounding.HALF_UP, "323"),
        (Fraction(100, 31), "KWD", Rounding.HALF_UP, "3.226"),
        ("0", "USD", Rounding.UP, "0.00"),
        ("-0.001", "USD", Rounding.HALF_UP, "0.00"),
    ],
)
def test_an_amount_is_rounded_to_what_its_currency_can_pay(
    amount: str | Fraction, currency: str, rounding: Rounding, rounded: str
) -> None:
    money = round_to_minor_unit(Fraction(amount) * 1_000_000, currency, rounding)
    assert units_text(money.amount_micros, money.currency) == rounded


@given(
    micros=st.fractions(min_value=-(10**15), max_value=10**15),
    currency=st.sampled_from(sorted(MINOR_UNIT_DIGITS)),
    rounding=st.sampled_from(list(Rounding)),
)
def test_rounding_moves_by_less_than_a_minor_unit_and_minds_no_sign(
    micros: Fraction, currency: str, rounding: Rounding
) -> None:
    minor_unit = 10 ** (6 - MINOR_UNIT_DIGITS[currency])
    rounded = round_to_minor_unit(micros, currency, rounding).amount_micros
    assert rounded % minor_unit == 0
    assert abs(rounded - micros) < minor_unit
    assert rounding is Rounding.UP or abs(rounded - micros) <= Fraction(minor_unit, 2)
    assert round_to_minor_unit(-micros, currency, rounding) == Money(-rounded, currency)


@given(st.integers(-(10**9), 10**9), st.sampled_from(sorted(MINOR_UNIT_DIGITS)), st.sampled_from(list(Rounding)))
def test_what_can_be_paid_is_not_rounded(minor_units: int, currency: str, rounding: Rounding) -> None:
    micros = minor_units * 10 ** (6 - MINOR_UNIT_DIGITS[currency])
    assert round_to_minor_unit(Fraction(micros), currency, rounding).amount_micros == micros


def test_an_endless_amount_is_given_with_sixty_digits_whatever_the_decimal_context() -> None:
    # Two thirds of a unit, and a billion with a third.
    with localcontext(Context(prec=5, rounding=ROUND_DOWN, traps=[Inexact])):
        assert units_decimal(Fraction(2_000_000, 3)) == Decimal("0." + "6" * 59 + "7")
        assert units_decimal(Fraction(10**15) + Fraction(10**6, 3)) == Decimal("1000000000." + "3" * 50)
