"""Each charge explains itself: its name, its dates and the steps that lead to its amount."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from quitrent.domain.charge import Charge, ChargeReason, Side, reversal_of
from quitrent.domain.credit import suspended_days
from quitrent.domain.fee import fees_charged, fees_due
from quitrent.domain.money import Money
from quitrent.domain.plan import FeeChange
from quitrent.domain.retail_bill import credits_due, retail_billed, retail_parts_due
from quitrent.domain.subscription import PausedDays, resumed, suspended
from tests.cases.ledger import promotions
from tests.domain.ledger import ACCOUNT, FIRST, Ledger, both, explained, line, lived, plan_of
from tests.domain.refusals import refusal
from tests.harness import GOLD, money

Plan = dict[str, Any]

CREDIT = {"unused_days": "UNUSED_DAYS_CREDIT"}
CREDIT_DAYS = {"suspension": "SUSPENSION_POLICY_CREDIT_DAYS"}
PREPAID = {"periods_in_advance": 3, "prepay_percent_off": {"value": "12.5"}}
REST_OF_TERM = {"minimum_term_periods": 3, "early_cancellation": "EARLY_CANCELLATION_REST_OF_TERM"}
FIXED_FEE = {
    "minimum_term_periods": 3,
    "early_cancellation": "EARLY_CANCELLATION_FIXED_FEE",
    "early_cancellation_fee": money("50.00"),
}


def money_of(units: int) -> Money:
    return Money(units * 1_000_000, "USD")


def iso(text: str) -> date:
    return date.fromisoformat(text)


# plan | start | end | through | which charge | its steps on the wholesale side
STEPS: list[tuple[Plan, str, str, str, int, list[str]]] = [
    ({}, "2026-01-01", "", "2026-01-01", 0, ["FEE: the provider's fee = 10.00", "ROUNDING: rounded HALF_UP = 10.00"]),
    ({}, "2026-01-11", "", "2026-01-11", 0,
     ["FEE: the provider's fee = 10.00", "FRACTION: 21 of 31 days = 6.774194", "ROUNDING: rounded HALF_UP = 6.77"]),
    ({**PREPAID, "rounding": "ROUNDING_UP"}, "2026-01-11", "", "2026-01-11", 0,
     ["FEE: the provider's fee = 10.00", "FRACTION: 2 whole periods and 21 of 31 days = 26.774194",
      "PREPAYMENT: 12.5 % off for 3 periods at a time = 23.427419", "ROUNDING: rounded UP = 23.43"]),
    # One of three: a whole period, and no more than that.
    (PREPAID, "2026-01-01", "2026-02-01", "2026-01-01", 0,
     ["FEE: the provider's fee = 10.00", "PREPAYMENT: 12.5 % off for 3 periods at a time = 8.75",
      "ROUNDING: rounded HALF_UP = 8.75"]),
    ({"promotions": promotions((2, "5.00"))}, "2026-01-01", "", "2026-01-01", 0,
     ["FEE: the provider's fee for the first 2 periods = 5.00", "ROUNDING: rounded HALF_UP = 5.00"]),
    ({"activation_fee": money("25.00")}, "2026-01-11", "", "2026-01-11", 1, ["FEE: the activation fee = 25.00"]),
    (FIXED_FEE, "2026-01-01", "2026-02-16", "2026-02-28", 2, ["FEE: an end before 2026-04-01 = 50.00"]),
    (REST_OF_TERM, "2026-01-01", "2026-02-16", "2026-02-28", 2,
     ["FEE: the fees of the rest of the term, to 2026-04-01 = 14.64"]),
]  # fmt: skip


@pytest.mark.parametrize(("plan", "start", "end", "through", "place", "steps"), STEPS)
def test_a_fee_explains_itself_step_by_step(
    plan: Plan, start: str, end: str, through: str, place: int, steps: list[str]
) -> None:
    ledger = lived(*both(plan), start, [through], end)
    charges = [one for one in ledger.charges if one.side is Side.WHOLESALE]
    charges.sort(key=lambda one: (one.period_start, one.reason != ChargeReason.RECURRING))
    assert explained(charges[place].steps) == steps
    assert (charges[place].subscription, charges[place].product) == (FIRST, GOLD)


def test_a_part_after_a_break_is_explained_by_what_was_charged_before_it() -> None:
    ledger = lived(*both({}), "2026-04-01", ["2026-04-01"], "2026-04-21")
    ledger.withdraw(FIRST, "END")
    ledger.bill("2026-04-30")
    for side, first in (
        (Side.WHOLESALE, "FEE: the provider's fee"),
        (Side.RETAIL, "RECOMMENDED: recommended by plans/gold-price"),
    ):
        charge = next(one for one in ledger.charges if one.side is side and one.period_start == iso("2026-04-21"))
        assert explained(charge.steps) == [
            f"{first} = 10.00",
            "ROUNDING: rounded HALF_UP = 10.00",
            "EARLIER_PART: less 6.67 for 20 of 30 days that have been charged = 3.33",
        ]


# plan | the end, told after all of January is billed | the steps of the credit
CREDITS: list[tuple[Plan, str, list[str]]] = [
    (CREDIT, "2026-01-01",
     ["CHARGE: was charged = 10.00", "FRACTION: 31 of 31 days after the end",
      "ROUNDING: rounded HALF_UP and given back = -10.00"]),
    (CREDIT, "2026-01-16",
     ["CHARGE: was charged = 10.00", "FRACTION: 16 of 31 days after the end",
      "ROUNDING: rounded HALF_UP and given back = -5.16"]),
    ({**CREDIT, **PREPAID}, "2026-01-16",
     ["CHARGE: was charged = 26.25", "FRACTION: 2 whole periods and 16 of 31 days, of 3 whole periods, after the end",
      "ROUNDING: rounded HALF_UP and given back = -22.02"]),
    ({**CREDIT, **PREPAID}, "2026-02-01",
     ["CHARGE: was charged = 26.25", "FRACTION: 2 whole periods, of 3 whole periods, after the end",
      "ROUNDING: rounded HALF_UP and given back = -17.50"]),
]  # fmt: skip


@pytest.mark.parametrize(("plan", "end", "steps"), CREDITS)
def test_a_credit_says_which_days_are_given_back(plan: Plan, end: str, steps: list[str]) -> None:
    ledger = lived(*both(plan), "2026-01-01", ["2026-01-01"])
    ledger.close(FIRST, iso(end))
    ledger.bill("2026-12-31")
    for side in Side:
        charge, credit = (one for one in ledger.charges if one.side is side)
        assert explained(credit.steps) == steps
        assert credit == replace(
            charge, reason=ChargeReason.UNUSED_CREDIT, due_date=iso(end), amount=credit.amount, steps=credit.steps
        )


def paused(choice: PausedDays | None, settled: str = "2026-02-01") -> Ledger:
    """Suspended from the 16th of January to the 10th of February, which is told after January was settled."""
    ledger = Ledger(plan_of("RESELLER", "10.00", {}), plan_of("ACCOUNT", "20.00", CREDIT_DAYS))
    ledger.assign(ACCOUNT, "2026-01-01")
    ledger.change(FIRST, suspended, iso("2026-01-16"))
    ledger.bill(settled)
    ledger.change(FIRST, resumed, iso("2026-02-10"), choice)
    ledger.bill("2026-02-10")
    return ledger


def test_a_suspension_credit_and_what_takes_it_back_say_so() -> None:
    ledger = paused(PausedDays.CHARGE)
    credit, charge = (one for one in ledger.charges if one.reason is not ChargeReason.RECURRING)
    assert line(credit) == "SUSPENSION_CREDIT 2026-01-01 to 2026-02-01: -10.32"
    assert explained(credit.steps) == [
        "CHARGE: was charged = 20.00",
        "FRACTION: 16 of 31 days suspended",
        "ROUNDING: rounded HALF_UP and given back = -10.32",
    ]
    assert line(charge) == "PAUSED_CHARGE 2026-01-16 to 2026-02-01: 10.32"
    assert explained(charge.steps) == [
        "CHARGE: was given back for the suspended days = 10.32",
        "CHARGE: is given back for them since the resume = 0.00",
        "ROUNDING: the difference = 10.32",
    ]
    assert (charge.subscription, charge.side, charge.product) == (FIRST, Side.RETAIL, GOLD)
    assert charge.due_date == iso("2026-02-10")


def test_a_resume_gives_nothing_back_of_the_fee() -> None:
    ledger = Ledger(plan_of("RESELLER", "10.00", CREDIT), plan_of("ACCOUNT", "20.00", {}))
    ledger.assign(ACCOUNT, "2026-01-01")
    ledger.change(FIRST, suspended, iso("2026-01-01"))
    ledger.change(FIRST, resumed, iso("2026-02-01"), PausedDays.CREDIT)
    ledger.bill("2026-02-01")
    assert ledger.lines(Side.WHOLESALE) == ["2026-01-01 to 2026-02-01: 10.00", "2026-02-01 to 2026-03-01: 10.00"]


@pytest.mark.parametrize(
    ("choice", "settled", "corrected"),
    [
        (None, "2026-02-01", []),
        (PausedDays.CREDIT, "2026-02-01", []),
        (PausedDays.CHARGE, "2026-01-31", []),
        # Billed ahead, all of February is settled: no resume inside of it is taken.
        (
            PausedDays.CREDIT,
            "2026-03-01",
            ["DATE_SETTLED"],
        ),
    ],
)
def test_what_was_given_back_already_is_not_corrected(
    choice: PausedDays | None, settled: str, corrected: list[str]
) -> None:
    outcome = refusal(lambda: paused(choice, settled))
    if outcome is not None:
        assert [outcome.split(" ", maxsplit=1)[0]] == corrected
        return
    charges = paused(choice, settled).charges
    assert [one for one in charges if one.reason in {ChargeReason.PAUSED_CHARGE, ChargeReason.PAUSED_CREDIT}] == []


def test_a_reversal_explains_itself_with_its_note() -> None:
    ledger = lived(*both({}), "2026-01-01", ["2026-01-01"])
    charge = ledger.charges[0]
    reversal = reversal_of(charge, "a mistake", iso("2026-03-05"), credited=False)
    assert explained(reversal.steps) == [f"CHARGE: takes back {charge.name}: a mistake = -10.00"]
    plain = reversal_of(charge, "", iso("2026-03-05"), credited=False)
    assert explained(plain.steps) == [f"CHARGE: takes back {charge.name} = -10.00"]
    assert reversal == Charge(
        FIRST,
        Side.WHOLESALE,
        ChargeReason.REVERSAL,
        iso("2026-01-01"),
        iso("2026-02-01"),
        iso("2026-03-05"),
        -charge.amount,
        reversal.steps,
        reverses=charge.name,
        product=GOLD,
    )
    again = refusal(lambda: reversal_of(reversal, "", iso("2026-03-05"), credited=False))
    assert again == f"CHARGE_IS_REVERSAL {charge.name}-reversal is a reversal, which cannot be reversed"
    credited = refusal(lambda: reversal_of(charge, "", iso("2026-03-05"), credited=True))
    text = f"days of {charge.name} are the subject of a later charge; reverse that one first"
    assert credited == f"CHARGE_HAS_CREDIT {text}"


@pytest.mark.parametrize(
    ("side", "reason", "name"),
    [
        (Side.WHOLESALE, ChargeReason.RECURRING, "s1/charges/wholesale-recurring-2026-01-01"),
        (Side.RETAIL, ChargeReason.EARLY_CANCELLATION, "s1/charges/retail-early-cancellation-2026-01-01"),
    ],
)
def test_a_charge_is_named_by_what_it_is_for(side: Side, reason: ChargeReason, name: str) -> None:
    charge = lived(*both({}), "2026-01-01", ["2026-01-01"]).charges[0]
    assert replace(charge, subscription="s1", side=side, reason=reason).name == name


def test_what_has_been_reversed_is_not_credited_as_well() -> None:
    ledger = lived(*both(CREDIT), "2026-01-01", ["2026-01-01"])
    ledger.close(FIRST, iso("2026-01-16"))
    reversed_ones = [replace(one, reversed_by="reversal") for one in ledger.charges]
    fees, after = fees_due(ledger.first, ledger.wholesale, reversed_ones[:1], iso("2026-01-16"))
    assert fees == []
    assert after.wholesale.settled_until == iso("2026-02-01")
    settled = retail_billed(ledger.first, ledger.retail, iso("2026-01-16"))
    assert credits_due(ledger.first, settled, ledger.retail, reversed_ones[1:], set()) == []
    # What stands is.
    assert len(credits_due(ledger.first, settled, ledger.retail, ledger.charges[1:], set())) == 1


def test_what_was_settled_before_is_not_credited_again_unless_it_was_charged_by_this_run() -> None:
    ledger = Ledger(plan_of("RESELLER", "10.00", {}), plan_of("ACCOUNT", "20.00", CREDIT_DAYS))
    ledger.assign(ACCOUNT, "2026-01-01")
    ledger.change(FIRST, suspended, iso("2026-01-16"))
    ledger.bill("2026-02-01")
    before, plan = ledger.first, ledger.retail
    charges = [one for one in ledger.charges if one.side is Side.RETAIL and one.reason is ChargeReason.RECURRING]
    after = retail_billed(before, plan, iso("2026-03-01"))
    assert before.retail.settled_until == iso("2026-02-01")
    assert [str(one.period_start) for one in credits_due(before, after, plan, charges, set())] == ["2026-02-01"]
    # January was parked until now.
    credited = credits_due(before, after, plan, charges, {iso("2026-01-01")})
    assert [str(one.period_start) for one in credited] == ["2026-01-01", "2026-02-01"]


def test_a_part_without_a_day_costs_nothing_and_gives_nothing_back() -> None:
    # In months of thirty days, the 31st adds none.
    ledger = lived(*both({**CREDIT, "day_count": "DAY_COUNT_THIRTY_DAY_MONTHS"}), "2026-01-31", ["2026-01-31"])
    ledger.close(FIRST, iso("2026-01-31"))
    ledger.bill("2026-02-28")
    assert [ledger.lines(side) for side in Side] == [["2026-01-31 to 2026-02-01: 0.00"]] * 2


def test_a_part_after_a_break_gives_back_days_of_its_own() -> None:
    # 15 of 30 days up to the end that was taken back, then 10; of these 5 are kept: 3.33 less 1.67.
    ledger = lived(*both(CREDIT), "2026-04-06", ["2026-04-06"], "2026-04-21")
    ledger.withdraw(FIRST, "END")
    ledger.bill("2026-04-21")
    ledger.close(FIRST, iso("2026-04-26"))
    ledger.bill("2026-04-30")
    charged = [
        "2026-04-06 to 2026-04-21: 5.00",
        "2026-04-21 to 2026-05-01: 3.33",
        "UNUSED_CREDIT 2026-04-21 to 2026-05-01: -1.66",
    ]
    assert [sorted(ledger.lines(side)) for side in Side] == [charged, charged]


def test_what_is_settled_on_the_wholesale_side_stays_though_the_customer_has_longer_periods() -> None:
    ledger = Ledger(
        plan_of("RESELLER", "10.00", CREDIT), plan_of("ACCOUNT", "365.00", {"period_unit": "PERIOD_UNIT_YEAR"})
    )
    ledger.assign(ACCOUNT, "2026-01-01")
    ledger.bill("2026-02-01")
    ledger.close(FIRST, iso("2026-01-16"))
    ledger.bill("2026-02-28")
    assert ledger.lines(Side.WHOLESALE) == [
        "2026-01-01 to 2026-02-01: 10.00",
        "2026-02-01 to 2026-03-01: 10.00",
        "UNUSED_CREDIT 2026-02-01 to 2026-03-01: -10.00",
    ]
    assert ledger.lines(Side.RETAIL) == [
        "2026-01-01 to 2027-01-01: 365.00",
        "UNUSED_CREDIT 2026-01-01 to 2027-01-01: -350.00",
    ]


def test_an_end_on_the_start_is_no_early_one_though_a_period_was_charged() -> None:
    ledger = lived(*both(REST_OF_TERM), "2026-02-01", ["2026-02-01"])
    ledger.close(FIRST, iso("2026-02-01"))
    ledger.bill("2026-12-31")
    assert ledger.lines(Side.WHOLESALE) == ["2026-02-01 to 2026-03-01: 10.00"]
    assert ledger.lines(Side.RETAIL) == [
        "2026-02-01 to 2026-03-01: 10.00",
        "UNUSED_CREDIT 2026-02-01 to 2026-03-01: -10.00",
    ]


def test_an_activation_is_for_the_whole_first_period_whatever_end_was_taken_back() -> None:
    ledger = lived(*both({"activation_fee": money("25.00")}), "2026-04-01", ["2026-04-01"], "2026-04-21")
    ledger.withdraw(FIRST, "END")
    ledger.bill("2026-04-30")
    charged = [
        "2026-04-01 to 2026-04-21: 6.67",
        "ACTIVATION 2026-04-01 to 2026-05-01: 25.00",
        "2026-04-21 to 2026-05-01: 3.33",
    ]
    assert [ledger.lines(side) for side in Side] == [charged, charged]


def test_an_end_in_a_last_period_that_is_charged_whole_leaves_nothing_of_the_term() -> None:
    ledger = lived(
        *both({**REST_OF_TERM, "last_part": "PART_CHARGE_WHOLE"}), "2026-01-01", ["2026-03-31"], "2026-03-16"
    )
    charged = [
        "2026-01-01 to 2026-02-01: 10.00",
        "2026-02-01 to 2026-03-01: 10.00",
        "2026-03-01 to 2026-03-16: 10.00",
    ]
    assert [ledger.lines(side) for side in Side] == [charged, charged]


def test_a_parked_part_is_tried_again_as_it_was_when_it_was_due() -> None:
    ledger = lived(*both({}), "2026-01-11", ["2026-02-01"])
    ledger.close(FIRST, iso("2026-03-16"))
    parked = [iso("2026-02-01"), iso("2026-01-11")]
    parts = retail_parts_due(ledger.first, ledger.retail, parked, iso("2026-03-01"))
    assert [(str(part.start), str(part.end)) for part in parts] == [
        ("2026-01-11", "2026-02-01"),
        ("2026-02-01", "2026-03-01"),
        ("2026-03-01", "2026-03-16"),
    ]
    due = retail_parts_due(
        lived(*both({}), "2026-01-11", ["2026-02-01"]).first, ledger.retail, parked, iso("2026-02-01")
    )
    assert [str(part.start) for part in due] == ["2026-01-11", "2026-02-01"]
    # Not before it is due, and not where the subscription has none.
    early = retail_parts_due(ledger.first, ledger.retail, [*parked, iso("2026-03-20")], iso("2026-01-31"))
    assert [str(part.start) for part in early] == ["2026-01-11"]


def test_fees_computed_anew_stop_at_the_day_that_is_asked_for() -> None:
    ledger = lived(*both({**CREDIT, **FIXED_FEE, "activation_fee": money("25.00")}), "2026-01-01", ["2026-02-01"])
    ledger.close(FIRST, iso("2026-02-16"))
    expected = {
        "2025-12-31": [],
        "2026-01-01": ["2026-01-01 to 2026-02-01: 10.00", "ACTIVATION 2026-01-01 to 2026-02-01: 25.00"],
        "2026-02-15": [
            "2026-01-01 to 2026-02-01: 10.00",
            "2026-02-01 to 2026-03-01: 10.00",
            "ACTIVATION 2026-01-01 to 2026-02-01: 25.00",
        ],
        "2026-02-16": [
            "2026-01-01 to 2026-02-01: 10.00",
            "2026-02-01 to 2026-03-01: 10.00",
            "ACTIVATION 2026-01-01 to 2026-02-01: 25.00",
            "EARLY_CANCELLATION 2026-02-16 to 2026-04-01: 50.00",
            "UNUSED_CREDIT 2026-02-01 to 2026-03-01: -4.64",
        ],
    }
    for through, fees in expected.items():
        found = fees_charged(ledger.first, ledger.wholesale, iso(through))
        assert sorted(line(one) for one in found) == sorted(fees)


def test_a_fee_that_changes_on_the_day_of_an_end_was_not_agreed() -> None:
    for day, rest in (("2026-02-15", "32.50"), ("2026-02-16", "14.64"), ("2026-02-28", "14.64")):
        ledger = Ledger(*both(REST_OF_TERM))
        change = FeeChange(ledger.wholesale.name, iso(day), Money(27_860_000, "USD"))
        ledger.wholesale = replace(ledger.wholesale, fee_changes=(change,))
        ledger.assign(ACCOUNT, "2026-01-01")
        ledger.close(FIRST, iso("2026-02-16"))
        ledger.bill("2026-02-28")
        assert ledger.lines(Side.WHOLESALE)[-1] == f"EARLY_CANCELLATION 2026-02-16 to 2026-04-01: {rest}"


@pytest.mark.parametrize(("start", "rest"), [("2026-01-01", "14.64"), ("2026-02-01", "55.00")])
def test_the_rest_of_a_term_is_at_the_fee_that_the_subscription_follows(start: str, rest: str) -> None:
    ledger = Ledger(*both(REST_OF_TERM))
    for_new = FeeChange(ledger.wholesale.name, iso("2026-02-01"), money_of(22), applies_to_existing=False)
    ledger.wholesale = replace(ledger.wholesale, fee_changes=(for_new,))
    ledger.retail = replace(ledger.retail, fee_changes=(for_new,))
    ledger.assign(ACCOUNT, start)
    ledger.close(FIRST, iso("2026-02-15" if start == "2026-02-01" else "2026-02-16"))
    ledger.bill("2026-02-28")
    # Of 66.00, 14 of 28 days of the first month have been charged.
    assert [ledger.lines(side)[-1].split()[-1] for side in Side] == [rest, rest]


@pytest.mark.parametrize(
    ("retail", "end", "days"),
    [
        ({}, "", "10/31"),
        ({}, "2026-01-21", "6/20"),
        # Days after an end are kept: the suspended ones are those of the whole month.
        ({"unused_days": "UNUSED_DAYS_KEEP"}, "2026-01-21", "6/31"),
        ({}, "2026-01-01", "0/1"),
    ],
)
def test_suspended_days_are_those_in_use(retail: Plan, end: str, days: str) -> None:
    ledger = lived(plan_of("RESELLER", "10.00", {}), plan_of("ACCOUNT", "20.00", {**CREDIT_DAYS, **retail}),
                   "2026-01-01", ["2026-01-01"])  # fmt: skip
    charge = ledger.charges[1]
    if end != "2026-01-01":
        ledger.change(FIRST, suspended, iso("2026-01-15"))
        ledger.change(FIRST, resumed, iso("2026-01-25"))
    if end:
        ledger.close(FIRST, iso(end))
    found = suspended_days(charge, ledger.first, ledger.first.retail, ledger.retail)
    assert f"{found.part}/{found.whole}" == days
