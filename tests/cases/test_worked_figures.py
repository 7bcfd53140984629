"""The figures that the domain was built to, each on a real server, on both sides alike."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest

from quitrent.domain.calendar import Calendar, PeriodBoundary
from quitrent.domain.money import Rounding, round_to_minor_unit, units_text
from quitrent.domain.schedule import Schedule
from tests.cases.ledger import SIDES, assign, lines, live, promotions
from tests.harness import House, day, money

YEAR, HALF_MONTH = {"period_unit": "PERIOD_UNIT_YEAR"}, {"period_unit": "PERIOD_UNIT_HALF_MONTH"}
QUARTER = {"period_count": 3}
ANNIVERSARY = {"period_boundary": "PERIOD_BOUNDARY_ANNIVERSARY"}
PROMOTED = {"promotions": promotions((3, "0.00"), (6, "9.99"))}
PREPAID = {"periods_in_advance": 12, "prepay_percent_off": {"value": "20"}}


def fixed(number: int) -> dict[str, Any]:
    return {"period_boundary": "PERIOD_BOUNDARY_FIXED_DAY", "fixed_day": number}


# plan | fee | start | the runs | what has been charged
FIGURES: list[tuple[dict[str, Any], str, str, list[str], list[str]]] = [
    # 5 of the 31 days from the 15th of January: 5/31 x 30.00 = 4.838...
    (fixed(15), "30.00", "2026-02-10", ["2026-02-28"],
     ["2026-02-10 to 2026-02-15: 4.84", "2026-02-15 to 2026-03-15: 30.00"]),
    # April has no 31st: its last day stands for it. 20 of 30 days are 20.00.
    (fixed(31), "30.00", "2026-04-10", ["2026-05-31"],
     ["2026-04-10 to 2026-04-30: 20.00", "2026-04-30 to 2026-05-31: 30.00", "2026-05-31 to 2026-06-30: 30.00"]),
    # 42 of the 91 days of the second quarter.
    (QUARTER, "91.00", "2026-05-20", ["2026-07-01"],
     ["2026-05-20 to 2026-07-01: 42.00", "2026-07-01 to 2026-10-01: 91.00"]),
    # The 15th of January lies before the start: the first boundary is a year later. 349 of 365 days.
    ({**YEAR, **fixed(15)}, "365.00", "2026-01-31", ["2027-01-15"],
     ["2026-01-31 to 2027-01-15: 349.00", "2027-01-15 to 2028-01-15: 365.00"]),
    # 22/31 x 50.00 = 35.483...
    ({}, "50.00", "2026-08-10", ["2026-08-31"], ["2026-08-10 to 2026-09-01: 35.48"]),
    # The fee is for a period, whatever its length.
    (HALF_MONTH, "45.00", "2026-02-01", ["2026-02-28"],
     ["2026-02-01 to 2026-02-16: 45.00", "2026-02-16 to 2026-03-01: 45.00"]),
    # 12 x 10.00 less a fifth, once; and nothing in the next eleven months.
    (PREPAID, "10.00", "2026-01-01", ["2026-01-01", "2026-06-30", "2026-12-31"],
     ["2026-01-01 to 2027-01-01: 96.00"]),
    (PREPAID, "10.00", "2026-01-01", ["2027-01-01"],
     ["2026-01-01 to 2027-01-01: 96.00", "2027-01-01 to 2028-01-01: 96.00"]),
]  # fmt: skip


@pytest.mark.parametrize(("plan", "fee", "start", "runs", "charged"), FIGURES)
def test_a_plan_charges_the_figures_worked_by_hand_on_both_sides(
    house: House, plan: dict[str, Any], fee: str, start: str, runs: list[str], charged: list[str]
) -> None:
    live(house, plan, start, runs, fee=fee)
    assert [lines(house, side) for side in SIDES] == [charged, charged]


def test_the_31st_comes_back_after_every_short_month() -> None:
    schedule = Schedule.starting(date(2026, 1, 31))
    parts = list(islice(Calendar(period_boundary=PeriodBoundary.ANNIVERSARY).parts(schedule), 31))
    assert [f"{part.start:%m-%d}" for part in parts[:12]] == [
        "01-31", "02-28", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30", "10-31", "11-30", "12-31",
    ]  # fmt: skip
    # 2028 is a leap year.
    assert [str(part.start) for part in parts[24:28]] == ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]
    assert len(parts) == 31


def test_a_promotion_gives_way_to_the_standard_fee(house: House) -> None:
    live(house, PROMOTED, "2026-01-01", ["2026-12-31"], fee="12.99")
    for side in SIDES:
        amounts = [line.split()[-1] for line in lines(house, side)]
        assert amounts == ["0.00"] * 3 + ["9.99"] * 6 + ["12.99"] * 3
        assert sum(Fraction(amount) for amount in amounts) == Fraction("98.91")


@pytest.mark.parametrize(
    ("plan", "fees", "start", "effective", "through", "charged"),
    [
        ({}, ("30.00", "60.00"), "2026-02-01", "2026-03-01", "2026-03-31",
         ["2026-02-01 to 2026-03-01: 30.00", "2026-03-01 to 2026-04-01: 60.00"]),
        # It follows at its next boundary on or after the date.
        (ANNIVERSARY, ("5.00", "6.00"), "2026-03-30", "2026-03-31", "2026-04-30",
         ["2026-03-30 to 2026-04-30: 5.00", "2026-04-30 to 2026-05-30: 6.00"]),
    ],
)  # fmt: skip
def test_a_fee_changes_at_the_next_boundary_on_or_after_its_date(
    house: House,
    plan: dict[str, Any],
    fees: tuple[str, str],
    start: str,
    effective: str,
    through: str,
    charged: list[str],
) -> None:
    assign(house, plan, start, fees[0])
    for parent in ("plans/gold-fee", "plans/gold-price"):
        change = {"effective_date": day(effective), "fee": money(fees[1])}
        house.admin.CreateFeeChange(parent=parent, fee_change=change)
    house.bill(through)
    assert [lines(house, side) for side in SIDES] == [charged, charged]


def test_a_product_changed_at_once_is_credited_and_charged_for_the_rest_of_the_month(house: House) -> None:
    name = assign(house, {}, "2026-06-01", "49.00")
    house.make_product("silver", "79.00", "79.00")
    house.bill("2026-06-01")
    house.admin.ChangeSubscriptionProduct(
        name=name,
        product="products/silver",
        change_date=day("2026-06-19"),
        timing="PRODUCT_CHANGE_TIMING_AT_ONCE",
        subscription_id="s2",
    )
    house.bill("2026-06-30")
    # 12/30 x 49.00 is given back, and 12/30 x 79.00 is charged.
    assert lines(house, "RETAIL") == [
        "2026-06-01 to 2026-07-01: 49.00",
        "UNUSED_CREDIT 2026-06-01 to 2026-07-01: -19.60",
        "2026-06-19 to 2026-07-01: 31.60",
    ]
    # Each product has its own fee: gold's stands, silver's is by days.
    assert lines(house, "WHOLESALE") == ["2026-06-01 to 2026-07-01: 49.00", "2026-06-19 to 2026-07-01: 31.60"]


@pytest.mark.parametrize(
    ("currency", "fee", "charged"),
    # 10 of the 31 days of August: 322.58..., 3.22580...
    [("JPY", "1000", "323"), ("KWD", "10.000", "3.226"), ("USD", "10.00", "3.23")],
)
def test_an_amount_is_rounded_to_what_its_currency_can_pay(house: House, currency: str, fee: str, charged: str) -> None:
    live(house, {"currency": currency}, "2026-08-22", ["2026-08-31"], fee=fee)
    assert [lines(house, side) for side in SIDES] == [[f"2026-08-22 to 2026-09-01: {charged}"]] * 2


@pytest.mark.parametrize(
    ("rounding", "amount", "rounded"),
    [
        ("HALF_UP", "1.214", "1.21"),
        ("HALF_UP", "-1.214", "-1.21"),
        ("UP", "1.214", "1.22"),
        ("UP", "-1.214", "-1.22"),
        ("HALF_UP", "1.215", "1.22"),
        ("HALF_UP", "-1.215", "-1.22"),
        ("HALF_EVEN", "1.215", "1.22"),
        ("HALF_EVEN", "1.225", "1.22"),
        ("HALF_EVEN", "-1.225", "-1.22"),
        ("UP", "1.21", "1.21"),
    ],
)
def test_an_amount_is_rounded_once_as_the_plan_says(rounding: str, amount: str, rounded: str) -> None:
    exact = round_to_minor_unit(Fraction(amount) * 1_000_000, "USD", Rounding(rounding))
    assert units_text(exact.amount_micros, "USD") == rounded


@pytest.mark.parametrize("runs", [["2026-04-30"], ["2026-02-28", "2026-03-31", "2026-04-30"]])
def test_three_months_not_billed_are_billed_by_one_run_as_by_three(house: House, runs: list[str]) -> None:
    live(house, {}, "2026-02-10", runs)
    # 19 of 28 days: 6.785...
    charged = [
        "2026-02-10 to 2026-03-01: 6.79",
        "2026-03-01 to 2026-04-01: 10.00",
        "2026-04-01 to 2026-05-01: 10.00",
    ]
    assert [lines(house, side) for side in SIDES] == [charged, charged]
