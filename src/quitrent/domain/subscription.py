"""The life of a subscription: assigned from a date, suspended, resumed, closed.

Every change gives a new value. What has been settled on the retail side (charged, and credited
after its end) is closed: no date can be moved to before it. What has been charged on the wholesale
side stays charged: closing never takes a fee back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from quitrent.domain.calendar import Calendar, Part
from quitrent.domain.catalog import Plan, Product, ProductKind
from quitrent.domain.errors import FailedPrecondition, Reason


class SubscriptionState(StrEnum):
    """What a subscription is on a day."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Suspension:
    """The suspended days `[start, end)`; without an end they go on."""

    start: date
    end: date | None = None

    def days_within(self, start: date, end: date) -> int:
        """Give how many suspended days lie in `[start, end)`."""
        until = end if self.end is None else min(end, self.end)
        return max(0, (until - max(start, self.start)).days)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A product assigned to an account for the days `[start, end)`.

    `wholesale_end` is the day up to which fees are owed. It is later than `end` where a reseller
    closed the subscription back-dated: the fee has been owed for as long as it was assigned.

    The `_until` dates say how far the books are: `wholesale_billed_until` and
    `retail_billed_until` up to which day each side has been charged (or parked), and
    `retail_settled_until` up to which day its credits have been posted too. They begin at the start.
    """

    name: str
    product: str
    account_plan: str
    reseller_plan: str
    start: date
    wholesale_billed_until: date
    retail_billed_until: date
    retail_settled_until: date
    end: date | None = None
    wholesale_end: date | None = None
    suspensions: tuple[Suspension, ...] = ()
    create_time: datetime | None = field(default=None, compare=False)
    update_time: datetime | None = field(default=None, compare=False)
    key: int = field(default=0, compare=False)

    def state_on(self, day: date) -> SubscriptionState:
        """Give what it is on a day."""
        if self.end is not None and day >= self.end:
            return SubscriptionState.CLOSED
        if day < self.start:
            return SubscriptionState.PENDING
        if any(s.start <= day and (s.end is None or day < s.end) for s in self.suspensions):
            return SubscriptionState.SUSPENDED
        return SubscriptionState.ACTIVE

    def suspended_days(self, start: date, end: date) -> int:
        """Give how many suspended days lie in `[start, end)`."""
        return sum(suspension.days_within(start, end) for suspension in self.suspensions)


def assigned(name: str, product: Product, start: date) -> Subscription:
    """Make a new subscription, with the plans that the product has now."""
    return Subscription(
        name=name,
        product=product.name,
        account_plan=product.account_plan,
        reseller_plan=product.reseller_plan,
        start=start,
        wholesale_billed_until=start,
        retail_billed_until=start,
        retail_settled_until=start,
    )


def suspended(subscription: Subscription, start: date) -> Subscription:
    """Suspend it from a day on.

    Errors: FailedPrecondition.
    """
    _check_date(subscription, start)
    last = subscription.suspensions[-1] if subscription.suspensions else None
    if last is not None and (last.end is None or start < last.end):
        raise FailedPrecondition(
            Reason.SUBSCRIPTION_SUSPENDED,
            f"{subscription.name} is suspended from {last.start}" + (f" to {last.end}" if last.end else ""),
        )
    return replace(subscription, suspensions=(*subscription.suspensions, Suspension(start)))


def resumed(subscription: Subscription, day: date) -> Subscription:
    """End its suspension; on the day on which it was suspended, as if it had never been.

    Errors: FailedPrecondition.
    """
    _check_date(subscription, day)
    last = subscription.suspensions[-1] if subscription.suspensions else None
    if last is None or last.end is not None or day < last.start:
        raise FailedPrecondition(
            Reason.SUBSCRIPTION_NOT_SUSPENDED, f"{subscription.name} has no suspension that lasts to {day}"
        )
    ended = () if day == last.start else (replace(last, end=day),)
    return replace(subscription, suspensions=(*subscription.suspensions[:-1], *ended))


def closed(subscription: Subscription, end: date, today: date, fees_until: date) -> Subscription:
    """End it, exclusive of the day given. An end that has not come, and cut no billed part, can be moved.

    fees_until: the day up to which the fee is owed at the least, even where the end lies before it.
    Errors: FailedPrecondition.
    """
    cut = (subscription.wholesale_billed_until, subscription.retail_billed_until)
    if subscription.end is not None and (subscription.end <= today or subscription.end in cut):
        raise _is_closed(subscription)
    _check_settled(subscription, end)
    # Where it has not started by then, no fee is owed for the days before.
    owed_until = max(end, fees_until) if fees_until > subscription.start else end
    return replace(subscription, end=end, wholesale_end=owed_until)


def check_free(product: Product, start: date, others: Iterable[tuple[Subscription, Product, Plan]]) -> None:
    """Refuse to assign a product to an account that has it, or another main product, from `start` on.

    `others` are the account's subscriptions with their products and reseller plans.
    Errors: FailedPrecondition.
    """
    for other, other_product, reseller_plan in others:
        # Closed on its start before any fee was owed: it has never been.
        if fees_end(other) == other.start:
            continue
        if other.product == product.name:
            _check_no_second_fee(other, reseller_plan.calendar, start)
        elif product.kind is other_product.kind is ProductKind.MAIN and _holds_on_or_after(other, start):
            raise FailedPrecondition(
                Reason.MAIN_PRODUCT_ASSIGNED,
                f"the account has the main product {other.product} from {other.start} "
                f"({other.name}); close it at {start} or earlier first",
            )


def next_wholesale_due(subscription: Subscription, plan: Plan) -> date | None:
    """Give the day on which the next fee is due, or None where no more will be."""
    part = _next_part(plan.calendar, subscription, subscription.wholesale_end, subscription.wholesale_billed_until)
    return None if part is None else part.due_date(plan.timing)


def next_retail_due(subscription: Subscription, plan: Plan) -> date | None:
    """Give the day on which the retail side next has something to charge or to settle, or None."""
    part = _next_part(plan.calendar, subscription, subscription.end, subscription.retail_billed_until)
    days = [] if part is None else [part.due_date(plan.timing)]
    days += [unsettled.end for unsettled in unsettled_parts(subscription, plan)[:1]]
    return min(days, default=None)


def unsettled_parts(subscription: Subscription, plan: Plan) -> list[Part]:
    """Give the retail parts that have been charged or parked, and whose credits have not been posted."""
    since, until = subscription.retail_settled_until, subscription.retail_billed_until
    return list(plan.calendar.parts(subscription.start, until, since)) if since < until else []


def fees_end(subscription: Subscription) -> date | None:
    """Give the day up to which fees are owed or have been charged; None where they go on.

    A fee that was charged before the end was known stands past the end.
    """
    end = subscription.wholesale_end
    return None if end is None else max(end, subscription.wholesale_billed_until)


def _next_part(calendar: Calendar, subscription: Subscription, end: date | None, since: date) -> Part | None:
    return next(calendar.parts(subscription.start, end, since), None)


def _holds_on_or_after(other: Subscription, day: date) -> bool:
    return other.end is None or (day < other.end and other.start < other.end)


def _check_no_second_fee(other: Subscription, calendar: Calendar, start: date) -> None:
    end = fees_end(other)
    last = None if end is None else calendar.part_on(other.start, None, end - timedelta(days=1))
    free_from = None if last is None else last.whole_end
    if free_from is None or start < free_from:
        raise FailedPrecondition(
            Reason.PRODUCT_ASSIGNED,
            f"the account has {other.product} from {other.start} ({other.name}), and a period has one fee; "
            + (f"assign it again from {free_from} on" if free_from else "close that subscription first"),
        )


def _check_date(subscription: Subscription, day: date) -> None:
    if subscription.end is not None and day >= subscription.end:
        raise _is_closed(subscription)
    _check_settled(subscription, day)


def _check_settled(subscription: Subscription, day: date) -> None:
    if day < subscription.start:
        raise FailedPrecondition(
            Reason.DATE_OUTSIDE_SUBSCRIPTION, f"{subscription.name} starts on {subscription.start}; {day} is before"
        )
    if day < subscription.retail_settled_until:
        raise FailedPrecondition(
            Reason.DATE_SETTLED,
            f"{subscription.name} is settled up to {subscription.retail_settled_until}; {day} is before. "
            f"The earliest date is {subscription.retail_settled_until}",
            metadata={"earliest_date": str(subscription.retail_settled_until)},
        )


def _is_closed(subscription: Subscription) -> FailedPrecondition:
    return FailedPrecondition(Reason.SUBSCRIPTION_CLOSED, f"{subscription.name} is closed from {subscription.end} on")
