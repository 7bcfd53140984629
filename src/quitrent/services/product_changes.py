"""A subscription changes to another product: the old one ends, and a new one begins on the same day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from quitrent.domain import subscription as life
from quitrent.domain.continuation import Assignment, aligned_schedule, check_free, wholesale_books
from quitrent.domain.errors import FailedPrecondition, Reason, invalid
from quitrent.domain.party import parent_of, reseller_of
from quitrent.domain.plan import Plan
from quitrent.domain.product import check_assignable
from quitrent.domain.subscription import SideBooks, Subscription
from quitrent.services.caller import Caller
from quitrent.services.content import name_taken
from quitrent.services.deployment import Deployment
from quitrent.services.subscriptions import (
    check_days_free,
    fees_until,
    get_subscription,
    plans_named,
    plans_of,
)
from quitrent.services.visibility import visible_product
from quitrent.store import subscriptions as stored
from quitrent.store.assignments import assigned_account, insert_assignment


class ChangeTiming(StrEnum):
    """When a change of product takes effect."""

    NEXT_BOUNDARY = "NEXT_BOUNDARY"
    AT_ONCE = "AT_ONCE"


@dataclass(frozen=True, slots=True)
class ProductChange:
    """What a subscription is to change to: `name` is the new subscription's."""

    subscription: str
    name: str
    product: str
    day: date
    timing: ChangeTiming


def change_product(deployment: Deployment, caller: Caller, change: ProductChange) -> tuple[Subscription, Subscription]:
    """Change a subscription to another product; give the old one and the new one.

    The new one is billed on the boundaries of the old one where their plans have the same calendar.
    Errors: NotFound (the subscription, the product), InvalidArgument, AlreadyExists, FailedPrecondition.
    """
    old = get_subscription(caller, change.subscription)
    product = visible_product(caller, change.product)
    existing = stored.find_subscription(change.name)
    if existing is not None:
        if not _is_the_same(change, existing):
            raise name_taken(change.name)
        return old, existing
    if product.name == old.product:
        raise invalid("product", f"must be another than the subscription has: {old.product}")
    check_assignable(product, reseller_of(old.name))
    account_plan, reseller_plan = plans_of(old)
    day = _effective(old, account_plan, change)
    closed = life.closed(old, day, deployment.today(), fees_until(deployment, caller, day), account_plan, reseller_plan)
    check_days_free(old, closed)
    stored.update_subscription(closed, account_plan, reseller_plan, deployment.now())
    account = assigned_account(parent_of(old.name))
    assert account is not None, "it has the subscription"
    others = [one for one in account.assignments if one.subscription.name != old.name]
    check_free(product, day, None, others)
    new_account_plan, new_reseller_plan = plans_named(product.account_plan, product.reseller_plan)
    aligned = aligned_schedule(old.wholesale.schedule, reseller_plan.calendar, new_reseller_plan.calendar, day)
    retail = aligned_schedule(old.retail.schedule, account_plan.calendar, new_account_plan.calendar, day)
    new = life.assigned(
        change.name,
        product,
        day,
        wholesale=wholesale_books(product, new_reseller_plan, day, others, aligned),
        retail=SideBooks.opened(retail),
    )
    made = Assignment(replace(new, replaces=old.name), product, new_account_plan, new_reseller_plan)
    inserted = insert_assignment(account, made, deployment.now(), replaces=old.key)
    return get_subscription(caller, old.name), inserted


def withdraw_product_change(deployment: Deployment, caller: Caller, name: str) -> Subscription:
    """Take a change of product back that has not come: the new subscription has never been.

    Errors: NotFound, FailedPrecondition.
    """
    old = get_subscription(caller, name)
    today, now = deployment.today(), deployment.now()
    new = stored.replacement_of(old)
    if new is None or new.is_empty or new.start <= today:
        raise life.nothing_to_withdraw(old, "change of product")
    if any(side.activation_billed or side.billed_until > side.schedule.start for side in (new.wholesale, new.retail)):
        raise FailedPrecondition(
            Reason.PRODUCT_CHANGE_BILLED,
            f"{new.name} has been billed already; change it to {old.product} instead",
        )
    plans = plans_of(new)
    stored.update_subscription(life.closed(new, new.start, today, new.start, *plans), *plans, now)
    reopened = life.reopened(old, today, *plans_of(old))
    check_days_free(old, reopened)
    stored.update_subscription(reopened, *plans_of(old), now)
    return get_subscription(caller, name)


def _is_the_same(change: ProductChange, existing: Subscription) -> bool:
    on_its_day = existing.start == change.day if change.timing is ChangeTiming.AT_ONCE else existing.start >= change.day
    wanted = (change.product, change.subscription)
    return (existing.product, existing.replaces) == wanted and on_its_day and not existing.is_empty


def _effective(subscription: Subscription, account_plan: Plan, change: ProductChange) -> date:
    """Give the day of the change: the one asked for, or the next boundary of the retail side."""
    schedule = replace(subscription.retail.schedule, end=None, breaks=())
    part = account_plan.calendar.part_on(schedule, change.day)
    if change.timing is ChangeTiming.AT_ONCE or part is None or part.start == change.day:
        return change.day
    return part.end
