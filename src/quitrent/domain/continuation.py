"""A product assigned to an account again: its fees go on with those of the subscription before it.

A period whose fee was charged whole costs no second fee; where it was charged by days, the parts
add up and never exceed the whole. So the new wholesale side begins where the old one's charges
end, on the old one's calendar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from quitrent.domain.calendar import Calendar
from quitrent.domain.errors import FailedPrecondition, Reason
from quitrent.domain.part import Part, PartCharge
from quitrent.domain.party import reseller_of
from quitrent.domain.plan import Plan
from quitrent.domain.product import Product, ProductKind, check_assignable
from quitrent.domain.schedule import Schedule
from quitrent.domain.subscription import SideBooks, Subscription, assigned

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Assignable:
    """A product with the plans that it has now."""

    product: Product
    account_plan: Plan
    reseller_plan: Plan


@dataclass(frozen=True, slots=True)
class Assignment:
    """A subscription of an account with its product and its plans."""

    subscription: Subscription
    product: Product
    account_plan: Plan
    reseller_plan: Plan


@dataclass(frozen=True, slots=True)
class _Charged:
    """How far the fees of a subscription reach: to `until`, and so many days of the period that holds it.

    `last_start` is the first day of the last charge, `periods` how many periods it has had by then.
    """

    assignment: Assignment
    until: date
    period_end: date
    days: int
    last_start: date
    periods: int

    @property
    def start(self) -> date:
        """The first day of its fees."""
        return self.assignment.subscription.wholesale.schedule.start


def assigned_to(
    account: str, name: str, assignable: Assignable, start: date, others: Sequence[Assignment]
) -> Assignment:
    """Give the subscription that a product has under a name on an account from a day on.

    `others` are the account's other subscriptions.
    Errors: FailedPrecondition.
    """
    product, plan = assignable.product, assignable.reseller_plan
    check_assignable(product, reseller_of(account))
    check_free(product, start, None, others)
    wholesale = wholesale_books(product, plan, start, others)
    retail = SideBooks.opened(Schedule.starting(start))
    return Assignment(assigned(name, product, start, wholesale, retail), product, assignable.account_plan, plan)


def check_free(product: Product, start: date, end: date | None, others: Sequence[Assignment]) -> None:
    """Refuse to have a product on an account in `[start, end)` that has it, or another main product, in these days.

    `others` are the account's other subscriptions.
    Errors: FailedPrecondition.
    """
    for other in others:
        subscription = other.subscription
        if subscription.is_empty or not _share_days(subscription, start, end):
            continue
        advice = f"assign it from {subscription.end} on" if subscription.end else "close that subscription first"
        if subscription.product == product.name:
            raise FailedPrecondition(
                Reason.PRODUCT_ASSIGNED,
                f"the account has {product.name} from {subscription.start} ({subscription.name}); {advice}",
                metadata={"earliest_date": str(subscription.end)} if subscription.end else None,
            )
        if product.kind is other.product.kind is ProductKind.MAIN:
            raise FailedPrecondition(
                Reason.MAIN_PRODUCT_ASSIGNED,
                f"the account has the main product {subscription.product} from {subscription.start} "
                f"({subscription.name}); close it at {start} or earlier first",
            )


def check_not_gone_on_with(subscription: Subscription, end: date | None, others: Sequence[Assignment]) -> None:
    """Refuse to move the end of a subscription whose product was assigned again after it.

    An earlier end is refused only where the fees of the later subscription go on with its own.
    Errors: FailedPrecondition (PRODUCT_ASSIGNED).
    """
    before = subscription.end
    if before is None:
        return
    for other in others:
        later = other.subscription
        if later.product != subscription.product or later.is_empty or later.start < before:
            continue
        goes_on = later.wholesale.continues or later.wholesale.schedule.start > later.start
        if goes_on or end is None or end > before:
            raise FailedPrecondition(
                Reason.PRODUCT_ASSIGNED,
                f"{subscription.product} is assigned again from {later.start} ({later.name}), and its fees go on "
                f"with those of {subscription.name}; close that one on its start first",
            )


def wholesale_books(
    product: Product, plan: Plan, start: date, others: Sequence[Assignment], aligned: Schedule | None = None
) -> SideBooks:
    """Give the wholesale side of a product that is assigned to an account from a day on.

    aligned: the schedule to follow where no subscription of the product comes before it.
    Errors: FailedPrecondition (PRODUCT_ASSIGNED) where a fee that begins on that day or later stands.
    """
    before = [one for one in others if one.subscription.product == product.name]
    charged = [found for found in map(_charged, before) if found is not None]
    # A promotion is for the first periods that the account has of the product, however often it is assigned.
    same_plan = [one.periods for one in charged if one.assignment.reseller_plan.name == plan.name]
    fresh = replace(aligned or Schedule.starting(start), periods_before=max(same_plan, default=0))
    if not charged:
        return SideBooks.opened(fresh)
    last = max(charged, key=lambda one: one.until)
    begins = max(start, last.until)
    _check_none_later(product, charged, start)
    _check_key_free(product, charged, begins)
    if start < last.period_end and last.assignment.reseller_plan.name == plan.name:
        schedule = last.assignment.subscription.wholesale.schedule
        days_before = last.days if begins < last.period_end else 0
        return SideBooks.opened(
            replace(schedule, start=begins, end=None, days_before=days_before, breaks=()), continues=True
        )
    if start < last.period_end and begins > start:
        fresh = Schedule.starting(begins)
    _check_activation_free(product, plan, charged, fresh.start)
    return SideBooks.opened(fresh)


def aligned_schedule(before: Schedule, calendar_before: Calendar, calendar: Calendar, start: date) -> Schedule:
    """Give the schedule of a product that another one is changed to: on its boundaries where both have the same."""
    if calendar_before != calendar:
        return Schedule.starting(start)
    return Schedule(before.anchor, start, first_index=calendar.index_of(before.anchor, start))


def _share_days(subscription: Subscription, start: date, end: date | None) -> bool:
    ends_after = subscription.end is None or (start < subscription.end and subscription.start < subscription.end)
    return ends_after and (end is None or subscription.start < end)


def _charged(assignment: Assignment) -> _Charged | None:
    """Give how far the fees of a closed subscription reach; None where it has none."""
    side, plan = assignment.subscription.wholesale, assignment.reseller_plan
    end, charged_until, start = side.schedule.end, side.charged_schedule.end, side.schedule.start
    if side.is_empty or end is None or charged_until is None:
        return None
    kept_until = end if plan.credits_unused_days else charged_until
    if kept_until <= start:
        # All of it has been given back, or only the activation has been charged.
        part = _part_that_ends(plan.calendar, side.schedule, start + ONE_DAY)
        kept_until, days = start, side.schedule.days_before
    else:
        part = _part_that_ends(plan.calendar, side.schedule, kept_until)
        days = part.charged(plan.first_part, plan.last_part)[-1].part
        # A last part that is charged whole pays for the days after it.
        if plan.last_part is PartCharge.WHOLE or not part.periods[-1].days_missing_after:
            kept_until = part.period_end
    if charged_until <= start:
        return _Charged(assignment, kept_until, part.period_end, days, start - ONE_DAY, side.schedule.periods_before)
    last = _part_that_ends(plan.calendar, side.schedule, charged_until)
    return _Charged(assignment, kept_until, part.period_end, days, last.start, last.index + len(last.periods))


def _part_that_ends(calendar: Calendar, schedule: Schedule, end: date) -> Part:
    part = calendar.part_on(replace(schedule, end=end), end - ONE_DAY)
    assert part is not None, "the day before an end lies in a part"
    return part


def _check_none_later(product: Product, charged: Sequence[_Charged], start: date) -> None:
    """Refuse to begin before fees that stand: they are of days that the new subscription would have too."""
    later = [one for one in charged if one.start > start]
    if later:
        first = max(later, key=lambda one: one.start)
        raise _taken(product, first, f"that begins on {first.start} has been charged", first.start)


def _check_key_free(product: Product, charged: Sequence[_Charged], begins: date) -> None:
    last = max(charged, key=lambda one: one.last_start)
    if begins <= last.last_start:
        text = f"that begins on {last.last_start} has been charged and given back"
        raise _taken(product, last, text, last.last_start + ONE_DAY)


def _check_activation_free(product: Product, plan: Plan, charged: Sequence[_Charged], start: date) -> None:
    for one in charged:
        billed = one.assignment.subscription.wholesale.activation_billed
        if plan.activation_fee is not None and billed and one.start == start:
            raise _taken(product, one, f"for its activation on {start} has been charged", start + ONE_DAY)


def _taken(product: Product, charged: _Charged, text: str, earliest: date) -> FailedPrecondition:
    return FailedPrecondition(
        Reason.PRODUCT_ASSIGNED,
        f"a fee of {product.name} {text} ({charged.assignment.subscription.name}), and a period has one fee; "
        f"assign it from {earliest} on",
        metadata={"earliest_date": str(earliest)},
    )
