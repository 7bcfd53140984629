"""Plans and fee changes: between messages and domain values."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from quitrent.domain.calendar import DayCount, PeriodBoundary, PeriodUnit
from quitrent.domain.money import Money, Rounding
from quitrent.domain.part import PartCharge, Timing
from quitrent.domain.plan import EarlyCancellation, FeeChange, Plan, PlanKind, Promotion, SuspensionPolicy, UnusedDays
from quitrent.domain.plan_fee import standard_fee
from quitrent.domain.plan_rules import check_fee, default_unused_days
from quitrent.rpc.values import (
    Reach,
    date_in,
    date_out,
    decimal_out,
    enum_in,
    enum_out,
    money_in,
    money_out,
    new_id,
    optional_money_in,
    optional_money_out,
    percent_in,
    required_enum_in,
    required_text,
    time_out,
)
from quitrent.services.caller import Caller
from quitrent.v1 import plan_pb2

PLAN_FIELDS = frozenset(
    {
        "display_name",
        "shared_with_resellers",
        "applied_more_than_once",
        "fee",
        "period_unit",
        "period_boundary",
        "timing",
        "first_part",
        "last_part",
        "rounding",
        "suspension",
        "period_count",
        "fixed_day",
        "day_count",
        "periods_in_advance",
        "prepay_percent_off",
        "unused_days",
        "promotions",
        "activation_fee",
        "minimum_term_periods",
        "early_cancellation",
        "early_cancellation_fee",
    }
)
# What makes a plan or a product what it is.
KIND_AND_MANAGER = frozenset({"kind", "managed_by"})


def new_plan_in(message: plan_pb2.Plan, plan_id: str, caller: Caller) -> Plan:
    """Read a plan to create; one that a reseller creates is managed by it.

    Errors: InvalidArgument.
    """
    managed_by = message.managed_by or caller.reseller
    name = f"{managed_by}/plans/" if managed_by else "plans/"
    required_enum_in(plan_pb2.PlanKind, message.kind, PlanKind, "plan.kind")
    return _plan(message, name + (plan_id or new_id()), managed_by, _fee_in(message))


def changed_plan_in(message: plan_pb2.Plan, fields: frozenset[str]) -> Plan:
    """Read a plan's new values; only the named fields are looked at. Errors: InvalidArgument."""
    fee = _fee_in(message) if "fee" in fields else Money(0, "")
    if "unused_days" in fields:
        # What is left out is for the plan's kind to decide, which an update does not tell.
        required_enum_in(plan_pb2.UnusedDays, message.unused_days, UnusedDays, "plan.unused_days")
    return _plan(message, required_text(message.name, "plan.name"), message.managed_by, fee)


def plan_out(plan: Plan, today: date) -> plan_pb2.Plan:
    """Write a plan as it is today."""
    return plan_pb2.Plan(
        name=plan.name,
        display_name=plan.display_name,
        kind=enum_out(plan_pb2.PlanKind, plan.kind),
        managed_by=plan.managed_by,
        shared_with_resellers=plan.shared_with_resellers,
        applied_more_than_once=plan.applied_more_than_once,
        fee=money_out(plan.fee),
        period_unit=enum_out(plan_pb2.PeriodUnit, plan.period_unit),
        period_count=plan.period_count,
        period_boundary=enum_out(plan_pb2.PeriodBoundary, plan.period_boundary),
        fixed_day=plan.fixed_day,
        day_count=enum_out(plan_pb2.DayCount, plan.day_count),
        periods_in_advance=plan.periods_in_advance,
        prepay_percent_off=decimal_out(f"{plan.prepay_percent_off:f}") if plan.prepay_percent_off else None,
        timing=enum_out(plan_pb2.Timing, plan.timing),
        first_part=enum_out(plan_pb2.PartCharge, plan.first_part),
        last_part=enum_out(plan_pb2.PartCharge, plan.last_part),
        rounding=enum_out(plan_pb2.Rounding, plan.rounding),
        suspension=enum_out(plan_pb2.SuspensionPolicy, plan.suspension),
        unused_days=enum_out(plan_pb2.UnusedDays, plan.unused_days),
        promotions=[
            plan_pb2.Promotion(period_count=one.period_count, fee=money_out(one.fee)) for one in plan.promotions
        ],
        activation_fee=optional_money_out(plan.activation_fee),
        minimum_term_periods=plan.minimum_term_periods,
        early_cancellation=enum_out(plan_pb2.EarlyCancellation, plan.early_cancellation),
        early_cancellation_fee=optional_money_out(plan.early_cancellation_fee),
        current_fee=money_out(standard_fee(plan, today, today).money),
        create_time=time_out(plan.create_time),
        update_time=time_out(plan.update_time),
    )


def new_fee_change_in(message: plan_pb2.FeeChange, plan: str) -> FeeChange:
    """Read a fee change to create. Errors: InvalidArgument."""
    return FeeChange(
        plan=plan,
        effective=date_in(message, "effective_date", "fee_change.effective_date"),
        fee=money_in(message, "fee", "fee_change.fee"),
        applies_to_existing=enum_in(plan_pb2.FeeChangeReach, message.reach, Reach) is not Reach.NEW_SUBSCRIPTIONS,
    )


def fee_change_out(change: FeeChange) -> plan_pb2.FeeChange:
    """Write a fee change."""
    return plan_pb2.FeeChange(
        name=change.name,
        effective_date=date_out(change.effective),
        fee=money_out(change.fee),
        reach=enum_out(plan_pb2.FeeChangeReach, Reach.of(change.applies_to_existing)),
        create_time=time_out(change.create_time),
    )


def _fee_in(message: plan_pb2.Plan) -> Money:
    fee = money_in(message, "fee", "plan.fee")
    check_fee(fee)
    return fee


def _plan(message: plan_pb2.Plan, name: str, managed_by: str, fee: Money) -> Plan:
    kind = enum_in(plan_pb2.PlanKind, message.kind, PlanKind) or PlanKind.ACCOUNT
    return Plan(
        name=name,
        kind=kind,
        fee=fee,
        display_name=message.display_name,
        managed_by=managed_by,
        shared_with_resellers=message.shared_with_resellers,
        applied_more_than_once=message.applied_more_than_once,
        period_unit=enum_in(plan_pb2.PeriodUnit, message.period_unit, PeriodUnit) or PeriodUnit.MONTH,
        period_count=message.period_count or 1,
        period_boundary=enum_in(plan_pb2.PeriodBoundary, message.period_boundary, PeriodBoundary)
        or PeriodBoundary.CALENDAR,
        fixed_day=message.fixed_day,
        day_count=enum_in(plan_pb2.DayCount, message.day_count, DayCount) or DayCount.ACTUAL,
        periods_in_advance=message.periods_in_advance or 1,
        prepay_percent_off=_percent_off_in(message),
        timing=enum_in(plan_pb2.Timing, message.timing, Timing) or Timing.IN_ADVANCE,
        first_part=enum_in(plan_pb2.PartCharge, message.first_part, PartCharge) or PartCharge.BY_DAYS,
        last_part=enum_in(plan_pb2.PartCharge, message.last_part, PartCharge) or PartCharge.BY_DAYS,
        rounding=enum_in(plan_pb2.Rounding, message.rounding, Rounding) or Rounding.HALF_UP,
        suspension=enum_in(plan_pb2.SuspensionPolicy, message.suspension, SuspensionPolicy)
        or SuspensionPolicy.CHARGE_ON,
        unused_days=enum_in(plan_pb2.UnusedDays, message.unused_days, UnusedDays) or default_unused_days(kind),
        promotions=tuple(
            Promotion(one.period_count, money_in(one, "fee", f"plan.promotions[{place}].fee"))
            for place, one in enumerate(message.promotions)
        ),
        activation_fee=optional_money_in(message, "activation_fee", "plan.activation_fee"),
        minimum_term_periods=message.minimum_term_periods,
        early_cancellation=enum_in(plan_pb2.EarlyCancellation, message.early_cancellation, EarlyCancellation)
        or EarlyCancellation.NOTHING,
        early_cancellation_fee=optional_money_in(message, "early_cancellation_fee", "plan.early_cancellation_fee"),
    )


def _percent_off_in(message: plan_pb2.Plan) -> Decimal:
    text = message.prepay_percent_off
    return percent_in(text, "plan.prepay_percent_off") if text.value else Decimal(0)
