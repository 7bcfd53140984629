"""Which fields of a plan fit each other, what of a plan in use can be changed, and which fee a period has."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest

from quitrent.domain.calendar import DayCount, PeriodBoundary, PeriodUnit
from quitrent.domain.money import LARGEST_AMOUNT_MICROS, Money, Rounding
from quitrent.domain.part import Timing
from quitrent.domain.plan import EarlyCancellation, FeeChange, Plan, PlanKind, Promotion, SuspensionPolicy, UnusedDays
from quitrent.domain.plan_fee import fee_of
from quitrent.domain.plan_rules import (
    changed_plan,
    check_fee_change,
    check_plan,
    check_plan_sharing,
    default_unused_days,
)
from quitrent.domain.schedule import Schedule
from tests.domain.refusals import refusal

PLAN = Plan("plans/gold", PlanKind.ACCOUNT, Money(10_000_000, "USD"))
FEE = replace(PLAN, kind=PlanKind.RESELLER)
ANNIVERSARY, FIXED = PeriodBoundary.ANNIVERSARY, PeriodBoundary.FIXED_DAY
THIRTY = DayCount.THIRTY_DAY_MONTHS
TERM = {"minimum_term_periods": 3, "early_cancellation": EarlyCancellation.REST_OF_TERM}
FIXED_FEE = {"minimum_term_periods": 3, "early_cancellation": EarlyCancellation.FIXED_FEE}


def usd(units: int) -> Money:
    return Money(units * 1_000_000, "USD")


def promoted(count: int, fee: Money | None = None) -> tuple[Promotion, ...]:
    return (Promotion(1, usd(0)), Promotion(count, fee or usd(5)))


@pytest.mark.parametrize(
    ("plan", "fields", "refused"),
    [
        (PLAN, {"fee": Money(0, "USD")}, None),
        (PLAN, {"fee": Money(LARGEST_AMOUNT_MICROS, "USD")}, None),
        (PLAN, {"fee": Money(-1, "USD")}, "fee: must be zero or more, and at most 1,000,000,000 units"),
        (
            PLAN,
            {"fee": Money(LARGEST_AMOUNT_MICROS + 1, "USD")},
            "fee: must be zero or more, and at most 1,000,000,000 units",
        ),
        (PLAN, {"fee": Money(1, "XYZ")}, "fee.currency_code: must be a currency of ISO 4217, like USD"),
        (FEE, {"applied_more_than_once": True}, None),
        (PLAN, {"applied_more_than_once": True}, "applied_more_than_once: is only for plans of kind RESELLER"),
        (PLAN, {"suspension": SuspensionPolicy.CREDIT_DAYS}, None),
        (
            FEE,
            {"suspension": SuspensionPolicy.CREDIT_DAYS},
            "suspension: is only for plans of kind ACCOUNT: the provider's fee does not depend on suspension",
        ),
    ],
)
def test_a_plan_is_refused_where_its_fee_or_its_kind_does_not_fit(
    plan: Plan, fields: dict[str, Any], refused: str | None
) -> None:
    wanted = f"FIELD_INVALID plan.{refused}" if refused else None
    assert refusal(lambda: check_plan(replace(plan, **fields))) == wanted


@pytest.mark.parametrize(
    ("unit", "most"),
    [
        (PeriodUnit.DAY, 3660),
        (PeriodUnit.WEEK, 520),
        (PeriodUnit.HALF_MONTH, 240),
        (PeriodUnit.MONTH, 120),
        (PeriodUnit.YEAR, 10),
    ],
)
def test_a_period_is_at_most_about_ten_years(unit: PeriodUnit, most: int) -> None:
    text = f"FIELD_INVALID plan.period_count: must be from 1 to {most} for periods of unit {unit}"
    outcomes = {1: None, most: None, 0: text, most + 1: text}
    for count, refused in outcomes.items():
        assert refusal(lambda: check_plan(replace(PLAN, period_unit=unit, period_count=count))) == refused  # noqa: B023


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        (
            {"period_unit": PeriodUnit.HALF_MONTH, "period_boundary": ANNIVERSARY},
            "period_boundary: must be CALENDAR for half-months: they begin on the 1st and the 16th",
        ),
        ({"period_unit": PeriodUnit.WEEK, "period_boundary": ANNIVERSARY}, None),
        (
            {"period_unit": PeriodUnit.WEEK, "period_boundary": FIXED, "fixed_day": 1},
            "period_boundary: can be FIXED_DAY only for periods of unit MONTH and YEAR",
        ),
        ({"period_unit": PeriodUnit.YEAR, "period_boundary": FIXED, "fixed_day": 1}, None),
        ({"period_boundary": FIXED, "fixed_day": 31}, None),
        ({"period_boundary": FIXED}, "fixed_day: must be from 1 to 31 where period_boundary is FIXED_DAY"),
        (
            {"period_boundary": FIXED, "fixed_day": 32},
            "fixed_day: must be from 1 to 31 where period_boundary is FIXED_DAY",
        ),
        ({"fixed_day": 1}, "fixed_day: is only for period_boundary FIXED_DAY"),
        ({"day_count": THIRTY}, None),
        ({"day_count": THIRTY, "period_unit": PeriodUnit.YEAR}, None),
        ({"day_count": THIRTY, "period_unit": PeriodUnit.HALF_MONTH}, None),
        (
            {"day_count": THIRTY, "period_unit": PeriodUnit.DAY},
            "day_count: can be THIRTY_DAY_MONTHS only for periods of unit HALF_MONTH, MONTH and YEAR",
        ),
        ({"periods_in_advance": 120}, None),
        ({"periods_in_advance": 121}, "periods_in_advance: must be from 1 to 120"),
        ({"periods_in_advance": 0}, "periods_in_advance: must be from 1 to 120"),
        ({"timing": Timing.IN_ARREARS}, None),
        (
            {"periods_in_advance": 2, "timing": Timing.IN_ARREARS},
            "periods_in_advance: can be more than 1 only for timing IN_ADVANCE",
        ),
        ({"periods_in_advance": 2, "prepay_percent_off": Decimal(100)}, None),
        (
            {"periods_in_advance": 2, "prepay_percent_off": Decimal("100.01")},
            "prepay_percent_off: must be from 0 to 100",
        ),
        (
            {"periods_in_advance": 2, "prepay_percent_off": Decimal("-0.01")},
            "prepay_percent_off: must be from 0 to 100",
        ),
        (
            {"prepay_percent_off": Decimal(1)},
            "prepay_percent_off: is only for plans with periods_in_advance above 1",
        ),
    ],
)
def test_fields_of_a_calendar_fit_each_other(fields: dict[str, Any], refused: str | None) -> None:
    wanted = f"FIELD_INVALID plan.{refused}" if refused else None
    assert refusal(lambda: check_plan(replace(PLAN, **fields))) == wanted


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"promotions": promoted(119)}, None),
        ({"promotions": (Promotion(120, usd(5)),)}, None),
        ({"promotions": promoted(120)}, "promotions: must be for at most 120 periods all in all"),
        ({"promotions": promoted(0)}, "promotions[1].period_count: must be from 1 to 120"),
        (
            {"promotions": (Promotion(6, usd(1)), Promotion(4, usd(1))), "periods_in_advance": 3},
            "promotions[1].period_count: must be a multiple of periods_in_advance, 3: one charge has one fee",
        ),
        (
            {"promotions": promoted(1, usd(-1))},
            "promotions[1].fee: must be zero or more, and at most 1,000,000,000 units",
        ),
        (
            {"promotions": promoted(1, Money(1, "EUR"))},
            "promotions[1].fee.currency_code: must be USD, the currency of the plan's fee",
        ),
        ({"activation_fee": usd(1)}, None),
        ({"activation_fee": usd(0)}, "activation_fee: must be above zero; leave it out where there is none"),
        ({"activation_fee": usd(-1)}, "activation_fee: must be zero or more, and at most 1,000,000,000 units"),
        (
            {"activation_fee": Money(1, "EUR")},
            "activation_fee.currency_code: must be USD, the currency of the plan's fee",
        ),
        ({**FIXED_FEE, "early_cancellation_fee": Money(1, "USD")}, None),
        (
            {**FIXED_FEE, "early_cancellation_fee": usd(0)},
            "early_cancellation_fee: must be above zero; leave it out where there is none",
        ),
        (
            {**FIXED_FEE, "early_cancellation_fee": Money(1, "EUR")},
            "early_cancellation_fee.currency_code: must be USD, the currency of the plan's fee",
        ),
        (
            {**FIXED_FEE, "early_cancellation_fee": usd(-1)},
            "early_cancellation_fee: must be zero or more, and at most 1,000,000,000 units",
        ),
        (FIXED_FEE, "early_cancellation_fee: goes with early_cancellation FIXED_FEE: give both, or neither"),
        (
            {**TERM, "early_cancellation_fee": usd(1)},
            "early_cancellation_fee: goes with early_cancellation FIXED_FEE: give both, or neither",
        ),
        ({**TERM, "minimum_term_periods": 120}, None),
        ({**TERM, "minimum_term_periods": 121}, "minimum_term_periods: must be from 0 to 120"),
        ({**TERM, "minimum_term_periods": -1}, "minimum_term_periods: must be from 0 to 120"),
        (
            {"minimum_term_periods": 3},
            "early_cancellation: goes with minimum_term_periods: give both, or neither",
        ),
        (
            {**TERM, "minimum_term_periods": 0},
            "early_cancellation: goes with minimum_term_periods: give both, or neither",
        ),
    ],
)
def test_fees_beside_the_recurring_one_fit_the_plan(fields: dict[str, Any], refused: str | None) -> None:
    wanted = f"FIELD_INVALID plan.{refused}" if refused else None
    assert refusal(lambda: check_plan(replace(PLAN, **fields))) == wanted


@pytest.mark.parametrize(
    ("plan", "managed_by", "shared", "is_refused"),
    [
        (PLAN, "", True, False),
        (PLAN, "resellers/acme", True, True),
        (PLAN, "resellers/acme", False, False),
        (FEE, "", True, True),
        (FEE, "", False, False),
    ],
)
def test_only_account_plans_of_the_provider_are_shared(
    plan: Plan, managed_by: str, shared: bool, is_refused: bool
) -> None:
    text = "FIELD_INVALID plan.shared_with_resellers: is only for account plans that the provider manages"
    wanted = replace(plan, managed_by=managed_by, shared_with_resellers=shared)
    assert refusal(lambda: check_plan_sharing(wanted)) == (text if is_refused else None)


@pytest.mark.parametrize(
    ("changes", "users", "refused"),
    [
        ({"fee": usd(20)}, "", None),
        ({"display_name": "Gold", "shared_with_resellers": True}, "products/gold", None),
        # A field that is named and stays as it was.
        ({"fee": usd(10), "display_name": "Gold"}, "products/gold", None),
        ({"name": "plans/other"}, "", "FIELD_IMMUTABLE plan.name: cannot be changed; make a new plan"),
        ({"kind": PlanKind.RESELLER}, "", "FIELD_IMMUTABLE plan.kind: cannot be changed; make a new plan"),
        ({"managed_by": "resellers/a"}, "", "FIELD_IMMUTABLE plan.managed_by: cannot be changed; make a new plan"),
        # The first in the order of the alphabet.
        (
            {"name": "plans/other", "kind": PlanKind.RESELLER},
            "",
            "FIELD_IMMUTABLE plan.kind: cannot be changed; make a new plan",
        ),
        (
            {"fee": Money(1, "EUR")},
            "",
            "FIELD_IMMUTABLE plan.fee.currency_code: cannot be changed from USD; make a new plan",
        ),
        (
            {"fee": usd(20)},
            "products/gold",
            "PLAN_IN_USE plans/gold is used by products/gold; fee cannot be changed any more. "
            "Change the fee from a date with a fee change",
        ),
        (
            {"fee": usd(20), "period_count": 2},
            "products/gold",
            "PLAN_IN_USE plans/gold is used by products/gold; fee, period_count cannot be changed any more. "
            "Make a new plan",
        ),
        ({"period_count": 0}, "", "FIELD_INVALID plan.period_count: must be from 1 to 120 for periods of unit MONTH"),
    ],
)
def test_what_is_changed_of_a_plan_depends_on_who_uses_it(
    changes: dict[str, Any], users: str, refused: str | None
) -> None:
    # Only the named fields are looked at.
    wanted = replace(PLAN, rounding=Rounding.UP, **changes)
    assert refusal(lambda: changed_plan(PLAN, wanted, frozenset(changes), users)) == refused
    if refused is None:
        assert changed_plan(PLAN, wanted, frozenset(changes), users) == replace(PLAN, **changes)


def test_a_change_may_not_share_what_cannot_be_shared() -> None:
    wanted = replace(FEE, shared_with_resellers=True)
    text = "FIELD_INVALID plan.shared_with_resellers: is only for account plans that the provider manages"
    assert refusal(lambda: changed_plan(FEE, wanted, frozenset({"shared_with_resellers"}), "")) == text


@pytest.mark.parametrize(
    ("fee", "refused"),
    [
        (usd(0), None),
        (Money(-1, "USD"), "fee_change.fee: must be zero or more, and at most 1,000,000,000 units"),
        (Money(1, ""), "fee_change.fee.currency_code: must be a currency of ISO 4217, like USD"),
        (Money(1, "EUR"), "fee_change.fee.currency_code: must be USD, the currency of the plan's fee"),
    ],
)
def test_a_fee_change_is_in_the_currency_of_its_plan(fee: Money, refused: str | None) -> None:
    change = FeeChange(PLAN.name, date(2026, 3, 1), fee)
    assert refusal(lambda: check_fee_change(PLAN, change)) == (f"FIELD_INVALID {refused}" if refused else None)
    assert change.name == "plans/gold/feeChanges/2026-03-01"


@pytest.mark.parametrize(
    ("kind", "unused_days", "settles"),
    [
        (PlanKind.ACCOUNT, UnusedDays.CREDIT, True),
        (PlanKind.ACCOUNT, UnusedDays.KEEP, True),
        (PlanKind.RESELLER, UnusedDays.CREDIT, True),
        (PlanKind.RESELLER, UnusedDays.KEEP, False),
    ],
)
def test_a_charge_is_settled_where_something_of_it_may_be_given_back(
    kind: PlanKind, unused_days: UnusedDays, settles: bool
) -> None:
    assert replace(PLAN, kind=kind, unused_days=unused_days).settles is settles


def test_a_customer_gets_unused_days_back_where_the_plan_does_not_say_and_a_reseller_does_not() -> None:
    assert [default_unused_days(kind) for kind in PlanKind] == [UnusedDays.CREDIT, UnusedDays.KEEP]


CHANGES = (
    FeeChange(PLAN.name, date(2026, 3, 1), usd(11), applies_to_existing=False),
    FeeChange(PLAN.name, date(2026, 4, 2), usd(12)),
)


@pytest.mark.parametrize(
    ("promotions", "assigned", "fees"),
    [
        # Since January: the change for new subscriptions does not reach it, and the other from the next boundary on.
        ((), "2026-01-01", ["10", "10", "10", "10", "12 since 2026-04-02"]),
        # On the day of the change it is a new one.
        ((), "2026-03-01", ["11 since 2026-03-01", "11 since 2026-03-01", "12 since 2026-04-02"]),
        ((), "2026-02-28", ["10", "10", "10", "12 since 2026-04-02"]),
        (promoted(1)[:1], "2026-01-01", ["0 for the first period", "10", "10", "10", "12 since 2026-04-02"]),
        (
            promoted(2),
            "2026-02-01",
            [
                "0 for the first 3 periods",
                "5 for the first 3 periods",
                "5 for the first 3 periods",
                "12 since 2026-04-02",
            ],
        ),
    ],
)
def test_a_period_has_its_promotional_fee_or_the_one_of_its_first_day(
    promotions: tuple[Promotion, ...], assigned: str, fees: list[str]
) -> None:
    plan, start = replace(PLAN, promotions=promotions, fee_changes=CHANGES), date.fromisoformat(assigned)
    found = [fee_of(plan, part, start) for part in islice(plan.calendar.parts(Schedule.starting(start)), len(fees))]
    assert [f"{fee.money.amount_micros // 1_000_000}{fee.why}" for fee in found] == fees
