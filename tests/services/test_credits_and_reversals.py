"""What is given back: suspended days, unused days, and charges that were wrong."""

from __future__ import annotations

import pytest

from tests.conftest import WHOLE
from tests.harness import House, day, iso, month, text_of

CREDIT_DAYS = {"suspension": "SUSPENSION_POLICY_CREDIT_DAYS"}


def subscribe(house: House, retail: dict[str, str], start: str = "2026-01-01") -> str:
    house.make_product(wholesale=WHOLE, retail=retail)
    return house.assign(house.make_account("acme"), start=start)


@pytest.mark.parametrize(
    ("retail", "life", "through", "amounts"),
    [
        # Suspended from the 11th for 21 of 31 days: 21/31 x 20.00 = 13.548...
        (CREDIT_DAYS, {"suspend": "2026-01-11"}, "2026-01-31", ["20.00"]),
        (CREDIT_DAYS, {"suspend": "2026-01-11"}, "2026-02-01", ["20.00", "-13.55", "20.00"]),
        (CREDIT_DAYS, {"suspend": "2026-01-11", "resume": "2026-01-21"}, "2026-02-01", ["20.00", "-6.45", "20.00"]),
        # The plan charges on.
        ({}, {"suspend": "2026-01-11"}, "2026-02-01", ["20.00", "20.00"]),
        # In arrears the charge and its credit are due on the same day.
        (
            {**CREDIT_DAYS, "timing": "TIMING_IN_ARREARS"},
            {"suspend": "2026-01-11"},
            "2026-02-01",
            ["20.00", "-13.55"],
        ),
    ],
)
def test_suspended_days_are_credited_as_the_plan_says_and_the_fee_is_not(
    house: House, retail: dict[str, str], life: dict[str, str], through: str, amounts: list[str]
) -> None:
    name = subscribe(house, retail)
    house.admin.SuspendSubscription(name=name, start_date=day(life["suspend"]))
    if "resume" in life:
        house.admin.ResumeSubscription(name=name, resume_date=day(life["resume"]))
    house.bill(through)
    assert house.amounts("RETAIL") == amounts
    assert set(house.amounts("WHOLESALE")) == {"10.00"}


@pytest.mark.parametrize(
    ("retail", "amounts"),
    [
        # Charged 20.00 for March in advance, closed on the 16th: 16/31 x 20.00 = 10.322...
        ({}, ["20.00", "-10.32"]),
        (WHOLE, ["20.00"]),
    ],
)
def test_days_after_an_early_end_are_credited_and_the_fee_stands(
    house: House, retail: dict[str, str], amounts: list[str]
) -> None:
    name = subscribe(house, retail, start="2026-03-01")
    house.bill("2026-03-01")
    house.admin.CloseSubscription(name=name, end_date=day("2026-03-16"))
    house.bill("2026-04-30")
    assert house.amounts("RETAIL") == amounts
    assert house.amounts("WHOLESALE") == ["10.00"]


def test_a_reversal_takes_back_the_charge_and_is_not_billed_again(gold: House) -> None:
    gold.assign(gold.make_account("acme"))
    gold.bill("2026-01-31")
    [fee] = gold.charges(side="SIDE_WHOLESALE")
    reversal = gold.admin.ReverseCharge(name=fee.name, note="a gift").charge
    assert (text_of(reversal.amount), reversal.reverses) == ("-10.00", fee.name)
    assert (reversal.debtor, reversal.creditor) == ("resellers/acme", "provider")
    # Again: the same reversal.
    assert gold.admin.ReverseCharge(name=fee.name, note="a gift").charge == reversal
    assert gold.admin.GetCharge(name=fee.name).charge.reversed_by == reversal.name
    assert gold.admin.GetCharge(name=reversal.name).charge == reversal
    gold.bill("2026-01-31")
    assert gold.amounts("WHOLESALE") == ["10.00", "-10.00"]


def test_each_party_reverses_what_it_is_owed(gold: House) -> None:
    gold.assign(gold.make_account("acme"))
    gold.bill("2026-01-31")
    [fee], [price] = gold.charges(side="SIDE_WHOLESALE"), gold.charges(side="SIDE_RETAIL")
    acme = gold.reseller("acme")
    assert acme.refusal("ReverseCharge", name=fee.name).reason == "SIDE_OF_OTHER_PARTY"
    assert gold.admin.refusal("ReverseCharge", name=price.name).reason == "SIDE_OF_OTHER_PARTY"
    reversal = acme.ReverseCharge(name=price.name).charge
    assert (text_of(reversal.amount), reversal.creditor) == ("-20.00", "resellers/acme")
    assert acme.refusal("ReverseCharge", name=reversal.name).reason == "CHARGE_IS_REVERSAL"


def test_a_charge_is_not_given_back_twice(gold: House) -> None:
    name = gold.assign(gold.make_account("acme"))
    gold.admin.SuspendSubscription(name=name, start_date=day("2026-01-01"))
    gold.bill("2026-01-31")
    acme = gold.reseller("acme")
    [january] = gold.charges(side="SIDE_RETAIL")
    # Reversed before it was credited: there is nothing left to credit.
    acme.ReverseCharge(name=january.name)
    gold.bill("2026-02-28")
    assert gold.amounts("RETAIL", period_before=day("2026-02-01")) == ["20.00", "-20.00"]
    # Credited before it was to be reversed: the credit has to go first.
    gold.bill("2026-03-01")
    [february] = gold.charges(
        reason="CHARGE_REASON_RECURRING",
        side="SIDE_RETAIL",
        period_from=day("2026-02-01"),
        period_before=day("2026-03-01"),
    )
    [credit] = gold.charges(reason="CHARGE_REASON_SUSPENSION_CREDIT")
    assert acme.refusal("ReverseCharge", name=february.name).reason == "CHARGE_HAS_CREDIT"
    acme.ReverseCharge(name=credit.name)
    acme.ReverseCharge(name=february.name)
    february_amounts = gold.amounts("RETAIL", period_from=day("2026-02-01"), period_before=day("2026-03-01"))
    assert february_amounts == ["20.00", "-20.00", "20.00", "-20.00"]


def test_a_credit_stands_in_the_statement_of_the_month_that_it_is_for(gold: House) -> None:
    name = gold.assign(gold.make_account("acme"))
    gold.admin.SuspendSubscription(name=name, start_date=day("2026-01-01"))
    gold.bill("2026-02-01")
    [line] = gold.admin.ListStatementLines(reseller="resellers/acme", month=month("2026-01")).statement_lines
    assert (text_of(line.retail_billed), text_of(line.margin), line.below_cost) == ("0.00", "-10.00", True)
    credit = gold.charges(reason="CHARGE_REASON_SUSPENSION_CREDIT")[0]
    assert (iso(credit.period_start), iso(credit.due_date)) == ("2026-01-01", "2026-02-01")
