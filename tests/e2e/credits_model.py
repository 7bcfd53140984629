"""What is given back of a retail charge, told a second time: by counting days, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from quitrent.domain.calendar import PartCharge, PeriodBoundary
from quitrent.domain.money import Rounding
from quitrent.domain.plan import Plan, SuspensionPolicy

Days = Sequence[tuple[date, date | None]]


def given_back(
    plan: Plan, charged: int, period: tuple[date, date], end: date | None, suspensions: Days
) -> tuple[int, int]:
    """Give the cents that a charge of a period gives back: for days after the end, and for suspended days."""
    days = _days(*period)
    in_use = [day for day in days if end is None or day < end]
    kept = charged
    if not in_use:
        kept = 0
    elif plan.last_part is PartCharge.BY_DAYS:
        # A first part that is charged whole was charged from the first day of its month.
        before = 0
        if plan.period_boundary is PeriodBoundary.CALENDAR and plan.first_part is PartCharge.WHOLE:
            before = period[0].day - 1
        kept = rounded(Fraction(charged * (before + len(in_use)), before + len(days)), plan.rounding)
    back = 0
    if in_use and plan.suspension is SuspensionPolicy.CREDIT_DAYS:
        suspended = [day for day in in_use if any(start <= day < (stop or date.max) for start, stop in suspensions)]
        back = rounded(Fraction(kept * len(suspended), len(in_use)), plan.rounding)
    return charged - kept, back


def rounded(cents: Fraction, rounding: Rounding) -> int:
    """Cents, rounded; none are below zero."""
    whole, rest = divmod(cents, 1)
    twice = rest * 2
    up = {
        Rounding.HALF_UP: twice >= 1,
        Rounding.HALF_EVEN: twice > 1 or (twice == 1 and whole % 2 == 1),
        Rounding.UP: rest > 0,
    }
    return int(whole) + up[rounding]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days)]
