"""The retail side of one subscription in a run: which parts to charge, what to credit, how far it is then."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date

from quitrent.domain.charge import Charge
from quitrent.domain.credit import credits_for
from quitrent.domain.due import billed, next_due, parts_due
from quitrent.domain.part import Part
from quitrent.domain.pause import pauses_carried_out
from quitrent.domain.plan import Plan
from quitrent.domain.subscription import Subscription


def retail_parts_due(subscription: Subscription, plan: Plan, parked: Collection[date], through: date) -> list[Part]:
    """Give the parts to charge: those that are parked, and those that are due by a day and new.

    `parked` are the first days of parked parts; they are tried again as they were when they were due.
    """
    side = subscription.retail
    again = [plan.calendar.part_on(side.charged_schedule, day) for day in sorted(parked)]
    waiting = [part for part in again if part is not None and part.due_date(plan.timing) <= through]
    return [*waiting, *parts_due(side, plan, through)]


def retail_billed(subscription: Subscription, plan: Plan, through: date) -> Subscription:
    """Give it as it is once everything due by a day has been charged or parked, and credited."""
    side = billed(subscription.retail, plan, subscription.start, through)
    return pauses_carried_out(replace(subscription, retail=side), through)


def next_retail_due(subscription: Subscription, plan: Plan) -> date | None:
    """Give the day on which the retail side next has something to charge, to settle or to put right, or None."""
    resumes = [one.end for one in subscription.suspensions if one.paused_days and not one.carried_out and one.end]
    days = [day for day in (next_due(subscription.retail, plan, subscription.start), *resumes) if day is not None]
    return min(days, default=None)


def credits_due(
    before: Subscription, after: Subscription, plan: Plan, charges: Iterable[Charge], new: Collection[date]
) -> list[Charge]:
    """Give the credits of charged parts that a run settles, and that have none yet.

    `charges` are the subscription's recurring ones, `new` the first days of those of this run. A
    charge that has been reversed is not credited as well.
    """
    found: list[Charge] = []
    for charge in charges:
        newly_settled = charge.period_start >= before.retail.settled_until or charge.period_start in new
        if newly_settled and charge.period_end <= after.retail.settled_until and not charge.reversed_by:
            found += credits_for(charge, after, after.retail, plan)
    return found
