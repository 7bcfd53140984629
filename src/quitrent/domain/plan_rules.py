"""What a plan may be: a rule that a caller can break is one function here, and raises with a reason of its own."""

from __future__ import annotations

from dataclasses import replace

from quitrent.domain.calendar import DayCount, PeriodBoundary, PeriodUnit
from quitrent.domain.errors import FailedPrecondition, Reason, invalid
from quitrent.domain.money import LARGEST_AMOUNT_MICROS, Money, is_currency
from quitrent.domain.part import Timing
from quitrent.domain.plan import EarlyCancellation, FeeChange, Plan, PlanKind, SuspensionPolicy, UnusedDays

# How many units a period may have: about ten years.
MOST_UNITS = {
    PeriodUnit.DAY: 3_660,
    PeriodUnit.WEEK: 520,
    PeriodUnit.HALF_MONTH: 240,
    PeriodUnit.MONTH: 120,
    PeriodUnit.YEAR: 10,
}
MOST_PERIODS = 120

# What can be changed of a plan that is in use. Everything else has a part in amounts that were or
# will be charged.
PLAN_FIELDS_FREE_IN_USE = frozenset({"display_name", "shared_with_resellers"})


def default_unused_days(kind: PlanKind) -> UnusedDays:
    """Give what becomes of unused days where a plan does not say: a customer gets them back, a reseller does not."""
    return UnusedDays.CREDIT if kind is PlanKind.ACCOUNT else UnusedDays.KEEP


def check_fee(fee: Money, field_name: str = "plan.fee") -> None:
    """Refuse a fee that could not be charged.

    Errors: InvalidArgument naming the field.
    """
    if not is_currency(fee.currency):
        raise invalid(f"{field_name}.currency_code", "must be a currency of ISO 4217, like USD")
    if not 0 <= fee.amount_micros <= LARGEST_AMOUNT_MICROS:
        raise invalid(field_name, "must be zero or more, and at most 1,000,000,000 units")


def check_plan(plan: Plan) -> None:
    """Refuse a plan whose fields do not fit each other. The order of the checks is the order of the errors.

    Errors: InvalidArgument naming the field.
    """
    check_fee(plan.fee)
    if plan.applied_more_than_once and plan.kind is not PlanKind.RESELLER:
        raise invalid("plan.applied_more_than_once", "is only for plans of kind RESELLER")
    if plan.suspension is not SuspensionPolicy.CHARGE_ON and plan.kind is not PlanKind.ACCOUNT:
        raise invalid(
            "plan.suspension",
            "is only for plans of kind ACCOUNT: the provider's fee does not depend on suspension",
        )
    _check_calendar(plan)
    _check_prepay(plan)
    _check_promotions(plan)
    _check_term(plan)


def check_plan_sharing(plan: Plan) -> None:
    """Refuse to share what is not an account plan of the provider's. Errors: InvalidArgument."""
    if plan.shared_with_resellers and (plan.kind is not PlanKind.ACCOUNT or plan.managed_by):
        raise invalid("plan.shared_with_resellers", "is only for account plans that the provider manages")


def changed_plan(stored: Plan, wanted: Plan, fields: frozenset[str], users: str) -> Plan:
    """Give the stored plan with the named fields of the wanted one.

    `users` says who uses the plan, or is empty where no one does.
    Errors: InvalidArgument (FIELD_IMMUTABLE), FailedPrecondition (PLAN_IN_USE).
    """
    refuse_immutable("plan", fields & {"name", "kind", "managed_by"})
    if "fee" in fields and wanted.fee.currency != stored.fee.currency:
        raise invalid(
            "plan.fee.currency_code",
            f"cannot be changed from {stored.fee.currency}; make a new plan",
            Reason.FIELD_IMMUTABLE,
        )
    changed = replace(stored, **{name: getattr(wanted, name) for name in fields})
    check_plan(changed)
    check_plan_sharing(changed)
    in_use = sorted(
        name for name in fields - PLAN_FIELDS_FREE_IN_USE if getattr(stored, name) != getattr(changed, name)
    )
    if users and in_use:
        advice = "Change the fee from a date with a fee change" if in_use == ["fee"] else "Make a new plan"
        raise FailedPrecondition(
            Reason.PLAN_IN_USE,
            f"{stored.name} is used by {users}; {', '.join(in_use)} cannot be changed any more. {advice}",
        )
    return changed


def check_fee_change(plan: Plan, change: FeeChange) -> None:
    """Refuse a fee change that the plan could not have. Errors: InvalidArgument naming the field."""
    check_fee(change.fee, "fee_change.fee")
    _check_currency("fee_change.fee", change.fee, plan)


def refuse_immutable(noun: str, fields: frozenset[str]) -> None:
    """Refuse to change fields that make a thing what it is. Errors: InvalidArgument (FIELD_IMMUTABLE)."""
    for name in sorted(fields):
        raise invalid(f"{noun}.{name}", f"cannot be changed; make a new {noun}", Reason.FIELD_IMMUTABLE)


def _check_calendar(plan: Plan) -> None:
    most = MOST_UNITS[plan.period_unit]
    if not 1 <= plan.period_count <= most:
        raise invalid("plan.period_count", f"must be from 1 to {most} for periods of unit {plan.period_unit}")
    of_months = plan.period_unit in (PeriodUnit.MONTH, PeriodUnit.YEAR)
    if plan.period_unit is PeriodUnit.HALF_MONTH and plan.period_boundary is not PeriodBoundary.CALENDAR:
        raise invalid("plan.period_boundary", "must be CALENDAR for half-months: they begin on the 1st and the 16th")
    if plan.period_boundary is PeriodBoundary.FIXED_DAY:
        if not of_months:
            raise invalid("plan.period_boundary", "can be FIXED_DAY only for periods of unit MONTH and YEAR")
        if not 1 <= plan.fixed_day <= 31:
            raise invalid("plan.fixed_day", "must be from 1 to 31 where period_boundary is FIXED_DAY")
    elif plan.fixed_day:
        raise invalid("plan.fixed_day", "is only for period_boundary FIXED_DAY")
    if plan.day_count is DayCount.THIRTY_DAY_MONTHS and not (of_months or plan.period_unit is PeriodUnit.HALF_MONTH):
        raise invalid("plan.day_count", "can be THIRTY_DAY_MONTHS only for periods of unit HALF_MONTH, MONTH and YEAR")


def _check_prepay(plan: Plan) -> None:
    if not 1 <= plan.periods_in_advance <= MOST_PERIODS:
        raise invalid("plan.periods_in_advance", f"must be from 1 to {MOST_PERIODS}")
    if plan.periods_in_advance > 1 and plan.timing is not Timing.IN_ADVANCE:
        raise invalid("plan.periods_in_advance", "can be more than 1 only for timing IN_ADVANCE")
    if not 0 <= plan.prepay_percent_off <= 100:
        raise invalid("plan.prepay_percent_off", "must be from 0 to 100")
    if plan.prepay_percent_off and plan.periods_in_advance == 1:
        raise invalid("plan.prepay_percent_off", "is only for plans with periods_in_advance above 1")


def _check_promotions(plan: Plan) -> None:
    if sum(promotion.period_count for promotion in plan.promotions) > MOST_PERIODS:
        raise invalid("plan.promotions", f"must be for at most {MOST_PERIODS} periods all in all")
    for place, promotion in enumerate(plan.promotions):
        field_name = f"plan.promotions[{place}]"
        if not 1 <= promotion.period_count <= MOST_PERIODS:
            raise invalid(f"{field_name}.period_count", f"must be from 1 to {MOST_PERIODS}")
        if promotion.period_count % plan.periods_in_advance:
            raise invalid(
                f"{field_name}.period_count",
                f"must be a multiple of periods_in_advance, {plan.periods_in_advance}: one charge has one fee",
            )
        check_fee(promotion.fee, f"{field_name}.fee")
        _check_currency(f"{field_name}.fee", promotion.fee, plan)


def _check_term(plan: Plan) -> None:
    for name, fee in (
        ("activation_fee", plan.activation_fee),
        ("early_cancellation_fee", plan.early_cancellation_fee),
    ):
        if fee is not None:
            check_fee(fee, f"plan.{name}")
            _check_currency(f"plan.{name}", fee, plan)
            if not fee.amount_micros:
                raise invalid(f"plan.{name}", "must be above zero; leave it out where there is none")
    if not 0 <= plan.minimum_term_periods <= MOST_PERIODS:
        raise invalid("plan.minimum_term_periods", f"must be from 0 to {MOST_PERIODS}")
    if bool(plan.minimum_term_periods) != (plan.early_cancellation is not EarlyCancellation.NOTHING):
        raise invalid("plan.early_cancellation", "goes with minimum_term_periods: give both, or neither")
    if (plan.early_cancellation_fee is not None) != (plan.early_cancellation is EarlyCancellation.FIXED_FEE):
        raise invalid("plan.early_cancellation_fee", "goes with early_cancellation FIXED_FEE: give both, or neither")


def _check_currency(field_name: str, money: Money, plan: Plan) -> None:
    if money.currency != plan.fee.currency:
        raise invalid(f"{field_name}.currency_code", f"must be {plan.fee.currency}, the currency of the plan's fee")
