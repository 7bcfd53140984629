"""Plans: a recurring fee with its calendar, and the fees beside it. What a plan may be, `plan_rules` says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from quitrent.domain.calendar import Calendar, DayCount, PeriodBoundary, PeriodUnit
from quitrent.domain.money import Money, Rounding
from quitrent.domain.part import PartCharge, Timing


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

    def __hash__(self) -> int:
        """Give a number that tells most plans apart, and is made quickly."""
        return hash(self.name)

    @property
    def calendar(self) -> Calendar:
        """Give the calendar on which the fee recurs."""
        return _calendar(self)

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


@lru_cache(maxsize=1024)
def _calendar(plan: Plan) -> Calendar:
    return Calendar(
        period_unit=plan.period_unit,
        period_count=plan.period_count,
        period_boundary=plan.period_boundary,
        fixed_day=plan.fixed_day,
        day_count=plan.day_count,
        periods_in_advance=plan.periods_in_advance,
    )
