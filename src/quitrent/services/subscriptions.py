"""Subscriptions: a product assigned, suspended, resumed, closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from quitrent.domain import subscription as life
from quitrent.domain.continuation import assigned_to, check_free, check_not_gone_on_with
from quitrent.domain.errors import not_found
from quitrent.domain.party import parent_of
from quitrent.domain.plan import Plan
from quitrent.domain.subscription import PausedDays, Subscription, SubscriptionState
from quitrent.services.caller import Caller
from quitrent.services.content import name_taken
from quitrent.services.deployment import Deployment
from quitrent.services.paging import Page, PageRequest, page_of
from quitrent.services.parties import existing_parent
from quitrent.services.visibility import visible_assignable, visible_product
from quitrent.store import subscriptions as stored
from quitrent.store.assignments import assigned_account, assignments_of_account, insert_assignment
from quitrent.store.plans import find_plan


def assign_product(deployment: Deployment, caller: Caller, name: str, product: str, start: date) -> Subscription:
    """Assign a product to the account that the subscription's name tells, from a day on.

    Errors: NotFound (the account, the product), AlreadyExists, FailedPrecondition.
    """
    account_name = parent_of(name)
    caller.check_sees(account_name)
    account = assigned_account(account_name)
    if account is None:
        raise not_found(account_name)
    existing = next((one.subscription for one in account.assignments if one.subscription.name == name), None)
    if existing is not None:
        if (existing.product, existing.start) != (product, start):
            visible_product(caller, product)
            raise name_taken(name)
        return existing
    assignable = visible_assignable(caller, product, account.catalog.assignables([product]))
    new = assigned_to(account_name, name, assignable, start, account.assignments)
    return insert_assignment(account, new, deployment.now())


def get_subscription(caller: Caller, name: str) -> Subscription:
    """Give a subscription. Errors: NotFound."""
    caller.check_sees(name)
    subscription = stored.find_subscription(name)
    if subscription is None:
        raise not_found(name)
    return subscription


def list_subscriptions(
    deployment: Deployment,
    caller: Caller,
    parent: str,
    product: str,
    state: SubscriptionState | None,
    request: PageRequest,
) -> Page[Subscription]:
    """Give a page of the subscriptions of a reseller, a customer or an account. Errors: NotFound (the parent)."""
    return page_of(
        caller,
        request,
        lambda after, limit: stored.list_subscriptions(
            existing_parent(caller, parent), product, state, deployment.today(), after, limit
        ),
    )


def suspend_subscription(deployment: Deployment, caller: Caller, name: str, start: date) -> Subscription:
    """Suspend a subscription from a day on. Errors: NotFound, FailedPrecondition."""
    return _change(deployment, caller, name, lambda subscription: life.suspended(subscription, start))


def resume_subscription(
    deployment: Deployment, caller: Caller, name: str, day: date, paused_days: PausedDays | None
) -> Subscription:
    """End a subscription's suspension at a day. Errors: NotFound, FailedPrecondition."""
    return _change(deployment, caller, name, lambda subscription: life.resumed(subscription, day, paused_days))


def close_subscription(deployment: Deployment, caller: Caller, name: str, end: date) -> Subscription:
    """End a subscription at a day. Errors: NotFound, FailedPrecondition."""

    def change(subscription: Subscription) -> Subscription:
        owed_until = fees_until(deployment, caller, end)
        closed = life.closed(subscription, end, deployment.today(), owed_until, *plans_of(subscription))
        check_days_free(subscription, closed)
        return closed

    return _change(deployment, caller, name, change)


def withdraw_suspension(deployment: Deployment, caller: Caller, name: str) -> Subscription:
    """Take back a suspension that has not come. Errors: NotFound, FailedPrecondition."""
    today = deployment.today()
    return _change(deployment, caller, name, lambda subscription: life.suspension_withdrawn(subscription, today))


def withdraw_resume(deployment: Deployment, caller: Caller, name: str) -> Subscription:
    """Take back a resume that has not come. Errors: NotFound, FailedPrecondition."""
    today = deployment.today()
    return _change(deployment, caller, name, lambda subscription: life.resume_withdrawn(subscription, today))


def withdraw_end(deployment: Deployment, caller: Caller, name: str) -> Subscription:
    """Take back an end that has not come. Errors: NotFound, FailedPrecondition."""
    today = deployment.today()

    def change(subscription: Subscription) -> Subscription:
        replacement = stored.replacement_of(subscription)
        if replacement is not None and not replacement.is_empty:
            raise life.nothing_to_withdraw(subscription, f"end of its own (it changes to {replacement.name})")
        reopened = life.reopened(subscription, today, *plans_of(subscription))
        check_days_free(subscription, reopened)
        return reopened

    return _change(deployment, caller, name, change)


def fees_until(deployment: Deployment, caller: Caller, end: date) -> date:
    """Give the day up to which fees are owed at the least, where a caller ends a subscription on a day.

    A reseller that ends it back-dated owes the fee up to today: it alone knows what was in use, and no
    edit of its gets it out of the fee.
    """
    return end if caller.is_admin else deployment.today()


def check_days_free(before: Subscription, after: Subscription) -> None:
    """Refuse an end that is moved, where others have the days in between or go on with its fees.

    Errors: FailedPrecondition.
    """
    if before.end is None or before.end == after.end:
        return
    assignments = assignments_of_account(parent_of(before.name))
    others = [one for one in assignments if one.subscription.name != before.name]
    [own] = [one for one in assignments if one.subscription.name == before.name]
    check_not_gone_on_with(before, after.end, others)
    if after.end is None or after.end > before.end:
        check_free(own.product, before.start, after.end, others)


def plans_of(subscription: Subscription) -> tuple[Plan, Plan]:
    """Give a subscription's account plan and reseller plan."""
    return plans_named(subscription.account_plan, subscription.reseller_plan)


def plans_named(account_plan: str, reseller_plan: str) -> tuple[Plan, Plan]:
    """Give an account plan and a reseller plan by their names. Errors: NotFound."""
    found = find_plan(account_plan), find_plan(reseller_plan)
    if found[0] is None or found[1] is None:
        raise not_found(account_plan if found[0] is None else reseller_plan)
    return found[0], found[1]


def _change(
    deployment: Deployment, caller: Caller, name: str, change: Callable[[Subscription], Subscription]
) -> Subscription:
    subscription = change(get_subscription(caller, name))
    stored.update_subscription(subscription, *plans_of(subscription), deployment.now())
    return get_subscription(caller, name)
