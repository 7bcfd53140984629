"""Credits and reversals: what is given back, and never more than was charged."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quitrent.domain.charge import Charge, ChargeReason, Side, credits_of, reversal_of
from quitrent.domain.days import Days
from quitrent.domain.errors import FailedPrecondition
from quitrent.domain.money import Money, Rounding


def january(amount_micros: int, reason: ChargeReason = ChargeReason.RECURRING) -> Charge:
    dates = (date(2026, 1, 1), date(2026, 2, 1), date(2026, 1, 1))
    return Charge("subscriptions/s1", Side.RETAIL, reason, *dates, Money(amount_micros, "USD"))


@pytest.mark.parametrize(
    ("kept", "suspended", "credited"),
    [
        (Days(31, 31), Days(0, 31), []),
        (Days(31, 31), Days(31, 31), [("SUSPENSION_CREDIT", -20_000_000)]),
        # 10/31 x 20.00 = 6.451...
        (Days(31, 31), Days(10, 31), [("SUSPENSION_CREDIT", -6_450_000)]),
        # 15/31 x 20.00 = 9.677..., so 9.68 is kept.
        (Days(15, 31), Days(0, 15), [("UNUSED_CREDIT", -10_320_000)]),
        (Days(0, 31), Days(0, 1), [("UNUSED_CREDIT", -20_000_000)]),
        # Of the 9.68 that are kept, 10 of 15 days are given back too: 6.453...
        (Days(15, 31), Days(10, 15), [("UNUSED_CREDIT", -10_320_000), ("SUSPENSION_CREDIT", -6_450_000)]),
        (Days(15, 31), Days(15, 15), [("UNUSED_CREDIT", -10_320_000), ("SUSPENSION_CREDIT", -9_680_000)]),
    ],
)
def test_days_are_given_back_in_a_credit_of_their_own(
    kept: Days, suspended: Days, credited: list[tuple[str, int]]
) -> None:
    charged = (Days(kept.whole, kept.whole),)
    credited_on = date(2026, 2, 1)
    given_back = list(credits_of(january(20_000_000), charged, (kept,), suspended, Rounding.HALF_UP, credited_on))
    assert [(credit.reason, credit.amount.amount_micros) for credit in given_back] == credited
    assert all(credit.due_date == date(2026, 2, 1) for credit in given_back)


some_days = st.integers(1, 366).flatmap(lambda whole: st.builds(Days, st.integers(0, whole), st.just(whole)))


@given(cents=st.integers(0, 10**6), kept=some_days, suspended=some_days, rounding=st.sampled_from(list(Rounding)))
def test_credits_never_exceed_what_was_charged(cents: int, kept: Days, suspended: Days, rounding: Rounding) -> None:
    charge = january(cents * 10_000)
    charged = (Days(kept.whole, kept.whole),)
    credited = credits_of(charge, charged, (kept,), suspended, rounding, date(2026, 2, 1))
    amounts = [credit.amount.amount_micros for credit in credited]
    assert all(amount < 0 for amount in amounts)
    assert -sum(amounts) <= charge.amount.amount_micros
    if kept.part == 0 or suspended.share == 1:
        assert -sum(amounts) == charge.amount.amount_micros


@pytest.mark.parametrize(
    ("kept", "suspended", "rounding", "credited"),
    [
        # 10/31 x 20.00 = 6.451..., which is kept or given back.
        (Days(10, 31), Days(0, 10), Rounding.UP, -13_540_000),
        (Days(10, 31), Days(0, 10), Rounding.HALF_UP, -13_550_000),
        (Days(31, 31), Days(10, 31), Rounding.UP, -6_460_000),
        (Days(31, 31), Days(10, 31), Rounding.HALF_UP, -6_450_000),
    ],
)
def test_a_credit_is_rounded_as_the_plan_says(kept: Days, suspended: Days, rounding: Rounding, credited: int) -> None:
    [credit] = credits_of(january(20_000_000), (Days(31, 31),), (kept,), suspended, rounding, date(2026, 2, 1))
    assert credit.amount.amount_micros == credited


def test_a_credit_is_of_the_run_and_the_product_of_its_charge() -> None:
    charge = replace(january(20_000_000), billing_run="billingRuns/r1", product="products/gold")
    every_day = (Days(31, 31),)
    [credit] = credits_of(charge, every_day, every_day, Days(10, 31), Rounding.HALF_UP, date(2026, 2, 1))
    assert (credit.billing_run, credit.product) == ("billingRuns/r1", "products/gold")


def test_a_reversal_takes_back_the_whole_charge_and_names_it() -> None:
    charge = january(20_000_000)
    reversal = reversal_of(charge, "a mistake", date(2026, 3, 5), credited=False)
    assert reversal.amount == Money(-20_000_000, "USD")
    assert reversal.reverses == charge.name
    assert reversal.name == "subscriptions/s1/charges/retail-recurring-2026-01-01-reversal"
    assert (reversal.period_start, reversal.due_date) == (date(2026, 1, 1), date(2026, 3, 5))


@pytest.mark.parametrize(
    ("charge", "credited", "reason"),
    [
        (january(-1, ChargeReason.REVERSAL), False, "CHARGE_IS_REVERSAL"),
        (january(1), True, "CHARGE_HAS_CREDIT"),
    ],
)
def test_a_reversal_is_refused(charge: Charge, credited: bool, reason: str) -> None:
    with pytest.raises(FailedPrecondition) as refused:
        reversal_of(charge, "", date(2026, 3, 5), credited=credited)
    assert refused.value.reason == reason
