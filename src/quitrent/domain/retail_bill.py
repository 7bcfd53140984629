"""The retail side of one subscription in a run: which parts to charge, what to credit, how far it is then."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date
from itertools import takewhile

from quitrent.domain.calendar import Part
from quitrent.domain.catalog import Plan, SuspensionPolicy
from quitrent.domain.charge import Charge, Days, credits_of
from quitrent.domain.subscription import Subscription, unsettled_parts


def parts_due(subscription: Subscription, plan: Plan, parked: Collection[date], through: date) -> list[Part]:
    """Give the parts to charge: those that are parked, and those that are due by a day and new.

    `parked` are the first days of parked parts; they are tried again as they were when they were due.
    """
    end = subscription.end and max(subscription.end, subscription.retail_billed_until)
    again = [plan.calendar.part_on(subscription.start, end, day) for day in sorted(parked)]
    waiting = [part for part in again if part is not None and part.due_date(plan.timing) <= through]
    return waiting + _fresh_parts(subscription, plan, through)


def billed(subscription: Subscription, plan: Plan, through: date) -> Subscription:
    """Give it as it is once everything due by a day has been charged or parked, and credited."""
    fresh = _fresh_parts(subscription, plan, through)
    charged = replace(subscription, retail_billed_until=fresh[-1].end) if fresh else subscription
    settled = [part.end for part in unsettled_parts(charged, plan) if part.end <= through]
    return replace(charged, retail_settled_until=settled[-1]) if settled else charged


def credits_due(
    before: Subscription, after: Subscription, plan: Plan, charges: Iterable[Charge], new: Collection[date]
) -> list[Charge]:
    """Give the credits of charged periods that a run settles: those that ended, and have none yet.

    `charges` are the subscription's recurring ones, `new` the first days of those of this run. A
    charge that has been reversed is not credited as well.
    """
    found: list[Charge] = []
    for charge in charges:
        newly_settled = charge.period_start >= before.retail_settled_until or charge.period_start in new
        if newly_settled and charge.period_end <= after.retail_settled_until and not charge.reversed_by:
            found += credits_of(charge, *_days(after, plan, charge), plan.rounding)
    return found


def _days(subscription: Subscription, plan: Plan, charge: Charge) -> tuple[Days, Days]:
    """Give which of the charged days are kept, and which of those in use are suspended and given back.

    They are those of the part that would have been charged had the end been known then.
    """
    charged = plan.calendar.part_on(subscription.start, charge.period_end, charge.period_start)
    assert charged is not None, "what was charged was a part of the calendar"
    charged_days = charged.charged_days(plan.first_part, plan.last_part)
    end = min(charge.period_end, subscription.end or charge.period_end)
    days = (end - charge.period_start).days
    if days <= 0:
        return Days(0, charged_days), Days(0, 1)
    kept = Days(replace(charged, end=end).charged_days(plan.first_part, plan.last_part), charged_days)
    if plan.suspension is not SuspensionPolicy.CREDIT_DAYS:
        return kept, Days(0, days)
    return kept, Days(subscription.suspended_days(charge.period_start, end), days)


def _fresh_parts(subscription: Subscription, plan: Plan, through: date) -> list[Part]:
    parts = plan.calendar.parts(subscription.start, subscription.end, subscription.retail_billed_until)
    return list(takewhile(lambda part: part.due_date(plan.timing) <= through, parts))
