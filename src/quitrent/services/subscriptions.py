"""Subscriptions: a product assigned, suspended, resumed, closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from quitrent.domain import subscription as life
from quitrent.domain.catalog import Plan, Product, check_assignable
from quitrent.domain.errors import not_found
from quitrent.domain.party import parent_of, reseller_of
from quitrent.domain.subscription import Subscription, SubscriptionState
from quitrent.services.caller import Caller
from quitrent.services.content import name_taken
from quitrent.services.deployment import Deployment
from quitrent.services.paging import Page, PageRequest, page_of
from quitrent.services.parties import existing_parent, get_account
from quitrent.services.visibility import visible_product
from quitrent.store import subscriptions as stored
from quitrent.store.plans import find_plan


def assign_product(deployment: Deployment, caller: Caller, name: str, product: str, start: date) -> Subscription:
    """Assign a product to the account that the subscription's name tells, from a day on.

    Errors: NotFound (the account, the product), AlreadyExists, FailedPrecondition.
    """
    account = get_account(caller, parent_of(name))
    existing = stored.find_subscription(name)
    if existing is not None:
        if (existing.product, existing.start) != (product, start):
            visible_product(caller, product)
            raise name_taken(name)
        return existing
    assignable = assignable_product(caller, product, account.name, start)
    subscription = life.assigned(name, assignable, start)
    stored.insert_subscription(subscription, *_plans(subscription), deployment.now())
    return get_subscription(caller, name)


def assignable_product(caller: Caller, product: str, account: str, start: date) -> Product:
    """Give a product that can be assigned to an account from a day on.

    Errors: NotFound (the product), FailedPrecondition.
    """
    assignable = visible_product(caller, product)
    check_assignable(assignable, reseller_of(account))
    life.check_free(assignable, start, stored.subscriptions_of_account(account))
    return assignable


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


def resume_subscription(deployment: Deployment, caller: Caller, name: str, day: date) -> Subscription:
    """End a subscription's suspension at a day. Errors: NotFound, FailedPrecondition."""
    return _change(deployment, caller, name, lambda subscription: life.resumed(subscription, day))


def close_subscription(deployment: Deployment, caller: Caller, name: str, end: date) -> Subscription:
    """End a subscription at a day. Errors: NotFound, FailedPrecondition.

    A reseller that closes it back-dated owes the fee up to today: it alone knows what was in use, and
    no edit of its gets it out of the fee.
    """
    today = deployment.today()
    fees_until = end if caller.is_admin else today
    return _change(deployment, caller, name, lambda subscription: life.closed(subscription, end, today, fees_until))


def _change(
    deployment: Deployment, caller: Caller, name: str, change: Callable[[Subscription], Subscription]
) -> Subscription:
    subscription = change(get_subscription(caller, name))
    stored.update_subscription(subscription, *_plans(subscription), deployment.now())
    return get_subscription(caller, name)


def _plans(subscription: Subscription) -> tuple[Plan, Plan]:
    account_plan, reseller_plan = find_plan(subscription.account_plan), find_plan(subscription.reseller_plan)
    if account_plan is None or reseller_plan is None:
        raise not_found(subscription.account_plan if account_plan is None else subscription.reseller_plan)
    return account_plan, reseller_plan
