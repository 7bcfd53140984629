"""What is given back of a charged part once it is known how it was used: days after an end, suspended days.

A part is settled at its end, or at the end of the subscription where that comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from quitrent.domain.charge import Charge, Side, credits_of
from quitrent.domain.days import Days
from quitrent.domain.part import Part
from quitrent.domain.plan import Plan, PlanKind, SuspensionPolicy
from quitrent.domain.subscription import PausedDays, SideBooks, Subscription


def settle_date(part_end: date, end: date | None) -> date:
    """Give the day on which a charged part is settled."""
    return part_end if end is None else min(part_end, end)


def may_be_given_back(subscription: Subscription, side: Side) -> bool:
    """Whether anything of a side's charges can be given back, as things stand: days after an end, or suspended ones."""
    if side is Side.WHOLESALE:
        return subscription.wholesale.schedule.end is not None
    return subscription.end is not None or bool(subscription.suspensions)


def credits_for(charge: Charge, subscription: Subscription, side: SideBooks, plan: Plan) -> Iterator[Charge]:
    """Give the credits of a recurring charge on one side: for days after its end, and for suspended days."""
    charged, kept = _charged_and_kept(charge, side, plan)
    suspended = suspended_days(charge, subscription, side, plan)
    due = settle_date(charge.period_end, side.schedule.end)
    yield from credits_of(charge, charged, kept, suspended, plan.rounding, due)


def suspended_days(charge: Charge, subscription: Subscription, side: SideBooks, plan: Plan) -> Days:
    """Give which of a charge's days in use are suspended and given back, as things stand."""
    end = settle_date(charge.period_end, side.schedule.end)
    # The provider's fee knows nothing of suspensions, whatever a resume says.
    if plan.kind is PlanKind.RESELLER or end <= charge.period_start:
        return Days(0, 1)
    paid_until = end if plan.credits_unused_days else charge.period_end
    days = (paid_until - charge.period_start).days
    credited = sum(
        suspension.days_within(charge.period_start, end)
        for suspension in subscription.suspensions
        if _is_credited(suspension.paused_days, plan)
    )
    return Days(credited, days)


def _is_credited(paused_days: PausedDays | None, plan: Plan) -> bool:
    if paused_days is None:
        return plan.suspension is SuspensionPolicy.CREDIT_DAYS
    return paused_days is PausedDays.CREDIT


def _charged_and_kept(charge: Charge, side: SideBooks, plan: Plan) -> tuple[Sequence[Days], Sequence[Days]]:
    """Give the days of each whole period that were charged, and those of them that are kept.

    Kept are those that would have been charged had the end been known then.
    """
    charged = _own_days(charge, side, plan, charge.period_end)
    end = side.schedule.end
    if not plan.credits_unused_days or end is None or end >= charge.period_end:
        return charged, charged
    kept = _own_days(charge, side, plan, end) if end > charge.period_start else ()
    return charged, [kept[place] if place < len(kept) else Days(0, one.whole) for place, one in enumerate(charged)]


def _own_days(charge: Charge, side: SideBooks, plan: Plan, end: date) -> Sequence[Days]:
    part: Part | None = plan.calendar.part_on(replace(side.schedule, end=end), charge.period_start)
    assert part is not None, "what was charged was a part of the calendar"
    earlier = part.charged_earlier(plan.first_part, plan.last_part)
    return [
        Days(days.part - (earlier[place].part if place < len(earlier) else 0), days.whole)
        for place, days in enumerate(part.charged(plan.first_part, plan.last_part))
    ]
