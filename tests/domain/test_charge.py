"""Credits and reversals: what is given back, and never more than was charged."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quitrent.domain.charge import Charge, ChargeReason, Side, credits_of, reversal_of
from quitrent.domain.errors import FailedPrecondition
from quitrent.domain.money import Money, Rounding


def january(amount_micros: int, reason: ChargeReason = ChargeReason.RECURRING) -> Charge:
    dates = (date(2026, 1, 1), date(2026, 2, 1), date(2026, 1, 1))
    return Charge("subscriptions/s1", Side.RETAIL, reason, *dates, Money(amount_micros, "USD"))


@pytest.mark.parametrize(
    ("suspended", "unused", "credited"),
    [
        (0, 0, []),
        (31, 0, [("SUSPENSION_CREDIT", -20_000_000)]),
        # 10/31 x 20.00 = 6.451...
        (10, 0, [("SUSPENSION_CREDIT", -6_450_000)]),
        (0, 16, [("UNUSED_CREDIT", -10_320_000)]),
        (0, 31, [("UNUSED_CREDIT", -20_000_000)]),
        # 26/31 x 20.00 = 16.774..., less the 6.45 of the suspended days: 10.32.
        (10, 16, [("SUSPENSION_CREDIT", -6_450_000), ("UNUSED_CREDIT", -10_320_000)]),
        (15, 16, [("SUSPENSION_CREDIT", -9_680_000), ("UNUSED_CREDIT", -10_320_000)]),
    ],
)
def test_days_are_given_back_in_a_credit_of_their_own(
    suspended: int, unused: int, credited: list[tuple[str, int]]
) -> None:
    given_back = list(credits_of(january(20_000_000), suspended, unused, Rounding.HALF_UP))
    assert [(credit.reason, credit.amount.amount_micros) for credit in given_back] == credited
    assert all(credit.due_date == date(2026, 2, 1) for credit in given_back)


@given(
    cents=st.integers(0, 10**6), suspended=st.integers(0, 31), rounding=st.sampled_from(list(Rounding)), data=st.data()
)
def test_credits_never_exceed_what_was_charged_and_all_days_give_all_of_it(
    cents: int, suspended: int, rounding: Rounding, data: st.DataObject
) -> None:
    unused = data.draw(st.integers(0, 31 - suspended))
    charge = january(cents * 10_000)
    given_back = -sum(credit.amount.amount_micros for credit in credits_of(charge, suspended, unused, rounding))
    assert 0 <= given_back <= charge.amount.amount_micros
    if suspended + unused == 31:
        assert given_back == charge.amount.amount_micros


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
