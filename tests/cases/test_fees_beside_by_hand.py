"""The fees beside the recurring one, worked by hand: promotions, activation, minimum terms, what an end gives back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.ledger import SIDES, assign, lines, live, promotions
from tests.harness import House, day, money

Plan = dict[str, Any]

ARREARS = {"timing": "TIMING_IN_ARREARS"}
KEEP, CREDIT = {"unused_days": "UNUSED_DAYS_KEEP"}, {"unused_days": "UNUSED_DAYS_CREDIT"}
WHOLE_LAST = {"last_part": "PART_CHARGE_WHOLE"}
ACTIVATED = {"activation_fee": money("25.00")}
PREPAID = {"periods_in_advance": 3, "prepay_percent_off": {"value": "10"}}


def term(periods: int, fee: str = "") -> Plan:
    """A minimum term: with a fixed fee for an early end, or the fees of the rest of the term."""
    if fee:
        fixed = {"early_cancellation": "EARLY_CANCELLATION_FIXED_FEE", "early_cancellation_fee": money(fee)}
        return {"minimum_term_periods": periods, **fixed}
    return {"minimum_term_periods": periods, "early_cancellation": "EARLY_CANCELLATION_REST_OF_TERM"}


# plan | start | end | the day that a run goes through | what has been charged, at 10.00 a month
CASES: list[tuple[Plan, str, str, str, list[str]]] = [
    # The first part is a period of the promotion: 21 of 31 days of 5.00.
    ({"promotions": promotions((1, "5.00"))}, "2026-01-11", "", "2026-02-28",
     ["2026-01-11 to 2026-02-01: 3.39", "2026-02-01 to 2026-03-01: 10.00"]),
    # Three months at a time at 0.00, then at 10.00 with a tenth off.
    ({"promotions": promotions((3, "0.00")), **PREPAID}, "2026-01-01", "", "2026-04-30",
     ["2026-01-01 to 2026-04-01: 0.00", "2026-04-01 to 2026-07-01: 27.00"]),
    # Activation on the first day, whole, whatever the days of the first part; also in arrears.
    (ACTIVATED, "2026-01-11", "", "2026-01-31",
     ["2026-01-11 to 2026-02-01: 6.77", "ACTIVATION 2026-01-11 to 2026-02-01: 25.00"]),
    ({**ACTIVATED, **ARREARS}, "2026-01-11", "", "2026-01-31", ["ACTIVATION 2026-01-11 to 2026-02-01: 25.00"]),
    (ACTIVATED, "2026-01-11", "2026-01-11", "2026-01-31", []),
    # A fixed fee for an end before the term; none on its day.
    (term(3, "50.00"), "2026-01-01", "2026-03-16", "2026-03-31",
     ["2026-01-01 to 2026-02-01: 10.00", "2026-02-01 to 2026-03-01: 10.00", "2026-03-01 to 2026-03-16: 4.84",
      "EARLY_CANCELLATION 2026-03-16 to 2026-04-01: 50.00"]),
    (term(3, "50.00"), "2026-01-01", "2026-04-01", "2026-04-30",
     ["2026-01-01 to 2026-02-01: 10.00", "2026-02-01 to 2026-03-01: 10.00", "2026-03-01 to 2026-04-01: 10.00"]),
    # The term counts the first part: from the 11th of January, three periods end on the 1st of April.
    (term(3, "50.00"), "2026-01-11", "2026-02-01", "2026-02-28",
     ["2026-01-11 to 2026-02-01: 6.77", "EARLY_CANCELLATION 2026-02-01 to 2026-04-01: 50.00"]),
    # The rest of the term: 5.16 of March, and all of April and May.
    (term(5), "2026-01-01", "2026-03-16", "2026-03-31",
     ["2026-01-01 to 2026-02-01: 10.00", "2026-02-01 to 2026-03-01: 10.00", "2026-03-01 to 2026-03-16: 4.84",
      "EARLY_CANCELLATION 2026-03-16 to 2026-06-01: 25.16"]),
    # Its last part is charged whole: April and May are left.
    ({**term(5), **WHOLE_LAST}, "2026-01-01", "2026-03-16", "2026-03-31",
     ["2026-01-01 to 2026-02-01: 10.00", "2026-02-01 to 2026-03-01: 10.00", "2026-03-01 to 2026-03-16: 10.00",
      "EARLY_CANCELLATION 2026-03-16 to 2026-06-01: 20.00"]),
    # The promotion has part in the rest: two more months at 5.00, then one at 10.00.
    ({**term(5), "promotions": promotions((4, "5.00"))}, "2026-01-01", "2026-03-01", "2026-03-31",
     ["2026-01-01 to 2026-02-01: 5.00", "2026-02-01 to 2026-03-01: 5.00",
      "EARLY_CANCELLATION 2026-03-01 to 2026-06-01: 20.00"]),
    # Before it started: nothing was agreed.
    ({**term(5), **ACTIVATED}, "2026-03-01", "2026-03-01", "2026-03-31", []),
]  # fmt: skip


@pytest.mark.parametrize(("plan", "start", "end", "through", "charged"), CASES)
def test_the_fees_beside_the_recurring_one_are_those_worked_by_hand_on_both_sides(
    house: House, plan: Plan, start: str, end: str, through: str, charged: list[str]
) -> None:
    live(house, plan, start, [through], end)
    assert [lines(house, side) for side in SIDES] == [charged, charged]


# plan | the day that is billed through before the end is told | the end | what is charged after it, besides
GIVEN_BACK: list[tuple[Plan, str, str, list[str]]] = [
    # 16 of 31 days are given back: 10.00 less 4.84.
    (CREDIT, "2026-01-01", "2026-01-16", ["UNUSED_CREDIT 2026-01-01 to 2026-02-01: -5.16"]),
    (KEEP, "2026-01-01", "2026-01-16", []),
    # A last part that is charged whole leaves nothing to give back, unless the part had not begun.
    ({**CREDIT, **WHOLE_LAST}, "2026-01-01", "2026-01-16", []),
    ({**CREDIT, **WHOLE_LAST}, "2026-02-01", "2026-02-01", ["UNUSED_CREDIT 2026-02-01 to 2026-03-01: -10.00"]),
    # Three months for 27.00: half a period of three is kept, 27.00 x 0.5/3 = 4.50 (14 of 28 days of February).
    ({**CREDIT, **PREPAID}, "2026-02-01", "2026-02-15", ["UNUSED_CREDIT 2026-02-01 to 2026-05-01: -22.50"]),
    ({**KEEP, **PREPAID}, "2026-02-01", "2026-02-15", []),
    # The rest of the term, to the 1st of May, less what stands charged: February's 5.00, or the whole month.
    ({**CREDIT, **term(3)}, "2026-02-01", "2026-02-15",
     ["EARLY_CANCELLATION 2026-02-15 to 2026-05-01: 25.00", "UNUSED_CREDIT 2026-02-01 to 2026-03-01: -5.00"]),
    ({**KEEP, **term(3)}, "2026-02-01", "2026-02-15", ["EARLY_CANCELLATION 2026-02-15 to 2026-05-01: 20.00"]),
]  # fmt: skip


@pytest.mark.parametrize(("plan", "billed", "end", "charged"), GIVEN_BACK)
def test_what_an_end_gives_back_of_what_was_charged_in_advance_is_worked_by_hand_on_both_sides(
    house: House, plan: Plan, billed: str, end: str, charged: list[str]
) -> None:
    name = assign(house, plan, billed)
    house.bill(billed)
    before = [lines(house, side) for side in SIDES]
    house.admin.CloseSubscription(name=name, end_date=day(end))
    # Up to the day before, the end has not come.
    house.bill(billed)
    assert [lines(house, side) for side in SIDES] == before or end == billed
    house.bill(end)
    after = [lines(house, side) for side in SIDES]
    assert [sorted(set(new) - set(old)) for new, old in zip(after, before, strict=True)] == [charged, charged]
    house.bill("2026-12-31")
    assert [lines(house, side) for side in SIDES] == after


UNFIT: list[tuple[Plan, str, str]] = [
    ({"promotions": promotions((2, "1.00")), **PREPAID}, "promotions[0].period_count",
     "a multiple of periods_in_advance, 3"),
    ({"promotions": [{"period_count": 1, "fee": money("1", "EUR")}]}, "promotions[0].fee.currency_code", "must be USD"),
    ({"promotions": promotions((1, "-1"))}, "promotions[0].fee", "must be zero or more"),
    ({"promotions": promotions((120, "1.00"), (1, "2.00"))}, "promotions", "at most 120 periods all in all"),
    ({"activation_fee": money("0")}, "activation_fee", "must be above zero; leave it out"),
    ({"activation_fee": money("1", "EUR")}, "activation_fee.currency_code", "must be USD"),
    ({"minimum_term_periods": 3}, "early_cancellation", "goes with minimum_term_periods"),
    ({"early_cancellation": "EARLY_CANCELLATION_REST_OF_TERM"}, "early_cancellation", "goes with minimum_term_periods"),
    ({**term(3), "early_cancellation_fee": money("1")}, "early_cancellation_fee",
     "goes with early_cancellation FIXED_FEE"),
    ({**term(3), "early_cancellation": "EARLY_CANCELLATION_FIXED_FEE"}, "early_cancellation_fee", "goes with"),
]  # fmt: skip


@pytest.mark.parametrize(("plan", "field", "right"), UNFIT)
def test_fees_that_do_not_fit_a_plan_are_refused_by_name(house: House, plan: Plan, field: str, right: str) -> None:
    wanted = {"kind": "PLAN_KIND_ACCOUNT", "fee": money("10"), **plan}
    refused = house.admin.refusal("CreatePlan", plan=wanted)
    assert (refused.code, refused.reason, refused.fields) == ("INVALID_ARGUMENT", "FIELD_INVALID", (f"plan.{field}",))
    assert right in refused.message


def test_a_plan_gives_back_each_field_as_it_was_made(house: House) -> None:
    plan = {
        "kind": "PLAN_KIND_RESELLER",
        "fee": money("10.00"),
        "period_unit": "PERIOD_UNIT_MONTH",
        "period_count": 3,
        "period_boundary": "PERIOD_BOUNDARY_FIXED_DAY",
        "fixed_day": 31,
        "day_count": "DAY_COUNT_THIRTY_DAY_MONTHS",
        "promotions": promotions((6, "1.00"), (3, "2.00")),
        **CREDIT,
        **ACTIVATED,
        **PREPAID,
        **term(9, "7.00"),
    }
    made = house.admin.CreatePlan(plan_id="rich", plan=plan).plan
    assert house.admin.CreatePlan(plan_id="rich", plan=plan).plan == made
    assert house.admin.GetPlan(name=made.name).plan == made
    for field, value in plan.items():
        stored = getattr(made, field)
        descriptor = made.DESCRIPTOR.fields_by_name[field]
        if descriptor.enum_type:
            stored = descriptor.enum_type.values_by_number[stored].name
        if field == "prepay_percent_off":
            assert stored.value == "10"
        elif field == "promotions":
            assert [(one.period_count, one.fee.units) for one in stored] == [(6, 1), (3, 2)]
        else:
            assert stored == value
