"""Which fee of a plan a period has: a promotional one, or the standard one of its first day.

A promotion counts the subscription's periods; a fee change counts from the first period that
begins on its date or after it:

>>> from datetime import date
>>> from quitrent.domain.calendar import Calendar
>>> from quitrent.domain.schedule import Schedule
>>> from quitrent.domain.plan import FeeChange, PlanKind, Promotion
>>> usd = lambda units: Money(units * 1_000_000, "USD")
>>> plan = Plan("plans/gold", PlanKind.ACCOUNT, usd(30), promotions=(Promotion(1, usd(0)),),
...             fee_changes=(FeeChange("plans/gold", date(2026, 3, 10), usd(60)),))
>>> start = date(2026, 1, 1)
>>> for part in Calendar().parts(Schedule.starting(start, date(2026, 5, 1))):
...     found = fee_of(plan, part, start)
...     print(f"{part.start} {found.money.amount_micros}{found.why}")
2026-01-01 0 for the first period
2026-02-01 30000000
2026-03-01 30000000
2026-04-01 60000000 since 2026-03-10
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from quitrent.domain.money import Money
from quitrent.domain.part import Part
from quitrent.domain.plan import Plan


@dataclass(frozen=True, slots=True)
class PlanFee:
    """The fee of one whole period, and why it is another than the plan began with: empty, or ` since 2026-03-10`."""

    money: Money
    why: str = ""


def fee_of(plan: Plan, part: Part, assigned: date) -> PlanFee:
    """Give the fee of each whole period of a part, for a subscription that starts on `assigned`."""
    promotional = plan.promotional_fee(part.index)
    if promotional is None:
        return standard_fee(plan, part.priced_on, assigned)
    period_count = sum(promotion.period_count for promotion in plan.promotions)
    return PlanFee(promotional, " for the first " + ("period" if period_count == 1 else f"{period_count} periods"))


def standard_fee(plan: Plan, day: date, assigned: date) -> PlanFee:
    """Give the fee of a whole period that begins on a day and has no promotional one."""
    followed = [change for change in plan.fee_changes if change.effective <= day and change.reaches(assigned)]
    return PlanFee(followed[-1].fee, f" since {followed[-1].effective}") if followed else PlanFee(plan.fee)
