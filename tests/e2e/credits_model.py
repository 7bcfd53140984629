"""What is given back of a retail charge, told a second time: by counting days, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from quitrent.domain.plan import Plan, SuspensionPolicy
from tests.e2e.model import Life, day_shares, period_of, rounded

Days = Sequence[tuple[date, date | None]]


def given_back(
    plan: Plan, life: Life, charged: int, period: tuple[date, date], end: date | None, suspensions: Days
) -> tuple[int, int]:
    """Give the cents that a charge of a period gives back: for days after the end, and for suspended days."""
    days = day_shares(life.plan, life.start, *period)
    in_use = [day for day in days if end is None or day < end]
    kept = charged
    if not in_use:
        kept = 0
    elif len(in_use) < len(days):
        before = _before(life, period[0])
        used = sum(days[day][1] for day in (_to_the_end(days, in_use) if life.plan.last_whole else in_use))
        kept = rounded(charged * (before + used) / (before + sum(share for _, share in days.values())), plan.rounding)
    back = 0
    if in_use and plan.suspension is SuspensionPolicy.CREDIT_DAYS:
        suspended = [day for day in in_use if any(start <= day < (stop or date.max) for start, stop in suspensions)]
        back = rounded(Fraction(kept * len(suspended), len(in_use)), plan.rounding)
    return charged - kept, back


def _before(life: Life, first: date) -> Fraction:
    """A first part that is charged whole was charged from the first day of its period."""
    opens, _ = period_of(life.plan, life.start, 0)
    is_first = life.plan.first_whole and first == life.start
    shares = day_shares(life.plan, life.start, opens, first if is_first else opens)
    return sum((share for _, share in shares.values()), Fraction(0))


def _to_the_end(days: dict[date, tuple[int, Fraction]], in_use: list[date]) -> list[date]:
    """The days in use, and those after them in the period of the last one, which is charged whole."""
    last_period, _ = days[in_use[-1]]
    return [day for day, (number, _) in days.items() if number <= last_period]
