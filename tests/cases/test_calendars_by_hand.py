"""Every option of a calendar, worked by hand: units, counts, boundaries, day counts, parts, timing, prepayment."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.ledger import SIDES, lines, live
from tests.harness import House

Plan = dict[str, Any]

DAYS, WEEKS = {"period_unit": "PERIOD_UNIT_DAY"}, {"period_unit": "PERIOD_UNIT_WEEK"}
HALVES, YEARS = {"period_unit": "PERIOD_UNIT_HALF_MONTH"}, {"period_unit": "PERIOD_UNIT_YEAR"}
ANNIVERSARY = {"period_boundary": "PERIOD_BOUNDARY_ANNIVERSARY"}
ARREARS = {"timing": "TIMING_IN_ARREARS"}
THIRTY = {"day_count": "DAY_COUNT_THIRTY_DAY_MONTHS"}
WHOLE_FIRST, WHOLE_LAST = {"first_part": "PART_CHARGE_WHOLE"}, {"last_part": "PART_CHARGE_WHOLE"}


def every(count: int, plan: Plan | None = None) -> Plan:
    return {**(plan or {}), "period_count": count}


def fixed(number: int) -> Plan:
    return {"period_boundary": "PERIOD_BOUNDARY_FIXED_DAY", "fixed_day": number}


def prepaid(count: int, percent: str = "0") -> Plan:
    return {"periods_in_advance": count, "prepay_percent_off": {"value": percent}}


# plan | start | end | the day that a run goes through | what has been charged, at 10.00 a period
CASES: list[tuple[Plan, str, str, str, list[str]]] = [
    # Days: from the start itself, thirty at a time.
    (every(30, DAYS), "2026-01-10", "", "2026-03-10",
     ["2026-01-10 to 2026-02-09: 10.00", "2026-02-09 to 2026-03-11: 10.00"]),
    ({**every(30, DAYS), **ANNIVERSARY}, "2026-01-10", "2026-02-15", "2026-02-28",
     # 6 of 30 days.
     ["2026-01-10 to 2026-02-09: 10.00", "2026-02-09 to 2026-02-15: 2.00"]),
    # Weeks: from Mondays (the 7th of January 2026 is a Wednesday), or from the start's own weekday.
    (WEEKS, "2026-01-07", "", "2026-01-12",
     # 5 of 7 days: 7.142...
     ["2026-01-07 to 2026-01-12: 7.14", "2026-01-12 to 2026-01-19: 10.00"]),
    ({**WEEKS, **ANNIVERSARY}, "2026-01-07", "", "2026-01-14",
     ["2026-01-07 to 2026-01-14: 10.00", "2026-01-14 to 2026-01-21: 10.00"]),
    # 12 of 14 days: 8.571...
    (every(2, WEEKS), "2026-01-07", "", "2026-01-19",
     ["2026-01-07 to 2026-01-19: 8.57", "2026-01-19 to 2026-02-02: 10.00"]),
    # Half-months: of 15 days, and of what is left of the month.
    # 6 of 15 days; 13 days are a whole second half of February.
    (HALVES, "2026-02-10", "", "2026-02-28", ["2026-02-10 to 2026-02-16: 4.00", "2026-02-16 to 2026-03-01: 10.00"]),
    # 12 of the 16 days from the 16th to the 31st.
    (HALVES, "2026-01-20", "", "2026-01-31", ["2026-01-20 to 2026-02-01: 7.50"]),
    # Two of them are a month, aligned with the 1st.
    (every(2, HALVES), "2026-01-20", "", "2026-01-31", ["2026-01-20 to 2026-02-01: 3.87"]),
    # Months: quarters begin where the calendar's do, a count that divides no year begins with the start's month.
    # 31 of the 181 days from January to June: 1.712...
    (every(6), "2026-05-31", "", "2026-07-01", ["2026-05-31 to 2026-07-01: 1.71", "2026-07-01 to 2027-01-01: 10.00"]),
    # 12 of the 150 days from February to June.
    (every(5), "2026-02-10", "2026-02-22", "2026-02-28", ["2026-02-10 to 2026-02-22: 0.80"]),
    # Anniversaries of a quarter, from the last day of a month.
    ({**every(3), **ANNIVERSARY}, "2025-11-30", "", "2026-05-30",
     ["2025-11-30 to 2026-02-28: 10.00", "2026-02-28 to 2026-05-30: 10.00", "2026-05-30 to 2026-08-30: 10.00"]),
    # Years: the 29th of February comes back in leap years.
    ({**YEARS, **ANNIVERSARY}, "2024-02-29", "", "2028-02-29",
     ["2024-02-29 to 2025-02-28: 10.00", "2025-02-28 to 2026-02-28: 10.00", "2026-02-28 to 2027-02-28: 10.00",
      "2027-02-28 to 2028-02-29: 10.00", "2028-02-29 to 2029-02-28: 10.00"]),
    # On the 1st of January: 31 of 365 days are 0.849...
    (YEARS, "2026-12-01", "", "2027-01-01", ["2026-12-01 to 2027-01-01: 0.85", "2027-01-01 to 2028-01-01: 10.00"]),
    # Two years, from the 1st of January of the start's own: 365 + 31 of 730 days are 5.424...
    (every(2, YEARS), "2025-12-01", "", "2027-01-01",
     ["2025-12-01 to 2027-01-01: 5.42", "2027-01-01 to 2029-01-01: 10.00"]),
    # A fixed day: where the start lies on it, that day is the first boundary.
    (fixed(15), "2026-03-15", "", "2026-03-31", ["2026-03-15 to 2026-04-15: 10.00"]),
    # Where it lies before the start, the first boundary is a month later: 26 of 31 days are 8.387...
    (fixed(10), "2026-03-15", "", "2026-03-31", ["2026-03-15 to 2026-04-10: 8.39"]),
    # The 30th of February is the 28th.
    (fixed(30), "2026-02-28", "", "2026-03-30",
     ["2026-02-28 to 2026-03-30: 10.00", "2026-03-30 to 2026-04-30: 10.00"]),
    # Each year on the 15th, started five days before: 5 of 365 days.
    ({**YEARS, **fixed(15)}, "2026-01-10", "", "2026-01-15",
     ["2026-01-10 to 2026-01-15: 0.14", "2026-01-15 to 2027-01-15: 10.00"]),
    # In arrears: due at the end of the period, or of the subscription.
    (ARREARS, "2026-01-11", "", "2026-01-31", []),
    (ARREARS, "2026-01-11", "", "2026-02-01", ["2026-01-11 to 2026-02-01: 6.77"]),
    (ARREARS, "2026-02-01", "2026-02-15", "2026-02-14", []),
    (ARREARS, "2026-02-01", "2026-02-15", "2026-02-15", ["2026-02-01 to 2026-02-15: 5.00"]),
    # First and last parts, by days or whole, and both at once in one period.
    (WHOLE_FIRST, "2026-01-11", "2026-02-15", "2026-02-28",
     ["2026-01-11 to 2026-02-01: 10.00", "2026-02-01 to 2026-02-15: 5.00"]),
    (WHOLE_LAST, "2026-01-11", "2026-02-15", "2026-02-28",
     ["2026-01-11 to 2026-02-01: 6.77", "2026-02-01 to 2026-02-15: 10.00"]),
    # Whole at the start, by days at the end: the 20 days up to the 21st are 6.451...
    (WHOLE_FIRST, "2026-01-11", "2026-01-21", "2026-01-31", ["2026-01-11 to 2026-01-21: 6.45"]),
    # By days at the start, whole at the end: the 21 days from the 11th.
    (WHOLE_LAST, "2026-01-11", "2026-01-21", "2026-01-31", ["2026-01-11 to 2026-01-21: 6.77"]),
    # Months of thirty days: from the 11th of January 20 are left, and 15 of February.
    (THIRTY, "2026-01-11", "2026-02-16", "2026-02-28",
     ["2026-01-11 to 2026-02-01: 6.67", "2026-02-01 to 2026-02-16: 5.00"]),
    # From the 16th of February to its end they are 15 too: the two days that it lacks are its last one's.
    (THIRTY, "2026-02-16", "", "2026-02-28", ["2026-02-16 to 2026-03-01: 5.00"]),
    # A 31st adds nothing: 30 of 30 days.
    (THIRTY, "2026-01-01", "2026-01-31", "2026-01-31", ["2026-01-01 to 2026-01-31: 10.00"]),
    # A year of 360: nine months and 16 days are 286/360, 7.944...
    ({**YEARS, **THIRTY}, "2026-03-15", "", "2026-12-31", ["2026-03-15 to 2027-01-01: 7.94"]),
    # A half-month of 15: 14 of them from the 17th, though October has 15.
    ({**HALVES, **THIRTY}, "2026-10-17", "", "2026-10-31", ["2026-10-17 to 2026-11-01: 9.33"]),
    # Several in advance, in one charge: three months, the first of them from the 11th. 2 + 21/31 periods.
    (prepaid(3), "2026-01-11", "", "2026-04-01",
     ["2026-01-11 to 2026-04-01: 26.77", "2026-04-01 to 2026-07-01: 30.00"]),
    # A quarter less: 22.50. An end that is known before leaves one month and 14 of 28 days: 15.00 less a quarter.
    (prepaid(3, "25"), "2026-01-01", "2026-02-15", "2026-03-31", ["2026-01-01 to 2026-02-15: 11.25"]),
    (prepaid(2, "33.333333"), "2026-01-01", "", "2026-01-01", ["2026-01-01 to 2026-03-01: 13.33"]),
    # Years of quarters: four periods of three months.
    ({**every(3), **prepaid(4, "10")}, "2026-01-01", "", "2026-12-31", ["2026-01-01 to 2027-01-01: 36.00"]),
    # Closed on its start, before any bill: it has never been.
    ({}, "2026-01-11", "2026-01-11", "2026-02-28", []),
]  # fmt: skip


@pytest.mark.parametrize(("plan", "start", "end", "through", "charged"), CASES)
def test_a_calendar_charges_what_is_worked_by_hand_on_both_sides(
    house: House, plan: Plan, start: str, end: str, through: str, charged: list[str]
) -> None:
    live(house, plan, start, [through], end)
    assert [lines(house, side) for side in SIDES] == [charged, charged]


# A plan's fields that do not fit each other | the field that is wrong | what would be right
UNFIT: list[tuple[Plan, str, str]] = [
    (every(121), "period_count", "must be from 1 to 120 for periods of unit MONTH"),
    (every(11, YEARS), "period_count", "must be from 1 to 10 for periods of unit YEAR"),
    ({**HALVES, **ANNIVERSARY}, "period_boundary", "must be CALENDAR for half-months"),
    ({**HALVES, **fixed(3)}, "period_boundary", "must be CALENDAR for half-months"),
    ({**DAYS, **fixed(3)}, "period_boundary", "only for periods of unit MONTH and YEAR"),
    (fixed(0), "fixed_day", "must be from 1 to 31 where period_boundary is FIXED_DAY"),
    ({"fixed_day": 3}, "fixed_day", "is only for period_boundary FIXED_DAY"),
    ({**WEEKS, **THIRTY}, "day_count", "only for periods of unit HALF_MONTH, MONTH and YEAR"),
    ({**prepaid(2), **ARREARS}, "periods_in_advance", "only for timing IN_ADVANCE"),
    (prepaid(1, "5"), "prepay_percent_off", "is only for plans with periods_in_advance above 1"),
    (prepaid(2, "100.1"), "prepay_percent_off", "must be from 0 to 100"),
    (prepaid(2, "-1"), "prepay_percent_off", "must be from 0 to 100"),
]


@pytest.mark.parametrize(("plan", "field", "right"), UNFIT)
def test_fields_of_a_calendar_that_do_not_fit_are_refused_by_name(
    house: House, plan: Plan, field: str, right: str
) -> None:
    fee = {"currency_code": "USD", "units": 10}
    refused = house.admin.refusal("CreatePlan", plan={"kind": "PLAN_KIND_ACCOUNT", "fee": fee, **plan})
    assert (refused.code, refused.reason, refused.fields) == ("INVALID_ARGUMENT", "FIELD_INVALID", (f"plan.{field}",))
    assert right in refused.message
