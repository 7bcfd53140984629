"""Plans: a recurring fee with its calendar, and the fees beside it.

A rule that a caller can break is one function here, and raises with a reason of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from quitrent.domain.calendar import Calendar, DayCount, PartCharge, PeriodBoundary, PeriodUnit, Timing
from quitrent.domain.errors import FailedPrecondition, Reason, invalid
from quitrent.domain.money import LARGEST_AMOUNT_MICROS, Money, Rounding, is_currency


class PlanKind(StrEnum):
    """Whom a plan's fee is asked of."""

    ACCOUNT = "ACCOUNT"
    RESELLER = "RESELLER"


class SuspensionPolicy(StrEnum):
    """What a customer pays while its account is suspended."""

    CHARGE_ON = "CHARGE_ON"
    CREDIT_DAYS = "CREDIT_DAYS"


class UnusedDays(StrEnum):
    """What becomes of days that have been charged and lie after an end."""

    KEEP = "KEEP"
    CREDIT = "CREDIT"


class EarlyCancellation(StrEnum):
    """What an end before the minimum term costs."""

    NOTHING = "NOTHING"
    FIXED_FEE = "FIXED_FEE"
    REST_OF_TERM = "REST_OF_TERM"


@dataclass(frozen=True, slots=True)
class Promotion:
    """The fee of so many periods, after those of the promotions before it."""

    period_count: int
    fee: Money


@dataclass(frozen=True, slots=True)
class FeeChange:
    """A plan's new fee, for the periods that begin on its date or after it.

    `applies_to_existing` tells whether subscriptions that began before that date follow it, or keep
    their fee for life.
    """

    plan: str
    effective: date
    fee: Money
    applies_to_existing: bool = True
    create_time: datetime | None = field(default=None, compare=False)
    key: int = field(default=0, compare=False)

    @property
    def name(self) -> str:
        """Give the name, made of the plan and the date."""
        return f"{self.plan}/feeChanges/{self.effective}"

    def reaches(self, assigned: date) -> bool:
        """Whether a subscription that starts on a day follows it."""
        return self.applies_to_existing or self.effective <= assigned


@dataclass(frozen=True, slots=True)
class Plan:
    """A recurring fee with its calendar. `managed_by` is a reseller's name, or empty for the provider.

    `fee` is the one that the plan began with; its dated changes are in `fee_changes`, in their order.
    """

    name: str
    kind: PlanKind
    fee: Money
    display_name: str = ""
    managed_by: str = ""
    shared_with_resellers: bool = False
    applied_more_than_once: bool = False
    period_unit: PeriodUnit = PeriodUnit.MONTH
    period_count: int = 1
    period_boundary: PeriodBoundary = PeriodBoundary.CALENDAR
    fixed_day: int = 0
    day_count: DayCount = DayCount.ACTUAL
    periods_in_advance: int = 1
    prepay_percent_off: Decimal = Decimal(0)
    timing: Timing = Timing.IN_ADVANCE
    first_part: PartCharge = PartCharge.BY_DAYS
    last_part: PartCharge = PartCharge.BY_DAYS
    rounding: Rounding = Rounding.HALF_UP
    suspension: SuspensionPolicy = SuspensionPolicy.CHARGE_ON
    unused_days: UnusedDays = UnusedDays.KEEP
    promotions: tuple[Promotion, ...] = ()
    activation_fee: Money | None = None
    minimum_term_periods: int = 0
    early_cancellation: EarlyCancellation = EarlyCancellation.NOTHING
    early_cancellation_fee: Money | None = None
    fee_changes: tuple[FeeChange, ...] = ()
    create_time: datetime | None = field(default=None, compare=False)
    update_time: datetime | None = field(default=None, compare=False)
    key: int = field(default=0, compare=False)

    @property
    def calendar(self) -> Calendar:
        """Give the calendar on which the fee recurs."""
        return Calendar(
            period_unit=self.period_unit,
            period_count=self.period_count,
            period_boundary=self.period_boundary,
            fixed_day=self.fixed_day,
            day_count=self.day_count,
            periods_in_advance=self.periods_in_advance,
        )

    @property
    def credits_unused_days(self) -> bool:
        """Whether days that were charged and lie after an end are given back."""
        return self.unused_days is UnusedDays.CREDIT

    @property
    def settles(self) -> bool:
        """Whether something of a charged part may be given back once it is known how it was used."""
        return self.kind is PlanKind.ACCOUNT or self.credits_unused_days

    def promotional_fee(self, index: int) -> Money | None:
        """Give the fee of the period with an index where that is a promotional one."""
        for promotion in self.promotions:
            if index < promotion.period_count:
                return promotion.fee
            index -= promotion.period_count
        return None


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
