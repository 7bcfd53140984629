"""What is due on one side of a subscription, and how far that side is billed then: the same for both sides.

A book has many subscriptions whose sides are alike, and what has been found for one is kept for the
others.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import lru_cache
from itertools import takewhile

from quitrent.domain.charge import ChargeReason
from quitrent.domain.credit import settle_date
from quitrent.domain.one_off import OneOffFee, one_off_fees
from quitrent.domain.part import Part
from quitrent.domain.plan import Plan
from quitrent.domain.subscription import SideBooks

MOST_KEPT = 4_096


@lru_cache(maxsize=MOST_KEPT)
def parts_due(side: SideBooks, plan: Plan, through: date) -> tuple[Part, ...]:
    """Give the parts that are due up to and including a day and have not been billed, in order."""
    parts = plan.calendar.parts(side.schedule, side.billed_until)
    return tuple(takewhile(lambda part: part.due_date(plan.timing) <= through, parts))


def one_offs_due(side: SideBooks, plan: Plan, assigned: date, through: date) -> list[OneOffFee]:
    """Give the one-off fees that are due up to and including a day and have not been billed."""
    owed = one_off_fees(side, plan, assigned)
    return [one for one in owed if one.period_start <= through and not one.is_billed]


@lru_cache(maxsize=MOST_KEPT)
def billed(side: SideBooks, plan: Plan, assigned: date, through: date) -> SideBooks:
    """Give a side as it is once everything due by a day has been charged (or parked), and credited."""
    parts = parts_due(side, plan, through)
    reasons = {one.reason for one in one_offs_due(side, plan, assigned, through)}
    charged = replace(
        side,
        billed_until=parts[-1].end if parts else side.billed_until,
        activation_billed=side.activation_billed or ChargeReason.ACTIVATION in reasons,
        cancellation_billed=side.cancellation_billed or ChargeReason.EARLY_CANCELLATION in reasons,
    )
    settled = [part.end for part in _unsettled(charged, plan) if settle_date(part.end, side.schedule.end) <= through]
    return replace(charged, settled_until=settled[-1]) if settled else charged


@lru_cache(maxsize=MOST_KEPT)
def next_due(side: SideBooks, plan: Plan, assigned: date) -> date | None:
    """Give the day on which a side next has something to charge or to settle, or None."""
    part = next(plan.calendar.parts(side.schedule, side.billed_until), None)
    days = [] if part is None else [part.due_date(plan.timing)]
    days += [settle_date(unsettled.end, side.schedule.end) for unsettled in _unsettled(side, plan)[:1]]
    days += [one.period_start for one in one_off_fees(side, plan, assigned) if not one.is_billed]
    return min(days, default=None)


def _unsettled(side: SideBooks, plan: Plan) -> list[Part]:
    """Give the parts that have been charged or parked, and whose credits have not been posted."""
    if not plan.settles or side.settled_until >= side.billed_until:
        return []
    return list(plan.calendar.parts(replace(side.schedule, end=side.billed_until), side.settled_until))
