"""The life of a subscription: assigned from a date, suspended, resumed, closed, and each taken back.

Every change gives a new value, and may lie in the past or in the future. What has been settled on
the retail side (charged, and credited after its end) is closed: no date can be moved to before it.
What has been charged on the wholesale side stays charged: closing never takes a fee back, unless
the plan says that unused days are credited. What has not come yet can be taken back.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from quitrent.domain.calendar import Calendar
from quitrent.domain.errors import FailedPrecondition, Reason
from quitrent.domain.plan import Plan
from quitrent.domain.product import Product
from quitrent.domain.schedule import Schedule


class SubscriptionState(StrEnum):
    """What a subscription is on a day."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


class PausedDays(StrEnum):
    """What a resume does with the suspended days before it on the retail side."""

    CHARGE = "CHARGE"
    CREDIT = "CREDIT"


@dataclass(frozen=True, slots=True)
class Suspension:
    """The suspended days `[start, end)`; without an end they go on.

    `paused_days` is what the resume said of them, or None where it left that to the plan. What it
    said is `carried_out` once periods that had been settled before are put right.
    """

    start: date
    end: date | None = None
    paused_days: PausedDays | None = None
    carried_out: bool = False

    def days_within(self, start: date, end: date) -> int:
        """Give how many suspended days lie in `[start, end)`."""
        until = end if self.end is None else min(end, self.end)
        return max(0, (until - max(start, self.start)).days)


@dataclass(frozen=True, slots=True)
class SideBooks:
    """One side of a subscription: the schedule that it is billed on, and how far its books are.

    It has been charged (or parked) up to `billed_until`, and its credits have been posted up to
    `settled_until`. `continues` tells that its fees go on with those of a subscription before it.
    """

    schedule: Schedule
    billed_until: date
    settled_until: date
    activation_billed: bool = False
    cancellation_billed: bool = False
    continues: bool = False

    def __hash__(self) -> int:
        """Give a number that tells most apart, and is made quickly."""
        return hash((self.schedule, self.billed_until))

    @classmethod
    def opened(cls, schedule: Schedule, *, continues: bool = False) -> SideBooks:
        """Give the books of a side that has not been billed yet."""
        return cls(schedule, schedule.start, schedule.start, continues=continues)

    @property
    def charged_schedule(self) -> Schedule:
        """The schedule up to its end, or as far as it had been charged before the end was known."""
        end = self.schedule.end
        return self.schedule if end is None else replace(self.schedule, end=max(end, self.billed_until))

    @property
    def is_empty(self) -> bool:
        """Whether nothing was and nothing will be charged: it ends on its start, before any bill."""
        return self.charged_schedule.end == self.schedule.start and not self.activation_billed


@dataclass(frozen=True, slots=True)
class Subscription:
    """A product assigned to an account for the days `[start, end)`.

    The wholesale side may end later than the retail side, where a reseller closed the subscription
    back-dated: the fee has been owed for as long as it was assigned. It may begin later, where the
    fee for the first days has been charged for a subscription before it. `replaces` names the
    subscription whose product was changed to this one's.
    """

    name: str
    product: str
    account_plan: str
    reseller_plan: str
    wholesale: SideBooks
    retail: SideBooks
    start: date
    suspensions: tuple[Suspension, ...] = ()
    replaces: str = ""
    create_time: datetime | None = field(default=None, compare=False)
    update_time: datetime | None = field(default=None, compare=False)
    key: int = field(default=0, compare=False)

    @property
    def end(self) -> date | None:
        """The day from which it is no longer assigned."""
        return self.retail.schedule.end

    @property
    def is_empty(self) -> bool:
        """Whether it has never been: closed on its start before anything was charged."""
        return self.wholesale.is_empty and self.retail.is_empty

    def state_on(self, day: date) -> SubscriptionState:
        """Give what it is on a day."""
        if self.end is not None and day >= self.end:
            return SubscriptionState.CLOSED
        if day < self.start:
            return SubscriptionState.PENDING
        if any(s.start <= day and (s.end is None or day < s.end) for s in self.suspensions):
            return SubscriptionState.SUSPENDED
        return SubscriptionState.ACTIVE


def assigned(name: str, product: Product, start: date, wholesale: SideBooks, retail: SideBooks) -> Subscription:
    """Make a new subscription, with the plans that the product has now."""
    return Subscription(
        name=name,
        product=product.name,
        account_plan=product.account_plan,
        reseller_plan=product.reseller_plan,
        start=start,
        wholesale=wholesale,
        retail=retail,
    )


def suspended(subscription: Subscription, start: date) -> Subscription:
    """Suspend it from a day on.

    Errors: FailedPrecondition.
    """
    _check_date(subscription, start)
    last = _last_suspension(subscription)
    if last is not None and (last.end is None or start < last.end):
        raise FailedPrecondition(
            Reason.SUBSCRIPTION_SUSPENDED,
            f"{subscription.name} is suspended from {last.start}" + (f" to {last.end}" if last.end else ""),
        )
    return replace(subscription, suspensions=(*subscription.suspensions, Suspension(start)))


def resumed(subscription: Subscription, day: date, paused_days: PausedDays | None = None) -> Subscription:
    """End its suspension; on the day on which it was suspended, as if it had never been.

    paused_days: whether the suspended days are charged or credited; None leaves that to the plan.
    Errors: FailedPrecondition.
    """
    _check_date(subscription, day)
    last = _last_suspension(subscription)
    if last is None or last.end is not None or day < last.start:
        raise FailedPrecondition(
            Reason.SUBSCRIPTION_NOT_SUSPENDED, f"{subscription.name} has no suspension that lasts to {day}"
        )
    ended = () if day == last.start else (replace(last, end=day, paused_days=paused_days),)
    return replace(subscription, suspensions=(*subscription.suspensions[:-1], *ended))


def closed(
    subscription: Subscription, end: date, today: date, fees_until: date, account_plan: Plan, reseller_plan: Plan
) -> Subscription:
    """End it, exclusive of the day given. An end that has not come can be moved.

    fees_until: the day up to which the fee is owed at the least, even where the end lies before it.
    Errors: FailedPrecondition.
    """
    if subscription.end is not None:
        subscription = reopened(subscription, today, account_plan, reseller_plan)
    _check_settled(subscription, end)
    # Where it has not started by then, no fee is owed for the days before.
    owed_until = max(end, fees_until) if fees_until > subscription.start else end
    # What has been settled on the wholesale side never moves back.
    owed_until = max(owed_until, subscription.wholesale.settled_until) if reseller_plan.settles else owed_until
    return replace(
        subscription,
        retail=_ended(subscription.retail, end),
        wholesale=_ended(subscription.wholesale, owed_until),
    )


def reopened(subscription: Subscription, today: date, account_plan: Plan, reseller_plan: Plan) -> Subscription:
    """Take back an end that has not come. Where a part has been billed up to it, the next goes on from there.

    Errors: FailedPrecondition.
    """
    sides = (subscription.wholesale, subscription.retail)
    end = subscription.end
    if end is None:
        raise nothing_to_withdraw(subscription, "end")
    # A fee for the early end has been charged, or days after it have been given back.
    is_final = any(side.cancellation_billed or (side.schedule.end or end) < side.settled_until for side in sides)
    if end <= today or is_final:
        raise _is_closed(subscription)
    return replace(
        subscription,
        wholesale=_reopened(subscription.wholesale, reseller_plan.calendar),
        retail=_reopened(subscription.retail, account_plan.calendar),
    )


def suspension_withdrawn(subscription: Subscription, today: date) -> Subscription:
    """Take back a suspension that has not come, with its resume. Errors: FailedPrecondition."""
    last = _last_suspension(subscription)
    if last is None or last.start <= today or last.start < subscription.retail.settled_until:
        raise nothing_to_withdraw(subscription, "suspension")
    return replace(subscription, suspensions=subscription.suspensions[:-1])


def resume_withdrawn(subscription: Subscription, today: date) -> Subscription:
    """Take back a resume that has not come. Errors: FailedPrecondition."""
    last = _last_suspension(subscription)
    settled_until = subscription.retail.settled_until
    if last is None or last.end is None or last.end <= today or last.end < settled_until or last.carried_out:
        raise nothing_to_withdraw(subscription, "resume")
    return replace(subscription, suspensions=(*subscription.suspensions[:-1], Suspension(last.start)))


def nothing_to_withdraw(subscription: Subscription, what: str) -> FailedPrecondition:
    """Say that nothing of the kind is still to come."""
    return FailedPrecondition(
        Reason.NOTHING_TO_WITHDRAW,
        f"{subscription.name} has no {what} that is still to come and has not been settled",
    )


def _last_suspension(subscription: Subscription) -> Suspension | None:
    return subscription.suspensions[-1] if subscription.suspensions else None


def _ended(side: SideBooks, end: date) -> SideBooks:
    return replace(side, schedule=replace(side.schedule, end=end))


def _reopened(side: SideBooks, calendar: Calendar) -> SideBooks:
    schedule = replace(side.schedule, end=None)
    end = side.schedule.end
    if end is not None and end == side.billed_until > schedule.start and calendar.is_cut(schedule, end):
        schedule = replace(schedule, breaks=tuple(sorted({*schedule.breaks, end})))
    return replace(side, schedule=schedule)


def _check_date(subscription: Subscription, day: date) -> None:
    if subscription.end is not None and day >= subscription.end:
        raise _is_closed(subscription)
    _check_settled(subscription, day)


def _check_settled(subscription: Subscription, day: date) -> None:
    if day < subscription.start:
        raise FailedPrecondition(
            Reason.DATE_OUTSIDE_SUBSCRIPTION, f"{subscription.name} starts on {subscription.start}; {day} is before"
        )
    settled_until = subscription.retail.settled_until
    if day < settled_until:
        raise FailedPrecondition(
            Reason.DATE_SETTLED,
            f"{subscription.name} is settled up to {settled_until}; {day} is before. "
            f"The earliest date is {settled_until}",
            metadata={"earliest_date": str(settled_until)},
        )


def _is_closed(subscription: Subscription) -> FailedPrecondition:
    return FailedPrecondition(Reason.SUBSCRIPTION_CLOSED, f"{subscription.name} is closed from {subscription.end} on")
